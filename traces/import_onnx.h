/* An ONNX graph while it is imported. Private to traces/import_onnx*.c.
 *
 * A value is what an edge carries: its tensor (shape, format, role), and its contents where
 * they are small and the same for every input, because shapes are computed from them. The graph
 * is walked once in the file's order: shape arithmetic is folded into contents, every other
 * node becomes an operator whose shapes the vocabulary infers; then what only fed folded nodes
 * is dropped, and the rest goes to the sink. All of it lives in one arena. */
#ifndef TRACES_IMPORT_ONNX_H
#define TRACES_IMPORT_ONNX_H

#include "onnx.pb-c.h"
#include "traces/import_build.h"
#include "traces/import_report.h"

union onnx_number {
    int64_t integer;
    double real;
};

struct onnx_contents {
    uint64_t count;
    bool is_real;
    const union onnx_number *values;
};

struct onnx_value {
    struct tensor tensor;                 /* rank -1: shape unknown */
    const struct onnx_contents *contents; /* NULL: unknown or not constant */
    int32_t type;                         /* TensorProto.DataType; 0: unknown */
    bool is_const;                        /* the same for every input of the model */
    bool is_output;                       /* of the graph */
    bool is_stated;          /* a shape stands in the file: stated_rank, stated_shape */
    bool is_stepped;         /* a recurrent layer reads it: steps come first, then the batch */
    bool is_dequantized;     /* another name for the quantised value `same` */
    struct onnx_value *same; /* NULL, or the value whose bytes these are, under another name */
    uint32_t readers;        /* inputs of nodes that name it */
    uint32_t live_readers;   /* of operators that stay */
    int64_t batch_inner; /* where the batch was resized: others inside it, of its dimension */
    int32_t stated_rank;
    int64_t stated_shape[TENSOR_RANK_MAX];
    struct onnx_node *maker;
    const struct tensor *declared; /* by the sink */
};

enum onnx_fate { ONNX_OPERATOR, ONNX_FOLDED, ONNX_UNUSED };

struct onnx_node {
    const Onnx__NodeProto *proto;
    const char *op; /* without domain */
    uint32_t index;
    enum onnx_fate fate;
    bool is_unknown; /* bytes moved */
    bool is_view;    /* the output is the first input under another shape */
    uint32_t input_count, output_count;
    struct onnx_value **inputs; /* NULL where absent */
    struct onnx_value **outputs;
    struct operator operator; /* with inputs and outputs of its own */
};

struct onnx_symbol {
    const char *name;
    int64_t size;
};

struct onnx_graph {
    struct import_context *context;
    struct arena *arena;
    const char *path;
    const Onnx__GraphProto *proto;
    int64_t opset; /* of the default domain */
    struct onnx_value *values;
    uint32_t value_count, value_capacity;
    uint32_t *slots, slot_mask; /* hash of names; 0: free, otherwise value + 1 */
    struct onnx_node *nodes;
    uint32_t node_count;
    struct onnx_symbol *symbols;
    size_t symbol_count, symbol_capacity;
    uint64_t contents_left; /* numbers that may still be folded */
    bool is_resized; /* static sizes are overridden: shapes stated in the file do not hold */
    const struct onnx_graph *original; /* NULL, or the same graph at its own sizes */
    int64_t batch_was;                 /* where it was resized: the original batch */
};

/* traces/import_onnx_expand.c: operators of ONNX Runtime in terms of ONNX's. */
void onnx_expand(struct arena *arena, Onnx__GraphProto *graph);

/* traces/import_onnx_graph.c: values by name; inputs, constants and their sizes. */
bool onnx_graph_build(struct onnx_graph *graph, const Onnx__ModelProto *model,
                      bool with_overrides, struct error *err);
struct onnx_value *onnx_value_find(const struct onnx_graph *graph, const char *name);
/* `model.onnx: node 17 "/layer1/Conv" (Conv): ...`. Returns false. */
bool onnx_node_error(const struct onnx_graph *graph, const struct onnx_node *node,
                     struct error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* traces/import_onnx_split.c: which inputs are data, and how large they are. */
bool onnx_graph_split(struct onnx_graph *graph, bool with_overrides, struct error *err);

/* traces/import_onnx_value.c: types and contents. */
bool onnx_format(int32_t type, struct number_format *format);
bool onnx_type_is_real(int32_t type);
/* Shape, type and, where the file still has them, contents. */
bool onnx_value_read(struct onnx_graph *graph, struct onnx_value *value,
                     const Onnx__TensorProto *tensor, struct error *err);
/* Contents of an own copy; also as the tensor's, where they are integers. False, and nothing
 * changed, when the budget for contents is used up. */
bool onnx_value_fill(struct onnx_graph *graph, struct onnx_value *value, bool is_real,
                     uint64_t count, const union onnx_number *values);
const Onnx__AttributeProto *onnx_attribute(const struct onnx_node *node, const char *name);
int64_t onnx_integer(const struct onnx_node *node, const char *name, int64_t fallback);

/* traces/import_onnx_constant.c: operators that make contents from nothing (Constant, Shape,
 * Size, ConstantOfShape, Range, NonZero). False with err empty: it has to become an operator.
 */
bool onnx_make(struct onnx_graph *graph, struct onnx_node *node, struct error *err);
/* traces/import_onnx_fold.c: contents of the outputs of a node whose inputs all have contents;
 * shapes are inferred already. False: not computable. */
bool onnx_evaluate(struct onnx_graph *graph, struct onnx_node *node);
/* traces/import_onnx_math.c: element by element. False: not of that kind or not computable. */
bool onnx_compute(struct onnx_graph *graph, struct onnx_node *node);

/* traces/import_onnx_adapt.c: the node as an operator of the vocabulary, with shapes. */
bool onnx_adapt(struct onnx_graph *graph, struct onnx_node *node, struct error *err);
/* traces/import_onnx_settle.c: what the vocabulary inferred, completed. */
bool onnx_settle_outputs(struct onnx_graph *graph, struct onnx_node *node,
                         const struct tensor *inferred, struct error *err);
/* The shape and type stated in the file, where nothing better is known. */
void onnx_take_stated(const struct onnx_graph *graph, struct onnx_value *value,
                      const struct onnx_value *like);
/* traces/import_onnx_reshape.c: a shape that was written for another batch. */
void onnx_rescale_shape(const struct onnx_graph *graph, const struct onnx_node *node,
                        int64_t *shape, uint32_t count);
/* Before and after a node is translated. */
void onnx_resize_before(const struct onnx_graph *graph, struct onnx_node *node);
void onnx_resize_after(const struct onnx_graph *graph, struct onnx_node *node);
/* traces/import_onnx_quantize.c: quantise and dequantise as another stored type of a value.
 * True: the node is folded away. */
bool onnx_quantize(struct onnx_node *node);
/* The stored types of an operator's outputs where its inputs are dequantised values. */
void onnx_settle_formats(struct onnx_node *node);
/* The value whose bytes these are. */
struct onnx_value *onnx_owner(struct onnx_value *value);

/* traces/import_onnx_emit.c: drops what nobody needs, declares tensors, emits operators. */
bool onnx_emit(struct onnx_graph *graph, struct error *err);

#endif
