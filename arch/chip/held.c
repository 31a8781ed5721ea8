#include "arch/chip/held.h"

#include <assert.h>

void held_table_init(struct held_table *table, const struct chip *chip, struct arena *arena)
{
    *table = (struct held_table){.arena = arena, .chip = chip, .capacity = 4096};
    table->slots = arena_array(arena, table->capacity, sizeof *table->slots);
}

static size_t home(const struct held_table *table, uint64_t key)
{
    return (size_t)(key * 0x9E3779B97F4A7C15u >> 20) & (table->capacity - 1);
}

static size_t locate(const struct held_table *table, uint64_t key)
{
    size_t at = home(table, key);
    while (table->slots[at].id && table->slots[at].id != key)
        at = (at + 1) & (table->capacity - 1);
    return at;
}

struct held *held_find_id(const struct held_table *table, uint64_t tensor)
{
    return table->slots[locate(table, tensor + 1)].held;
}

struct held *held_find(const struct held_table *table, const struct tensor *tensor)
{
    return held_find_id(table, tensor_owner(tensor)->id);
}

static void insert(struct held_table *table, uint64_t key, struct held *held)
{
    if (2 * (table->used + 1) > table->capacity) {
        struct held_slot *old = table->slots;
        size_t count = table->capacity;
        table->capacity *= 2;
        table->slots = arena_array(table->arena, table->capacity, sizeof *table->slots);
        for (size_t i = 0; i < count; i++)
            if (old[i].id)
                table->slots[locate(table, old[i].id)] = old[i];
    }
    size_t at = locate(table, key);
    table->used += table->slots[at].id == 0;
    table->slots[at] = (struct held_slot){key, held};
}

/* Open addressing without tombstones: what follows the gap moves up where it may. */
static void erase(struct held_table *table, size_t gap)
{
    size_t mask = table->capacity - 1;
    table->used--;
    for (size_t at = (gap + 1) & mask; table->slots[at].id; at = (at + 1) & mask) {
        size_t wanted = home(table, table->slots[at].id);
        if (((at - wanted) & mask) >= ((at - gap) & mask)) {
            table->slots[gap] = table->slots[at];
            gap = at;
        }
    }
    table->slots[gap] = (struct held_slot){0};
}

static void recycle(struct held_table *table, struct held *held)
{
    if (held->users || held->pins)
        return;
    held->next_free = table->free;
    table->free = held;
}

static struct held *make(struct held_table *table, struct rest_place place, uint64_t bytes)
{
    struct held *held = table->free;
    if (held)
        table->free = held->next_free;
    else
        held = arena_alloc(table->arena, sizeof *held);
    *held =
        (struct held){.memory = place.memory,
                      .is_resident = table->chip->memories[place.memory].kind == MEMORY_SRAM,
                      .producer = -1,
                      .refused_by = place.refused_by,
                      .refused_room = place.refused_room,
                      .bytes = bytes};
    return held;
}

static void occupy(struct held_table *table, const struct held *held)
{
    int32_t memory = held->memory;
    table->occupied[memory] += held->bytes;
    if (table->occupied[memory] > table->peak[memory])
        table->peak[memory] = table->occupied[memory];
}

struct held *held_place(struct held_table *table, const struct tensor *tensor,
                        const struct rest_wish *wish)
{
    const struct chip *chip = table->chip;
    const struct tensor *owner = tensor_owner(tensor);
    uint64_t bytes =
        number_format_bytes(chip_stored_format(chip, owner->format), tensor_elements(owner));
    uint32_t role = rest_role(owner);
    struct rest_place place;
    int32_t on_chip = rest_grant(chip, table->occupied, role, bytes, wish, &place);
    struct held *copy = NULL;
    if (on_chip >= 0) {
        copy = make(table, (struct rest_place){on_chip, -1, 0}, bytes);
        copy->users = 1;
        occupy(table, copy);
    }
    struct held *held = make(table, place, bytes);
    held->is_chosen = wish && wish->memory != REST_ANYWHERE;
    held->users = 1;
    held->tensor = owner->id;
    held->copy = copy;
    held->counts_host = owner->role == ROLE_INPUT;
    occupy(table, held);
    insert(table, owner->id + 1, held);
    return held;
}

struct held *held_place_unnamed(struct held_table *table, uint64_t bytes)
{
    return make(table, rest_choose(table->chip, table->occupied, ROLE_BIT_ACTIVATIONS, bytes),
                bytes);
}

struct held *held_nearest(struct held *held)
{
    return held && held->copy ? held->copy : held;
}

static void give_back(struct held_table *table, struct held *held)
{
    table->occupied[held->memory] -= held->bytes;
    recycle(table, held);
}

static void leave(struct held_table *table, struct held *held)
{
    struct held *copy = held->copy;
    if (!copy)
        return;
    held->copy = NULL;
    copy->users = 0;
    give_back(table, copy);
}

void held_leave(struct held_table *table, uint64_t tensor)
{
    struct held *held = held_find_id(table, tensor);
    if (held)
        leave(table, held);
}

void held_alias(struct held_table *table, const struct tensor *tensor, struct held *held)
{
    held->users++;
    insert(table, tensor_owner(tensor)->id + 1, held);
}

void held_pin(struct held *held)
{
    held->pins++;
}

void held_unpin(struct held_table *table, struct held *held)
{
    assert(held->pins > 0);
    held->pins--;
    recycle(table, held);
}

void held_drop(struct held_table *table, const struct tensor *tensor)
{
    size_t at = locate(table, tensor_owner(tensor)->id + 1);
    struct held *held = table->slots[at].held;
    if (!held)
        return;
    erase(table, at);
    assert(held->users > 0);
    if (--held->users > 0)
        return;
    leave(table, held);
    give_back(table, held);
}
