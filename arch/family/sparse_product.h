/* A sparse contraction as every family plans it: rows (m) x inner (k) positions of which some
 * are stored, times a dense table with a row for every k and n columns.
 *
 * Four sides move, each cut along two of the three dimensions:
 *   ENTRIES  m k   the stored entries: values, column numbers, and a row pointer for every row
 *   TABLE    k n   rows that entries select
 *   ROWS     m n   the result of a product, the dense first factor of a sampled one
 *   RESULTS  m k   one result for every entry: of sampled products, and of two sparse matrices
 * An entry of a sampled product is a dot product along n; a product of two sparse matrices has
 * n = 1 and table rows of their mean length.
 *
 * Entries lie tile behind tile in the order in which they are read, each tile with its own row
 * pointers; where most rows of a tile are empty, it lists the others by number and pointer.
 * Table and rows lie row by row: a piece of a row moves in whole bursts, and where a whole row
 * is shorter than a burst, neighbours come with it. */
#ifndef ARCH_FAMILY_SPARSE_PRODUCT_H
#define ARCH_FAMILY_SPARSE_PRODUCT_H

#include "arch/family/family.h"

enum { SPARSE_M, SPARSE_K, SPARSE_N, SPARSE_DIMS };
enum sparse_side { SPARSE_ENTRIES, SPARSE_TABLE, SPARSE_ROWS, SPARSE_RESULTS, SPARSE_SIDES };

struct sparse_product {
    uint64_t size[SPARSE_DIMS], entries;
    bool is_sampled; /* ROWS come in and RESULTS go out; else ROWS go out, if not is_pair */
    bool is_pair;    /* two sparse matrices: RESULTS go out, nothing is a row */
    /* Bytes to be moved, of one entry, pointer, table or row element; 0 where that rests on
     * chip and is read in place. */
    double value_bytes, column_bytes, pointer_bytes, table_bytes, row_bytes, result_bytes;
    double sum_bytes; /* of an unfinished row element or result; 0 where they rest on chip */
    uint64_t entry_burst[3], table_burst, row_burst; /* entries: values, pointers, columns */
    double bytes_per_cycle[SPARSE_SIDES], output_bytes_per_cycle;
    double macs; /* an entry's, for every column */
};

/* Of a primitive of kind PRIMITIVE_SPARSE_CONTRACTION. */
struct sparse_product sparse_product_make(const struct primitive *primitive,
                                          const struct site *site);
/* Bytes that `count` pieces of `columns` elements of a table or of rows move: in whole bursts
 * where they are not whole rows. */
double sparse_pieces_bytes(const struct sparse_product *product, double element_bytes,
                           uint64_t burst, double count, uint64_t columns);
/* The same over all columns, in tiles of `columns`. */
double sparse_sweep_bytes(const struct sparse_product *product, double element_bytes,
                          uint64_t burst, double count, uint64_t columns);
/* Table rows that come together because they share a burst, where whole rows are read. */
uint64_t sparse_granule(const struct sparse_product *product, uint64_t columns);
/* The output's element while it is not finished, and when it is. */
enum sparse_side sparse_output_side(const struct sparse_product *product);

#endif
