/* Random machines and loops for the scheduling suites: the seed is the whole description. */
#ifndef VALIDATION_UNIT_RANDOM_LOOP_H
#define VALIDATION_UNIT_RANDOM_LOOP_H

#include "arch/scheduling/cluster_assign.h"

struct random_loop {
    struct resource_set resources;
    struct cluster_rules rules;
    struct dependence_graph graph;
};

uint32_t random_next(uint64_t *state);
enum random_kind {
    RANDOM_TYPICAL, /* as compilers see them: streams, accumulators, few carried values */
    RANDOM_TANGLED, /* every store ordered against every memory access, values carried anywhere
                     */
    RANDOM_CLUSTERED,        /* tangled, on one or two clusters */
    RANDOM_TYPICAL_CLUSTERED /* typical, on one or two clusters */
};

/* Operations 1 .. most. */
void random_loop_make(struct random_loop *loop, uint64_t seed, int most, enum random_kind kind,
                      struct arena *arena);
/* A body of so many operations on the machine of `loop`, each fed by up to two of the dozen
 * before it, in strands of 25 that clusters may share out. Frozen. */
void random_body_make(struct dependence_graph *body, const struct random_loop *loop,
                      int operations, uint64_t seed, struct arena *arena);
/* A meaning in which every operation mixes its operands, and memory operations read or write a
 * small memory at addresses that depend on operation and iteration. */
struct random_memory {
    const struct dependence_graph *graph;
    uint64_t cells[64];
};
struct loop_meaning;
struct loop_meaning random_meaning(struct random_memory *memory);

#endif
