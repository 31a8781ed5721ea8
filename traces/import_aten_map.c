/* PyTorch's other operators: element work, folds, normalisations, pooling, movement. Argument
 * positions are those of the schemas in PyTorch's native_functions. */
#include "traces/import_aten_map.h"

#include <string.h>

const struct aten_argument *aten_argument_at(const struct aten_call *call, uint32_t at)
{
    return at < call->input_count ? &call->inputs[at] : NULL;
}

const struct aten_argument *aten_tensor_at(const struct aten_call *call, uint32_t at)
{
    const struct aten_argument *a = aten_argument_at(call, at);
    return a && a->kind == ATEN_TENSOR ? a : NULL;
}

int64_t aten_integer(const struct aten_call *call, uint32_t at, int64_t fallback)
{
    const struct aten_argument *a = aten_argument_at(call, at);
    return a && a->kind == ATEN_INTEGER ? a->integer : fallback;
}

void aten_read(struct aten_draft *draft, const struct aten_argument *tensor)
{
    draft->inputs[draft->draft.input_count++] = tensor;
}

void aten_spread(const struct aten_call *call, uint32_t at, uint32_t axes, int64_t fallback,
                 int64_t *values)
{
    const struct aten_argument *a = aten_argument_at(call, at);
    bool is_list = a && a->kind == ATEN_INTEGERS && a->count > 0;
    for (uint32_t i = 0; i < axes; i++)
        values[i] = is_list ? a->integers[i < a->count ? i : a->count - 1]
                    : a && a->kind == ATEN_INTEGER ? a->integer
                                                   : fallback;
}

void aten_put_window(struct aten_draft *draft, const int64_t *strides, const int64_t *pads,
                     const int64_t *dilations, uint32_t axes)
{
    int64_t both[6];
    for (uint32_t i = 0; i < axes; i++)
        both[i] = both[i + axes] = pads[i];
    draft_integers(&draft->draft, "strides", strides, axes);
    draft_integers(&draft->draft, "pads", both, 2 * axes);
    draft_integers(&draft->draft, "dilations", dilations, axes);
}

enum aten_meaning aten_map_one(const struct aten_call *call, struct aten_draft *draft,
                               const char *op)
{
    if (!aten_tensor_at(call, 0))
        return ATEN_UNKNOWN;
    draft->draft.op = op;
    aten_read(draft, aten_tensor_at(call, 0));
    return ATEN_WORK;
}

/* Two operands, one of which may be a number. */
enum aten_meaning aten_map_pair(const struct aten_call *call, struct aten_draft *draft,
                                const char *op)
{
    const struct aten_argument *a = aten_argument_at(call, 0), *b = aten_argument_at(call, 1);
    if (!a || !b || (a->kind != ATEN_TENSOR && b->kind != ATEN_TENSOR))
        return ATEN_UNKNOWN;
    draft->draft.op = op;
    aten_read(draft, a);
    aten_read(draft, b);
    return ATEN_WORK;
}

enum aten_meaning aten_map_three(const struct aten_call *call, struct aten_draft *draft,
                                 const char *op)
{
    for (uint32_t i = 0; i < 3; i++)
        if (!aten_argument_at(call, i))
            return ATEN_UNKNOWN;
    draft->draft.op = op;
    for (uint32_t i = 0; i < 3; i++)
        aten_read(draft, aten_argument_at(call, i));
    return aten_tensor_at(call, 0) ? ATEN_WORK : ATEN_UNKNOWN;
}

enum aten_meaning aten_map_along(const struct aten_call *call, struct aten_draft *draft,
                                 const char *op)
{
    int64_t axis = aten_integer(call, 1, -1);
    draft_integers(&draft->draft, "axis", &axis, 1);
    return aten_map_one(call, draft, op);
}

/* sum, mean, ..: (input, dim or dims, keepdim) */
enum aten_meaning aten_map_reduce(const struct aten_call *call, struct aten_draft *draft,
                                  const char *op)
{
    const struct aten_argument *axes = aten_argument_at(call, 1);
    bool has_list = axes && axes->kind == ATEN_INTEGERS && axes->count > 0;
    bool has_one = axes && axes->kind == ATEN_INTEGER;
    int64_t keeps = has_list || has_one ? aten_integer(call, 2, 0) : 0;
    if (has_list)
        draft_integers(&draft->draft, "axes", axes->integers, axes->count);
    else if (has_one)
        draft_integers(&draft->draft, "axes", &axes->integer, 1);
    draft_integers(&draft->draft, "keepdims", &keeps, 1);
    return aten_map_one(call, draft, op);
}

/* (input, normalized shape, weight, bias, eps) */
enum aten_meaning aten_map_layer_norm(const struct aten_call *call, struct aten_draft *draft,
                                      const char *op)
{
    const struct aten_argument *shape = aten_argument_at(call, 1);
    if (!aten_tensor_at(call, 0) || !shape || shape->kind != ATEN_INTEGERS ||
        !aten_tensor_at(call, 2))
        return ATEN_UNKNOWN;
    int64_t axis = -(int64_t)shape->count;
    draft_integers(&draft->draft, "axis", &axis, 1);
    draft->draft.op = op;
    aten_read(draft, aten_tensor_at(call, 0));
    aten_read(draft, aten_tensor_at(call, 2));
    if (aten_tensor_at(call, 3))
        aten_read(draft, aten_tensor_at(call, 3));
    return ATEN_WORK;
}

/* (input, weight, bias, mean, variance, training, ..) */
enum aten_meaning aten_map_batch_norm(const struct aten_call *call, struct aten_draft *draft,
                                      const char *op)
{
    int64_t training = aten_integer(call, 5, 0);
    for (uint32_t i = 0; i < 5; i++)
        if (!aten_tensor_at(call, i))
            return ATEN_UNKNOWN;
    draft->draft.op = op;
    draft_integers(&draft->draft, "training_mode", &training, 1);
    for (uint32_t i = 0; i < 5; i++)
        aten_read(draft, aten_tensor_at(call, i));
    return ATEN_WORK;
}

/* (input, groups, weight, bias, ..) */
enum aten_meaning aten_map_group_norm(const struct aten_call *call, struct aten_draft *draft,
                                      const char *op)
{
    int64_t groups = aten_integer(call, 1, 1);
    if (!aten_tensor_at(call, 0) || !aten_tensor_at(call, 2) || !aten_tensor_at(call, 3))
        return ATEN_UNKNOWN;
    draft->draft.op = op;
    draft_integers(&draft->draft, "num_groups", &groups, 1);
    aten_read(draft, aten_tensor_at(call, 0));
    aten_read(draft, aten_tensor_at(call, 2));
    aten_read(draft, aten_tensor_at(call, 3));
    return ATEN_WORK;
}

/* max: (input, kernel, stride, padding, dilation, ceil); average: (.., ceil). */
enum aten_meaning aten_map_pool(const struct aten_call *call, struct aten_draft *draft,
                                const char *op)
{
    const struct aten_argument *in = aten_tensor_at(call, 0);
    if (!in || in->rank < 3 || in->rank > 5)
        return ATEN_UNKNOWN;
    bool is_max = op[0] == 'M';
    uint32_t axes = strstr(call->name, "1d") ? 1 : strstr(call->name, "3d") ? 3 : 2;
    if ((uint32_t)in->rank != axes + 2)
        return ATEN_UNKNOWN;
    int64_t kernel[3], strides[3], pads[3], dilations[3];
    aten_spread(call, 1, axes, 1, kernel);
    aten_spread(call, 2, axes, 0, strides);
    aten_spread(call, 3, axes, 0, pads);
    aten_spread(call, is_max ? 4 : ATEN_NOWHERE, axes, 1, dilations);
    for (uint32_t i = 0; i < axes; i++)
        strides[i] = strides[i] ? strides[i] : kernel[i];
    int64_t ceil = aten_integer(call, is_max ? 5 : 4, 0);
    draft_integers(&draft->draft, "kernel_shape", kernel, axes);
    aten_put_window(draft, strides, pads, dilations, axes);
    draft_integers(&draft->draft, "ceil_mode", &ceil, 1);
    return aten_map_one(call, draft, op);
}

/* Windows of different size are taken as equal ones that cover the input. */
enum aten_meaning aten_map_adaptive(const struct aten_call *call, struct aten_draft *draft,
                                    const char *op)
{
    const struct aten_argument *in = aten_tensor_at(call, 0);
    const struct aten_argument *out = call->output_count > 0 ? &call->outputs[0] : NULL;
    if (!in || !out || out->kind != ATEN_TENSOR || in->rank < 3 || in->rank > 5 ||
        out->rank != in->rank)
        return ATEN_UNKNOWN;
    uint32_t axes = (uint32_t)in->rank - 2;
    int64_t kernel[3], strides[3], pads[3] = {0}, dilations[3] = {1, 1, 1};
    for (uint32_t i = 0; i < axes; i++) {
        int64_t from = in->integers[2 + i], to = out->integers[2 + i];
        if (to < 1 || to > from)
            return ATEN_UNKNOWN;
        strides[i] = from / to;
        kernel[i] = from - (to - 1) * strides[i];
    }
    draft_integers(&draft->draft, "kernel_shape", kernel, axes);
    aten_put_window(draft, strides, pads, dilations, axes);
    return aten_map_one(call, draft, op);
}

/* (table, index, ..) and (table, axis, index) */
enum aten_meaning aten_map_embedding(const struct aten_call *call, struct aten_draft *draft,
                                     const char *op)
{
    bool has_axis =
        aten_argument_at(call, 1) && aten_argument_at(call, 1)->kind == ATEN_INTEGER;
    int64_t axis = has_axis ? aten_integer(call, 1, 0) : 0;
    const struct aten_argument *index = aten_tensor_at(call, has_axis ? 2 : 1);
    if (!aten_tensor_at(call, 0) || !index)
        return ATEN_UNKNOWN;
    draft->draft.op = op;
    draft_integers(&draft->draft, "axis", &axis, 1);
    aten_read(draft, aten_tensor_at(call, 0));
    aten_read(draft, index);
    return ATEN_WORK;
}

/* (tensors, axis) */
enum aten_meaning aten_map_concat(const struct aten_call *call, struct aten_draft *draft,
                                  const char *op)
{
    const struct aten_argument *list = aten_argument_at(call, 0);
    int64_t axis = aten_integer(call, 1, 0);
    if (!list || list->kind != ATEN_TENSORS || list->count < 1 ||
        list->count > OPERATOR_TENSORS_MAX)
        return ATEN_UNKNOWN;
    draft->draft.op = op;
    draft_integers(&draft->draft, "axis", &axis, 1);
    for (uint32_t i = 0; i < list->count; i++)
        aten_read(draft, &list->items[i]);
    return ATEN_WORK;
}

/* The bytes of one tensor become those of another: a copy, another format, a fill. */
enum aten_meaning aten_map_copy(const struct aten_call *call, struct aten_draft *draft,
                                const char *op)
{
    bool is_into = strncmp(call->name, "aten::copy_", 11) == 0;
    const struct aten_argument *from = aten_tensor_at(call, is_into ? 1 : 0);
    if (!from || call->output_count < 1 || call->outputs[0].kind != ATEN_TENSOR)
        return ATEN_UNKNOWN;
    draft->draft.op = op;
    aten_read(draft, from);
    return ATEN_WORK;
}

enum aten_meaning aten_map_resize(const struct aten_call *call, struct aten_draft *draft,
                                  const char *op)
{
    const struct aten_argument *out = call->output_count > 0 ? &call->outputs[0] : NULL;
    if (!out || out->kind != ATEN_TENSOR || out->rank < 1)
        return ATEN_UNKNOWN;
    draft_text(&draft->draft, "mode",
               strstr(call->name, "linear")  ? "linear"
               : strstr(call->name, "cubic") ? "cubic"
                                             : "nearest");
    draft_integers(&draft->draft, "sizes", out->integers, (uint32_t)out->rank);
    return aten_map_one(call, draft, op);
}

/* (gradient, input, weight, ..): batch normalisation */
enum aten_meaning aten_map_norm_gradient(const struct aten_call *call, struct aten_draft *draft,
                                         const char *op)
{
    /* Layer and group normalisation keep shape and statistics before the weight. */
    uint32_t weight = strstr(call->name, "layer_norm")   ? 5
                      : strstr(call->name, "group_norm") ? 4
                                                         : 2;
    if (!aten_tensor_at(call, 0) || !aten_tensor_at(call, 1))
        return ATEN_UNKNOWN;
    draft->draft.op = op;
    aten_read(draft, aten_tensor_at(call, 0));
    aten_read(draft, aten_tensor_at(call, 1));
    if (aten_tensor_at(call, weight))
        aten_read(draft, aten_tensor_at(call, weight));
    return ATEN_WORK;
}

/* Written, nothing read. */
enum aten_meaning aten_map_fill(const struct aten_call *call, struct aten_draft *draft,
                                const char *op)
{
    const struct aten_argument *out = call->output_count > 0 ? &call->outputs[0] : NULL;
    if (!out || out->kind != ATEN_TENSOR || out->rank < 0)
        return ATEN_UNKNOWN;
    draft->draft.op = op;
    draft_integers(&draft->draft, "shape", out->integers, (uint32_t)out->rank);
    return ATEN_WORK;
}

enum aten_meaning aten_map_nothing(const struct aten_call *call, struct aten_draft *draft,
                                   const char *op)
{
    (void)call;
    (void)draft;
    (void)op;
    return ATEN_NO_WORK;
}
