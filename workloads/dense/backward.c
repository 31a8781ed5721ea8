/* The backward pass of a description: the tape is walked from its end, each operator hands the
 * gradient of its result to its inputs, gradients of values used twice are summed, and every
 * weight gets one step of Adam. Weights read and written are state. */
#include <string.h>

#include "workloads/dense/tape.h"

struct gradients {
    struct builder *b;
    const struct tensor **of; /* by tensor id */
    size_t count;
    const struct tensor **weights; /* in the order their gradients came up */
    size_t weight_count, weight_room;
    const char *name; /* of the operator whose gradients are being made */
};

static const struct tensor *gradient_of(const struct gradients *g, const struct tensor *t)
{
    return t && t->id < g->count ? g->of[t->id] : NULL;
}

static bool is_wanted(const struct tensor *t)
{
    enum tensor_role role = t ? tensor_owner(t)->role : ROLE_CONST;
    return role != ROLE_CONST && role != ROLE_INPUT;
}

static const char *named(const struct gradients *g, const char *suffix)
{
    return arena_format(g->b->arena, "grad.%s.%s", g->name, suffix);
}

static void hand(struct gradients *g, const struct tensor *to, const struct tensor *gradient)
{
    struct builder *b = g->b;
    if (!to || !gradient || !is_wanted(to))
        return;
    if (to->id >= g->count) {
        size_t count = to->id * 2 + 64;
        g->of = arena_grow(b->arena, g->of, g->count, count, sizeof *g->of);
        g->count = count;
    }
    const struct tensor **slot = &g->of[to->id];
    if (*slot) {
        *slot = add(b, named(g, "sum"), *slot, gradient);
        return;
    }
    *slot = gradient;
    if (to->role == ROLE_STATE) {
        if (g->weight_count == g->weight_room) {
            size_t room = g->weight_room * 2 + 64;
            g->weights =
                arena_grow(b->arena, g->weights, g->weight_count, room, sizeof *g->weights);
            g->weight_room = room;
        }
        g->weights[g->weight_count++] = to;
    }
}

static const struct tensor *make(struct gradients *g, const char *kind, const char *suffix,
                                 const struct tensor *const *inputs, uint32_t count,
                                 const struct attribute *attributes, uint32_t attribute_count)
{
    return apply(g->b, kind, named(g, suffix), inputs, count, attributes, attribute_count);
}

/* Sums a gradient over the dimensions in which the value was stretched. */
static const struct tensor *shrink(struct gradients *g, const char *suffix,
                                   const struct tensor *gradient, const struct tensor *like)
{
    int64_t axes[TENSOR_RANK_MAX];
    int32_t count = 0, extra = gradient->rank - like->rank;
    for (int32_t i = 0; i < gradient->rank; i++)
        if (i < extra || gradient->shape[i] != like->shape[i - extra])
            axes[count++] = i;
    if (count == 0)
        return gradient;
    struct attribute attributes[] = {attribute_integers(g->b, "axes", count, axes),
                                     attribute_integer(g->b, "keepdims", 0)};
    const struct tensor *sum = make(g, "ReduceSum", suffix, &gradient, 1, attributes, 2);
    bool is_same = sum && sum->rank == like->rank &&
                   memcmp(sum->shape, like->shape, (size_t)like->rank * sizeof(int64_t)) == 0;
    return is_same ? sum : reshape(g->b, named(g, suffix), sum, like->rank, like->shape);
}

static const struct tensor *rows(struct gradients *g, const char *suffix,
                                 const struct tensor *x)
{
    if (x->rank == 2)
        return x;
    int64_t width = x->shape[x->rank - 1];
    int64_t count = (int64_t)tensor_elements(x) / width;
    return reshape(g->b, named(g, suffix), x, SHAPE(count, width));
}

/* Products y = a b, a b^T: b a weight of rank 2, or both with equal batches. */
static void product(struct gradients *g, const struct operator* op, const struct tensor *dy)
{
    const struct tensor *a = op->inputs[0], *w = op->inputs[1];
    bool is_turned = operator_integer(op, "transB", 0) != 0;
    struct attribute turn_a = attribute_integer(g->b, "transA", 1);
    struct attribute turn_b = attribute_integer(g->b, "transB", 1);
    const char *kind = a->rank == 2 ? "Gemm" : "FusedMatMul";
    if (is_wanted(a))
        hand(g, a,
             make(g, kind, "dx", (const struct tensor *[]){dy, w}, 2, &turn_b, !is_turned));
    if (is_wanted(w)) {
        const struct tensor *x = a, *d = dy;
        if (w->rank == 2 && a->rank > 2) {
            x = rows(g, "x.rows", a);
            d = rows(g, "dy.rows", dy);
            kind = "Gemm";
        }
        const struct tensor *left = is_turned ? d : x, *right = is_turned ? x : d;
        hand(g, w, make(g, kind, "dw", (const struct tensor *[]){left, right}, 2, &turn_a, 1));
    }
    if (op->input_count > 2)
        hand(g, op->inputs[2], shrink(g, "db", dy, op->inputs[2]));
}

/* Sum over all but the channels. */
static const struct tensor *channel_sum(struct gradients *g, const struct tensor *dy)
{
    int64_t axes[TENSOR_RANK_MAX];
    int32_t count = 0;
    for (int32_t i = 0; i < dy->rank; i++)
        if (i != 1)
            axes[count++] = i;
    struct attribute attributes[] = {attribute_integers(g->b, "axes", count, axes),
                                     attribute_integer(g->b, "keepdims", 0)};
    return make(g, "ReduceSum", "db", &dy, 1, attributes, 2);
}

static void convolution(struct gradients *g, const struct operator* op, const struct tensor *dy)
{
    const struct tensor *x = op->inputs[0], *w = op->inputs[1];
    bool is_transposed = strcmp(op->spec->name, "ConvTranspose") == 0;
    const struct tensor *dx[] = {dy, w, x};
    const struct tensor *dw[] = {is_transposed ? x : dy, is_transposed ? dy : x, w};
    if (is_wanted(x))
        hand(g, x,
             make(g, is_transposed ? "Conv" : "conv-input-grad", "dx", dx,
                  is_transposed ? 2 : 3, op->attributes, op->attribute_count));
    hand(g, w, make(g, "conv-weight-grad", "dw", dw, 3, op->attributes, op->attribute_count));
    if (op->input_count > 2)
        hand(g, op->inputs[2], channel_sum(g, dy));
}

static void stretched(struct gradients *g, const struct operator* op, const struct tensor *dy)
{
    bool is_product = strcmp(op->spec->name, "Mul") == 0;
    for (uint32_t i = 0; i < 2; i++) {
        const struct tensor *x = op->inputs[i], *d = dy;
        if (!is_wanted(x))
            continue;
        if (is_product)
            d = make(g, "Mul", i ? "dy" : "dx",
                     (const struct tensor *[]){dy, op->inputs[1 - i]}, 2, NULL, 0);
        if (d)
            hand(g, x, shrink(g, i ? "shrink.dy" : "shrink.dx", d, x));
    }
}

static void normalization(struct gradients *g, const struct operator* op,
                          const struct tensor *dy)
{
    const struct tensor *inputs[] = {dy, op->inputs[0], op->inputs[1]};
    const struct tensor *outputs[3] = {NULL};
    uint32_t count = strcmp(op->spec->name, "RMSNormalization") == 0 ? 2 : 3;
    for (uint32_t i = 1; i < count; i++) {
        struct tensor like = *op->inputs[i];
        like.role = ROLE_TEMP;
        like.view_of = NULL;
        like.name = arena_format(g->b->arena, "grad.%s.%s", g->name, i == 1 ? "dw" : "db");
        outputs[i] = g->b->sink->tensor(g->b->sink, &like);
    }
    bool is_batch = strcmp(op->spec->name, "BatchNormalization") == 0;
    apply_many(g->b, is_batch ? "batch-norm-grad" : "layer-norm-grad", named(g, "dx"), inputs,
               3, NULL, 0, outputs, count);
    for (uint32_t i = 0; i < count; i++)
        hand(g, op->inputs[i], outputs[i]);
}

static void recurrence(struct gradients *g, const struct operator* op, const struct tensor *dy)
{
    const struct tensor *inputs[] = {dy, op->inputs[0], op->inputs[1], op->inputs[2]};
    const struct tensor *outputs[3] = {NULL};
    struct attribute gates =
        attribute_integer(g->b, "gates", op->inputs[1]->shape[1] / op->inputs[2]->shape[2]);
    apply_many(g->b, "recurrent-grad", named(g, "dx"), inputs, 4, &gates, 1, outputs, 3);
    for (uint32_t i = 0; i < 3; i++)
        hand(g, op->inputs[i], outputs[i]);
    if (op->input_count > 3) {
        struct tensor like = *op->inputs[3];
        like.role = ROLE_TEMP;
        like.name = arena_format(g->b->arena, "grad.%s.db", g->name);
        const struct tensor *sum = g->b->sink->tensor(g->b->sink, &like);
        apply_many(g->b, "gate-grad", named(g, "db"),
                   (const struct tensor *[]){dy, op->inputs[3]}, 2, NULL, 0, &sum, 1);
        hand(g, op->inputs[3], sum);
    }
}

static void parts(struct gradients *g, const struct operator* op, const struct tensor *dy)
{
    const struct tensor *outputs[OPERATOR_TENSORS_MAX] = {NULL};
    int64_t sizes[OPERATOR_TENSORS_MAX], axis = operator_integer(op, "axis", 0);
    axis = axis < 0 ? axis + dy->rank : axis;
    for (uint32_t i = 0; i < op->input_count; i++)
        sizes[i] = op->inputs[i]->shape[axis];
    struct attribute attributes[] = {
        attribute_integer(g->b, "axis", axis),
        attribute_integers(g->b, "split", (int32_t)op->input_count, sizes)};
    apply_many(g->b, "Split", named(g, "dx"), &dy, 1, attributes, 2, outputs, op->input_count);
    for (uint32_t i = 0; i < op->input_count; i++)
        hand(g, op->inputs[i], outputs[i]);
}

static void turned(struct gradients *g, const struct operator* op, const struct tensor *dy)
{
    int64_t back[TENSOR_RANK_MAX] = {0};
    for (int32_t i = 0; i < dy->rank; i++) {
        const struct attribute *perm = operator_attribute(op, "perm");
        back[perm->integers[i]] = i;
    }
    hand(g, op->inputs[0], transpose(g->b, named(g, "dx"), dy, dy->rank, back));
}

/* kind -> (dY, X) or (dY, Y) of a gradient with one result. */
static const struct {
    const char *kind, *gradient;
    bool takes_result;
} SIMPLE[] = {
    {"Relu", "relu-grad", false},        {"LeakyRelu", "relu-grad", false},
    {"Gelu", "gelu-grad", false},        {"Tanh", "tanh-grad", true},
    {"Sigmoid", "sigmoid-grad", true},   {"Swish", "swish-grad", false},
    {"HardSwish", "swish-grad", false},  {"Clip", "clip-grad", false},
    {"Softmax", "softmax-grad", true},   {"MaxPool", "pool-grad", false},
    {"AveragePool", "pool-grad", false}, {"GlobalAveragePool", "pool-grad", false},
    {"Resize", "pool-grad", false},      {"LRN", "layer-norm-grad", false},
};

static bool simple(struct gradients *g, const struct operator* op, const struct tensor *dy)
{
    for (size_t i = 0; i < sizeof SIMPLE / sizeof SIMPLE[0]; i++)
        if (strcmp(SIMPLE[i].kind, op->spec->name) == 0) {
            const struct tensor *saved =
                SIMPLE[i].takes_result ? op->outputs[0] : op->inputs[0];
            if (is_wanted(op->inputs[0]))
                hand(g, op->inputs[0],
                     make(g, SIMPLE[i].gradient, "dx", (const struct tensor *[]){dy, saved}, 2,
                          NULL, 0));
            return true;
        }
    return false;
}

static void step_back(struct gradients *g, const struct operator* op, const struct tensor *dy)
{
    const char *kind = op->spec->name;
    const struct tensor *x = op->inputs[0];
    if (simple(g, op, dy))
        return;
    if (strcmp(kind, "Conv") == 0 || strcmp(kind, "ConvTranspose") == 0)
        convolution(g, op, dy);
    else if (strcmp(kind, "Gemm") == 0 || strcmp(kind, "MatMul") == 0 ||
             strcmp(kind, "FusedMatMul") == 0)
        product(g, op, dy);
    else if (strcmp(kind, "Add") == 0 || strcmp(kind, "Mul") == 0)
        stretched(g, op, dy);
    else if (strstr(kind, "Normalization"))
        normalization(g, op, dy);
    else if (strcmp(kind, "Reshape") == 0 || strcmp(kind, "Flatten") == 0)
        hand(g, x, is_wanted(x) ? reshape(g->b, named(g, "dx"), dy, x->rank, x->shape) : NULL);
    else if (strcmp(kind, "Transpose") == 0)
        turned(g, op, dy);
    else if (strcmp(kind, "Concat") == 0)
        parts(g, op, dy);
    else if (strcmp(kind, "Gather") == 0 || strcmp(kind, "embedding-bag") == 0)
        hand(g, x,
             make(g, "embedding-grad", "dw", (const struct tensor *[]){dy, x, op->inputs[1]}, 3,
                  NULL, 0));
    else if (strcmp(kind, "LSTM") == 0 || strcmp(kind, "GRU") == 0)
        recurrence(g, op, dy);
    else if (strcmp(kind, "RotaryEmbedding") == 0)
        hand(g, x,
             make(g, kind, "dx", (const struct tensor *[]){dy, op->inputs[1], op->inputs[2]}, 3,
                  NULL, 0));
    else if (strcmp(kind, "ScatterND") == 0) {
        const struct tensor *ids = reshape(g->b, named(g, "ids"), op->inputs[1],
                                           SHAPE((int64_t)tensor_elements(op->inputs[1])));
        hand(g, x, dy);
        hand(g, op->inputs[2], embedding(g->b, named(g, "dx"), dy, ids));
    } else if (is_wanted(x)) /* what has no gradient of its own passes it on at its size */
        hand(g, x, make(g, "relu-grad", "dx", (const struct tensor *[]){dy, x}, 2, NULL, 0));
}

static const struct tensor *state_beside(struct builder *b, const struct tensor *w,
                                         const char *suffix)
{
    struct tensor state = *w;
    state.view_of = NULL;
    state.name = arena_format(b->arena, "%s.%s", w->name, suffix);
    return b->sink->tensor(b->sink, &state);
}

static const struct tensor *same_bytes(struct builder *b, const struct tensor *t)
{
    struct tensor view = *t;
    view.view_of = t;
    view.name = arena_format(b->arena, "%s.next", t->name);
    return b->sink->tensor(b->sink, &view);
}

static void update(struct gradients *g)
{
    struct builder *b = g->b;
    for (size_t i = 0; i < g->weight_count; i++) {
        const struct tensor *w = g->weights[i];
        const struct tensor *mean = state_beside(b, w, "mean");
        const struct tensor *variance = state_beside(b, w, "variance");
        const struct tensor *inputs[] = {w, gradient_of(g, w), mean, variance};
        const struct tensor *outputs[] = {same_bytes(b, w), same_bytes(b, mean),
                                          same_bytes(b, variance)};
        apply_many(b, "adam", arena_format(b->arena, "adam.%s", w->name), inputs, 4, NULL, 0,
                   outputs, 3);
    }
}

static bool is_loss(const struct operator* op)
{
    return strcmp(op->spec->name, "SoftmaxCrossEntropyLoss") == 0 ||
           strcmp(op->spec->name, "squared-error") == 0;
}

/* Losses are where gradients start; a model may have several. */
void build_backward(struct builder *b)
{
    struct gradients g = {.b = b};
    b->is_training = false; /* gradients are not differentiated again */
    for (struct tape_entry *entry = b->tape; entry && !b->err->is_set; entry = entry->older) {
        const struct operator* op = & entry->op;
        const struct tensor *dy = gradient_of(&g, op->outputs[0]);
        g.name = op->name;
        if (is_loss(op))
            hand(&g, op->inputs[0],
                 make(&g, "loss-grad", "dx",
                      (const struct tensor *[]){op->inputs[0], op->inputs[0], op->inputs[1]}, 3,
                      NULL, 0));
        else if (dy)
            step_back(&g, op, dy);
    }
    if (!b->err->is_set)
        update(&g);
}

static void end_in(struct builder *b, const char *kind, const char *name,
                   const struct tensor *x, const struct tensor *target)
{
    if (!b->is_training || !x || !target)
        return;
    result(b, arena_format(b->arena, "%s%s", b->scope, name));
    apply(b, kind, name, (const struct tensor *[]){x, target}, 2, NULL, 0);
}

void loss(struct builder *b, const char *name, const struct tensor *scores,
          const struct tensor *labels)
{
    end_in(b, "SoftmaxCrossEntropyLoss", name, scores, labels);
}

void squared_error(struct builder *b, const char *name, const struct tensor *x)
{
    const struct tensor *target = NULL;
    if (b->is_training && x)
        target =
            input(b, arena_format(b->arena, "%s%s.target", b->scope, name), x->rank, x->shape);
    end_in(b, "squared-error", name, x, target);
}
