/* What the two halves of running packed kernels on values share. */
#ifndef VALIDATION_UNIT_PACKED_FLOW_H
#define VALIDATION_UNIT_PACKED_FLOW_H

#include "arch/vliw/flow_value.h"
#include "packed_kernel.h"

/* What the last pass of a flow left. */
struct flow_state {
    const struct flow *flow;
    struct loop_number *values, **parts; /* per node */
    struct flow_state *next;
};

struct packed_run {
    const struct kernel_plan *plan;
    struct arena *arena;
    struct loop_values *values;
    struct flow_state *states;
    int64_t index[LOOP_LEVELS];
    struct packed_tally *tally;
    bool is_opaque, is_broken;
    char *reason;
};

/* One entry of a flow. */
struct entry {
    struct packed_run *run;
    const struct flow *flow;
    const struct region_schedule *region;
    const struct packed_flow *packed;
    struct loop_number *inputs;   /* per node: INPUT and CARRIED as found at entry */
    struct loop_number ***result; /* [operation][pass]: lanes */
    int64_t first, passes;
};

struct flow_state *packed_state(struct packed_run *run, const struct flow *flow);
int64_t packed_affine_at(const struct entry *entry, const struct affine *affine, int64_t pass);
/* NULL outside the array. */
struct loop_number *packed_element(const struct entry *entry, const struct loop_symbol *symbol,
                                   int64_t index);
void packed_take_inputs(struct entry *entry);
struct loop_number packed_part_value(const struct entry *entry, struct packed_part part,
                                     int64_t pass);
/* A node's value in a pass, from what the operations have left. */
struct loop_number packed_node_value(struct entry *entry, int node, int64_t pass);
/* A lane's content as the value of the node that is wanted: casts on the way. */
struct loop_number packed_cast_up(const struct entry *entry, int node, struct loop_number raw);
/* What an accumulator holds before the first pass. */
struct loop_number packed_accumulator_start(const struct entry *entry, int operation, int lane);
/* `passes` passes of a loop whose index starts at `first`; one of a block. */
void packed_flow_run(struct packed_run *run, const struct flow *flow,
                     const struct region_schedule *region, int64_t first, int64_t passes);

#endif
