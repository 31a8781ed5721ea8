/* Walks a scheduled kernel in the order in which it runs: one step for every block and for
 * every entry of an innermost loop, with the indices of the loops around it. Where nobody asks
 * for indices (is_merged), passes of a nest whose inner loops have constant trip counts come as
 * one step with `times` above 1. Kernels whose trips depend on data are not walked but run on
 * values. A walk stands by itself: several may go over one plan. */
#ifndef ARCH_VLIW_KERNEL_WALK_H
#define ARCH_VLIW_KERNEL_WALK_H

#include "arch/vliw/kernel_plan.h"
#include "traces/loop_value.h"

enum { WALK_MOST = 20000000 };

struct kernel_step {
    const struct region *region; /* BLOCK or LOOP */
    int64_t first, trips;        /* LOOP: first index, and how often its body is meant to run */
    uint64_t times;              /* equal steps in one; 1 unless merged */
};

struct walk_frame {
    const struct region *at, *nest; /* nest NULL: the list walked */
    int64_t from, pass, passes, rest;
    uint64_t times;
    bool is_merged;
};

struct kernel_walk {
    const struct kernel_plan *plan;
    struct loop_values values; /* scalars hold the indices */
    int64_t index[LOOP_LEVELS];
    bool is_merged;
    const struct region *end; /* of the top list; NULL: all */
    /* Of this loop of the top list only passes [first, last) of its body; NULL: all. */
    const struct loop_statement *part;
    int64_t part_first, part_last;
    int64_t walked;
    struct walk_frame frames[LOOP_LEVELS + 1];
    int depth;
    struct error *err;
};

/* Walks the regions from `first` up to `end` (NULL: to the end). */
bool kernel_walk_begin(struct kernel_walk *walk, const struct kernel_plan *plan,
                       const struct region *first, const struct region *end, bool is_merged,
                       struct arena *arena, struct error *err);
/* False at the end, or with err set. */
bool kernel_walk_next(struct kernel_walk *walk, struct kernel_step *step);
/* Starts again, over passes [first, last) of a loop of the top list; NULL: over all. */
void kernel_walk_restart(struct kernel_walk *walk, const struct region *from,
                         const struct loop_statement *part, int64_t first, int64_t last);

/* How often a loop's body runs for bounds that are known now. */
bool kernel_walk_trips(struct kernel_walk *walk, const struct loop_statement *loop,
                       int64_t *from, int64_t *trips);

#endif
