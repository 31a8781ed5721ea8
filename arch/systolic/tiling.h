/* How a product is cut into steps for a systolic core: tiles of groups, m, k and n, k innermost
 * (partial sums stay in the accumulators), and either the columns or the rows of the result as
 * the outer loop. Everything a step needs follows from its index. */
#ifndef ARCH_SYSTOLIC_TILING_H
#define ARCH_SYSTOLIC_TILING_H

#include "arch/systolic/systolic.h"

enum tiling_edge { EDGE_WHOLE, EDGE_REST, EDGE_KINDS };

struct tiling_axis {
    int64_t size, tile, count; /* count = ceil(size / tile); the last tile may be smaller */
};

/* What the choice of tiles cannot change. */
struct tiling_problem {
    const struct core *core;
    const struct contraction *contraction;
    int64_t groups, m, k, n;
    int64_t packed; /* groups side by side in k and n, the rest of a tile is zero */
    int64_t beat, load_beat;
    uint64_t port_cycles; /* of `beat`, those owed to narrow paths */
    const struct site *site;
    bool loads_input, loads_weight, stores_output;
    bool has_fifo;
    uint64_t input_elements; /* distinct ones of the whole input */
};

struct tiling {
    struct tiling_axis group, m, k, n;
    bool is_column_outer; /* n outside m, otherwise m outside n */
    /* Bytes of an input tile by edge kind of m and k. */
    uint64_t input_bytes[EDGE_KINDS][EDGE_KINDS];
};

struct tiling_estimate {
    double compute, memory;                         /* core cycles */
    double bytes;                                   /* to and from memory, in whole bursts */
    double input_bytes, weight_bytes, output_bytes; /* of which */
    double latency;         /* of loads that follow one another, with their setup */
    double exposed;         /* first operands in, last results out */
    double late;            /* what the rest of the first tile comes later than it is used */
    uint64_t scratch_bytes; /* needed, both halves of every loaded or stored tile */
};

/* Tiles in all. */
uint64_t tiling_count(const struct tiling *tiling);
struct tiling_axis tiling_axis_make(int64_t size, int64_t tile);
int64_t tiling_axis_extent(const struct tiling_axis *axis, int64_t index);
void tiling_set(const struct tiling_problem *problem, struct tiling *tiling, int64_t group,
                int64_t m, int64_t k, int64_t n, bool is_column_outer);
struct tiling_estimate tiling_judge(const struct tiling_problem *problem,
                                    const struct tiling *tiling);
/* Relative cost of all that the tiling makes the core and its memories do. */
double tiling_cost(const struct tiling_problem *problem, const struct tiling *tiling,
                   const struct tiling_estimate *estimate);
/* Bytes of scratch that the tiles take, two of those that have a successor. */
uint64_t tiling_scratch(const struct tiling_problem *problem, const struct tiling *tiling);
/* Core cycles that an estimate comes to: the longer of computing and moving, and what is
 * exposed. */
double tiling_total(const struct tiling_estimate *estimate);
/* Whether the chip's template (mapper.mode stationary) allows the loop order: ws holds weights
 * still outside, is inputs. */
bool tiling_may_order(const struct core *core, bool is_column_outer);
/* The first and the last tile go in pieces of whole folds, rows inside columns: work then
 * starts with the first operands and results leave with the last ones. At most 48 pieces, so
 * that the tile behind them can be asked for while they are worked on. */
struct tiling_pieces {
    int64_t row_folds, col_folds; /* of the tile */
    int64_t rows, cols;           /* pieces along each; 1 x 1: it goes whole */
};
struct tiling_pieces tiling_pieces(const struct tiling_problem *problem,
                                   const struct tiling *tiling, bool is_last);
/* Extents along k and n of the largest piece of an end tile. */
void tiling_piece_extents(const struct tiling_problem *problem, const struct tiling *tiling,
                          bool is_last, int64_t *k, int64_t *n);
/* The first fold of a piece of `folds` cut into `pieces`; index == pieces: their end. */
int64_t tiling_piece_begin(int64_t folds, int64_t pieces, int64_t index);
/* The best legal tiling by estimated cycles, ties by bytes; false with a sentence when none is.
 */
bool tiling_search(const struct tiling_problem *problem, struct tiling *tiling,
                   struct error *err);
uint64_t tiling_weight_bytes(const struct tiling_problem *problem, int64_t groups, int64_t k,
                             int64_t n);
/* Bytes of a result tile as it leaves, and of its partial sums in the accumulators. */
uint64_t tiling_output_bytes(const struct tiling_problem *problem, int64_t groups, int64_t m,
                             int64_t n);
struct array_cycles tiling_block(const struct tiling_problem *problem, int64_t m, int64_t k,
                                 int64_t n, bool is_last);

#endif
