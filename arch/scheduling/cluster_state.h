/* An assignment of clusters under way; shared by cluster_assign.c and cluster_cost.c. */
#ifndef ARCH_SCHEDULING_CLUSTER_STATE_H
#define ARCH_SCHEDULING_CLUSTER_STATE_H

#include "arch/scheduling/cluster_assign.h"

/* Loads are watched on sets of resources (Hall's bound): every subset of a cluster's resources
 * when they are few, single ones and the whole otherwise. */
enum { SET_LIMIT = 512, SUBSET_LIMIT = 7, PASSES = 6, SMALL_GRAPH = 64, RANDOM_STARTS = 12 };

enum { NOWHERE = -1, CLONE_ROOM = 8 };

struct assignment {
    const struct dependence_graph *graph;
    const struct resource_set *resources;
    const struct cluster_rules *rules;
    int set_count;
    uint64_t sets[SET_LIMIT];
    int instances[SET_LIMIT];
    int set_cluster[SET_LIMIT];
    int class_count;
    int *class_of;    /* per operation: equal alternatives */
    int *first_of;    /* per class: an operation of it */
    int *use;         /* [class][cluster][set]: slots that cannot be avoided; -1: not allowed */
    int *load;        /* [set] */
    int *cluster;     /* per operation */
    bool *is_carried; /* per edge: on a recurrence, where crossing lengthens the cycle */
};

void cluster_build_sets(struct assignment *assignment);
void cluster_build_classes(struct assignment *assignment);
bool cluster_is_allowed(const struct assignment *assignment, int operation, int cluster);
void cluster_shift_load(struct assignment *assignment, int operation, int cluster, int sign);
/* Distinct values that the operation reads from other clusters. */
int cluster_crossings(const struct assignment *assignment, int operation);
void cluster_place_best(struct assignment *assignment, int operation, int now);
double cluster_total_cost(const struct assignment *assignment);
void cluster_improve(struct assignment *assignment);
/* Edges of distance 0 inside a recurrence cannot be told from others cheaply; an edge counts
 * when its ends reach each other through at most one carried edge: both lie on a cycle. */
void cluster_mark_carried(struct assignment *assignment);

#endif
