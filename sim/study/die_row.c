#include "sim/study/die_row.h"

#include <math.h>
#include <string.h>

#include "sim/study/run.h"
#include "sim/study/sample.h"

enum { LAYERS_MAX = 64 };
static const double BAR = 0.20;

/* Runs the row's products, or a single small one where the row names none: area and idle power
 * do not depend on the work. */
static bool run_products(const struct table *table, size_t row, struct arena *arena,
                         struct run_result *result, struct error *err)
{
    int64_t layers = 1, m = 1, k = 1, n = 1;
    struct number_format i8 = number_format_integer(true, 8);
    struct sample_product products[LAYERS_MAX];
    if (*table_text(table, row, "layers") &&
        (!table_count(table, row, "layers", &layers, err) ||
         !table_count(table, row, "m", &m, err) || !table_count(table, row, "k", &k, err) ||
         !table_count(table, row, "n", &n, err)))
        return false;
    if (layers < 1 || layers > LAYERS_MAX || m < 1 || k < 1 || n < 1)
        return error_set(err, "%s:%d: layers must be 1 to %d, m, k and n 1 or more",
                         table->path, table->lines[row], LAYERS_MAX);
    for (int64_t i = 0; i < layers; i++)
        products[i] = (struct sample_product){m, k, n, i8, i8, i8};
    const char *trace = sample_products(arena, products, (size_t)layers, err);
    struct run_request request = {.chip = table_text(table, row, "chip"), .trace = trace};
    bool is_done = trace && study_run(arena, &request, result, err);
    sample_remove(trace);
    return is_done;
}

/* Is the component named in a list of words? */
static bool is_listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; *at;) {
        size_t word = strcspn(at, " ");
        if (word == length && strncmp(at, name, length) == 0)
            return true;
        at += word;
        at += strspn(at, " ");
    }
    return false;
}

static double share_of(const struct run_result *result, const char *list)
{
    const struct bill *bill = &result->bill;
    double area = 0;
    for (size_t i = 0; i < bill->component_count; i++)
        if (is_listed(list, bill->components[i].name))
            area += (double)bill->components[i].area_nm2;
    return area / (double)bill->area_nm2;
}

/* Watts of the components that have area on the die; memory devices lie beside it. */
static double die_power(const struct run_result *result, bool is_busy)
{
    const struct bill *bill = &result->bill;
    attojoules energy = 0;
    for (size_t i = 0; i < bill->component_count; i++) {
        const struct bill_component *part = &bill->components[i];
        if (part->area_nm2 > 0)
            energy +=
                part->leakage + part->clock + part->interface + (is_busy ? part->dynamic : 0);
    }
    return attojoules_in_joules(energy) / bill->seconds;
}

bool die_row(const struct table *table, size_t row, struct arena *arena,
             struct validation_sink *sink, struct error *err)
{
    const char *quantity = table_text(table, row, "quantity");
    const char *components = table_text(table, row, "components");
    struct run_result result;
    struct validation_value value = {.bar = BAR, .unit = ""};
    if (!run_products(table, row, arena, &result, err))
        return false;
    if (strcmp(quantity, "share") == 0) {
        value.got = share_of(&result, components);
    } else if (strcmp(quantity, "area_mm2") == 0) {
        value.got = bill_area_mm2(&result.bill);
        value.unit = "mm2";
    } else if (strcmp(quantity, "idle_w") == 0 || strcmp(quantity, "busy_w") == 0) {
        value.got = die_power(&result, quantity[0] == 'b');
        value.unit = "W";
    } else {
        return error_set(
            err, "%s:%d: quantity is '%.40s', must be share, area_mm2, idle_w or busy_w",
            table->path, table->lines[row], quantity);
    }
    if (!table_real(table, row, "value", &value.want, NULL))
        value.want = NAN;
    bool is_bound = strcmp(table_text(table, row, "kind"), "upper bound") == 0;
    value.is_fitted = strcmp(table_text(table, row, "fitted"), "yes") == 0;
    /* A bound that holds is no deviation; one that is broken is held against us. */
    value.is_report = is_bound && value.got <= value.want;
    value.key = arena_format(arena, "%s %s%s%s%s", result.chip->name, quantity,
                             *components ? " " : "", components, is_bound ? " (at most)" : "");
    sink->emit(sink, &value);
    return true;
}
