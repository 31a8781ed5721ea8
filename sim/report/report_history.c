#include <math.h>
#include <string.h>

#include "sim/report/report_gain.h"
#include "sim/report/report_text.h"

enum { CHART_COLUMNS = 60, CHART_ROWS = 16 };

static int place(double value, double low, double high, int cells)
{
    double share = high > low ? log(value / low) / log(high / low) : 0;
    int cell = (int)(share * cells);
    return cell < 0 ? 0 : cell >= cells ? cells - 1 : cell;
}

/* Gain (up) over potential (right), both on log scales: dots, and the frontier as letters O. */
static void print_chart(const struct gain_history *history, FILE *out)
{
    char cells[CHART_ROWS][CHART_COLUMNS + 1];
    double left = INFINITY, right = 0, bottom = INFINITY, top = 0;
    memset(cells, ' ', sizeof cells);
    for (size_t i = 0; i < history->point_count; i++) {
        left = fmin(left, history->points[i].potential);
        right = fmax(right, history->points[i].potential);
        bottom = fmin(bottom, history->points[i].gain);
        top = fmax(top, history->points[i].gain);
    }
    for (int frontier = 0; frontier <= 1; frontier++)
        for (size_t i = 0; i < history->point_count; i++) {
            const struct history_point *point = &history->points[i];
            int row = CHART_ROWS - 1 - place(point->gain, bottom, top, CHART_ROWS);
            int column = place(point->potential, left, right, CHART_COLUMNS);
            if (point->is_frontier == frontier)
                cells[row][column] = frontier ? 'O' : '.';
        }
    fprintf(out, "\n  gain %.3gx at the top, %.3gx at the bottom (log); O on the frontier\n",
            top, bottom);
    for (int row = 0; row < CHART_ROWS; row++) {
        cells[row][CHART_COLUMNS] = '\0';
        fprintf(out, "  |%s\n", cells[row]);
    }
    fprintf(out, "  potential from %.3gx to %.3gx (log)\n", left, right);
}

static const char *curve_name(const struct history_fit *fit)
{
    return fit->is_logarithmic ? "logarithmic" : "linear";
}

static const char *over_name(const struct history_fit *fit)
{
    return fit->is_frontier ? "frontier" : "all";
}

void report_history_table(const struct gain_history *history, FILE *out)
{
    fprintf(out, "%s\n%zu chips, relative to %s", history->title, history->point_count,
            history->points[0].name);
    if (history->skipped)
        fprintf(out, "; %zu rows left out, without gain or potential", history->skipped);
    fprintf(
        out, "\nbest gain %.4gx (%s, specialisation return %.3g); most potential %.4gx (%s)\n",
        history->best_gain->gain, history->best_gain->name, history->best_gain->specialisation,
        history->best_potential->potential, history->best_potential->name);
    print_chart(history, out);
    fprintf(out, "\nthe frontier:\n");
    for (size_t i = 0; i < history->point_count; i++) {
        const struct history_point *point = &history->points[i];
        if (point->is_frontier)
            fprintf(out, "  potential %9.4gx  gain %9.4gx  return %7.3g  %s\n",
                    point->potential, point->gain, point->specialisation, point->name);
    }
    fprintf(
        out,
        "\nat equal %s %s has %.3gx the potential of %s [%.3g, %.3g]; what is left there:\n",
        history->hold, history->to_process, history->multiplier, history->from_process,
        history->multiplier_low, history->multiplier_high);
    for (size_t i = 0; i < history->fit_count; i++) {
        const struct history_fit *fit = &history->fits[i];
        fprintf(out,
                "  %-11s over %-8s: gain %.4gx [%.4g, %.4g], %.3gx the best so far "
                "[%.3g, %.3g]\n      a %.4g (%.2g)  b %.4g (%.2g)  R2 %.3f  residual %.3g  "
                "%zu points, %zu of little weight\n",
                curve_name(fit), over_name(fit), fit->projected, fit->low, fit->high, fit->left,
                fit->left_low, fit->left_high, fit->a, fit->a_sigma, fit->b, fit->b_sigma,
                fit->r2, fit->residual_sigma, fit->points, fit->downweighted);
    }
}

static void number(const char *name, double value, FILE *out)
{
    fprintf(out, ", \"%s\": ", name);
    report_json_number(value, out);
}

void report_history_json(const struct gain_history *history, const char *version, FILE *out)
{
    fputs("{\"cleave\": ", out);
    report_json_text(version, out);
    fputs(", \"kind\": \"history\", \"title\": ", out);
    report_json_text(history->title, out);
    fputs(", \"hold\": ", out);
    report_json_text(history->hold, out);
    fputs(", \"from\": ", out);
    report_json_text(history->from_process, out);
    fputs(", \"to\": ", out);
    report_json_text(history->to_process, out);
    number("potential", history->multiplier, out);
    number("potential_low", history->multiplier_low, out);
    number("potential_high", history->multiplier_high, out);
    fputs(", \"points\": [", out);
    for (size_t i = 0; i < history->point_count; i++) {
        const struct history_point *point = &history->points[i];
        fputs(i ? ", {\"name\": " : "{\"name\": ", out);
        report_json_text(point->name, out);
        number("gain", point->gain, out);
        number("potential", point->potential, out);
        number("return", point->specialisation, out);
        fprintf(out, ", \"frontier\": %s}", point->is_frontier ? "true" : "false");
    }
    fputs("], \"fits\": [", out);
    for (size_t i = 0; i < history->fit_count; i++) {
        const struct history_fit *fit = &history->fits[i];
        fprintf(out,
                "%s{\"returns\": \"%s\", \"over\": \"%s\", \"points\": %zu, "
                "\"downweighted\": %zu",
                i ? ", " : "", curve_name(fit), over_name(fit), fit->points, fit->downweighted);
        number("a", fit->a, out);
        number("a_sigma", fit->a_sigma, out);
        number("b", fit->b, out);
        number("b_sigma", fit->b_sigma, out);
        number("r2", fit->r2, out);
        number("residual_sigma", fit->residual_sigma, out);
        number("projected", fit->projected, out);
        number("low", fit->low, out);
        number("high", fit->high, out);
        number("left", fit->left, out);
        number("left_low", fit->left_low, out);
        number("left_high", fit->left_high, out);
        fputc('}', out);
    }
    fputs("]}\n", out);
}

void report_history_csv(const struct gain_history *history, FILE *out)
{
    fputs("name,process,potential,gain,return,frontier\n", out);
    for (size_t i = 0; i < history->point_count; i++) {
        const struct history_point *point = &history->points[i];
        report_cell(point->name, out);
        report_cell(point->process, out);
        const double numbers[] = {point->potential, point->gain, point->specialisation};
        for (size_t n = 0; n < 3; n++) {
            report_number(numbers[n], out);
            fputc(',', out);
        }
        report_last_cell(point->is_frontier ? "yes" : "no", out);
    }
}
