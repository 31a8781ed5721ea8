/* Area to money and carbon: yield, dies per wafer, cost of a good die. Plain arithmetic. */
#ifndef ARCH_TECHNOLOGY_COST_H
#define ARCH_TECHNOLOGY_COST_H

#include "arch/technology/process.h"

enum yield_model {
    YIELD_POISSON,           /* e^-x, x = area x defect density */
    YIELD_MURPHY,            /* ((1 - e^-x) / x)^2 */
    YIELD_SEEDS,             /* 1 / (1 + x) */
    YIELD_EXPONENTIAL,       /* e^-sqrt(x) */
    YIELD_NEGATIVE_BINOMIAL, /* (1 + x / a)^-a */
    YIELD_MODEL_COUNT
};

/* "poisson" "murphy" "seeds" "exponential" "negative-binomial", NULL-terminated. */
extern const char *const YIELD_MODEL_NAMES[];

struct yield_options {
    enum yield_model model;
    double clustering;  /* `a` of the negative binomial, above 0 */
    double electricity; /* g CO2 equivalent per kWh of the fab */
};

/* Negative binomial with a = 3, grid of 500 g/kWh. */
struct yield_options yield_options_default(void);

/* Fraction of good dies. x >= 0: expected defects a die. Source: Stapper's and Murphy's models
 * as listed in Cunningham, IEEE Trans. Semiconductor Manufacturing 3(2), 1990 (from memory). */
double yield_of(enum yield_model model, double clustering, double defects_per_die);
/* Dies on a round wafer, partial ones subtracted, no edge exclusion or scribe:
 * pi r^2 / A - pi D / sqrt(2 A); 0 where the die does not fit. */
double gross_dies(double wafer_diameter_m, double die_m2);

struct die_cost {
    double yield, gross_dies, cost_usd; /* cost of one good die; NAN: not known */
    double carbon_g;                    /* CO2 equivalent of making one good die */
};

/* Part of a die's cost or carbon that one answer bears when the die answers without pause for
 * three years, the depreciation of servers that Jouppi et al. (ISCA 2017) and others assume
 * (from memory); nought or NAN as the whole is. */
double die_share(double whole, double seconds);

/* Fields whose quantities the process lacks are NAN; die_m2 > 0. */
struct die_cost die_cost_of(const struct process *process, double die_m2,
                            const struct yield_options *options);

#endif
