#include "workloads/dense/tape.h"

#include <string.h>

static void *copy(struct builder *b, const void *from, size_t count, size_t size)
{
    void *to = arena_array(b->arena, count ? count : 1, size);
    if (count)
        memcpy(to, from, count * size);
    return to;
}

void tape_record(struct builder *b, const struct operator* op)
{
    struct tape_entry *entry = arena_alloc(b->arena, sizeof *entry);
    entry->op = *op;
    entry->op.inputs = copy(b, op->inputs, op->input_count, sizeof(struct tensor *));
    entry->op.outputs = copy(b, op->outputs, op->output_count, sizeof(struct tensor *));
    entry->op.attributes =
        copy(b, op->attributes, op->attribute_count, sizeof(struct attribute));
    entry->older = b->tape;
    b->tape = entry;
}
