/* Shapes and formats of a node's outputs: the vocabulary's where it has them, else the file's,
 * else what is known about further outputs, else the most that there can be. */
#include "traces/import_onnx.h"

#include <string.h>

void onnx_take_stated(const struct onnx_graph *graph, struct onnx_value *value,
                      const struct onnx_value *like)
{
    struct tensor *tensor = &value->tensor;
    if (tensor->rank < 0 && value->is_stated && !graph->is_resized) {
        tensor->rank = value->stated_rank;
        memcpy(tensor->shape, value->stated_shape, sizeof tensor->shape);
    }
    if (tensor->format.class == NUMBER_NONE && !onnx_format(value->type, &tensor->format) &&
        like)
        tensor->format = like->tensor.format;
}

/* Values decide how many are selected; the most there can be is assumed. */
static bool bound_selection(struct onnx_graph *graph, const struct onnx_node *node,
                            struct onnx_value *value)
{
    if (node->input_count < 1 || !node->inputs[0])
        return false;
    const struct tensor *in = &node->inputs[0]->tensor;
    int64_t elements = (int64_t)tensor_elements(in), shape[TENSOR_RANK_MAX] = {elements};
    int32_t rank = 1;
    bool has_axis = onnx_attribute(node, "axis") != NULL;
    bool is_picking = strcmp(node->op, "Compress") == 0 || strcmp(node->op, "Unique") == 0;
    if (strcmp(node->op, "NonZero") == 0) {
        shape[0] = in->rank;
        shape[1] = elements;
        rank = 2;
    } else if (strcmp(node->op, "NonMaxSuppression") == 0) {
        shape[0] = in->rank == 3 ? in->shape[0] * in->shape[1] : elements;
        shape[1] = 3;
        rank = 2;
    } else if (is_picking && has_axis && value == node->outputs[0]) {
        rank = in->rank;
        memcpy(shape, in->shape, sizeof shape);
    } else if (!is_picking) {
        return false;
    }
    value->tensor.rank = rank;
    memcpy(value->tensor.shape, shape, sizeof shape);
    import_warn(
        graph->context, node->op,
        "node %u '%.80s' (%.40s): how much it selects depends on values; the most there "
        "can be is assumed",
        node->index, node->proto->name ? node->proto->name : "", node->op);
    return true;
}

/* Further outputs of normalisations and attention, which the vocabulary leaves to the trace:
 * new statistics are shaped like the old ones, what nobody reads is left out. */
static bool settle_further(struct onnx_node *node, uint32_t at)
{
    struct onnx_value *value = node->outputs[at];
    struct tensor *tensor = &value->tensor;
    if (at == 0)
        return false;
    if (value->readers == 0 && !value->is_output) {
        node->outputs[at] = NULL;
        return true;
    }
    bool is_batch = strcmp(node->op, "BatchNormalization") == 0;
    bool is_layer = strcmp(node->op, "LayerNormalization") == 0;
    uint32_t like = is_batch ? 3 : 0;
    if ((!is_batch && !is_layer) || node->input_count <= like || !node->inputs[like])
        return false;
    tensor->rank = node->inputs[like]->tensor.rank;
    memcpy(tensor->shape, node->inputs[like]->tensor.shape, sizeof tensor->shape);
    int64_t axis = onnx_integer(node, "axis", -1);
    for (int32_t i = (int32_t)(axis < 0 ? axis + tensor->rank : axis);
         is_layer && i < tensor->rank; i++)
        if (i >= 0)
            tensor->shape[i] = 1; /* one mean and one deviation for these */
    return true;
}

bool onnx_settle_outputs(struct onnx_graph *graph, struct onnx_node *node,
                         const struct tensor *inferred, struct error *err)
{
    for (uint32_t i = 0; i < node->output_count; i++) {
        struct onnx_value *value = node->outputs[i];
        if (!value)
            continue;
        struct tensor *tensor = &value->tensor;
        tensor->rank = inferred[i].rank;
        memcpy(tensor->shape, inferred[i].shape, sizeof tensor->shape);
        tensor->format = inferred[i].format;
        onnx_take_stated(graph, value, node->input_count ? node->inputs[0] : NULL);
        if (tensor->rank < 0 && !settle_further(node, i) &&
            !bound_selection(graph, node, value))
            return onnx_node_error(graph, node, err,
                                   "the shape of its output depends on values, and the file "
                                   "does not state it");
        if (node->outputs[i] && !import_shape_fits(tensor->rank, tensor->shape))
            return onnx_node_error(graph, node, err, "its output is out of range");
    }
    return true;
}
