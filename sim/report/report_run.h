/* The result of a run as a person reads it, as JSON and as CSV. */
#ifndef SIM_REPORT_REPORT_RUN_H
#define SIM_REPORT_REPORT_RUN_H

#include <stdio.h>

#include "sim/study/run.h"
#include "sim/kernel/api.h"

enum { REPORT_OPERATORS_MAX = 200 };

CLEAVE_API void report_run_table(const struct run_result *result, FILE *out);
/* One object on one line. */
CLEAVE_API void report_run_json(const struct run_result *result, FILE *out);
/* One operator a row. The header is printed where wanted: several traces share one. */
CLEAVE_API void report_run_csv(const struct run_result *result, bool has_header, FILE *out);

#endif
