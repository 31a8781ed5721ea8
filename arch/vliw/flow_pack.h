/* From scalar operations to the machine's: lanes are packed, products and sums become dot
 * products or multiply-accumulates, sums carried around the loop are split over accumulators,
 * neighbouring accesses become wide ones. The result is a dependence graph ready for
 * scheduling. */
#ifndef ARCH_VLIW_FLOW_PACK_H
#define ARCH_VLIW_FLOW_PACK_H

#include "arch/vliw/flow.h"

enum { PACKED_OPERANDS = FLOW_ARGUMENTS + 1 };

/* Where one lane of an operand comes from: lane `lane` of an operation's result, `distance`
 * passes ago; or, with operation NONE, from outside: the node's value, or one of the
 * accumulators into which an earlier loop split it. */
struct lane_source {
    int node; /* of the flow, whose value is wanted; NONE: whatever the lane holds */
    int operation, lane, distance;
    int part; /* NONE, or the accumulator */
};

struct packed_operand {
    int operand;
    int bits; /* of a lane; 0: as the producer's */
    int count;
    struct lane_source *lanes;
};

enum packed_work {
    WORK_NONE,    /* control, addresses */
    WORK_NODES,   /* nodes[k] in lane k */
    WORK_LANES,   /* lanes of other registers, moved: operand 0 lists all of them */
    WORK_COMBINE, /* operands 0 and 1 by `meaning`; the second is taken away where is_difference
                   */
    WORK_COMPARE, /* which of operands 0 and 1 a minimum or maximum takes */
    WORK_CHOICE,  /* the one that operand 2, a compare, says */
    WORK_PRODUCTS, /* operand 0, if any, and the products of operands 1 and 2: `terms` for each
                    * sum, dealt out to its lanes; nodes[d] is product d, negative[d] its sign
                    */
    WORK_ACCESS    /* a load, or a store of operand 0; operand 1 is added to the address */
};

/* What an operation of the graph does; `meaning` of the graph's operations indexes these. */
struct packed_operation {
    enum meaning meaning;
    const struct vliw_variant *variant;
    int lanes;                        /* in use */
    int line;                         /* of the loop file */
    const struct loop_symbol *symbol; /* array of a load or store */
    struct affine address;            /* in elements, when is_affine */
    bool is_affine;
    int bytes;            /* of a load or store */
    int expression, copy; /* of a load or store: the element's id, and its copy of the body */
    int terms; /* products a lane adds up; more than the variant's depth where lanes are idle */
    enum packed_work work;
    enum meaning meaning_of_pair; /* COMPARE: minimum or maximum */
    struct number_format result;
    int result_lanes; /* of the result that hold values */
    const int *nodes;
    int node_count;
    const bool *negative;
    int inside; /* PRODUCTS: lanes that share a sum, each with products of the variant's depth
                 */
    bool is_difference;
    bool is_guarded; /* a store under a predicate, operand 2 */
    uint8_t guard_negated;
    struct packed_operand operands[PACKED_OPERANDS];
    int operand_count;
};

/* One accumulator of a value that a loop leaves in several. */
struct packed_part {
    int operation, lane;
};

struct packed_flow {
    struct dependence_graph graph; /* frozen */
    struct packed_operation *operations;
    int operation_room;
    int invariants; /* registers that hold inputs and addresses */
    /* Per node of the flow: operation and lane that hold it; NONE: none. */
    const int *operation_of, *lane_of;
    /* Per node: the accumulators of a sum, flow->parts of them; NULL: it is whole. */
    struct packed_part **parts;
};

struct pack_options {
    bool has_control;     /* the loop issues its branch itself */
    bool has_branch;      /* straight-line code ends with a branch */
    int leading_moves;    /* registers set for the loop that follows */
    int64_t leading_bits; /* loaded into registers for it */
};

/* False with a sentence when the machine lacks an operation. */
bool flow_pack(struct flow *flow, const struct vliw_machine *machine,
               const struct pack_options *options, struct packed_flow *packed,
               struct error *err);

#endif
