/* The mapper's search over one configuration (an unrolling and a choice of kept operands): the
 * mapping under construction, the best ones found, and steps between mappings. Private to
 * arch/mapping: search.c drives it. */
#ifndef ARCH_MAPPING_BRANCH_H
#define ARCH_MAPPING_BRANCH_H

#include "arch/mapping/candidates.h"
#include "arch/mapping/search.h"

enum { HALO_SLOTS = 512, BEST_MAX = 2 * SEARCH_CANDIDATES };

/* A complete mapping by the numbers that make it. */
struct choice {
    struct unrolling unrolling;
    uint8_t keep[SPACE_LEVELS_MAX], order[SPACE_LEVELS_MAX]; /* order: the operand held still */
    int64_t tile[SPACE_LEVELS_MAX + 1][DIM_COUNT];
    double cycles, cost, score;
};

struct halo {
    int64_t tile_p, tile_r; /* 0: free */
    double pixels;
};

struct branch {
    const struct space *space;
    const struct contraction *c;
    const struct search_options *options;
    struct model model;
    int32_t dim_count;
    uint8_t dims[DIM_COUNT]; /* those of size above 1 */
    bool is_disjoint;        /* no dimension leaves two operands alone */
    struct cut_tree trees[DIM_COUNT];
    struct halo halos[3][HALO_SLOTS];
    struct room rooms[ROOM_SLOTS];

    /* The mapping under construction. Index: level. */
    const struct cut *cuts[SPACE_LEVELS_MAX + 1][DIM_COUNT];
    int64_t tile[SPACE_LEVELS_MAX + 1][DIM_COUNT];
    uint8_t order[SPACE_LEVELS_MAX];
    bool is_changed[SPACE_LEVELS_MAX][OPERAND_COUNT]; /* the level's loops move the operand */
    double outside[SPACE_LEVELS_MAX + 1][OPERAND_COUNT]; /* trips of foreign loops outside */
    double base[SPACE_LEVELS_MAX + 1][OPERAND_COUNT];    /* elements of all tiles once */
    struct flow flow[SPACE_LEVELS_MAX + 1][OPERAND_COUNT];
    struct totals totals[SPACE_LEVELS_MAX + 1];
    double compute[SPACE_LEVELS_MAX + 1]; /* known, or a bound, once the level is fixed */

    /* Bounds of this configuration. */
    double
        latch_cost[OPERAND_COUNT]; /* of feeding the multipliers an operand never held still */
    bool is_moving[OPERAND_COUNT]; /* some loop moves the operand, however it is cut */
    double compute_floor;
    /* A tile of level l with more elements than reach[l][i] does not fit level i as a whole,
     * over all instances: loops between them move the operand. */
    double reach[SPACE_LEVELS_MAX][SPACE_LEVELS_MAX + 1][OPERAND_COUNT];

    /* Over all configurations. */
    double cost_floor, cycles_floor; /* scale of the tie-break */
    uint64_t evaluations, limit;
    bool is_stopped;
    double open_bound; /* smallest bound among branches left unsearched */
    struct choice best[BEST_MAX];
    int32_t best_count;
    struct choice local; /* the best since its score was set to infinity */
};

void branch_init(struct branch *b, const struct space *space, const struct contraction *c,
                 const struct search_options *options);
/* Sets unrolling and kept operands; returns the lower bound of the score. */
double branch_enter(struct branch *b, const struct unrolling *unrolling,
                    const uint8_t keep[SPACE_LEVELS_MAX]);
/* Builds the cuts of the configuration entered; false: cannot be covered. */
bool branch_prepare(struct branch *b, struct arena *arena);
/* Tries every mapping of the configuration prepared. */
void branch_search(struct branch *b);
/* Tries the mappings that differ from `winner` by one smaller tile; the configuration is
 * winner's. */
void branch_neighbours(struct branch *b, const struct choice *winner);
/* From mapping to better neighbour until there is none; the configuration is start's. */
void branch_climb(struct branch *b, const struct choice *start);
/* Some steps away from a mapping, at random from the state, and climbing from there; b->local
 * is what that led to. False: no mapping there. */
bool branch_shake(struct branch *b, const struct choice *from, uint64_t *state);
bool branch_is_cut(const struct branch *b, double bound);

/* Shared by bound.c, branch.c, climb.c and the search from the inside out. */
/* Computes what moves into `level` from its tiles in b->cuts and b->tile and the order outside;
 * false: does not fit. */
bool branch_settle(struct branch *b, int level);
/* The levels are settled: all orders of the innermost memory, which are recorded. */
void branch_finish(struct branch *b);
/* All levels, then all orders of the innermost memory, which are recorded. */
void branch_evaluate(struct branch *b);
/* Orders of a level worth trying (the next level's cuts, or the last ones, are chosen): those
 * whose operand has foreign loops there to be still in, or any one. */
uint8_t branch_orders(const struct branch *b, int level);
/* Puts a choice's tiles and orders down to `levels` back into b, with steps taken; where an
 * inner tile does not divide its new outer one, the next smaller that does. False: no such
 * neighbour. */
struct tile_step {
    int level, k, by; /* dimension number k of the active ones; by -1: next larger tile */
};
bool branch_place(struct branch *b, const struct choice *choice, int levels,
                  const struct tile_step *steps, int count);
double branch_score(const struct branch *b, double cycles, double cost);
/* All dimensions but the active ones from number `count` on. */
uint32_t branch_known(const struct branch *b, int count);
double branch_pixels(struct branch *b, int axis, int64_t tile_p, int64_t tile_r);
/* base[level] for the tiles of the level. */
void branch_set_base(struct branch *b, int level);

#endif
