#include "traces/import_aten_json.h"

#include <string.h>

static void read_tensor(struct arena *arena, const json_t *value, const json_t *shape,
                        const char *type, struct aten_argument *argument)
{
    size_t rank = json_array_size(shape);
    argument->kind = ATEN_TENSOR;
    argument->rank = -1;
    argument->storage = (uint64_t)json_integer_value(json_array_get(value, 1));
    aten_format(type, &argument->format);
    if (rank > TENSOR_RANK_MAX)
        return;
    int64_t *sizes = arena_array(arena, rank, sizeof *sizes);
    for (size_t i = 0; i < rank; i++) {
        const json_t *size = json_array_get(shape, i);
        if (!json_is_integer(size) || json_integer_value(size) < 0)
            return;
        sizes[i] = json_integer_value(size);
    }
    argument->integers = sizes;
    argument->rank = (int32_t)rank;
}

static void read_list(struct arena *arena, const json_t *value, const json_t *shape,
                      const char *type, struct aten_argument *argument)
{
    size_t count = json_array_size(value);
    const char *tensor = strstr(type, "Tensor(");
    if (tensor && count <= OPERATOR_TENSORS_MAX) {
        struct aten_argument *items = arena_array(arena, count, sizeof *items);
        for (size_t i = 0; i < count; i++)
            read_tensor(arena, json_array_get(value, i), json_array_get(shape, i), tensor,
                        &items[i]);
        argument->kind = ATEN_TENSORS;
        argument->count = (uint32_t)count;
        argument->items = items;
        return;
    }
    if (tensor || count > ATEN_INTEGERS_MAX)
        return;
    int64_t *values = arena_array(arena, count, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        if (!json_is_integer(json_array_get(value, i)))
            return;
        values[i] = json_integer_value(json_array_get(value, i));
    }
    argument->kind = ATEN_INTEGERS;
    argument->count = (uint32_t)count;
    argument->integers = values;
}

static void read_argument(struct arena *arena, const json_t *value, const json_t *shape,
                          const char *type, struct aten_argument *argument)
{
    if (strncmp(type, "Tensor(", 7) == 0) {
        read_tensor(arena, value, shape, type, argument);
    } else if (json_is_array(value)) {
        read_list(arena, value, shape, type, argument);
    } else if (json_is_integer(value) || json_is_boolean(value)) {
        argument->kind = ATEN_INTEGER;
        argument->integer =
            json_is_integer(value) ? json_integer_value(value) : json_boolean_value(value);
    } else if (json_is_real(value)) {
        argument->kind = ATEN_REAL;
        argument->real = json_real_value(value);
    } else if (json_is_string(value) && strcmp(json_string_value(value), "<None>") != 0) {
        argument->kind = ATEN_TEXT;
        argument->text = arena_copy_text(arena, json_string_value(value));
    }
}

const struct aten_argument *aten_read_arguments(struct arena *arena, const json_t *values,
                                                const json_t *shapes, const json_t *types,
                                                uint32_t *count)
{
    size_t size = json_array_size(values);
    *count = (uint32_t)(size < ATEN_ARGUMENTS_MAX ? size : ATEN_ARGUMENTS_MAX);
    struct aten_argument *arguments = arena_array(arena, *count, sizeof *arguments);
    for (uint32_t i = 0; i < *count; i++) {
        const char *type = json_string_value(json_array_get(types, i));
        read_argument(arena, json_array_get(values, i), json_array_get(shapes, i),
                      type ? type : "", &arguments[i]);
    }
    return arguments;
}
