/* Near twins as table, JSON and CSV. */
#ifndef SIM_REPORT_REPORT_TWIN_H
#define SIM_REPORT_REPORT_TWIN_H

#include <stdio.h>

#include "sim/study/twin_study.h"

void report_twin_table(const struct twin_result *result, FILE *out);
void report_twin_json(const struct twin_result *result, FILE *out);
void report_twin_csv(const struct twin_result *result, FILE *out);

#endif
