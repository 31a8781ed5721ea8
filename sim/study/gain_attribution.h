/* Who earned a gain when factors interact: Shapley values of a log gain over all 2^k mixtures
 * of old and new, with Owen groups, the range over orders, and pairwise interactions; and
 * LMDI-I for sums such as energy. Pure functions: the caller evaluates the mixtures, bit i of a
 * mask meaning that factor i is the new one. */
#ifndef SIM_STUDY_GAIN_ATTRIBUTION_H
#define SIM_STUDY_GAIN_ATTRIBUTION_H

#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/api.h"

enum { ATTRIBUTION_FACTORS = 10 };

/* All logs. The values add up to logs[all] - logs[0] exactly but for rounding. */
struct attribution {
    int count;
    double value[ATTRIBUTION_FACTORS];
    double lowest[ATTRIBUTION_FACTORS], highest[ATTRIBUTION_FACTORS]; /* over all orders */
    double from_base[ATTRIBUTION_FACTORS]; /* this factor alone swapped into the old */
    double from_new[ATTRIBUTION_FACTORS];  /* this factor alone taken out of the new */
    /* ln [f(ij) f(0) / (f(i) f(j))] on the old base; 0 on the diagonal */
    double interaction[ATTRIBUTION_FACTORS][ATTRIBUTION_FACTORS];
};

/* logs: 2^count values, log of performance of each mixture. groups: Owen group of each factor
 * (any numbers; members of a group are swapped together in the outer orders), or NULL for
 * plain Shapley values. Lowest and highest are over all orders that keep groups together.
 * Source: Shapley 1953; Owen 1977. */
CLEAVE_API void attribution_of(const double *logs, int count, const int *groups,
                               struct attribution *attribution);

/* LMDI-I of E = sum over rows of x_0 x_1 .. x_(factors-1), from `old` to `new` (row-major, rows
 * x factors, each >= 0): logs[k] of factor k's part of E_new / E_old; they add up to its log.
 * Zeros take the analytical limits of the logarithmic mean. Source: Ang, Energy Policy 33
 * (2005): D_k = exp(sum_c L(E_c',E_c)/L(E',E) ln(x_k'/x_k)). */
CLEAVE_API void attribution_lmdi(const double *old, const double *new, size_t rows,
                                 size_t factors, double *logs);

#endif
