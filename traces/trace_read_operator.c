#include <assert.h>
#include <string.h>

#include "traces/trace_record.h"

static uint32_t hash_word(const char *word)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *word; word++)
        hash = (hash ^ (unsigned char)*word) * 16777619u;
    return hash ^ hash >> 15;
}

void trace_index_specs(struct trace_reader *reader)
{
    size_t count;
    const struct operator_spec *table = operator_table(&count);
    assert(count < TRACE_SPEC_SLOTS / 2);
    for (size_t i = 0; i < count; i++) {
        uint32_t slot = hash_word(table[i].name) % TRACE_SPEC_SLOTS;
        while (reader->specs[slot])
            slot = (slot + 1) % TRACE_SPEC_SLOTS;
        reader->specs[slot] = &table[i];
    }
}

static const struct operator_spec *find_spec(const struct trace_reader *reader,
                                             const char *name)
{
    for (uint32_t slot = hash_word(name) % TRACE_SPEC_SLOTS; reader->specs[slot];
         slot = (slot + 1) % TRACE_SPEC_SLOTS)
        if (strcmp(reader->specs[slot]->name, name) == 0)
            return reader->specs[slot];
    return NULL;
}

static struct live_tensor *owner_of(const struct tensor *tensor)
{
    return (struct live_tensor *)(uintptr_t)tensor_owner(tensor);
}

static bool read_reference(struct trace_reader *reader, struct cursor *cursor,
                           struct live_tensor **record, struct error *err)
{
    int64_t number;
    *record = NULL;
    if (cursor_take(cursor, " -"))
        return true;
    if (!cursor_take(cursor, " %") || !cursor_integer(cursor, &number))
        return trace_wanted(reader, cursor, "%NUMBER of a tensor or -", err);
    *record = live_find(&reader->live, (uint64_t)number);
    if (!*record)
        return trace_source_error(
            reader->source, err, "%%%lld is not alive: not declared, or used for the last time",
            (long long)number);
    if (cursor_take(cursor, "!")) {
        struct live_tensor *owner = owner_of(&(*record)->tensor);
        if (!owner->is_dying)
            reader->dying[reader->dying_count++] = owner;
        owner->is_dying = true;
    }
    return true;
}

static bool read_inputs(struct trace_reader *reader, struct cursor *cursor, struct operator* op,
                        struct error *err)
{
    while (*cursor->at == ' ' && !cursor_take(cursor, " ->")) {
        struct live_tensor *record;
        if (op->input_count == OPERATOR_TENSORS_MAX)
            return trace_source_error(reader->source, err, "operator has more than %d inputs",
                                      OPERATOR_TENSORS_MAX);
        if (!read_reference(reader, cursor, &record, err))
            return false;
        if (record && !record->is_written && !owner_of(&record->tensor)->is_written)
            return trace_source_error(reader->source, err,
                                      "\"%.100s\" is read before anything has written it",
                                      record->name);
        reader->inputs[op->input_count++] = record ? &record->tensor : NULL;
    }
    return true;
}

static bool read_outputs(struct trace_reader *reader, struct cursor *cursor,
                         struct operator* op, struct error *err)
{
    while (cursor->at[0] == ' ' && (cursor->at[1] == '%' || cursor->at[1] == '-')) {
        struct live_tensor *record;
        if (op->output_count == OPERATOR_TENSORS_MAX)
            return trace_source_error(reader->source, err, "operator has more than %d outputs",
                                      OPERATOR_TENSORS_MAX);
        if (!read_reference(reader, cursor, &record, err))
            return false;
        if (record) {
            enum tensor_role role = record->tensor.role;
            if (role == ROLE_CONST || role == ROLE_INPUT)
                return trace_source_error(reader->source, err,
                                          "\"%.100s\" is %s and cannot be written",
                                          record->name, tensor_role_name(role));
            if (record->is_written && role != ROLE_STATE)
                return trace_source_error(reader->source, err, "\"%.100s\" is written twice",
                                          record->name);
            record->is_written = true;
        }
        reader->outputs[op->output_count++] = record ? &record->tensor : NULL;
    }
    return true;
}

static bool parse_value(struct trace_reader *reader, struct cursor *cursor,
                        struct attribute *attribute)
{
    size_t length;
    char *text = reader->text + reader->text_used;
    if (*cursor->at == '"') {
        if (!cursor_quoted(cursor, text, &length))
            return false;
        attribute->kind = ATTRIBUTE_TEXT;
        attribute->text = text;
        reader->text_used += length + 1;
        return true;
    }
    attribute->kind = ATTRIBUTE_REAL;
    if (cursor_real(cursor, &attribute->real))
        return true;
    attribute->kind = ATTRIBUTE_INTEGERS;
    attribute->integers = reader->integers + reader->integers_used;
    if (*cursor->at == ' ' || *cursor->at == '\n')
        return true; /* an empty list */
    do {
        if (!cursor_integer(cursor, &reader->integers[reader->integers_used]))
            return false;
        reader->integers_used++;
        attribute->count++;
    } while (cursor_take(cursor, ","));
    return true;
}

static bool read_attributes(struct trace_reader *reader, struct cursor *cursor,
                            struct operator* op, struct error *err)
{
    while (cursor_take(cursor, " ")) {
        if (op->attribute_count == TRACE_ATTRIBUTES_MAX)
            return trace_source_error(reader->source, err,
                                      "operator has more than %d attributes",
                                      TRACE_ATTRIBUTES_MAX);
        struct attribute *attribute = &reader->attributes[op->attribute_count++];
        *attribute = (struct attribute){.name = reader->text + reader->text_used};
        char *name = reader->text + reader->text_used;
        if (!cursor_word(cursor, name, reader->room - reader->text_used) ||
            !cursor_take(cursor, "="))
            return trace_wanted(reader, cursor, "an attribute as name=value", err);
        reader->text_used += strlen(name) + 1;
        if (!parse_value(reader, cursor, attribute))
            return trace_wanted(reader, cursor, "integers, a real number or a quoted text",
                                err);
        for (uint32_t i = 0; i + 1 < op->attribute_count && !reader->is_checked; i++)
            if (strcmp(op->attributes[i].name, attribute->name) == 0)
                return trace_source_error(reader->source, err, "attribute %.100s stands twice",
                                          attribute->name);
    }
    return cursor_at_end(cursor) || trace_wanted(reader, cursor, "the end of the line", err);
}

bool trace_read_operator(struct trace_reader *reader, struct cursor *cursor,
                         struct operator* op, struct error *err)
{
    char word[64];
    size_t length;
    *op = (struct operator){.index = reader->operators,
                            .inputs = reader->inputs,
                            .outputs = reader->outputs,
                            .is_last_use = reader->is_last_use,
                            .attributes = reader->attributes,
                            .name = reader->text};
    if (!cursor_take(cursor, " ") || !cursor_word(cursor, word, sizeof word))
        return trace_wanted(reader, cursor, "the operator's kind", err);
    op->spec = find_spec(reader, word);
    if (!op->spec)
        return trace_source_error(
            reader->source, err, "'%s' is no operator; `cleave list operators` has them", word);
    if (!cursor_take(cursor, " ") || !cursor_quoted(cursor, reader->text, &length))
        return trace_wanted(reader, cursor, "the quoted name of the operator", err);
    reader->text_used = length + 1;
    if (!read_inputs(reader, cursor, op, err) || !read_outputs(reader, cursor, op, err) ||
        !read_attributes(reader, cursor, op, err))
        return false;
    for (uint32_t i = 0; i < op->input_count; i++)
        reader->is_last_use[i] = op->inputs[i] && owner_of(op->inputs[i])->is_dying;
    reader->operators++;
    struct error why = {0};
    if (!reader->is_checked && !op->spec->check(op, &why))
        return trace_source_error(reader->source, err, "%s", why.text);
    return true;
}
