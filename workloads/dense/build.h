/* The language models are described in: each call declares its weights and its result, adds one
 * or a few operators, and returns the result. Names are SCOPE.NAME. Everything lives in the
 * builder's arena. With `is_training` the operators are remembered, and build_backward
 * adds their gradients and the optimiser. Descriptions never fail: keys are checked before, and
 * a mistake in a description is found by the operator's own check. */
#ifndef WORKLOADS_DENSE_BUILD_H
#define WORKLOADS_DENSE_BUILD_H

#include "workloads/dense/workload.h"

struct tape_entry;

struct builder {
    struct sink *sink;
    struct arena *arena;
    struct error *err;
    const struct workload *workload;
    const struct workload_setting *settings;
    size_t setting_count;
    struct number_format format; /* of weights and activations */
    int64_t batch;
    bool is_training;
    const char *scope, *result_name;
    uint64_t parameters;     /* elements of trained weights declared so far */
    struct tape_entry *tape; /* newest first */
    /* Generation token by token: passes share weights and caches by name, results do not. */
    int64_t cache_length; /* of the caches after the last pass; 0: one pass only */
    const char *pass;     /* starts the names of this pass's results */
    const struct tensor **shared;
    size_t shared_count, shared_slots;
};

/* Values of the workload's keys, defaults included. */
int64_t key(const struct builder *b, const char *name);
const char *key_text(const struct builder *b, const char *name); /* NULL where absent */
bool key_given(const struct builder *b, const char *name);
/* Later names start with this; returns what they started with before. */
const char *enter(struct builder *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void leave(struct builder *b, const char *outer);

const struct tensor *declare(struct builder *b, const char *name, enum tensor_role role,
                             struct number_format format, int32_t rank, const int64_t *shape);
const struct tensor *input(struct builder *b, const char *name, int32_t rank,
                           const int64_t *shape);
const struct tensor *indices(struct builder *b, const char *name, int32_t rank,
                             const int64_t *shape); /* i32 input: tokens, labels */
const struct tensor *weight(struct builder *b, const char *name, int32_t rank,
                            const int64_t *shape);
const struct tensor *
constant(struct builder *b, const char *name, int32_t rank,
         const int64_t *shape); /* a buffer: statistics, masks, tables of angles */
#define SHAPE(...)                                                                             \
    (int32_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[])                 \
    {                                                                                          \
        __VA_ARGS__                                                                            \
    }

/* Any operator with one output, whose shape follows; inputs end with NULL. */
struct attribute attribute_integer(struct builder *b, const char *name, int64_t value);
struct attribute attribute_integers(struct builder *b, const char *name, int32_t count,
                                    const int64_t *values);
struct attribute attribute_text(const char *name, const char *value);
const struct tensor *apply(struct builder *b, const char *kind, const char *name,
                           const struct tensor *const *inputs, uint32_t input_count,
                           const struct attribute *attributes, uint32_t attribute_count);
/* Several outputs; out[i] with a rank >= 0 declares a shape no rule knows. */
void apply_many(struct builder *b, const char *kind, const char *name,
                const struct tensor *const *inputs, uint32_t input_count,
                const struct attribute *attributes, uint32_t attribute_count,
                const struct tensor **outputs, uint32_t output_count);

/* Layers. */
struct window {
    int64_t out, kernel, stride, pad, group, dilation; /* 0: 1; pad 0: none */
    int64_t kernel_width, pad_width;                   /* 0: as the height */
    bool has_bias, is_ceil;
};

const struct tensor *conv(struct builder *b, const char *name, const struct tensor *x,
                          struct window w);
const struct tensor *deconv(struct builder *b, const char *name, const struct tensor *x,
                            struct window w);
const struct tensor *max_pool(struct builder *b, const char *name, const struct tensor *x,
                              struct window w);
const struct tensor *global_pool(struct builder *b, const char *name, const struct tensor *x);
const struct tensor *batch_norm(struct builder *b, const char *name, const struct tensor *x);
const struct tensor *group_norm(struct builder *b, const char *name, const struct tensor *x,
                                int64_t groups);
const struct tensor *layer_norm(struct builder *b, const char *name, const struct tensor *x);
const struct tensor *rms_norm(struct builder *b, const char *name, const struct tensor *x);
/* Relu, Sigmoid, Gelu, HardSwish, Swish, Clip, Tanh, Softmax, ... */
const struct tensor *unary(struct builder *b, const char *kind, const char *name,
                           const struct tensor *x);
const struct tensor *relu(struct builder *b, const char *name, const struct tensor *x);
const struct tensor *softmax(struct builder *b, const char *name, const struct tensor *x);
const struct tensor *add(struct builder *b, const char *name, const struct tensor *x,
                         const struct tensor *y);
const struct tensor *mul(struct builder *b, const char *name, const struct tensor *x,
                         const struct tensor *y);
const struct tensor *matmul(struct builder *b, const char *name, const struct tensor *x,
                            const struct tensor *y);
/* x (.. k) times a new weight (k out); a vector of biases unless told otherwise. */
const struct tensor *linear(struct builder *b, const char *name, const struct tensor *x,
                            int64_t out, bool has_bias);
/* x (.. k) times the transpose of an existing weight (n k): tied embeddings. */
const struct tensor *linear_tied(struct builder *b, const char *name, const struct tensor *x,
                                 const struct tensor *table);
const struct tensor *embedding(struct builder *b, const char *name, const struct tensor *table,
                               const struct tensor *ids);
const struct tensor *reshape(struct builder *b, const char *name, const struct tensor *x,
                             int32_t rank, const int64_t *shape); /* a view */
const struct tensor *flatten(struct builder *b, const char *name, const struct tensor *x);
const struct tensor *transpose(struct builder *b, const char *name, const struct tensor *x,
                               int32_t rank, const int64_t *perm);
const struct tensor *concat(struct builder *b, const char *name,
                            const struct tensor *const *parts, uint32_t count, int64_t axis);
const struct tensor *upsample(struct builder *b, const char *name, const struct tensor *x,
                              int64_t factor);
/* LSTM, GRU: x (steps batch in) -> (steps batch hidden), one direction. */
const struct tensor *recurrent(struct builder *b, const char *kind, const char *name,
                               const struct tensor *x, int64_t hidden);
/* The next operator's output is a result of the model, of this name. */
void result(struct builder *b, const char *name);
/* Cross entropy against labels, squared distance from a target; only in training, where the
 * backward pass starts from them. */
void loss(struct builder *b, const char *name, const struct tensor *scores,
          const struct tensor *labels);
void squared_error(struct builder *b, const char *name, const struct tensor *x);
/* Gradients of all that leads to a loss, and one step of Adam for every weight. */
void build_backward(struct builder *b);

/* Multi-head attention of one transformer layer, in its products. */
struct attention {
    int64_t heads, kv_heads;     /* kv_heads 0: as heads */
    int64_t head_width;          /* 0: width / heads */
    int64_t past;                /* tokens in the cache, before this one */
    bool has_bias, has_out_bias; /* of all four products; of the last alone */
    bool is_rotary, is_causal;
};
const struct tensor *attention(struct builder *b, const struct tensor *x,
                               const struct tensor *memory, struct attention a);

#endif
