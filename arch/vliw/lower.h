/* From a loop kernel to regions: straight-line blocks and loops, each innermost loop and block
 * a flow of scalar operations. Unrolling and jamming happen here: a loop around loops that is
 * unrolled by J keeps J copies of its body side by side, its inner loops fused. */
#ifndef ARCH_VLIW_LOWER_H
#define ARCH_VLIW_LOWER_H

#include "arch/vliw/flow.h"

struct region_schedule;

enum region_kind { REGION_BLOCK, REGION_LOOP, REGION_NEST, REGION_IF };

/* Where a value is: a node of a flow as its last pass left it, or, with flow NULL, the scalar
 * before the kernel. */
struct value_place {
    const struct flow *flow;
    int node;
};

/* A scalar (or an element kept in a register) that a region changes: where it is before, after
 * the region's main code, and after its other code (leftover passes, or the path not taken).
 * The place after it is `main`. */
struct region_value {
    const struct loop_symbol *symbol;
    struct value_place before, main, other;
    bool is_other_alone; /* IF: only the other path writes it, and there it is in `main` */
};

struct region {
    enum region_kind kind;
    struct flow *flow;      /* BLOCK; LOOP: the body; IF: nothing */
    struct flow *remainder; /* LOOP: the body of one copy, for the passes left over */
    const struct loop_statement *statement; /* LOOP, NEST, IF */
    int level;
    int64_t copies;              /* LOOP, NEST: index steps per pass / step */
    struct region *body, *other; /* NEST: what one pass runs; IF: both paths */
    struct region *next;
    struct value_place from, to; /* LOOP, NEST: bounds that are no constants; IF: condition */
    struct region_value *values; /* LOOP, NEST, IF */
    int value_count;
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
    struct region_value
        *results; /* scalars of the kernel: `main` is where they are at its end */
    int result_count;
};

bool loop_lower_kernel(const struct loop_kernel *kernel, const struct lower_options *options,
                       struct arena *arena, struct lowered *lowered, struct error *err);

#endif
