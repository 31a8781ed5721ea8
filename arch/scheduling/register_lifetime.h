/* Registers of a modulo schedule: how long each value lives, how many copies of its register
 * overlapping iterations need, and how often the kernel is repeated so that copies have fixed
 * names (modulo variable expansion, Lam 1988). Rotating register files rename in hardware and
 * need no repetition. A register is taken when its value is written, not while it is in flight.
 */
#ifndef ARCH_SCHEDULING_REGISTER_LIFETIME_H
#define ARCH_SCHEDULING_REGISTER_LIFETIME_H

#include "arch/scheduling/dependence_graph.h"

enum { CLUSTER_LIMIT = 8 };

struct register_use {
    int *lifetime_cycles;         /* per operation; 0 without result */
    int *copies;                  /* registers per operation: divides kernel_copies */
    bool is_rotating;             /* hardware renames: copies go round with the iterations */
    int kernel_copies;            /* 1: nothing is repeated */
    int max_live[CLUSTER_LIMIT];  /* values alive in the fullest cycle, per cluster */
    int allocated[CLUSTER_LIMIT]; /* sum of copies */
    int max_live_all;
};

struct register_use register_use(const struct dependence_graph *graph,
                                 const struct schedule *schedule, bool is_rotating);

#endif
