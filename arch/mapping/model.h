/* The closed-form cost of a mapping while it is being chosen, level by level from the outside:
 * what search.c minimises and bounds. Traffic is in elements per level and operand; time and
 * cost follow from the space. Private to arch/mapping. */
#ifndef ARCH_MAPPING_MODEL_H
#define ARCH_MAPPING_MODEL_H

#include "arch/mapping/space.h"

/* Elements that move between a level and the next outer one that keeps the operand. */
struct flow {
    double reads, fills; /* as nest_reads, nest_fills */
    double returns;      /* output: as nest_partial_refills */
};

struct totals {
    double cost;
    double port[SPACE_LEVELS_MAX][OPERAND_COUNT + 1]; /* cycles; last: outputs taken back */
};

/* Room that tiles of compressed operands take, remembered: quantiles are slow. */
enum { ROOM_SLOTS = 1024 };
struct room {
    uint64_t elements, bytes; /* elements 0: free */
    int32_t level, operand;
};

/* What stays the same for one unrolling and one choice of kept operands. */
struct model {
    const struct space *space;
    const struct contraction *contraction;
    uint32_t relevant[OPERAND_COUNT];
    int64_t unrolled[SPACE_AXES_MAX][DIM_COUNT];
    uint8_t keep[SPACE_LEVELS_MAX]; /* home levels included */
    double elements[OPERAND_COUNT]; /* distinct ones */
    /* Derived by model_prepare: */
    int8_t parent[SPACE_LEVELS_MAX + 1][OPERAND_COUNT]; /* -1: no flow here */
    double copies[SPACE_LEVELS_MAX + 1][OPERAND_COUNT]; /* along axes outside the level */
    double share[SPACE_LEVELS_MAX]; /* of a level's flows that its busiest instance sees */
    double delivery[SPACE_LEVELS_MAX + 1]
                   [OPERAND_COUNT]; /* cost of a byte on the axes between */
    double bytes[OPERAND_COUNT];    /* of an element in motion */
    bool is_dense[OPERAND_COUNT];
    int64_t step[3], gap[3]; /* stride and dilation of an axis, without common divisor */
    struct room *rooms;      /* ROOM_SLOTS of them, or NULL */
};

void model_prepare(struct model *m);
/* Product of the factors of d along all axes that stand outside level `level`. */
int64_t model_unrolled_outside(const struct model *m, int d, int level);
/* ... between level `level` and the next inner one. */
int64_t model_unrolled_inside(const struct model *m, int d, int level);
/* Adds a flow into `level` (level_count: the multipliers) from its parent. */
void model_add(const struct model *m, int level, enum contraction_operand operand,
               const struct flow *flow, struct totals *totals);
/* Time of the busiest port of each level. */
double model_port_cycles(const struct model *m, const struct totals *totals, int level);
/* The largest of the ports' times and `compute`. */
double model_cycles(const struct model *m, const struct totals *totals, double compute);
/* Elements of an operand's tile, clipped to the contraction, halo included. */
uint64_t model_tile_elements(const struct model *m, enum contraction_operand operand,
                             const int64_t tile[DIM_COUNT]);
/* Bytes that level `level` holds of a tile, operands that rest there and partitions apart, and
 * whether all of it fits. */
bool model_holds(const struct model *m, int level, const int64_t tile[DIM_COUNT],
                 uint64_t *bytes);
/* Could it fit this tile, or one that is larger in dimensions outside `known`? A tile that is
 * all there is takes no second buffer, so it may fit where a smaller one does not. */
bool model_may_hold(const struct model *m, int level, const int64_t tile[DIM_COUNT],
                    uint32_t known);

/* Pixels of one axis over all tiles of tile_p outputs by tile_r taps, padding never counted. */
uint64_t axis_pixels(const struct contraction *c, int axis, int64_t tile_p, int64_t tile_r);

#endif
