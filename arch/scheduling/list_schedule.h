/* Straight-line code: list scheduling by height. Dependences of distance above 0 are ignored.
 */
#ifndef ARCH_SCHEDULING_LIST_SCHEDULE_H
#define ARCH_SCHEDULING_LIST_SCHEDULE_H

#include "arch/scheduling/dependence_graph.h"

/* The graph is frozen; an empty one gives length 0. The schedule (ii 0) is in the graph's
 * arena. */
struct schedule list_schedule(const struct dependence_graph *graph,
                              const struct resource_set *resources);
/* An upper bound on the length of any list schedule of the graph. */
int list_schedule_horizon(const struct dependence_graph *graph);

#endif
