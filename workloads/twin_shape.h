/* How the shapes and attributes of one operator follow from a twin's moves. Private to
 * workloads/. */
#ifndef WORKLOADS_TWIN_SHAPE_H
#define WORKLOADS_TWIN_SHAPE_H

#include "workloads/twin.h"

void twin_input_shape(const struct twin *twin, const struct tensor *old, int64_t *shape);
/* Sets now[input] from the inputs that are known, and marks it known. */
bool twin_weight_shape(const struct twin *twin, const struct operator* op, uint32_t input,
                       struct tensor *now, bool *is_known);
/* The attributes of `new` (whose inputs are set), from those of the original. */
const struct attribute *twin_attributes(const struct twin *twin, const struct operator* op,
                                        const struct operator* new, struct arena *arena);

#endif
