/* Convolutions in one to three spatial axes: plain, grouped, dilated, quantised, transposed,
 * and the two gradients that training needs. */
#include "workloads/lowering.h"

#include <string.h>

#include "sim/kernel/ratio.h"

/* Where the operands stand: the quantised forms carry scales and zero points between them. */
struct convolution {
    const struct tensor *in, *weight, *bias;
    int32_t axes;
    int64_t group;
    int64_t kernel[3], stride[3], dilation[3], before[3], after[3];
};

static const int64_t STEP_MAX = 1 << 24; /* strides, dilations, paddings */

static bool read_window(const struct operator* op, struct convolution *v, struct error *err)
{
    const char *automatic = operator_text(op, "auto_pad", "NOTSET");
    bool is_same = strncmp(automatic, "SAME", 4) == 0;
    for (int32_t i = 0; i < v->axes; i++) {
        uint32_t at = (uint32_t)i, behind = (uint32_t)(i + v->axes);
        v->kernel[i] = v->weight->shape[2 + i];
        v->stride[i] = integer_at(op, "strides", at, 1);
        v->dilation[i] = integer_at(op, "dilations", at, 1);
        v->before[i] = integer_at(op, "pads", at, 0);
        v->after[i] = integer_at(op, "pads", behind, 0);
        if (v->stride[i] < 1 || v->stride[i] > STEP_MAX)
            return operator_error(op, err, "stride is %lld, must be 1 to %lld",
                                  (long long)v->stride[i], (long long)STEP_MAX);
        if (v->dilation[i] < 1 || v->dilation[i] > STEP_MAX)
            return operator_error(op, err, "dilation is %lld, must be 1 to %lld",
                                  (long long)v->dilation[i], (long long)STEP_MAX);
        if (v->before[i] < 0 || v->before[i] > STEP_MAX || v->after[i] < 0 ||
            v->after[i] > STEP_MAX)
            return operator_error(op, err, "padding is %lld and %lld, must be 0 to %lld",
                                  (long long)v->before[i], (long long)v->after[i],
                                  (long long)STEP_MAX);
        if (v->kernel[i] < 1 || v->kernel[i] > STEP_MAX)
            return operator_error(op, err, "kernel is %lld, must be 1 to %lld",
                                  (long long)v->kernel[i], (long long)STEP_MAX);
        if (is_same && !operator_is(op, "ConvTranspose")) {
            int64_t in = v->in->shape[2 + i];
            int64_t out = (in + v->stride[i] - 1) / v->stride[i];
            int64_t need =
                (out - 1) * v->stride[i] + v->dilation[i] * (v->kernel[i] - 1) + 1 - in;
            need = need < 0 ? 0 : need;
            bool is_lower = strcmp(automatic, "SAME_LOWER") == 0;
            v->before[i] = is_lower ? need - need / 2 : need / 2;
            v->after[i] = need - v->before[i];
        }
    }
    return true;
}

static bool read_convolution(const struct operator* op, struct convolution *v,
                             struct error *err)
{
    bool is_linear = operator_is(op, "QLinearConv");
    *v = (struct convolution){.in = op->inputs[0]};
    v->weight = op->inputs[is_linear ? 3 : 1];
    v->bias = operator_input(op, is_linear ? 8 : 2);
    if (operator_is(op, "ConvInteger"))
        v->bias = NULL;
    if (operator_is(op, "DeformConv"))
        v->bias = operator_input(op, 3);
    v->axes = v->in->rank - 2;
    v->group = operator_integer(op, "group", 1);
    if (v->axes < 1 || v->axes > 3 || v->weight->rank != v->in->rank)
        return operator_error(op, err,
                              "input of rank %d and weight of rank %d, must both be 3 to 5",
                              v->in->rank, v->weight->rank);
    if (v->group < 1 || v->in->shape[1] % v->group || v->weight->shape[0] % v->group)
        return operator_error(op, err, "group is %lld, must divide %lld and %lld channels",
                              (long long)v->group, (long long)v->in->shape[1],
                              (long long)v->weight->shape[0]);
    return read_window(op, v, err);
}

static int64_t output_size(const struct convolution *v, int32_t i)
{
    int64_t room = v->in->shape[2 + i] + v->before[i] + v->after[i] -
                   (v->dilation[i] * (v->kernel[i] - 1) + 1);
    return room < 0 ? 0 : room / v->stride[i] + 1;
}

/* The contraction of a convolution whose output has the given spatial sizes. */
static struct contraction contraction_of(const struct convolution *v, const int64_t *out)
{
    struct contraction c = contraction_product(v->group, 1, v->in->shape[1] / v->group,
                                               v->weight->shape[0] / v->group);
    c.size[DIM_N] = v->in->shape[0];
    for (int32_t i = 0; i < v->axes; i++) {
        int32_t axis = 3 - v->axes + i; /* the last axis is the width */
        c.size[DIM_Z + axis] = out[i];
        c.size[DIM_T + axis] = v->kernel[i];
        c.stride[axis] = (int32_t)v->stride[i];
        c.dilation[axis] = (int32_t)v->dilation[i];
        c.pad[axis] = (int32_t)v->before[i];
        c.extent[axis] = v->in->shape[2 + i];
    }
    c.order[OPERAND_INPUT] = c.order[OPERAND_WEIGHT] = c.order[OPERAND_OUTPUT] =
        ORDER_CHANNEL_FIRST;
    return c;
}

bool infer_convolution(const struct operator* op, struct tensor *outputs, struct error *err)
{
    struct convolution v;
    int64_t out[3];
    if (!read_convolution(op, &v, err))
        return false;
    if (v.weight->shape[1] != v.in->shape[1] / v.group)
        return operator_error(op, err, "weight has %lld channels, must have %lld",
                              (long long)v.weight->shape[1],
                              (long long)(v.in->shape[1] / v.group));
    for (int32_t i = 0; i < v.axes; i++) {
        out[i] = output_size(&v, i);
        if (out[i] < 1)
            return operator_error(op, err, "kernel of %lld does not fit into %lld",
                                  (long long)v.kernel[i], (long long)v.in->shape[2 + i]);
    }
    outputs[0].rank = v.in->rank;
    outputs[0].shape[0] = v.in->shape[0];
    outputs[0].shape[1] = v.weight->shape[0];
    memcpy(&outputs[0].shape[2], out, (size_t)v.axes * sizeof *out);
    outputs[0].format = v.in->format;
    if (operator_is(op, "ConvInteger"))
        outputs[0].format = number_format_integer(true, 32);
    struct contraction c = contraction_of(&v, out);
    return contraction_fits(op, &c, err);
}

void lower_convolution(const struct operator* op, struct primitive_list *list)
{
    struct convolution v;
    read_convolution(op, &v, NULL);
    const struct tensor *out = op->outputs[0];
    struct contraction c = contraction_of(&v, &out->shape[2]);
    struct primitive *p = append_contraction(list, "", c, operand_of(v.in),
                                             operand_of(v.weight), operand_of(out));
    p->inputs[0].elements = contraction_elements(&c, OPERAND_INPUT);
    add_input(p, operand_of(v.bias));
    if (v.bias)
        p->ops += tensor_elements(out);
}

/* DeformConv (X, W, offsets, bias, mask): every tap is blended from four pixels at its own
 * place, then the convolution runs on taps that lie side by side. */
void lower_deformed_convolution(const struct operator* op, struct primitive_list *list)
{
    struct convolution v;
    read_convolution(op, &v, NULL);
    const struct tensor *out = op->outputs[0];
    struct contraction c = contraction_of(&v, &out->shape[2]);
    int64_t m, k, n;
    contraction_as_product(&c, &m, &k, &n);
    uint64_t taps = (uint64_t)(c.size[DIM_G] * m * k);
    struct primitive_operand sampled = operand_between(taps, v.in->format);
    struct primitive *gather = primitive_append(list, PRIMITIVE_GATHER);
    gather->label = "samples";
    gather->gather.count = 4 * taps;
    gather->gather.record = 1;
    gather->gather.universe = tensor_elements(v.in);
    add_input(gather, operand_of(v.in));
    add_input(gather, operand_of(op->inputs[2]));
    gather->output = operand_between(4 * taps, v.in->format);
    struct primitive *blend =
        append_reduce(list, "blend", taps, 4, (struct element_work){2, 0}, sampled);
    add_input(blend, gather->output);
    append_contraction(list, "", contraction_product(c.size[DIM_G], m, k, n), sampled,
                       operand_of(v.weight), operand_of(out));
}

/* ConvTranspose: the weight is Cin x Cout/group x kernel. */
static bool read_transposed(const struct operator* op, struct convolution *v, struct error *err)
{
    if (!read_convolution(op, v, err))
        return false;
    if (v->weight->shape[0] != v->in->shape[1])
        return operator_error(op, err, "weight has %lld input channels, must have %lld",
                              (long long)v->weight->shape[0], (long long)v->in->shape[1]);
    return true;
}

/* ONNX: out = stride*(in-1) + output_padding + dilation*(kernel-1) + 1 - pads; `output_shape`
 * or SAME fix the output and derive the pads. */
static int64_t transposed_size(const struct operator* op, const struct convolution *v,
                               int32_t i)
{
    const struct attribute *fixed = operator_attribute(op, "output_shape");
    if (fixed && fixed->kind == ATTRIBUTE_INTEGERS && fixed->count >= (uint32_t)v->axes)
        return fixed->integers[fixed->count - (uint32_t)v->axes + (uint32_t)i];
    if (strncmp(operator_text(op, "auto_pad", ""), "SAME", 4) == 0)
        return v->in->shape[2 + i] * v->stride[i];
    return v->stride[i] * (v->in->shape[2 + i] - 1) +
           integer_at(op, "output_padding", (uint32_t)i, 0) +
           v->dilation[i] * (v->kernel[i] - 1) + 1 - v->before[i] - v->after[i];
}

bool infer_transposed_convolution(const struct operator* op, struct tensor *outputs,
                                  struct error *err)
{
    struct convolution v;
    if (!read_transposed(op, &v, err))
        return false;
    outputs[0].rank = v.in->rank;
    outputs[0].shape[0] = v.in->shape[0];
    outputs[0].shape[1] = v.weight->shape[1] * v.group;
    for (int32_t i = 0; i < v.axes; i++) {
        if (v.in->shape[2 + i] > INT32_MAX)
            return operator_error(op, err, "spatial size must be below 2^31");
        outputs[0].shape[2 + i] = transposed_size(op, &v, i);
        if (outputs[0].shape[2 + i] < 1)
            return operator_error(op, err, "padding leaves nothing of the output along axis %d",
                                  i);
    }
    outputs[0].format = v.in->format;
    struct contraction c = contraction_of(&v, &v.in->shape[2]);
    c.size[DIM_K] = v.weight->shape[1];
    return contraction_fits(op, &c, err);
}

struct phases {
    int64_t taps, count; /* so many phases of the stride see so many taps */
};

/* At most two kinds: with stride and dilation coprime, taps differ by one; phases that no tap
 * reaches have no work. */
static int phases_along(int64_t kernel, int64_t stride, int64_t dilation,
                        struct phases kinds[2])
{
    int64_t reachable =
        stride / (int64_t)greatest_common_divisor((uint64_t)stride, (uint64_t)dilation);
    int64_t low = kernel / reachable, more = kernel % reachable;
    int count = 0;
    if (more)
        kinds[count++] = (struct phases){low + 1, more};
    if (low)
        kinds[count++] = (struct phases){low, reachable - more};
    return count;
}

/* Sub-pixel form, exact in work: the output pixels of one phase are a convolution of stride 1
 * over the input with the taps of that phase; phases with equally many taps run together as
 * further output channels. Zeros between input pixels are never multiplied. */
static void append_phases(struct primitive_list *list, const struct convolution *v,
                          struct primitive_operand in, struct primitive_operand weight,
                          struct primitive_operand out, int64_t in_group, int64_t out_group)
{
    struct phases kinds[3][2];
    int counts[3] = {1, 1, 1};
    for (int32_t i = 0; i < v->axes; i++)
        counts[i] = phases_along(v->kernel[i], v->stride[i], v->dilation[i], kinds[i]);
    uint64_t left = out.elements;
    size_t first = list->count;
    for (int combination = 0; combination < counts[0] * counts[1] * counts[2]; combination++) {
        int which[3] = {combination % counts[0], combination / counts[0] % counts[1],
                        combination / counts[0] / counts[1]};
        struct contraction c = contraction_product(v->group, 1, in_group, out_group);
        c.size[DIM_N] = v->in->shape[0];
        c.order[OPERAND_INPUT] = ORDER_CHANNEL_FIRST;
        c.order[OPERAND_WEIGHT] = c.order[OPERAND_OUTPUT] = ORDER_OTHER; /* every other pixel */
        uint64_t weights = (uint64_t)(v->group * in_group * out_group);
        for (int32_t i = 0; i < v->axes; i++) {
            const struct phases *kind = &kinds[i][which[i]];
            int32_t axis = 3 - v->axes + i;
            int64_t spread =
                v->dilation[i] / (int64_t)greatest_common_divisor((uint64_t)v->stride[i],
                                                                  (uint64_t)v->dilation[i]);
            c.size[DIM_Z + axis] = c.extent[axis] = v->in->shape[2 + i];
            c.size[DIM_T + axis] = kind->taps;
            c.size[DIM_K] *= kind->count;
            c.dilation[axis] = (int32_t)spread;
            c.pad[axis] = (int32_t)(spread * (kind->taps - 1));
            weights *= (uint64_t)(kind->taps * kind->count);
        }
        struct primitive *p = append_contraction(list, "phases", c, in, weight, out);
        p->inputs[1].elements = weights;
        uint64_t share = contraction_elements(&c, OPERAND_OUTPUT);
        p->output.elements = share < left ? share : left;
        left -= p->output.elements;
    }
    if (list->count > first)
        list->items[list->count - 1].output.elements += left;
}

void lower_transposed_convolution(const struct operator* op, struct primitive_list *list)
{
    struct convolution v;
    read_transposed(op, &v, NULL);
    size_t first = list->count;
    append_phases(list, &v, operand_of(v.in), operand_of(v.weight), operand_of(op->outputs[0]),
                  v.in->shape[1] / v.group, v.weight->shape[1]);
    if (v.bias && list->count > first) {
        struct primitive *last = &list->items[list->count - 1];
        add_input(last, operand_of(v.bias));
        last->ops += tensor_elements(op->outputs[0]);
    }
}

/* conv-input-grad (dY, W, X): dX, shaped like X. It is the transposed convolution of dY with W;
 * conv-weight-grad (dY, X, W): dW, shaped like W. Attributes are those of the convolution. */
static bool read_gradient(const struct operator* op, struct convolution *v, struct error *err)
{
    bool is_input = operator_is(op, "conv-input-grad");
    *v = (struct convolution){.in = op->inputs[is_input ? 2 : 1],
                              .weight = op->inputs[is_input ? 1 : 2]};
    v->axes = v->in->rank - 2;
    v->group = operator_integer(op, "group", 1);
    const struct tensor *gradient = op->inputs[0];
    if (v->axes < 1 || v->axes > 3 || v->weight->rank != v->in->rank ||
        gradient->rank != v->in->rank)
        return operator_error(op, err, "operands must have one rank of 3 to 5");
    if (v->group < 1 || v->in->shape[1] % v->group || v->weight->shape[0] % v->group ||
        v->weight->shape[1] != v->in->shape[1] / v->group ||
        gradient->shape[1] != v->weight->shape[0] || gradient->shape[0] != v->in->shape[0])
        return operator_error(op, err, "channels of its operands do not fit together");
    if (!read_window(op, v, err))
        return false;
    for (int32_t i = 0; i < v->axes; i++)
        if (gradient->shape[2 + i] != output_size(v, i))
            return operator_error(op, err, "gradient has size %lld, must have %lld",
                                  (long long)gradient->shape[2 + i],
                                  (long long)output_size(v, i));
    return true;
}

static bool infer_from(const struct operator* op, uint32_t like, struct tensor *outputs,
                       struct error *err)
{
    struct convolution v;
    if (!read_gradient(op, &v, err))
        return false;
    copy_shape(&outputs[0], op->inputs[like]);
    struct contraction c = contraction_of(&v, &op->inputs[0]->shape[2]);
    return contraction_fits(op, &c, err);
}

bool infer_input_gradient(const struct operator* op, struct tensor *outputs, struct error *err)
{
    return infer_from(op, 2, outputs, err);
}

bool infer_weight_gradient(const struct operator* op, struct tensor *outputs, struct error *err)
{
    return infer_from(op, 2, outputs, err);
}

void lower_input_gradient(const struct operator* op, struct primitive_list *list)
{
    struct convolution v;
    read_gradient(op, &v, NULL);
    int64_t in_group = v.in->shape[1] / v.group, out_group = v.weight->shape[0] / v.group;
    struct convolution back = v;
    back.in = op->inputs[0];
    append_phases(list, &back, operand_of(op->inputs[0]), operand_of(v.weight),
                  operand_of(op->outputs[0]), out_group, in_group);
}

/* dW[k c r s] = sum over n p q of dY[n k p q] * X[n c p*stride+r*dilation ..]: filter and
 * output exchange places, stride and dilation with them; the batch is summed over. */
void lower_weight_gradient(const struct operator* op, struct primitive_list *list)
{
    struct convolution v;
    read_gradient(op, &v, NULL);
    const struct tensor *gradient = op->inputs[0];
    struct contraction c =
        contraction_product(v.group, 1, v.in->shape[0], v.weight->shape[0] / v.group);
    c.size[DIM_N] = v.in->shape[1] / v.group; /* X as c n h w, dY as k n p q */
    for (int32_t i = 0; i < v.axes; i++) {
        int32_t axis = 3 - v.axes + i;
        c.size[DIM_Z + axis] = v.kernel[i];
        c.size[DIM_T + axis] = gradient->shape[2 + i];
        c.stride[axis] = (int32_t)v.dilation[i];
        c.dilation[axis] = (int32_t)v.stride[i];
        c.pad[axis] = (int32_t)v.before[i];
        c.extent[axis] = v.in->shape[2 + i];
    }
    c.order[OPERAND_INPUT] = c.order[OPERAND_WEIGHT] = c.order[OPERAND_OUTPUT] = ORDER_OTHER;
    append_contraction(list, "", c, operand_of(v.in), operand_of(gradient),
                       operand_of(op->outputs[0]));
}
