/* A plain binary heap ordered by (time and phase, sequence): the oracle of the kernel's pending
 * set and the yardstick of its speed. The caller reserves the room. */
#ifndef VALIDATION_UNIT_REFERENCE_HEAP_H
#define VALIDATION_UNIT_REFERENCE_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct heap_entry {
    uint64_t key, sequence;
    void *owner;
};

struct heap {
    struct heap_entry *entries;
    size_t count, capacity;
};

void heap_push(struct heap *heap, struct heap_entry entry);
struct heap_entry heap_pop(struct heap *heap);

#endif
