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
/* The value of a burst, or UINT32_MAX. */
uint32_t dram_pending_find(const struct dram_pending *table, uint64_t burst);
void dram_pending_add(struct dram_pending *table, uint64_t burst, uint32_t value);
void dram_pending_drop(struct dram_pending *table, uint64_t burst);

#endif
