/* What a vector core keeps of itself and of a plan. Private to arch/vector. */
#ifndef ARCH_VECTOR_VECTOR_STATE_H
#define ARCH_VECTOR_VECTOR_STATE_H

#include "arch/family/family.h"
#include "arch/family/sparse_plan.h"

struct vector_params {
    int64_t lanes, rate, special_cycles, latency, startup;
};

struct vector_state {
    int32_t simple, special, registers, scratch_read, scratch_write;
};

/* What a primitive asks of the lanes; one repetition. */
struct demand {
    double simple, special;              /* operations */
    double serial_cycles;                /* dependent latency that lanes cannot hide */
    double passes[PRIMITIVE_INPUTS_MAX]; /* how often each input is read from where it rests */
};

struct vector_detail {
    struct demand demand;
    uint64_t bytes[PRIMITIVE_INPUTS_MAX], output_bytes; /* to be loaded and stored in all */
    uint64_t burst[PRIMITIVE_INPUTS_MAX], output_burst;
    int64_t startup;
    const struct sparse_plan *sparse; /* of sparse contractions with rows; else NULL */
};

/* vector_sparse.c: the plan of a sparse contraction, its actions included. */
void vector_sparse_plan(const struct core *core, const struct primitive *primitive,
                        const struct site *site, struct arena *arena,
                        struct vector_detail *detail, struct plan *plan);
/* Loads, store and work of a step; where a tile overflows the lanes drain and start anew. */
void vector_sparse_step(const struct core *core, const struct plan *plan, uint64_t index,
                        struct step *step);
/* family->meet. */
const struct plan *vector_meet(const struct core *core, const struct plan *plan,
                               const struct primitive *primitive, uint64_t first,
                               struct arena *arena);

#endif
