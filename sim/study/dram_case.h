/* What the two cases of DRAM simulators share: a row of traffic becomes a run. Columns: config
 * (a known configuration, or the name of a memory), pattern as the reference writes it
 * ("stride:128", "tile:256,16384,16"), n_requests granule_bytes footprint_bytes write_pct
 * gap_cycles_num gap_cycles_den seed; wanted are cycles and avg_read_lat_cyc. An optional
 * column `set` holds further settings of the memory file, separated by semicolons. */
#ifndef SIM_STUDY_DRAM_CASE_H
#define SIM_STUDY_DRAM_CASE_H

#include "sim/study/validation.h"

enum { DRAM_CASE_SETS = 8 };

/* A name in `config` with all its settings. Where the name of a row starts with `name` and goes
 * on with `_A`, `_B`, `_C` or `_RoBaRaCoCh`, the address mapping of that name is added. */
struct dram_case_config {
    const char *name, *memory;
    const char *sets[DRAM_CASE_SETS]; /* NULL-terminated */
};

/* `policy` holds settings of every row, NULL-terminated. */
bool dram_case_run(const struct table *table, size_t row, struct arena *arena,
                   const struct dram_case_config *configs, const char *const *policy,
                   struct validation_sink *sink, struct error *err);

#endif
