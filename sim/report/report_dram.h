/* How a run of memory traffic is printed. */
#ifndef SIM_REPORT_REPORT_DRAM_H
#define SIM_REPORT_REPORT_DRAM_H

#include <stdio.h>

#include "sim/study/dram_run.h"

struct report_dram {
    const char *version, *memory, *traffic; /* pattern or file as given */
    const struct dram_config *config;
    const struct dram_result *result;
    double energy_j; /* NAN: not known */
};

void report_dram_table(const struct report_dram *report, FILE *out);
void report_dram_json(const struct report_dram *report, FILE *out);
void report_dram_csv(const struct report_dram *report, FILE *out);

#endif
