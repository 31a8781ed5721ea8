#include "arch/technology/operation_table.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { POINTS_MAX = 32 };

/* One figure over significand bits (adders) or their product (multipliers). */
struct curve {
    size_t count;
    double at[POINTS_MAX], value[POINTS_MAX];
};

/* One row of the wanted table, anchor and column. */
struct row {
    enum operation operation;
    struct number_format format;
    struct sourced figure;
};

struct rows {
    struct row row[POINTS_MAX];
    size_t count;
};

static void add_point(struct curve *curve, double at, double value)
{
    size_t i = curve->count++;
    for (; i > 0 && curve->at[i - 1] > at; i--) {
        curve->at[i] = curve->at[i - 1];
        curve->value[i] = curve->value[i - 1];
    }
    curve->at[i] = at;
    curve->value[i] = value;
}

/* Log-log between points, the nearest slope beyond them; one point: `slope`. */
static double read_curve(const struct curve *curve, double at, double slope)
{
    if (curve->count == 0)
        return 0;
    if (curve->count == 1)
        return curve->value[0] * pow(at / curve->at[0], slope);
    size_t high = 1;
    while (high + 1 < curve->count && curve->at[high] < at)
        high++;
    double x0 = curve->at[high - 1], x1 = curve->at[high];
    double y0 = curve->value[high - 1], y1 = curve->value[high];
    return y0 * pow(at / x0, log(y1 / y0) / log(x1 / x0));
}

static double bits_of(struct number_format format)
{
    return format.class == NUMBER_FLOAT ? format.mantissa + 1.0 : format.bits;
}

/* Integer rows of an operation: over bits for adders and registers, the product otherwise. */
static struct curve integer_curve(const struct rows *rows, enum operation operation)
{
    struct curve curve = {0};
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->row[i];
        if (row->operation != operation || row->format.class == NUMBER_FLOAT)
            continue;
        double bits = bits_of(row->format);
        bool is_product = operation == OPERATION_MULTIPLY || operation == OPERATION_MAC;
        add_point(&curve, is_product ? bits * bits : bits, row->figure.value);
    }
    return curve;
}

struct integer_parts {
    struct curve adder, multiplier;
};

static double integer_share(const struct integer_parts *parts, enum operation operation,
                            double product, double exponent)
{
    double share = exponent > 0 ? read_curve(&parts->adder, exponent, 1) : 0;
    if (operation == OPERATION_MULTIPLY)
        share += read_curve(&parts->multiplier, product, 1);
    return share;
}

/* What a float operation needs beside its integer parts, over significand bits. At least a
 * twentieth of the whole: a table whose integer multiplier alone exceeds its float row is
 * inconsistent, not negative. */
static struct curve float_rest(const struct rows *rows, enum operation operation,
                               const struct integer_parts *parts)
{
    struct curve curve = {0};
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->row[i];
        if (row->operation != operation || row->format.class != NUMBER_FLOAT)
            continue;
        double bits = bits_of(row->format), whole = row->figure.value;
        double integers = integer_share(parts, operation, bits * bits, row->format.exponent);
        add_point(&curve, bits, fmax(whole - integers, whole / 20));
    }
    return curve;
}

static bool is_row_of(const struct row *row, const struct operation_query *query)
{
    bool is_float = row->format.class == NUMBER_FLOAT;
    return row->operation == query->operation && is_float == (query->exponent > 0) &&
           query->bits[0] == query->bits[1] && bits_of(row->format) == query->bits[0] &&
           (!is_float || row->format.exponent == query->exponent);
}

/* The mark and sigma of a modelled format: the weakest row of its kind, at least derived. */
static struct sourced modelled(const struct rows *rows, const struct operation_query *query,
                               double value)
{
    struct sourced result = {0};
    double nearest = INFINITY, bits = sqrt(query->bits[0] * query->bits[1]);
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->row[i];
        if (row->operation != query->operation ||
            (row->format.class == NUMBER_FLOAT) != (query->exponent > 0))
            continue;
        double away = fabs(log(bits_of(row->format) / bits));
        nearest = fmin(nearest, away);
        if (!result.source || row->figure.mark > result.mark)
            result = row->figure;
    }
    result.value = value;
    return sourced_weaken(result, MARK_DERIVED, fmin(0.05 + 0.2 * nearest, 1));
}

static struct sourced figure_at(const struct rows *rows, const struct operation_query *query)
{
    for (size_t i = 0; i < rows->count; i++)
        if (is_row_of(&rows->row[i], query))
            return rows->row[i].figure;
    enum operation operation = query->operation;
    double product = query->bits[0] * query->bits[1];
    struct curve integers = integer_curve(rows, operation);
    double value;
    if (query->exponent <= 0 || operation == OPERATION_MAC) {
        bool is_product = operation == OPERATION_MULTIPLY || operation == OPERATION_MAC;
        value = query->exponent > 0
                    ? 0
                    : read_curve(&integers, is_product ? product : query->bits[0], 1);
    } else {
        struct integer_parts parts = {integer_curve(rows, OPERATION_ADD),
                                      integer_curve(rows, OPERATION_MULTIPLY)};
        struct curve rest = float_rest(rows, operation, &parts);
        /* One row only: a rest grows a little faster than the significand it shifts. */
        value = rest.count == 0 ? 0
                                : integer_share(&parts, operation, product, query->exponent) +
                                      read_curve(&rest, sqrt(product), 1.2);
    }
    return value > 0 ? modelled(rows, query, value) : (struct sourced){0};
}

static bool find_operation(const char *name, enum operation *operation)
{
    for (int i = 0; i < OPERATION_COUNT; i++)
        if (strcmp(OPERATION_NAMES[i], name) == 0) {
            *operation = (enum operation)i;
            return true;
        }
    return false;
}

static bool find_mark(const char *name, enum value_mark *mark)
{
    for (int i = 0; i < MARK_COUNT; i++)
        if (strcmp(VALUE_MARK_NAMES[i], name) == 0) {
            *mark = (enum value_mark)i;
            return true;
        }
    return false;
}

static bool bad_cell(const struct table *rows, size_t row, const char *column,
                     struct error *err)
{
    return error_set(err, "%s:%d: %s is '%.40s', which is none", rows->path, rows->lines[row],
                     column, table_text(rows, row, column));
}

/* Appends the row to its anchor unless the wanted column is empty. */
static bool take_row(const struct table *table, size_t at, bool is_area, struct rows *rows,
                     struct error *err)
{
    struct row row = {0};
    if (!*table_text(table, at, is_area ? "area_um2" : "energy_pJ"))
        return true;
    double value;
    if (!table_real(table, at, is_area ? "area_um2" : "energy_pJ", &value, err) ||
        !table_real(table, at, "sigma", &row.figure.sigma, err))
        return false;
    if (!(value > 0))
        return bad_cell(table, at, is_area ? "area_um2" : "energy_pJ", err);
    if (!find_operation(table_text(table, at, "operation"), &row.operation))
        return bad_cell(table, at, "operation", err);
    if (!number_format_parse(table_text(table, at, "format"), &row.format))
        return bad_cell(table, at, "format", err);
    const char *mark = is_area ? "area_mark" : "energy_mark";
    if (!find_mark(table_text(table, at, mark), &row.figure.mark))
        return bad_cell(table, at, mark, err);
    if (rows->count == POINTS_MAX)
        return error_set(err, "%s:%d: more than %d rows of one table and anchor", table->path,
                         table->lines[at], POINTS_MAX);
    row.figure.value = value * 1e-12;
    row.figure.source = table_text(table, at, is_area ? "area_source" : "energy_source");
    rows->row[rows->count++] = row;
    return true;
}

static void drop_unknown(struct operation_anchor *anchors, size_t *count)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (sourced_is_known(&anchors[i].energy))
            anchors[kept++] = anchors[i];
    *count = kept;
}

bool operation_anchors(const struct table *table, const char *name,
                       const struct operation_query *query,
                       struct operation_anchor anchors[OPERATION_ANCHORS_MAX], size_t *count,
                       struct error *err)
{
    struct rows rows[OPERATION_ANCHORS_MAX] = {0};
    *count = 0;
    for (size_t at = 0; at < table->row_count; at++) {
        if (strcmp(table_text(table, at, "table"), name) != 0)
            continue;
        double gate, density;
        if (!table_real(table, at, "gate_energy_fJ", &gate, err) ||
            !table_real(table, at, "density_MTr_mm2", &density, err))
            return false;
        if (!(gate > 0) || !(density > 0))
            return bad_cell(table, at, gate > 0 ? "density_MTr_mm2" : "gate_energy_fJ", err);
        size_t i = 0;
        while (i < *count && anchors[i].gate_energy != gate * 1e-15)
            i++;
        if (i == OPERATION_ANCHORS_MAX)
            return error_set(err, "%s:%d: table '%s' has more than %d anchors", table->path,
                             table->lines[at], name, OPERATION_ANCHORS_MAX);
        if (i == *count) {
            /* Insert by rising gate energy; rows move with their anchor. */
            for (; i > 0 && anchors[i - 1].gate_energy > gate * 1e-15; i--) {
                anchors[i] = anchors[i - 1];
                rows[i] = rows[i - 1];
            }
            anchors[i] = (struct operation_anchor){.gate_energy = gate * 1e-15,
                                                   .density = density * 1e12};
            rows[i] = (struct rows){0};
            (*count)++;
        }
        if (!take_row(table, at, query->is_area, &rows[i], err))
            return false;
    }
    for (size_t i = 0; i < *count; i++)
        anchors[i].energy = figure_at(&rows[i], query);
    drop_unknown(anchors, count);
    return true;
}
