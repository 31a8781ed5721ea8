/* What silicon alone allows: of one chip, min(lit transistors x device speed, power cap over
 * energy of an operation, bandwidth x intensity), as logarithms in one unit for both sides.
 * Constants that both sides share (the clock at unit device speed, operations per transistor)
 * are means over the two sides, so that swapping the cards turns every ratio over exactly. */
#ifndef SIM_STUDY_GAIN_POTENTIAL_H
#define SIM_STUDY_GAIN_POTENTIAL_H

#include "sim/study/gain_model.h"

/* Log of the budget that a lens holds equal (mm2, transistors, watts, dollars of a good die).
 */
double gain_budget(const struct gain_model *model, enum gain_lens lens, int side,
                   const double *z);
/* Log of the transistors that the budget buys; of no meaning for LENS_POWER. */
double gain_transistors(const struct gain_model *model, enum gain_lens lens, int side,
                        const double *z);
/* Log of gate delay and of the energy of a transistor's switching in joules. */
double gain_delay(const struct gain_model *model, int side, const double *z);
double gain_energy(const struct gain_model *model, int side, const double *z);

/* Which side each ingredient is taken from. */
struct gain_mix {
    int budget, process, power, memory;
};
struct gain_potential {
    double lit;     /* all transistors at device speed */
    double capped;  /* and under the power cap */
    double bounded; /* and under the memory's bandwidth */
};
struct gain_potential gain_potential(const struct gain_model *model, enum gain_lens lens,
                                     struct gain_mix mix, const double *z);
/* Whether the power cap, or the bandwidth, can be taken into account at all. */
bool gain_knows_cap(const struct gain_model *model);
bool gain_knows_memory(const struct gain_model *model);

#endif
