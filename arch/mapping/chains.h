/* One dimension's tiles of all levels together. Private to arch/mapping. */
#ifndef ARCH_MAPPING_CHAINS_H
#define ARCH_MAPPING_CHAINS_H

#include "arch/mapping/candidates.h"

struct chain {
    int64_t tile[SPACE_LEVELS_MAX + 1];
};

/* Every chain in which each level holds a whole number of its next inner level's tiles, sorted
 * by the innermost tile, then by the next, largest first. Returns their number. */
int32_t chains_list(const struct model *m, int d, struct arena *arena, struct chain **chains);

#endif
