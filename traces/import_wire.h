/* Protocol buffers, before they are unpacked: a message is read in chunks, checked against its
 * descriptor, and copied without what nobody needs: long payloads (weights), unknown fields and
 * fields on a drop list. What is left is small and safe to unpack: lengths nest, wire types
 * fit, depth is bounded and no sub-message is merged from two places. Memory follows what is
 * kept, never what is dropped. */
#ifndef TRACES_IMPORT_WIRE_H
#define TRACES_IMPORT_WIRE_H

#include <protobuf-c/protobuf-c.h>

#include "traces/import_source.h"

struct wire_rule {
    const ProtobufCMessageDescriptor *message;
    uint32_t field;
    uint64_t longest; /* payloads above so many bytes are dropped; 0: always */
};

struct wire_buffer {
    unsigned char *bytes; /* freed by wire_buffer_free */
    size_t length, capacity;
    uint64_t dropped_bytes;
};

/* Copies `length` bytes of the source (WIRE_TO_END: all that follow), which are one message. */
#define WIRE_TO_END UINT64_MAX
bool wire_filter(struct import_source *source, uint64_t length,
                 const ProtobufCMessageDescriptor *message, const struct wire_rule *rules,
                 size_t rule_count, struct wire_buffer *buffer, struct error *err);
void wire_buffer_free(struct wire_buffer *buffer);

/* One varint of at most 64 bits. */
bool wire_varint(struct import_source *source, uint64_t *value, struct error *err);

/* Allocates unpacked messages in an arena, which frees them. */
ProtobufCAllocator wire_allocator(struct arena *arena);

#endif
