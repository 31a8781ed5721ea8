/* Runs a planned kernel on values as its packed code says: every operation in all its lanes,
 * every operand through the edges of the dependence graph, loops as bundles with registers and
 * latencies. What it leaves in arrays and scalars must be what the plain loop leaves there. */
#ifndef VALIDATION_UNIT_PACKED_KERNEL_H
#define VALIDATION_UNIT_PACKED_KERNEL_H

#include "arch/vliw/kernel_plan.h"
#include "traces/loop_value.h"

enum packed_outcome {
    PACKED_DONE,
    PACKED_UNKNOWN, /* a step that is counted but not carried out, or a loop of unknown end */
    PACKED_BROKEN   /* a lane that no edge brings; `reason` says which */
};

/* What of a run went through what. */
struct packed_tally {
    int64_t bundled_passes, plain_passes; /* of loops */
    int64_t wide_operations;              /* kinds of operations with more than one lane */
    int64_t shuffles, unaligned, guarded, products, accumulators;
};

/* `values` holds the arrays, and at the end the scalars. */
enum packed_outcome packed_kernel_run(const struct kernel_plan *plan,
                                      struct loop_values *values, struct packed_tally *tally,
                                      char reason[160]);

#endif
