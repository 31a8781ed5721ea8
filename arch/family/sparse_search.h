/* The loop nest of a sparse contraction: tiles of rows, of inner positions and of columns, and
 * the order in which they are walked, so that tiles fit the scratch and as little as possible
 * moves. Planned from shape and density; contents never matter.
 *
 * The same search as for dense contractions (arch/mapping/search.h): equal cuts, the largest
 * tiles that fit, stationary orders, branch and bound on traffic that cannot be avoided, a
 * certificate. It is a room of its own because occupancy decides more than room here: entries
 * bring a pointer for every row of a tile, and of the table either the whole tile comes or only
 * the rows that a tile of entries is expected to select (gathered), whichever moves less.
 *
 * - Room: entries take their hypergeometric quantile (space_occupancy), selected table rows the
 *   quantile of as many draws as there are rows in the tile. A side of which more than one tile
 *   comes takes its room twice.
 * - Entries are read again for every tile of columns, the table for every tile of rows, sums
 *   leave and come back for every tile of inner positions, unless the order holds them still.
 * - Nests of more than 2^18 tiles are looked at only where there is no other.
 * - By cycles, the larger of work and transfers counts and then the bytes; by cost, the bytes
 *   and then the cycles. Of nests that are equal in both, the one that starts with the smaller
 *   tile of the table is taken. */
#ifndef ARCH_FAMILY_SPARSE_SEARCH_H
#define ARCH_FAMILY_SPARSE_SEARCH_H

#include "arch/family/sparse_product.h"

struct sparse_nest {
    uint64_t tile[SPARSE_DIMS], trips[SPARSE_DIMS];
    uint8_t order[SPARSE_DIMS]; /* outermost first */
    bool is_gathered;           /* table rows come as a tile of entries selects them */
    bool is_listed;             /* tiles list the rows that have entries */
    uint64_t pieces;            /* in which a tile's rows come and go, so that work overlaps */
    uint64_t granule;           /* table rows that come together */
    double expected;            /* entries of a tile */
    uint64_t most, room;        /* their quantile; entries there is room for */
    uint64_t records;           /* gathered: granules of the table there is room for */
    double loads[SPARSE_SIDES], returns,
        stores; /* bytes in all; returns: sums that come back */
    double cycles, bytes;
    bool is_complete;
    double gap;
    uint64_t evaluations;
};

struct sparse_options {
    uint64_t scratch_bytes;
    double quantile;
    enum mapper_objective objective;
    double byte_cost, fixed_cost; /* of a byte moved, and of the work */
    /* Core cycles of the work, never fewer for more trips; and what it needs, borrowed. */
    double (*work)(const void *context, const uint64_t trips[SPARSE_DIMS]);
    const void *context;
    uint64_t evaluations; /* 0: 3,000 */
    bool is_exhaustive;   /* every cut, no bounds: for tests */
};

/* There is always one: where not even single elements fit, single elements are taken. */
struct sparse_nest sparse_search(const struct sparse_product *product,
                                 const struct sparse_options *options);
/* Rows that the tiles of a nest with so many trips along k walk through, all together. */
double sparse_rows_walked(const struct sparse_product *product, uint64_t inner_trips);
/* Bytes of scratch that a nest takes, with the quantile. */
double sparse_footprint(const struct sparse_product *product, const struct sparse_nest *nest,
                        double quantile);
/* The tile that visit number `visit` works on, in tiles along each dimension. */
void sparse_visit(const struct sparse_nest *nest, uint64_t visit, uint64_t at[SPARSE_DIMS]);
uint64_t sparse_visits(const struct sparse_nest *nest);
/* As a mapping line, with what is expected of a tile. */
const char *sparse_text(const struct sparse_product *product, const struct sparse_nest *nest,
                        double quantile, struct arena *arena);

#endif
