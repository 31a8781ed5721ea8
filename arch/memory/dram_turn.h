/* Private to the controller with a queue for each bank: whose turn it is. */
#ifndef ARCH_MEMORY_DRAM_TURN_H
#define ARCH_MEMORY_DRAM_TURN_H

#include "arch/memory/dram_state.h"

/* Finds channel->best: the bank whose command can go first, not before `from`; ties in turn
 * after the last served. DRAM_NEVER where no bank wants anything. */
void dram_turn_choose(struct dram_channel *channel, uint64_t from);

#endif
