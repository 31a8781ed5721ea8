/* Runs of row hits as one event. Private to arch/memory/dram_*.c.
 *
 * Regular traffic to open rows brings a channel back to the state it had a number of requests
 * before (the period), but for the clock and the numbers of the bursts. Once two states that
 * lie one period apart have been compared and found equal, whatever follows is known: as long
 * as the offers go on as they did, each is only compared with the one a period before, and the
 * channel stands still. It is moved over all whole periods at once when anything else comes:
 * another offer, a clock without one, a refresh, or somebody who asks for counts. No activate,
 * precharge or refresh lies within a period, so its rows stay what they are. Results are those
 * of the commands one by one, to the clock; validation/unit/test_dram.c compares both. */
#ifndef ARCH_MEMORY_DRAM_REPEAT_H
#define ARCH_MEMORY_DRAM_REPEAT_H

#include "arch/memory/dram_state.h"

enum dram_repeat_answer { REPEAT_TAKEN, REPEAT_REFUSED, REPEAT_OVER };

void dram_repeat_make(struct dram_channel *channel);

/* After every request accepted while the channel plays commands. */
void dram_repeat_note(struct dram_channel *channel, const struct dram_offer *offer);
/* A read command issues for the request with this number. */
void dram_repeat_note_read(struct dram_channel *channel, uint64_t serial, uint64_t clock);

/* While it stands still. OVER: it has been moved to its present state and plays commands. */
enum dram_repeat_answer dram_repeat_offer(struct dram_channel *channel,
                                          const struct dram_offer *offer);
/* False: over, as above. */
bool dram_repeat_run(struct dram_channel *channel, uint64_t until);
/* The clock of the next acceptance; DRAM_NEVER: over, as above. */
uint64_t dram_repeat_next(struct dram_channel *channel);
uint64_t dram_repeat_now(const struct dram_channel *channel);
void dram_repeat_end(struct dram_channel *channel);

#endif
