/* DRAMsim3's traffic and answers under its own policy: a command queue per bank. */
#include "sim/study/cases.h"
#include "sim/study/dram_case.h"

static const struct dram_case_config CONFIGS[] = {
    {"DDR4_3200", "ddr4-3200", {NULL}},
    {"DDR4_8Gb_x8_3200", "ddr4-3200", {NULL}},
    {"DDR4_2400", "ddr4-2400", {NULL}},
    {"DDR4_8Gb_x8_2400", "ddr4-2400", {NULL}},
    {"DDR3_1600", "ddr3-1600", {NULL}},
    {"DDR3_4Gb_x8_1600", "ddr3-1600", {NULL}},
    {"LPDDR4_2400", "lpddr4-2400", {NULL}},
    {"LPDDR4_8Gb_x16_2400", "lpddr4-2400", {NULL}},
    {"GDDR5", "gddr5", {NULL}},
    {"GDDR5_8Gb_x32", "gddr5", {NULL}},
    {"GDDR6", "gddr6-8gb", {NULL}},
    {"GDDR6_8Gb_x16", "gddr6-8gb", {NULL}},
    {"HBM1_1ch", "hbm", {"channels=1", NULL}},
    {"HBM1_8ch", "hbm", {NULL}},
    {"HBM2_1ch", "hbm2", {"channels=1", NULL}},
    {"HBM2_8ch", "hbm2", {NULL}},
    {"HBM2_8Gb_x128", "hbm2", {NULL}},
    {NULL, NULL, {NULL}}};

static const char *const POLICY[] = {"queue=per-bank", NULL};

static bool run(const struct table *table, size_t row, struct arena *arena,
                struct validation_sink *sink, struct error *err)
{
    return dram_case_run(table, row, arena, CONFIGS, POLICY, sink, err);
}

const struct validation_case CASE_DRAMSIM3 = {
    .name = "dramsim3",
    .summary = "cycles and mean read latency of DRAM traffic, against DRAMsim3",
    .tables = "dramsim3.csv dramsim3_standards.csv",
    .tolerance = "0.01 % each: to the cycle but for rounded latencies",
    .median_bar = 1e-4,
    .worst_bar = 1e-4,
    .needs = "config pattern",
    .results = "cycles avg_read_lat_cyc",
    .run = run,
};
