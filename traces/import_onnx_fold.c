/* Constants that follow from shapes and other small constants. Called with the node's shapes
 * already inferred, but for the few operators that make contents from nothing. Every evaluation
 * reads its inputs within the counts of their contents, whatever the file says. */
#include "traces/import_onnx.h"

#include <string.h>

enum { RESULT_MAX = 16384 };
static const int64_t STRIDE_MAX = 1 << 20; /* contents are far shorter */

/* result[i] = from[base + sum of index[d] * stride[d]], index running over shape. */
struct walk {
    int32_t rank;
    const int64_t *shape;
    int64_t base, stride[TENSOR_RANK_MAX];
};

static void strides_of(const struct tensor *tensor, int64_t *stride)
{
    int64_t step = 1;
    for (int32_t i = tensor->rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= tensor->shape[i];
    }
}

static bool copy_walk(const struct walk *walk, const struct onnx_contents *from,
                      union onnx_number *result, uint64_t count)
{
    int64_t index[TENSOR_RANK_MAX] = {0}, at = walk->base;
    for (uint64_t i = 0; i < count; i++) {
        if (at < 0 || (uint64_t)at >= from->count)
            return false;
        result[i] = from->values[at];
        for (int32_t d = walk->rank - 1; d >= 0; d--) {
            at += walk->stride[d];
            if (++index[d] < walk->shape[d])
                break;
            at -= walk->stride[d] * index[d];
            index[d] = 0;
        }
    }
    return true;
}

static int64_t attribute_at(const struct onnx_node *node, const char *name, uint32_t at,
                            int64_t fallback)
{
    const struct attribute *a = operator_attribute(&node->operator, name);
    return a && a->kind == ATTRIBUTE_INTEGERS && at < a->count ? a->integers[at] : fallback;
}

static int64_t axis_of(const struct onnx_node *node, int64_t fallback, int32_t rank)
{
    int64_t axis = attribute_at(node, "axis", 0, fallback);
    return axis < 0 ? axis + rank : axis;
}

static bool plan_transpose(const struct onnx_node *node, struct walk *walk)
{
    int64_t stride[TENSOR_RANK_MAX];
    strides_of(&node->inputs[0]->tensor, stride);
    for (int32_t i = 0; i < walk->rank; i++) {
        int64_t from = attribute_at(node, "perm", (uint32_t)i, walk->rank - 1 - i);
        if (from < 0 || from >= walk->rank)
            return false;
        walk->stride[i] = stride[from];
    }
    return true;
}

static bool plan_expand(const struct onnx_node *node, struct walk *walk)
{
    const struct tensor *in = &node->inputs[0]->tensor;
    int64_t stride[TENSOR_RANK_MAX];
    strides_of(in, stride);
    for (int32_t i = 0; i < in->rank; i++)
        if (in->shape[i] != 1)
            walk->stride[walk->rank - in->rank + i] = stride[i];
    return true;
}

static bool plan_slice(const struct onnx_node *node, struct walk *walk)
{
    const struct tensor *in = &node->inputs[0]->tensor;
    const struct attribute *starts = operator_attribute(&node->operator, "starts");
    if (!starts)
        return false;
    strides_of(in, walk->stride);
    for (uint32_t i = 0; i < starts->count; i++) {
        int64_t axis = attribute_at(node, "axes", i, (int64_t)i);
        int64_t step = attribute_at(node, "steps", i, 1), start = starts->integers[i];
        axis = axis < 0 ? axis + in->rank : axis;
        if (axis < 0 || axis >= in->rank)
            return false;
        int64_t size = in->shape[axis], last = step > 0 ? size : size - 1;
        start = start < 0 ? (start < -size ? 0 : start + size) : start;
        walk->base += (start > last ? last : start) * walk->stride[axis];
        /* Where only one value is taken the step is never made, and may be huge. */
        walk->stride[axis] = walk->shape[axis] > 1 ? walk->stride[axis] * step : 0;
        if (walk->stride[axis] > STRIDE_MAX || walk->stride[axis] < -STRIDE_MAX)
            return false;
    }
    return true;
}

static bool tile(const struct onnx_node *node, union onnx_number *result, uint64_t count)
{
    const struct tensor *in = &node->inputs[0]->tensor, *out = &node->outputs[0]->tensor;
    const struct onnx_contents *from = node->inputs[0]->contents;
    int64_t stride[TENSOR_RANK_MAX];
    strides_of(in, stride);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t left = i, at = 0;
        for (int32_t d = out->rank - 1; d >= 0; d--) {
            at += left % (uint64_t)out->shape[d] % (uint64_t)in->shape[d] * (uint64_t)stride[d];
            left /= (uint64_t)out->shape[d];
        }
        if (at >= from->count)
            return false;
        result[i] = from->values[at];
    }
    return true;
}

/* Around an axis: outer blocks of `length` lines of `inner` numbers. */
struct blocks {
    uint64_t outer, length, inner;
};

static struct blocks blocks_of(const struct tensor *tensor, int64_t axis)
{
    struct blocks blocks = {1, 1, 1};
    for (int32_t i = 0; i < tensor->rank; i++) {
        uint64_t size = (uint64_t)tensor->shape[i];
        if (i < axis)
            blocks.outer *= size;
        else if (i == axis)
            blocks.length = size;
        else
            blocks.inner *= size;
    }
    return blocks;
}

static bool gather(const struct onnx_node *node, union onnx_number *result, uint64_t count)
{
    const struct onnx_contents *from = node->inputs[0]->contents;
    const struct onnx_contents *index = node->inputs[1]->contents;
    const struct tensor *in = &node->inputs[0]->tensor;
    struct blocks blocks = blocks_of(in, axis_of(node, 0, in->rank));
    if (!index || index->is_real || blocks.outer * index->count * blocks.inner != count ||
        blocks.outer * blocks.length * blocks.inner != from->count)
        return false;
    for (uint64_t o = 0; o < blocks.outer; o++) {
        for (uint64_t i = 0; i < index->count; i++) {
            int64_t at = index->values[i].integer;
            at = at < 0 ? at + (int64_t)blocks.length : at;
            if (at < 0 || at >= (int64_t)blocks.length)
                return false;
            memcpy(&result[(o * index->count + i) * blocks.inner],
                   &from->values[(o * blocks.length + (uint64_t)at) * blocks.inner],
                   blocks.inner * sizeof *result);
        }
    }
    return true;
}

static bool concat(const struct onnx_node *node, union onnx_number *result, uint64_t count)
{
    const struct tensor *out = &node->outputs[0]->tensor;
    int64_t axis = axis_of(node, 0, out->rank);
    struct blocks whole = blocks_of(out, axis);
    bool is_real = node->inputs[0]->contents->is_real;
    uint64_t at = 0;
    for (uint32_t i = 0; i < node->input_count; i++) {
        const struct onnx_contents *from = node->inputs[i]->contents;
        struct blocks part = blocks_of(&node->inputs[i]->tensor, axis);
        if (from->is_real != is_real || part.outer != whole.outer ||
            part.inner != whole.inner || from->count != part.outer * part.length * part.inner ||
            at + part.length > whole.length ||
            whole.outer * whole.length * whole.inner != count)
            return false;
        for (uint64_t o = 0; o < part.outer; o++)
            memcpy(&result[(o * whole.length + at) * whole.inner],
                   &from->values[o * part.length * part.inner],
                   part.length * part.inner * sizeof *result);
        at += part.length;
    }
    return at == whole.length;
}

static double fold_real(const char *op, double sum, double value)
{
    return op[6] == 'P'                   ? sum * value
           : op[6] == 'M' && op[7] == 'a' ? (sum > value ? sum : value)
           : op[6] == 'M' && op[7] == 'i' ? (sum < value ? sum : value)
                                          : sum + value;
}

static bool fold_integer(const char *op, int64_t *sum, int64_t value)
{
    if (op[6] == 'P')
        return !__builtin_mul_overflow(*sum, value, sum);
    if (op[6] == 'S')
        return !__builtin_add_overflow(*sum, value, sum);
    bool is_max = op[7] == 'a';
    *sum = (*sum > value) == is_max ? *sum : value;
    return true;
}

/* ReduceProd, ReduceSum, ReduceMax, ReduceMin over all axes or one. */
static bool reduce(const struct onnx_node *node, union onnx_number *result, uint64_t count)
{
    const struct onnx_contents *from = node->inputs[0]->contents;
    const struct tensor *in = &node->inputs[0]->tensor;
    const struct attribute *axes = operator_attribute(&node->operator, "axes");
    struct blocks blocks = {1, from->count, 1};
    if (axes && axes->count == 1) {
        int64_t axis = axes->integers[0] < 0 ? axes->integers[0] + in->rank : axes->integers[0];
        blocks = blocks_of(in, axis);
    } else if (axes && axes->count > 0 && axes->count != (uint32_t)in->rank) {
        return false;
    }
    if (blocks.length == 0 || blocks.outer * blocks.inner != count ||
        blocks.outer * blocks.length * blocks.inner != from->count)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t start = i / blocks.inner * blocks.length * blocks.inner + i % blocks.inner;
        result[i] = from->values[start];
        for (uint64_t k = 1; k < blocks.length; k++) {
            union onnx_number next = from->values[start + k * blocks.inner];
            if (from->is_real)
                result[i].real = fold_real(node->op, result[i].real, next.real);
            else if (!fold_integer(node->op, &result[i].integer, next.integer))
                return false;
        }
    }
    return true;
}

static bool is_one_of(const char *op, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(op, *names) == 0)
            return true;
    return false;
}

/* Contents of the first output, moved from the inputs. */
static bool move(const struct onnx_node *node, union onnx_number *result, uint64_t count)
{
    static const char *const RENAMING[] = {"Identity", "Dropout",   "Reshape", "Flatten",
                                           "Squeeze",  "Unsqueeze", NULL};
    static const char *const REDUCING[] = {"ReduceProd", "ReduceSum", "ReduceMax", "ReduceMin",
                                           NULL};
    const struct onnx_contents *from = node->inputs[0]->contents;
    struct walk walk = {.rank = node->outputs[0]->tensor.rank,
                        .shape = node->outputs[0]->tensor.shape};
    if (count == 0)
        return true;
    if (is_one_of(node->op, RENAMING)) {
        if (count != from->count)
            return false;
        memcpy(result, from->values, count * sizeof *result);
        return true;
    }
    if (strcmp(node->op, "Gather") == 0)
        return gather(node, result, count);
    if (strcmp(node->op, "Concat") == 0)
        return concat(node, result, count);
    if (strcmp(node->op, "Tile") == 0)
        return tile(node, result, count);
    if (is_one_of(node->op, REDUCING))
        return reduce(node, result, count);
    bool is_planned = (strcmp(node->op, "Transpose") == 0 && plan_transpose(node, &walk)) ||
                      (strcmp(node->op, "Expand") == 0 && plan_expand(node, &walk)) ||
                      (strcmp(node->op, "Slice") == 0 && plan_slice(node, &walk));
    return is_planned && copy_walk(&walk, from, result, count);
}

static bool fold_split(struct onnx_graph *graph, struct onnx_node *node)
{
    const struct onnx_contents *from = node->inputs[0]->contents;
    const struct tensor *in = &node->inputs[0]->tensor;
    int64_t axis = axis_of(node, 0, in->rank);
    struct blocks whole = blocks_of(in, axis);
    struct arena_mark mark = arena_mark(graph->arena);
    uint64_t start = 0;
    for (uint32_t i = 0; i < node->output_count; i++) {
        struct onnx_value *out = node->outputs[i];
        if (!out)
            return false;
        struct blocks part = blocks_of(&out->tensor, axis);
        uint64_t count = part.outer * part.length * part.inner;
        if (count > from->count || start + part.length > whole.length)
            return false;
        union onnx_number *result = arena_array(graph->arena, count, sizeof *result);
        for (uint64_t o = 0; o < part.outer; o++)
            memcpy(&result[o * part.length * part.inner],
                   &from->values[(o * whole.length + start) * whole.inner],
                   part.length * part.inner * sizeof *result);
        if (!onnx_value_fill(graph, out, from->is_real, count, result)) {
            arena_release(graph->arena, mark);
            return false;
        }
        start += part.length;
    }
    return true;
}

bool onnx_evaluate(struct onnx_graph *graph, struct onnx_node *node)
{
    if (node->is_unknown || node->input_count == 0 || node->output_count == 0 ||
        !node->outputs[0])
        return false;
    for (uint32_t i = 0; i < node->input_count; i++)
        if (node->inputs[i] && !node->inputs[i]->contents)
            return false;
    if (!node->inputs[0])
        return false;
    if (strcmp(node->op, "Split") == 0)
        return fold_split(graph, node);
    uint64_t count = tensor_elements(&node->outputs[0]->tensor);
    if (count > RESULT_MAX || count > graph->contents_left)
        return false;
    struct arena_mark mark = arena_mark(graph->arena);
    union onnx_number *result = arena_array(graph->arena, count + 1, sizeof *result);
    bool is_real = node->inputs[0]->contents->is_real;
    if (move(node, result, count) &&
        onnx_value_fill(graph, node->outputs[0], is_real, count, result))
        return true;
    arena_release(graph->arena, mark);
    return onnx_compute(graph, node);
}
