/* Lock-step stalls: accesses of one bundle that meet in a bank of the data memory are served
 * one after the other while the whole core waits. A bank serves one word a cycle; reads of one
 * word are one access.
 *
 * Exact for every entry of a loop, ramps included: streams that step by s bytes meet the banks
 * anew every B / gcd(s, B) passes (B: bytes of one word of every bank), so that one period is
 * counted and multiplied; where streams of different steps could touch the same word, or
 * addresses are computed from data, every pass is counted. Entries that lie alike in the banks
 * are counted once. */
#ifndef ARCH_VLIW_BANK_STALL_H
#define ARCH_VLIW_BANK_STALL_H

#include "arch/vliw/kernel_access.h"

enum { BANK_PASSES = 256 };

struct bank_count;

struct bank_count *bank_count_make(const struct vliw_machine *machine, struct arena *arena);
/* Cycles lost in one entry of `passes` passes (1 for a block), its offsets set. */
uint64_t bank_count_entry(struct bank_count *count, const struct access_list *list,
                          int64_t passes);

/* Cycles lost in BANK_PASSES passes of a loop with outer indices 0: the estimate by which
 * unrolling is chosen; 0 when the machine has no banks. */
int64_t bank_stalls(const struct region_schedule *loop, const struct flow *flow,
                    const struct loop_kernel *kernel, const struct vliw_machine *machine);

#endif
