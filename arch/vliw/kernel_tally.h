/* Adds up a kernel's cycles step by step, as a walk or a run on values delivers them. */
#ifndef ARCH_VLIW_KERNEL_TALLY_H
#define ARCH_VLIW_KERNEL_TALLY_H

#include "arch/vliw/kernel_walk.h"

/* What runs in a step: a block, or a loop's passes, full ones and those left over apart. */
struct kernel_part {
    const struct region_schedule *schedule;
    const struct flow *flow;
    int64_t first, passes; /* the loop's first index, and passes; of a block 0 and 1 */
};

int kernel_step_parts(const struct kernel_plan *plan, const struct kernel_step *step,
                      struct kernel_part parts[2]);

struct kernel_tally {
    struct kernel_plan *plan;
    struct kernel_cycles cycles;
    uint64_t before; /* cycles of the block just run, behind which a loop's set-up hides */
};

/* Runs and loop costs of the plan are what all tallies since the last clear add up to. */
void kernel_tally_clear(struct kernel_plan *plan);
struct kernel_tally kernel_tally_begin(struct kernel_plan *plan);
/* A step of so many parts begins. */
void kernel_tally_enter(struct kernel_tally *tally, const struct kernel_step *step,
                        int part_count);
/* Adds a part with its bank stalls; returns the cycles of set-up that come before it. */
uint64_t kernel_tally_add(struct kernel_tally *tally, const struct region *region,
                          const struct kernel_part *part, uint64_t stalls, uint64_t times);
void kernel_cycles_add(struct kernel_cycles *sum, const struct kernel_cycles *more,
                       uint64_t times);

#endif
