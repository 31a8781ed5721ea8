#include "traces/import_wire.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };
enum { DEPTH_MAX = 16, LENGTH_BYTES = 5 };
/* What is kept of a model has to be unpacked in memory; real graphs are below 20 MB. */
static const size_t KEPT_BYTES_MAX = (size_t)1 << 29;

struct filter {
    struct import_source *source;
    const struct wire_rule *rules;
    size_t rule_count;
    struct wire_buffer *buffer;
    struct error *err;
};

void wire_buffer_free(struct wire_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct wire_buffer){0};
}

bool wire_varint(struct import_source *source, uint64_t *value, struct error *err)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        unsigned char byte;
        if (source->at < source->filled) {
            byte = source->buffer[source->at++];
            source->position++;
        } else if (!import_source_take(source, &byte, 1, err)) {
            return false;
        }
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return error_set(err, "%s: the number before byte %" PRIu64 " has more than 64 bits",
                     source->path, source->position);
}

static bool reserve(struct filter *filter, size_t more)
{
    struct wire_buffer *buffer = filter->buffer;
    if (more <= buffer->capacity - buffer->length)
        return true;
    size_t capacity = buffer->capacity ? buffer->capacity : 4096;
    while (capacity - buffer->length < more && capacity < KEPT_BYTES_MAX)
        capacity *= 2;
    unsigned char *bytes =
        capacity - buffer->length < more ? NULL : realloc(buffer->bytes, capacity);
    if (!bytes)
        return error_set(filter->err, "%s: has more than %zu MiB besides its weights",
                         filter->source->path, KEPT_BYTES_MAX >> 20);
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

static bool put_varint(struct filter *filter, uint64_t value)
{
    if (!reserve(filter, 10))
        return false;
    struct wire_buffer *buffer = filter->buffer;
    while (value >= 0x80) {
        buffer->bytes[buffer->length++] = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    buffer->bytes[buffer->length++] = (unsigned char)value;
    return true;
}

/* A length is written in a fixed number of bytes, so that it can be filled in afterwards. */
static void put_length(unsigned char *at, uint64_t value)
{
    for (int i = 0; i < LENGTH_BYTES; i++, value >>= 7)
        at[i] = (unsigned char)((value & 0x7f) | (i + 1 < LENGTH_BYTES ? 0x80 : 0));
}

static bool put_bytes(struct filter *filter, uint64_t length)
{
    if (length > KEPT_BYTES_MAX)
        length = KEPT_BYTES_MAX + 1;
    /* Space is taken as bytes arrive: a false length cannot claim memory. */
    while (length > 0) {
        size_t share = length < 65536 ? (size_t)length : 65536;
        if (!reserve(filter, share))
            return false;
        if (!import_source_take(filter->source, filter->buffer->bytes + filter->buffer->length,
                                share, filter->err))
            return false;
        filter->buffer->length += share;
        length -= share;
    }
    return true;
}

static bool malformed(struct filter *filter, uint64_t at, const char *what)
{
    return error_set(filter->err, "%s: the field at byte %" PRIu64 " %s", filter->source->path,
                     at, what);
}

static int wire_type_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return WIRE_FIXED32;
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return WIRE_FIXED64;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return WIRE_BYTES;
    default:
        return WIRE_VARINT;
    }
}

static bool is_dropped(const struct filter *filter, const ProtobufCMessageDescriptor *message,
                       const ProtobufCFieldDescriptor *field, uint64_t length)
{
    if (!field)
        return true;
    for (size_t i = 0; i < filter->rule_count; i++)
        if (filter->rules[i].message == message && filter->rules[i].field == field->id)
            return length > filter->rules[i].longest || filter->rules[i].longest == 0;
    return false;
}

static bool walk(struct filter *filter, const ProtobufCMessageDescriptor *message,
                 uint64_t length, int depth);

static bool copy_nested(struct filter *filter, const ProtobufCFieldDescriptor *field,
                        uint64_t length, int depth, uint64_t at)
{
    if (depth == DEPTH_MAX)
        return malformed(filter, at, "is nested too deeply");
    if (!reserve(filter, LENGTH_BYTES))
        return false;
    size_t start = filter->buffer->length;
    filter->buffer->length += LENGTH_BYTES;
    if (!walk(filter, field->descriptor, length, depth + 1))
        return false;
    put_length(filter->buffer->bytes + start, filter->buffer->length - start - LENGTH_BYTES);
    return true;
}

static bool copy_number(struct filter *filter, uint64_t tag, bool is_kept)
{
    uint64_t value;
    if (!wire_varint(filter->source, &value, filter->err))
        return false;
    return !is_kept || (put_varint(filter, tag) && put_varint(filter, value));
}

static bool copy_field(struct filter *filter, const ProtobufCMessageDescriptor *message,
                       const ProtobufCFieldDescriptor *field, uint64_t tag, uint64_t room,
                       int depth, uint64_t at)
{
    int wire = (int)(tag & 7);
    bool is_packed = field && wire == WIRE_BYTES && field->label == PROTOBUF_C_LABEL_REPEATED;
    if (field && wire != wire_type_of(field->type) && !is_packed)
        return malformed(filter, at, "has another wire type than its schema says");
    if (wire == WIRE_VARINT)
        return copy_number(filter, tag, !is_dropped(filter, message, field, 1));
    uint64_t length = wire == WIRE_FIXED64 ? 8 : 4;
    if (wire == WIRE_BYTES && !wire_varint(filter->source, &length, filter->err))
        return false;
    if (wire != WIRE_BYTES && wire != WIRE_FIXED64 && wire != WIRE_FIXED32)
        return malformed(filter, at, "has a wire type that does not exist");
    if (length >
        room - (filter->source->position - at < room ? filter->source->position - at : room))
        return malformed(filter, at, "runs past the end of its message");
    if (is_dropped(filter, message, field, length)) {
        filter->buffer->dropped_bytes += length;
        return import_source_skip(filter->source, length, filter->err);
    }
    if (!put_varint(filter, tag))
        return false;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return copy_nested(filter, field, length, depth, at);
    return (wire != WIRE_BYTES || put_varint(filter, length)) && put_bytes(filter, length);
}

static bool walk(struct filter *filter, const ProtobufCMessageDescriptor *message,
                 uint64_t length, int depth)
{
    struct import_source *source = filter->source;
    uint64_t start = source->position, seen = 0;
    for (;;) {
        bool is_end = false;
        if (length == WIRE_TO_END && !import_source_at_end(source, &is_end, filter->err))
            return false;
        uint64_t at = source->position, tag;
        if (is_end || (length != WIRE_TO_END && at - start == length))
            return true;
        if (!wire_varint(source, &tag, filter->err))
            return false;
        if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
            return malformed(filter, at, "has a number that no field has");
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(message, (unsigned)(tag >> 3));
        if (field && field->type == PROTOBUF_C_TYPE_MESSAGE && field->id < 64 &&
            field->label != PROTOBUF_C_LABEL_REPEATED) {
            if (seen >> field->id & 1)
                return malformed(filter, at, "occurs twice in one message");
            seen |= (uint64_t)1 << field->id;
        }
        uint64_t room = length == WIRE_TO_END ? UINT64_MAX : length - (at - start);
        if (!copy_field(filter, message, field, tag, room, depth, at))
            return false;
        if (length != WIRE_TO_END && source->position - start > length)
            return malformed(filter, at, "runs past the end of its message");
    }
}

bool wire_filter(struct import_source *source, uint64_t length,
                 const ProtobufCMessageDescriptor *message, const struct wire_rule *rules,
                 size_t rule_count, struct wire_buffer *buffer, struct error *err)
{
    struct filter filter = {source, rules, rule_count, buffer, err};
    buffer->length = 0;
    return walk(&filter, message, length, 0);
}

static void *allocate(void *context, size_t bytes)
{
    return arena_alloc(context, bytes);
}

static void release(void *context, void *block)
{
    (void)context;
    (void)block;
}

ProtobufCAllocator wire_allocator(struct arena *arena)
{
    return (ProtobufCAllocator){allocate, release, arena};
}
