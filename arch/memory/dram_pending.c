#include "arch/memory/dram_pending.h"

static uint32_t slot_of(const struct dram_pending *table, uint64_t key)
{
    return (uint32_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 32) & table->mask;
}

void dram_pending_make(struct dram_pending *table, struct arena *arena, uint64_t entries)
{
    uint64_t size = 16;
    while (size < entries * 2 + 2)
        size *= 2;
    table->keys = arena_array(arena, size, sizeof *table->keys);
    table->values = arena_array(arena, size, sizeof *table->values);
    table->mask = (uint32_t)(size - 1);
}

uint32_t dram_pending_find(const struct dram_pending *table, uint64_t burst)
{
    uint64_t key = burst + 1;
    if (table->count == 0)
        return UINT32_MAX;
    for (uint32_t slot = slot_of(table, key);; slot = (slot + 1) & table->mask) {
        if (table->keys[slot] == key)
            return table->values[slot];
        if (table->keys[slot] == 0)
            return UINT32_MAX;
    }
}

void dram_pending_add(struct dram_pending *table, uint64_t burst, uint32_t value)
{
    uint32_t slot = slot_of(table, burst + 1);
    while (table->keys[slot] != 0)
        slot = (slot + 1) & table->mask;
    table->keys[slot] = burst + 1;
    table->values[slot] = value;
    table->count++;
}

void dram_pending_drop(struct dram_pending *table, uint64_t burst)
{
    uint64_t key = burst + 1;
    uint32_t hole = slot_of(table, key);
    while (table->keys[hole] != key) {
        if (table->keys[hole] == 0)
            return;
        hole = (hole + 1) & table->mask;
    }
    /* Close the gap so that later entries of the same chain stay reachable. */
    for (uint32_t slot = (hole + 1) & table->mask; table->keys[slot] != 0;
         slot = (slot + 1) & table->mask) {
        uint32_t home = slot_of(table, table->keys[slot]);
        if (((slot - home) & table->mask) >= ((slot - hole) & table->mask)) {
            table->keys[hole] = table->keys[slot];
            table->values[hole] = table->values[slot];
            hole = slot;
        }
    }
    table->keys[hole] = 0;
    table->count--;
}
