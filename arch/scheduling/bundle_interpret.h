/* Runs loops on values: once as written, iteration by iteration, and once as bundles with
 * registers, latencies and the iterations overlapped. The two must agree; that is how
 * schedules, register allocation and code emission are proven. The meaning of operations is the
 * caller's. */
#ifndef ARCH_SCHEDULING_BUNDLE_INTERPRET_H
#define ARCH_SCHEDULING_BUNDLE_INTERPRET_H

#include "arch/scheduling/bundle_code.h"

struct loop_meaning {
    void *context;
    /* Result of an operation; operands in the order of its value edges. Reads memory. */
    uint64_t (*compute)(void *context, int operation, int64_t iteration,
                        const uint64_t *operands);
    /* Effects on memory, after all operations of the same cycle have read; may be NULL. */
    void (*commit)(void *context, int operation, int64_t iteration, uint64_t result);
    /* The value that iteration < 0 left for carried dependences. */
    uint64_t (*initial)(void *context, int operation, int64_t iteration);
};

/* Both fill result[operation] with the value of the last iteration. The plain loop runs the
 * operations in an order that respects the dependences of distance 0. */
void loop_interpret(const struct dependence_graph *graph, const struct loop_meaning *meaning,
                    int64_t iterations, uint64_t *result);
/* iterations >= stage_count. Returns the cycles in which bundles were issued. */
int64_t bundle_interpret(const struct dependence_graph *graph, const struct schedule *schedule,
                         const struct bundle_code *code, const struct loop_meaning *meaning,
                         int64_t iterations, uint64_t *result);

#endif
