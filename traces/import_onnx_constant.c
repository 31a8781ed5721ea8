/* Operators that make contents from attributes, shapes or a few numbers: their output's shape
 * is known only together with its contents. */
#include "traces/import_onnx.h"

#include <string.h>

enum { RESULT_MAX = 16384 };

static bool set_vector(struct onnx_graph *graph, struct onnx_value *out, int32_t type,
                       uint64_t count, const union onnx_number *values, bool is_scalar)
{
    out->tensor.rank = is_scalar ? 0 : 1;
    out->tensor.shape[0] = (int64_t)count;
    out->type = type;
    onnx_format(type, &out->tensor.format);
    out->is_const = true;
    out->tensor.role = ROLE_CONST;
    onnx_value_fill(graph, out, onnx_type_is_real(type), count, values);
    return true;
}

/* Constant: value, value_int(s), value_float(s); texts have no number format. */
static bool make_constant(struct onnx_graph *graph, struct onnx_node *node, struct error *err)
{
    struct onnx_value *out = node->outputs[0];
    const Onnx__AttributeProto *value = onnx_attribute(node, "value");
    const Onnx__AttributeProto *sparse = onnx_attribute(node, "sparse_value");
    if (value && value->t)
        return onnx_value_read(graph, out, value->t, err);
    if (sparse && sparse->sparse_tensor && sparse->sparse_tensor->values) {
        Onnx__TensorProto dense = {.dims = sparse->sparse_tensor->dims,
                                   .n_dims = sparse->sparse_tensor->n_dims,
                                   .data_type = sparse->sparse_tensor->values->data_type};
        return onnx_value_read(graph, out, &dense, err);
    }
    for (size_t i = 0; i < node->proto->n_attribute; i++) {
        const Onnx__AttributeProto *a = node->proto->attribute[i];
        if (!a->name || strncmp(a->name, "value_", 6) != 0)
            continue;
        size_t count = a->n_ints + a->n_floats;
        union onnx_number one = {.integer = a->i};
        if (a->has_f)
            one.real = (double)a->f;
        if (count == 0 && (a->has_i || a->has_f))
            return set_vector(graph, out, a->has_f ? 1 : 7, 1, &one, true);
        if (count == 0 || count > RESULT_MAX || (a->n_ints && a->n_floats))
            continue;
        union onnx_number *values = arena_array(graph->arena, count, sizeof *values);
        for (size_t k = 0; k < count; k++) {
            if (a->n_ints)
                values[k].integer = a->ints[k];
            else
                values[k].real = (double)a->floats[k];
        }
        return set_vector(graph, out, a->n_ints ? 7 : 1, count, values, false);
    }
    out->is_const = true;
    out->tensor.role = ROLE_CONST;
    out->tensor.rank = 0;
    return true;
}

static int64_t clip(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static bool make_shape(struct onnx_graph *graph, struct onnx_node *node)
{
    const struct tensor *in = &node->inputs[0]->tensor;
    union onnx_number sizes[TENSOR_RANK_MAX];
    int64_t start = onnx_integer(node, "start", 0), end = onnx_integer(node, "end", in->rank);
    start = clip(start < 0 ? start + in->rank : start, 0, in->rank);
    end = clip(end < 0 ? end + in->rank : end, start, in->rank);
    for (int64_t i = start; i < end; i++)
        sizes[i - start].integer = in->shape[i];
    return set_vector(graph, node->outputs[0], 7, (uint64_t)(end - start), sizes, false);
}

static bool make_filled(struct onnx_graph *graph, struct onnx_node *node, struct error *err)
{
    struct onnx_value *out = node->outputs[0];
    const struct onnx_contents *shape = node->inputs[0]->contents;
    if (!shape || shape->is_real)
        return false;
    if (shape->count > TENSOR_RANK_MAX)
        return onnx_node_error(graph, node, err,
                               "makes a tensor of rank %llu, at most %d can be",
                               (unsigned long long)shape->count, TENSOR_RANK_MAX);
    for (uint64_t i = 0; i < shape->count; i++)
        out->tensor.shape[i] = shape->values[i].integer;
    if (!import_shape_fits((int32_t)shape->count, out->tensor.shape))
        return onnx_node_error(graph, node, err, "makes a tensor whose shape is out of range");
    out->tensor.rank = (int32_t)shape->count;
    out->is_const = true;
    out->tensor.role = ROLE_CONST;
    out->type = 1;
    union onnx_number fill = {.real = 0};
    const Onnx__AttributeProto *value = onnx_attribute(node, "value");
    if (value && value->t) {
        struct onnx_value one = {.tensor = {.name = out->tensor.name}};
        if (!onnx_value_read(graph, &one, value->t, err))
            return false;
        out->type = one.type;
        if (one.contents && one.contents->count == 1)
            fill = one.contents->values[0];
    }
    onnx_format(out->type, &out->tensor.format);
    uint64_t count = tensor_elements(&out->tensor);
    if (count > RESULT_MAX || count > graph->contents_left)
        return true;
    union onnx_number *values = arena_array(graph->arena, count, sizeof *values);
    for (uint64_t i = 0; i < count; i++)
        values[i] = fill;
    onnx_value_fill(graph, out, onnx_type_is_real(out->type), count, values);
    return true;
}

static bool make_range(struct onnx_graph *graph, struct onnx_node *node)
{
    const struct onnx_contents *part[3];
    for (uint32_t i = 0; i < 3; i++) {
        part[i] = i < node->input_count && node->inputs[i] ? node->inputs[i]->contents : NULL;
        if (!part[i] || part[i]->count != 1)
            return false;
    }
    bool is_real = part[0]->is_real;
    double number[3];
    for (int i = 0; i < 3; i++)
        number[i] =
            part[i]->is_real ? part[i]->values[0].real : (double)part[i]->values[0].integer;
    for (int i = 0; i < 3; i++)
        if (!(number[i] < 9e15 && number[i] > -9e15)) /* whole numbers stay exact */
            return false;
    double steps = (number[1] - number[0]) / number[2];
    if (!(steps <= 1e15 && steps >= -1e15))
        return false;
    int64_t count = steps > 0 ? (int64_t)steps : 0;
    count += steps > (double)count;
    struct onnx_value *out = node->outputs[0];
    int32_t type = node->inputs[0]->type ? node->inputs[0]->type : is_real ? 1 : 7;
    if (count > RESULT_MAX || (uint64_t)count > graph->contents_left || is_real) {
        set_vector(graph, out, type, 0, NULL, false);
        out->tensor.shape[0] = count;
        out->contents = NULL;
        out->tensor.contents = NULL;
        return true;
    }
    union onnx_number *values = arena_array(graph->arena, (size_t)count, sizeof *values);
    for (int64_t i = 0; i < count; i++)
        values[i].integer = (int64_t)(number[0] + number[2] * (double)i);
    return set_vector(graph, out, type, (uint64_t)count, values, false);
}

static bool make_positions(struct onnx_graph *graph, struct onnx_node *node)
{
    const struct onnx_contents *in = node->inputs[0]->contents;
    const struct tensor *tensor = &node->inputs[0]->tensor;
    if (!in || in->count != tensor_elements(tensor) || tensor->rank < 1)
        return false;
    uint64_t found = 0, rank = (uint64_t)tensor->rank;
    for (uint64_t i = 0; i < in->count; i++)
        found += in->is_real ? in->values[i].real != 0 : in->values[i].integer != 0;
    if (found * rank > RESULT_MAX || found * rank > graph->contents_left)
        return false;
    union onnx_number *values = arena_array(graph->arena, found * rank, sizeof *values);
    uint64_t at = 0;
    for (uint64_t i = 0; i < in->count; i++) {
        if (in->is_real ? in->values[i].real == 0 : in->values[i].integer == 0)
            continue;
        uint64_t left = i;
        for (uint64_t d = rank; d-- > 0; left /= (uint64_t)tensor->shape[d])
            values[d * found + at].integer = (int64_t)(left % (uint64_t)tensor->shape[d]);
        at++;
    }
    struct onnx_value *out = node->outputs[0];
    set_vector(graph, out, 7, found * rank, values, false);
    out->tensor.rank = 2;
    out->tensor.shape[0] = (int64_t)rank;
    out->tensor.shape[1] = (int64_t)found;
    return true;
}

bool onnx_make(struct onnx_graph *graph, struct onnx_node *node, struct error *err)
{
    if (node->output_count != 1 || !node->outputs[0])
        return false;
    if (strcmp(node->op, "Constant") == 0)
        return make_constant(graph, node, err);
    if (node->input_count < 1 || !node->inputs[0] || node->inputs[0]->tensor.rank < 0)
        return false;
    if (strcmp(node->op, "Shape") == 0)
        return make_shape(graph, node);
    if (strcmp(node->op, "Size") == 0) {
        union onnx_number count = {.integer =
                                       (int64_t)tensor_elements(&node->inputs[0]->tensor)};
        return set_vector(graph, node->outputs[0], 7, 1, &count, true);
    }
    if (strcmp(node->op, "ConstantOfShape") == 0)
        return make_filled(graph, node, err);
    if (strcmp(node->op, "Range") == 0)
        return make_range(graph, node);
    if (strcmp(node->op, "NonZero") == 0)
        return make_positions(graph, node);
    return false;
}
