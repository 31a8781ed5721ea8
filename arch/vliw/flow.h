/* The body of a loop, or straight-line code, as scalar operations: what the loop language says,
 * before lanes are packed and units chosen. Nodes are in program order. A loop body may hold
 * several copies of itself (unrolled, or jammed from outer loops); nodes made from one
 * expression carry its number as `origin` and their copy, which is what packing looks for.
 *
 * Integers that are affine in the loop indices stay symbolic: as addresses they cost nothing.
 */
#ifndef ARCH_VLIW_FLOW_H
#define ARCH_VLIW_FLOW_H

#include "arch/vliw/vliw_machine.h"
#include "traces/loop.h"

enum { LOOP_LEVELS = 16, FLOW_ARGUMENTS = 4, FLOW_NODES_MOST = 4096, NONE = -1 };

/* constant + sum over enclosing loops of coefficient x index. */
struct affine {
    int64_t constant, coefficient[LOOP_LEVELS];
};

enum flow_kind {
    FLOW_INPUT,   /* known before the region starts: constant, scalar, outer index */
    FLOW_AFFINE,  /* integer affine in the indices; no operation unless used as a value */
    FLOW_CARRIED, /* a scalar as the previous iteration left it; arguments[0] is what it leaves
                   */
    FLOW_LOAD,
    FLOW_STORE, /* arguments[0]: the value */
    FLOW_OPERATION
};

/* What an operation computes from its arguments: an operator of the language, or one of these.
 */
enum flow_function {
    FLOW_KEEP = LOOP_OPERATOR_COUNT, /* the first argument */
    FLOW_BOTH,        /* predicates: neither is 0, each taken as `negated` says */
    FLOW_SHIFT_RIGHT, /* without sign, by the second argument */
    FLOW_SWAP_BYTES,  /* the bytes in each 16-bit half */
    FLOW_SWAP_HALVES, /* the two 16-bit halves of a word, after the bytes in them */
    FLOW_OPAQUE       /* a step of a longer computation that is counted, not carried out */
};

/* Bit of `negated` for a node's own predicate; bit a is its argument a as a predicate. */
enum { NEGATED_PREDICATE = 1 << 7 };

struct flow_node {
    enum flow_kind kind;
    enum meaning meaning;
    int function;                  /* OPERATION: enum loop_operator or enum flow_function */
    struct number_format type;     /* of the result; of the value for stores */
    struct number_format operands; /* of the first argument */
    int argument_count;
    int arguments[FLOW_ARGUMENTS];
    int predicate; /* node, or NONE; then the last argument is the value kept otherwise */
    uint8_t negated;
    double real; /* INPUT without symbol and source: a float constant */
    int origin, copy;
    const struct loop_symbol *symbol; /* array, or the carried scalar */
    struct affine affine;             /* value, or address in elements */
    int address;                      /* node added to the affine address, or NONE */
    int line;
    int uses;
    bool is_live_out;
    bool is_counter; /* a loop counter's addition */
    /* INPUT: computed there, as node source_node; CARRIED: what the first pass finds. NULL: the
     * scalar's value before the kernel, or an element from memory. */
    const struct flow *source;
    int source_node;
    int converted; /* INPUT: that node, known before the region, as a value of this type; NONE
                    */
};

struct flow {
    struct arena *arena;
    const char *path; /* for sentences */
    struct flow_node *nodes;
    int node_count, node_room;
    bool is_loop;
    int level;                       /* of the loop's index in affine forms */
    int64_t level_step[LOOP_LEVELS]; /* index steps per pass of every loop */
    int64_t level_from[LOOP_LEVELS]; /* where its index starts; */
    bool is_from_known[LOOP_LEVELS]; /* when that is a constant */
    int64_t stride; /* index steps per pass of the body: step x copies along the loop */
    int copies;     /* of the body along this loop */
    bool is_independent, is_reassociable;
    struct vliw_choice choice;
    /* Filled by packing. */
    int *parts;       /* per node: accumulators and lanes that a sum was split into */
    int accumulators; /* registers to set before the loop starts */
};

int flow_add(struct flow *flow, struct flow_node node);
bool affine_equal(const struct affine *a, const struct affine *b);
bool affine_is_constant(const struct affine *a);
/* The nodes' uses, counted afresh. */
void flow_count_uses(struct flow *flow);

#endif
