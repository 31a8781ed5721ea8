/* SCALE-Sim v2: cycles without stalls of every layer. Inputs of a row: ifmap_h ifmap_w filter_h
 * filter_w channels num_filters stride_h stride_w array_h array_w dataflow; results:
 * total_cycles stall_cycles. The tool reports the index of the last line, hence + 1; a partial
 * last window counts as an output, hence the rounding up. */
#include <math.h>

#include "sim/study/cases.h"
#include "sim/study/run.h"
#include "sim/study/sample.h"

enum { LARGEST = 1 << 30 }; /* of a size: products of two stay below 2^63 */

static bool read_counts(const struct table *table, size_t row, const char *const *names,
                        int64_t *values, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!table_count(table, row, names[i], &values[i], err))
            return false;
    return true;
}

static int64_t outputs(int64_t size, int64_t window, int64_t stride)
{
    return (size - window + stride + stride - 1) / stride;
}

static bool run(const struct table *table, size_t row, struct arena *arena,
                struct validation_sink *sink, struct error *err)
{
    static const char *const NAMES[] = {"ifmap_h",  "ifmap_w",     "filter_h", "filter_w",
                                        "channels", "num_filters", "stride_h", "stride_w",
                                        "array_h",  "array_w"};
    int64_t v[10];
    if (!read_counts(table, row, NAMES, v, 10, err))
        return false;
    for (int i = 0; i < 10; i++)
        if (v[i] < 1 || v[i] > LARGEST)
            return error_set(err, "%s:%d: %s is %lld, must be 1 to %d", table->path,
                             table->lines[row], NAMES[i], (long long)v[i], LARGEST);
    if (v[2] > v[0] || v[3] > v[1])
        return error_set(err, "%s:%d: the filter is larger than the input", table->path,
                         table->lines[row]);
    struct number_format byte = number_format_integer(true, 8);
    struct sample_product product = {outputs(v[0], v[2], v[6]) * outputs(v[1], v[3], v[7]),
                                     v[2] * v[3] * v[4],
                                     v[5],
                                     byte,
                                     byte,
                                     byte};
    const char *dataflow = table_text(table, row, "dataflow");
    const char *sets[] = {arena_format(arena, "core.rows=%lld", (long long)v[8]),
                          arena_format(arena, "core.cols=%lld", (long long)v[9]),
                          arena_format(arena, "core.dataflow=%s", dataflow)};
    const char *trace = sample_products(arena, &product, 1, err);
    struct run_request request = {
        .chip = "scalesim", .trace = trace, .sets = sets, .set_count = 3};
    struct run_result result;
    bool is_done = trace && study_run(arena, &request, &result, err);
    sample_remove(trace);
    if (!is_done)
        return false;
    const struct cycle_account *account = &result.operators[0].record.account;
    int64_t total, stall = 0;
    struct validation_value value = {
        .key = arena_format(arena, "%s/%s/%lldx%lld", table_text(table, row, "layer_name"),
                            dataflow, (long long)v[8], (long long)v[9]),
        .got =
            (double)(cycle_account_total(account) - cycle_account_class(account, CLASS_MEMORY)),
        .want = NAN,
        .unit = "cycles"};
    if (table_count(table, row, "total_cycles", &total, NULL) &&
        table_count(table, row, "stall_cycles", &stall, NULL))
        value.want = (double)(total - stall + 1);
    sink->emit(sink, &value);
    return true;
}

const struct validation_case CASE_SCALESIM = {
    .name = "scalesim",
    .summary = "SCALE-Sim v2: stall-free cycles per layer, three dataflows, three arrays",
    .tables = "v2_gemm_dev_calc.csv v2_gemm_dev_user10.csv v2_alexnet_calc.csv "
              "v2_alexnet_user10.csv",
    .tolerance = "exact",
    .is_absolute = true,
    .needs = "dataflow",
    .results = "total_cycles stall_cycles",
    .run = run,
};
