/* Element by element: out[i] = f(in0[i], in1[i], ...), stretched where ONNX stretches. */
#include "workloads/lowering.h"

#include <string.h>

/* ONNX's TensorProto.DataType as number formats; a boolean is stored in a byte. */
static bool format_of_onnx(int64_t type, struct number_format *format)
{
    static const char *const NAMES[] = {
        [1] = "f32",  [2] = "u8",   [3] = "i8",    [4] = "u16",    [5] = "i16",
        [6] = "i32",  [7] = "i64",  [9] = "u8",    [10] = "f16",   [11] = "f64",
        [12] = "u32", [13] = "u64", [16] = "bf16", [17] = "f4e3m", [19] = "f5e2m"};
    enum { NAME_COUNT = sizeof NAMES / sizeof NAMES[0] };
    return type > 0 && type < NAME_COUNT && NAMES[type] &&
           number_format_parse(NAMES[type], format);
}

bool infer_same(const struct operator* op, struct tensor *outputs, struct error *err)
{
    (void)err;
    for (uint32_t i = 0; i < op->output_count; i++)
        copy_shape(&outputs[i], op->inputs[0]);
    return true;
}

bool infer_broadcast(const struct operator* op, struct tensor *outputs, struct error *err)
{
    copy_shape(&outputs[0], op->inputs[0]);
    for (uint32_t i = 1; i < op->input_count; i++)
        if (op->inputs[i] && !broadcast(op, &outputs[0], op->inputs[i], err))
            return false;
    return true;
}

bool infer_compare(const struct operator* op, struct tensor *outputs, struct error *err)
{
    if (!infer_broadcast(op, outputs, err))
        return false;
    outputs[0].format = number_format_integer(false, 8);
    return true;
}

bool infer_where(const struct operator* op, struct tensor *outputs, struct error *err)
{
    if (!infer_broadcast(op, outputs, err))
        return false;
    outputs[0].format = op->inputs[1]->format;
    return true;
}

bool infer_cast(const struct operator* op, struct tensor *outputs, struct error *err)
{
    copy_shape(&outputs[0], op->inputs[0]);
    const char *name = operator_text(op, "to", NULL);
    if (name && !number_format_parse(name, &outputs[0].format))
        return operator_error(op, err, "to is '%s', which is no number format", name);
    const struct attribute *to = operator_attribute(op, "to");
    if (to && !name && !format_of_onnx(operator_integer(op, "to", 0), &outputs[0].format))
        return operator_error(op, err, "to is %lld, which is no number type of ONNX",
                              (long long)operator_integer(op, "to", 0));
    if (operator_is(op, "CastLike"))
        outputs[0].format = op->inputs[1]->format;
    return true;
}

/* What nobody knows: any shape is taken as it was declared. */
bool infer_declared(const struct operator* op, struct tensor *outputs, struct error *err)
{
    (void)op;
    (void)outputs;
    (void)err;
    return true;
}

bool infer_opaque(const struct operator* op, struct tensor *outputs, struct error *err)
{
    return infer_declared(op, outputs, err);
}

bool infer_quantize(const struct operator* op, struct tensor *outputs, struct error *err)
{
    (void)err;
    copy_shape(&outputs[0], op->inputs[0]);
    const struct tensor *zero_point = operator_input(op, 2);
    if (operator_is(op, "DequantizeLinear"))
        outputs[0].format = op->inputs[1]->format;
    else
        outputs[0].format = zero_point ? zero_point->format : number_format_integer(false, 8);
    return true;
}

bool infer_dynamic_quantize(const struct operator* op, struct tensor *outputs,
                            struct error *err)
{
    (void)err;
    copy_shape(&outputs[0], op->inputs[0]);
    outputs[0].format = number_format_integer(false, 8);
    for (uint32_t i = 1; i < op->output_count; i++) {
        outputs[i].rank = 0;
        outputs[i].format = i == 1 ? op->inputs[0]->format : number_format_integer(false, 8);
    }
    return true;
}

static void map_pair(const struct operator* op, struct primitive_list *list, uint32_t last,
                     struct primitive_operand so_far)
{
    const struct tensor *out = op->outputs[0];
    uint64_t elements = tensor_elements(out);
    bool is_end = last + 1 == op->input_count;
    struct primitive *map =
        append_map(list, "", elements, op->spec->work,
                   is_end ? operand_of(out) : operand_between(elements, out->format));
    add_input(map, so_far);
    add_input(map, operand_of(op->inputs[last]));
}

/* Up to three tensors in one pass; sums of more are folded pair by pair. */
void lower_map(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *out = op->outputs[0];
    if (op->input_count > 3 && op->spec->inputs_max > 4) {
        struct primitive_operand so_far = operand_of(op->inputs[0]);
        for (uint32_t i = 1; i < op->input_count; i++) {
            map_pair(op, list, i, so_far);
            so_far = operand_between(tensor_elements(out), out->format);
        }
        return;
    }
    struct element_work work = op->spec->work;
    if (op->spec->inputs_max > 4) /* variadic: one fold per further input */
        work.simple = (uint16_t)(work.simple * (op->input_count - 1));
    struct primitive *map = append_map(list, "", tensor_elements(out), work, operand_of(out));
    for (uint32_t i = 0; i < op->input_count; i++)
        add_input(map, operand_of(op->inputs[i]));
}

void lower_where(const struct operator* op, struct primitive_list *list)
{
    lower_map(op, list);
}

void lower_nothing(const struct operator* op, struct primitive_list *list)
{
    (void)op;
    (void)list;
}

/* A copy, unless the output is only another name for the same bytes. */
void lower_copy(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0], *out = op->outputs[0];
    if (tensor_owner(in) != tensor_owner(out))
        append_move(list, "copy", operand_of(in), operand_of(out), tensor_elements(out));
}

/* Every input read and every output written once. */
void lower_opaque(const struct operator* op, struct primitive_list *list)
{
    uint32_t turns = op->input_count > op->output_count ? op->input_count : op->output_count;
    for (uint32_t i = 0; i < turns; i++) {
        const struct tensor *in = operator_input(op, i), *out = operator_output(op, i);
        if (!in && !out)
            continue;
        struct primitive *move = append_move(list, "bytes", operand_of(in), operand_of(out), 1);
        move->move.elements = move->output.elements > move->inputs[0].elements
                                  ? move->output.elements
                                  : move->inputs[0].elements;
        move->move.run = move->move.elements ? move->move.elements : 1;
    }
}

void lower_quantize(const struct operator* op, struct primitive_list *list)
{
    lower_map(op, list);
}

/* The range of the values is found first, then applied. */
void lower_dynamic_quantize(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0];
    struct primitive *range =
        append_reduce(list, "range", 1, tensor_elements(in), (struct element_work){2, 0},
                      operand_between(2, in->format));
    add_input(range, operand_of(in));
    struct primitive *map = append_map(list, "quantize", tensor_elements(in), op->spec->work,
                                       operand_of(op->outputs[0]));
    add_input(map, operand_of(in));
    add_input(map, operand_between(2, in->format));
}
