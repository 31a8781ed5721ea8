/* Executes a loop nest on numbers: the proof that a plan of any family computes its operator.
 * Every memory of the nest holds only the tiles that it keeps, every instance along the axes
 * its own; values reach the multipliers only through them, and a level asks the next outer one
 * that keeps the operand. So a nest that forgets, repeats or misplaces a value is found out,
 * and the closed forms of nest.h are checked by counting. For small contractions: it works on
 * single values and allocates every tile. */
#ifndef ARCH_MAPPING_INTERPRET_H
#define ARCH_MAPPING_INTERPRET_H

#include "arch/mapping/nest.h"

/* Dense, last index fastest: input [g][n][c][z][y][x] (no g when shared), weight
 * [g][k][c][t][r][s] (no g when shared), output [g][n][k][z][p][q], zero at first. Integers, so
 * that sums in any order are equal; unsigned arithmetic, modulo 2^64. */
struct interpret_values {
    uint64_t *of[OPERAND_COUNT];
};

/* As nest_fills, nest_reads and nest_partial_refills count them; level_count: multipliers. */
struct interpret_counts {
    uint64_t fills[NEST_LEVELS_MAX + 1][OPERAND_COUNT],
        reads[NEST_LEVELS_MAX + 1][OPERAND_COUNT];
    uint64_t partial_refills[NEST_LEVELS_MAX + 1];
    uint64_t macs; /* padding excluded */
};

/* Elements of the whole tensor, whether touched or not. */
uint64_t interpret_elements(const struct contraction *c, enum contraction_operand operand);
/* Adds the products to `output` straight from the definition. */
void interpret_plain(const struct contraction *c, const struct interpret_values *values);
/* The same along the nest. False when a level is asked for a value that it does not hold. */
bool interpret_nest(const struct nest *nest, const struct interpret_values *values,
                    struct arena *scratch, struct interpret_counts *counts, struct error *err);
/* Both on values drawn from `seed`; false with the first output that differs. */
bool interpret_verify(const struct nest *nest, uint64_t seed, struct arena *scratch,
                      struct interpret_counts *counts, struct error *err);

#endif
