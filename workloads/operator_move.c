/* Operators that only move or make bytes. An output that is a view of its input moves nothing.
 */
#include "workloads/lowering.h"

#include <string.h>

static bool same_elements(const struct operator* op, const struct tensor *out,
                          struct error *err)
{
    double elements = 1;
    for (int32_t i = 0; i < out->rank; i++) {
        if (out->shape[i] < 0)
            return operator_error(op, err, "shape has a negative size");
        elements *= (double)out->shape[i];
    }
    if (elements != (double)tensor_elements(op->inputs[0]))
        return operator_error(op, err, "%.0f elements become %.0f, must stay equal",
                              (double)tensor_elements(op->inputs[0]), elements);
    return true;
}

static bool reshape_to(const struct operator* op, struct integers shape, struct tensor *out,
                       struct error *err)
{
    const struct tensor *in = op->inputs[0];
    if (shape.count > TENSOR_RANK_MAX)
        return operator_error(op, err, "shape has rank %u, must be at most %d", shape.count,
                              TENSOR_RANK_MAX);
    out->rank = (int32_t)shape.count;
    int32_t open = -1;
    int64_t known = 1;
    bool is_zero_size = operator_integer(op, "allowzero", 0) != 0;
    for (int32_t i = 0; i < out->rank; i++) {
        int64_t size = shape.values[i];
        if (size == 0 && !is_zero_size && i < in->rank)
            size = in->shape[i];
        if (size == -1 && open < 0)
            open = i;
        else if (size < 0 || (size && known > INT64_MAX / size))
            return operator_error(op, err, "shape has size %lld", (long long)size);
        else
            known *= size;
        out->shape[i] = size;
    }
    if (open >= 0)
        out->shape[open] = known ? (int64_t)tensor_elements(in) / known : 0;
    return same_elements(op, out, err);
}

static bool flatten(const struct operator* op, struct tensor *out, struct error *err)
{
    const struct tensor *in = op->inputs[0];
    int64_t axis = operator_integer(op, "axis", 1);
    if (axis < 0)
        axis += in->rank;
    if (axis < 0 || axis > in->rank)
        return operator_error(op, err, "axis is out of range");
    out->rank = 2;
    out->shape[0] = product_of(in->shape, 0, (int32_t)axis);
    out->shape[1] = product_of(in->shape, (int32_t)axis, in->rank);
    return true;
}

static bool mark_axes(const struct operator* op, struct integers axes, int32_t rank,
                      bool is_marked[TENSOR_RANK_MAX], struct error *err)
{
    for (uint32_t i = 0; i < axes.count; i++) {
        int32_t axis;
        if (!resolve_axis(op, axes.values[i], rank, &axis, err))
            return false;
        if (is_marked[axis])
            return operator_error(op, err, "axis %d stands twice", axis);
        is_marked[axis] = true;
    }
    return true;
}

static bool squeeze(const struct operator* op, struct tensor *out, struct error *err)
{
    const struct tensor *in = op->inputs[0];
    struct integers axes = integers_of(op, "axes", 1);
    if (!axes.is_known && operator_input(op, 1))
        return true;
    bool is_dropped[TENSOR_RANK_MAX] = {false};
    for (int32_t i = 0; i < in->rank && !axes.is_known; i++)
        is_dropped[i] = in->shape[i] == 1;
    if (!mark_axes(op, axes, in->rank, is_dropped, err))
        return false;
    out->rank = 0;
    for (int32_t i = 0; i < in->rank; i++) {
        if (!is_dropped[i])
            out->shape[out->rank++] = in->shape[i];
        else if (in->shape[i] != 1)
            return operator_error(op, err, "axis %d has size %lld, must be 1", i,
                                  (long long)in->shape[i]);
    }
    return true;
}

static bool unsqueeze(const struct operator* op, struct tensor *out, struct error *err)
{
    const struct tensor *in = op->inputs[0];
    struct integers axes = integers_of(op, "axes", 1);
    if (!axes.is_known)
        return true;
    if (axes.count + (uint32_t)in->rank > TENSOR_RANK_MAX)
        return operator_error(op, err, "result has more than %d dimensions", TENSOR_RANK_MAX);
    bool is_new[TENSOR_RANK_MAX] = {false};
    int32_t rank = in->rank + (int32_t)axes.count, from = 0;
    if (!mark_axes(op, axes, rank, is_new, err))
        return false;
    out->rank = rank;
    for (int32_t i = 0; i < rank; i++)
        out->shape[i] = is_new[i] ? 1 : in->shape[from++];
    return true;
}

bool infer_reshape(const struct operator* op, struct tensor *outputs, struct error *err)
{
    struct tensor *out = &outputs[0];
    out->format = op->inputs[0]->format;
    if (operator_is(op, "Flatten"))
        return flatten(op, out, err);
    if (operator_is(op, "Squeeze"))
        return squeeze(op, out, err);
    if (operator_is(op, "Unsqueeze"))
        return unsqueeze(op, out, err);
    struct integers shape = integers_of(op, "shape", 1);
    if (shape.is_known)
        return reshape_to(op, shape, out, err);
    const struct tensor *declared = operator_output(op, 0);
    return !declared || same_elements(op, declared, err);
}

static int64_t permuted(const struct operator* op, int32_t i)
{
    return integer_at(op, "perm", (uint32_t)i, op->inputs[0]->rank - 1 - i);
}

bool infer_transpose(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *in = op->inputs[0];
    bool is_taken[TENSOR_RANK_MAX] = {false};
    copy_shape(&outputs[0], in);
    for (int32_t i = 0; i < in->rank; i++) {
        int64_t from = permuted(op, i);
        if (from < 0 || from >= in->rank || is_taken[from])
            return operator_error(op, err, "perm is no permutation of %d axes", in->rank);
        is_taken[from] = true;
        outputs[0].shape[i] = in->shape[from];
    }
    return true;
}

/* The run is what stays behind at the end: axes that keep their place. */
void lower_transpose(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0], *out = op->outputs[0];
    if (tensor_owner(in) == tensor_owner(out))
        return;
    uint64_t run = 1;
    for (int32_t i = in->rank - 1; i >= 0 && permuted(op, i) == i; i--)
        run *= (uint64_t)in->shape[i];
    append_move(list, "transpose", operand_of(in), operand_of(out), run);
}

bool infer_concat(const struct operator* op, struct tensor *outputs, struct error *err)
{
    struct tensor *out = &outputs[0];
    const struct tensor *first = op->inputs[0];
    int32_t axis;
    if (!resolve_axis(op, operator_integer(op, "axis", 0), first->rank, &axis, err))
        return false;
    copy_shape(out, first);
    for (uint32_t t = 1; t < op->input_count; t++) {
        const struct tensor *in = op->inputs[t];
        if (!need_input(op, t, err))
            return false;
        if (in->rank != first->rank)
            return operator_error(op, err, "input %u has rank %d, must have %d", t, in->rank,
                                  first->rank);
        for (int32_t i = 0; i < in->rank; i++)
            if (i != axis && in->shape[i] != first->shape[i])
                return operator_error(op, err,
                                      "input %u has size %lld along axis %d, must have %lld", t,
                                      (long long)in->shape[i], i, (long long)first->shape[i]);
        out->shape[axis] += in->shape[axis];
    }
    return true;
}

void lower_concat(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *out = op->outputs[0];
    int64_t axis = operator_integer(op, "axis", 0);
    int32_t at = (int32_t)(axis < 0 ? axis + out->rank : axis);
    for (uint32_t t = 0; t < op->input_count; t++) {
        const struct tensor *in = op->inputs[t];
        if (tensor_owner(in) == tensor_owner(out))
            continue; /* written in place, as a growing cache is */
        struct primitive_operand part = operand_of(out);
        part.elements = tensor_elements(in);
        append_move(list, "concat", operand_of(in), part,
                    (uint64_t)product_of(in->shape, at, in->rank));
    }
}

bool infer_split(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *in = op->inputs[0];
    struct integers parts = integers_of(op, "split", 1);
    int32_t axis;
    if (!resolve_axis(op, operator_integer(op, "axis", 0), in->rank, &axis, err))
        return false;
    if (parts.is_known && parts.count != op->output_count)
        return operator_error(op, err, "split has %u parts for %u outputs", parts.count,
                              op->output_count);
    int64_t count = (int64_t)op->output_count, left = in->shape[axis];
    int64_t even = (left + count - 1) / count;
    if (!parts.is_known && operator_input(op, 1))
        return true;
    for (uint32_t i = 0; i < op->output_count; i++) {
        copy_shape(&outputs[i], in);
        int64_t size = parts.is_known ? parts.values[i] : even < left ? even : left;
        if (size < 0 || size > left)
            return operator_error(op, err, "parts do not add up to %lld",
                                  (long long)in->shape[axis]);
        outputs[i].shape[axis] = size;
        left -= size;
    }
    return left == 0 ||
           operator_error(op, err, "parts do not add up to %lld", (long long)in->shape[axis]);
}

void lower_split(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0];
    int64_t axis = operator_integer(op, "axis", 0);
    int32_t at = (int32_t)(axis < 0 ? axis + in->rank : axis);
    for (uint32_t i = 0; i < op->output_count; i++) {
        const struct tensor *out = op->outputs[i];
        if (tensor_owner(in) == tensor_owner(out))
            continue;
        struct primitive_operand part = operand_of(in);
        part.elements = tensor_elements(out);
        append_move(list, "split", part, operand_of(out),
                    (uint64_t)product_of(out->shape, at, out->rank));
    }
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* Values of a slice of `size` from start to end by step, as ONNX clips them. */
static int64_t slice_size(int64_t size, int64_t start, int64_t end, int64_t step)
{
    start = start < 0 ? (start < -size ? -size : start) + size : start;
    end = end < 0 ? (end < -size ? -size - 1 : end) + size : end;
    if (step > 0) {
        start = clamp(start, 0, size);
        end = clamp(end, 0, size);
        return end > start ? (end - start - 1) / step + 1 : 0;
    }
    start = clamp(start, 0, size - 1);
    end = clamp(end, -1, size - 1);
    int64_t back = step == INT64_MIN ? INT64_MAX : -step;
    return start > end ? (start - end - 1) / back + 1 : 0;
}

bool infer_slice(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *in = op->inputs[0];
    struct integers starts = integers_of(op, "starts", 1), ends = integers_of(op, "ends", 2);
    struct integers axes = integers_of(op, "axes", 3), steps = integers_of(op, "steps", 4);
    outputs[0].format = in->format;
    if (!starts.is_known || !ends.is_known || (!axes.is_known && operator_input(op, 3)) ||
        (!steps.is_known && operator_input(op, 4)))
        return true;
    if (ends.count != starts.count || (axes.is_known && axes.count != starts.count) ||
        (steps.is_known && steps.count != starts.count) || starts.count > (uint32_t)in->rank)
        return operator_error(op, err, "starts, ends, axes and steps differ in length");
    copy_shape(&outputs[0], in);
    for (uint32_t i = 0; i < starts.count; i++) {
        int32_t axis;
        int64_t step = steps.is_known ? steps.values[i] : 1;
        if (!resolve_axis(op, axes.is_known ? axes.values[i] : (int64_t)i, in->rank, &axis,
                          err))
            return false;
        if (step == 0)
            return operator_error(op, err, "step is 0");
        outputs[0].shape[axis] =
            slice_size(in->shape[axis], starts.values[i], ends.values[i], step);
    }
    return true;
}

/* The part of the input that is read is as large as the output. */
void lower_slice(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0], *out = op->outputs[0];
    if (tensor_owner(in) == tensor_owner(out))
        return;
    struct primitive_operand part = operand_of(in);
    part.elements = tensor_elements(out);
    uint64_t run = 1;
    for (int32_t i = in->rank - 1; i >= 0 && in->rank == out->rank; i--) {
        run *= (uint64_t)out->shape[i];
        if (in->shape[i] != out->shape[i])
            break;
    }
    append_move(list, "slice", part, operand_of(out), run);
}

bool infer_space_depth(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *in = op->inputs[0];
    int64_t block = operator_integer(op, "blocksize", 0);
    bool is_to_space = operator_is(op, "DepthToSpace");
    if (in->rank != 4 || block < 1 || block > 65536)
        return operator_error(op, err, "needs rank 4 and a blocksize of 1 to 65536");
    bool fits = is_to_space ? in->shape[1] % (block * block) == 0
                            : in->shape[2] % block == 0 && in->shape[3] % block == 0;
    if (!fits)
        return operator_error(op, err, "blocksize %lld does not divide the shape",
                              (long long)block);
    copy_shape(&outputs[0], in);
    int64_t *shape = outputs[0].shape;
    shape[1] = is_to_space ? in->shape[1] / (block * block) : in->shape[1] * block * block;
    shape[2] = is_to_space ? in->shape[2] * block : in->shape[2] / block;
    shape[3] = is_to_space ? in->shape[3] * block : in->shape[3] / block;
    return true;
}
