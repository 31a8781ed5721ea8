#include "sim/study/validation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/config/config_place.h"
#include "sim/study/cases.h"

const struct validation_case *const VALIDATION_CASES[] = {
    &CASE_SCALESIM,  &CASE_GEMMINI, &CASE_ONNXIM, &CASE_TPU_V1, &CASE_DRAMSIM3,
    &CASE_RAMULATOR, &CASE_CHAIN,   &CASE_CSR,    &CASE_YIELD,  &CASE_SRAM,
    &CASE_DENSITY,   &CASE_DSPLIB,  &CASE_AIE,    NULL};

const struct validation_case *validation_find(const char *name)
{
    for (size_t i = 0; VALIDATION_CASES[i]; i++)
        if (strcmp(VALIDATION_CASES[i]->name, name) == 0)
            return VALIDATION_CASES[i];
    return NULL;
}

struct collector {
    struct validation_sink sink; /* first */
    struct arena *arena;
    struct validation_result *result;
    size_t capacity;
};

static double deviation_of(const struct validation_case *rule,
                           const struct validation_value *value)
{
    if (isnan(value->want) || isnan(value->got))
        return NAN;
    if (rule->is_absolute)
        return value->got - value->want;
    if (value->want == 0)
        return value->got == 0 ? 0 : INFINITY;
    return (value->got - value->want) / fabs(value->want);
}

static void emit(struct validation_sink *sink, const struct validation_value *value)
{
    struct collector *collector = (struct collector *)sink;
    struct validation_result *result = collector->result;
    if (result->row_count == collector->capacity) {
        size_t capacity = collector->capacity ? 2 * collector->capacity : 64;
        result->rows = arena_grow(collector->arena, result->rows, result->row_count, capacity,
                                  sizeof *result->rows);
        collector->capacity = capacity;
    }
    struct validation_row *row = &result->rows[result->row_count++];
    row->value = *value;
    row->value.key = arena_copy_text(collector->arena, value->key);
    row->deviation = deviation_of(result->rule, value);
    double bar = value->bar > 0 ? value->bar : result->rule->worst_bar;
    row->is_within = value->is_report || isnan(value->want) || fabs(row->deviation) <= bar;
}

static int by_size(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double larger(double a, double b)
{
    return isnan(a) || b > a ? b : a;
}

static void summarise(struct arena *arena, struct validation_result *result)
{
    double *sizes = arena_array(arena, result->row_count + 1, sizeof *sizes);
    bool all_within = true;
    result->fitted_worst = result->unseen_worst = NAN;
    for (size_t i = 0; i < result->row_count; i++) {
        const struct validation_row *row = &result->rows[i];
        all_within = all_within && row->is_within;
        if (isnan(row->deviation) || row->value.is_report)
            continue;
        double size = fabs(row->deviation);
        sizes[result->compared++] = size;
        double *worst = row->value.is_fitted ? &result->fitted_worst : &result->unseen_worst;
        *worst = larger(*worst, size);
    }
    qsort(sizes, result->compared, sizeof *sizes, by_size);
    size_t middle = result->compared / 2;
    result->median = result->compared == 0  ? NAN
                     : result->compared % 2 ? sizes[middle]
                                            : (sizes[middle - 1] + sizes[middle]) / 2;
    result->worst = result->compared ? sizes[result->compared - 1] : NAN;
    result->is_passed =
        all_within && (result->compared == 0 || result->median <= result->rule->median_bar);
}

/* The next of space-separated words, or NULL. */
static const char *next_word(struct arena *arena, const char **list)
{
    *list += strspn(*list, " ");
    size_t length = strcspn(*list, " ");
    const char *word = length ? arena_format(arena, "%.*s", (int)length, *list) : NULL;
    *list += length;
    return word;
}

static bool check_columns(const struct validation_case *rule, const struct table *table,
                          struct arena *arena, struct error *err)
{
    const char *needs = rule->needs ? rule->needs : "", *word;
    while ((word = next_word(arena, &needs)) != NULL)
        if (table_column(table, word) < 0)
            return error_set(err, "%s: has no column '%s'", table->path, word);
    const char *results = rule->results ? rule->results : "";
    while ((word = next_word(arena, &results)) != NULL)
        for (size_t row = 0; table_column(table, word) >= 0 && row < table->row_count; row++) {
            const char *cell = table_text(table, row, word);
            double value;
            bool is_empty = *cell == '\0' || strcasecmp(cell, "nan") == 0;
            if (!is_empty && !table_real(table, row, word, &value, err))
                return false;
        }
    return true;
}

/* What a run says of its own inputs, with the row that they come from. */
static bool with_place(const struct table *table, size_t row, const struct error *flaw,
                       struct error *err)
{
    size_t length = strlen(table->path);
    if (strncmp(flaw->text, table->path, length) == 0 && flaw->text[length] == ':')
        return error_set(err, "%s", flaw->text);
    return error_set(err, "%s:%d: %.400s", table->path, table->lines[row], flaw->text);
}

static bool run_table(const struct validation_case *rule, const char *path,
                      struct collector *collector, struct error *err)
{
    struct arena scratch = {0};
    struct table table;
    bool is_done =
        table_load(&scratch, path, &table, err) && check_columns(rule, &table, &scratch, err);
    for (size_t row = 0; is_done && row < table.row_count; row++) {
        struct arena of_row = {0};
        struct error flaw = {0};
        is_done = rule->run(&table, row, &of_row, &collector->sink, &flaw) ||
                  with_place(&table, row, &flaw, err);
        arena_free(&of_row);
    }
    arena_free(&scratch);
    return is_done;
}

bool validation_run(const struct validation_case *rule, const char *table_path,
                    struct arena *arena, struct validation_result *result, struct error *err)
{
    *result = (struct validation_result){.rule = rule};
    struct collector collector = {{emit}, arena, result, 0};
    if (table_path) {
        if (!run_table(rule, table_path, &collector, err))
            return false;
    } else {
        char *names = arena_copy_text(arena, rule->tables), *rest = NULL;
        for (char *name = strtok_r(names, " ", &rest); name;
             name = strtok_r(NULL, " ", &rest)) {
            const char *path =
                arena_format(arena, "%s/validation/cases/%s", place_root(arena), name);
            if (!run_table(rule, path, &collector, err))
                return false;
        }
    }
    summarise(arena, result);
    return true;
}
