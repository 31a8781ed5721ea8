/* Chips by traces, as a table for people, JSON, or CSV with one chip and trace a row. */
#ifndef SIM_REPORT_REPORT_COMPARE_H
#define SIM_REPORT_REPORT_COMPARE_H

#include <stdio.h>

#include "sim/study/compare.h"

void report_compare_table(const struct comparison *comparison, FILE *out);
void report_compare_json(const struct comparison *comparison, const char *version, FILE *out);
void report_compare_csv(const struct comparison *comparison, FILE *out);

#endif
