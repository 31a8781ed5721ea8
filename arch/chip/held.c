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

struct held *held_find(const struct held_table *table, const struct tensor *tensor)
{
    return table->slots[locate(table, tensor_owner(tensor)->id + 1)].held;
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

uint64_t held_room(const struct held_table *table, int32_t memory)
{
    uint64_t capacity = table->chip->memories[memory].capacity;
    uint64_t occupied = table->occupied[memory];
    return occupied < capacity ? capacity - occupied : 0;
}

static uint32_t role_bit(const struct tensor *tensor)
{
    switch (tensor->role) {
    case ROLE_CONST:
        return ROLE_BIT_WEIGHTS;
    case ROLE_INPUT:
    case ROLE_OUTPUT:
        return ROLE_BIT_IO;
    case ROLE_STATE:
    case ROLE_TEMP:
        break;
    }
    return ROLE_BIT_ACTIVATIONS;
}

/* An SRAM keeps a sixteenth free for tiles on their way where the file names no share. */
static uint64_t staging(const struct chip_memory *memory)
{
    return memory->staging ? memory->staging : memory->capacity / 16;
}

/* Whether a memory takes tensors of a role, room apart. */
static bool is_for(const struct chip_memory *memory, uint32_t role)
{
    if (!(memory->roles & role))
        return false;
    if (memory->kind != MEMORY_SRAM)
        return true;
    return memory->residency != RESIDENCY_NONE &&
           (role != ROLE_BIT_WEIGHTS || memory->residency == RESIDENCY_ALL);
}

static uint64_t rest_room(const struct held_table *table, int32_t index)
{
    uint64_t room = held_room(table, index), kept = staging(&table->chip->memories[index]);
    return room > kept ? room - kept : 0;
}

/* SRAM first, then main memories in the order of the file; a main memory of another role rather
 * than none, the host's as the last. Says in `held` which SRAM had no room. */
static void choose_memory(const struct held_table *table, uint32_t role, struct held *held)
{
    const struct chip *chip = table->chip;
    for (int32_t i = 0; i < chip->memory_count; i++) {
        const struct chip_memory *memory = &chip->memories[i];
        if (memory->kind != MEMORY_SRAM || !is_for(memory, role))
            continue;
        held->memory = i;
        held->is_resident = true;
        if (held->bytes <= rest_room(table, i) && rest_room(table, i))
            return;
        if (held->refused_by < 0) {
            held->refused_by = i;
            held->refused_room = rest_room(table, i);
        }
    }
    held->is_resident = false;
    held->memory = chip->host_memory;
    for (int32_t i = chip->memory_count - 1; i >= 0; i--)
        if (chip->memories[i].kind == MEMORY_DRAM)
            held->memory = i;
    for (int32_t i = chip->memory_count - 1; i >= 0; i--)
        if (chip->memories[i].kind != MEMORY_SRAM && is_for(&chip->memories[i], role))
            held->memory = i;
}

static void recycle(struct held_table *table, struct held *held)
{
    if (held->users || held->pins)
        return;
    held->next_free = table->free;
    table->free = held;
}

static struct held *make(struct held_table *table, uint32_t role, uint64_t bytes)
{
    struct held *held = table->free;
    if (held)
        table->free = held->next_free;
    else
        held = arena_alloc(table->arena, sizeof *held);
    *held = (struct held){.producer = -1, .refused_by = -1, .bytes = bytes};
    choose_memory(table, role, held);
    return held;
}

static void occupy(struct held_table *table, const struct held *held)
{
    int32_t memory = held->memory;
    table->occupied[memory] += held->bytes;
    if (table->occupied[memory] > table->peak[memory])
        table->peak[memory] = table->occupied[memory];
}

struct held *held_place(struct held_table *table, const struct tensor *tensor)
{
    const struct tensor *owner = tensor_owner(tensor);
    uint64_t bytes = number_format_bytes(chip_stored_format(table->chip, owner->format),
                                         tensor_elements(owner));
    struct held *held = make(table, role_bit(owner), bytes);
    held->users = 1;
    held->tensor = owner->id;
    held->counts_host = owner->role == ROLE_INPUT || owner->role == ROLE_OUTPUT;
    occupy(table, held);
    insert(table, owner->id + 1, held);
    return held;
}

struct held *held_place_unnamed(struct held_table *table, uint64_t bytes)
{
    return make(table, ROLE_BIT_ACTIVATIONS, bytes);
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
    table->occupied[held->memory] -= held->bytes;
    recycle(table, held);
}
