/* The least that any tile of one memory costs; private to floor.c and floor_judge.c. */
#ifndef ARCH_MAPPING_FLOOR_H
#define ARCH_MAPPING_FLOOR_H

#include "arch/mapping/branch.h"

enum { RANGES_MAX = 64 };

/* Neighbouring tiles of one dimension: room is asked for the smallest, traffic counted for the
 * largest, so that the range costs no more than any of them. */
struct range {
    int64_t low, high;
};

struct floor_search {
    struct branch *b;
    int level;                                  /* of the tile */
    struct range ranges[DIM_COUNT][RANGES_MAX]; /* per active dimension, smallest first */
    int counts[DIM_COUNT];
    int64_t tile[DIM_COUNT], smallest[DIM_COUNT]; /* of the node, for traffic and for room */
    int fixed;                                    /* of the active dimensions */
    struct totals outer; /* what the levels outside must at least move */
    double outer_cost;   /* more of it, by their floors */
    bool is_cost;        /* the level's cost alone, not the score of the whole */
    int tried, trials;   /* tiles judged, and how many may be */
    int node_count;
    struct floor_node added; /* the last one */
    double least;            /* best tile so far */
    uint8_t outside, inside; /* held still where the tile judged last costs least */
    struct floor_tile *best;
};

/* The least for f->tile, of which the first f->fixed active dimensions are chosen and the
 * others whole; over all ways to hold one operand still outside, and one inside where the
 * multipliers are next. */
double floor_judge(struct floor_search *f);

#endif
