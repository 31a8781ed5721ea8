/* Normalisations: statistics over some axes, then one pass that applies them. */
#include "workloads/lowering.h"

#include <string.h>

bool infer_normalize(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *in = op->inputs[0];
    for (uint32_t i = 0; i < op->output_count; i++)
        outputs[i].rank = -1; /* saved statistics: as declared */
    copy_shape(&outputs[0], in);
    if (operator_attribute(op, "axis")) {
        int32_t axis;
        return resolve_axis(op, operator_integer(op, "axis", -1), in->rank, &axis, err);
    }
    if (in->rank < 1)
        return operator_error(op, err, "input has rank 0, must be at least 1");
    return true;
}

bool infer_softmax(const struct operator* op, struct tensor *outputs, struct error *err)
{
    int32_t axis;
    if (!resolve_axis(op, operator_integer(op, "axis", -1), op->inputs[0]->rank, &axis, err))
        return false;
    return infer_same(op, outputs, err);
}

bool infer_batch_norm(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *in = op->inputs[0];
    if (in->rank < 2)
        return operator_error(op, err, "input has rank %d, must be at least 2", in->rank);
    for (uint32_t i = 1; i < op->input_count; i++)
        if (op->inputs[i] && tensor_elements(op->inputs[i]) != (uint64_t)in->shape[1])
            return operator_error(op, err, "input %u has %llu values, must be %lld channels", i,
                                  (unsigned long long)tensor_elements(op->inputs[i]),
                                  (long long)in->shape[1]);
    copy_shape(&outputs[0], in);
    return true;
}

/* How many values share one mean: from the axis on, or all spatial ones per channel or group.
 */
static uint64_t group_size(const struct operator* op)
{
    const struct tensor *in = op->inputs[0];
    const char *name = op->spec->name;
    int32_t first = in->rank - 1;
    if (strcmp(name, "InstanceNormalization") == 0 || strcmp(name, "BatchNormalization") == 0)
        first = 2 < in->rank ? 2 : in->rank;
    else if (strcmp(name, "GroupNormalization") == 0) {
        int64_t groups = operator_integer(op, "num_groups", 1);
        uint64_t batch = in->shape[0] ? (uint64_t)in->shape[0] : 1;
        uint64_t size = tensor_elements(in) / batch;
        return groups > 0 && size >= (uint64_t)groups ? size / (uint64_t)groups : size;
    } else {
        int64_t axis = operator_integer(op, "axis", -1);
        first = (int32_t)(axis < 0 ? axis + in->rank : axis);
    }
    return (uint64_t)product_of(in->shape, first, in->rank);
}

static void two_passes(const struct operator* op, struct primitive_list *list,
                       struct primitive_operand in, struct element_work fold)
{
    uint64_t elements = in.elements, size = group_size(op);
    uint64_t groups = size ? elements / size : 0;
    struct primitive *statistics = append_reduce(list, "statistics", groups, size, fold,
                                                 operand_between(2 * groups, in.format));
    add_input(statistics, in);
    struct primitive *apply =
        append_map(list, "apply", elements, op->spec->work, operand_of(op->outputs[0]));
    add_input(apply, in);
    add_input(apply, operand_between(2 * groups, in.format));
    for (uint32_t i = 1; i < op->input_count && i < 3; i++)
        add_input(apply, operand_of(op->inputs[i]));
}

/* Sum and sum of squares in one pass; Skip variants add the residual first. */
void lower_normalize(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0];
    struct primitive_operand value = operand_of(in);
    if (strstr(op->spec->name, "Skip")) {
        const struct tensor *sum = operator_output(op, 3);
        struct primitive *add =
            append_map(list, "residual", value.elements, (struct element_work){1, 0},
                       sum ? operand_of(sum) : operand_between(value.elements, in->format));
        add_input(add, value);
        add_input(add, operand_of(op->inputs[1]));
        value = add->output;
    }
    bool has_mean = !strstr(op->spec->name, "RMS") && !strstr(op->spec->name, "Simplified") &&
                    strcmp(op->spec->name, "LpNormalization") != 0;
    two_passes(op, list, value, (struct element_work){has_mean ? 3 : 2, 0});
}

/* Largest value, exponentials and their sum, division: three passes over each line. */
void lower_softmax(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0];
    int64_t axis = operator_integer(op, "axis", -1);
    uint64_t length = (uint64_t)in->shape[axis < 0 ? axis + in->rank : axis];
    uint64_t elements = tensor_elements(in), lines = length ? elements / length : 0;
    struct primitive *largest =
        append_reduce(list, "largest", lines, length, (struct element_work){1, 0},
                      operand_between(lines, in->format));
    add_input(largest, operand_of(in));
    struct primitive *power =
        append_map(list, "exponential", elements, (struct element_work){1, 1},
                   operand_between(elements, in->format));
    add_input(power, operand_of(in));
    add_input(power, operand_between(lines, in->format));
    struct primitive *sum =
        append_reduce(list, "sum", lines, length, (struct element_work){1, 0},
                      operand_between(lines, in->format));
    add_input(sum, operand_between(elements, in->format));
    struct primitive *divide =
        append_map(list, "divide", elements, op->spec->work, operand_of(op->outputs[0]));
    add_input(divide, operand_between(elements, in->format));
    add_input(divide, operand_between(lines, in->format));
}

/* Inference: one multiply and one add with folded constants. Training takes statistics first.
 */
void lower_batch_norm(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0];
    if (operator_integer(op, "training_mode", 0)) {
        two_passes(op, list, operand_of(in), (struct element_work){3, 0});
        return;
    }
    struct primitive *map =
        append_map(list, "", tensor_elements(in), op->spec->work, operand_of(op->outputs[0]));
    add_input(map, operand_of(in));
    add_input(map, operand_between(2 * (uint64_t)in->shape[1], in->format));
}

/* Each value divided by a power of the energy of `size` neighbouring channels. */
void lower_local_response(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0];
    uint64_t elements = tensor_elements(in);
    int64_t size = operator_integer(op, "size", 5);
    uint64_t window = size < 1              ? 1
                      : size > in->shape[1] ? (uint64_t)in->shape[1]
                                            : (uint64_t)size;
    struct primitive *energy =
        append_reduce(list, "energy", elements, window, (struct element_work){2, 0},
                      operand_between(elements, in->format));
    add_input(energy, operand_of(in));
    struct primitive *divide =
        append_map(list, "divide", elements, op->spec->work, operand_of(op->outputs[0]));
    add_input(divide, operand_of(in));
    add_input(divide, operand_between(elements, in->format));
}
