/* A schedule as code: bundles of slots with register names. A pipelined loop has a prologue, a
 * kernel of `copies` x II bundles, and one epilogue for the exit after each kernel copy, so
 * that every trip count from stage_count on runs in (n - 1) * II + length issue cycles. */
#ifndef ARCH_SCHEDULING_BUNDLE_CODE_H
#define ARCH_SCHEDULING_BUNDLE_CODE_H

#include "arch/scheduling/register_lifetime.h"

struct code_slot {
    int operation, alternative;
    int destination;  /* register, or -1 */
    int source_first; /* into `sources`: one register per value edge into the operation, */
    int source_count; /* in the order of the graph's in_edges */
};

struct code_part {
    int bundle_count;
    int *slot_first; /* slots of bundle b: [slot_first[b], slot_first[b + 1]) */
};

struct bundle_code {
    bool is_rotating; /* registers are named by the iteration, not by the slot */
    int ii, stage_count, copies, register_count;
    int *register_base; /* operation i has the registers base[i] .. base[i + 1] - 1 */
    struct code_part prologue, kernel;
    struct code_part *epilogues; /* one per kernel copy */
    struct code_slot *slots;
    int *sources;
    int slot_count, source_count;
};

/* The schedule has ii > 0; the code lives in the graph's arena. */
struct bundle_code bundle_code(const struct dependence_graph *graph,
                               const struct schedule *schedule, const struct register_use *use);

#endif
