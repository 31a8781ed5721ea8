#include "sim/study/gain_potential.h"

#include <math.h>

#include "arch/technology/cost.h"

static double shifted(const struct gain_model *model, int figure, const double *z)
{
    return figure < 0 ? 0 : model->figures[figure].sigma * z[figure];
}

double gain_delay(const struct gain_model *model, int side, const double *z)
{
    if (!isnan(model->assume.device_speed)) /* the study's ratio replaces both processes */
        return side == SIDE_A
                   ? 0
                   : -log(model->assume.device_speed) - shifted(model, model->device_speed, z);
    return gain_quantity_draw(model, &model->sides[side].delay, z);
}

double gain_energy(const struct gain_model *model, int side, const double *z)
{
    const struct gain_facts *facts = model->facts;
    double exponent = facts->energy_exponent.value + shifted(model, model->energy_exponent, z);
    return log(facts->gate_energy_45nm_fj.value * 1e-15) -
           fmax(exponent, 0.05) * model->sides[side].energy_coordinate;
}

/* Log of the dollars of a good die of a 300 mm wafer. */
static double good_die_cost(const struct gain_model *model, int side, const double *z)
{
    const struct gain_side *s = &model->sides[side];
    double area_mm2 = exp(gain_quantity_draw(model, &s->area, z));
    double defects = area_mm2 / 100 * exp(gain_quantity_draw(model, &s->defects, z));
    double dies = gross_dies(0.3, area_mm2 * 1e-6);
    double yield = yield_of(YIELD_NEGATIVE_BINOMIAL, model->facts->clustering.value, defects);
    return dies > 0 ? gain_quantity_draw(model, &s->wafer, z) - log(dies) - log(yield) : NAN;
}

double gain_budget(const struct gain_model *model, enum gain_lens lens, int side,
                   const double *z)
{
    const struct gain_side *s = &model->sides[side];
    switch (lens) {
    case LENS_AREA:
        return gain_quantity_draw(model, &s->area, z);
    case LENS_POWER:
        return gain_quantity_draw(model, &s->power, z);
    case LENS_COST:
        return good_die_cost(model, side, z);
    default:
        return gain_quantity_draw(model, &s->transistors, z);
    }
}

double gain_transistors(const struct gain_model *model, enum gain_lens lens, int side,
                        const double *z)
{
    const struct gain_side *s = &model->sides[side];
    if (lens == LENS_AREA || lens == LENS_COST)
        return gain_quantity_draw(model, &s->area, z) + log(1e6) +
               gain_quantity_draw(model, &s->density, z);
    return gain_quantity_draw(model, &s->transistors, z);
}

/* Mean of what is known of two numbers; NAN when neither is. */
static double mean_known(double a, double b)
{
    return isnan(a) ? b : isnan(b) ? a : (a + b) / 2;
}

/* Log of the switched transistors x Hz that the power of one side allows at the other's
 * process: P (1 - leakage) / (activity x energy). */
static double power_cap(const struct gain_model *model, struct gain_mix mix, const double *z)
{
    const struct gain_facts *facts = model->facts;
    double leakage = facts->leakage_share.value * exp(shifted(model, model->leakage, z));
    double activity = log(facts->activity.value) + shifted(model, model->activity, z);
    return gain_quantity_draw(model, &model->sides[mix.power].power, z) +
           log1p(-fmin(fmax(leakage, 0.05), 0.4)) - activity -
           gain_energy(model, mix.process, z);
}

bool gain_knows_cap(const struct gain_model *model)
{
    const struct gain_side *a = &model->sides[SIDE_A], *b = &model->sides[SIDE_B];
    return !model->assume.is_uncapped && !isnan(mean_known(a->clock, b->clock)) &&
           !isnan(a->power.log + b->power.log) &&
           !isnan(a->energy_coordinate + b->energy_coordinate);
}

bool gain_knows_memory(const struct gain_model *model)
{
    const struct gain_side *a = &model->sides[SIDE_A], *b = &model->sides[SIDE_B];
    return !isnan(a->bandwidth + b->bandwidth + a->intensity + b->intensity) &&
           !isnan(mean_known(a->peak, b->peak));
}

static struct gain_potential compute_bound(const struct gain_model *model, enum gain_lens lens,
                                           struct gain_mix mix, const double *z)
{
    const struct gain_side *a = &model->sides[SIDE_A], *b = &model->sides[SIDE_B];
    struct gain_potential made;
    if (lens == LENS_POWER) {
        made.lit = gain_quantity_draw(model, &model->sides[mix.power].power, z) -
                   gain_energy(model, mix.process, z);
        made.capped = made.bounded = made.lit;
        return made;
    }
    /* Hz at unit device speed, as the two chips realise it. */
    double clock = mean_known(a->clock + gain_delay(model, SIDE_A, z),
                              b->clock + gain_delay(model, SIDE_B, z));
    made.lit = gain_transistors(model, lens, mix.budget, z) -
               gain_delay(model, mix.process, z) + (isnan(clock) ? 0 : clock);
    made.capped = gain_knows_cap(model) ? fmin(made.lit, power_cap(model, mix, z)) : made.lit;
    made.bounded = made.capped;
    return made;
}

struct gain_potential gain_potential(const struct gain_model *model, enum gain_lens lens,
                                     struct gain_mix mix, const double *z)
{
    struct gain_potential made = compute_bound(model, lens, mix, z);
    if (!gain_knows_memory(model))
        return made;
    double scale[2]; /* operations a second per unit of potential */
    for (int side = SIDE_A; side <= SIDE_B; side++) {
        struct gain_mix own = {side, side, side, side};
        scale[side] = model->sides[side].peak - compute_bound(model, lens, own, z).capped;
    }
    const struct gain_side *memory = &model->sides[mix.memory];
    double roof =
        memory->bandwidth + memory->intensity - mean_known(scale[SIDE_A], scale[SIDE_B]);
    made.bounded = fmin(made.capped, roof);
    return made;
}

double gain_active_share(const struct gain_model *model, int side)
{
    const double z[FIGURE_MAX] = {0};
    const struct gain_side *s = &model->sides[side];
    if (isnan(s->power.log + s->energy_coordinate + s->clock + s->transistors.log))
        return NAN;
    struct gain_mix own = {side, side, side, side};
    return fmin(1, exp(power_cap(model, own, z) - s->transistors.log - s->clock));
}
