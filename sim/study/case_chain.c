/* The article's chain from 27x to 1.7x, row by row. A row is computed from what it says of
 * itself: a result log becomes the minutes of the shipped MLPerf table; "X vs Y, N chips, vR" a
 * ratio of MLPerf entries; "transistors, X / Y" or "density gain, X / Y" a ratio of chips of
 * the database; anything else the arithmetic of its formula, in which "row N" is that row of
 * the same table. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/study/cases.h"
#include "sim/study/gain_card.h"
#include "sim/study/gain_expression.h"

enum { DEEPEST = 30, TEXT_MAX = 512 };

struct chain {
    const struct table *table;
    struct arena *arena;
    const struct gain_facts *facts;
    int depth;
};

static bool row_value(struct chain *chain, size_t row, double *value, struct error *err);

/* Copies text up to one of the characters of `stop`. */
static const char *until(struct chain *chain, const char *text, const char *stop)
{
    char *copy = arena_copy_text(chain->arena, text);
    copy[strcspn(copy, stop)] = '\0';
    while (*copy && isspace((unsigned char)copy[strlen(copy) - 1]))
        copy[strlen(copy) - 1] = '\0';
    return copy;
}

/* Minutes of the MLPerf entry whose logs lie where the source says. */
static bool logged_minutes(struct chain *chain, const char *source, double *value)
{
    const char *path = until(chain, source, " ");
    struct table entries;
    if (!strstr(path, "training_results_") ||
        !gain_table(chain->arena, "mlperf-resnet50.csv", &entries, NULL))
        return false;
    for (size_t i = 0; i < entries.row_count; i++) {
        const char *logs = table_text(&entries, i, "source");
        size_t length = strlen(path);
        if (strncmp(logs, path, length) == 0 && (logs[length] == '/' || logs[length] == '\0'))
            return table_real(&entries, i, "minutes", value, NULL);
    }
    return false;
}

/* The entry of N chips in a round, its maker's own where there is one. */
static bool entry_minutes(struct chain *chain, const char *chip, long count, const char *round,
                          double *minutes)
{
    size_t digits = strlen(chip);
    while (digits && isdigit((unsigned char)chip[digits - 1]))
        digits--;
    /* "A100-40" is the board of 40 GB. */
    const char *unit = digits && chip[digits - 1] == '-' && chip[digits] ? "GB" : "";
    const char *key =
        arena_format(chain->arena, "mlperf:%s/%ldx%s%s", round, count, chip, unit);
    struct gain_card any, own;
    if (!gain_card_mlperf(chain->arena, chain->facts, key, "resnet50", NULL, &any, NULL))
        return false;
    const char *maker = until(chain, any.chip.name, " ");
    if (!gain_card_mlperf(chain->arena, chain->facts, key, "resnet50", maker, &own, NULL))
        return false;
    *minutes = 1 / own.performance;
    return true;
}

/* "...: X vs Y per chip, N chips, vR": how much faster X is. */
static bool entries_ratio(struct chain *chain, const char *quantity, double *value)
{
    const char *versus = strstr(quantity, " vs "), *chips = strstr(quantity, " chips, v");
    if (!versus || !chips || chips < versus)
        return false;
    const char *colon = strchr(quantity, ':');
    const char *left = colon && colon < versus ? colon + 1 : quantity;
    while (*left == ' ')
        left++;
    const char *x = until(chain, left, "");
    ((char *)x)[versus - left] = '\0';
    char *y = arena_copy_text(chain->arena, until(chain, versus + 4, ","));
    char *per = strstr(y, " per ");
    if (per)
        *per = '\0';
    const char *count = chips;
    while (count > quantity && isdigit((unsigned char)count[-1]))
        count--;
    const char *round = until(chain, chips + strlen(" chips, "), " ,;)");
    double fast, slow;
    if (!entry_minutes(chain, x, strtol(count, NULL, 10), round, &fast) ||
        !entry_minutes(chain, y, strtol(count, NULL, 10), round, &slow))
        return false;
    *value = slow / fast;
    return true;
}

/* The chip of the database whose MLPerf name the text is ("TPU v4" is TPUv4), else NULL. */
static const struct gain_chip *named_chip(struct chain *chain, const char *text)
{
    char *key = arena_copy_text(chain->arena, text), *to = key;
    for (const char *from = text; *from; from++)
        if (*from != ' ')
            *to++ = *from;
    *to = '\0';
    for (size_t i = 0; i < chain->facts->chip_count; i++)
        if (strcmp(chain->facts->chips[i].mlperf_name, key) == 0)
            return &chain->facts->chips[i];
    return NULL;
}

/* "... transistors ..., X / Y" or "... density ..., X / Y" of the chip database. */
static bool chips_ratio(struct chain *chain, const char *quantity, double *value)
{
    const char *comma = strchr(quantity, ','), *slash = comma ? strstr(comma, " / ") : NULL;
    if (!slash)
        return false;
    char *x = arena_copy_text(chain->arena, comma + 2);
    x[slash - comma - 2] = '\0';
    const struct gain_chip *above = named_chip(chain, x);
    const struct gain_chip *below = named_chip(chain, until(chain, slash + 3, "(,;"));
    if (!above || !below)
        return false;
    *value = above->transistors / below->transistors;
    if (strstr(quantity, "density"))
        *value *= below->area_mm2 / above->area_mm2;
    return (strstr(quantity, "density") || strstr(quantity, "transistors")) && !isnan(*value);
}

static bool find_row(const struct gain_names *names, const char *name, double *value,
                     struct error *err)
{
    struct chain *chain = (struct chain *)names->context;
    for (size_t row = 0; row < chain->table->row_count; row++)
        if (strncmp(name, "row_", 4) == 0 &&
            strcmp(table_text(chain->table, row, "step"), name + 4) == 0) {
            const char *kind = table_text(chain->table, row, "kind");
            bool is_input = strcmp(kind, "derived") != 0;
            if (is_input && *table_text(chain->table, row, "value"))
                return table_real(chain->table, row, "value", value, err);
            return row_value(chain, row, value, err);
        }
    return error_set(err, "%s: has no step '%s'", chain->table->path, name);
}

/* The arithmetic of a sentence: numbers, operators and "row N"; "->" and "vs" divide; remarks
 * in parentheses and words are left out; it ends at the first sign that closes a clause. */
static void formula_of(const char *sentence, char *formula)
{
    size_t used = 0;
    for (const char *at = sentence; *at && !strchr(":;=,", *at) && used + 8 < TEXT_MAX;) {
        size_t inside = *at == '(' ? strcspn(at, ")") : 0;
        bool is_remark = false;
        for (size_t i = 0; i < inside; i++)
            is_remark = is_remark || isalpha((unsigned char)at[i]);
        if (is_remark) {
            at += inside + (at[inside] == ')');
        } else if (strncmp(at, "->", 2) == 0 || strncmp(at, "vs ", 3) == 0) {
            formula[used++] = '/';
            at += 2;
        } else if (strncmp(at, "row ", 4) == 0) {
            memcpy(formula + used, "row_", 4);
            used += 4;
            for (at += 4; isdigit((unsigned char)*at) && used + 2 < TEXT_MAX; at++)
                formula[used++] = *at;
        } else if (isalpha((unsigned char)*at)) {
            while (isalnum((unsigned char)*at) || *at == '-' || *at == '_')
                at++;
        } else {
            formula[used++] = *at++;
        }
    }
    formula[used] = '\0';
}

static bool row_value(struct chain *chain, size_t row, double *value, struct error *err)
{
    const char *quantity = table_text(chain->table, row, "quantity");
    const char *source = table_text(chain->table, row, "source_or_formula");
    if (logged_minutes(chain, source, value) || entries_ratio(chain, quantity, value) ||
        chips_ratio(chain, quantity, value))
        return true;
    char formula[TEXT_MAX];
    struct gain_names names = {find_row, chain};
    formula_of(source, formula);
    if (++chain->depth > DEEPEST)
        return error_set(err, "%s:%d: its formula leads back to itself", chain->table->path,
                         chain->table->lines[row]);
    bool is_good = gain_expression(formula, &names, value, err);
    chain->depth--;
    return is_good;
}

static bool run(const struct table *table, size_t row, struct arena *arena,
                struct validation_sink *sink, struct error *err)
{
    struct gain_facts facts;
    struct chain chain = {table, arena, &facts, 0};
    struct validation_value value = {"", 0, NAN, table_text(table, row, "unit"), false};
    if (!gain_facts_load(arena, &facts, err) || !row_value(&chain, row, &value.got, err) ||
        !gain_cell(table, row, "value", &value.want, err))
        return false;
    value.key = arena_format(arena, "%s %s", table_text(table, row, "step"),
                             table_text(table, row, "quantity"));
    sink->emit(sink, &value);
    return true;
}

const struct validation_case CASE_CHAIN = {
    .name = "chain",
    .summary = "the article's chain from 27x to 1.7x, and its alternatives",
    .tables = "article_chain.csv",
    .tolerance = "1 % (rows are printed with two or three digits)",
    .median_bar = 0.01,
    .worst_bar = 0.01,
    .needs = "step quantity source_or_formula",
    .results = "value",
    .run = run,
};
