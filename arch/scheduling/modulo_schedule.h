/* Iterative modulo scheduling (Rau, MICRO-27 1994 and IJPP 1996): operations by height, each at
 * the first cycle of a window of II cycles where its resources are free; where there is none it
 * is forced in and those in its way are evicted; a budget bounds the work per II, then II
 * grows. Succeeds always: at last the list schedule repeated without overlap is a modulo
 * schedule. */
#ifndef ARCH_SCHEDULING_MODULO_SCHEDULE_H
#define ARCH_SCHEDULING_MODULO_SCHEDULE_H

#include "arch/scheduling/initiation_interval.h"

struct modulo_options {
    int least_ii;     /* 0: from the bounds */
    int budget_ratio; /* placements per operation and attempt; 0: by size */
    int attempts;     /* priority orders tried per II; 0: by size */
};

/* The graph is frozen and not empty. The schedule lives in the graph's arena. `bound` may come
 * from another view of the same loop (clusters not yet assigned). */
struct schedule modulo_schedule(const struct dependence_graph *graph,
                                const struct resource_set *resources,
                                const struct initiation_interval *bound,
                                struct modulo_options options);

/* Longest path from each operation to the end, in cycles, for this II (Rau's height). */
void modulo_heights(const struct dependence_graph *graph, int ii, int64_t *height);

#endif
