/* Private to the controller with shared buffers: which request's next command can go first. */
#ifndef ARCH_MEMORY_DRAM_CANDIDATE_H
#define ARCH_MEMORY_DRAM_CANDIDATE_H

#include "arch/memory/dram_state.h"

/* Sets of the banks where a buffer has something to do: reads, then writes. */
enum want { WANT_ACTIVATE, WANT_COLUMN, WANT_CLOSE, WANTS };

enum slot { SLOT_COLUMN, SLOT_ROW };

/* After anything about a bank changed: enters it into the sets of what it wants now. */
void dram_candidate_update(struct dram_channel *channel, uint32_t number);
/* Before a command issues: what was found and is changed by it. */
void dram_candidate_forget(struct dram_channel *channel, uint32_t number,
                           enum dram_command command);
/* After an activate: its request joins the opened ones. */
void dram_candidate_note_opened(struct dram_channel *channel, uint32_t number, uint32_t index);

/* The opened request whose column command can go first, not before `from`. */
struct dram_choice dram_candidate_opened(const struct dram_channel *channel, uint64_t from);
/* Of one buffer (1: writes), the request whose command for the slot can go first. */
struct dram_choice dram_candidate_buffered(struct dram_channel *channel, int kind,
                                           enum slot slot, uint64_t from);

#endif
