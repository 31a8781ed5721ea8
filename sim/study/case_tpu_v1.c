/* TPU v1: what share of the matrix unit's time goes to weights. Inputs of a row: app layers_fc
 * layers_conv weights_millions mac_per_weight_byte activation_bits; results: array_active_pct
 * weight_stall_pct weight_shift_pct non_matrix_pct. Layer shapes are secret, totals are not:
 * equal square layers (3 x 3 convolutions where the application has them) with the published
 * weights and the published reuse as rows. */
#include <math.h>

#include "sim/study/cases.h"
#include "sim/study/run.h"
#include "sim/study/sample.h"

enum { LAYERS_MAX = 64 };

static void emit(struct validation_sink *sink, const char *key, double got, double want,
                 bool is_report)
{
    struct validation_value value = {
        .key = key, .got = got, .want = want, .unit = "points", .is_report = is_report};
    sink->emit(sink, &value);
}

static double cell(const struct table *table, size_t row, const char *column)
{
    double value;
    return table_real(table, row, column, &value, NULL) ? value : NAN;
}

static bool run(const struct table *table, size_t row, struct arena *arena,
                struct validation_sink *sink, struct error *err)
{
    int64_t fc, conv, reuse, bits;
    double millions;
    if (!table_count(table, row, "layers_fc", &fc, err) ||
        !table_count(table, row, "layers_conv", &conv, err) ||
        !table_count(table, row, "mac_per_weight_byte", &reuse, err) ||
        !table_count(table, row, "activation_bits", &bits, err) ||
        !table_real(table, row, "weights_millions", &millions, err))
        return false;
    int64_t layers = fc + conv;
    if (fc < 0 || conv < 0 || layers < 1 || layers > LAYERS_MAX)
        return error_set(
            err, "%s:%d: layers_fc and layers_conv must be 0 or more, their sum 1 to %d",
            table->path, table->lines[row], LAYERS_MAX);
    if (bits < 1 || bits > 64)
        return error_set(err, "%s:%d: activation_bits is %lld, must be 1 to 64", table->path,
                         table->lines[row], (long long)bits);
    struct number_format byte = number_format_integer(true, 8);
    struct number_format activation = number_format_integer(true, (int)bits);
    double weights = millions * 1e6 / (double)layers;
    int64_t n = (int64_t)round(sqrt(conv ? weights / 9 : weights)), k = conv ? 9 * n : n;
    struct sample_product products[LAYERS_MAX];
    for (int64_t i = 0; i < layers; i++)
        products[i] = (struct sample_product){reuse, k, n, activation, byte, activation};
    const char *trace = sample_products(arena, products, (size_t)layers, err);
    struct run_request request = {.chip = "tpu-v1", .trace = trace};
    struct run_result result;
    bool is_done = trace && study_run(arena, &request, &result, err);
    sample_remove(trace);
    if (!is_done)
        return false;
    const char *app = table_text(table, row, "app");
    double active = (double)result.lost.cycles[REASON_WORK];
    double stall = (double)result.lost.cycles[REASON_WEIGHT_WAIT];
    double shift = (double)result.lost.cycles[REASON_WEIGHT_LOAD];
    double all = (double)cycle_account_total(&result.lost);
    double measured_active = cell(table, row, "array_active_pct");
    double measured_stall = cell(table, row, "weight_stall_pct");
    double measured_shift = cell(table, row, "weight_shift_pct");
    emit(sink, arena_format(arena, "%s (stall + shift) / (active + stall + shift)", app),
         100 * (stall + shift) / (active + stall + shift),
         100 * (measured_stall + measured_shift) /
             (measured_active + measured_stall + measured_shift),
         false);
    emit(sink, arena_format(arena, "%s non-matrix share of all cycles", app),
         100 * (all - active - stall - shift) / all, cell(table, row, "non_matrix_pct"), true);
    return true;
}

const struct validation_case CASE_TPU_V1 = {
    .name = "tpu-v1",
    .summary = "TPU v1 counters: share of matrix time that goes to weights, from totals",
    .tables = "tpuv1_apps.csv",
    .tolerance = "4 points; non-matrix shares beside it (vector work is not published)",
    .median_bar = 4,
    .worst_bar = 4,
    .is_absolute = true,
    .results = "array_active_pct weight_stall_pct weight_shift_pct non_matrix_pct",
    .run = run,
};
