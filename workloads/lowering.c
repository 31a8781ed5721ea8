#include "workloads/lowering.h"

#include <string.h>

bool resolve_axis(const struct operator* op, int64_t axis, int32_t rank, int32_t *result,
                  struct error *err)
{
    int64_t resolved = axis < 0 ? axis + rank : axis;
    if (resolved < 0 || resolved >= rank)
        return operator_error(op, err, "axis is %lld, must be %d to %d", (long long)axis, -rank,
                              rank - 1);
    *result = (int32_t)resolved;
    return true;
}

void set_shape(struct tensor *tensor, int32_t rank, const int64_t *shape)
{
    tensor->rank = rank;
    memmove(tensor->shape, shape, (size_t)rank * sizeof *shape);
}

void copy_shape(struct tensor *to, const struct tensor *from)
{
    set_shape(to, from->rank, from->shape);
    to->format = from->format;
}

int64_t product_of(const int64_t *values, int32_t first, int32_t last)
{
    int64_t product = 1;
    for (int32_t i = first; i < last; i++)
        product *= values[i];
    return product;
}

bool broadcast(const struct operator* op, struct tensor *into, const struct tensor *with,
               struct error *err)
{
    int32_t rank = into->rank > with->rank ? into->rank : with->rank;
    int64_t shape[TENSOR_RANK_MAX];
    for (int32_t i = 0; i < rank; i++) {
        int32_t a = into->rank - rank + i, b = with->rank - rank + i;
        int64_t x = a < 0 ? 1 : into->shape[a], y = b < 0 ? 1 : with->shape[b];
        if (x != y && x != 1 && y != 1)
            return operator_error(
                op, err, "dimension %d from the end is %lld and %lld, must be equal or 1",
                rank - i, (long long)x, (long long)y);
        shape[i] = x == 1 ? y : x;
    }
    set_shape(into, rank, shape);
    return true;
}

/* Totals over a million operators must still fit 64 bits by far; the largest layers trained
 * today have 2^51. */
static const double MACS_MAX = 72057594037927936.0; /* 2^56 */

bool contraction_fits(const struct operator* op, const struct contraction *c, struct error *err)
{
    double macs = 1;
    for (int d = 0; d < DIM_COUNT; d++) {
        if (c->size[d] < 1)
            return operator_error(op, err, "dimension %s of its product is empty",
                                  DIM_NAMES[d]);
        macs *= (double)c->size[d];
    }
    if (macs > MACS_MAX)
        return operator_error(op, err, "has %.3g multiply-accumulates, must be at most 2^56",
                              macs);
    return true;
}

struct primitive_operand operand_of(const struct tensor *tensor)
{
    if (!tensor)
        return (struct primitive_operand){0};
    return (struct primitive_operand){tensor, tensor_elements(tensor), tensor->format};
}

struct primitive_operand operand_between(uint64_t elements, struct number_format format)
{
    return (struct primitive_operand){NULL, elements, format};
}

void add_input(struct primitive *primitive, struct primitive_operand operand)
{
    if (operand.elements && primitive->input_count < PRIMITIVE_INPUTS_MAX)
        primitive->inputs[primitive->input_count++] = operand;
}

struct primitive *append_contraction(struct primitive_list *list, const char *label,
                                     struct contraction c, struct primitive_operand in,
                                     struct primitive_operand weight,
                                     struct primitive_operand out)
{
    struct primitive *primitive = primitive_append(list, PRIMITIVE_CONTRACTION);
    primitive->label = label;
    primitive->contraction = c;
    primitive->macs = contraction_macs(&c);
    primitive->ops = 2 * primitive->macs;
    /* Both places are always filled, so that a reader finds the weight at 1. */
    primitive->input_count = 2;
    primitive->inputs[0] = in;
    primitive->inputs[1] = weight;
    primitive->is_weight_constant =
        weight.tensor && tensor_owner(weight.tensor)->role == ROLE_CONST;
    primitive->output = out;
    return primitive;
}

static uint64_t work_ops(uint64_t elements, struct element_work work)
{
    return elements * (uint64_t)(work.simple + work.transcendental);
}

struct primitive *append_map(struct primitive_list *list, const char *label, uint64_t elements,
                             struct element_work work, struct primitive_operand out)
{
    struct primitive *primitive = primitive_append(list, PRIMITIVE_MAP);
    primitive->label = label;
    primitive->map.elements = elements;
    primitive->map.work = work;
    primitive->ops = work_ops(elements, work);
    primitive->output = out;
    return primitive;
}

struct primitive *append_reduce(struct primitive_list *list, const char *label,
                                uint64_t outputs, uint64_t length, struct element_work work,
                                struct primitive_operand out)
{
    struct primitive *primitive = primitive_append(list, PRIMITIVE_REDUCE);
    primitive->label = label;
    primitive->reduce.outputs = outputs;
    primitive->reduce.length = length;
    primitive->reduce.work = work;
    primitive->ops = work_ops(outputs * length, work);
    primitive->output = out;
    return primitive;
}

struct primitive *append_move(struct primitive_list *list, const char *label,
                              struct primitive_operand in, struct primitive_operand out,
                              uint64_t run)
{
    struct primitive *primitive = primitive_append(list, PRIMITIVE_MOVE);
    primitive->label = label;
    primitive->move.elements = out.elements;
    primitive->move.run = run ? run : 1;
    add_input(primitive, in);
    primitive->output = out;
    return primitive;
}
