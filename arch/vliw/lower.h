/* From a loop kernel to regions: straight-line blocks and loops, each innermost loop and block
 * a flow of scalar operations. Unrolling and jamming happen here: a loop around loops that is
 * unrolled by J keeps J copies of its body side by side, its inner loops fused. */
#ifndef ARCH_VLIW_LOWER_H
#define ARCH_VLIW_LOWER_H

#include "arch/vliw/flow.h"

struct region_schedule;

enum region_kind { REGION_BLOCK, REGION_LOOP, REGION_NEST, REGION_IF };

struct region {
    enum region_kind kind;
    struct flow *flow;      /* BLOCK; LOOP: the body; IF: nothing */
    struct flow *remainder; /* LOOP: the body of one copy, for the passes left over */
    const struct loop_statement *statement; /* LOOP, NEST, IF */
    int level;
    int64_t copies;              /* LOOP, NEST: index steps per pass / step */
    struct region *body, *other; /* NEST: what one pass runs; IF: both paths */
    struct region *next;
    struct region_schedule *schedule, *rest_schedule; /* filled by kernel_plan */
};

struct lower_options {
    int64_t unroll; /* for innermost loops without their own; 0: 1 */
    int64_t jam;    /* for loops around innermost loops without their own; 0: 1 */
    int64_t expand; /* inner loops without hints of at most so many trips disappear; 0: none */
    const struct vliw_machine *machine;
};

struct lowered {
    const struct loop_kernel *kernel;
    struct region *regions;
    bool needs_values; /* trip counts or paths depend on the contents of arrays */
};

bool loop_lower_kernel(const struct loop_kernel *kernel, const struct lower_options *options,
                       struct arena *arena, struct lowered *lowered, struct error *err);

#endif
