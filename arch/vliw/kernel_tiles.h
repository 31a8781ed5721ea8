/* Which elements of its arrays some passes of an outermost loop touch: what a scratchpad must
 * hold for them, what DMA must bring before and take away after, and whether passes are
 * independent, so that members can share them.
 *
 * Subscripts are followed as ranges that are affine in the loop's index; where that fails (data
 * decides, products of indices) the whole extent counts. */
#ifndef ARCH_VLIW_KERNEL_TILES_H
#define ARCH_VLIW_KERNEL_TILES_H

#include "arch/vliw/kernel_plan.h"

enum { TILE_REFERENCES = 16 };

/* low and high are slope x index + constant. */
struct subscript_range {
    int64_t low_slope, low, high_slope, high;
};

struct array_use {
    const struct loop_symbol *symbol;
    bool is_read, is_written;
    bool is_partly_written; /* not every element of a box, or under a condition */
    bool is_sliced;         /* boxes of different passes differ */
    bool is_apart;          /* and those of any two passes are disjoint */
    int reference_count;    /* more than TILE_REFERENCES: the whole array */
    struct subscript_range references[TILE_REFERENCES][LOOP_DIMENSIONS];
};

struct array_box {
    int64_t low[LOOP_DIMENSIONS], extent[LOOP_DIMENSIONS];
    uint64_t bytes;
};

struct kernel_tiling {
    const struct loop_statement *loop;
    struct array_use *uses; /* of arrays that occur */
    int use_count;
    bool is_parallel; /* passes may run in any order, and at once */
};

/* `loop` stands at the top of the kernel (LOOP_FOR). */
void kernel_tiling_init(struct kernel_tiling *tiling, const struct loop_kernel *kernel,
                        const struct loop_statement *loop, struct arena *arena);
/* What passes [first, last) of the loop touch of an array; `from` is the loop's first index. */
struct array_box kernel_tiling_box(const struct kernel_tiling *tiling,
                                   const struct array_use *use, int64_t from, int64_t first,
                                   int64_t last);
/* Must rest in the scratchpad while the loop runs: the same in all passes, or read and written
 * by several. */
bool kernel_tiling_stays(const struct array_use *use);

#endif
