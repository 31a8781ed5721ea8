/* What `gain` knows of chips, processes and number formats: the tables of
 * configs/studies/tables, read once. A figure that a table leaves blank is NAN here: unknown,
 * never zero. Texts and rows live in the arena given to gain_facts_load. */
#ifndef SIM_STUDY_GAIN_FACTS_H
#define SIM_STUDY_GAIN_FACTS_H

#include "sim/config/table.h"
#include "sim/kernel/api.h"

struct gain_chip {
    const char *key, *name, *process, *format; /* process and format "" where unknown */
    const char *silicon; /* equal texts: one chip, whatever memory and board it is sold with */
    double transistors, area_mm2, clock_hz, power_w, bandwidth_bytes_per_s, memory_mib;
    double peak_i8, peak_f16, peak_f32; /* operations per second */
    const char *area_kind, *power_kind, *memory_type, *mlperf_name;
    const char *from_memory; /* fields that nobody checked, as the table lists them */
    const char *notes, *source;
};

/* A process family, from processes.csv (what wafers cost is in configs/processes); deviations
 * are of the logarithm. */
struct gain_process {
    const char *key, *labels;
    double delay, delay_sigma;     /* of a gate, 7 nm = 1 */
    double energy_coordinate;      /* log gain of an inverter's energy over 45 nm */
    double density, density_sigma; /* million transistors per mm2, whole chips */
    const char *delay_source, *density_source;
};

struct gain_format {
    const char *name, *drawn_as, *source; /* equal drawn_as: one uncertain figure */
    double mac_pj, sigma;
};

/* A figure that no single process owns; sigma is of its logarithm unless its table says else.
 */
struct gain_constant {
    double value, sigma;
    const char *source;
};

struct gain_facts {
    struct gain_chip *chips;
    struct gain_process *processes;
    struct gain_format *formats;
    size_t chip_count, process_count, format_count;
    struct gain_constant energy_exponent, activity, gate_energy_45nm_fj, leakage_share,
        clustering, count_sigma, time_sigma, area_bound_sigma, power_tdp_sigma,
        power_measured_sigma;
};

CLEAVE_API bool gain_facts_load(struct arena *arena, struct gain_facts *facts,
                                struct error *err);

/* NULL with a sentence naming near keys when there is none. */
const struct gain_chip *gain_find_chip(const struct gain_facts *facts, const char *key,
                                       struct error *err);
const struct gain_process *gain_find_process(const struct gain_facts *facts, const char *key,
                                             struct error *err);
const struct gain_format *gain_find_format(const struct gain_facts *facts, const char *name,
                                           struct error *err);

/* A table of configs/studies/tables by its file name. */
bool gain_table(struct arena *arena, const char *name, struct table *table, struct error *err);
/* The cell as a number, NAN where it is blank; a malformed one is an error. */
bool gain_cell(const struct table *table, size_t row, const char *column, double *value,
               struct error *err);

#endif
