/* PyTorch's contractions: convolutions, products, attention. Argument positions are those of
 * the schemas in PyTorch's native_functions. */
#include "traces/import_aten_map.h"

#include <string.h>

/* Where a convolution's schema keeps its numbers. */
struct positions {
    uint32_t stride, pad, dilation, transposed, output_pad, group;
};

static enum aten_meaning convolution(const struct aten_call *call, struct aten_draft *draft,
                                     struct positions at, bool is_transposed)
{
    const struct aten_argument *in = aten_tensor_at(call, 0), *weight = aten_tensor_at(call, 1);
    if (!in || !weight || in->rank != weight->rank || in->rank < 3 || in->rank > 5)
        return ATEN_UNKNOWN;
    uint32_t axes = (uint32_t)in->rank - 2;
    int64_t strides[3], pads[3], dilations[3], output_pads[3];
    int64_t group = aten_integer(call, at.group, 1);
    aten_spread(call, at.stride, axes, 1, strides);
    aten_spread(call, at.pad, axes, 0, pads);
    aten_spread(call, at.dilation, axes, 1, dilations);
    aten_spread(call, at.output_pad, axes, 0, output_pads);
    is_transposed = is_transposed || aten_integer(call, at.transposed, 0) != 0;
    draft->draft.op = is_transposed ? "ConvTranspose" : "Conv";
    aten_put_window(draft, strides, pads, dilations, axes);
    draft_integers(&draft->draft, "group", &group, 1);
    if (is_transposed)
        draft_integers(&draft->draft, "output_padding", output_pads, axes);
    aten_read(draft, in);
    aten_read(draft, weight);
    if (aten_tensor_at(call, 2))
        aten_read(draft, aten_tensor_at(call, 2));
    return ATEN_WORK;
}

/* (input, weight, bias, stride, padding, dilation, groups) */
enum aten_meaning aten_map_plain(const struct aten_call *call, struct aten_draft *draft,
                                 const char *op)
{
    (void)op;
    const struct aten_argument *pad = aten_argument_at(call, 4);
    if (pad && pad->kind == ATEN_TEXT)
        return ATEN_UNKNOWN; /* "same": entered, the call below has numbers */
    return convolution(call, draft, (struct positions){3, 4, 5, ATEN_NOWHERE, ATEN_NOWHERE, 6},
                       false);
}

/* (input, weight, bias, stride, padding, dilation, transposed, output_padding, groups) */
enum aten_meaning aten_map_general(const struct aten_call *call, struct aten_draft *draft,
                                   const char *op)
{
    (void)op;
    return convolution(call, draft, (struct positions){3, 4, 5, 6, 7, 8}, false);
}

/* (input, weight, bias, stride, padding, output_padding, groups, dilation) */
enum aten_meaning aten_map_transposed(const struct aten_call *call, struct aten_draft *draft,
                                      const char *op)
{
    (void)op;
    return convolution(call, draft, (struct positions){3, 4, 7, ATEN_NOWHERE, 5, 6}, true);
}

/* (input, weight, bias, padding, stride, dilation, groups) */
enum aten_meaning aten_map_library(const struct aten_call *call, struct aten_draft *draft,
                                   const char *op)
{
    (void)op;
    return convolution(call, draft, (struct positions){4, 3, 5, ATEN_NOWHERE, ATEN_NOWHERE, 6},
                       false);
}

enum aten_meaning aten_map_linear(const struct aten_call *call, struct aten_draft *draft,
                                  const char *op)
{
    (void)op;
    int64_t one = 1;
    if (!aten_tensor_at(call, 0) || !aten_tensor_at(call, 1))
        return ATEN_UNKNOWN;
    draft->draft.op = "MatMul";
    draft_integers(&draft->draft, "transB", &one, 1);
    aten_read(draft, aten_tensor_at(call, 0));
    aten_read(draft, aten_tensor_at(call, 1));
    if (aten_tensor_at(call, 2))
        aten_read(draft, aten_tensor_at(call, 2));
    return ATEN_WORK;
}

enum aten_meaning aten_map_product(const struct aten_call *call, struct aten_draft *draft,
                                   const char *op)
{
    if (!aten_tensor_at(call, 0) || !aten_tensor_at(call, 1))
        return ATEN_UNKNOWN;
    draft->draft.op = op;
    aten_read(draft, aten_tensor_at(call, 0));
    aten_read(draft, aten_tensor_at(call, 1));
    return ATEN_WORK;
}

/* (added, a, b, ..): addmm, baddbmm, addmv */
enum aten_meaning aten_map_added(const struct aten_call *call, struct aten_draft *draft,
                                 const char *op)
{
    if (!aten_tensor_at(call, 0) || !aten_tensor_at(call, 1) || !aten_tensor_at(call, 2))
        return ATEN_UNKNOWN;
    draft->draft.op = op;
    aten_read(draft, aten_tensor_at(call, 1));
    aten_read(draft, aten_tensor_at(call, 2));
    aten_read(draft, aten_tensor_at(call, 0));
    return ATEN_WORK;
}

enum aten_meaning aten_map_einsum(const struct aten_call *call, struct aten_draft *draft,
                                  const char *op)
{
    const struct aten_argument *equation = aten_argument_at(call, 0),
                               *list = aten_argument_at(call, 1);
    if (!equation || equation->kind != ATEN_TEXT || !list || list->kind != ATEN_TENSORS ||
        list->count < 1 || list->count > 8)
        return ATEN_UNKNOWN;
    draft->draft.op = op;
    draft_text(&draft->draft, "equation", equation->text);
    for (uint32_t i = 0; i < list->count; i++)
        aten_read(draft, &list->items[i]);
    return ATEN_WORK;
}

/* (query, key, value, ..), batch x heads x length x width. */
enum aten_meaning aten_map_attention(const struct aten_call *call, struct aten_draft *draft,
                                     const char *op)
{
    if (!aten_tensor_at(call, 0) || !aten_tensor_at(call, 1) || !aten_tensor_at(call, 2))
        return ATEN_UNKNOWN;
    draft->draft.op = op;
    for (uint32_t i = 0; i < 3; i++)
        aten_read(draft, aten_tensor_at(call, i));
    return ATEN_WORK;
}

/* (gradient, input, weight, bias sizes, stride, padding, dilation, transposed, output padding,
 * groups, mask): the gradient of the input, then that of the weight, each only where recorded.
 */
static enum aten_meaning convolution_gradient(const struct aten_call *call,
                                              struct aten_draft *draft, uint32_t output)
{
    const struct aten_argument *gradient = aten_tensor_at(call, 0),
                               *in = aten_tensor_at(call, 1);
    const struct aten_argument *weight = aten_tensor_at(call, 2);
    if (!gradient || !in || !weight || in->rank < 3 || in->rank > 5 ||
        aten_integer(call, 7, 0) != 0)
        return ATEN_UNKNOWN;
    uint32_t axes = (uint32_t)in->rank - 2;
    int64_t strides[3], pads[3], dilations[3], group = aten_integer(call, 9, 1);
    aten_spread(call, 4, axes, 1, strides);
    aten_spread(call, 5, axes, 0, pads);
    aten_spread(call, 6, axes, 1, dilations);
    aten_put_window(draft, strides, pads, dilations, axes);
    draft_integers(&draft->draft, "group", &group, 1);
    draft->draft.op = output == 0 ? "conv-input-grad" : "conv-weight-grad";
    draft->output = output;
    aten_read(draft, gradient);
    aten_read(draft, output == 0 ? weight : in);
    aten_read(draft, output == 0 ? in : weight);
    return ATEN_WORK;
}

enum aten_meaning aten_map_gradients(const struct aten_call *call, int part,
                                     struct aten_draft *draft)
{
    for (uint32_t output = 0; output < 2; output++) {
        bool is_there = output < call->output_count &&
                        call->outputs[output].kind == ATEN_TENSOR &&
                        call->outputs[output].format.class != NUMBER_NONE;
        if (is_there && part-- == 0)
            return convolution_gradient(call, draft, output);
    }
    return ATEN_NO_WORK;
}
