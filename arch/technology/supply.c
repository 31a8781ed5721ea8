#include "arch/technology/supply.h"

#include <math.h>
#include <string.h>

static bool coefficients(const struct table *curves, const char *name, double c[7],
                         struct error *err)
{
    static const char *const COLUMNS[] = {"d3_delay",  "d2", "d1", "d0",
                                          "e2_energy", "e1", "e0"};
    for (size_t row = 0; row < curves->row_count; row++) {
        if (strcmp(table_text(curves, row, "curve"), name) != 0)
            continue;
        for (int i = 0; i < 7; i++)
            if (!table_real(curves, row, COLUMNS[i], &c[i], err))
                return false;
        return true;
    }
    return error_set(err, "%s has no supply curve '%.40s'", curves->path, name);
}

static double delay_at(const double c[7], double v)
{
    return ((c[0] * v + c[1]) * v + c[2]) * v + c[3];
}

/* The fitted cubics run flat and wobble by up to 2 % near their upper end, then turn upwards:
 * past that, more supply would mean less speed. */
static bool is_past_fit(const double c[7], double v)
{
    double least = delay_at(c, v);
    for (double lower = v; lower > 0.3; lower -= 0.01)
        if (delay_at(c, lower) > 0)
            least = fmin(least, delay_at(c, lower));
    return delay_at(c, v) > 1.03 * least;
}

bool supply_curve(const struct table *curves, const char *name, double v,
                  struct supply_point *point, struct error *err)
{
    double c[7];
    if (!coefficients(curves, name, c, err))
        return false;
    point->delay = delay_at(c, v);
    point->energy = (c[4] * v + c[5]) * v + c[6];
    if (v < 0.3 || v > 3 || !(point->delay > 0) || !(point->energy > 0) || is_past_fit(c, v))
        return error_set(err, "supply curve '%s' does not serve %g V", name, v);
    return true;
}

static bool nominal(const struct process *process, double *volt, struct supply_point *point,
                    struct error *err)
{
    struct sourced supply;
    if (!process_need(process, QUANTITY_SUPPLY, &supply, err))
        return false;
    *volt = supply.value;
    return supply_curve(&process->shared->curves, process->curve, supply.value, point, err);
}

bool supply_scale_of(const struct process *process, double volt, struct supply_scale *scale,
                     struct error *err)
{
    struct supply_point at, there;
    double supply;
    if (!nominal(process, &supply, &at, err) ||
        !supply_curve(&process->shared->curves, process->curve, volt, &there, err))
        return false;
    *scale = (struct supply_scale){at.delay / there.delay, there.energy / at.energy};
    return true;
}

bool supply_for_speed(const struct process *process, double factor, double *volt,
                      struct error *err)
{
    struct supply_point at;
    double supply;
    if (!nominal(process, &supply, &at, err))
        return false;
    double low = supply, high = supply, step = supply / 100;
    /* Walk to the ends of what the curve serves between 0.5 and 1.2 of the supply, then bisect.
     */
    struct supply_scale scale;
    while (low - step >= 0.5 * supply && supply_scale_of(process, low - step, &scale, NULL))
        low -= step;
    while (high + step <= 1.2 * supply && supply_scale_of(process, high + step, &scale, NULL))
        high += step;
    struct supply_scale slowest, fastest;
    if (!supply_scale_of(process, low, &slowest, err) ||
        !supply_scale_of(process, high, &fastest, err))
        return false;
    if (factor < slowest.speed || factor > fastest.speed)
        return error_set(err,
                         "process '%s': speeds from %.3f to %.3f of nominal have a supply on "
                         "curve '%s', %.3f has none",
                         process->name, slowest.speed, fastest.speed, process->curve, factor);
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (!supply_scale_of(process, middle, &scale, err))
            return false;
        if (scale.speed < factor)
            low = middle;
        else
            high = middle;
    }
    *volt = high;
    return true;
}
