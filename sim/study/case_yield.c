/* Yield, dies per wafer and cost of a good die against hand-computed values. Inputs of a row:
 * die_mm2, d0_per_cm2, model (poisson, murphy, seeds, exponential or exp_seeds,
 * negative-binomial or negbin_aN) and, for the cost, node_nm, whose family's wafer price
 * counts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arch/technology/cost.h"
#include "arch/technology/process.h"
#include "sim/study/cases.h"

static const double WAFER_DIAMETER_M = 0.3;

static bool read_model(const struct table *table, size_t row, struct yield_options *options,
                       struct error *err)
{
    const char *name = table_text(table, row, "model");
    *options = yield_options_default();
    if (strncmp(name, "negbin_a", 8) == 0) {
        char *end;
        options->model = YIELD_NEGATIVE_BINOMIAL;
        options->clustering = strtod(name + 8, &end);
        if (*end == '\0' && options->clustering > 0)
            return true;
    }
    if (strcmp(name, "exp_seeds") == 0)
        name = YIELD_MODEL_NAMES[YIELD_EXPONENTIAL];
    for (int i = 0; i < YIELD_MODEL_COUNT; i++)
        if (strcmp(name, YIELD_MODEL_NAMES[i]) == 0) {
            options->model = (enum yield_model)i;
            return true;
        }
    return error_set(err,
                     "%s:%d: model is '%.40s', must be poisson, murphy, seeds, exponential, "
                     "negative-binomial or negbin_aN",
                     table->path, table->lines[row], name);
}

static double wanted(const struct table *table, size_t row, const char *column)
{
    double value;
    return table_real(table, row, column, &value, NULL) ? value : NAN;
}

/* Price of a wafer of the family that the label names; NAN where no source has one. */
static bool wafer_price(const char *label, struct arena *arena, double *price,
                        struct error *err)
{
    *price = NAN;
    const char *name = process_of_label(arena, "", label, err);
    struct process_summary summary;
    if (!name)
        return !(err && err->is_set);
    if (!process_summary_load(arena, name, &summary, err))
        return false;
    *price = summary.wafer_price_usd;
    return true;
}

static void emit(struct validation_sink *sink, const char *key, double got, double want,
                 const char *unit)
{
    struct validation_value value = {.key = key, .got = got, .want = want, .unit = unit};
    sink->emit(sink, &value);
}

static bool run(const struct table *table, size_t row, struct arena *arena,
                struct validation_sink *sink, struct error *err)
{
    struct yield_options options;
    double die, defects, price;
    if (!table_real(table, row, "die_mm2", &die, err) ||
        !table_real(table, row, "d0_per_cm2", &defects, err) ||
        !read_model(table, row, &options, err) ||
        !wafer_price(table_text(table, row, "node_nm"), arena, &price, err))
        return false;
    if (!(die > 0) || defects < 0)
        return error_set(err, "%s:%d: die_mm2 must be above 0 and d0_per_cm2 not below 0",
                         table->path, table->lines[row]);
    double yield = yield_of(options.model, options.clustering, die * defects / 100);
    double dies = gross_dies(WAFER_DIAMETER_M, die * 1e-6);
    const char *what =
        arena_format(arena, "%s %s mm2 %s", table_text(table, row, "case"),
                     table_text(table, row, "die_mm2"), table_text(table, row, "model"));
    emit(sink, arena_format(arena, "%s yield", what), yield, wanted(table, row, "yield"), "");
    emit(sink, arena_format(arena, "%s gross dies", what), dies,
         wanted(table, row, "gross_dies"), "dies");
    emit(sink, arena_format(arena, "%s good die", what), price / (dies * yield),
         wanted(table, row, "usd_per_good_die"), "USD");
    return true;
}

const struct validation_case CASE_YIELD = {
    .name = "yield",
    .summary = "yield, dies per wafer and cost of a good die against hand-computed values",
    .tables = "yield.csv",
    .tolerance = "yields to 1e-4, dies and dollars to their printed digits (0.1 %)",
    .median_bar = 5e-4,
    .worst_bar = 1e-3,
    .needs = "model",
    .results = "yield gross_dies usd_per_good_die",
    .run = run,
};
