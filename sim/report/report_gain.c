#include "sim/report/report_gain.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "sim/kernel/number.h"
#include "sim/report/report_text.h"

enum { BAR_COLUMNS = 32, INTERVAL_TEXT_BYTES = 2 * NUMBER_TEXT_BYTES + 4 };

/* Where the running product stands, as a column of a log scale from low to high. */
static int column_of(double log_value, double low, double high)
{
    double share = high > low ? (log_value - low) / (high - low) : 0;
    return (int)lround(share * BAR_COLUMNS);
}

/* A bar from the product before a factor to the product after it. */
static void print_bar(double before, double after, double low, double high, FILE *out)
{
    int from = column_of(before, low, high), to = column_of(after, low, high);
    int left = from < to ? from : to, right = from < to ? to : from;
    for (int i = 0; i <= BAR_COLUMNS; i++)
        fputc(i < left || i > right ? ' ' : left == right ? '|' : from < to ? '>' : '<', out);
}

/* "[0.9, 1.2]" */
static const char *interval_text(double low, double high, int digits,
                                 char text[INTERVAL_TEXT_BYTES])
{
    char from[NUMBER_TEXT_BYTES], to[NUMBER_TEXT_BYTES];
    snprintf(text, INTERVAL_TEXT_BYTES, "[%s, %s]", number_rounded(low, digits, from),
             number_rounded(high, digits, to));
    return text;
}

static void print_level(const struct gain_level *level, FILE *out)
{
    double low = 0, high = 0, product = 0;
    for (size_t i = 0; i < level->factor_count; i++) {
        product += log(level->factors[i].value);
        low = fmin(low, product);
        high = fmax(high, product);
    }
    fprintf(out, "\n%s", gain_level_name(level->kind));
    if (level->lens != LENS_NONE)
        fprintf(out, ", %s", gain_lens_name(level->lens));
    fprintf(out, "  (last line: %s; it exceeds 1 with probability %.2f)\n", level->normaliser,
            level->probability_above_one);
    product = 0;
    for (size_t i = 0; i < level->factor_count; i++) {
        const struct gain_factor *factor = &level->factors[i];
        char value[NUMBER_TEXT_BYTES], interval[INTERVAL_TEXT_BYTES];
        fprintf(out, "  %-12s %8sx  %-16s ", gain_group_name(factor->group),
                number_rounded(factor->value, 4, value),
                interval_text(factor->low, factor->high, 3, interval));
        print_bar(product, product + log(factor->value), low, high, out);
        fprintf(out, " %s", factor->name);
        if (factor->order_high - factor->order_low > 1e-9 * factor->order_high)
            fprintf(out, " (orders %.3g to %.3g)", factor->order_low, factor->order_high);
        fputc('\n', out);
        product += log(factor->value);
    }
    char total[NUMBER_TEXT_BYTES];
    fprintf(out, "  %-12s %8sx\n", "= total", number_rounded(exp(product), 4, total));
    if (level->kind == GAIN_POTENTIAL && !isnan(level->active_a) && !isnan(level->active_b) &&
        level->lens == LENS_TRANSISTOR)
        fprintf(out,
                "  dark silicon: the power cap lets %.0f %% of A's and %.0f %% of B's "
                "transistors switch at their clocks\n",
                100 * level->active_a, 100 * level->active_b);
}

static void print_lines(const char *head, const char *const *lines, size_t count, FILE *out)
{
    if (count)
        fprintf(out, "\n%s\n", head);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "  - %s\n", lines[i]);
}

void report_gain_table(const struct gain_report *report, FILE *out)
{
    fprintf(out, "%s -> %s: %s\n", report->a, report->b, report->metric);
    char total[NUMBER_TEXT_BYTES], interval[INTERVAL_TEXT_BYTES];
    fprintf(out, "total %sx  %s (brackets: 5 to 95 %%)\n",
            number_rounded(report->total, 4, total),
            interval_text(report->low, report->high, 4, interval));
    for (size_t i = 0; i < report->level_count; i++)
        print_level(&report->levels[i], out);
    if (report->interaction_count)
        fputs("\nfactors together over each alone (largest first):\n", out);
    for (size_t i = 0; i < report->interaction_count; i++)
        if (i < 6 || strcmp(report->interactions[i].second, "re-mapping") == 0)
            fprintf(out, "  %s x %s: %.3gx\n", report->interactions[i].first,
                    report->interactions[i].second, report->interactions[i].value);
    if (report->runs)
        fprintf(out, "%llu simulations; %s\n", (unsigned long long)report->runs, report->rule);
    if (report->energy.total > 0)
        fprintf(out,
                "\nenergy of a run %.4g J -> %.4g J: %.4gx = architecture %.4gx, technology "
                "%.4gx (by LMDI over components)\n",
                report->energy.a_joules, report->energy.b_joules, report->energy.total,
                report->energy.architecture, report->energy.technology);
    print_lines("assumptions that move a last line by more than 10 %:", report->assumptions,
                report->assumption_count, out);
    print_lines("notes:", report->notes, report->note_count, out);
}

void report_gain_csv(const struct gain_report *report, bool has_header, FILE *out)
{
    if (has_header)
        fputs("a,b,level,lens,group,name,value,low,high,order_low,order_high,sources\n", out);
    for (size_t i = 0; i < report->level_count; i++)
        for (size_t k = 0; k < report->levels[i].factor_count; k++) {
            const struct gain_level *level = &report->levels[i];
            const struct gain_factor *f = &level->factors[k];
            report_cell(report->a, out);
            report_cell(report->b, out);
            report_cell(gain_level_name(level->kind), out);
            report_cell(gain_lens_name(level->lens), out);
            report_cell(gain_group_name(f->group), out);
            report_cell(f->name, out);
            const double numbers[] = {f->value, f->low, f->high, f->order_low, f->order_high};
            for (size_t n = 0; n < 5; n++) {
                report_number(numbers[n], out);
                fputc(',', out);
            }
            report_last_cell(f->sources, out);
        }
}

/* Whether text holds the word, in any case. */
static bool holds(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (; *text; text++)
        if (strncasecmp(text, word, length) == 0)
            return true;
    return length == 0;
}

bool report_gain_why(const struct gain_report *report, const char *factor, FILE *out,
                     struct error *err)
{
    bool is_found = false;
    for (size_t i = 0; i < report->level_count; i++)
        for (size_t k = 0; k < report->levels[i].factor_count; k++) {
            const struct gain_level *level = &report->levels[i];
            const struct gain_factor *f = &level->factors[k];
            if (!holds(gain_group_name(f->group), factor) && !holds(f->name, factor))
                continue;
            is_found = true;
            fprintf(out, "%s, %s: %s: %s: %.4gx  [%.3g, %.3g]\n  sources: %s\n",
                    gain_level_name(level->kind), gain_lens_name(level->lens),
                    gain_group_name(f->group), f->name, f->value, f->low, f->high, f->sources);
        }
    return is_found ||
           error_set(err, "no factor of %s -> %s is called '%s'", report->a, report->b, factor);
}
