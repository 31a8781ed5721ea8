/* Types and contents of ONNX values. */
#include "traces/import_onnx.h"

#include <inttypes.h>
#include <string.h>

/* TensorProto.DataType; those above 16 came after the schema that is compiled in. A boolean is
 * stored in a byte. Complex numbers and texts have no number format. */
static const struct {
    const char *format;
    uint8_t bytes; /* in raw_data; 0: packed below a byte */
    bool is_real;
} TYPES[] = {
    [1] = {"f32", 4, true},    [2] = {"u8", 1, false},    [3] = {"i8", 1, false},
    [4] = {"u16", 2, false},   [5] = {"i16", 2, false},   [6] = {"i32", 4, false},
    [7] = {"i64", 8, false},   [9] = {"u8", 1, false},    [10] = {"f16", 2, true},
    [11] = {"f64", 8, true},   [12] = {"u32", 4, false},  [13] = {"u64", 8, false},
    [16] = {"bf16", 2, true},  [17] = {"f4e3m", 1, true}, [18] = {"f4e3m", 1, true},
    [19] = {"f5e2m", 1, true}, [20] = {"f5e2m", 1, true}, [21] = {"u4", 0, false},
    [22] = {"i4", 0, false},   [23] = {"f2e1m", 0, true},
};
enum { TYPE_COUNT = sizeof TYPES / sizeof TYPES[0], CONTENTS_MAX = 16384 };

bool onnx_format(int32_t type, struct number_format *format)
{
    return type > 0 && type < TYPE_COUNT && TYPES[type].format &&
           number_format_parse(TYPES[type].format, format);
}

bool onnx_type_is_real(int32_t type)
{
    return type > 0 && type < TYPE_COUNT && TYPES[type].is_real;
}

const Onnx__AttributeProto *onnx_attribute(const struct onnx_node *node, const char *name)
{
    for (size_t i = 0; i < node->proto->n_attribute; i++)
        if (node->proto->attribute[i]->name &&
            strcmp(node->proto->attribute[i]->name, name) == 0)
            return node->proto->attribute[i];
    return NULL;
}

int64_t onnx_integer(const struct onnx_node *node, const char *name, int64_t fallback)
{
    const Onnx__AttributeProto *attribute = onnx_attribute(node, name);
    return attribute && attribute->has_i ? attribute->i : fallback;
}

bool onnx_value_fill(struct onnx_graph *graph, struct onnx_value *value, bool is_real,
                     uint64_t count, const union onnx_number *values)
{
    if (count > CONTENTS_MAX || count > graph->contents_left)
        return false;
    graph->contents_left -= count;
    union onnx_number *copy = arena_array(graph->arena, count, sizeof *copy);
    if (count > 0)
        memcpy(copy, values, count * sizeof *copy);
    struct onnx_contents *contents = arena_alloc(graph->arena, sizeof *contents);
    *contents = (struct onnx_contents){count, is_real, copy};
    value->contents = contents;
    value->is_const = true;
    value->tensor.role = ROLE_CONST;
    if (!is_real) {
        struct tensor_contents *integers = arena_alloc(graph->arena, sizeof *integers);
        *integers = (struct tensor_contents){count, &copy->integer};
        value->tensor.contents = integers;
    }
    return true;
}

static double half_to_real(uint16_t half)
{
    int exponent = half >> 10 & 31;
    double mantissa = half & 1023, scale = exponent ? 1024 : 0;
    double value = mantissa + scale;
    int shift = (exponent ? exponent : 1) - 25;
    for (; shift > 0; shift--)
        value *= 2;
    for (; shift < 0; shift++)
        value /= 2;
    return half >> 15 ? -value : value;
}

static union onnx_number decode(const unsigned char *bytes, int32_t type)
{
    uint64_t bits = 0;
    for (int i = TYPES[type].bytes - 1; i >= 0; i--)
        bits = bits << 8 | bytes[i];
    union onnx_number number = {.integer = (int64_t)bits};
    uint32_t low = (uint32_t)bits;
    float single;
    switch (type) {
    case 16: /* bf16 is the upper half of f32 */
        low <<= 16;
    /* fall through */
    case 1:
        memcpy(&single, &low, sizeof single);
        number.real = (double)single;
        break;
    case 11:
        memcpy(&number.real, &bits, sizeof bits);
        break;
    case 10:
        number.real = half_to_real((uint16_t)bits);
        break;
    case 3:
        number.integer = (int8_t)bits;
        break;
    case 5:
        number.integer = (int16_t)bits;
        break;
    case 6:
        number.integer = (int32_t)bits;
        break;
    default:
        break;
    }
    return number;
}

/* How many numbers the typed lists hold; several lists at once are no tensor. */
static bool count_listed(const Onnx__TensorProto *tensor, size_t *given)
{
    const size_t counts[] = {tensor->n_float_data, tensor->n_double_data, tensor->n_int64_data,
                             tensor->n_uint64_data, tensor->n_int32_data};
    int lists = 0;
    *given = 0;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        lists += counts[i] > 0;
        *given += counts[i];
    }
    return lists <= 1;
}

static union onnx_number listed(const Onnx__TensorProto *tensor, uint64_t at)
{
    if (tensor->n_float_data)
        return (union onnx_number){.real = (double)tensor->float_data[at]};
    if (tensor->n_double_data)
        return (union onnx_number){.real = tensor->double_data[at]};
    if (tensor->n_int64_data)
        return (union onnx_number){.integer = tensor->int64_data[at]};
    if (tensor->n_uint64_data)
        return (union onnx_number){.integer = (int64_t)tensor->uint64_data[at]};
    if (tensor->data_type == 10)
        return (union onnx_number){.real = half_to_real((uint16_t)tensor->int32_data[at])};
    return (union onnx_number){.integer = tensor->int32_data[at]};
}

/* Contents from typed lists (an older or hand-written file) or raw bytes. *is_there is false
 * where the payload was dropped, lies in another file or is of no plain kind. */
static bool read_numbers(const Onnx__TensorProto *tensor, uint64_t count,
                         union onnx_number *numbers, bool *is_there)
{
    int32_t type = tensor->data_type;
    size_t given;
    *is_there = true;
    if (tensor->has_raw_data && tensor->raw_data.len > 0) {
        if (TYPES[type].bytes == 0 || (type >= 17 && type <= 20))
            return *is_there = false, true;
        if (tensor->raw_data.len != count * TYPES[type].bytes)
            return false;
        for (uint64_t i = 0; i < count; i++)
            numbers[i] = decode(tensor->raw_data.data + i * TYPES[type].bytes, type);
        return true;
    }
    if (!count_listed(tensor, &given) || given != count)
        return false;
    for (uint64_t i = 0; i < count; i++)
        numbers[i] = listed(tensor, i);
    bool is_real = tensor->n_float_data || tensor->n_double_data || type == 10;
    *is_there = is_real == onnx_type_is_real(type);
    return true;
}

/* Whether the payload is still there; nothing is allocated for what a shape merely claims. */
static bool has_payload(const Onnx__TensorProto *tensor, uint64_t count)
{
    size_t given;
    return !count_listed(tensor, &given) || count == 0 || given > 0 ||
           (tensor->has_raw_data && tensor->raw_data.len > 0);
}

bool onnx_value_read(struct onnx_graph *graph, struct onnx_value *value,
                     const Onnx__TensorProto *tensor, struct error *err)
{
    const char *name = value->tensor.name;
    if (tensor->n_dims > TENSOR_RANK_MAX)
        return error_set(err, "%s: constant '%.80s' has %zu dimensions, must have at most %d",
                         graph->path, name, tensor->n_dims, TENSOR_RANK_MAX);
    if (!import_shape_fits((int32_t)tensor->n_dims, tensor->dims))
        return error_set(err, "%s: constant '%.80s' has a shape out of range", graph->path,
                         name);
    value->tensor.rank = (int32_t)tensor->n_dims;
    if (tensor->n_dims > 0)
        memcpy(value->tensor.shape, tensor->dims, tensor->n_dims * sizeof *tensor->dims);
    value->type = tensor->data_type;
    value->is_const = true;
    value->tensor.role = ROLE_CONST;
    /* Texts stay without a format; whoever reads them is refused. */
    if (!onnx_format(value->type, &value->tensor.format))
        return true;
    uint64_t count = tensor_elements(&value->tensor);
    if (count > CONTENTS_MAX || !has_payload(tensor, count))
        return true;
    struct arena_mark mark = arena_mark(graph->arena);
    union onnx_number *numbers = arena_array(graph->arena, count, sizeof *numbers);
    bool is_there;
    if (!read_numbers(tensor, count, numbers, &is_there)) {
        arena_release(graph->arena, mark);
        return error_set(err,
                         "%s: constant '%.80s' holds another number of values than its shape, "
                         "%" PRIu64,
                         graph->path, name, count);
    }
    if (!is_there ||
        !onnx_value_fill(graph, value, onnx_type_is_real(value->type), count, numbers))
        arena_release(graph->arena, mark);
    return true;
}
