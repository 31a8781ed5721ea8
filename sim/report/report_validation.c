#include "sim/report/report_validation.h"

#include <math.h>

#include "sim/kernel/number.h"
#include "sim/report/json.h"
#include "sim/report/report_text.h"

/* "1.23 %", or "0.5" where differences count. */
static const char *deviation_text(double value, bool is_absolute, char text[32])
{
    if (isnan(value))
        snprintf(text, 32, "-");
    else if (is_absolute)
        snprintf(text, 32, "%.4g", value);
    else
        snprintf(text, 32, "%.3g %%", 100 * value);
    return text;
}

/* "-" where there is no number. */
static const char *value_text(double value, char text[NUMBER_TEXT_BYTES])
{
    return isnan(value) ? "-" : number_rounded(value, 7, text);
}

static void print_rows(const struct validation_result *result, FILE *out)
{
    char text[32];
    fprintf(out, "%-44s %14s %14s %12s\n", "row", "ours", "published", "deviation");
    for (size_t i = 0; i < result->row_count; i++) {
        const struct validation_row *row = &result->rows[i];
        char got[NUMBER_TEXT_BYTES], want[NUMBER_TEXT_BYTES];
        fprintf(out, "%-44s %14s %14s %12s %s%s\n", row->value.key,
                value_text(row->value.got, got), value_text(row->value.want, want),
                deviation_text(row->deviation, result->rule->is_absolute, text),
                isnan(row->value.got)  ? "(not run)"
                : row->value.is_report ? "(for information)"
                : row->value.is_fitted ? "(fitted)"
                                       : "",
                row->is_within ? "" : " OUT OF BOUNDS");
    }
    fputc('\n', out);
}

void report_validation_table(const struct validation_result *result, bool has_detail,
                             bool is_first, FILE *out)
{
    const struct validation_case *rule = result->rule;
    char a[32], b[32], c[32], d[32];
    if (has_detail) {
        fprintf(out, "%s: %s\n\n", rule->name, rule->summary);
        print_rows(result, out);
    }
    if (is_first)
        fprintf(out, "%-12s %6s %10s %10s %10s %10s  %-6s %s\n", "case", "rows", "median",
                "worst", "fitted", "unseen", "", "bar");
    fprintf(out, "%-12s %6zu %10s %10s %10s %10s  %-6s %s\n", rule->name, result->compared,
            deviation_text(result->median, rule->is_absolute, a),
            deviation_text(result->worst, rule->is_absolute, b),
            deviation_text(result->fitted_worst, rule->is_absolute, c),
            deviation_text(result->unseen_worst, rule->is_absolute, d),
            result->is_passed ? "pass" : "FAIL", rule->tolerance);
}

void report_validation_json(const struct validation_result *result, FILE *out)
{
    struct json json = json_begin(out);
    json_begin_object(&json, NULL);
    json_text(&json, "case", result->rule->name);
    json_begin_array(&json, "rows");
    for (size_t i = 0; i < result->row_count; i++) {
        const struct validation_row *row = &result->rows[i];
        json_begin_object(&json, NULL);
        json_text(&json, "key", row->value.key);
        json_number(&json, "got", row->value.got);
        json_number(&json, "want", row->value.want);
        json_number(&json, "deviation", row->deviation);
        json_text(&json, "unit", row->value.unit ? row->value.unit : "");
        json_bool(&json, "fitted", row->value.is_fitted);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_number(&json, "median", result->median);
    json_number(&json, "worst", result->worst);
    json_bool(&json, "pass", result->is_passed);
    json_end_object(&json);
    fputc('\n', out);
}

void report_validation_csv(const struct validation_result *result, bool has_header, FILE *out)
{
    if (has_header)
        fputs("case,key,got,want,deviation,fitted\n", out);
    for (size_t i = 0; i < result->row_count; i++) {
        const struct validation_row *row = &result->rows[i];
        report_cell(result->rule->name, out);
        report_cell(row->value.key, out);
        report_number(row->value.got, out);
        fputc(',', out);
        report_number(row->value.want, out);
        fputc(',', out);
        report_number(row->deviation, out);
        fprintf(out, ",%s\n", row->value.is_fitted ? "yes" : "no");
    }
}
