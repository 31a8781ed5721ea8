/* Rows about a chip's die: shares of components, area, idle and busy power. Part of the density
 * case; see tpuv1_die.csv for the columns. */
#ifndef SIM_STUDY_DIE_ROW_H
#define SIM_STUDY_DIE_ROW_H

#include "sim/study/validation.h"

bool die_row(const struct table *table, size_t row, struct arena *arena,
             struct validation_sink *sink, struct error *err);

#endif
