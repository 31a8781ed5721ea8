/* Requests of DRAM traffic a CPU second, each controller on its own policy: offered as fast as
 * they are accepted, to the end of the last read. */
#include "arch/memory/dram_file.h"
#include "sim/study/dram_run.h"
#include "validation/bench/benchmark.h"

struct traffic {
    const char *memory, *set, *pattern;
};

static const struct traffic TRAFFIC[] = {
    {"ddr4-3200", "mapping=rochrababgco", "seq:n=1000000"},
    {"ddr4-3200", "mapping=rochracobabg", "seq:n=1000000"},
    {"ddr4-3200", "queue=shared", "seq:n=1000000"},
    {"hbm2", "queue=per-bank", "seq:n=1000000"},
    {"ddr4-3200", "queue=per-bank", "rand:n=300000"},
    {"ddr4-3200", "queue=shared", "rand:n=300000"},
    {"hbm2", "queue=per-bank", "rand:n=300000"},
    {"ddr4-3200", "queue=per-bank", "rand:n=300000,write_pct=33"},
};

static double run_traffic(int index)
{
    const struct traffic *traffic = &TRAFFIC[index];
    struct arena arena = {0};
    struct error err = {0};
    struct dram_config config = {0};
    struct dram_map map;
    struct dram_pattern pattern;
    double rate = -1;
    if (dram_file_load(&arena, traffic->memory, &traffic->set, 1, &config, &map, NULL, &err) &&
        dram_pattern_parse(traffic->pattern, &config, &pattern, &err)) {
        double begin = bench_cpu_seconds();
        struct dram_result result = dram_run(&arena, &config, &map, &pattern);
        rate = (double)result.requests / (bench_cpu_seconds() - begin) / 1e6;
    }
    arena_free(&arena);
    return rate;
}

const struct bench_row dram_rows[] = {
    {"DDR4-3200 sequential, rows in order", "M requests/CPU-s", run_traffic, 0, BAR_AT_LEAST,
     10},
    {"DDR4-3200 sequential, bank groups in turn", "M requests/CPU-s", run_traffic, 1,
     BAR_AT_LEAST, 10},
    {"DDR4-3200 sequential, shared queue", "M requests/CPU-s", run_traffic, 2, BAR_AT_LEAST,
     10},
    {"HBM2 sequential, 8 channels", "M requests/CPU-s", run_traffic, 3, BAR_NONE, 0},
    {"DDR4-3200 random", "M requests/CPU-s", run_traffic, 4, BAR_AT_LEAST, 3},
    {"DDR4-3200 random, shared queue", "M requests/CPU-s", run_traffic, 5, BAR_AT_LEAST, 3},
    {"HBM2 random, 8 channels", "M requests/CPU-s", run_traffic, 6, BAR_NONE, 0},
    {"DDR4-3200 random, a third writes", "M requests/CPU-s", run_traffic, 7, BAR_NONE, 0},
    {0}};
