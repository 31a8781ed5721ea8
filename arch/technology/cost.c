#include "arch/technology/cost.h"

#include <math.h>
#include <stddef.h>

const char *const YIELD_MODEL_NAMES[] = {"poisson",           "murphy", "seeds", "exponential",
                                         "negative-binomial", NULL};

static const double PI = 3.14159265358979323846;

struct yield_options yield_options_default(void)
{
    /* Clustering of 3 is the middle of the published range 2 to 10; 500 g/kWh is a typical
     * grid of fab countries (Gupta et al., ISCA 2022, from memory). */
    return (struct yield_options){YIELD_NEGATIVE_BINOMIAL, 3, 500};
}

double yield_of(enum yield_model model, double clustering, double x)
{
    switch (model) {
    case YIELD_POISSON:
        return exp(-x);
    case YIELD_MURPHY:
        return x > 0 ? pow(-expm1(-x) / x, 2) : 1;
    case YIELD_SEEDS:
        return 1 / (1 + x);
    case YIELD_EXPONENTIAL:
        return exp(-sqrt(x));
    default:
        return pow(1 + x / clustering, -clustering);
    }
}

double gross_dies(double diameter, double die)
{
    double dies = PI * diameter * diameter / 4 / die - PI * diameter / sqrt(2 * die);
    return fmax(dies, 0);
}

static double value_of(const struct process *process, enum quantity quantity)
{
    const struct sourced *value = &process->quantities[quantity];
    return sourced_is_known(value) ? value->value : NAN;
}

double die_share(double whole, double seconds)
{
    static const double SERVICE_S = 3 * 365.25 * 24 * 3600;
    return whole * seconds / SERVICE_S;
}

struct die_cost die_cost_of(const struct process *process, double die,
                            const struct yield_options *options)
{
    struct die_cost cost;
    double diameter = value_of(process, QUANTITY_WAFER_DIAMETER);
    cost.gross_dies = gross_dies(diameter, die);
    cost.yield = yield_of(options->model, options->clustering,
                          die * value_of(process, QUANTITY_DEFECT_DENSITY));
    double good = cost.gross_dies * cost.yield;
    cost.cost_usd = good > 0 ? value_of(process, QUANTITY_WAFER_PRICE) / good : NAN;
    /* Carbon of the wafer's processing per good die: energy times grid plus gases. */
    double per_cm2 = value_of(process, QUANTITY_FAB_ENERGY) / 3.6e6 * options->electricity +
                     value_of(process, QUANTITY_FAB_GAS);
    cost.carbon_g = good > 0 ? per_cm2 * die * 1e4 / cost.yield : NAN;
    if (isnan(diameter))
        cost.gross_dies = NAN;
    return cost;
}
