/* Equal members of a core share a primitive: the outermost spatial level of its mapping. Pieces
 * of a product are cut along one dimension; whoever shares an operand fetches it as well, so
 * that the cut which computes fastest is not always the one that finishes first. */
#ifndef ARCH_CHIP_SLICE_H
#define ARCH_CHIP_SLICE_H

#include "arch/family/operand_layout.h"
#include "workloads/primitive.h"

enum { SLICINGS_MAX = 128 };

struct slicing {
    enum dim dim;  /* of contractions; others have one way to be cut */
    int64_t count; /* members that get a share, at most as many as there are */
};

/* Ways to share a primitive among at most `members`, the one that keeps the most of them busy
 * first, the one that leaves it whole last. Returns how many. */
int slice_ways(const struct primitive *primitive, int64_t members,
               struct slicing ways[SLICINGS_MAX]);
/* Where share `index` of a contraction lies in the whole one. */
struct share_place slice_place(const struct primitive *whole, struct slicing slicing,
                               int64_t index);
/* Number of the first row, record or output of a share, where that is what is cut. */
uint64_t slice_first(const struct primitive *primitive, struct slicing slicing, int64_t index);
/* Cuts the primitive down to share `index`; share 0 is the largest. */
void slice_primitive(struct primitive *primitive, struct slicing slicing, int64_t index);
/* Bit per input that all shares have in common: those that do not depend on what is cut. */
uint32_t slice_shared_inputs(const struct primitive *primitive, struct slicing slicing);

#endif
