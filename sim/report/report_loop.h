/* A loop kernel's run, and its schedule as a table of bundles that a student can read. */
#ifndef SIM_REPORT_REPORT_LOOP_H
#define SIM_REPORT_REPORT_LOOP_H

#include <stdio.h>

#include "sim/study/loop_run.h"

void report_loop_table(const struct loop_result *result, FILE *out);
void report_loop_json(const struct loop_result *result, FILE *out);
void report_loop_csv(const struct loop_result *result, bool has_header, FILE *out);
/* One table per loop: a row per cycle, a column per unit, the stage beside every operation. */
void report_loop_schedule(const struct loop_result *result, FILE *out);

#endif
