/* One DRAM channel with its controller, as discrete events: the engine behind the `command`
 * fidelity. Nothing ticks: the channel knows the earliest clock at which its next command may
 * issue and jumps there. Time is the number of command clocks since the start.
 *
 * In each clock the controller acts first and offers come after, so an offer in clock c takes
 * part from clock c + 1. The caller runs the channel through clock c before it offers in c:
 *
 *     dram_channel_run(channel, c);
 *     while (!dram_channel_offer(channel, &offer))
 *         c = dram_channel_step(channel);      the next clock in which anything happened
 *
 * Completions are told as soon as they are certain, with their clock in the future.
 * The channel lives in the arena; channels share nothing but the borrowed config and map. */
#ifndef ARCH_MEMORY_DRAM_CHANNEL_H
#define ARCH_MEMORY_DRAM_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/memory/dram_config.h"
#include "arch/memory/dram_map.h"
#include "sim/kernel/arena.h"

#define DRAM_NEVER UINT64_MAX

/* What pricing counts. Clocks are summed over ranks; a rank is active while a row is open. */
struct dram_actions {
    uint64_t activates, precharges, reads, writes, refreshes, bank_refreshes;
    uint64_t active_clocks, idle_clocks;
};

struct dram_totals {
    uint64_t reads, writes;     /* requests accepted */
    uint64_t merged, forwarded; /* of which took no command */
    uint64_t row_hits, row_misses, row_conflicts;
    uint64_t read_latency_clocks; /* a sum; right once all reads are done */
    uint64_t reads_done, last_done;
};

struct dram_offer {
    uint64_t burst; /* address / access_bytes: what merging compares */
    uint32_t bank, row;
    bool is_write;
    uint64_t tag;
};

typedef void (*dram_done)(void *context, uint64_t tag, uint64_t clock);

struct dram_channel;

struct dram_channel *dram_channel_make(struct arena *arena, const struct dram_config *config,
                                       dram_done done, void *context);
/* Every command is played, also those of regular runs that are otherwise one event: what tests
 * compare with. Before the first offer. */
void dram_channel_play_all(struct dram_channel *channel);
/* Is it in the middle of such a run, of which only offers are compared? */
bool dram_channel_is_still(const struct dram_channel *channel);
/* False when there is no room for it now. */
bool dram_channel_offer(struct dram_channel *channel, const struct dram_offer *offer);
/* Acts in all clocks up to and including `until`. */
void dram_channel_run(struct dram_channel *channel, uint64_t until);
/* Acts up to and including the next clock with an action, and returns it; DRAM_NEVER when
 * nothing but refresh could ever happen. */
uint64_t dram_channel_step(struct dram_channel *channel);
/* The clock that dram_channel_step would return, unless something is offered before. */
uint64_t dram_channel_next(struct dram_channel *channel);
/* The clock up to which it has acted. */
uint64_t dram_channel_now(const struct dram_channel *channel);
/* Counts so far; standby clocks are integrated up to `clock`. */
struct dram_actions dram_channel_actions(struct dram_channel *channel, uint64_t clock);
void dram_actions_add(struct dram_actions *sum, const struct dram_actions *one);
const struct dram_totals *dram_channel_totals(struct dram_channel *channel);

#endif
