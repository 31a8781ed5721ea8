/* The result of a run as a person reads it, as JSON and as CSV. */
#ifndef SIM_REPORT_REPORT_RUN_H
#define SIM_REPORT_REPORT_RUN_H

#include <stdio.h>

#include "sim/study/run.h"
#include "sim/kernel/api.h"

CLEAVE_API void report_run_table(const struct run_result *result, FILE *out);
/* One object on one line. */
CLEAVE_API void report_run_json(const struct run_result *result, FILE *out);
/* The same where the operators were written while they retired: each by
 * report_run_json_operator into a spool, which is read from its beginning. */
void report_run_json_operator(const struct run_result *result,
                              const struct run_operator *operator, bool is_first, FILE *spool);
void report_run_json_spooled(const struct run_result *result, FILE *spool, FILE *out);
void report_run_csv_header(FILE *out);
void report_run_csv_operator(const struct run_result *result,
                             const struct run_operator *operator, FILE * out);
/* One operator a row. The header is printed where wanted: several traces share one. */
CLEAVE_API void report_run_csv(const struct run_result *result, bool has_header, FILE *out);

#endif
