/* Bursts that wait: a small open-addressing table from burst number to request index. Capacity
 * is fixed at making; entries never exceed half of it, so probes stay short. */
#ifndef ARCH_MEMORY_DRAM_PENDING_H
#define ARCH_MEMORY_DRAM_PENDING_H

#include <stdint.h>

#include "sim/kernel/arena.h"

struct dram_pending {
    uint64_t *keys; /* burst + 1; 0 is empty */
    uint32_t *values;
    uint32_t mask, count;
};

void dram_pending_make(struct dram_pending *table, struct arena *arena, uint64_t entries);

static inline uint32_t dram_pending_slot(const struct dram_pending *table, uint64_t key)
{
    return (uint32_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 32) & table->mask;
}

/* The value of a burst, or UINT32_MAX. */
static inline uint32_t dram_pending_find(const struct dram_pending *table, uint64_t burst)
{
    uint64_t key = burst + 1;
    if (table->count == 0)
        return UINT32_MAX;
    for (uint32_t slot = dram_pending_slot(table, key);; slot = (slot + 1) & table->mask) {
        if (table->keys[slot] == key)
            return table->values[slot];
        if (table->keys[slot] == 0)
            return UINT32_MAX;
    }
}

static inline void dram_pending_add(struct dram_pending *table, uint64_t burst, uint32_t value)
{
    uint32_t slot = dram_pending_slot(table, burst + 1);
    while (table->keys[slot] != 0)
        slot = (slot + 1) & table->mask;
    table->keys[slot] = burst + 1;
    table->values[slot] = value;
    table->count++;
}

static inline void dram_pending_drop(struct dram_pending *table, uint64_t burst)
{
    uint64_t key = burst + 1;
    uint32_t hole = dram_pending_slot(table, key);
    while (table->keys[hole] != key) {
        if (table->keys[hole] == 0)
            return;
        hole = (hole + 1) & table->mask;
    }
    /* Close the gap so that later entries of the same chain stay reachable. */
    for (uint32_t slot = (hole + 1) & table->mask; table->keys[slot] != 0;
         slot = (slot + 1) & table->mask) {
        uint32_t home = dram_pending_slot(table, table->keys[slot]);
        if (((slot - home) & table->mask) >= ((slot - hole) & table->mask)) {
            table->keys[hole] = table->keys[slot];
            table->values[hole] = table->values[slot];
            hole = slot;
        }
    }
    table->keys[hole] = 0;
    table->count--;
}

#endif
