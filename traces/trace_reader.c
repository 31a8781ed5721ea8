#include "traces/trace.h"

#include <stdlib.h>
#include <string.h>

#include "traces/trace_record.h"

const struct trace_counts *trace_counts(const struct trace_reader *reader)
{
    return &reader->counts;
}

static bool make_room(struct trace_reader *reader, size_t length, struct error *err)
{
    reader->text_used = reader->integers_used = 0;
    if (length <= reader->room)
        return true;
    size_t room = length < 4096 ? 4096 : length * 2;
    free(reader->text);
    free(reader->integers);
    reader->text = malloc(room + 64);
    reader->integers = malloc(room * sizeof *reader->integers);
    reader->room = reader->text && reader->integers ? room : 0;
    return reader->room ||
           trace_source_error(reader->source, err, "no memory for a line of %zu bytes", length);
}

static bool read_end(struct trace_reader *reader, struct cursor *cursor, struct error *err)
{
    int64_t tensors, operators;
    if (!cursor_take(cursor, " tensors=") || !cursor_integer(cursor, &tensors) ||
        !cursor_take(cursor, " operators=") || !cursor_integer(cursor, &operators))
        return trace_wanted(reader, cursor, "end tensors=N operators=N", err);
    if ((uint64_t)tensors != reader->tensors || (uint64_t)operators != reader->operators)
        return trace_source_error(
            reader->source, err,
            "end counts %lld tensors and %lld operators, the file has %llu "
            "and %llu",
            (long long)tensors, (long long)operators, (unsigned long long)reader->tensors,
            (unsigned long long)reader->operators);
    if (cursor_take(cursor, " crc32=")) {
        uint32_t sum = 0;
        for (int i = 0; i < 8; i++, cursor->at++) {
            static const char DIGITS[] = "0123456789abcdef";
            const char *digit = *cursor->at ? strchr(DIGITS, *cursor->at) : NULL;
            if (!digit)
                return trace_wanted(reader, cursor, "eight hexadecimal digits", err);
            sum = sum << 4 | (uint32_t)(digit - DIGITS);
        }
        if (!reader->is_checked && sum != trace_source_checksum(reader->source))
            return trace_source_error(reader->source, err,
                                      "checksum is %08x, the file's is %08x: it is corrupt (or "
                                      "was edited: leave crc32=... out)",
                                      sum, trace_source_checksum(reader->source));
    }
    if (!cursor_at_end(cursor))
        return trace_wanted(reader, cursor, "the end of the line", err);
    if (reader->live.count && !reader->dead) {
        const struct live_tensor *left = live_any(&reader->live);
        return trace_source_error(reader->source, err,
                                  "last use of %%%llu \"%.100s\" is marked nowhere",
                                  (unsigned long long)left->number, left->name);
    }
    const char *line;
    size_t length;
    if (!trace_source_line(reader->source, &line, &length, err))
        return false;
    if (length)
        return trace_source_error(reader->source, err, "text follows the end record");
    reader->has_ended = true;
    return true;
}

static void release_dead(struct trace_reader *reader, uint64_t slot)
{
    for (struct live_tensor *owner = reader->dead[slot], *next; owner; owner = next) {
        next = owner->next_dead;
        live_release(&reader->live, owner);
    }
    reader->dead[slot] = NULL;
}

/* What the last operator used up goes now, or hold_count operators later. */
static void bury(struct trace_reader *reader)
{
    uint64_t slot = reader->dead ? reader->operators % reader->hold_count : 0;
    if (reader->dead)
        release_dead(reader, slot);
    for (uint32_t i = 0; i < reader->dying_count; i++) {
        struct live_tensor *owner = reader->dying[i];
        if (!reader->dead)
            live_release(&reader->live, owner);
        else {
            owner->next_dead = reader->dead[slot];
            reader->dead[slot] = owner;
        }
    }
    reader->dying_count = 0;
}

bool trace_hold(struct trace_reader *reader, uint64_t operators, struct error *err)
{
    if (operators == 0)
        return true;
    reader->dead = calloc(operators, sizeof *reader->dead);
    reader->hold_count = operators;
    return reader->dead || error_set(err, "no memory to hold tensors of %llu operators",
                                     (unsigned long long)operators);
}

/* Records up to and including the next operator or the end. */
static bool advance(struct trace_reader *reader, struct operator* op, struct error *err)
{
    bury(reader);
    for (;;) {
        struct cursor cursor;
        size_t length;
        if (!trace_source_line(reader->source, &cursor.at, &length, err))
            return false;
        if (length == 0)
            return trace_source_error(reader->source, err,
                                      "file ends without an end record: it is truncated");
        if (!make_room(reader, length, err))
            return false;
        if (cursor_take(&cursor, "tensor")) {
            if (!trace_read_tensor(reader, &cursor, err))
                return false;
        } else if (cursor_take(&cursor, "op"))
            return trace_read_operator(reader, &cursor, op, err);
        else if (cursor_take(&cursor, "end"))
            return read_end(reader, &cursor, err);
        else if (*cursor.at != '#') /* a comment for people */
            return trace_wanted(reader, &cursor, "tensor, op, end or a # comment", err);
    }
}

static bool start(struct trace_reader *reader, struct error *err)
{
    struct cursor cursor;
    size_t length;
    int64_t version = 0;
    reader->tensors = reader->operators = reader->next_number = 0;
    reader->dying_count = 0;
    reader->has_ended = false;
    live_clear(&reader->live);
    if (reader->dead)
        memset(reader->dead, 0, reader->hold_count * sizeof *reader->dead);
    if (!trace_source_line(reader->source, &cursor.at, &length, err))
        return false;
    if (length == 0 || !cursor_take(&cursor, "cleave-trace ") ||
        !cursor_integer(&cursor, &version) || !cursor_at_end(&cursor))
        return error_set(err, "%.200s: is no trace: its first line must be 'cleave-trace %d'",
                         trace_source_path(reader->source), TRACE_VERSION);
    if (version != TRACE_VERSION)
        return trace_source_error(reader->source, err,
                                  "is a trace of version %lld, must be version %d",
                                  (long long)version, TRACE_VERSION);
    return true;
}

bool trace_rewind(struct trace_reader *reader, struct error *err)
{
    return trace_source_rewind(reader->source, !reader->is_checked, err) && start(reader, err);
}

static bool check_all(struct trace_reader *reader, struct error *err)
{
    struct operator op;
    if (!start(reader, err))
        return false;
    while (!reader->has_ended)
        if (!advance(reader, &op, err))
            return false;
    reader->counts =
        (struct trace_counts){reader->tensors, reader->operators,
                              trace_source_offset(reader->source), reader->live.count_max};
    reader->is_checked = true;
    return true;
}

struct trace_reader *trace_open(const char *path, struct error *err)
{
    struct trace_reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        error_set(err, "no memory to open %.200s", path);
        return NULL;
    }
    trace_index_specs(reader);
    live_init(&reader->live);
    reader->source = reader->live.slots ? trace_source_open(path, err) : NULL;
    if (!reader->source || !check_all(reader, err) || !trace_rewind(reader, err)) {
        error_set(err, "no memory to open %.200s", path);
        trace_close(reader);
        return NULL;
    }
    return reader;
}

void trace_close(struct trace_reader *reader)
{
    if (!reader)
        return;
    trace_source_close(reader->source);
    live_free(&reader->live);
    free(reader->dead);
    free(reader->text);
    free(reader->integers);
    free(reader);
}

bool trace_next(struct trace_reader *reader, struct operator* op, struct error *err)
{
    return !reader->has_ended && advance(reader, op, err) && !reader->has_ended;
}

bool trace_is_last_use(const struct tensor *tensor)
{
    return ((const struct live_tensor *)tensor_owner(tensor))->is_dying;
}

bool trace_check(const char *path, struct error *err)
{
    struct trace_reader *reader = trace_open(path, err);
    trace_close(reader);
    return reader != NULL;
}
