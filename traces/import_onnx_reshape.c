/* A static export writes its batch into the shapes of reshapes. When the user asks for another
 * batch, the dimension that carries it is found from the sizes before and after.
 *
 * The batch is one factor of one dimension: between `outer` and `inner` others, in row-major
 * order. A reshape keeps that order, so the factor's stride (in elements at the original sizes)
 * is the same on both sides, and the output dimensions that can hold it are those whose span
 * covers it. */
#include "traces/import_onnx.h"

#include <string.h>

static int64_t stride_of(const struct tensor *tensor, int32_t dimension)
{
    int64_t stride = 1;
    for (int32_t i = dimension + 1; i < tensor->rank; i++)
        stride *= tensor->shape[i];
    return stride;
}

/* -1: the value is as large as in the original. */
static int32_t resized_axis(const struct onnx_graph *graph, const struct onnx_value *value)
{
    const struct tensor *was = &graph->original->values[value - graph->values].tensor;
    const struct tensor *is = &value->tensor;
    if (was->rank != is->rank)
        return -1;
    for (int32_t i = 0; i < is->rank; i++)
        if (was->shape[i] != is->shape[i] && was->shape[i] > 0 &&
            is->shape[i] % was->shape[i] == 0)
            return i;
    return -1;
}

/* The last dimension holds features; it is taken only when nothing else can hold the batch. */
static int32_t choose_dimension(const struct tensor *out, int64_t stride, int64_t batch)
{
    int32_t upper = -1, lower = -1, any = -1;
    for (int32_t i = out->rank - 1; i >= 0; i--) {
        int64_t from = stride_of(out, i), to = from * out->shape[i];
        if (from > stride || to < stride * batch)
            continue;
        if (from == stride && out->shape[i] == batch)
            return i;
        bool is_last = i + 1 == out->rank && out->rank > 1;
        if (to == stride * batch && !is_last)
            upper = i;
        if (from == stride)
            lower = i;
        any = i;
    }
    return upper >= 0 ? upper : lower >= 0 ? lower : any;
}

void onnx_rescale_shape(const struct onnx_graph *graph, const struct onnx_node *node,
                        int64_t *shape, uint32_t count)
{
    if (!graph->original || !node->inputs[0] || !node->outputs[0])
        return;
    const struct onnx_node *original = &graph->original->nodes[node->index];
    const struct onnx_contents *old =
        original->input_count > 1 && original->inputs[1] ? original->inputs[1]->contents : NULL;
    if (!old || old->count != count)
        return;
    for (uint32_t i = 0; i < count; i++)
        if (shape[i] != old->values[i].integer)
            return; /* it was computed from the new sizes */
    const struct tensor *in = &original->inputs[0]->tensor,
                        *out = &original->outputs[0]->tensor;
    int32_t axis = resized_axis(graph, node->inputs[0]);
    if (axis < 0 || (uint32_t)out->rank != count)
        return;
    int64_t ratio = node->inputs[0]->tensor.shape[axis] / in->shape[axis];
    int64_t stride = stride_of(in, axis) * node->inputs[0]->batch_inner;
    int32_t at = choose_dimension(out, stride, graph->batch_was);
    if (at < 0)
        return;
    node->outputs[0]->batch_inner = stride / stride_of(out, at);
    if (shape[at] > 0) {
        shape[at] *= ratio;
        import_warn(graph->context, "another batch",
                    "node %u '%.80s' (%.40s): its shape was written for another batch; "
                    "dimension %d is taken to carry it",
                    node->index, node->proto->name ? node->proto->name : "", node->op, at);
    }
}

/* Constants that were stretched to the batch before they were stored. */
static void stretch_constants(const struct onnx_graph *graph, struct onnx_node *node)
{
    const struct onnx_value *model = NULL;
    for (uint32_t i = 0; i < node->input_count && !model; i++)
        if (node->inputs[i] && !node->inputs[i]->is_const &&
            resized_axis(graph, node->inputs[i]) >= 0)
            model = node->inputs[i];
    if (!model)
        return;
    int32_t axis = resized_axis(graph, model);
    int64_t was = graph->original->values[model - graph->values].tensor.shape[axis];
    int64_t join = onnx_integer(node, "axis", 0);
    if (axis == (join < 0 ? join + model->tensor.rank : join))
        return;
    for (uint32_t i = 0; i < node->input_count; i++) {
        struct onnx_value *value = node->inputs[i];
        if (!value || !value->is_const || value->tensor.rank != model->tensor.rank ||
            value->tensor.shape[axis] != was)
            continue;
        value->tensor.shape[axis] = model->tensor.shape[axis];
        value->tensor.contents = NULL;
        value->contents = NULL;
    }
}

/* The same for a constant that is expanded to a shape computed from the new batch. */
static void stretch_expanded(const struct onnx_graph *graph, struct onnx_node *node)
{
    const struct onnx_node *original = &graph->original->nodes[node->index];
    if (node->input_count < 2 || !node->inputs[0] || !node->inputs[1] ||
        !node->inputs[0]->is_const || !node->inputs[1]->contents || !original->outputs[0])
        return;
    const struct onnx_contents *target = node->inputs[1]->contents;
    const struct tensor *was = &original->outputs[0]->tensor;
    struct tensor *tensor = &node->inputs[0]->tensor;
    for (int32_t i = 1; i <= tensor->rank && i <= was->rank && (uint64_t)i <= target->count;
         i++) {
        int64_t *size = &tensor->shape[tensor->rank - i];
        int64_t wanted = target->values[target->count - (uint64_t)i].integer;
        if (*size == 1 || *size != was->shape[was->rank - i] || wanted <= 1 ||
            wanted == *size || wanted > INT32_MAX)
            continue;
        *size = wanted;
        tensor->contents = NULL;
        node->inputs[0]->contents = NULL;
    }
}

void onnx_resize_before(const struct onnx_graph *graph, struct onnx_node *node)
{
    if (graph->original && strcmp(node->op, "Concat") == 0)
        stretch_constants(graph, node);
    if (graph->original && strcmp(node->op, "Expand") == 0)
        stretch_expanded(graph, node);
}

void onnx_resize_after(const struct onnx_graph *graph, struct onnx_node *node)
{
    if (!graph->original)
        return;
    const struct onnx_value *in = node->input_count > 0 ? node->inputs[0] : NULL;
    int32_t from = in ? resized_axis(graph, in) : -1;
    for (uint32_t i = 0; i < node->output_count; i++) {
        struct onnx_value *out = node->outputs[i];
        int32_t axis = out ? resized_axis(graph, out) : -1;
        if (axis < 0 || out->batch_inner > 0)
            continue;
        int64_t was = graph->original->values[out - graph->values].tensor.shape[axis];
        bool is_same = from >= 0 && in->tensor.shape[from] == out->tensor.shape[axis];
        out->batch_inner = is_same && in->batch_inner > 0 ? in->batch_inner
                           : was > graph->batch_was       ? was / graph->batch_was
                                                          : 1;
    }
}
