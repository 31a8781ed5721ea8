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

struct flow_state *packed_state(struct packed_run *run, const struct flow *flow);
/* `passes` passes of a loop whose index starts at `first`; one of a block. */
void packed_flow_run(struct packed_run *run, const struct flow *flow,
                     const struct region_schedule *region, int64_t first, int64_t passes);

#endif
