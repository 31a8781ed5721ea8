/* The walk over a sparse nest whose tiles know their entries. Private to the sparse rooms of
 * arch/family. */
#ifndef ARCH_FAMILY_SPARSE_WALK_H
#define ARCH_FAMILY_SPARSE_WALK_H

#include "arch/family/sparse_steps.h"

struct sparse_tile {
    uint32_t head, tail; /* its parts */
    uint64_t entries;
    bool has_overflow;
};

struct sparse_walk {
    const struct sparse_product *product;
    const struct sparse_nest *nest;
    struct sparse_met *met;
    struct sparse_tile *tiles; /* along m, then along k */
    uint64_t *table;           /* along k: granules selected while the tile stays */
    bool selects, is_staying;  /* selected granules are known; counted for the stay */
};

/* Fills the steps and sums of `met`; they live in `arena`. */
void sparse_walk(struct sparse_walk *walk, struct arena *scratch, struct arena *arena);

#endif
