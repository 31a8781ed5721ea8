/* Mixtures of two simulated designs: each ingredient from A or from B. Distinct mixtures are
 * run once; what the run cannot change (count of chips) is multiplied. */
#ifndef SIM_STUDY_GAIN_MIXTURE_H
#define SIM_STUDY_GAIN_MIXTURE_H

#include "sim/study/gain_simulated.h"

enum ingredient {
    MIX_PROCESS,
    MIX_MEMORY,
    MIX_BUDGET,
    MIX_COUNT,
    MIX_FORMAT,
    MIX_CLOCK, /* over what the devices of the process allow */
    MIX_ARCHITECTURE,
    MIX_WORKLOAD,
    MIX_INGREDIENTS
};

/* One design on one trace, at one moved place. */
struct mixture_run {
    const char *key; /* chip, assignments and trace: equal keys are one run */
    double seconds, memory_seconds, energy_j, power_w;
};

/* A scale found before, by design (clocks change no area) and what is held. */
struct mixture_scale {
    const char *key;
    double scale;
};

struct mixture_side {
    const struct gain_simulation *simulation;
    struct chip *chip;
    const char *native;        /* of the core that contracts */
    double delay, delay_sigma; /* of its process's gates */
    const char *unknown;       /* component without a known area, or NULL */
    double budget;             /* what the rule holds: mm2, transistors or watts */
};

struct mixtures {
    struct arena *arena;
    const struct gain_facts *facts;
    struct mixture_side sides[2];
    enum move_hold hold;
    struct technology_tables tables;
    struct mixture_run *runs;
    size_t run_count, run_capacity;
    struct mixture_scale *scales;
    size_t scale_count, scale_capacity;
    uint64_t simulated;
};

bool mixtures_init(struct mixtures *mixtures, struct arena *arena,
                   const struct gain_facts *facts, const struct gain_simulation *a,
                   const struct gain_simulation *b, enum move_hold hold, bool may_hold_shape,
                   struct error *err);
/* Whether the two sides differ in an ingredient, so that it can be a factor. */
bool mixtures_differ(const struct mixtures *mixtures, enum ingredient ingredient);
/* Bit i of mask: ingredient i is B's. The run belongs to the mixtures. */
bool mixture_at(struct mixtures *mixtures, uint32_t mask, struct mixture_run *run,
                struct error *err);
/* Gate delay of a process (7 nm = 1) and the deviation of its log: of the study tables where
 * they know it (log mean of all readings), else of the process file. */
bool gain_gate_delay(struct arena *arena, const struct gain_facts *facts, const char *process,
                     double *delay, double *sigma, struct error *err);
/* A design on a trace, from what was run before or run now. */
bool mixture_run(struct mixtures *mixtures, const struct chip_design *design, const char *trace,
                 struct mixture_run *run, struct error *err);

#endif
