#include <math.h>
#include <string.h>

#include "sim/report/json.h"
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

static void put_fit(struct json *json, const struct history_fit *fit)
{
    json_begin_object(json, NULL);
    json_text(json, "returns", curve_name(fit));
    json_text(json, "over", over_name(fit));
    json_count(json, "points", fit->points);
    json_count(json, "downweighted", fit->downweighted);
    json_number(json, "a", fit->a);
    json_number(json, "a_sigma", fit->a_sigma);
    json_number(json, "b", fit->b);
    json_number(json, "b_sigma", fit->b_sigma);
    json_number(json, "r2", fit->r2);
    json_number(json, "residual_sigma", fit->residual_sigma);
    json_number(json, "projected", fit->projected);
    json_number(json, "low", fit->low);
    json_number(json, "high", fit->high);
    json_number(json, "left", fit->left);
    json_number(json, "left_low", fit->left_low);
    json_number(json, "left_high", fit->left_high);
    json_end_object(json);
}

void report_history_json(const struct gain_history *history, const char *version, FILE *out)
{
    struct json json = json_begin(out);
    json_begin_object(&json, NULL);
    json_text(&json, "cleave", version);
    json_text(&json, "kind", "history");
    json_text(&json, "title", history->title);
    json_text(&json, "hold", history->hold);
    json_text(&json, "from", history->from_process);
    json_text(&json, "to", history->to_process);
    json_number(&json, "potential", history->multiplier);
    json_number(&json, "potential_low", history->multiplier_low);
    json_number(&json, "potential_high", history->multiplier_high);
    json_begin_array(&json, "points");
    for (size_t i = 0; i < history->point_count; i++) {
        const struct history_point *point = &history->points[i];
        json_begin_object(&json, NULL);
        json_text(&json, "name", point->name);
        json_number(&json, "gain", point->gain);
        json_number(&json, "potential", point->potential);
        json_number(&json, "return", point->specialisation);
        json_bool(&json, "frontier", point->is_frontier);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_begin_array(&json, "fits");
    for (size_t i = 0; i < history->fit_count; i++)
        put_fit(&json, &history->fits[i]);
    json_end_array(&json);
    json_end_object(&json);
    fputc('\n', out);
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
