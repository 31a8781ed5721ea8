/* The systolic family's products as a search space of the mapper that all families share: what
 * no tiling can beat, and the tilings that come within 2 % of the best by that model. */
#ifndef ARCH_SYSTOLIC_TILING_SPACE_H
#define ARCH_SYSTOLIC_TILING_SPACE_H

#include "arch/mapping/search.h"
#include "arch/systolic/tiling.h"

/* Tilings to use, best first: of the planner's own and those that the mapper finds within 2 %
 * of its best, those within 2 % of the one that serves the chip's objective best in the
 * planner's own steps, first and last tile included. `gap`: what is left between the mapper's
 * best and its bound when the search did not end (is_complete false). */
struct tiling_choice {
    struct tiling tilings[PLAN_CANDIDATES];
    double scores[PLAN_CANDIDATES];
    int count;
    bool is_complete;
    double gap;
    uint64_t evaluations;
};

bool tiling_choose(const struct tiling_problem *problem, struct tiling_choice *choice,
                   struct error *err);

#endif
