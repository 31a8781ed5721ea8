/* Lower bounds on the initiation interval of a software-pipelined loop.
 * ResMII: the units. Exact for alternatives that each take one slot of one unit (Hall's theorem
 * over sets of units), else the least II for which a search finds an assignment of
 * alternatives, or, when the search is cut short, a bound that is still never above the truth.
 * RecMII: the recurrences, ceil(max over cycles of latency / distance). */
#ifndef ARCH_SCHEDULING_INITIATION_INTERVAL_H
#define ARCH_SCHEDULING_INITIATION_INTERVAL_H

#include "arch/scheduling/dependence_graph.h"

struct initiation_interval {
    int res_mii, rec_mii, mii;  /* mii: the larger, at least 1 */
    uint64_t binding_roles;     /* the set of roles that makes res_mii; bit = role */
    double res_bound;           /* before rounding up: uses / units of the binding set */
    int *preferred_alternative; /* per operation, from the assignment at res_mii; arena */
};

/* The graph is frozen and has no cycle of distance 0 (asserted). */
struct initiation_interval initiation_interval(const struct dependence_graph *graph,
                                               const struct resource_set *resources);
/* ceil of the largest latency / distance over all cycles with the least latencies; 0: none. */
int recurrence_mii(const struct dependence_graph *graph);
/* Names of the resources of the binding set joined by "+" ("L+S"), or "recurrence". */
const char *initiation_interval_binding(const struct initiation_interval *bound,
                                        const struct resource_set *resources,
                                        struct arena *arena);

#endif
