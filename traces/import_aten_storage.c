#include "traces/import_aten_storage.h"

#include <inttypes.h>
#include <string.h>

const char *aten_name(struct aten_storage *table)
{
    return arena_format(table->context->arena, "t%" PRIu64, table->names++);
}

static struct aten_stored *slot_of(struct aten_stored *slots, size_t capacity, uint64_t storage)
{
    size_t at = (size_t)(storage * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (capacity - 1);
    while (slots[at].storage && slots[at].storage != storage)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static struct aten_stored *find_stored(struct aten_storage *table, uint64_t storage)
{
    if (2 * (table->stored_count + 1) > table->stored_capacity) {
        size_t capacity = table->stored_capacity ? 2 * table->stored_capacity : 256;
        struct aten_stored *bigger =
            arena_array(table->context->arena, capacity, sizeof *bigger);
        for (size_t i = 0; i < table->stored_capacity; i++)
            if (table->stored[i].storage)
                *slot_of(bigger, capacity, table->stored[i].storage) = table->stored[i];
        table->stored = bigger;
        table->stored_capacity = capacity;
    }
    struct aten_stored *slot = slot_of(table->stored, table->stored_capacity, storage);
    if (!slot->storage) {
        slot->storage = storage;
        table->stored_count++;
    }
    return slot;
}

struct tensor aten_tensor_of(struct aten_storage *table, const struct aten_argument *argument,
                             enum tensor_role role)
{
    struct tensor tensor = {
        .name = aten_name(table),
        .rank = argument->rank,
        .format = argument->format,
        .role = role,
    };
    if (argument->rank > 0)
        memcpy(tensor.shape, argument->integers, (size_t)argument->rank * sizeof *tensor.shape);
    return tensor;
}

bool aten_is_same(const struct tensor *a, const struct tensor *b)
{
    return a && a->rank == b->rank && number_format_equal(a->format, b->format) &&
           memcmp(a->shape, b->shape, (size_t)a->rank * sizeof *a->shape) == 0;
}

/* The tensor that a call reads: a result written before, a view of one, or something that was
 * there before recording began: the first such is the data, the others are constants. */
const struct tensor *aten_read_tensor(struct aten_storage *table,
                                      const struct aten_argument *argument, const char *place,
                                      struct error *err)
{
    struct tensor tensor = aten_tensor_of(table, argument, ROLE_CONST);
    if (!import_shape_fits(tensor.rank, tensor.shape)) {
        error_set(err, "%s: a tensor's shape is out of range", place);
        return NULL;
    }
    struct aten_stored *stored =
        argument->storage ? find_stored(table, argument->storage) : NULL;
    if (stored && aten_is_same(stored->owner, &tensor))
        return stored->owner;
    if (stored && aten_is_same(stored->view, &tensor))
        return stored->view;
    if (stored && stored->owner && tensor_bytes(&tensor) <= tensor_bytes(stored->owner)) {
        tensor.role = stored->owner->role;
        tensor.view_of = stored->owner;
        return stored->view = import_declare(table->context, &tensor, place, err);
    }
    bool is_new = !stored || !stored->owner;
    if (is_new && !table->has_input && tensor.rank > 0) {
        tensor.role = ROLE_INPUT;
        table->has_input = true;
    }
    const struct tensor *declared = import_declare(table->context, &tensor, place, err);
    if (stored && is_new)
        stored->owner = declared;
    return declared;
}

void aten_write_tensor(struct aten_storage *table, const struct aten_argument *argument,
                       const struct tensor *tensor)
{
    if (!argument->storage)
        return;
    struct aten_stored *stored = find_stored(table, argument->storage);
    /* Part of a storage written in place does not replace the whole. */
    if (stored->owner && tensor_bytes(stored->owner) > tensor_bytes(tensor) &&
        stored->owner->role != ROLE_CONST)
        return;
    stored->owner = tensor;
    stored->view = NULL;
}
