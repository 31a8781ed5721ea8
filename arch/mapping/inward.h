/* The search from the inside out, for objectives that count what moves. Most of a core's cost
 * is spent between its innermost memories, so the innermost tile is chosen first, best first by
 * its bound, and the outer tiles around it. Private to arch/mapping: search.c drives it.
 *
 * Traffic is a sum of flows, and every flow is linear in its repetitions (charge.c). Of the
 * loops outside a tile the innermost belongs to one dimension, which at most one operand does
 * not depend on: so at most one operand is still across it, and the others come again for every
 * trip of the loops that are not their own. Once a tile and its still operand are chosen, all
 * flows into its level but one are known, whatever lies outside; and the one left, together
 * with the flows further out, is at least what the best tile there makes of it
 * (inward_floor.c).
 */
#ifndef ARCH_MAPPING_INWARD_H
#define ARCH_MAPPING_INWARD_H

#include "arch/mapping/branch.h"

/* One dimension's tiles, innermost memory first: a node of depth s chooses the tile of level
 * level_count - s. */
struct link {
    int64_t tile;
    int32_t first, count; /* children in links.nodes, largest tile first */
    struct cut *cuts;     /* of a leaf once it was needed: per level, 1 first */
};

/* Neighbouring tiles of a level that may stand for one another, smallest first: room is asked
 * for the smallest of a range, traffic counted for the largest. */
enum { RANGES_MAX = 64 };

struct ranges {
    int32_t count;
    int64_t low[RANGES_MAX], high[RANGES_MAX];
};

struct links {
    struct link *nodes; /* nodes[0]: the root; NULL: cannot be covered */
    int32_t count;
    const struct ranges *ranges; /* per level; one tile each where they are few */
};

/* Trees depend on one dimension and its factors along the axes, which few unrollings differ in.
 */
struct links_entry {
    int64_t factor[SPACE_AXES_MAX];
    struct links links;
};

struct links_cache {
    struct arena *arena;
    struct links_entry *entries[DIM_COUNT];
    int32_t count[DIM_COUNT], capacity[DIM_COUNT];
};

/* Best first over the tiles of one level. */
enum { INWARD_NODES = 16384 };

struct front_node {
    double bound;
    uint8_t index[DIM_COUNT]; /* of the tile; where not fixed, of the largest that fits */
    uint8_t fixed;            /* of the active dimensions */
    bool is_rough;            /* the bound is one for the siblings to come, too */
};

struct front {
    struct branch *b;
    int level;
    const struct ranges *ranges[DIM_COUNT]; /* of the active dimensions */
    int64_t tile[DIM_COUNT];                /* of the node, for traffic */
    int64_t
        held[DIM_COUNT]; /* no larger than any tile of the node or of its siblings to come */
    uint32_t known;      /* dimensions in which `held` is the tile */
    int fixed;
    bool is_lazy; /* the judge never falls with a smaller tile */
    struct front_node *nodes;
    int count, capacity;
    uint64_t tried, trials;
    double (*judge)(struct front *f);
    /* A tile is complete: false ends the search. */
    bool (*visit)(struct front *f, const struct front_node *node);
    void *context;
};

/* Bound of what was not visited; infinite when all was. Stops at `trials`, at the branch's
 * limit, at bounds that are cut, and, without `visit`, at the first tile. */
double front_run(struct front *f);

struct inward {
    struct branch *b;
    struct links_cache cache;
    struct arena *arena;
    const struct links *links[DIM_COUNT];
    struct front front;
    struct front_node *nodes; /* shared by all fronts */
    bool has_ports;           /* the objective counts time */

    /* Of the configuration. */
    struct totals charge[SPACE_LEVELS_MAX + 1][OPERAND_COUNT]; /* of base x repetitions */
    struct totals constant;
    double least_base[OPERAND_COUNT];
    double steps[OPERAND_COUNT];                   /* trips of all foreign loops */
    int64_t rest[SPACE_LEVELS_MAX + 1][DIM_COUNT]; /* left of a dimension by the axes outside */
    struct totals outer; /* every flow into the levels but the innermost, once */
    bool is_time;        /* of inward_floor.c: extra_cycles are asked for */
    int64_t inside[SPACE_LEVELS_MAX][DIM_COUNT]; /* instances along the axes inside a level */
    int next_still;                              /* of inward_floor.c */
    /* Beyond every flow once, what the flows into the levels outside cost at least, and the one
     * into the level of the operand that is still there. */
    double extra_cost[SPACE_LEVELS_MAX + 1][OPERAND_COUNT];
    double extra_cycles[SPACE_LEVELS_MAX + 1][OPERAND_COUNT]; /* the same of the time of
                                                               * level 0's port */

    /* The mapping under construction. */
    const struct link *link[SPACE_LEVELS_MAX + 1][DIM_COUNT];
    int64_t tile[SPACE_LEVELS_MAX + 1][DIM_COUNT];
    uint8_t still[SPACE_LEVELS_MAX + 1]; /* per level */
};

/* Memory for a search of many configurations. */
void inward_init(struct inward *in, struct branch *b, struct arena *arena);
/* The configuration entered in the branch; false: cannot be covered. */
bool inward_enter(struct inward *in);
/* extra_cost and extra_cycles, within so many trials each. False: no tile fits. */
bool inward_sharpen(struct inward *in, uint64_t trials);
/* Searches the configuration, they being set; the bound of what is left at the branch's
 * limit, infinite when nothing is. */
double inward_search(struct inward *in);

void charge_prepare(struct inward *in);
const struct links *links_get(struct links_cache *cache, const struct model *m, int d);

/* Shared by inward_floor.c and inward.c. */
struct around {
    double foreign[OPERAND_COUNT]; /* visits of a level in dimensions not the operand's own */
    bool is_moving[OPERAND_COUNT]; /* some loop outside moves it */
};
/* For a tile of `level`, all loops counted as whole ones. */
void inward_around(const struct inward *in, int level, const int64_t tile[DIM_COUNT],
                   struct around *a);
void inward_base(struct inward *in, int level, const int64_t tile[DIM_COUNT],
                 double base[OPERAND_COUNT]);
void inward_add(const struct inward *in, int level, int o, double amount, struct totals *t);
void inward_list(struct inward *in, int level);
/* What an innermost tile, of which the first dimensions are fixed, moves in and to the
 * multipliers at least: with all flows further out, each operand once, and this one still
 * outside, once, too. */
struct innermost {
    struct around around;
    double base[OPERAND_COUNT], compute[2]; /* by whether space.cycles_operand is still */
    bool is_moving_inside[OPERAND_COUNT];
};
void inward_innermost(struct inward *in, const int64_t tile[DIM_COUNT], int fixed,
                      struct innermost *inner);
void inward_flows(const struct inward *in, const struct innermost *inner, int still,
                  struct totals *t);
double inward_compute(const struct inward *in, const struct innermost *inner, int still);
/* With this operand still outside the level. */
double inward_score(const struct inward *in, const struct totals *t, int level, int still,
                    double compute);

#endif
