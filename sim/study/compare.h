/* Chips side by side on traces, scaled to the same process, memory bandwidth, die area and
 * power. The order is fixed and printed for each chip: process first (clocks follow the speed
 * of its devices), then bandwidth, then arrays and buffers grow or shrink to the area, and at
 * last clocks fall until average power on the first trace meets the limit (or, without an area,
 * the design is scaled to it). */
#ifndef SIM_STUDY_COMPARE_H
#define SIM_STUDY_COMPARE_H

#include "sim/study/gain_mixture.h"
#include "sim/kernel/api.h"

struct compare_iso {
    const char *process;   /* NULL: each its own */
    double area_mm2;       /* 0: as it is */
    double power_w;        /* 0: no limit */
    const char *bandwidth; /* as in a config, "300 GB/s"; NULL: as it is */
};

struct compare_cell {
    uint64_t cycles, macs;
    double seconds, energy_j, power_w, utilization, fallback_share; /* NAN: not known */
    double speed; /* over the first chip on the same trace */
};

struct compare_row {
    const char *chip, *process, *rule; /* rule: what was done to it */
    double clock_hz, area_mm2, transistors, scale, clock_factor;
    struct compare_cell *cells; /* one a trace */
    double speed;               /* geometric mean over the traces */
};

struct comparison {
    struct compare_row *rows;
    const struct study_trace *traces;
    size_t row_count, trace_count;
};

/* "area=100 mm2,process=NAME,power=50 W,bandwidth=300 GB/s", any of them. */
CLEAVE_API bool compare_read_iso(struct arena *arena, const char *text, struct compare_iso *iso,
                                 struct error *err);

CLEAVE_API bool compare_chips(struct arena *arena, const struct gain_facts *facts,
                              const char *const *chips, size_t chip_count,
                              const struct study_trace *traces, size_t trace_count,
                              const struct compare_iso *iso, struct comparison *comparison,
                              struct error *err);

#endif
