/* All configurations (an unrolling and a choice of kept operands) in the order of their bounds:
 * always the one that promises most is looked at more closely, until none promises more than
 * the best mapping found. So what a search that is cut short leaves open is as little as can
 * be. Private to arch/mapping: search.c drives it. */
#ifndef ARCH_MAPPING_QUEUE_H
#define ARCH_MAPPING_QUEUE_H

#include "arch/mapping/inward.h"

struct configuration {
    int32_t unrolling;
    uint8_t keep[SPACE_LEVELS_MAX];
    bool is_done;
    uint8_t looks; /* so far */
    double bound;
    /* Of inward.h, once it was looked at. */
    double extra_cost[SPACE_LEVELS_MAX + 1][OPERAND_COUNT];
    double extra_cycles[SPACE_LEVELS_MAX + 1][OPERAND_COUNT];
};

struct configurations {
    struct configuration *items;
    int32_t count, capacity;
    struct arena *arena;
};

struct search {
    struct branch *b;
    struct unrolling *unrollings;
    struct configurations list; /* by bound, then by unrolling and kept operands */
    struct arena *arena;        /* of this search */
    bool is_complete;           /* no branch is left */
    bool is_all;                /* every unrolling is in the list */
};

/* Until so many evaluations; b->open_bound is the least of what is left then. */
void queue_search(struct search *s, uint64_t limit);

#endif
