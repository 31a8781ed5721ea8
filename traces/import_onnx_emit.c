/* From the walked graph to the sink: nodes that only served folded ones are left out, tensors
 * are declared when they are first needed, operators go out in the file's order. */
#include "traces/import_onnx.h"

#include <stdio.h>

/* Operator inputs point to the tensor inside a value, which is its first member. */
static struct onnx_value *value_of(const struct tensor *tensor)
{
    return onnx_owner((struct onnx_value *)(uintptr_t)tensor);
}

/* A node is needed when an output of the graph comes from it, an operator that stays reads it,
 * or nobody reads it at all: then the file asks for it to be done. */
static bool is_needed(const struct onnx_node *node)
{
    bool is_read = false;
    for (uint32_t i = 0; i < node->output_count; i++) {
        const struct onnx_value *value = node->outputs[i];
        if (value && (value->is_output || value->live_readers > 0))
            return true;
        is_read = is_read || (value && value->readers > 0);
    }
    return !is_read;
}

static void find_needed(struct onnx_graph *graph)
{
    for (uint32_t i = graph->node_count; i-- > 0;) {
        struct onnx_node *node = &graph->nodes[i];
        if (node->fate != ONNX_OPERATOR)
            continue;
        if (!is_needed(node)) {
            node->fate = ONNX_UNUSED;
            continue;
        }
        for (uint32_t k = 0; k < node->operator.input_count; k++)
            if (node->operator.inputs[k])
                value_of(node->operator.inputs[k])->live_readers++;
    }
}

static const struct tensor *declare(struct onnx_graph *graph, struct onnx_value *value)
{
    value = onnx_owner(value);
    if (!value->declared) {
        struct sink *sink = graph->context->sink;
        struct tensor declaration = value->tensor;
        if (value->maker && value->maker->is_view && !value->is_const)
            declaration.view_of = value_of(value->maker->operator.inputs[0])->declared;
        value->declared = sink->tensor(sink, &declaration);
        import_split(graph->context, value->declared);
    }
    return value->declared;
}

static bool emit(struct onnx_graph *graph, struct onnx_node *node, struct error *err)
{
    const struct tensor *inputs[OPERATOR_TENSORS_MAX] = {0};
    const struct tensor *outputs[OPERATOR_TENSORS_MAX] = {0};
    struct import_summary *summary = graph->context->summary;
    struct operator op = node->operator;
    for (uint32_t i = 0; i < op.input_count; i++)
        if (op.inputs[i])
            inputs[i] = declare(graph, value_of(op.inputs[i]));
    for (uint32_t i = 0; i < op.output_count; i++)
        if (node->outputs[i])
            outputs[i] = declare(graph, node->outputs[i]);
    op.inputs = inputs;
    op.outputs = outputs;
    op.index = summary->operators;
    char place[512];
    snprintf(place, sizeof place, "%.400s: node %u", graph->path, node->index);
    return import_emit(graph->context, &op,
                       node->is_unknown ? &summary->unknown : &summary->derived, place, err);
}

bool onnx_emit(struct onnx_graph *graph, struct error *err)
{
    struct import_summary *summary = graph->context->summary;
    find_needed(graph);
    summary->nodes = graph->node_count;
    for (uint32_t i = 0; i < graph->node_count; i++) {
        bool is_operator = graph->nodes[i].fate == ONNX_OPERATOR;
        summary->folded += !is_operator;
        if (is_operator && !emit(graph, &graph->nodes[i], err))
            return false;
    }
    return true;
}
