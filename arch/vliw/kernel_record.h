/* A kernel run on values once, as the steps it takes and the addresses it computes: for loops
 * whose trips depend on data, and for gathers and scatters. Passes that an `if` leaves out
 * touch nothing. */
#ifndef ARCH_VLIW_KERNEL_RECORD_H
#define ARCH_VLIW_KERNEL_RECORD_H

#include "arch/vliw/kernel_walk.h"

enum { RECORD_STEPS_MOST = 1 << 22, RECORD_ELEMENTS_MOST = 1 << 24 };

struct recorded_step {
    struct kernel_step step;
    size_t indices;  /* of the loops around, outermost first: kernel_record.indices */
    size_t elements; /* kernel_record.elements: [trip][slot] */
};

struct kernel_record {
    const struct kernel_plan *plan;
    struct recorded_step *steps;
    size_t step_count;
    int64_t *indices;
    int32_t *elements; /* -1: not touched in this trip */
    int *slot_of;      /* per expression id: its column, or NONE */
    int *slots;        /* per statement id of an innermost loop: columns */
};

/* Whether some address of the plan's accesses is computed from data. */
bool kernel_record_is_of_use(const struct kernel_plan *plan);
/* False with a sentence when the kernel is too long, or leaves its arrays. Loops around loops
 * must not be jammed. */
bool kernel_record_make(struct kernel_record *record, const struct kernel_plan *plan,
                        struct arena *arena, struct error *err);

#endif
