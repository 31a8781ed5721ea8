/* The values of an ONNX graph by name, and its nodes over them. */
#include "traces/import_onnx.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Enough for shape arithmetic, masks and position tables of large graphs; what does not fit
 * stays a constant of known shape and unknown contents. */
static const uint64_t CONTENTS_TOTAL = 4 << 20;
enum { ATTRIBUTES_MAX = 256 /* of a node */ };

bool onnx_node_error(const struct onnx_graph *graph, const struct onnx_node *node,
                     struct error *err, const char *format, ...)
{
    char text[320];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *name = node->proto->name ? node->proto->name : "";
    return error_set(err, "%s: node %u '%.80s' (%.40s): %s", graph->path, node->index, name,
                     node->op, text);
}

static uint32_t hash_of(const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

static uint32_t *slot_of(const struct onnx_graph *graph, const char *name)
{
    uint32_t at = hash_of(name) & graph->slot_mask;
    while (graph->slots[at] &&
           strcmp(graph->values[graph->slots[at] - 1].tensor.name, name) != 0)
        at = (at + 1) & graph->slot_mask;
    return &graph->slots[at];
}

struct onnx_value *onnx_value_find(const struct onnx_graph *graph, const char *name)
{
    uint32_t slot = *slot_of(graph, name);
    return slot ? &graph->values[slot - 1] : NULL;
}

static struct onnx_value *add_value(struct onnx_graph *graph, const char *name)
{
    struct onnx_value *value = &graph->values[graph->value_count++];
    *value = (struct onnx_value){.tensor = {.name = name, .rank = -1, .density = 1}};
    value->tensor.role = ROLE_TEMP;
    *slot_of(graph, name) = graph->value_count;
    return value;
}

static void make_table(struct onnx_graph *graph)
{
    const Onnx__GraphProto *proto = graph->proto;
    size_t count = proto->n_input + proto->n_initializer + proto->n_sparse_initializer;
    for (size_t i = 0; i < proto->n_node; i++)
        count += proto->node[i]->n_output;
    uint32_t slots = 16;
    while (slots < 2 * count)
        slots *= 2;
    graph->value_capacity = (uint32_t)count;
    graph->values = arena_array(graph->arena, count, sizeof *graph->values);
    graph->slots = arena_array(graph->arena, slots, sizeof *graph->slots);
    graph->slot_mask = slots - 1;
}

static bool add_constants(struct onnx_graph *graph, struct error *err)
{
    const Onnx__GraphProto *proto = graph->proto;
    for (size_t i = 0; i < proto->n_initializer; i++) {
        const Onnx__TensorProto *tensor = proto->initializer[i];
        if (!tensor->name || !tensor->name[0])
            return error_set(err, "%s: constant %zu has no name", graph->path, i);
        if (onnx_value_find(graph, tensor->name))
            return error_set(err, "%s: constant '%.80s' stands twice", graph->path,
                             tensor->name);
        if (!onnx_value_read(graph, add_value(graph, tensor->name), tensor, err))
            return false;
    }
    /* A sparse constant has its shape beside its non-zeros. */
    for (size_t i = 0; i < proto->n_sparse_initializer; i++) {
        const Onnx__SparseTensorProto *sparse = proto->sparse_initializer[i];
        const Onnx__TensorProto *values = sparse->values;
        if (!values || !values->name || onnx_value_find(graph, values->name))
            return error_set(err, "%s: sparse constant %zu has no name of its own", graph->path,
                             i);
        Onnx__TensorProto dense = *values;
        dense.n_dims = sparse->n_dims;
        dense.dims = sparse->dims;
        dense.has_raw_data = 0;
        dense.n_float_data = dense.n_int32_data = dense.n_int64_data = 0;
        dense.n_double_data = dense.n_uint64_data = 0;
        struct onnx_value *value = add_value(graph, values->name);
        if (!onnx_value_read(graph, value, &dense, err))
            return false;
        double elements = (double)tensor_elements(&value->tensor);
        if (values->n_dims == 1 && values->dims[0] >= 0 && (double)values->dims[0] < elements)
            value->tensor.density = (double)values->dims[0] / elements;
    }
    return true;
}

static bool add_inputs(struct onnx_graph *graph, struct error *err)
{
    for (size_t i = 0; i < graph->proto->n_input; i++) {
        const Onnx__ValueInfoProto *input = graph->proto->input[i];
        if (!input->name || !input->name[0])
            return error_set(err, "%s: input %zu has no name", graph->path, i);
        struct onnx_value *value = onnx_value_find(graph, input->name);
        if (value && value->is_const)
            continue; /* before version 4 every constant was listed as an input, too */
        if (value)
            return error_set(err, "%s: input '%.80s' stands twice", graph->path, input->name);
        add_value(graph, input->name)->tensor.role = ROLE_INPUT;
    }
    return true;
}

static const char *op_of(const Onnx__NodeProto *proto)
{
    return proto->op_type ? proto->op_type : "";
}

static bool connect(struct onnx_graph *graph, struct onnx_node *node, struct error *err)
{
    const Onnx__NodeProto *proto = node->proto;
    if (!node->op[0])
        return error_set(err, "%s: node %u names no operator", graph->path, node->index);
    if (proto->n_attribute > ATTRIBUTES_MAX)
        return onnx_node_error(graph, node, err, "has %zu attributes, must have at most %d",
                               proto->n_attribute, ATTRIBUTES_MAX);
    if (proto->n_input > OPERATOR_TENSORS_MAX || proto->n_output > OPERATOR_TENSORS_MAX)
        return onnx_node_error(graph, node, err,
                               "has %zu inputs and %zu outputs, must have at "
                               "most %d of each",
                               proto->n_input, proto->n_output, OPERATOR_TENSORS_MAX);
    node->input_count = (uint32_t)proto->n_input;
    node->inputs = arena_array(graph->arena, proto->n_input, sizeof *node->inputs);
    for (uint32_t i = 0; i < node->input_count; i++) {
        if (!proto->input[i][0])
            continue;
        node->inputs[i] = onnx_value_find(graph, proto->input[i]);
        if (!node->inputs[i])
            return onnx_node_error(graph, node, err,
                                   "reads '%.80s', which nothing before it makes",
                                   proto->input[i]);
        node->inputs[i]->readers++;
    }
    node->output_count = (uint32_t)proto->n_output;
    node->outputs = arena_array(graph->arena, proto->n_output, sizeof *node->outputs);
    for (uint32_t i = 0; i < node->output_count; i++) {
        if (!proto->output[i][0])
            continue;
        if (onnx_value_find(graph, proto->output[i]))
            return onnx_node_error(graph, node, err, "makes '%.80s', which exists already",
                                   proto->output[i]);
        node->outputs[i] = add_value(graph, proto->output[i]);
        node->outputs[i]->maker = node;
    }
    return true;
}

static bool add_nodes(struct onnx_graph *graph, struct error *err)
{
    const Onnx__GraphProto *proto = graph->proto;
    graph->node_count = (uint32_t)proto->n_node;
    graph->nodes = arena_array(graph->arena, proto->n_node, sizeof *graph->nodes);
    for (uint32_t i = 0; i < graph->node_count; i++) {
        struct onnx_node *node = &graph->nodes[i];
        node->proto = proto->node[i];
        node->op = op_of(node->proto);
        node->index = i;
        if (!connect(graph, node, err))
            return false;
    }
    for (size_t i = 0; i < proto->n_output; i++) {
        struct onnx_value *value =
            proto->output[i]->name ? onnx_value_find(graph, proto->output[i]->name) : NULL;
        if (!value)
            return error_set(err, "%s: output '%.80s' is made by no node", graph->path,
                             proto->output[i]->name ? proto->output[i]->name : "");
        value->is_output = true;
        if (value->tensor.role == ROLE_TEMP)
            value->tensor.role = ROLE_OUTPUT;
    }
    return true;
}

static int64_t opset_of(const Onnx__ModelProto *model)
{
    int64_t opset = 1;
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *set = model->opset_import[i];
        bool is_default =
            !set->domain || !set->domain[0] || strcmp(set->domain, "ai.onnx") == 0;
        if (is_default && set->has_version && set->version > opset)
            opset = set->version;
    }
    return opset;
}

bool onnx_graph_build(struct onnx_graph *graph, const Onnx__ModelProto *model,
                      bool with_overrides, struct error *err)
{
    graph->proto = model->graph;
    graph->opset = opset_of(model);
    graph->contents_left = CONTENTS_TOTAL;
    if (graph->proto->n_node > UINT32_MAX / 4)
        return error_set(err, "%s: has too many nodes", graph->path);
    make_table(graph);
    return add_constants(graph, err) && add_inputs(graph, err) && add_nodes(graph, err) &&
           onnx_graph_split(graph, with_overrides, err);
}
