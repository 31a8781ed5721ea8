/* Gains between simulated chips, counterfactually: process, memory, budget, count of chips,
 * number format, architecture and workload are swapped singly and together, every distinct
 * mixture is run once, and Shapley values with Owen groups share the log gain out. */
#ifndef SIM_STUDY_GAIN_SIMULATED_H
#define SIM_STUDY_GAIN_SIMULATED_H

#include "sim/study/chip_move.h"
#include "sim/study/gain.h"
#include "sim/study/gain_trace.h"
#include "sim/kernel/api.h"

struct gain_simulation {
    const char *name;
    struct chip_design design;
    struct study_trace trace;
    double count; /* chips; throughput is taken to grow with them: no network is simulated */
};

struct gain_simulated_options {
    struct gain_options common;
    enum move_hold hold;
    bool may_hold_shape; /* where what `hold` names is not known of a chip: hold shape, and say
                            so */
    struct study_trace twin; /* a trace like a's; path NULL: none */
};

CLEAVE_API bool gain_simulated(struct arena *arena, const struct gain_facts *facts,
                               const struct gain_simulation *a, const struct gain_simulation *b,
                               const struct gain_simulated_options *options,
                               struct gain_report *report, struct error *err);

#endif
