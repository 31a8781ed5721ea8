#include "sim/study/gain_history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit.h>

#include "sim/study/gain_expression.h"
#include "sim/study/gain_potential.h"
#include "sim/study/gain_sample.h"

/* A row of the table, whose columns are the names of an expression; names it lacks are the
 * process's. */
struct row_names {
    const struct table *table;
    size_t row;
    const struct gain_process *process;
};

static bool find_cell(const struct gain_names *names, const char *name, double *value,
                      struct error *err)
{
    const struct row_names *row = names->context;
    if (table_column(row->table, name) >= 0)
        return gain_cell(row->table, row->row, name, value, err);
    const struct gain_process *process = row->process;
    if (strcmp(name, "gate_delay") == 0)
        *value = process ? process->delay : NAN;
    else if (strcmp(name, "density") == 0)
        *value = process ? process->density : NAN;
    else
        return error_set(err, "%s: has no column '%s'", row->table->path, name);
    return true;
}

/* The process of a row: its column `process`, else the first family that has its node. */
static const struct gain_process *process_of(const struct gain_facts *facts,
                                             const struct table *table, size_t row)
{
    const char *key = table_text(table, row, "process"),
               *node = table_text(table, row, "node_nm");
    size_t length = strlen(node);
    for (size_t i = 0; i < facts->process_count; i++) {
        const struct gain_process *process = &facts->processes[i];
        if (*key ? strcmp(process->key, key) == 0 : false)
            return process;
        const char *label = *key || !length ? NULL : strstr(process->labels, node);
        if (label && (label == process->labels || label[-1] == ' ') &&
            (label[length] == ' ' || label[length] == '\0'))
            return process;
    }
    return NULL;
}

/* "column=text" holds, or there is no condition. */
static bool is_wanted(struct arena *arena, const struct table *table, size_t row,
                      const char *where)
{
    const char *equals = strchr(where, '=');
    if (!equals)
        return true;
    char *column = arena_copy_text(arena, where);
    column[equals - where] = '\0';
    return strcmp(table_text(table, row, column), equals + 1) == 0;
}

static void mark_frontier(struct gain_history *history)
{
    for (size_t i = 0; i < history->point_count; i++) {
        struct history_point *point = &history->points[i];
        point->is_frontier = true;
        for (size_t j = 0; j < history->point_count && point->is_frontier; j++) {
            const struct history_point *other = &history->points[j];
            bool is_as_good =
                other->potential <= point->potential && other->gain >= point->gain;
            bool is_other = other->potential < point->potential || other->gain > point->gain;
            if (is_as_good && (is_other || j < i))
                point->is_frontier = false;
        }
    }
}

static bool read_points(struct arena *arena, const struct gain_facts *facts,
                        const struct gain_family *family, struct gain_history *history,
                        struct error *err)
{
    struct table table;
    if (!gain_table(arena, family->table, &table, err))
        return false;
    const char *equals = strchr(family->where, '=');
    if (*family->where && (!equals || equals == family->where))
        return error_set(err, "history: where is '%s', wanted column=text", family->where);
    history->points = arena_array(arena, table.row_count, sizeof *history->points);
    for (size_t row = 0; row < table.row_count; row++) {
        struct row_names cells = {&table, row, process_of(facts, &table, row)};
        struct gain_names names = {find_cell, &cells};
        struct history_point *point = &history->points[history->point_count];
        if (!is_wanted(arena, &table, row, family->where))
            continue;
        if (!gain_expression(family->gain, &names, &point->gain, err) ||
            !gain_expression(family->potential, &names, &point->potential, err))
            return false;
        if (!(point->gain > 0 && point->potential > 0) || !isfinite(point->gain) ||
            !isfinite(point->potential)) {
            history->skipped++;
            continue;
        }
        point->name = table_text(&table, row, family->name);
        point->process = cells.process ? cells.process->key : "";
        history->point_count++;
    }
    if (history->point_count < 4)
        return error_set(err, "%s: %zu rows have a gain and a potential, wanted at least 4",
                         table.path, history->point_count);
    double gain = history->points[0].gain, potential = history->points[0].potential;
    history->best_gain = history->best_potential = history->points;
    for (size_t i = 0; i < history->point_count; i++) {
        struct history_point *point = &history->points[i];
        point->gain /= gain;
        point->potential /= potential;
        point->specialisation = point->gain / point->potential;
        if (point->gain > history->best_gain->gain)
            history->best_gain = point;
        if (point->potential > history->best_potential->potential)
            history->best_potential = point;
    }
    mark_frontier(history);
    return true;
}

/* Draws of the potential that the best chip gains by moving to the target process. */
static bool draw_multiplier(struct arena *arena, const struct gain_facts *facts,
                            const struct gain_family *family,
                            const struct gain_options *options, struct gain_history *history,
                            double *draws, struct error *err)
{
    struct gain_card from, to;
    struct gain_model *model = arena_alloc(arena, sizeof *model);
    struct gain_sample sample;
    struct gain_assumptions none = {NAN, 0, false};
    gain_card_init(&from, "from");
    gain_card_init(&to, "to");
    from.chip.process = history->from_process = history->best_potential->process;
    to.chip.process = history->to_process = family->project;
    if (!gain_find_process(facts, to.chip.process, err))
        return false;
    if (!*from.chip.process)
        return error_set(err, "history: the chip of most potential, %s, has no known process",
                         history->best_potential->name);
    gain_model_build(model, arena, facts, &from, &to, &none);
    gain_sample_draw(&sample, model, arena, options->seed, options->draws);
    for (uint32_t i = 0; i <= options->draws; i++) { /* the last one is the centre */
        double z[FIGURE_MAX] = {0}, log_gain;
        for (int f = 0; f < sample.figure_count && i < options->draws; f++)
            z[f] = sample.deviates[(size_t)f * sample.draws + i];
        if (family->hold == HOLD_POWER)
            log_gain = gain_energy(model, SIDE_A, z) - gain_energy(model, SIDE_B, z);
        else
            log_gain = gain_quantity_draw(model, &model->sides[SIDE_B].density, z) -
                       gain_quantity_draw(model, &model->sides[SIDE_A].density, z) +
                       gain_delay(model, SIDE_A, z) - gain_delay(model, SIDE_B, z);
        draws[i] = log_gain;
    }
    history->multiplier = exp(draws[options->draws]);
    if (isnan(history->multiplier))
        return error_set(err, "history: density or speed of %s or %s is not known",
                         history->from_process, history->to_process);
    return true;
}

/* Robust (bisquare) fit of one curve; false when there are too few points or GSL gives up. */
static bool fit_curve(struct arena *arena, const struct gain_history *history,
                      struct history_fit *fit, gsl_vector *c, gsl_matrix *covariance)
{
    size_t n = 0;
    for (size_t i = 0; i < history->point_count; i++)
        n += !fit->is_frontier || history->points[i].is_frontier;
    if (n < 4)
        return false;
    gsl_matrix *x = gsl_matrix_alloc(n, 2);
    gsl_vector *y = gsl_vector_alloc(n);
    gsl_multifit_robust_workspace *work =
        gsl_multifit_robust_alloc(gsl_multifit_robust_bisquare, n, 2);
    gain_demand(arena, x);
    gain_demand(arena, y);
    gain_demand(arena, work);
    size_t row = 0;
    for (size_t i = 0; i < history->point_count; i++) {
        const struct history_point *point = &history->points[i];
        if (fit->is_frontier && !point->is_frontier)
            continue;
        gsl_matrix_set(x, row, 0, 1);
        gsl_matrix_set(x, row, 1,
                       fit->is_logarithmic ? log(point->potential) : point->potential);
        gsl_vector_set(y, row++, point->gain);
    }
    int status = gsl_multifit_robust(x, y, c, covariance, work);
    gsl_multifit_robust_stats stats = gsl_multifit_robust_statistics(work);
    fit->points = n;
    fit->a = gsl_vector_get(c, 0);
    fit->b = gsl_vector_get(c, 1);
    fit->a_sigma = sqrt(gsl_matrix_get(covariance, 0, 0));
    fit->b_sigma = sqrt(gsl_matrix_get(covariance, 1, 1));
    fit->r2 = stats.Rsq;
    fit->residual_sigma = stats.sigma;
    for (size_t i = 0; i < n; i++)
        fit->downweighted += gsl_vector_get(stats.weights, i) < 0.5;
    gsl_multifit_robust_free(work);
    gsl_matrix_free(x);
    gsl_vector_free(y);
    /* GSL_EMAXITER still leaves its last estimate, which is as good as the weights allow. */
    return (status == GSL_SUCCESS || status == GSL_EMAXITER) && isfinite(fit->b_sigma);
}

/* The fit at the projected potential: spread of the coefficients, of the points around the
 * curve and of the move to the process. */
static void project(const struct gain_history *history, const gsl_matrix *covariance,
                    const struct gain_sample *noise, const double *multipliers,
                    struct arena *arena, struct history_fit *fit)
{
    struct arena_mark mark = arena_mark(arena);
    uint32_t draws = noise->draws;
    double *gains = arena_array(arena, draws + 1, sizeof *gains);
    for (uint32_t i = 0; i <= draws; i++) {
        double potential = history->best_potential->potential * exp(multipliers[i]);
        double x = fit->is_logarithmic ? log(potential) : potential;
        double variance = gsl_matrix_get(covariance, 0, 0) +
                          2 * x * gsl_matrix_get(covariance, 0, 1) +
                          x * x * gsl_matrix_get(covariance, 1, 1) +
                          fit->residual_sigma * fit->residual_sigma;
        double deviate = i < draws ? noise->deviates[i] : 0;
        gains[i] = fit->a + fit->b * x + deviate * sqrt(fmax(variance, 0));
    }
    fit->projected = gains[draws];
    struct gain_interval interval = gain_interval_of(gains, draws);
    fit->low = interval.low;
    fit->high = interval.high;
    double best = history->best_gain->gain;
    fit->left = fit->projected / best;
    fit->left_low = fit->low / best;
    fit->left_high = fit->high / best;
    arena_release(arena, mark);
}

bool gain_history(struct arena *arena, const struct gain_facts *facts,
                  const struct gain_study *study, const struct gain_options *options,
                  struct gain_history *history, struct error *err)
{
    memset(history, 0, sizeof *history);
    history->title = study->title;
    history->hold = study->family.hold == HOLD_POWER ? "power" : "area";
    double *multipliers = arena_array(arena, (size_t)options->draws + 1, sizeof *multipliers);
    if (!read_points(arena, facts, &study->family, history, err) ||
        !draw_multiplier(arena, facts, &study->family, options, history, multipliers, err))
        return false;
    gsl_set_error_handler_off(); /* a fit that fails is left out, not the end of the program */
    struct gain_model *noise_model = arena_alloc(arena, sizeof *noise_model);
    gain_model_figure(noise_model, "points around the curve", 1, "");
    struct gain_sample noise;
    gain_sample_draw(&noise, noise_model, arena, options->seed, options->draws);
    gsl_vector *c = gsl_vector_alloc(2);
    gsl_matrix *covariance = gsl_matrix_alloc(2, 2);
    gain_demand(arena, c);
    gain_demand(arena, covariance);
    for (int k = 0; k < 4; k++) {
        struct history_fit *fit = &history->fits[history->fit_count];
        memset(fit, 0, sizeof *fit);
        fit->is_logarithmic = k & 1;
        fit->is_frontier = k & 2;
        if (!fit_curve(arena, history, fit, c, covariance))
            continue;
        project(history, covariance, &noise, multipliers, arena, fit);
        history->fit_count++;
    }
    gsl_vector_free(c);
    gsl_matrix_free(covariance);
    struct gain_interval moved = gain_interval_of(multipliers, options->draws);
    history->multiplier_low = exp(moved.low);
    history->multiplier_high = exp(moved.high);
    return true;
}
