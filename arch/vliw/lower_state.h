/* State shared by the files that lower a kernel (lower*.c). */
#ifndef ARCH_VLIW_LOWER_STATE_H
#define ARCH_VLIW_LOWER_STATE_H

#include "arch/vliw/lower.h"

enum { COPIES_MOST = 256, EXPANDED_MOST = 64 };

/* The value of a scalar now: a node of a flow; other flows see it as an input. After a loop
 * whose sums were split over `parts` accumulators it is their combination. */
struct binding {
    struct flow *flow;
    int node;
};

struct lower_state {
    const struct loop_kernel *kernel;
    const struct lower_options *options;
    struct arena *arena;
    struct error *err;
    struct lowered *lowered;
    struct flow *flow;        /* the one being filled */
    struct binding *bindings; /* [symbol][copy] */
    int *private_level;       /* per symbol: loops up to this level have their own copies */
    int depth;                /* loops around the current statement */
    const struct loop_statement *loops[LOOP_LEVELS];
    int64_t copies[LOOP_LEVELS];   /* of each enclosing loop's body */
    bool is_expanded[LOOP_LEVELS]; /* all passes side by side: the index is a constant */
    int64_t first[LOOP_LEVELS];    /* is_expanded: the index's first value */
    int64_t copy_count;            /* product of them */
    int64_t copy;                  /* the one being lowered, the innermost loop fastest */
    int predicate;                 /* node of `flow`, or NONE */
};

struct binding *lower_binding(struct lower_state *state, const struct loop_symbol *symbol);
/* Node of an expression in the current flow and copy; NONE after an error. */
int lower_expression(struct lower_state *state, const struct loop_expression *expression);
/* A node that stands for a value in a register (affine nodes become inputs or counters). */
int lower_as_value(struct lower_state *state, int node);
bool lower_assign(struct lower_state *state, const struct loop_statement *statement);
bool lower_address(struct lower_state *state, const struct loop_expression *element,
                   struct affine *affine, int *address);

/* What a list of statements does to a scalar. */
bool lower_assigns(const struct loop_statement *list, const struct loop_symbol *symbol);
bool lower_stores(const struct loop_statement *list, const struct loop_symbol *array);
bool lower_writes_first(const struct loop_statement *list, const struct loop_symbol *symbol);
/* Trip count when both bounds are constants of the file; -1 otherwise. */
int64_t lower_constant_trips(const struct loop_statement *loop);
/* Whether the loop disappears: unrolled by all its trips into the code around it. */
bool lower_expands(const struct loop_statement *loop);
/* Copies that such loops inside a list make of their bodies. */
int64_t lower_expansion(const struct loop_statement *list);
/* Whether loops remain in the list. */
bool lower_has_loop(const struct loop_statement *list);

#endif
