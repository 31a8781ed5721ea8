/* AMD's DSP library on AI Engine tiles. Inputs of a row: kernel, operand types, M K N,
 * cascade_len (tiles that share K), ssr (tiles that share M), variant. Result:
 * throughput_MSa_s, as its ratio to the first row of the same kernel. A call takes as long as
 * the slower of two things that overlap: the tile's kernel, scheduled from its loop file under
 * traces/loops/aie, and the stream that fills the larger operand's window. Samples are results
 * of matrix_mult, matrix elements of the other. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "sim/config/config_place.h"
#include "sim/study/cases.h"
#include "sim/study/loop_run.h"

/* Seconds that the widest window takes to fill. */
static double stream_seconds(const struct loop_result *result)
{
    double most = 0, rate = ratio_value(result->machine->params->window_bandwidth);
    if (rate <= 0)
        return 0;
    for (const struct loop_symbol *s = result->kernel.symbols; s; s = s->next)
        if (s->kind == LOOP_ARRAY) {
            double bytes = (double)number_format_bytes(s->type, (uint64_t)s->elements);
            most = bytes > most ? bytes : most;
        }
    return most / rate;
}

struct call {
    int64_t m, k, n;
    double seconds, samples;
};

/* False without an error when there is no loop file for the row's kernel and types: such rows
 * are shown as not run. */
static bool run_row(const struct table *table, size_t row, struct arena *arena,
                    struct call *call, struct error *err)
{
    int64_t cascade, ssr, variant;
    const char *kernel = table_text(table, row, "kernel");
    const char *path =
        arena_format(arena, "%s/traces/loops/aie/%s_%s_%s.loop", place_root(arena), kernel,
                     table_text(table, row, "dtype_a"), table_text(table, row, "dtype_b"));
    if (strchr(kernel, '/') || access(path, R_OK) != 0)
        return false;
    if (!table_count(table, row, "M", &call->m, err) ||
        !table_count(table, row, "K", &call->k, err) ||
        !table_count(table, row, "N", &call->n, err) ||
        !table_count(table, row, "cascade_len", &cascade, err) ||
        !table_count(table, row, "ssr", &ssr, err) ||
        !table_count(table, row, "aie_variant(1=AIE 2=AIE-ML)", &variant, err))
        return false;
    if (cascade < 1 || ssr < 1)
        return error_set(err, "%s:%d: cascade_len and ssr must be 1 or more", table->path,
                         table->lines[row]);
    const char *sizes[] = {
        arena_format(arena, "M=%lld", (long long)((call->m + ssr - 1) / ssr)),
        arena_format(arena, "K=%lld", (long long)((call->k + cascade - 1) / cascade)),
        arena_format(arena, "N=%lld", (long long)call->n), NULL};
    struct chip *chip = chip_load(arena, variant == 2 ? "aie-ml" : "aie", NULL, 0, err);
    struct loop_result result;
    if (!chip || !loop_run_on(arena, chip, path, sizes, &result, err))
        return false;
    double stream = stream_seconds(&result);
    call->seconds = result.seconds > stream ? result.seconds : stream;
    bool is_product = strcmp(kernel, "matrix_mult") == 0;
    call->samples = (double)call->m * (double)(is_product ? call->n : call->k);
    return true;
}

static bool run(const struct table *table, size_t row, struct arena *arena,
                struct validation_sink *sink, struct error *err)
{
    struct call call, first;
    const char *kernel = table_text(table, row, "kernel");
    size_t reference = 0;
    while (reference < row && strcmp(table_text(table, reference, "kernel"), kernel) != 0)
        reference++;
    const char *key = arena_format(
        arena, "%s %s x %s %sx%sx%s cascade %s ssr %s variant %s", kernel,
        table_text(table, row, "dtype_a"), table_text(table, row, "dtype_b"),
        table_text(table, row, "M"), table_text(table, row, "K"), table_text(table, row, "N"),
        table_text(table, row, "cascade_len"), table_text(table, row, "ssr"),
        table_text(table, row, "aie_variant(1=AIE 2=AIE-ML)"));
    if (!run_row(table, row, arena, &call, err) ||
        !run_row(table, reference, arena, &first, err)) {
        struct validation_value skipped = {
            .key = key, .got = NAN, .want = NAN, .unit = "x the first row", .is_report = true};
        if (!err->is_set)
            sink->emit(sink, &skipped);
        return !err->is_set;
    }
    double rate, base, want = NAN;
    if (table_real(table, row, "throughput_MSa_s", &rate, NULL) &&
        table_real(table, reference, "throughput_MSa_s", &base, NULL) && base > 0)
        want = rate / base;
    struct validation_value value = {
        .key = key,
        .got = call.samples / call.seconds * first.seconds / first.samples,
        .want = want,
        .unit = "x the first row",
        /* The only row whose calls are short enough to show the cost of a call. */
        .is_fitted = strcmp(table_text(table, row, "cascade_len"), "4") == 0 &&
                     strcmp(table_text(table, row, "ssr"), "2") == 0 &&
                     strcmp(table_text(table, row, "aie_variant(1=AIE 2=AIE-ML)"), "1") == 0};
    sink->emit(sink, &value);
    return true;
}

const struct validation_case CASE_AIE = {
    .name = "aie",
    .summary =
        "AMD DSP library on AI Engine tiles: throughput of kernels relative to each other",
    .tables = "aie_kernels.csv",
    .tolerance =
        "15 % each, as ratio to the first row of the kernel; bounds of UG1079 are unit tests",
    .median_bar = 0.10,
    .worst_bar = 0.15,
    .needs = "kernel dtype_a dtype_b",
    .results = "throughput_MSa_s",
    .run = run,
};
