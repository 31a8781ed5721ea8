/* What a core offers the mapper: memories outermost first, spatial axes between them, and what
 * each costs. A family fills one of these per primitive (pure data, no prices) and calls
 * search_best (arch/mapping/search.h). The nest that comes back has the space's levels and axes
 * in order: level 0, the axes with inside == 1, level 1, the axes with inside == 2, ...
 *
 * Time is the largest of: the core's steps (`cycles`), and for every memory the time of its
 * port. Cost is the sum of all bytes moved times the relative cost of where they move. Start-up
 * and tail are not in either: candidates within 2 % are returned so that events can rank them.
 *
 * Example, a weight-stationary array of 256 x 256 behind a unified buffer that weights bypass;
 * the array as a whole is the innermost memory, the axes stand inside it:
 * - levels[0] "dram" keeps all; levels[1] "ub" keep_masks = SPACE_KEEP(SPACE_INPUT |
 *   SPACE_OUTPUT) with its capacity and double buffers;
 * - levels[2] "array" keep_masks = SPACE_KEEP(SPACE_WEIGHT | SPACE_OUTPUT), loops = N Z P Q (it
 *   streams), partitions for weight tiles and accumulators, limit of accumulator rows on N Z P
 * Q;
 * - axes "rows" inside = 3, dims C T R S; "cols" inside = 3, dims K;
 * - cycles of one pass, cycles_level 2: m = N Z P Q, k = C T R S, n = K of the tile.
 *
 * A mapping of it: "dram:IWO[K4] ub:IO[P7 C2] array:WO[P112] rows{C256} cols{K256}".
 */
#ifndef ARCH_MAPPING_SPACE_H
#define ARCH_MAPPING_SPACE_H

#include "arch/mapping/nest.h"

enum { SPACE_LEVELS_MAX = 5, SPACE_AXES_MAX = 4 };

enum {
    SPACE_INPUT = 1 << OPERAND_INPUT,
    SPACE_WEIGHT = 1 << OPERAND_WEIGHT,
    SPACE_OUTPUT = 1 << OPERAND_OUTPUT,
    SPACE_ALL = SPACE_INPUT | SPACE_WEIGHT | SPACE_OUTPUT
};

/* One permitted set of kept operands, for keep_masks. */
#define SPACE_KEEP(operands) ((uint8_t)(1u << (operands)))

struct space_level {
    const char *name; /* lower case, as in a mapping line; static or arena */

    /* Room in one instance. Operands with a partition of their own take none of the shared
     * capacity. 0: unlimited (capacity) or shares the capacity (partition). */
    uint64_t capacity_bytes, partition_bytes[OPERAND_COUNT];
    uint8_t
        double_buffered; /* operands whose tile takes its bytes twice, if there is a next one */
    /* Bit m set: the operands of mask m (SPACE_ALL = 7) may be the ones kept here. Level 0
     * keeps all whatever is written. An operand that no level but 0 keeps goes straight to the
     * multipliers. */
    uint8_t keep_masks;
    /* Partial sums may rest here (at partial_bytes each). Where they may not, the next inner
     * level that keeps the output must finish what it begins. */
    bool holds_partials;

    /* The port towards the inside, of one instance: bytes per core cycle handed out per operand
     * and taken back (output). 0: unlimited. Operands in `port_shared` wait for one another
     * (their times add), the others move at the same time. */
    double read_bytes_per_cycle[OPERAND_COUNT], write_bytes_per_cycle;
    uint8_t port_shared;
    double read_cost, write_cost; /* relative cost of a byte, see space_default_costs */

    uint32_t loops;      /* dimensions that may be looped over at this level; 0: all */
    uint8_t stationary;  /* operands that may be held still by its loop order; 0: all */
    uint32_t limit_dims; /* the tile's product over these dimensions ... */
    int64_t limit;       /* ... is at most this; 0: no limit (accumulator rows, FIFO entries) */
};

struct space_axis {
    const char *name;
    int32_t inside; /* stands just outside this level; level_count: next to the multipliers.
                     * Cores: inside == 1 */
    int64_t fanout;
    uint32_t dims;        /* dimensions that may be unrolled along it */
    double cost_per_byte; /* relative cost of a byte delivered over it to one instance */
};

struct space {
    int32_t level_count, axis_count;
    struct space_level levels[SPACE_LEVELS_MAX];
    struct space_axis axes[SPACE_AXES_MAX]; /* outermost first */

    double element_bytes[OPERAND_COUNT]; /* finished ones */
    double partial_bytes;                /* of an output that is not yet finished */
    double mac_cost;                     /* relative cost of one multiply-accumulate */
    /* Where the operand already rests, 0 unless `place` left it on chip: it is free down to
     * this level, takes none of its room there and is read in place. */
    int32_t home[OPERAND_COUNT];

    /* Cycles of the core for one visit of a tile of level `cycles_level` (tile clipped at
     * edges, all instances along the axes inside that level together). NULL: one
     * multiply-accumulate a cycle in every innermost instance, all in step. is_still: the tile
     * of `cycles_operand` at that level is the one of the visit before (weights that need not
     * be loaded again). Never below the tile's macs over the product of the fanouts inside the
     * level; must not shrink when a tile grows, nor when the operand is fresh. */
    uint64_t (*cycles)(const void *context, const int64_t tile[DIM_COUNT], bool is_still);
    /* Further limits on a tile of a level (rows of accumulators per column block, say). A tile
     * that is accepted stays so when it shrinks. NULL: none. */
    bool (*accepts)(const void *context, int level, const int64_t tile[DIM_COUNT]);
    const void *context; /* borrowed */
    int32_t cycles_level;
    enum contraction_operand cycles_operand;
    uint64_t start_cycles; /* once per contraction, whatever the mapping */

    /* Operands stored in tiles as large as all elements along the axes that carry them, and
     * fetched whole (TPU v1's weights): an edge tile moves as many bytes as any other. */
    uint8_t padded;

    /* Compressed operands: share of non-zeros (0 is read as 1, dense), bytes of position per
     * stored value, and the chance that a tile fits the room set aside for it (0 is read as
     * 0.999). Cycles and macs are left alone: skipping is the family's business. */
    double density[OPERAND_COUNT], position_bytes[OPERAND_COUNT], fit_quantile;
};

/* What actions cost beside one another: a multiply-accumulate, and accesses of 16 bits. Not a
 * price: no process, no voltage. */
struct relative_costs {
    double register_access, mac, network, buffer, memory;
};

/* 1 register : 1 multiply-accumulate : 2 network : 6 buffer : 200 main memory, the ratios of
 * Chen et al., ISCA 2016, table IV. */
extern const struct relative_costs RELATIVE_COSTS;

/* Costs per byte from costs per access: level 0 is main memory, the innermost level a register
 * when it stands inside an axis, levels between are buffers, axes are network. */
void space_set_costs(struct space *space, const struct relative_costs *costs);
/* The same with RELATIVE_COSTS. */
void space_default_costs(struct space *space);
/* Contradictions a family could build in: no levels, a mask that keeps nothing anywhere, ... */
bool space_check(const struct space *space, struct error *err);

/* Bytes that `elements` values of an operand take in a level, quantile and position included.
 */
uint64_t space_bytes(const struct space *space, const struct contraction *c, int level,
                     enum contraction_operand operand, uint64_t elements);

/* Non-zeros that a tile of `draws` values holds at most, with probability `quantile`, when
 * `marked` of `population` values are non-zero and lie anywhere: the hypergeometric quantile,
 * from its normal limit where exact sums would be long (from 4096 draws on the limit is within
 * a value or two). */
uint64_t space_occupancy(uint64_t population, uint64_t marked, uint64_t draws, double quantile);

/* Restricts the space to a named template: "ws" "os" "is" (that operand still in the innermost
 * memory that keeps it, and at every level outside) or "rs" (row stationary: all filter rows
 * along the last axis but one, which they must not exceed, output rows or filters along the
 * last, filter columns inside an element). */
bool space_restrict(struct space *space, const char *name, struct error *err);
extern const char *const SPACE_TEMPLATES[4];

/* Does a nest (from a file, say) fit? The sentence names the level, what it would hold, what it
 * has, by how much the nest exceeds it, and the smallest change of one factor that fits. */
bool space_fits(const struct space *space, const struct nest *nest, struct error *err);

/* What a nest costs, from nest_fills and nest_reads: exact for its loop order, edges included.
 */
struct estimate {
    double cycles, cost;
    double compute_cycles, port_cycles[SPACE_LEVELS_MAX];
    uint64_t resident_bytes; /* held by level 1, double buffers included */
};
void space_estimate(const struct space *space, const struct nest *nest, struct estimate *out);

#endif
