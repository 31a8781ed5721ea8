/* What a plan takes when its core alone asks the memory: quicker than playing it, and the same
 * bytes. Private to arch/chip. */
#ifndef ARCH_CHIP_PLAN_WALK_H
#define ARCH_CHIP_PLAN_WALK_H

#include "arch/family/family.h"

/* Of a plan, a primitive, or a stretch of operators. */
struct walk_cost {
    double seconds;
    double relative; /* by the chip's relative action costs, memory included */
    uint64_t bytes;  /* of main memory, whole bursts */
    /* Of a plan or primitive: what is saved where the first tiles of given operands are there
     * when it begins, and the time at its end in which those of the next one can be fetched. */
    double lead_seconds, slack_seconds;
};

/* One repetition of one member's share. `given` has a bit for each input that nobody computes:
 * its first tiles may be fetched before the plan begins. */
struct walk_cost plan_walk(const struct core *core, const struct plan *plan,
                           const struct site *site, uint32_t given);

#endif
