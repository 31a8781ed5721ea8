/* Equal members of a core share a primitive: the outermost spatial level of its mapping. */
#ifndef ARCH_CHIP_SLICE_H
#define ARCH_CHIP_SLICE_H

#include "workloads/primitive.h"

/* Members that get a share: at most `members`, fewer where there is too little to share. */
int64_t slice_count(const struct primitive *primitive, int64_t members);
/* Cuts the primitive down to share `index` of `count`. */
void slice_primitive(struct primitive *primitive, int64_t count, int64_t index);

#endif
