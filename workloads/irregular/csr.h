/* Compressed sparse rows: the pattern of a matrix or a graph, columns ascending within a row,
 * each at most once. Arrays come from malloc; csr_free gives them back. */
#ifndef WORKLOADS_IRREGULAR_CSR_H
#define WORKLOADS_IRREGULAR_CSR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/error.h"

struct csr {
    int64_t rows, columns, count;
    int64_t *pointers; /* rows + 1 */
    int64_t *indices;  /* count */
};

/* Positions in any order, repeats allowed; below 2^32 each way. */
struct positions {
    uint32_t *rows, *columns;
    size_t count, room;
};

bool positions_add(struct positions *positions, uint32_t row, uint32_t column,
                   struct error *err);
void positions_free(struct positions *positions);
/* Sorts the positions (two counting sorts) and drops repeats; frees them. */
bool csr_make(struct csr *csr, int64_t rows, int64_t columns, struct positions *positions,
              struct error *err);
void csr_free(struct csr *csr);
/* Non-zeros of the product a b: rows of b that the non-zeros of a name, merged. */
bool csr_product_count(const struct csr *a, const struct csr *b, int64_t *count,
                       struct error *err);

#endif
