/* Quantised graphs keep floats between pairs of QuantizeLinear and DequantizeLinear; a runtime
 * never stores these floats. A dequantised value is therefore its quantised bytes under another
 * name, and an operator whose only reader quantises stores the quantised type at once: Conv
 * over dequantised i8 operands, followed by a quantisation, is one Conv from i8 to i8. */
#include "traces/import_onnx.h"

#include <string.h>

struct onnx_value *onnx_owner(struct onnx_value *value)
{
    while (value && value->same)
        value = value->same;
    return value;
}

static void rename(struct onnx_value *to, struct onnx_value *from)
{
    const char *name = to->tensor.name;
    enum tensor_role role = to->tensor.role;
    to->tensor = from->tensor;
    to->tensor.name = name;
    to->tensor.role = from->is_const ? ROLE_CONST : role;
    to->tensor.contents = NULL;
    to->is_const = from->is_const;
    to->same = from;
}

static bool dequantize(struct onnx_node *node)
{
    struct onnx_value *in = node->inputs[0], *out = node->outputs[0];
    if (out->is_output || in->tensor.format.class == NUMBER_FLOAT)
        return false;
    rename(out, in);
    out->is_dequantized = true;
    return true;
}

static bool can_store(const struct onnx_value *value)
{
    const struct onnx_node *maker = value->maker;
    return maker && maker->fate == ONNX_OPERATOR && !maker->is_view && !maker->is_unknown &&
           maker->outputs[0] == value && value->readers == 1 && !value->is_output &&
           !value->same;
}

/* A rectifier bounds what is then quantised: what it reads is stored in the same type. */
static void store_quantized(struct onnx_value *value, struct number_format format)
{
    value->tensor.format = format;
    const struct onnx_node *maker = value->maker;
    bool is_bound = strcmp(maker->op, "Relu") == 0 || strcmp(maker->op, "Clip") == 0;
    if (!is_bound || !maker->inputs[0] || !can_store(maker->inputs[0]))
        return;
    maker->inputs[0]->tensor.format = format;
}

static bool quantize(struct onnx_node *node)
{
    struct onnx_value *in = node->inputs[0], *out = node->outputs[0];
    struct number_format format = number_format_integer(false, 8);
    if (node->input_count > 2 && node->inputs[2])
        format = node->inputs[2]->tensor.format;
    if (format.class == NUMBER_NONE || out->is_output)
        return false;
    if (in->is_const) { /* stored in the smaller type */
        enum tensor_role role = ROLE_CONST;
        const char *name = out->tensor.name;
        out->tensor = in->tensor;
        out->tensor.name = name;
        out->tensor.role = role;
        out->tensor.contents = NULL;
        out->tensor.format = format;
        out->is_const = true;
        return true;
    }
    if (in->is_dequantized && number_format_equal(in->tensor.format, format)) {
        rename(out, in);
        out->is_dequantized = false;
        return true;
    }
    if (!can_store(in))
        return false;
    store_quantized(in, format);
    rename(out, in);
    return true;
}

bool onnx_quantize(struct onnx_node *node)
{
    if (node->input_count < 2 || !node->inputs[0] || node->output_count != 1 ||
        !node->outputs[0])
        return false;
    if (strcmp(node->op, "DequantizeLinear") == 0)
        return dequantize(node);
    return strcmp(node->op, "QuantizeLinear") == 0 && quantize(node);
}

/* Operators that pass stored values on as they are. */
static bool keeps_bits(const char *op)
{
    static const char *const NAMES[] = {
        "Concat",   "DepthToSpace", "Dropout", "Expand",    "Flatten",  "Gather",
        "Identity", "MaxPool",      "Pad",     "Reshape",   "Slice",    "SpaceToDepth",
        "Split",    "Squeeze",      "Tile",    "Transpose", "Unsqueeze"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (strcmp(op, NAMES[i]) == 0)
            return true;
    return false;
}

void onnx_settle_formats(struct onnx_node *node)
{
    bool is_any = false, is_kept = keeps_bits(node->op);
    for (uint32_t i = 0; i < node->input_count; i++) {
        const struct onnx_value *in = node->inputs[i];
        is_any = is_any || (in && in->is_dequantized);
        if (in && i > 0 && strcmp(node->op, "Concat") == 0)
            is_kept = is_kept &&
                      number_format_equal(in->tensor.format, node->inputs[0]->tensor.format);
    }
    if (!is_any)
        return;
    is_kept = is_kept && node->inputs[0] && node->inputs[0]->is_dequantized;
    for (uint32_t i = 0; i < node->output_count; i++) {
        struct onnx_value *out = node->outputs[i];
        if (!out)
            continue;
        bool is_stored =
            number_format_equal(out->tensor.format, number_format_integer(true, 64));
        if (is_kept && !is_stored)
            out->is_dequantized = true;
        else if (!is_stored && !onnx_format(out->type, &out->tensor.format))
            out->tensor.format = number_format_float(8, 23);
    }
}
