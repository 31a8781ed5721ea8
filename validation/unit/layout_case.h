/* A random contraction, a member's share of it, a storage and an array to plan it on: what the
 * suites of layouts share. */
#ifndef VALIDATION_UNIT_LAYOUT_CASE_H
#define VALIDATION_UNIT_LAYOUT_CASE_H

#include "arch/chip/chip.h"
#include "arch/chip/slice.h"

enum { LAYOUT_CASE_BURST = 32 }; /* bytes */

struct layout_case {
    uint64_t seed;
    struct contraction whole;
    struct primitive share; /* of it */
    struct share_place place;
    struct site site;
    struct core *core;
    struct plan plan;
};

/* By the seed alone; everything lives in the arena. False where the chip has no room for the
 * smallest tiles. */
bool layout_case_make(struct layout_case *c, uint64_t seed, enum storage_kind kind,
                      struct arena *arena);

#endif
