/* Arithmetic on small constants, element by element: what exporters compute shapes with.
 * Integers that overflow, divisions by zero and values out of range are not computed; the node
 * then stays an operator. Reals are rounded to the format of the result. */
#include "traces/import_onnx.h"

#include <math.h>
#include <string.h>

struct operand {
    const struct onnx_contents *contents;
    int64_t stride[TENSOR_RANK_MAX]; /* of the result's dimensions; 0 where stretched */
};

enum { OPERANDS_MAX = 8 };

static bool prepare(const struct onnx_value *value, const struct tensor *result,
                    struct operand *operand)
{
    const struct tensor *tensor = &value->tensor;
    operand->contents = value->contents;
    memset(operand->stride, 0, sizeof operand->stride);
    int64_t step = 1;
    for (int32_t i = tensor->rank - 1; i >= 0; i--) {
        int32_t at = result->rank - tensor->rank + i;
        if (at < 0 || (tensor->shape[i] != 1 && tensor->shape[i] != result->shape[at]))
            return false;
        operand->stride[at] = tensor->shape[i] == 1 ? 0 : step;
        step *= tensor->shape[i];
    }
    return operand->contents && operand->contents->count == tensor_elements(tensor);
}

static bool compute_integers(const char *op, int64_t a, int64_t b, int64_t *c)
{
    if (strcmp(op, "Add") == 0 || strcmp(op, "Sum") == 0)
        return !__builtin_add_overflow(a, b, c);
    if (strcmp(op, "Sub") == 0)
        return !__builtin_sub_overflow(a, b, c);
    if (strcmp(op, "Mul") == 0)
        return !__builtin_mul_overflow(a, b, c);
    if (strcmp(op, "Div") == 0 || strcmp(op, "Mod") == 0) {
        if (b == 0 || (a == INT64_MIN && b == -1))
            return false;
        *c = op[0] == 'D' ? a / b : a % b;
        if (op[0] == 'M' && *c != 0 && (*c < 0) != (b < 0))
            *c += b; /* the sign of the divisor, as ONNX has it for integers */
        return true;
    }
    if (strcmp(op, "Pow") == 0) {
        *c = 1;
        for (int64_t i = 0; i < b && i < 64; i++)
            if (__builtin_mul_overflow(*c, a, c))
                return false;
        return b >= 0 && (b < 64 || (a >= -1 && a <= 1 && b % 2 == 0));
    }
    if (strcmp(op, "Min") == 0)
        *c = a < b ? a : b;
    else if (strcmp(op, "Max") == 0)
        *c = a > b ? a : b;
    else if (strcmp(op, "And") == 0)
        *c = a && b;
    else if (strcmp(op, "Or") == 0)
        *c = a || b;
    else if (strcmp(op, "Xor") == 0)
        *c = !a != !b;
    else
        return false;
    return true;
}

static bool compute_reals(const char *op, double a, double b, double *c)
{
    if (strcmp(op, "Add") == 0 || strcmp(op, "Sum") == 0)
        *c = a + b;
    else if (strcmp(op, "Sub") == 0)
        *c = a - b;
    else if (strcmp(op, "Mul") == 0)
        *c = a * b;
    else if (strcmp(op, "Div") == 0)
        *c = a / b;
    else if (strcmp(op, "Mod") == 0)
        *c = fmod(a, b);
    else if (strcmp(op, "Pow") == 0)
        *c = pow(a, b);
    else if (strcmp(op, "Min") == 0)
        *c = fmin(a, b);
    else if (strcmp(op, "Max") == 0)
        *c = fmax(a, b);
    else
        return false;
    return true;
}

/* 1: true, 0: false, -1: no comparison. */
static int compare(const char *op, int order)
{
    if (strcmp(op, "Equal") == 0)
        return order == 0;
    if (strcmp(op, "Greater") == 0)
        return order > 0;
    if (strcmp(op, "Less") == 0)
        return order < 0;
    if (strcmp(op, "GreaterOrEqual") == 0)
        return order >= 0;
    if (strcmp(op, "LessOrEqual") == 0)
        return order <= 0;
    return -1;
}

static bool compute_pair(const char *op, bool is_real, union onnx_number a, union onnx_number b,
                         union onnx_number *c)
{
    int order = is_real ? (a.real > b.real) - (a.real < b.real)
                        : (a.integer > b.integer) - (a.integer < b.integer);
    int truth = compare(op, order);
    if (truth >= 0) {
        c->integer = truth;
        return true;
    }
    return is_real ? compute_reals(op, a.real, b.real, &c->real)
                   : compute_integers(op, a.integer, b.integer, &c->integer);
}

static bool compute_one(const char *op, bool is_real, union onnx_number a, union onnx_number *c)
{
    if (strcmp(op, "Not") == 0)
        c->integer = !a.integer;
    else if (strcmp(op, "Neg") == 0 && !is_real)
        return !__builtin_sub_overflow((int64_t)0, a.integer, &c->integer);
    else if (strcmp(op, "Abs") == 0 && !is_real)
        return a.integer >= 0 ? (c->integer = a.integer, true)
                              : !__builtin_sub_overflow((int64_t)0, a.integer, &c->integer);
    else if (strcmp(op, "Sign") == 0 && !is_real)
        c->integer = (a.integer > 0) - (a.integer < 0);
    else if (!is_real)
        return false;
    else if (strcmp(op, "Neg") == 0)
        c->real = -a.real;
    else if (strcmp(op, "Abs") == 0)
        c->real = fabs(a.real);
    else if (strcmp(op, "Sign") == 0)
        c->real = (a.real > 0) - (a.real < 0);
    else if (strcmp(op, "Floor") == 0)
        c->real = floor(a.real);
    else if (strcmp(op, "Ceil") == 0)
        c->real = ceil(a.real);
    else if (strcmp(op, "Round") == 0)
        c->real = nearbyint(a.real);
    else if (strcmp(op, "Sqrt") == 0)
        c->real = sqrt(a.real);
    else if (strcmp(op, "Reciprocal") == 0)
        c->real = 1 / a.real;
    else if (strcmp(op, "Exp") == 0)
        c->real = exp(a.real);
    else if (strcmp(op, "Log") == 0)
        c->real = log(a.real);
    else
        return false;
    return true;
}

static bool convert(bool from_real, const struct number_format to, union onnx_number a,
                    union onnx_number *c)
{
    bool to_real = to.class == NUMBER_FLOAT;
    if (to_real)
        c->real = from_real ? a.real : (double)a.integer;
    else if (!from_real)
        c->integer = a.integer;
    else if (a.real > -9.2e18 && a.real < 9.2e18)
        c->integer = (int64_t)a.real;
    else
        return false;
    return true;
}

static union onnx_number rounded(union onnx_number value, struct number_format format)
{
    if (format.class == NUMBER_FLOAT && format.bits == 32)
        value.real = (double)(float)value.real;
    return value;
}

/* One element; values[i] belongs to input i. */
static bool compute(const struct onnx_node *node, const struct operand *operands,
                    const union onnx_number *values, union onnx_number *result)
{
    const char *op = node->op;
    uint32_t count = node->input_count;
    bool is_real = operands[0].contents->is_real;
    if (strcmp(op, "Where") == 0) {
        *result = values[0].integer ? values[1] : values[2];
        return operands[1].contents->is_real == operands[2].contents->is_real;
    }
    if (strcmp(op, "Cast") == 0 || strcmp(op, "CastLike") == 0) {
        if (!convert(is_real, node->outputs[0]->tensor.format, values[0], result))
            return false;
        if (onnx_integer(node, "to", 0) == 9) /* to a truth value */
            result->integer = is_real ? values[0].real != 0 : values[0].integer != 0;
        return true;
    }
    if (count == 1 && compute_one(op, is_real, values[0], result))
        return true;
    *result = values[0];
    for (uint32_t i = 1; i < count; i++)
        if (operands[i].contents->is_real != is_real ||
            !compute_pair(op, is_real, *result, values[i], result))
            return false;
    return count > 1 || strcmp(op, "Max") == 0 || strcmp(op, "Min") == 0 ||
           strcmp(op, "Sum") == 0;
}

bool onnx_compute(struct onnx_graph *graph, struct onnx_node *node)
{
    struct operand operands[OPERANDS_MAX];
    struct onnx_value *out = node->outputs[0];
    if (node->input_count < 1 || node->input_count > OPERANDS_MAX || node->output_count != 1)
        return false;
    uint64_t count = tensor_elements(&out->tensor);
    if (count > graph->contents_left || count > 65536)
        return false;
    for (uint32_t i = 0; i < node->input_count; i++)
        if (!node->inputs[i] || !prepare(node->inputs[i], &out->tensor, &operands[i]))
            return false;
    struct arena_mark mark = arena_mark(graph->arena);
    union onnx_number *results = arena_array(graph->arena, count, sizeof *results);
    int64_t index[TENSOR_RANK_MAX] = {0}, offset[OPERANDS_MAX] = {0};
    bool is_done = true;
    for (uint64_t at = 0; at < count && is_done; at++) {
        union onnx_number values[OPERANDS_MAX];
        for (uint32_t i = 0; i < node->input_count; i++)
            values[i] = operands[i].contents->values[offset[i]];
        is_done = compute(node, operands, values, &results[at]);
        results[at] = rounded(results[at], out->tensor.format);
        for (int32_t d = out->tensor.rank - 1; d >= 0; d--) {
            bool is_wrapped = ++index[d] == out->tensor.shape[d];
            for (uint32_t i = 0; i < node->input_count; i++)
                offset[i] += is_wrapped ? operands[i].stride[d] * (1 - out->tensor.shape[d])
                                        : operands[i].stride[d];
            if (!is_wrapped)
                break;
            index[d] = 0;
        }
    }
    bool is_real = out->tensor.format.class == NUMBER_FLOAT;
    /* The copy that is kept stands above the scratch results; both go when it does not fit. */
    is_done = is_done && onnx_value_fill(graph, out, is_real, count, results);
    if (!is_done)
        arena_release(graph->arena, mark);
    return is_done;
}
