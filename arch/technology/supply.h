/* Supply and frequency: delay and energy of a gate as polynomials of the supply voltage, for 18
 * device families. Source: Stillmaker and Baas, Integration 58 (2017), coefficients as copied
 * into configs/processes/tables/supply_curves.csv. Quoted uncertainty about 15 %. */
#ifndef ARCH_TECHNOLOGY_SUPPLY_H
#define ARCH_TECHNOLOGY_SUPPLY_H

#include <stdbool.h>

#include "arch/technology/process.h"

struct supply_point {
    double delay,
        energy; /* of the paper's inverter chain: ps, fJ; only ratios mean something */
};

/* Errors: no such curve; a voltage where a polynomial is not positive or delay rises with
 * voltage, that is, outside what the paper fitted. */
bool supply_curve(const struct table *curves, const char *name, double volt,
                  struct supply_point *point, struct error *err);

/* Factors on speed and dynamic energy when the process runs at `volt` instead of its nominal
 * supply. */
struct supply_scale {
    double speed, energy;
};

bool supply_scale_of(const struct process *process, double volt, struct supply_scale *scale,
                     struct error *err);

/* The voltage at which speed is `factor` of nominal, between 0.5 and 1.2 of the supply (found
 * by bisection); error where the curve does not reach it. */
bool supply_for_speed(const struct process *process, double factor, double *volt,
                      struct error *err);

#endif
