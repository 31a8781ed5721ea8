/* Random small matrices and random nests over them, good and bad: sparse contractions to be
 * carried out on numbers. */
#ifndef VALIDATION_UNIT_SPARSE_CASE_H
#define VALIDATION_UNIT_SPARSE_CASE_H

#include "arch/family/sparse_search.h"

enum { SIDE = 24, ENTRIES = SIDE * SIDE };

struct matrix {
    int64_t pointers[SIDE + 1], columns[ENTRIES], second[SIDE + 1];
    int row_of[ENTRIES];
    double values[ENTRIES], table[SIDE][SIDE], dense[SIDE][SIDE];
    struct tensor_contents contents[3];
    struct tensor tensors[3];
    struct primitive primitive;
    struct sparse_product product;
    struct sparse_nest nest;
};

/* Of all kinds: empty rows, one full row, nothing at all, half of the table never selected. */
void sparse_case_matrix(struct matrix *x, uint64_t *state);
/* Any nest, good or bad. */
void sparse_case_nest(struct matrix *x, uint64_t *state);

#endif
