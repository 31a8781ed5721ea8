/* The layers of build.h: their weights, and the operators of one each. */
#include "workloads/dense/build.h"

#include <math.h>

static int64_t or_one(int64_t value)
{
    return value ? value : 1;
}

/* Attributes of a sliding window along `axes` axes; an odd one out is the width. */
static uint32_t window_attributes(struct builder *b, struct window w, int32_t axes,
                                  bool has_kernel, struct attribute *attributes)
{
    int64_t kernel[3], stride[3], dilation[3], pads[6];
    for (int32_t i = 0; i < axes; i++) {
        bool is_width = i == axes - 1;
        kernel[i] = is_width && w.kernel_width ? w.kernel_width : or_one(w.kernel);
        stride[i] = or_one(w.stride);
        dilation[i] = or_one(w.dilation);
        pads[i] = pads[i + axes] = is_width && w.pad_width ? w.pad_width : w.pad;
    }
    uint32_t count = 0;
    if (has_kernel)
        attributes[count++] = attribute_integers(b, "kernel_shape", axes, kernel);
    attributes[count++] = attribute_integers(b, "strides", axes, stride);
    if (w.pad || w.pad_width)
        attributes[count++] = attribute_integers(b, "pads", 2 * axes, pads);
    if (w.dilation > 1)
        attributes[count++] = attribute_integers(b, "dilations", axes, dilation);
    if (w.group > 1)
        attributes[count++] = attribute_integer(b, "group", w.group);
    if (w.is_ceil)
        attributes[count++] = attribute_integer(b, "ceil_mode", 1);
    return count;
}

static const struct tensor *convolve(struct builder *b, const char *kind, const char *name,
                                     const struct tensor *x, struct window w,
                                     bool is_transposed)
{
    if (!x)
        return NULL;
    int32_t axes = x->rank - 2;
    int64_t group = or_one(w.group), shape[TENSOR_RANK_MAX];
    shape[0] = is_transposed ? x->shape[1] : w.out;
    shape[1] = is_transposed ? w.out / group : x->shape[1] / group;
    for (int32_t i = 0; i < axes; i++)
        shape[2 + i] = i == axes - 1 && w.kernel_width ? w.kernel_width : or_one(w.kernel);
    const char *outer = enter(b, "%s", name);
    const struct tensor *inputs[3] = {x, weight(b, "weight", x->rank, shape), NULL};
    if (w.has_bias)
        inputs[2] = weight(b, "bias", SHAPE(w.out));
    leave(b, outer);
    struct attribute attributes[8];
    uint32_t count = window_attributes(b, w, axes, false, attributes);
    return apply(b, kind, name, inputs, w.has_bias ? 3 : 2, attributes, count);
}

const struct tensor *conv(struct builder *b, const char *name, const struct tensor *x,
                          struct window w)
{
    return convolve(b, "Conv", name, x, w, false);
}

const struct tensor *deconv(struct builder *b, const char *name, const struct tensor *x,
                            struct window w)
{
    return convolve(b, "ConvTranspose", name, x, w, true);
}

static const struct tensor *pool(struct builder *b, const char *kind, const char *name,
                                 const struct tensor *x, struct window w)
{
    struct attribute attributes[8];
    if (!x)
        return NULL;
    uint32_t count = window_attributes(b, w, x->rank - 2, true, attributes);
    return apply(b, kind, name, &x, 1, attributes, count);
}

const struct tensor *max_pool(struct builder *b, const char *name, const struct tensor *x,
                              struct window w)
{
    return pool(b, "MaxPool", name, x, w);
}

const struct tensor *global_pool(struct builder *b, const char *name, const struct tensor *x)
{
    return apply(b, "GlobalAveragePool", name, &x, 1, NULL, 0);
}

const struct tensor *batch_norm(struct builder *b, const char *name, const struct tensor *x)
{
    if (!x)
        return NULL;
    int64_t channels = x->shape[1];
    const char *outer = enter(b, "%s", name);
    const struct tensor *inputs[] = {x, weight(b, "weight", SHAPE(channels)),
                                     weight(b, "bias", SHAPE(channels)),
                                     constant(b, "running_mean", SHAPE(channels)),
                                     constant(b, "running_var", SHAPE(channels))};
    leave(b, outer);
    struct attribute training = attribute_integer(b, "training_mode", 1);
    return apply(b, "BatchNormalization", name, inputs, 5, &training, b->is_training);
}

static const struct tensor *normalize(struct builder *b, const char *kind, const char *name,
                                      const struct tensor *x, int64_t width, bool has_shift,
                                      struct attribute attribute)
{
    const char *outer = enter(b, "%s", name);
    const struct tensor *inputs[3] = {x, weight(b, "weight", SHAPE(width)), NULL};
    if (has_shift)
        inputs[2] = weight(b, "bias", SHAPE(width));
    leave(b, outer);
    return apply(b, kind, name, inputs, has_shift ? 3 : 2, &attribute, 1);
}

const struct tensor *group_norm(struct builder *b, const char *name, const struct tensor *x,
                                int64_t groups)
{
    return x ? normalize(b, "GroupNormalization", name, x, x->shape[1], true,
                         attribute_integer(b, "num_groups", groups))
             : NULL;
}

const struct tensor *layer_norm(struct builder *b, const char *name, const struct tensor *x)
{
    return x ? normalize(b, "LayerNormalization", name, x, x->shape[x->rank - 1], true,
                         attribute_integer(b, "axis", -1))
             : NULL;
}

const struct tensor *rms_norm(struct builder *b, const char *name, const struct tensor *x)
{
    return x ? normalize(b, "RMSNormalization", name, x, x->shape[x->rank - 1], false,
                         attribute_integer(b, "axis", -1))
             : NULL;
}

const struct tensor *unary(struct builder *b, const char *kind, const char *name,
                           const struct tensor *x)
{
    return apply(b, kind, name, &x, 1, NULL, 0);
}

const struct tensor *relu(struct builder *b, const char *name, const struct tensor *x)
{
    return unary(b, "Relu", name, x);
}

const struct tensor *softmax(struct builder *b, const char *name, const struct tensor *x)
{
    return unary(b, "Softmax", name, x);
}

static const struct tensor *binary(struct builder *b, const char *kind, const char *name,
                                   const struct tensor *x, const struct tensor *y)
{
    const struct tensor *inputs[] = {x, y};
    return apply(b, kind, name, inputs, 2, NULL, 0);
}

const struct tensor *add(struct builder *b, const char *name, const struct tensor *x,
                         const struct tensor *y)
{
    return binary(b, "Add", name, x, y);
}

const struct tensor *mul(struct builder *b, const char *name, const struct tensor *x,
                         const struct tensor *y)
{
    return binary(b, "Mul", name, x, y);
}

const struct tensor *matmul(struct builder *b, const char *name, const struct tensor *x,
                            const struct tensor *y)
{
    return binary(b, "MatMul", name, x, y);
}

const struct tensor *linear(struct builder *b, const char *name, const struct tensor *x,
                            int64_t out, bool has_bias)
{
    if (!x)
        return NULL;
    const char *outer = enter(b, "%s", name);
    const struct tensor *inputs[3] = {x, weight(b, "weight", SHAPE(x->shape[x->rank - 1], out)),
                                      NULL};
    if (has_bias)
        inputs[2] = weight(b, "bias", SHAPE(out));
    leave(b, outer);
    return apply(b, x->rank == 2 ? "Gemm" : "MatMul", name, inputs, has_bias ? 3 : 2, NULL, 0);
}

const struct tensor *linear_tied(struct builder *b, const char *name, const struct tensor *x,
                                 const struct tensor *table)
{
    const struct tensor *inputs[] = {x, table};
    struct attribute turned = attribute_integer(b, "transB", 1);
    return apply(b, "FusedMatMul", name, inputs, 2, &turned, 1);
}

const struct tensor *embedding(struct builder *b, const char *name, const struct tensor *table,
                               const struct tensor *ids)
{
    const struct tensor *inputs[] = {table, ids};
    return apply(b, "Gather", name, inputs, 2, NULL, 0);
}

const struct tensor *concat(struct builder *b, const char *name,
                            const struct tensor *const *parts, uint32_t count, int64_t axis)
{
    struct attribute along = attribute_integer(b, "axis", axis);
    return apply(b, "Concat", name, parts, count, &along, 1);
}

const struct tensor *upsample(struct builder *b, const char *name, const struct tensor *x,
                              int64_t factor)
{
    if (!x)
        return NULL;
    int64_t sizes[TENSOR_RANK_MAX];
    for (int32_t i = 0; i < x->rank; i++)
        sizes[i] = x->shape[i] * (i < 2 ? 1 : factor);
    struct attribute attributes[] = {attribute_integers(b, "sizes", x->rank, sizes),
                                     attribute_text("mode", "nearest")};
    return apply(b, "Resize", name, &x, 1, attributes, 2);
}

const struct tensor *recurrent(struct builder *b, const char *kind, const char *name,
                               const struct tensor *x, int64_t hidden)
{
    if (!x)
        return NULL;
    int64_t gates = kind[0] == 'L' ? 4 : kind[0] == 'G' ? 3 : 1;
    const char *outer = enter(b, "%s", name);
    const struct tensor *inputs[] = {x, weight(b, "w", SHAPE(1, gates * hidden, x->shape[2])),
                                     weight(b, "r", SHAPE(1, gates * hidden, hidden)),
                                     weight(b, "b", SHAPE(1, 2 * gates * hidden))};
    struct attribute attributes[] = {attribute_integer(b, "hidden_size", hidden),
                                     attribute_text("direction", "forward")};
    const struct tensor *y = apply(b, kind, "cell", inputs, 4, attributes, 2);
    y = reshape(b, "out", y, SHAPE(x->shape[0], x->shape[1], hidden));
    leave(b, outer);
    return y;
}
