/* Operators whose output is larger than what they read, or made from nothing: padding, tiling,
 * stretching, resampling, constants, ranges, random numbers. */
#include "workloads/lowering.h"

#include <string.h>

static bool grow_axis(const struct operator* op, struct tensor *out, int32_t axis, int64_t more,
                      struct error *err)
{
    if (more < -out->shape[axis] || more > (int64_t)1 << 40)
        return operator_error(op, err, "pads do not fit axis %d", axis);
    out->shape[axis] += more;
    return true;
}

bool infer_pad(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *in = op->inputs[0];
    struct integers pads = integers_of(op, "pads", 1), axes = integers_of(op, "axes", 3);
    outputs[0].format = in->format;
    if (!pads.is_known)
        return true;
    uint32_t count = axes.is_known ? axes.count : (uint32_t)in->rank;
    if (pads.count != 2 * count)
        return operator_error(op, err, "has %u pads, must have %u", pads.count, 2 * count);
    copy_shape(&outputs[0], in);
    for (uint32_t i = 0; i < count; i++) {
        int32_t axis;
        if (!resolve_axis(op, axes.is_known ? axes.values[i] : (int64_t)i, in->rank, &axis,
                          err) ||
            !grow_axis(op, &outputs[0], axis, pads.values[i], err) ||
            !grow_axis(op, &outputs[0], axis, pads.values[i + count], err))
            return false;
    }
    return true;
}

bool infer_expand(const struct operator* op, struct tensor *outputs, struct error *err)
{
    struct integers shape = integers_of(op, "shape", 1);
    outputs[0].format = op->inputs[0]->format;
    if (!shape.is_known)
        return true;
    if (shape.count > TENSOR_RANK_MAX)
        return operator_error(op, err, "shape has rank %u, must be at most %d", shape.count,
                              TENSOR_RANK_MAX);
    struct tensor wanted = {.rank = (int32_t)shape.count};
    for (uint32_t i = 0; i < shape.count; i++) {
        if (shape.values[i] < 0)
            return operator_error(op, err, "shape has a negative size");
        wanted.shape[i] = shape.values[i];
    }
    copy_shape(&outputs[0], op->inputs[0]);
    return broadcast(op, &outputs[0], &wanted, err);
}

bool infer_tile(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *in = op->inputs[0];
    struct integers repeats = integers_of(op, "repeats", 1);
    outputs[0].format = in->format;
    if (!repeats.is_known)
        return true;
    if (repeats.count != (uint32_t)in->rank)
        return operator_error(op, err, "has %u repeats, must have %d", repeats.count, in->rank);
    copy_shape(&outputs[0], in);
    for (uint32_t i = 0; i < repeats.count; i++) {
        if (repeats.values[i] < 0 ||
            (in->shape[i] && repeats.values[i] > ((int64_t)1 << 60) / in->shape[i]))
            return operator_error(op, err, "repeat is out of range");
        outputs[0].shape[i] *= repeats.values[i];
    }
    return true;
}

/* Resize and Upsample: sizes, or scales given as text ("2.0,2.0") by importers. */
bool infer_resize(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *in = op->inputs[0];
    struct integers sizes = integers_of(op, "sizes", 3);
    outputs[0].format = in->format;
    if (!sizes.is_known)
        return true;
    if (sizes.count != (uint32_t)in->rank)
        return operator_error(op, err, "has %u sizes, must have %d", sizes.count, in->rank);
    for (uint32_t i = 0; i < sizes.count; i++)
        if (sizes.values[i] < 0)
            return operator_error(op, err, "size is negative");
    set_shape(&outputs[0], in->rank, sizes.values);
    return true;
}

/* GridSample: X (n c spatial), grid (n spatial' axes). AffineGrid: as declared. */
bool infer_grid(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *in = op->inputs[0];
    if (!operator_is(op, "GridSample"))
        return true;
    const struct tensor *grid = op->inputs[1];
    if (in->rank < 3 || grid->rank != in->rank)
        return operator_error(op, err, "image and grid must have one rank of at least 3");
    copy_shape(&outputs[0], in);
    for (int32_t i = 2; i < in->rank; i++)
        outputs[0].shape[i] = grid->shape[i - 1];
    return true;
}

bool infer_fill(const struct operator* op, struct tensor *outputs, struct error *err)
{
    struct integers shape = integers_of(op, "shape", 0);
    bool has_value =
        operator_is(op, "ConstantOfShape") || strncmp(op->spec->name, "Random", 6) == 0;
    if (strstr(op->spec->name, "Like") || operator_is(op, "Bernoulli"))
        copy_shape(&outputs[0], op->inputs[0]);
    else if (has_value && shape.is_known) {
        if (shape.count > TENSOR_RANK_MAX)
            return operator_error(op, err, "shape has rank %u, must be at most %d", shape.count,
                                  TENSOR_RANK_MAX);
        for (uint32_t i = 0; i < shape.count; i++)
            if (shape.values[i] < 0)
                return operator_error(op, err, "shape has a negative size");
        set_shape(&outputs[0], (int32_t)shape.count, shape.values);
    }
    return true;
}

bool infer_shape(const struct operator* op, struct tensor *outputs, struct error *err)
{
    (void)err;
    outputs[0].format = number_format_integer(true, 64);
    outputs[0].rank = operator_is(op, "Size") ? 0 : 1;
    outputs[0].shape[0] = op->inputs[0]->rank;
    return true;
}

/* Pad, Expand, Tile: the input is read once, the whole output written. */
void lower_expand(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0], *out = op->outputs[0];
    if (tensor_owner(in) == tensor_owner(out))
        return;
    uint64_t run = in->rank ? (uint64_t)in->shape[in->rank - 1] : 1;
    append_move(list, "expand", operand_of(in), operand_of(out), run);
}

/* Nearest copies; linear blends 2 neighbours per axis, cubic 4. */
void lower_resize(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0], *out = op->outputs[0];
    const char *mode = operator_text(op, "mode", "nearest");
    if (operator_is(op, "GridSample") && !operator_attribute(op, "mode"))
        mode = "linear";
    uint64_t per_axis = strstr(mode, "linear") ? 2 : strstr(mode, "cubic") ? 4 : 1;
    uint64_t window = 1;
    for (int32_t i = 2; i < in->rank && i < 5; i++)
        window *= per_axis;
    if (window == 1)
        append_move(list, "nearest", operand_of(in), operand_of(out), 1);
    else
        add_input(append_reduce(list, "blend", tensor_elements(out), window,
                                (struct element_work){2, 0}, operand_of(out)),
                  operand_of(in));
}

/* Written once; random numbers and ranges cost work per element. */
void lower_fill(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *out = op->outputs[0];
    struct element_work work = op->spec->work;
    if (work.simple || work.transcendental)
        append_map(list, "make", tensor_elements(out), work, operand_of(out));
    else
        append_move(list, "fill", (struct primitive_operand){0}, operand_of(out),
                    tensor_elements(out));
}
