/* Ramulator 2.1's traffic and answers under its own policy: shared read and write buffers. Its
 * DDR4 preset has the same timing as the DDR4-3200 file in clocks of 0.625 ns. */
#include "sim/study/cases.h"
#include "sim/study/dram_case.h"

static const struct dram_case_config CONFIGS[] = {
    {"DDR4_3200", "ddr4-3200", {"tRTRS=2", NULL}},
    {"DDR4_2400", "ddr4-2400", {"tRTRS=2", NULL}},
    {"DDR5_4800", "ddr5-4800", {"channels=1", NULL}},
    {"DDR5_6400", "ddr5-6400", {"channels=1", NULL}},
    {"GDDR6", "gddr6", {"channels=1", NULL}},
    {"HBM2", "hbm2-pc", {"channels=1", NULL}},
    {"HBM2_2400", "hbm2-2400", {"channels=1", NULL}},
    {NULL, NULL, {NULL}}};

static const char *const POLICY[] = {"queue=shared", NULL};

static bool run(const struct table *table, size_t row, struct arena *arena,
                struct validation_sink *sink, struct error *err)
{
    return dram_case_run(table, row, arena, CONFIGS, POLICY, sink, err);
}

const struct validation_case CASE_RAMULATOR = {
    .name = "ramulator",
    .summary = "cycles and mean read latency of DRAM traffic, against Ramulator 2.1",
    .tables = "ramulator.csv ramulator_standards.csv",
    .tolerance = "0.01 % each: to the cycle but for rounded latencies",
    .median_bar = 1e-4,
    .worst_bar = 1e-4,
    .needs = "config pattern",
    .results = "cycles avg_read_lat_cyc",
    .run = run,
};
