/* Gemmini RTL: cycles of whole products. Inputs of a row: m k n; result: rtl_cycles. */
#include <math.h>

#include "sim/study/cases.h"
#include "sim/study/run.h"
#include "sim/study/sample.h"

static bool run(const struct table *table, size_t row, struct arena *arena,
                struct validation_sink *sink, struct error *err)
{
    int64_t m, k, n, cycles;
    if (!table_count(table, row, "m", &m, err) || !table_count(table, row, "k", &k, err) ||
        !table_count(table, row, "n", &n, err))
        return false;
    struct number_format byte = number_format_integer(true, 8);
    struct sample_product product = {m, k, n, byte, byte, byte};
    const char *trace = sample_products(arena, &product, 1, err);
    /* The library chooses tiles by a rule; it tries none of them. */
    const char *const sets[] = {"mapper.rerank=0"};
    struct run_request request = {
        .chip = "gemmini", .trace = trace, .sets = sets, .set_count = 1};
    struct run_result result;
    bool is_done = trace && study_run(arena, &request, &result, err);
    sample_remove(trace);
    if (!is_done)
        return false;
    struct validation_value value = {
        .key = arena_format(arena, "%lldx%lldx%lld", (long long)m, (long long)k, (long long)n),
        .got = (double)result.totals.cycles,
        .want = table_count(table, row, "rtl_cycles", &cycles, NULL) ? (double)cycles : NAN,
        .unit = "cycles",
        .is_fitted = true};
    sink->emit(sink, &value);
    return true;
}

const struct validation_case CASE_GEMMINI = {
    .name = "gemmini",
    .summary = "Gemmini RTL, 16 x 16 weight-stationary: cycles of products",
    .tables = "gemmini_rtl_gemm.csv",
    .tolerance = "10 % each; two constants fitted to these rows (startup, command)",
    .median_bar = 0.10,
    .worst_bar = 0.10,
    .results = "rtl_cycles",
    .run = run,
};
