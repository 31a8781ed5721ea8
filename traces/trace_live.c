#include "traces/trace_live.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void live_init(struct live_table *table)
{
    *table = (struct live_table){.slot_count = 1024};
    arena_init(&table->arena);
    table->slots = calloc(table->slot_count, sizeof *table->slots);
}

void live_free(struct live_table *table)
{
    if (table->slots)
        live_clear(table);
    free(table->slots);
    arena_free(&table->arena);
}

/* Numbers ascend, so that neighbours would pile up without mixing (Knuth's multiplier). */
static size_t home(const struct live_table *table, uint64_t number)
{
    return (size_t)(number * 0x9e3779b97f4a7c15u >> 32) & (table->slot_count - 1);
}

struct live_tensor *live_new(struct live_table *table, size_t name_length)
{
    if (table->count >= LIVE_TENSORS_MAX || table->count + 2 >= table->slot_count)
        return NULL;
    size_t class = 0, room = 32;
    for (; room <= name_length && class < 15; class ++)
        room *= 2;
    struct live_tensor *record = table->free_by_size[class];
    if (record && record->name_room > name_length)
        table->free_by_size[class] = record->next;
    else {
        if (room <= name_length)
            room = name_length + 1;
        record = arena_alloc(&table->arena, sizeof *record + room);
    }
    *record = (struct live_tensor){.name_room = room};
    return record;
}

static void insert(struct live_table *table, struct live_tensor *record)
{
    size_t slot = home(table, record->number);
    while (table->slots[slot])
        slot = (slot + 1) & (table->slot_count - 1);
    table->slots[slot] = record;
}

void live_add(struct live_table *table, struct live_tensor *record)
{
    if (table->count * 2 >= table->slot_count) {
        struct live_tensor **old = table->slots;
        size_t old_count = table->slot_count;
        struct live_tensor **bigger = calloc(old_count * 2, sizeof *bigger);
        if (bigger) {
            table->slots = bigger;
            table->slot_count = old_count * 2;
            for (size_t i = 0; i < old_count; i++)
                if (old[i])
                    insert(table, old[i]);
            free(old);
        }
    }
    insert(table, record);
    if (++table->count > table->count_max)
        table->count_max = table->count;
}

static size_t slot_of(const struct live_table *table, uint64_t number)
{
    size_t slot = home(table, number);
    while (table->slots[slot] && table->slots[slot]->number != number)
        slot = (slot + 1) & (table->slot_count - 1);
    return slot;
}

struct live_tensor *live_find(const struct live_table *table, uint64_t number)
{
    return table->slots[slot_of(table, number)];
}

/* Linear probing without tombstones: those behind the hole move up if they may. */
static void remove_slot(struct live_table *table, size_t hole)
{
    size_t mask = table->slot_count - 1;
    for (size_t i = (hole + 1) & mask; table->slots[i]; i = (i + 1) & mask) {
        size_t wanted = home(table, table->slots[i]->number);
        if (((i - wanted) & mask) >= ((i - hole) & mask)) {
            table->slots[hole] = table->slots[i];
            hole = i;
        }
    }
    table->slots[hole] = NULL;
}

static void free_contents(struct live_tensor *record)
{
    if (record->mapped)
        munmap(record->mapped, record->mapped_bytes);
    else if (record->tensor.contents)
        free((void *)(uintptr_t)record->contents.values);
    record->mapped = NULL;
    record->tensor.contents = NULL;
}

void live_release(struct live_table *table, struct live_tensor *owner)
{
    for (struct live_tensor *record = owner, *next; record; record = next) {
        next = record->next;
        remove_slot(table, slot_of(table, record->number));
        table->count--;
        free_contents(record);
        size_t class = 0;
        for (size_t room = 32; room < record->name_room && class < 15; class ++)
            room *= 2;
        record->next = table->free_by_size[class];
        table->free_by_size[class] = record;
    }
}

void live_clear(struct live_table *table)
{
    for (size_t i = 0; i < table->slot_count; i++)
        if (table->slots[i]) {
            free_contents(table->slots[i]);
            table->slots[i] = NULL;
        }
    memset(table->free_by_size, 0, sizeof table->free_by_size);
    table->count = 0;
    arena_free(&table->arena);
}

struct live_tensor *live_any(const struct live_table *table)
{
    struct live_tensor *lowest = NULL;
    for (size_t i = 0; i < table->slot_count; i++)
        if (table->slots[i] && (!lowest || table->slots[i]->number < lowest->number))
            lowest = table->slots[i];
    return lowest;
}
