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
    struct tiling_pieces pieces[2]; /* of the first and the last tile; others go whole */
};

/* Actions of the whole plan into plan->actions; steps must be answerable already. */
void systolic_count_actions(const struct core *core, const struct systolic_detail *detail,
                            struct arena *arena, struct plan *plan);

/* Groups that lie side by side on the diagonal of a weight tile; 1: none. */
int64_t systolic_packed(const struct core *core, const struct contraction *contraction);
/* The plan as a loop nest over the product that the array sees. */
const struct nest *systolic_nest(const struct core *core, const struct tiling_problem *problem,
                                 const struct tiling *tiling, struct arena *arena);
/* Takes the outer tiles and loop order from a nest of the mapping file. False with a sentence:
 * which resource it exceeds, by how much, and the smallest change that would fit; or where it
 * is not what the array does inside a tile. */
bool systolic_apply_pinned(const struct core *core, const struct nest *pinned,
                           const struct tiling_problem *problem, struct arena *arena,
                           struct tiling *tiling, struct error *err);

#endif
