/* A plan for one contraction: a loop nest over the levels of a core's memory and its spatial
 * axes, outermost first. Level 0 is where the operands rest; the innermost level is the
 * processing element. A nest is shapes only: no time, no energy, no contents.
 *
 * factor[d] is the number of pieces into which the level cuts the tile that it is given along
 * d, as equal whole pieces of `tile` values each: the tile of level i is tile_i[d] = product
 * over levels j >= i of factor_j[d]      (level 0: >= size[d]), and at an edge every loop stops
 * at the end of the dimension (tiles are clipped, never padded; whether hardware spends full
 * tiles on clipped ones is the core's business). A temporal level runs its loops in `order`,
 * outermost first; a spatial level runs them at once. */
#ifndef ARCH_MAPPING_NEST_H
#define ARCH_MAPPING_NEST_H

#include <stdio.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"
#include "workloads/contraction.h"

enum { NEST_LEVELS_MAX = 10 };

struct nest_level {
    const char *name; /* of the memory or axis: "dram" "ub" "rows"; static or arena */
    bool is_spatial;
    int64_t factor[DIM_COUNT]; /* each >= 1 */
    uint8_t order[DIM_COUNT];  /* temporal: a permutation of the dimensions, outermost first */
    /* Bit per operand: the memory holds a tile of it (of this level's tile size). A bypassed
     * operand passes through from the next outer level that keeps it. Spatial levels: 0. */
    uint8_t keep;
};

struct nest {
    struct contraction contraction;
    int32_t level_count;
    struct nest_level levels[NEST_LEVELS_MAX];
};

/* tile[d] held at level i; i == level_count gives ones. */
void nest_tile(const struct nest *nest, int level, int64_t tile[DIM_COUNT]);
/* Sets `order` so that `operand` is stationary: the dimensions it does not depend on innermost.
 */
void nest_keep_still(struct nest_level *level, const struct contraction *c,
                     enum contraction_operand operand);
/* Every factor >= 1, orders are permutations, level 0 covers the contraction. */
bool nest_check(const struct nest *nest, struct error *err);
/* Elements of an operand that all instances of level `level` together receive from outside over
 * the whole run (fills of their tiles; for the output: elements sent out). A tile is fetched
 * again exactly when its position differs from the one before it in the loop order, edges
 * included; halos between neighbouring input tiles count as fetched again, padding never.
 * 0 where the operand is bypassed. level == level_count: what the multipliers are handed, an
 * operand that stays the same for consecutive steps once. Level 0: every element once.
 * (Padded or dilated axes of more than a million tile positions count padding as data.) */
uint64_t nest_fills(const struct nest *nest, int level, enum contraction_operand operand);
/* The same seen from the next outer level that keeps the operand: an element that several
 * instances receive along a spatial axis is handed out once (multicast), partial sums that meet
 * on a spatial axis leave as one. */
uint64_t nest_reads(const struct nest *nest, int level, enum contraction_operand operand);
/* Of the output elements that leave `level` (nest_reads), those that come back later as partial
 * sums. */
uint64_t nest_partial_refills(const struct nest *nest, int level);
/* The next level outside `level` that keeps the operand; 0 for level 0. */
int nest_parent(const struct nest *nest, int level, enum contraction_operand operand);

/* One line, parsed back equal: "dram:IWO[K4 C2] ub:IO[P7 K2] rows{C256} cols{K256}". A level is
 * its name, the operands it keeps (Input Weight Output, "-" none; axes keep none) and its
 * loops, outermost first; loops that run once are left out, and an order that this does not
 * tell (they come first, in the order of the dimensions) follows after a bar: "ub:IO[P7 |
 * GNPKCZQTRS]".
 */
char *nest_print_line(const struct nest *nest, struct arena *arena);
/* Reads what nest_print_line wrote, for this contraction; names the place of a mistake. */
bool nest_parse_line(const char *text, const struct contraction *c, struct arena *arena,
                     struct nest *nest, struct error *err);
/* An indented loop nest a student can read, with tile sizes and reuse per level. */
void nest_print(const struct nest *nest, FILE *out);

#endif
