/* Folds over axes: sums and extremes, positions of extremes, largest values, running sums. */
#include "workloads/lowering.h"

/* Marks the folded axes in `is_folded`; no axes given means all of them. */
static bool folded_axes(const struct operator* op, bool is_folded[TENSOR_RANK_MAX],
                        bool *is_known, struct error *err)
{
    const struct tensor *in = op->inputs[0];
    struct integers axes = integers_of(op, "axes", 1);
    bool has_axes = axes.is_known && axes.count > 0;
    *is_known = axes.is_known || !operator_input(op, 1);
    bool is_none = !has_axes && operator_integer(op, "noop_with_empty_axes", 0);
    for (int32_t i = 0; i < in->rank; i++)
        is_folded[i] = !has_axes && !is_none;
    for (uint32_t i = 0; has_axes && i < axes.count; i++) {
        int32_t axis;
        if (!resolve_axis(op, axes.values[i], in->rank, &axis, err))
            return false;
        is_folded[axis] = true;
    }
    return true;
}

static void drop_axes(struct tensor *out, const struct tensor *in, const bool *is_folded,
                      bool is_kept)
{
    int32_t rank = 0;
    int64_t shape[TENSOR_RANK_MAX];
    for (int32_t i = 0; i < in->rank; i++)
        if (!is_folded[i] || is_kept)
            shape[rank++] = is_folded[i] ? 1 : in->shape[i];
    set_shape(out, rank, shape);
}

bool infer_reduce(const struct operator* op, struct tensor *outputs, struct error *err)
{
    bool is_folded[TENSOR_RANK_MAX] = {false}, is_known;
    if (!folded_axes(op, is_folded, &is_known, err))
        return false;
    outputs[0].format = op->inputs[0]->format;
    if (is_known)
        drop_axes(&outputs[0], op->inputs[0], is_folded,
                  operator_integer(op, "keepdims", 1) != 0);
    return true;
}

bool infer_argument(const struct operator* op, struct tensor *outputs, struct error *err)
{
    bool is_folded[TENSOR_RANK_MAX] = {false};
    int32_t axis;
    if (!resolve_axis(op, operator_integer(op, "axis", 0), op->inputs[0]->rank, &axis, err))
        return false;
    is_folded[axis] = true;
    drop_axes(&outputs[0], op->inputs[0], is_folded, operator_integer(op, "keepdims", 1) != 0);
    outputs[0].format = number_format_integer(true, 64);
    return true;
}

bool infer_top_k(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *in = op->inputs[0];
    struct integers k = integers_of(op, "k", 1);
    int32_t axis;
    if (!resolve_axis(op, operator_integer(op, "axis", -1), in->rank, &axis, err))
        return false;
    for (uint32_t i = 0; i < op->output_count && k.is_known && k.count == 1; i++) {
        copy_shape(&outputs[i], in);
        if (k.values[0] < 0 || k.values[0] > in->shape[axis])
            return operator_error(op, err, "k is %lld, must be 0 to %lld",
                                  (long long)k.values[0], (long long)in->shape[axis]);
        outputs[i].shape[axis] = k.values[0];
        if (i == 1)
            outputs[i].format = number_format_integer(true, 64);
    }
    return true;
}

bool infer_scan(const struct operator* op, struct tensor *outputs, struct error *err)
{
    int32_t axis;
    if (op->inputs[0]->rank &&
        !resolve_axis(op, operator_integer(op, "axis", 0), op->inputs[0]->rank, &axis, err))
        return false;
    return infer_same(op, outputs, err);
}

static void fold(const struct operator* op, struct primitive_list *list, uint64_t outputs)
{
    const struct tensor *in = op->inputs[0];
    uint64_t elements = tensor_elements(in);
    struct primitive *reduce =
        append_reduce(list, "", outputs, outputs ? elements / outputs : 0, op->spec->work,
                      operand_of(op->outputs[0]));
    add_input(reduce, operand_of(in));
}

void lower_reduce(const struct operator* op, struct primitive_list *list)
{
    fold(op, list, tensor_elements(op->outputs[0]));
}

void lower_argument(const struct operator* op, struct primitive_list *list)
{
    lower_reduce(op, list);
}

static uint16_t log2_up(uint64_t value)
{
    uint16_t bits = 0;
    while (bits < 63 && (uint64_t)1 << bits < value)
        bits++;
    return bits;
}

/* A heap of k per line: every value is compared along the heap's depth. */
void lower_top_k(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0], *out = op->outputs[0];
    int64_t axis = operator_integer(op, "axis", -1);
    int32_t at = (int32_t)(axis < 0 ? axis + in->rank : axis);
    uint64_t length = (uint64_t)in->shape[at], elements = tensor_elements(in);
    uint64_t lines = length ? elements / length : 0;
    uint16_t depth = log2_up((uint64_t)out->shape[at]);
    struct element_work work = {(uint16_t)(1 + depth), 0};
    struct primitive *reduce =
        append_reduce(list, "largest", lines, length, work, operand_of(out));
    add_input(reduce, operand_of(in));
    if (operator_output(op, 1))
        append_move(list, "positions", operand_between(tensor_elements(out), out->format),
                    operand_of(op->outputs[1]), (uint64_t)out->shape[at]);
}

/* Running sums: as many outputs as inputs, each one step after its neighbour. */
void lower_scan(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0];
    int64_t axis = operator_integer(op, "axis", 0);
    int32_t at = (int32_t)(axis < 0 ? axis + in->rank : axis);
    uint64_t length = in->rank ? (uint64_t)in->shape[at] : 1;
    uint64_t lines = length ? tensor_elements(in) / length : 0;
    struct primitive *scan =
        append_reduce(list, "scan", lines, length, op->spec->work, operand_of(op->outputs[0]));
    add_input(scan, operand_of(in));
}
