/* The plans of a run as loop nests a student can read, each with its closed-form estimate
 * beside what the events made of it. */
#ifndef SIM_REPORT_REPORT_MAPPING_H
#define SIM_REPORT_REPORT_MAPPING_H

#include <stdio.h>

#include "sim/study/run.h"

void report_mapping(const struct run_result *result, FILE *out);

#endif
