/* What the mapper chooses from: unrollings of the axes, and ways to cut a dimension over the
 * levels. Private to arch/mapping. */
#ifndef ARCH_MAPPING_CANDIDATES_H
#define ARCH_MAPPING_CANDIDATES_H

#include "arch/mapping/model.h"
#include "sim/kernel/arena.h"

/* The distinct ceil(extent / n), largest first, at most `most` of them: all where they are few,
 * otherwise the divisors and the others so that neighbours are at most a quarter apart (both
 * thinned out evenly if still too many; 1 and extent always stay). Returns their number. */
enum { CUTS_MAX = 96 };
int candidate_cuts(int64_t extent, int most, int64_t cuts[CUTS_MAX]);

/* One dimension cut at one level: a tree whose nodes of depth s choose the tile of level s.
 * Counts are of temporal trips, the axes at their first place. */
struct cut {
    int64_t tile;      /* of level s */
    int64_t factor;    /* of the loop of level s - 1 */
    double visits;     /* trips of all loops outside level s */
    double full, edge; /* of them, those that meet a whole tile, and the clipped one */
    int64_t edge_tile;
    int32_t first, count; /* children in cut_tree.nodes, largest tile first */
    /* Of the last depth: the loops of the innermost level. */
    int64_t last_factor;
    double steps; /* trips of all loops */
};

struct cut_tree {
    struct cut *nodes; /* nodes[0]: depth 0, the whole dimension */
    int32_t count;
};

/* The cut of dimension d at `level` (>= 1) of a mapping with these tiles (tile[level_count] =
 * 1). */
void cut_describe(const struct model *m, int d, const int64_t tile[SPACE_LEVELS_MAX + 1],
                  int level, struct cut *cut);
/* The cut of `rest` into tiles, as one loop would make it: visits, whole and clipped ones. */
void cut_of_tile(int64_t rest, int64_t tile, struct cut *cut);
/* Core cycles of a whole mapping. cuts[d]: of level `cycles_level` (with `steps`, where the
 * space states no cycles), NULL where size is 1; fresh[d]: trips of d's loops that bring a new
 * tile of `cycles_operand`. */
double cut_cycles(const struct model *m, const struct cut *const cuts[DIM_COUNT],
                  const double fresh[DIM_COUNT]);

/* False when the dimension cannot be covered (a level may not loop over it). */
bool cut_tree_build(const struct model *m, int d, struct arena *arena, struct cut_tree *tree);

/* One choice of factors for all axes. */
struct unrolling {
    int64_t factor[SPACE_AXES_MAX][DIM_COUNT];
};

enum { UNROLLINGS_MAX = 8192 };

/* All unrollings in which no factor can grow, largest factors first; *is_complete is false when
 * there were more than UNROLLINGS_MAX. Returns their number; the list is in the arena. */
int candidate_unrollings(const struct space *space, const struct contraction *c,
                         struct arena *arena, struct unrolling **list, bool *is_complete);

#endif
