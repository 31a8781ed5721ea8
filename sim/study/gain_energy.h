/* Energy per task of simulated pairs, split by LMDI into what designs do and what processes
 * make of it. */
#ifndef SIM_STUDY_GAIN_ENERGY_H
#define SIM_STUDY_GAIN_ENERGY_H

#include "sim/study/gain.h"
#include "sim/study/run.h"

/* Fills report->energy; NAN with a note where an energy has no source. Prices b anew at a's
 * process and leaves it so. */
void gain_split_energy(const struct run_result *a, struct run_result *b, struct arena *arena,
                       struct gain_report *report);

#endif
