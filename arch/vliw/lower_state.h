/* State shared by the files that lower a kernel (lower*.c). */
#ifndef ARCH_VLIW_LOWER_STATE_H
#define ARCH_VLIW_LOWER_STATE_H

#include "arch/vliw/lower.h"

enum { COPIES_MOST = 256, EXPANDED_MOST = 64, PROMOTED_MOST = 128 };

/* The value of a scalar now: a node of a flow; other flows see it as an input. After a loop
 * whose sums were split over `parts` accumulators it is their combination. */
struct binding {
    struct flow *flow;
    int node;
};

/* An array element that the loop being lowered keeps in a register. */
struct promoted {
    const struct loop_symbol *symbol;
    struct affine affine;
    int carried, current; /* nodes */
    int line;
    bool is_written;
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
    bool is_negated;               /* the predicate holds where the node is 0 */
    bool is_inner_predicate;       /* there is another one around it */
    struct promoted promoted[PROMOTED_MOST]; /* of the innermost loop */
    int promoted_count;
};

struct binding *loop_lower_binding(struct lower_state *state, const struct loop_symbol *symbol);
/* Node of an expression in the current flow and copy; NONE after an error. */
int loop_lower_expression(struct lower_state *state, const struct loop_expression *expression);
/* A node that stands for a value in a register (affine nodes become inputs or counters). */
int loop_lower_as_value(struct lower_state *state, int node);
bool loop_lower_assign(struct lower_state *state, const struct loop_statement *statement);
bool loop_lower_address(struct lower_state *state, const struct loop_expression *element,
                        struct affine *affine, int *address);

/* What a list of statements does to a scalar. */
bool loop_lower_assigns(const struct loop_statement *list, const struct loop_symbol *symbol);
bool loop_lower_stores(const struct loop_statement *list, const struct loop_symbol *array);
/* Whether a statement reads or writes a scalar, in bounds and conditions too. */
bool loop_lower_uses(const struct loop_statement *statement, const struct loop_symbol *symbol);
bool loop_lower_writes_first(const struct loop_statement *list,
                             const struct loop_symbol *symbol);
/* Trip count when both bounds are constants of the file; -1 otherwise. */
int64_t loop_lower_constant_trips(const struct loop_statement *loop);
/* Whether the loop disappears, unrolled by all its trips into the code around it: because its
 * hint says so, or because it has none and at most `expand` trips. */
bool loop_lower_expands(const struct loop_statement *loop, int64_t expand);
/* Copies that such loops inside a list make of their bodies. */
int64_t loop_lower_expansion(const struct loop_statement *list, int64_t expand);
/* Whether loops remain in the list. */
bool loop_lower_has_loop(const struct loop_statement *list, int64_t expand);

struct flow_node loop_lower_blank(const struct lower_state *state, enum flow_kind kind,
                                  struct number_format type, int origin, int line);
int loop_lower_add(struct lower_state *state, struct flow_node node);
int loop_lower_make(struct lower_state *state, const struct loop_expression *from,
                    enum meaning meaning, struct number_format type, int part, int a, int b,
                    int c);
/* The same for an operation that computes something of its own: enum loop_operator or enum
 * flow_function. */
int loop_lower_make_as(struct lower_state *state, const struct loop_expression *from,
                       enum meaning meaning, int function, struct number_format type, int part,
                       int a, int b, int c);
/* A constant, integer or float. */
int loop_lower_number(struct lower_state *state, double real, int64_t value,
                      struct number_format type, int line);
/* Multiplies or adds affine forms; false when the result is not affine or would overflow. */
bool loop_lower_combine(enum loop_operator operator_, const struct affine *a,
                        const struct affine *b, struct affine *result);
bool loop_lower_has(const struct lower_state *state, enum meaning meaning,
                    struct number_format type);
/* condition ? yes : no, by a select or by a move under a predicate. */
int loop_lower_choose(struct lower_state *state, const struct loop_expression *from, int part,
                      int condition, int yes, int no);
int loop_lower_whole(struct lower_state *state, const struct loop_expression *from,
                     int64_t value, struct number_format type);
/* Newton's steps from an estimate y of 1 / x. */
int loop_lower_refine(struct lower_state *state, const struct loop_expression *from, int part,
                      int x, int y, int steps);
/* `yes` where the current predicate holds, `no` elsewhere. */
int loop_lower_guard(struct lower_state *state, const struct loop_expression *from, int part,
                     int yes, int no);
int loop_lower_missing(struct lower_state *state, const struct loop_expression *from,
                       enum meaning meaning, struct number_format type);
bool loop_lower_power_of_two(int64_t value, int *exponent);
int loop_lower_divide(struct lower_state *state, const struct loop_expression *from, int a,
                      int b);
/* A meaning that the machine may lack, made of others where that is known. */
int loop_lower_expand(struct lower_state *state, const struct loop_expression *from,
                      enum meaning meaning, int a, int b);
/* Loads of one address in one pass are one load, unless a store may have come between. */
int loop_lower_load(struct lower_state *state, const struct loop_expression *from);
bool loop_lower_store(struct lower_state *state, const struct loop_statement *statement,
                      int value);

struct flow *loop_lower_new_flow(struct lower_state *state, const struct loop_statement *loop);
bool loop_lower_enter(struct lower_state *state, const struct loop_statement *loop,
                      int64_t copies);
void loop_lower_leave(struct lower_state *state);
bool loop_lower_simple(struct lower_state *state, const struct loop_statement *statement);
struct flow *loop_lower_body(struct lower_state *state, const struct loop_statement *loop,
                             int64_t copies);

/* The register of an element, made on first use; NULL: it stays in memory. */
struct promoted *loop_lower_promoted(struct lower_state *state, const struct flow_node *access);
/* At the end of the loop's body, and in the block after the loop. */
bool loop_lower_close_promoted(struct lower_state *state);
bool loop_lower_store_promoted(struct lower_state *state, struct flow *loop);

/* Whether the model may jam an outer loop on its own account. */
bool loop_lower_can_jam(const struct loop_kernel *kernel, const struct loop_statement *loop,
                        int64_t expand);

#endif
