/* ONNXim: operator cycles of products with its tiles pinned. Inputs of a row: config
 * (c1_128x128, c1_8x8) M K N tile_M tile_K tile_N; result: op_cycles. Another model, so a
 * cross-check. */
#include <math.h>
#include <string.h>

#include "sim/study/cases.h"
#include "sim/study/run.h"
#include "sim/study/sample.h"

/* The configurations, as differences to the shipped chip; see validation/cases/onnxim.csv. */
static const struct {
    const char *name, *sets[10];
} CONFIGS[] = {
    {"c1_128x128", {NULL}},
    {"c1_8x8",
     {"core.mxu.rows=8", "core.mxu.cols=8", "core.mxu.native=i8",
      "core.mxu.formats=", "core.mxu.accumulator_rows=512", "memory.spad.capacity=64 KiB",
      "core.vpu.lanes=256", "memory.hbm.bandwidth=25600 MB/s",
      /* calibrated on c1_8x8/64x64x64: its DDR4 runs at 400 MHz, and its runs end 800 cycles
       * after the operator */
      "memory.hbm.latency=509 ns", NULL}},
};

struct pinned_tiles {
    struct play_pins pins; /* first */
    int64_t m, k, n;
    struct nest nest;
};

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

static const struct nest *find(const struct play_pins *pins, const char *operator, int32_t part,
                               const struct contraction *view, struct error *err)
{
    (void)operator;
    (void)part;
    (void)err;
    struct pinned_tiles *tiles = (struct pinned_tiles *)(uintptr_t)pins;
    struct nest *nest = &tiles->nest;
    *nest = (struct nest){.contraction = *view, .level_count = 2};
    for (int i = 0; i < 2; i++) {
        nest->levels[i].name = i ? "scratch" : "memory";
        nest->levels[i].keep = 7;
        for (int d = 0; d < DIM_COUNT; d++) {
            nest->levels[i].factor[d] = 1;
            nest->levels[i].order[d] = (uint8_t)d;
        }
    }
    int64_t tile[DIM_COUNT] = {[DIM_P] = tiles->m, [DIM_C] = tiles->k, [DIM_K] = tiles->n};
    static const enum dim DIMS[] = {DIM_P, DIM_C, DIM_K};
    for (int i = 0; i < 3; i++) {
        int64_t size =
            tile[DIMS[i]] < view->size[DIMS[i]] ? tile[DIMS[i]] : view->size[DIMS[i]];
        nest->levels[1].factor[DIMS[i]] = size;
        nest->levels[0].factor[DIMS[i]] = divide_up(view->size[DIMS[i]], size);
    }
    return nest;
}

static bool run(const struct table *table, size_t row, struct arena *arena,
                struct validation_sink *sink, struct error *err)
{
    int64_t m, k, n, cycles;
    struct pinned_tiles tiles = {.pins = {find, NULL}};
    const char *config = table_text(table, row, "config");
    size_t chosen = 0, count = sizeof CONFIGS / sizeof CONFIGS[0];
    while (chosen < count && strcmp(CONFIGS[chosen].name, config) != 0)
        chosen++;
    if (chosen == count) { /* several cores are not this case's business */
        struct validation_value skipped = {
            .key = arena_format(arena, "%s/%sx%sx%s", config, table_text(table, row, "M"),
                                table_text(table, row, "K"), table_text(table, row, "N")),
            .got = NAN,
            .want = NAN,
            .unit = "cycles",
            .is_report = true};
        sink->emit(sink, &skipped);
        return true;
    }
    if (!table_count(table, row, "M", &m, err) || !table_count(table, row, "K", &k, err) ||
        !table_count(table, row, "N", &n, err) ||
        !table_count(table, row, "tile_M", &tiles.m, err) ||
        !table_count(table, row, "tile_K", &tiles.k, err) ||
        !table_count(table, row, "tile_N", &tiles.n, err))
        return false;
    if (m < 1 || k < 1 || n < 1 || tiles.m < 1 || tiles.k < 1 || tiles.n < 1)
        return error_set(err, "%s:%d: M, K, N and the tile's sizes must be 1 or more",
                         table->path, table->lines[row]);
    struct number_format half = number_format_float(5, 10);
    struct sample_product product = {m, k, n, half, half, half};
    const char *trace = sample_products(arena, &product, 1, err);
    struct run_request request = {
        .chip = "onnxim", .trace = trace, .sets = CONFIGS[chosen].sets, .pins = &tiles.pins};
    while (request.sets[request.set_count])
        request.set_count++;
    struct run_result result;
    bool is_done = trace && study_run(arena, &request, &result, err);
    sample_remove(trace);
    if (!is_done)
        return false;
    struct validation_value value = {
        .key = arena_format(arena, "%s/%lldx%lldx%lld", config, (long long)m, (long long)k,
                            (long long)n),
        .got = (double)result.operators[0].record.cycles,
        .want = table_count(table, row, "op_cycles", &cycles, NULL) ? (double)cycles : NAN,
        .unit = "cycles",
        .is_fitted =
            m == 64 && k == 64 && n == 64, /* the memory's latency, both configurations */
        .bar = k >= 512 && n >= 512 ? 0.05 : 0.15};
    sink->emit(sink, &value);
    return true;
}

const struct validation_case CASE_ONNXIM = {
    .name = "onnxim",
    .summary = "ONNXim, one core: operator cycles with its tiles pinned (a cross-check)",
    .tables = "onnxim_gemm_cycles.csv",
    .tolerance = "5 % where K and N are at least 512, 15 % below",
    .median_bar = 0.05,
    .worst_bar = 0.15,
    .needs = "config",
    .results = "op_cycles",
    .run = run,
};
