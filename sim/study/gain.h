/* Of a gain, how much is architecture and how much technology: the report that `cleave gain`
 * prints. A gain is B's performance over A's. It is split on three levels, each under one or
 * more lenses (what is held equal); the factors of every entry multiply to the total. Nothing
 * here is one bare number: each factor has an interval from 5 to 95 %, drawn over the
 * uncertainty of every figure that enters, and its sources. Everything lives in the arena of
 * the report. */
#ifndef SIM_STUDY_GAIN_H
#define SIM_STUDY_GAIN_H

#include "sim/study/gain_card.h"
#include "sim/kernel/api.h"

enum gain_group {
    GAIN_COUNT,
    GAIN_SCALING,
    GAIN_WORK,
    GAIN_FORMAT,
    GAIN_CLOCK,
    GAIN_BUDGET,
    GAIN_TECHNOLOGY,
    GAIN_MEMORY,
    GAIN_ARCHITECTURE,
    GAIN_SOFTWARE,
    GAIN_STACK,
    GAIN_WORKLOAD,
    GAIN_UNEXPLAINED,
    GAIN_GROUP_COUNT
};

enum gain_level_kind { GAIN_IDENTITY, GAIN_POTENTIAL, GAIN_COUNTERFACTUAL };
enum gain_lens { LENS_NONE, LENS_AREA, LENS_TRANSISTOR, LENS_POWER, LENS_COST };

struct gain_factor {
    enum gain_group group;
    const char *name;
    double value, low, high; /* 5 and 95 % of the draws */
    double order_low,
        order_high; /* over the orders of swapping; value where order is no matter */
    const char *sources;
};

struct gain_level {
    enum gain_level_kind kind;
    enum gain_lens lens;
    const char *normaliser; /* in words: what the last factor is relative to */
    struct gain_factor *factors;
    size_t factor_count;
    double probability_above_one; /* that the last factor exceeds 1 */
    double active_a, active_b;    /* share of transistors the power cap lets switch, or NAN */
};

/* How much two factors together exceed the product of each alone: f(ij) f(0) / (f(i) f(j)). */
struct gain_interaction {
    const char *first, *second;
    double value;
};

/* Energy per task, B over A, by LMDI over components: what the design does (actions, at A's
 * process), and what the process makes of it. */
struct gain_energy {
    double a_joules, b_joules, total, architecture, technology;
};

struct gain_report {
    const char *a, *b, *metric, *workload;
    double total, low, high;
    struct gain_level *levels;
    size_t level_count;
    const char **notes; /* choices, doubts, what could not be computed and why */
    size_t note_count;
    const char **assumptions; /* each moved a residual by more than 10 % */
    size_t assumption_count;
    struct gain_interaction *interactions; /* simulated pairs; largest first */
    size_t interaction_count;
    struct gain_energy energy; /* simulated pairs; NAN otherwise */
    const char *rule;          /* how designs were moved between processes; "" */
    uint64_t runs;             /* simulations, each mixture once */
};

/* What a study assumes in place of the tables; NAN: nothing. Ratios are B over A. */
struct gain_assumptions {
    double device_speed, device_speed_sigma;
    bool is_uncapped; /* leave the power cap out of account, as the article does */
};

struct gain_options {
    uint64_t seed;
    uint32_t draws;
    bool rounds_as_article; /* the running remainder is rounded to two digits at each step */
    const char *workload;
    struct gain_assumptions assume;
};

CLEAVE_API void gain_options_init(struct gain_options *options);

/* Splits the gain of b over a. Errors: cards of unlike metrics, or without a result. */
CLEAVE_API bool gain_measured(struct arena *arena, const struct gain_facts *facts,
                              const struct gain_card *a, const struct gain_card *b,
                              const struct gain_options *options, struct gain_report *report,
                              struct error *err);

const char *gain_group_name(enum gain_group group);
const char *gain_level_name(enum gain_level_kind kind);
const char *gain_lens_name(enum gain_lens lens);

#endif
