/* What memory traffic costs: the actions of a run priced as arch/technology prices a chip's
 * memory (devices and their interface, scope `chip`). */
#ifndef SIM_STUDY_DRAM_ENERGY_H
#define SIM_STUDY_DRAM_ENERGY_H

#include "sim/study/dram_run.h"

/* `memory` is the name that finds the row of prices. *joules is NAN where no row or figure is
 * known; an error is a broken table. */
bool dram_energy(struct arena *arena, const char *memory, const struct dram_config *config,
                 const struct dram_result *result, double *joules, struct error *err);

#endif
