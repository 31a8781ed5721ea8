/* Pooling windows and regions of interest. */
#include "workloads/lowering.h"

#include <string.h>

/* One spatial axis of a window that slides: ONNX's formula, all paddings. */
static int64_t slide(const struct operator* op, int32_t axis, int32_t axes, int64_t in,
                     int64_t kernel)
{
    uint32_t i = (uint32_t)axis;
    int64_t stride = integer_at(op, "strides", i, 1);
    int64_t dilation = integer_at(op, "dilations", i, 1);
    int64_t before = integer_at(op, "pads", i, 0);
    int64_t after = integer_at(op, "pads", i + (uint32_t)axes, 0);
    const char *automatic = operator_text(op, "auto_pad", "NOTSET");
    if (strncmp(automatic, "SAME", 4) == 0)
        return (in + stride - 1) / stride;
    int64_t room = in + before + after - (dilation * (kernel - 1) + 1);
    if (room < 0)
        return 0;
    if (!operator_integer(op, "ceil_mode", 0))
        return room / stride + 1;
    int64_t out = (room + stride - 1) / stride + 1;
    /* A window that would start in the padding behind the data is left out. */
    return (out - 1) * stride >= in + before ? out - 1 : out;
}

bool infer_pool(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *in = op->inputs[0];
    const struct attribute *kernel = operator_attribute(op, "kernel_shape");
    int32_t axes = in->rank - 2;
    if (axes < 1 || !kernel || kernel->kind != ATTRIBUTE_INTEGERS ||
        kernel->count != (uint32_t)axes)
        return operator_error(op, err, "kernel_shape must give one size per spatial axis of %d",
                              axes < 0 ? 0 : axes);
    copy_shape(&outputs[0], in);
    for (int32_t i = 0; i < axes; i++) {
        uint32_t at = (uint32_t)i;
        int64_t size = kernel->integers[i], stride = integer_at(op, "strides", at, 1);
        int64_t dilation = integer_at(op, "dilations", at, 1);
        int64_t before = integer_at(op, "pads", at, 0);
        int64_t after = integer_at(op, "pads", at + (uint32_t)axes, 0);
        const int64_t most = INT32_MAX;
        if (size < 1 || stride < 1 || dilation < 1 || before < 0 || after < 0 || size > most ||
            stride > most || dilation > most || before > most || after > most)
            return operator_error(op, err, "window along axis %d is out of range", i);
        int64_t out = slide(op, i, axes, in->shape[2 + i], size);
        if (out < 1)
            return operator_error(op, err, "window of %lld does not fit into %lld",
                                  (long long)size, (long long)in->shape[2 + i]);
        outputs[0].shape[2 + i] = out;
    }
    if (op->output_count > 1) {
        copy_shape(&outputs[1], &outputs[0]);
        outputs[1].format = number_format_integer(true, 64);
    }
    return true;
}

bool infer_global_pool(const struct operator* op, struct tensor *outputs, struct error *err)
{
    if (op->inputs[0]->rank < 3)
        return operator_error(op, err, "input has rank %d, must be at least 3",
                              op->inputs[0]->rank);
    copy_shape(&outputs[0], op->inputs[0]);
    for (int32_t i = 2; i < outputs[0].rank; i++)
        outputs[0].shape[i] = 1;
    return true;
}

/* MaxRoiPool, RoiAlign: one window per region, its size an attribute. */
bool infer_roi(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *in = op->inputs[0], *regions = op->inputs[1];
    if (in->rank != 4 || regions->rank != 2)
        return operator_error(op, err, "needs an image of rank 4 and regions of rank 2");
    bool is_align = operator_is(op, "RoiAlign");
    int64_t height = is_align ? operator_integer(op, "output_height", 1)
                              : integer_at(op, "pooled_shape", 0, 1);
    int64_t width = is_align ? operator_integer(op, "output_width", 1)
                             : integer_at(op, "pooled_shape", 1, 1);
    if (height < 1 || width < 1 || height > 65536 || width > 65536)
        return operator_error(op, err, "output size must be 1 to 65536");
    int64_t shape[] = {regions->shape[0], in->shape[1], height, width};
    set_shape(&outputs[0], 4, shape);
    outputs[0].format = in->format;
    return true;
}

void lower_pool(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0], *out = op->outputs[0];
    const struct attribute *kernel = operator_attribute(op, "kernel_shape");
    uint64_t window = 1;
    for (uint32_t i = 0; i < kernel->count; i++)
        window *= (uint64_t)kernel->integers[i];
    struct primitive *reduce = append_reduce(list, "window", tensor_elements(out), window,
                                             op->spec->work, operand_of(out));
    add_input(reduce, operand_of(in));
    if (operator_output(op, 1))
        append_move(list, "positions", operand_between(tensor_elements(out), out->format),
                    operand_of(op->outputs[1]), 1);
}

void lower_global_pool(const struct operator* op, struct primitive_list *list)
{
    lower_reduce(op, list);
}

/* Bilinear samples (four neighbours, three blends each) averaged within every bin. */
void lower_roi(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0], *out = op->outputs[0];
    int64_t ratio = operator_integer(op, "sampling_ratio", 0);
    uint64_t samples = ratio > 0 && ratio < 64 ? (uint64_t)(ratio * ratio) : 4;
    uint64_t bins = tensor_elements(out);
    struct primitive *gather = primitive_append(list, PRIMITIVE_GATHER);
    gather->label = "samples";
    gather->gather.count = bins * samples * 4;
    gather->gather.record = 1;
    gather->gather.universe = tensor_elements(in);
    add_input(gather, operand_of(in));
    add_input(gather, operand_of(op->inputs[1]));
    gather->output = operand_between(gather->gather.count, in->format);
    struct primitive *blend =
        append_reduce(list, "blend", bins, samples * 4, op->spec->work, operand_of(out));
    add_input(blend, gather->output);
}
