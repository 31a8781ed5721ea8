/* Chip specialisation returns of the accelerator zoo, and the potentials of Rankine's
 * regressions, recomputed in the compatibility mode: gain and physical potential of a row of a
 * family's table over those of the baseline row. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/study/cases.h"
#include "sim/study/gain_expression.h"
#include "sim/study/gain_facts.h"
#include "sim/study/gain_rankine.h"

/* What gain and potential are in each family and metric. */
static const struct definition {
    const char *family, *metric, *table, *gain, *potential;
} DEFINITIONS[] = {
    {"bitcoin", "throughput_per_area", "bitcoin.csv", "throughput_MH_s / die_mm2",
     "potential_throughput / die_mm2"},
    {"bitcoin", "throughput", "bitcoin.csv", "throughput_MH_s", "potential_throughput"},
    {"AlexNet", "throughput_GOPS", "fpga-cnn.csv", "throughput_GOPS",
     "transistors_used * freq_MHz"},
    {"VGG-16", "throughput_GOPS", "fpga-cnn.csv", "throughput_GOPS",
     "transistors_used * freq_MHz"},
    {"video", "throughput_MPixel_s", "video-decoders.csv", "throughput_MPixel_s",
     "(logic_transistors + sram_transistors) * freq_MHz"},
};

struct cells {
    const struct table *table;
    size_t row;
};

static bool find_cell(const struct gain_names *names, const char *name, double *value,
                      struct error *err)
{
    const struct cells *cells = names->context;
    return table_real(cells->table, cells->row, name, value, err);
}

static bool find_row(const struct table *family, const char *number, size_t *row,
                     struct error *err)
{
    for (size_t i = 0; i < family->row_count; i++)
        if (strcmp(table_text(family, i, "row"), number) == 0) {
            *row = i;
            return true;
        }
    return error_set(err, "%s: has no row '%s'", family->path, number);
}

/* Expression at one row over the expression at the baseline. */
static bool ratio(const struct table *family, const char *text, size_t row, size_t baseline,
                  double *value, struct error *err)
{
    struct cells at = {family, row}, base = {family, baseline};
    struct gain_names here = {find_cell, &at}, there = {find_cell, &base};
    double above, below;
    if (!gain_expression(text, &here, &above, err) ||
        !gain_expression(text, &there, &below, err))
        return false;
    *value = above / below;
    return true;
}

static bool emit(const struct table *table, size_t row, const char *column, const char *key,
                 double got, struct validation_sink *sink, struct error *err)
{
    struct validation_value value = {key, got, NAN, "x", false};
    if (!gain_cell(table, row, column, &value.want, err))
        return false;
    sink->emit(sink, &value);
    return true;
}

static bool run_return(const struct table *table, size_t row, struct arena *arena,
                       struct validation_sink *sink, struct error *err)
{
    const char *name = table_text(table, row, "case_study");
    const char *metric = table_text(table, row, "metric"),
               *number = table_text(table, row, "row");
    const struct definition *d = NULL;
    if (!*number) /* a headline, not a row of the family */
        return true;
    for (size_t i = 0; i < sizeof DEFINITIONS / sizeof DEFINITIONS[0] && !d; i++)
        if (strcmp(DEFINITIONS[i].family, name) == 0 &&
            strcmp(DEFINITIONS[i].metric, metric) == 0)
            d = &DEFINITIONS[i];
    if (!d)
        return error_set(err, "%s:%d: no potential is defined for %s of '%s'", table->path,
                         table->lines[row], metric, name);
    struct table family;
    size_t at, baseline;
    double gain, potential;
    if (!gain_table(arena, d->table, &family, err) || !find_row(&family, number, &at, err) ||
        !find_row(&family, table_text(table, row, "baseline_row"), &baseline, err) ||
        !ratio(&family, d->gain, at, baseline, &gain, err) ||
        !ratio(&family, d->potential, at, baseline, &potential, err))
        return false;
    const char *key =
        arena_format(arena, "%s/%s %s", name, number, table_text(table, row, "name"));
    return emit(table, row, "gain", arena_format(arena, "%s gain", key), gain, sink, err) &&
           emit(table, row, "cmos_gain", arena_format(arena, "%s potential", key), potential,
                sink, err) &&
           emit(table, row, "csr", arena_format(arena, "%s return", key), gain / potential,
                sink, err);
}

static bool run_potential(const struct table *table, size_t row, struct arena *arena,
                          struct validation_sink *sink, struct error *err)
{
    struct rankine rankine;
    double power, active;
    const char *group = table_text(table, row, "node_group_nm"), *dash = strchr(group, '-');
    double node = strtod(dash ? dash + 1 : group, NULL);
    if (!rankine_load(arena, &rankine, err) || !table_real(table, row, "tdp_W", &power, err) ||
        !rankine_active(&rankine, node, power, &active, err))
        return false;
    const char *key =
        arena_format(arena, "%s nm at %g W, active transistors x GHz", group, power);
    return emit(table, row, "active_transistor_GHz", key, active, sink, err);
}

static bool run(const struct table *table, size_t row, struct arena *arena,
                struct validation_sink *sink, struct error *err)
{
    return table_column(table, "tdp_W") >= 0 ? run_potential(table, row, arena, sink, err)
                                             : run_return(table, row, arena, sink, err);
}

const struct validation_case CASE_CSR = {
    .name = "csr",
    .summary = "chip specialisation returns of the accelerator zoo, and Rankine's potentials",
    .tables = "csr_reference.csv rankine_tdp_potential.csv",
    .tolerance = "1 % (the zoo prints potentials with three digits)",
    .median_bar = 0.01,
    .worst_bar = 0.01,
    .run = run,
};
