/* Where a search starts: good mappings early make its bounds bite. Every configuration (an
 * unrolling and a choice of kept operands) gets a sharper bound on the way. No certificate
 * comes from here: what is left out, the branch and bound still visits. Private to
 * arch/mapping: search.c drives it. */
#ifndef ARCH_MAPPING_START_H
#define ARCH_MAPPING_START_H

#include "arch/mapping/branch.h"

struct configuration {
    int32_t unrolling;
    uint8_t keep[SPACE_LEVELS_MAX];
    bool is_done, is_sharp;
    double bound;
    double floor_cost[SPACE_LEVELS_MAX]; /* once is_sharp */
};

struct configurations {
    struct configuration *items;
    int32_t count, capacity;
    struct arena *arena;
};

struct search {
    struct branch *b;
    struct unrolling *unrollings;
    struct configurations list;
    struct arena *arena;
    bool is_complete; /* no branch is left */
    bool is_all;      /* every unrolling is in the list */
};

enum { STARTS_MAX = 12 };

/* Mappings to climb from, best first. */
struct starts {
    struct choice items[STARTS_MAX];
    int32_t count;
};

void starts_add(struct starts *starts, const struct choice *one);
/* A short look into the first configurations. */
void start_taste(struct search *s, struct starts *starts, uint64_t limit);
/* Sharper bounds for all, the most promising first, which order them anew; the tiles that their
 * floors come from make a mapping each. */
void start_sharpen(struct search *s, struct starts *starts, uint64_t limit);
/* Good mappings of the first few configurations, by beam, by climbing and by steps at random.
 */
void start_improve(struct search *s, struct starts *starts, uint64_t limit);

/* search.c: searches one configuration until so many evaluations. */
void search_one(struct search *s, struct configuration *one, uint64_t limit);
/* By bound, then by unrolling and kept operands. */
int search_compare(const void *a, const void *b);

#endif
