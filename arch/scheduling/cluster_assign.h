/* Clustered machines: which cluster runs each operation, chosen before scheduling. Balances the
 * units of the clusters against values that must cross between register files: a crossing costs
 * a slot of the reading cluster's cross path and, on some machines, a cycle. Starts from the
 * copies of the loop body dealt out in turn and from a greedy placement, improves both by
 * moving single operations, and keeps the better. */
#ifndef ARCH_SCHEDULING_CLUSTER_ASSIGN_H
#define ARCH_SCHEDULING_CLUSTER_ASSIGN_H

#include "arch/scheduling/initiation_interval.h"
#include "arch/scheduling/register_lifetime.h"

struct cluster_rules {
    int cluster_count;
    int cross_resource[CLUSTER_LIMIT]; /* read path of each cluster; -1: not limited */
    int cross_delay_cycles;            /* added to the latency of a crossing value */
};

/* A copy of the frozen graph in which every operation keeps only alternatives of its cluster,
 * crossing readers reserve the cross path, and crossing values take longer. It is frozen and
 * has the same operation indices. With one cluster it is the graph itself. */
struct dependence_graph cluster_assign(const struct dependence_graph *graph,
                                       const struct resource_set *resources,
                                       const struct cluster_rules *rules);
/* Up to `most` different assignments, the most promising first; at least one. */
int cluster_candidates(const struct dependence_graph *graph,
                       const struct resource_set *resources, const struct cluster_rules *rules,
                       struct dependence_graph *list, int most);
/* The bound of a graph whose operations have their clusters: every cluster's units for itself.
 */
struct initiation_interval cluster_interval(const struct dependence_graph *placed,
                                            const struct resource_set *resources);

#endif
