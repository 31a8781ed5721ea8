/* A latency to the first byte, and the memory's bandwidth shared by its streams. */
#include "arch/memory/port_share.h"

static void ideal_start(struct memory *memory)
{
    (void)memory;
}

static void ideal_offer(struct memory *memory, struct memory_entry *entry)
{
    if (entry->transfer.is_write)
        memory->actions.writes += entry->bursts;
    else
        memory->actions.reads += entry->bursts;
    entry->is_modelled = true;
    memory_share_offer(entry);
}

static void ideal_actions(struct memory *memory, uint64_t time, struct dram_actions *actions)
{
    const struct dram_config *dram = memory->config.dram;
    if (dram == NULL)
        return;
    /* Every row opened once, as if whole rows were read and banks were always ready. */
    uint64_t per_row = (uint64_t)dram->bursts_per_row;
    actions->activates = (actions->reads + actions->writes + per_row - 1) / per_row;
    actions->precharges = actions->activates;
    uint64_t ranks = (uint64_t)(dram->channels * dram->ranks_total);
    uint64_t clocks = clock_cycles_at(&memory->clock, time);
    uint64_t active = clock_cycles_at(&memory->clock, memory_share_busy(memory));
    actions->active_clocks = active * ranks;
    actions->idle_clocks = (clocks - active) * ranks;
    if (dram->refresh != REFRESH_NONE)
        actions->refreshes = clocks / (uint64_t)dram->refresh_interval * ranks;
}

const struct memory_model MEMORY_IDEAL = {ideal_start, ideal_offer, NULL, ideal_actions};
