/* A systolic array, cycle by cycle, with real values in every register. Slow and literal:
 * tokens move one element a cycle, a controller starts loads and folds as early as the
 * registers allow. It knows no closed form; it asserts that no value is overwritten before its
 * use. */
#ifndef VALIDATION_UNIT_REFERENCE_ARRAY_H
#define VALIDATION_UNIT_REFERENCE_ARRAY_H

#include "arch/systolic/array.h"

/* Computes out = a (m x k) times b (k x n), row-major, and returns the cycles from the first
 * load or operand to the last result. */
uint64_t reference_array_run(const struct array *array, const struct array_block *block,
                             const int64_t *a, const int64_t *b, int64_t *out);

#endif
