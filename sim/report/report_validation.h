/* Validation results: ours beside what was published. */
#ifndef SIM_REPORT_REPORT_VALIDATION_H
#define SIM_REPORT_REPORT_VALIDATION_H

#include <stdio.h>

#include "sim/study/validation.h"

/* One line a case, or every row of it. */
void report_validation_table(const struct validation_result *result, bool has_detail,
                             bool is_first, FILE *out);
void report_validation_json(const struct validation_result *result, FILE *out);
void report_validation_csv(const struct validation_result *result, bool has_header, FILE *out);

#endif
