/* Monte Carlo over the figures of a model. Every figure has its own stream, seeded by the seed
 * and the figure's key: the same seed gives the same bytes, and swapping the cards the same
 * draws. */
#ifndef SIM_STUDY_GAIN_SAMPLE_H
#define SIM_STUDY_GAIN_SAMPLE_H

#include "sim/study/gain_model.h"

struct gain_sample {
    uint32_t draws;
    int figure_count;
    double *deviates; /* figure-major: figure_count x draws */
};

struct gain_interval {
    double low, high;  /* logs at 5 and 95 % */
    double above_zero; /* share of the draws above 0, half of those at 0 */
};

/* Ends as the arena does when the system has no memory, for what GSL allocates itself. */
void gain_demand(struct arena *arena, const void *allocated);

void gain_sample_draw(struct gain_sample *sample, const struct gain_model *model,
                      struct arena *arena, uint64_t seed, uint32_t draws);
/* One interval a factor of the chain. */
void gain_sample_chain(const struct gain_sample *sample, const struct gain_model *model,
                       const struct gain_chain *chain, struct arena *arena,
                       struct gain_interval *intervals);
/* 5 to 95 % of draws; reorders them. */
struct gain_interval gain_interval_of(double *values, uint32_t count);
struct gain_interval gain_sample_total(const struct gain_sample *sample,
                                       const struct gain_model *model, struct arena *arena);

#endif
