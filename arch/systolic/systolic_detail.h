/* What a plan of the systolic family keeps for its steps. Private to arch/systolic. */
#ifndef ARCH_SYSTOLIC_SYSTOLIC_DETAIL_H
#define ARCH_SYSTOLIC_SYSTOLIC_DETAIL_H

#include "arch/systolic/tiling_space.h"

struct systolic_detail {
    struct tiling_problem problem;
    struct site site;
    struct contraction contraction;
    struct tiling tiling;
    struct tiling_choice choice; /* it is one of these, where it was searched for */
    int64_t startup, command;
    /* The first and the last tile go fold by fold, so that work starts with the first operands
     * and results leave with the last ones; tiles between them are whole. 1: whole, too. */
    int64_t row_folds[2], col_folds[2];
};

/* Actions of the whole plan into plan->actions; steps must be answerable already. */
void systolic_count_actions(const struct core *core, const struct systolic_detail *detail,
                            struct arena *arena, struct plan *plan);

#endif
