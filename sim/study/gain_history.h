/* The accelerator wall: gain against physical potential over a family of chips, its Pareto
 * frontier, robust fits of linear and logarithmic returns, and what they leave when the best
 * chip is moved to the last sourced process. All figures are relative to the family's first
 * chip. Source of the method: Fuchs and Wentzlaff, The Accelerator Wall, HPCA 2019. */
#ifndef SIM_STUDY_GAIN_HISTORY_H
#define SIM_STUDY_GAIN_HISTORY_H

#include "sim/study/gain_study.h"
#include "sim/kernel/api.h"

struct history_point {
    const char *name, *process;
    double gain, potential, specialisation; /* specialisation return: gain over potential */
    bool is_frontier; /* no chip of less or equal potential gains as much */
};

struct history_fit {
    bool is_logarithmic, is_frontier; /* gain = a + b potential, or a + b ln potential */
    size_t points, downweighted;      /* points whose robust weight is below one half */
    double a, b, a_sigma, b_sigma, r2, residual_sigma;
    double projected, low, high;      /* gain at the projected potential, 5 to 95 % */
    double left, left_low, left_high; /* the same over the best gain so far */
};

struct gain_history {
    const char *title, *hold, *from_process, *to_process;
    struct history_point *points; /* in the table's order */
    size_t point_count, skipped;
    const struct history_point *best_gain, *best_potential;
    double multiplier, multiplier_low, multiplier_high; /* of the best chip's potential */
    struct history_fit fits[4];
    size_t fit_count;
};

CLEAVE_API bool gain_history(struct arena *arena, const struct gain_facts *facts,
                             const struct gain_study *study, const struct gain_options *options,
                             struct gain_history *history, struct error *err);

#endif
