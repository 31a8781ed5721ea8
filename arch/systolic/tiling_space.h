/* The systolic family's products as a search space of the mapper that all families share: what
 * no tiling can beat, and the tilings that come within 2 % of the best by that model. */
#ifndef ARCH_SYSTOLIC_TILING_SPACE_H
#define ARCH_SYSTOLIC_TILING_SPACE_H

#include "arch/mapping/search.h"
#include "arch/systolic/tiling.h"

/* The tiling to use: of the planner's own and those that the mapper's objective finds within 2
 * % of its best, the one that takes the fewest cycles, first and last tile included; for other
 * objectives the mapper's best. `gap`: what is left between the best that was found and the
 * bound when the search did not end (is_complete false). */
struct tiling_choice {
    struct tiling tiling;
    bool is_complete;
    double gap;
    uint64_t evaluations;
};

bool tiling_choose(const struct tiling_problem *problem, struct tiling_choice *choice,
                   struct error *err);

#endif
