/* The steps of a sparse contraction's nest: as planned, where every tile holds what is expected
 * of it, and once the row pointers and columns are met, where every tile holds its own entries.
 *
 * A step is a part of a tile: some of its rows. A tile with more entries (or, where the table
 * is gathered, more selected rows of it) than there is room for falls into further parts, which
 * the entries of one row may be spread over: it overflows. Its entries do not stay from visit
 * to visit, and every part begins anew. */
#ifndef ARCH_FAMILY_SPARSE_STEPS_H
#define ARCH_FAMILY_SPARSE_STEPS_H

#include "arch/family/sparse_search.h"

struct sparse_step {
    uint64_t loads[STEP_LOADS_MAX], store; /* bytes */
    uint64_t columns;                      /* of this visit */
    double entries, macs;                  /* macs: entries times columns, or products */
    uint64_t rows, begun;                  /* rows that it ends, and rows that it begins */
    uint32_t at[SPARSE_DIMS], part;        /* tile; number among the parts of all tiles */
    bool is_overflow;                      /* begins inside a tile that did not fit */
    bool is_gathered; /* selected rows of the table come, not all of the tile */
};

struct sparse_part {
    /* Rows of the share that are ended, and begun, up to and with this part: one of them may go
     * on in the next. */
    uint64_t rows_end, rows_begun;
    uint64_t entries, macs;
    uint64_t fresh;  /* granules of the table that it is the first to select */
    uint64_t listed; /* rows with entries */
    uint32_t next;   /* of its tile; 0: none */
    bool is_overflow;
};

struct sparse_met {
    struct sparse_step *steps;
    struct sparse_part *parts; /* from number 1 on, in the order of the stream */
    uint64_t step_count, part_count;
    uint64_t tiles, overflows; /* tiles that hold entries; those that did not fit */
    uint64_t entries, macs;
    uint64_t loads[STEP_LOADS_MAX], stores; /* bytes */
};

/* Step `index` as planned, of sparse_visits x pieces. */
void sparse_planned_step(const struct sparse_product *product, const struct sparse_nest *nest,
                         uint64_t index, struct sparse_step *step);
/* Called for the entries of a row that fall into a part (or, of two sparse matrices, for each
 * entry, with the length of the row that it selects), parts in the order of the stream. */
typedef void sparse_visitor(void *context, uint64_t part, uint64_t length);

/* One pass over the contents; memory grows with tiles, steps and the table's rows, never with
 * entries. NULL where the trace does not carry the contents that the nest needs. The share's
 * first row is number `first` of the whole. */
const struct sparse_met *sparse_meet(const struct sparse_product *product,
                                     const struct sparse_nest *nest,
                                     const struct primitive *primitive, uint64_t first,
                                     sparse_visitor *visitor, void *context,
                                     struct arena *arena);
/* "all 12 tiles fit", or how many do not. */
const char *sparse_met_text(const struct sparse_met *met, struct arena *arena);

/* What both have in common. Whether the tile of a side changes with this visit. */
bool sparse_changes(const struct sparse_nest *nest, uint64_t visit, unsigned dims);
uint64_t sparse_extent(const struct sparse_product *product, const struct sparse_nest *nest,
                       int dim, uint64_t at);

#endif
