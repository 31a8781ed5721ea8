/* Lock-step stalls: accesses of one bundle that meet in a bank of the data memory are served
 * one after the other while the whole core waits. Found by running the addresses of a stretch
 * of passes through the banks: arrays lie one behind the other in the order of declaration,
 * each at a multiple of its alignment; outer indices stand at 0; computed addresses (gathers)
 * fall anywhere in their array, by a fixed random stream. */
#ifndef ARCH_VLIW_BANK_STALL_H
#define ARCH_VLIW_BANK_STALL_H

#include "arch/vliw/kernel_plan.h"

enum { BANK_PASSES = 256 };

/* Cycles lost in BANK_PASSES passes of a scheduled loop; 0 when the machine has no banks. */
int64_t bank_stalls(const struct region_schedule *loop, const struct flow *flow,
                    const struct loop_kernel *kernel, const struct vliw_machine *machine);

#endif
