/* The usual pending set of event simulators: a binary heap of pointers to events that carry
 * their time and sequence. Comparing two entries reads both events. */
#ifndef VALIDATION_BENCH_INTRUSIVE_HEAP_H
#define VALIDATION_BENCH_INTRUSIVE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_event {
    uint64_t key, sequence;
    void (*fire)(struct heap_event *event);
    void *owner;
};

struct intrusive_heap {
    struct heap_event **entries;
    size_t count;
};

static inline bool heap_event_is_before(const struct heap_event *a, const struct heap_event *b)
{
    return a->key != b->key ? a->key < b->key : a->sequence < b->sequence;
}

static inline void intrusive_heap_push(struct intrusive_heap *heap, struct heap_event *event)
{
    size_t at = heap->count++;
    for (; at > 0 && heap_event_is_before(event, heap->entries[(at - 1) / 2]);
         at = (at - 1) / 2)
        heap->entries[at] = heap->entries[(at - 1) / 2];
    heap->entries[at] = event;
}

static inline struct heap_event *intrusive_heap_pop(struct intrusive_heap *heap)
{
    struct heap_event *top = heap->entries[0], *last = heap->entries[--heap->count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
        if (child + 1 < heap->count &&
            heap_event_is_before(heap->entries[child + 1], heap->entries[child]))
            child++;
        if (!heap_event_is_before(heap->entries[child], last))
            break;
        heap->entries[at] = heap->entries[child];
    }
    heap->entries[at] = last;
    return top;
}

#endif
