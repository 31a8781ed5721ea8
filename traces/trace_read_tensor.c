#include <string.h>

#include "traces/trace_contents.h"
#include "traces/trace_record.h"

bool trace_wanted(const struct trace_reader *reader, const struct cursor *cursor,
                  const char *what, struct error *err)
{
    char near[24];
    size_t length = 0;
    for (const char *at = cursor->at; *at != '\n' && length < sizeof near - 1; at++)
        near[length++] = *at >= 0x20 && *at < 0x7f ? *at : '?';
    near[length] = '\0';
    return trace_source_error(reader->source, err, "expected %s, found %s%s%s", what,
                              length ? "'" : "the end of the line", near, length ? "'" : "");
}

static bool parse_role(struct cursor *cursor, enum tensor_role *role)
{
    for (int i = ROLE_CONST; i <= ROLE_TEMP; i++)
        if (cursor_take(cursor, tensor_role_name((enum tensor_role)i))) {
            *role = (enum tensor_role)i;
            return true;
        }
    return false;
}

static bool check_size(struct trace_reader *reader, const struct tensor *tensor,
                       struct error *err)
{
    double bits = tensor->format.bits;
    for (int32_t i = 0; i < tensor->rank; i++)
        bits *= tensor->shape[i] ? (double)tensor->shape[i] : 1.0; /* no factor may overflow */
    return bits <= 4611686018427387904.0 /* 2^62 */ ||
           trace_source_error(reader->source, err, "tensor \"%.100s\" is larger than 2^62 bits",
                              tensor->name);
}

/* " density=0.5", " view=%3", " contents=8008": in this order, each at most once. */
static bool parse_tensor_rest(struct trace_reader *reader, struct cursor *cursor,
                              struct live_tensor *record, bool *has_contents, struct error *err)
{
    struct tensor *tensor = &record->tensor;
    tensor->density = 1;
    if (cursor_take(cursor, " density=") &&
        (!cursor_real(cursor, &tensor->density) || tensor->density < 0 || tensor->density > 1))
        return trace_wanted(reader, cursor, "a density from 0.0 to 1.0", err);
    int64_t number;
    if (cursor_take(cursor, " view=%")) {
        if (!cursor_integer(cursor, &number))
            return trace_wanted(reader, cursor, "the number of a tensor", err);
        struct live_tensor *of = live_find(&reader->live, (uint64_t)number);
        if (!of || of == record)
            return trace_source_error(reader->source, err,
                                      "\"%.100s\" is a view of %%%lld, which is not alive",
                                      tensor->name, (long long)number);
        if (tensor_bytes(tensor) > tensor_bytes(&of->tensor))
            return trace_source_error(
                reader->source, err,
                "\"%.100s\" is larger than \"%.100s\", which it is a view of", tensor->name,
                of->tensor.name);
        tensor->view_of = &of->tensor;
    }
    *has_contents = cursor_take(cursor, " contents=");
    if (!*has_contents)
        return true;
    int width = trace_contents_width(tensor->format);
    if (!width)
        return trace_source_error(
            reader->source, err,
            "\"%.100s\" has contents but no integer format of 8 to 64 bits", tensor->name);
    if (!cursor_integer(cursor, &number) ||
        (uint64_t)number != tensor_elements(tensor) * (uint64_t)width)
        return trace_wanted(reader, cursor, "the bytes of the whole tensor", err);
    return true;
}

bool trace_read_tensor(struct trace_reader *reader, struct cursor *cursor, struct error *err)
{
    int64_t number;
    size_t length;
    if (!cursor_take(cursor, " %") || !cursor_integer(cursor, &number) || number < 0)
        return trace_wanted(reader, cursor, "%NUMBER of the tensor", err);
    if ((uint64_t)number < reader->next_number)
        return trace_source_error(reader->source, err,
                                  "tensor number %lld must be %llu or more: numbers ascend",
                                  (long long)number, (unsigned long long)reader->next_number);
    if (!cursor_take(cursor, " ") || !cursor_quoted(cursor, reader->text, &length))
        return trace_wanted(reader, cursor, "the quoted name of the tensor", err);
    struct live_tensor *record = live_new(&reader->live, length);
    if (!record)
        return trace_source_error(reader->source, err,
                                  "more than %d tensors are alive at one time",
                                  LIVE_TENSORS_MAX);
    record->number = (uint64_t)number;
    memcpy(record->name, reader->text, length + 1);
    struct tensor *tensor = &record->tensor;
    tensor->name = record->name;
    tensor->id = reader->tensors;
    live_add(&reader->live, record); /* from here on the table frees it */
    if (!cursor_take(cursor, " ") ||
        !cursor_shape(cursor, &tensor->rank, tensor->shape, TENSOR_RANK_MAX))
        return trace_wanted(reader, cursor, "a shape as [1,2,3] with at most 8 sizes", err);
    if (!cursor_take(cursor, " ") || !cursor_format(cursor, &tensor->format))
        return trace_wanted(reader, cursor, "a number format such as f32", err);
    if (!cursor_take(cursor, " ") || !parse_role(cursor, &tensor->role))
        return trace_wanted(reader, cursor, "const, state, input, output or temp", err);
    bool has_contents;
    if (!check_size(reader, tensor, err) ||
        !parse_tensor_rest(reader, cursor, record, &has_contents, err))
        return false;
    if (!cursor_at_end(cursor))
        return trace_wanted(reader, cursor, "the end of the line", err);
    if (tensor->view_of) {
        struct live_tensor *owner =
            (struct live_tensor *)(uintptr_t)tensor_owner(tensor->view_of);
        record->next = owner->next;
        owner->next = record;
    }
    record->is_written = tensor->role != ROLE_TEMP && tensor->role != ROLE_OUTPUT;
    reader->tensors++;
    reader->next_number = (uint64_t)number + 1;
    return !has_contents || trace_contents_read(reader->source, record, err);
}
