#include "sim/study/gain_sample.h"

#include <math.h>
#include <string.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_statistics_double.h>

/* FNV-1a over the key, started from the seed; never 0, which GSL would take for its default. */
static unsigned long stream_seed(uint64_t seed, const char *key)
{
    uint64_t hash = 14695981039346656037U ^ (seed * 0x9E3779B97F4A7C15U);
    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 1099511628211U;
    hash ^= hash >> 32;
    return (unsigned long)(hash & 0xFFFFFFFF) | 1;
}

void gain_demand(struct arena *arena, const void *allocated)
{
    if (!allocated)
        arena_alloc(arena, SIZE_MAX); /* more than there is: never returns */
}

void gain_sample_draw(struct gain_sample *sample, const struct gain_model *model,
                      struct arena *arena, uint64_t seed, uint32_t draws)
{
    sample->draws = draws;
    sample->figure_count = model->figure_count;
    sample->deviates =
        arena_array(arena, (size_t)model->figure_count * draws + 1, sizeof *sample->deviates);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gain_demand(arena, rng);
    for (int f = 0; f < model->figure_count; f++) {
        gsl_rng_set(rng, stream_seed(seed, model->figures[f].key));
        for (uint32_t i = 0; i < draws; i++)
            sample->deviates[(size_t)f * draws + i] = gsl_ran_gaussian_ziggurat(rng, 1);
    }
    gsl_rng_free(rng);
}

static void gather(const struct gain_sample *sample, uint32_t draw, double *z)
{
    for (int f = 0; f < sample->figure_count; f++)
        z[f] = sample->deviates[(size_t)f * sample->draws + draw];
}

/* Quantile between two order statistics, symmetric: the 5 % of x is minus the 95 % of -x. */
static double quantile(double *values, size_t count, double share)
{
    double place = share * (double)(count - 1);
    size_t below = (size_t)place;
    double left = gsl_stats_select(values, 1, count, below);
    double right = below + 1 < count ? gsl_stats_select(values, 1, count, below + 1) : left;
    return left + (place - (double)below) * (right - left);
}

struct gain_interval gain_interval_of(double *values, uint32_t count)
{
    double above = 0, lowest = INFINITY, highest = -INFINITY;
    for (uint32_t i = 0; i < count; i++) {
        above += values[i] > 0 ? 1 : values[i] == 0 ? 0.5 : 0;
        lowest = fmin(lowest, values[i]);
        highest = fmax(highest, values[i]);
    }
    struct gain_interval made = {lowest, highest, above / count};
    if (highest - lowest > 1e-12) {
        made.low = quantile(values, count, 0.05);
        made.high = quantile(values, count, 0.95);
    }
    return made;
}

void gain_sample_chain(const struct gain_sample *sample, const struct gain_model *model,
                       const struct gain_chain *chain, struct arena *arena,
                       struct gain_interval *intervals)
{
    struct arena_mark mark = arena_mark(arena);
    double *logs = arena_array(arena, chain->count * sample->draws, sizeof *logs);
    for (uint32_t i = 0; i < sample->draws; i++) {
        double z[FIGURE_MAX], row[FACTOR_MAX];
        gather(sample, i, z);
        gain_chain_draw(model, chain, z, row);
        for (size_t k = 0; k < chain->count; k++)
            logs[k * sample->draws + i] = row[k];
    }
    for (size_t k = 0; k < chain->count; k++)
        intervals[k] = gain_interval_of(logs + k * sample->draws, sample->draws);
    arena_release(arena, mark);
}

struct gain_interval gain_sample_total(const struct gain_sample *sample,
                                       const struct gain_model *model, struct arena *arena)
{
    struct arena_mark mark = arena_mark(arena);
    double *logs = arena_array(arena, sample->draws, sizeof *logs);
    for (uint32_t i = 0; i < sample->draws; i++) {
        double z[FIGURE_MAX];
        gather(sample, i, z);
        logs[i] = gain_model_total(model, z);
    }
    struct gain_interval made = gain_interval_of(logs, sample->draws);
    arena_release(arena, mark);
    return made;
}
