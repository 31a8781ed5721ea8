#include "onnx_builder.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void onnx_builder_init(struct onnx_builder *builder, struct arena *arena, int64_t opset)
{
    memset(builder, 0, sizeof *builder);
    builder->arena = arena;
    onnx__model_proto__init(&builder->model);
    onnx__graph_proto__init(&builder->graph);
    onnx__operator_set_id_proto__init(&builder->opset);
    builder->opset.has_version = 1;
    builder->opset.version = opset;
    builder->opsets[0] = &builder->opset;
    builder->model.has_ir_version = 1;
    builder->model.ir_version = 8;
    builder->model.n_opset_import = 1;
    builder->model.opset_import = builder->opsets;
    builder->model.graph = &builder->graph;
    builder->graph.name = arena_copy_text(arena, "graph");
    builder->graph.node = builder->nodes;
    builder->graph.input = builder->inputs;
    builder->graph.output = builder->outputs;
    builder->graph.value_info = builder->values;
    builder->graph.initializer = builder->constants;
}

/* The n-th piece of text between separators, or NULL. */
static char *piece(struct arena *arena, const char *text, char separator, size_t n)
{
    while (n > 0 && text) {
        text = strchr(text, separator);
        text = text ? text + 1 : NULL;
        n--;
    }
    if (!text || !*text)
        return NULL;
    char *copy = arena_copy_text(arena, text), *end = strchr(copy, separator);
    if (end)
        *end = 0;
    return copy;
}

static Onnx__ValueInfoProto *make_value(struct onnx_builder *builder, const char *name,
                                        int type, const char *shape)
{
    struct arena *arena = builder->arena;
    Onnx__ValueInfoProto *value = arena_alloc(arena, sizeof *value);
    onnx__value_info_proto__init(value);
    value->name = arena_copy_text(arena, name);
    if (!shape)
        return value;
    value->type = arena_alloc(arena, sizeof *value->type);
    onnx__type_proto__init(value->type);
    value->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    Onnx__TypeProto__Tensor *tensor = arena_alloc(arena, sizeof *tensor);
    onnx__type_proto__tensor__init(tensor);
    value->type->tensor_type = tensor;
    tensor->has_elem_type = 1;
    tensor->elem_type = type;
    tensor->shape = arena_alloc(arena, sizeof *tensor->shape);
    onnx__tensor_shape_proto__init(tensor->shape);
    tensor->shape->dim = arena_array(arena, 8, sizeof *tensor->shape->dim);
    char *size;
    for (size_t i = 0; (size = piece(arena, shape, 'x', i)); i++) {
        Onnx__TensorShapeProto__Dimension *dimension = arena_alloc(arena, sizeof *dimension);
        onnx__tensor_shape_proto__dimension__init(dimension);
        if (*size >= '0' && *size <= '9') {
            dimension->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            dimension->dim_value = atoll(size);
        } else if (*size != '?') {
            dimension->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            dimension->dim_param = size;
        }
        tensor->shape->dim[tensor->shape->n_dim++] = dimension;
    }
    return value;
}

void onnx_builder_input(struct onnx_builder *builder, const char *name, int type,
                        const char *shape)
{
    builder->inputs[builder->graph.n_input++] = make_value(builder, name, type, shape);
}

void onnx_builder_output(struct onnx_builder *builder, const char *name)
{
    builder->outputs[builder->graph.n_output++] = make_value(builder, name, 0, NULL);
}

void onnx_builder_value(struct onnx_builder *builder, const char *name, int type,
                        const char *shape)
{
    builder->values[builder->graph.n_value_info++] = make_value(builder, name, type, shape);
}

Onnx__TensorProto *onnx_builder_weight(struct onnx_builder *builder, const char *name, int type,
                                       const char *shape)
{
    Onnx__TensorProto *tensor = arena_alloc(builder->arena, sizeof *tensor);
    onnx__tensor_proto__init(tensor);
    tensor->name = arena_copy_text(builder->arena, name);
    tensor->has_data_type = 1;
    tensor->data_type = type;
    tensor->dims = arena_array(builder->arena, 8, sizeof *tensor->dims);
    char *size;
    for (size_t i = 0; (size = piece(builder->arena, shape, 'x', i)); i++)
        tensor->dims[tensor->n_dims++] = atoll(size);
    builder->constants[builder->graph.n_initializer++] = tensor;
    return tensor;
}

void onnx_builder_integers(struct onnx_builder *builder, const char *name, size_t count,
                           const int64_t *values)
{
    Onnx__TensorProto *tensor = onnx_builder_weight(builder, name, 7, "");
    tensor->n_dims = 1;
    tensor->dims[0] = (int64_t)count;
    tensor->n_int64_data = count;
    tensor->int64_data = arena_array(builder->arena, count, sizeof *values);
    memcpy(tensor->int64_data, values, count * sizeof *values);
}

void onnx_builder_real(struct onnx_builder *builder, const char *name, float value)
{
    Onnx__TensorProto *tensor = onnx_builder_weight(builder, name, 1, "");
    tensor->n_float_data = 1;
    tensor->float_data = arena_array(builder->arena, 1, sizeof value);
    tensor->float_data[0] = value;
}

static char **names(struct onnx_builder *builder, const char *text, size_t *count)
{
    char **list = arena_array(builder->arena, 16, sizeof *list), *name;
    for (*count = 0; (name = piece(builder->arena, text, ' ', *count)); (*count)++)
        list[*count] = strcmp(name, "-") == 0 ? arena_copy_text(builder->arena, "") : name;
    return list;
}

Onnx__NodeProto *onnx_builder_node(struct onnx_builder *builder, const char *op,
                                   const char *inputs, const char *outputs)
{
    Onnx__NodeProto *node = arena_alloc(builder->arena, sizeof *node);
    onnx__node_proto__init(node);
    node->op_type = arena_copy_text(builder->arena, op);
    node->name = arena_format(builder->arena, "the_%s", op);
    node->input = names(builder, inputs, &node->n_input);
    node->output = names(builder, outputs, &node->n_output);
    node->attribute = arena_array(builder->arena, 8, sizeof *node->attribute);
    builder->nodes[builder->graph.n_node++] = node;
    return node;
}

static Onnx__AttributeProto *add_attribute(struct onnx_builder *builder, Onnx__NodeProto *node,
                                           const char *name)
{
    Onnx__AttributeProto *attribute = arena_alloc(builder->arena, sizeof *attribute);
    onnx__attribute_proto__init(attribute);
    attribute->name = arena_copy_text(builder->arena, name);
    node->attribute[node->n_attribute++] = attribute;
    return attribute;
}

void onnx_builder_attribute(struct onnx_builder *builder, Onnx__NodeProto *node,
                            const char *name, size_t count, const int64_t *values)
{
    Onnx__AttributeProto *attribute = add_attribute(builder, node, name);
    attribute->has_i = count == 1;
    attribute->i = values[0];
    if (count == 1)
        return;
    attribute->n_ints = count;
    attribute->ints = arena_array(builder->arena, count, sizeof *values);
    memcpy(attribute->ints, values, count * sizeof *values);
}

void onnx_builder_text(struct onnx_builder *builder, Onnx__NodeProto *node, const char *name,
                       const char *text)
{
    Onnx__AttributeProto *attribute = add_attribute(builder, node, name);
    attribute->has_s = 1;
    attribute->s.len = strlen(text);
    attribute->s.data = (uint8_t *)arena_copy_text(builder->arena, text);
}

void onnx_builder_write(struct onnx_builder *builder, const char *path)
{
    size_t length = onnx__model_proto__get_packed_size(&builder->model);
    uint8_t *bytes = arena_alloc(builder->arena, length);
    onnx__model_proto__pack(&builder->model, bytes);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
    fclose(file);
}
