/* How a gain is printed: a waterfall for people, one JSON object or CSV rows for programs. */
#ifndef SIM_REPORT_REPORT_GAIN_H
#define SIM_REPORT_REPORT_GAIN_H

#include <stdio.h>

#include "sim/study/gain.h"
#include "sim/study/gain_history.h"
#include "sim/kernel/api.h"

CLEAVE_API void report_gain_table(const struct gain_report *report, FILE *out);
CLEAVE_API void report_gain_json(const struct gain_report *report, const char *version,
                                 FILE *out);
/* One factor a row; the header line only when asked for. */
CLEAVE_API void report_gain_csv(const struct gain_report *report, bool has_header, FILE *out);
/* The factors whose group or name holds `factor`, with their sources. False when there is none.
 */
bool report_gain_why(const struct gain_report *report, const char *factor, FILE *out,
                     struct error *err);

void report_history_table(const struct gain_history *history, FILE *out);
void report_history_json(const struct gain_history *history, const char *version, FILE *out);
void report_history_csv(const struct gain_history *history, FILE *out);

#endif
