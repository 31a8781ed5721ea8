#include "validation/unit/reference_heap.h"

#include <assert.h>
#include <stdbool.h>

static bool is_before(const struct heap_entry *a, const struct heap_entry *b)
{
    return a->key != b->key ? a->key < b->key : a->sequence < b->sequence;
}

void heap_push(struct heap *heap, struct heap_entry entry)
{
    assert(heap->count < heap->capacity);
    size_t at = heap->count++;
    while (at > 0 && is_before(&entry, &heap->entries[(at - 1) / 2])) {
        heap->entries[at] = heap->entries[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->entries[at] = entry;
}

struct heap_entry heap_pop(struct heap *heap)
{
    assert(heap->count > 0);
    struct heap_entry top = heap->entries[0], last = heap->entries[--heap->count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
        if (child + 1 < heap->count &&
            is_before(&heap->entries[child + 1], &heap->entries[child]))
            child++;
        if (!is_before(&heap->entries[child], &last))
            break;
        heap->entries[at] = heap->entries[child];
    }
    heap->entries[at] = last;
    return top;
}
