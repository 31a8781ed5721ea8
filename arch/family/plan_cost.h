/* The relative cost of what a plan does, by the costs that the chip file names: every action at
 * every level, and every byte to and from main memory. It ranks plans and is no energy. */
#ifndef ARCH_FAMILY_PLAN_COST_H
#define ARCH_FAMILY_PLAN_COST_H

#include "arch/family/family.h"

/* Of one repetition. */
double plan_cost(const struct core *core, const struct plan *plan);

#endif
