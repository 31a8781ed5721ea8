#include "arch/memory/dram_pending.h"

void dram_pending_make(struct dram_pending *table, struct arena *arena, uint64_t entries)
{
    uint64_t size = 16;
    while (size < entries * 2 + 2)
        size *= 2;
    table->keys = arena_array(arena, size, sizeof *table->keys);
    table->values = arena_array(arena, size, sizeof *table->values);
    table->mask = (uint32_t)(size - 1);
}
