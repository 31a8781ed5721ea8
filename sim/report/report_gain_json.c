#include <string.h>

#include "sim/report/report_gain.h"
#include "sim/report/report_text.h"

static void key(const char *name, FILE *out)
{
    report_json_text(name, out);
    fputs(": ", out);
}

static void text(const char *name, const char *value, FILE *out)
{
    key(name, out);
    report_json_text(value, out);
}

static void number(const char *name, double value, FILE *out)
{
    key(name, out);
    report_json_number(value, out);
}

static void list(const char *name, const char *const *items, size_t count, FILE *out)
{
    key(name, out);
    fputc('[', out);
    for (size_t i = 0; i < count; i++) {
        fputs(i ? ", " : "", out);
        report_json_text(items[i], out);
    }
    fputc(']', out);
}

/* Sources stand in one text, separated by "; ". */
static void sources(const char *joined, FILE *out)
{
    char item[1024];
    const char *separator = "";
    key("sources", out);
    fputc('[', out);
    while (*joined) {
        const char *end = strstr(joined, "; ");
        size_t length = end ? (size_t)(end - joined) : strlen(joined);
        if (length >= sizeof item)
            length = sizeof item - 1;
        memcpy(item, joined, length);
        item[length] = '\0';
        fputs(separator, out);
        report_json_text(item, out);
        separator = ", ";
        joined = end ? end + 2 : "";
    }
    fputc(']', out);
}

static void factor(const struct gain_factor *f, FILE *out)
{
    fputc('{', out);
    text("group", gain_group_name(f->group), out);
    fputs(", ", out);
    text("name", f->name, out);
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"value", f->value},
                   {"low", f->low},
                   {"high", f->high},
                   {"order_low", f->order_low},
                   {"order_high", f->order_high}};
    for (size_t i = 0; i < 5; i++) {
        fputs(", ", out);
        number(numbers[i].name, numbers[i].value, out);
    }
    fputs(", ", out);
    sources(f->sources, out);
    fputc('}', out);
}

static void level(const struct gain_level *l, FILE *out)
{
    fputc('{', out);
    text("level", gain_level_name(l->kind), out);
    fputs(", ", out);
    text("lens", gain_lens_name(l->lens), out);
    fputs(", ", out);
    text("normaliser", l->normaliser, out);
    fputs(", ", out);
    number("probability_above_1", l->probability_above_one, out);
    fputs(", ", out);
    number("active_share_a", l->active_a, out);
    fputs(", ", out);
    number("active_share_b", l->active_b, out);
    fputs(", ", out);
    key("factors", out);
    fputc('[', out);
    for (size_t i = 0; i < l->factor_count; i++) {
        fputs(i ? ", " : "", out);
        factor(&l->factors[i], out);
    }
    fputs("]}", out);
}

/* What only simulated pairs have. */
static void simulated(const struct gain_report *report, FILE *out)
{
    if (!report->runs)
        return;
    text("rule", report->rule, out);
    fprintf(out, ", \"simulations\": %llu, ", (unsigned long long)report->runs);
    key("interactions", out);
    fputc('[', out);
    for (size_t i = 0; i < report->interaction_count; i++) {
        fputs(i ? ", {" : "{", out);
        text("first", report->interactions[i].first, out);
        fputs(", ", out);
        text("second", report->interactions[i].second, out);
        fputs(", ", out);
        number("value", report->interactions[i].value, out);
        fputc('}', out);
    }
    fputs("], \"energy\": {", out);
    number("a_j", report->energy.a_joules, out);
    fputs(", ", out);
    number("b_j", report->energy.b_joules, out);
    fputs(", ", out);
    number("total", report->energy.total, out);
    fputs(", ", out);
    number("architecture", report->energy.architecture, out);
    fputs(", ", out);
    number("technology", report->energy.technology, out);
    fputs("}, ", out);
}

void report_gain_json(const struct gain_report *report, const char *version, FILE *out)
{
    fputc('{', out);
    text("cleave", version, out);
    fputs(", ", out);
    text("a", report->a, out);
    fputs(", ", out);
    text("b", report->b, out);
    fputs(", ", out);
    text("metric", report->metric, out);
    fputs(", ", out);
    text("workload", report->workload, out);
    fputs(", ", out);
    number("total", report->total, out);
    fputs(", ", out);
    number("low", report->low, out);
    fputs(", ", out);
    number("high", report->high, out);
    fputs(", ", out);
    key("levels", out);
    fputc('[', out);
    for (size_t i = 0; i < report->level_count; i++) {
        fputs(i ? ", " : "", out);
        level(&report->levels[i], out);
    }
    fputs("], ", out);
    simulated(report, out);
    list("assumptions", report->assumptions, report->assumption_count, out);
    fputs(", ", out);
    list("notes", report->notes, report->note_count, out);
    fputs("}\n", out);
}
