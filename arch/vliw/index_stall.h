/* Stalls of gathers and scatters whose indices are known: accesses that issue in one cycle and
 * fall into one bank of the data memory wait for one another, and the core with them. */
#ifndef ARCH_VLIW_INDEX_STALL_H
#define ARCH_VLIW_INDEX_STALL_H

#include "arch/vliw/vliw_state.h"

/* Extra cycles of all passes, added to the steps in which they fall. Every array begins at bank
 * 0. None where the core has one bank, or the primitive no index of its own. */
uint64_t index_stalls(const struct region_schedule *loop, int64_t copies,
                      const struct vliw_machine *machine, const struct primitive *primitive,
                      uint64_t first, uint64_t step_count, struct cycle_account *steps);

#endif
