/* From scalar operations to the machine's: lanes are packed, products and sums become dot
 * products or multiply-accumulates, sums carried around the loop are split over accumulators,
 * neighbouring accesses become wide ones. The result is a dependence graph ready for
 * scheduling. */
#ifndef ARCH_VLIW_FLOW_PACK_H
#define ARCH_VLIW_FLOW_PACK_H

#include "arch/vliw/flow.h"

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
};

struct packed_flow {
    struct dependence_graph graph; /* frozen */
    struct packed_operation *operations;
    int operation_room;
    int invariants; /* registers that hold inputs and addresses */
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
