/* Rankine's potential model (Fuchs and Wentzlaff, HPCA 2019), as its public code computes it:
 * for comparing with published specialisation returns only. Our own model is gain_potential.h:
 * this one's power-limited potential jumps between groups of nodes and knows no device speed.
 */
#ifndef SIM_STUDY_GAIN_RANKINE_H
#define SIM_STUDY_GAIN_RANKINE_H

#include "sim/config/table.h"

struct rankine {
    struct table devices, regressions;
};

struct rankine_chip {
    double area_mm2, node_nm, clock_ghz, power_w;
};

struct rankine_potential {
    double transistors, active; /* all, and those that the power allows at the clock */
    double throughput;          /* switched transistors x MHz, the unit of its own reports */
    double power_w;             /* dynamic at the clock, and leakage of all */
};

bool rankine_load(struct arena *arena, struct rankine *rankine, struct error *err);
/* Active transistors x GHz that the power allows: exp(b) P^a of the first group of nodes whose
 * lower bound is not above the node. */
bool rankine_active(const struct rankine *rankine, double node_nm, double power_w,
                    double *transistor_ghz, struct error *err);
bool rankine_potential(const struct rankine *rankine, const struct rankine_chip *chip,
                       struct rankine_potential *potential, struct error *err);

#endif
