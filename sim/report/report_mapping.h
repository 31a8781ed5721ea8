/* The plans of a run as loop nests a student can read, each with its closed-form estimate
 * beside what the events made of it. The page is a mapping file at the same time: its entries
 * can be changed and given to a run (--mapping), all else stands behind number signs. */
#ifndef SIM_REPORT_REPORT_MAPPING_H
#define SIM_REPORT_REPORT_MAPPING_H

#include <stdio.h>

#include "sim/study/run.h"

void report_mapping(const struct run_result *result, FILE *out);

#endif
