/* The numbers behind one measured pair, as logarithms with their uncertainties, and the chains
 * of factors that they make. A figure is drawn once for both sides where both sides use it (one
 * draw of a process serves both chips), so what they share cancels exactly. */
#ifndef SIM_STUDY_GAIN_MODEL_H
#define SIM_STUDY_GAIN_MODEL_H

#include "sim/study/gain.h"

enum { SIDE_A, SIDE_B };
enum { FIGURE_MAX = 40, FACTOR_MAX = 16 };

/* A normal deviate of mean 0 and deviation 1, by key; its stream depends on seed and key alone.
 */
struct gain_figure {
    const char *key, *source;
    double sigma;
};

/* A quantity with the figure that makes it uncertain. `is_bound`: the published value is an
 * upper bound, so that draws only lower it. log NAN: unknown. */
struct gain_quantity {
    double log;
    int figure; /* -1: exact */
    bool is_bound;
};

struct gain_side {
    struct gain_quantity performance, reference, area, transistors, power, delay, density,
        defects, wafer, mac;
    double chips, work, scaling; /* logs; NAN unknown */
    double clock, bandwidth, peak, intensity, energy_coordinate, software;
};

struct gain_model {
    const struct gain_facts *facts;
    const struct gain_card *cards[2];
    struct gain_side sides[2];
    struct gain_figure figures[FIGURE_MAX];
    int figure_count;
    int energy_exponent, activity, leakage, device_speed; /* figures, -1 when not in use */
    bool is_one_chip, has_work, has_scaling, has_software, has_format;
    double scaling_ratio; /* log */
    struct gain_assumptions assume;
};

/* What a factor of a chain is computed from. SLOT_REST takes what the others leave. */
enum gain_slot_kind {
    SLOT_COUNT,
    SLOT_SCALING,
    SLOT_WORK,
    SLOT_FORMAT,
    SLOT_SOFTWARE,
    SLOT_BUDGET, /* of the lens: area, transistors, watts, dollars of a good die */
    SLOT_CLOCK,
    SLOT_DENSITY, /* transistors per mm2, or per dollar */
    SLOT_SPEED,
    SLOT_ENERGY,
    SLOT_DARK,
    SLOT_MEMORY,
    SLOT_SWAP_PROCESS, /* Shapley values of the potential model, see gain_chain.c */
    SLOT_SWAP_BUDGET,
    SLOT_SWAP_POWER,
    SLOT_SWAP_MEMORY,
    SLOT_REST
};

/* One chain: what its factors are called, and their logs for one draw of the figures. */
struct gain_chain {
    enum gain_level_kind kind;
    enum gain_lens lens;
    const char *normaliser;
    size_t count;
    struct gain_slot {
        enum gain_slot_kind kind;
        enum gain_group group;
        const char *name, *sources;
    } slots[FACTOR_MAX];
};

void gain_model_build(struct gain_model *model, struct arena *arena,
                      const struct gain_facts *facts, const struct gain_card *a,
                      const struct gain_card *b, const struct gain_assumptions *assume);

/* Adds the figure or finds it by key; -1 where sigma is 0 or unknown. */
int gain_model_figure(struct gain_model *model, const char *key, double sigma,
                      const char *source);
/* The log of a quantity for a draw z, one value a figure. */
double gain_quantity_draw(const struct gain_model *model, const struct gain_quantity *quantity,
                          const double *z);
/* How far a draw moves the scaling of b over that of a: both results of either side are
 * measured. */
double gain_scaling_shift(const struct gain_model *model, const double *z);
/* Log of performance of b over a for a draw. */
double gain_model_total(const struct gain_model *model, const double *z);

/* Names the factors of an entry. False when figures are missing; *missing says which. */
bool gain_chain_plan(const struct gain_model *model, enum gain_level_kind kind,
                     enum gain_lens lens, struct arena *arena, struct gain_chain *chain,
                     const char **missing);
/* Their logs for one draw; they add up to gain_model_total. */
void gain_chain_draw(const struct gain_model *model, const struct gain_chain *chain,
                     const double *z, double *logs);
/* Lowest and highest log of each factor over all orders of swapping. */
void gain_chain_orders(const struct gain_model *model, const struct gain_chain *chain,
                       double *lowest, double *highest);
/* Share of a chip's transistors that its power cap lets switch at its own clock, at most 1. */
double gain_active_share(const struct gain_model *model, int side);

#endif
