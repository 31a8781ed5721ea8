/* Loops as dependence graphs, without any machine family: operations with alternatives (a way
 * to execute: latency and the resources it reserves), and dependences with a latency and a
 * distance in iterations. A schedule gives each operation an issue time and an alternative.
 * Terms follow Rau, "Iterative Modulo Scheduling" (1996). Everything lives in the caller's
 * arena; names are kept. An operation index is valid as long as the graph. */
#ifndef ARCH_SCHEDULING_DEPENDENCE_GRAPH_H
#define ARCH_SCHEDULING_DEPENDENCE_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"

/* A resource with `count` equal instances; each instance serves one operation per cycle.
 * Resources of equal `role` are the same unit of different clusters: an operation that may run
 * on one of them has an alternative on each. */
struct resource {
    const char *name;
    int count;
    int role;    /* below RESOURCE_LIMIT */
    int cluster; /* -1: shared by all clusters */
};

enum { RESOURCE_LIMIT = 48, OPERATION_LIMIT = 4096 };

struct resource_set {
    const struct resource *resources;
    int count;
};

/* One instance of `resource` is held in cycles [first, first + cycles) after issue. */
struct reservation {
    int resource, first, cycles;
};

/* One way to execute an operation. */
struct alternative {
    const char *name;   /* the unit, for tables people read */
    int cluster;        /* whose registers take the result; -1: a single register file */
    int latency_cycles; /* from issue until a dependent operation may issue; 0 or more */
    int reservation_count;
    const struct reservation *reservations;
};

struct operation {
    const char *name;
    int alternative_count; /* at least 1 */
    const struct alternative *alternatives;
    int meaning;      /* the caller's: what it computes */
    int strand;       /* copies of one loop body have equal strands: a hint for clusters */
    bool has_result;  /* writes a register */
    bool is_live_out; /* code after the loop reads the result of the last iteration */
};

/* `to` in iteration k needs `from` of iteration k - distance. */
struct dependence {
    int from, to;
    int distance;       /* iterations, 0 or more */
    int latency_cycles; /* LATENCY_OF_PRODUCER: the latency of from's alternative */
    int extra_cycles;   /* on top, e.g. for a value that crosses clusters */
    bool is_value;      /* the register written by from is read by to */
    int operand;        /* which input of `to`; -1 unless is_value */
};

enum { LATENCY_OF_PRODUCER = -1 };

struct dependence_graph {
    struct arena *arena;
    struct operation *operations;
    int operation_count, operation_room;
    struct dependence *dependences;
    int dependence_count, dependence_room;
    /* Filled by graph_freeze: dependence indices by producer and by consumer. */
    int *out_first, *out_edges; /* edges of op i: out_edges[out_first[i] .. out_first[i+1]) */
    int *in_first, *in_edges;
    int *least; /* per dependence: its least latency, extra cycles included */
};

struct schedule {
    int operation_count;
    int ii;    /* initiation interval; 0: straight-line code */
    int *time; /* issue cycle of iteration 0, the earliest is 0 */
    int *alternative;
    int length;         /* cycles in which one iteration issues: latest issue + 1 */
    int drain;          /* cycles until every result of one iteration is there; >= length */
    int stage_count;    /* ceil(length / ii) */
    int64_t placements; /* modulo scheduling: operations put in place, over all attempts */
};

void graph_init(struct dependence_graph *graph, struct arena *arena);
int graph_add_operation(struct dependence_graph *graph, struct operation operation);
void graph_add_dependence(struct dependence_graph *graph, struct dependence dependence);
/* A value: `to` reads the register of `from` as its input `operand`. */
void graph_add_value(struct dependence_graph *graph, int from, int to, int operand,
                     int distance);
/* Builds the edge lists; call after the last addition and before any scheduling. */
void graph_freeze(struct dependence_graph *graph);

/* Latency of an edge when its producer runs as `alternative`; graph->least holds the least over
 * alternatives. */
int graph_edge_latency(const struct dependence_graph *graph, const struct dependence *edge,
                       int alternative);

/* Shifts times so that the earliest is 0 and fills length, drain and stage_count. */
void schedule_finish(const struct dependence_graph *graph, struct schedule *schedule);

#endif
