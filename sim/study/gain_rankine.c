#include "sim/study/gain_rankine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/study/gain_facts.h"

bool rankine_load(struct arena *arena, struct rankine *rankine, struct error *err)
{
    return gain_table(arena, "rankine-devices.csv", &rankine->devices, err) &&
           gain_table(arena, "rankine-regressions.csv", &rankine->regressions, err);
}

static bool coefficients(const struct rankine *rankine, size_t row, double *a, double *b,
                         struct error *err)
{
    return table_real(&rankine->regressions, row, "exponent_a", a, err) &&
           table_real(&rankine->regressions, row, "intercept_b", b, err);
}

/* exp(b) (area / node^2)^a. */
static bool rankine_transistors(const struct rankine *rankine, double area_mm2, double node_nm,
                                double *transistors, struct error *err)
{
    const struct table *t = &rankine->regressions;
    for (size_t row = 0; row < t->row_count; row++) {
        double a, b;
        if (strcmp(table_text(t, row, "model"), "transistors_from_area") != 0)
            continue;
        if (!coefficients(rankine, row, &a, &b, err))
            return false;
        *transistors = exp(b) * pow(area_mm2 / (node_nm * node_nm), a);
        return true;
    }
    return error_set(err, "%s: no regression of transistors from area", t->path);
}

bool rankine_active(const struct rankine *rankine, double node_nm, double power_w,
                    double *transistor_ghz, struct error *err)
{
    const struct table *t = &rankine->regressions;
    for (size_t row = 0; row < t->row_count; row++) {
        const char *group = table_text(t, row, "node_group_nm"), *dash = strchr(group, '-');
        double a, b;
        if (!dash || node_nm < strtod(dash + 1, NULL))
            continue;
        if (!coefficients(rankine, row, &a, &b, err))
            return false;
        *transistor_ghz = exp(b) * pow(power_w, a);
        return true;
    }
    return error_set(err, "%s: %g nm is below every group of nodes", t->path, node_nm);
}

bool rankine_potential(const struct rankine *rankine, const struct rankine_chip *chip,
                       struct rankine_potential *potential, struct error *err)
{
    const struct table *t = &rankine->devices;
    double node = NAN, latency_ps, dynamic_uw, leakage_uw, active_ghz;
    size_t row = 0;
    for (; row < t->row_count; row++) {
        if (!table_real(t, row, "node_nm", &node, err))
            return false;
        if (node == chip->node_nm)
            break;
    }
    if (row == t->row_count)
        return error_set(err, "%s: no device of %g nm", t->path, chip->node_nm);
    if (!table_real(t, row, "gate_latency_ps", &latency_ps, err) ||
        !table_real(t, row, "dynamic_power_uW_at_device_speed", &dynamic_uw, err) ||
        !table_real(t, row, "leakage_power_uW", &leakage_uw, err) ||
        !rankine_transistors(rankine, chip->area_mm2, node, &potential->transistors, err) ||
        !rankine_active(rankine, node, chip->power_w, &active_ghz, err))
        return false;
    double clock_share = chip->clock_ghz * latency_ps / 1000;
    potential->active = fmin(potential->transistors, active_ghz / chip->clock_ghz);
    potential->throughput = potential->active * chip->clock_ghz * 1e3;
    potential->power_w = potential->active * dynamic_uw * 1e-6 * clock_share +
                         potential->transistors * leakage_uw * 1e-6;
    return true;
}
