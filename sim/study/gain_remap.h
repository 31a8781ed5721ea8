/* What mapping anew is worth: a design moves to another's process and memory once with the loop
 * nests of its own place and once mapped afresh. */
#ifndef SIM_STUDY_GAIN_REMAP_H
#define SIM_STUDY_GAIN_REMAP_H

#include "sim/study/gain_mixture.h"

/* Speed of side A's design, in its own shape, at B's process and memory, mapped anew over
 * mapped as at home. NAN with *why set: it does not move, or its nests do not fit there. */
bool gain_remap(struct mixtures *mixtures, struct arena *arena, double *value, const char **why,
                struct error *err);

#endif
