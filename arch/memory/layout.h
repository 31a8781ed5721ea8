/* Where the elements of a tensor lie: row-major, or in blocks that are stored whole. A
 * dimension of size s with block b is cut into ceil(s / b) blocks, the last one padded; storage
 * runs over the blocks in row-major order, and within a block over its elements in row-major
 * order.
 *
 *   row-major        every block 1
 *   tile-padded      blocks on the last two dimensions: a tile of the array is contiguous
 *   channel-packed   a block on the channel alone: NCHW becomes N, C / c, H, W, c
 *
 * A region is read as up to three strides over contiguous runs of whole blocks. */
#ifndef ARCH_MEMORY_LAYOUT_H
#define ARCH_MEMORY_LAYOUT_H

#include <stdint.h>

#include "arch/memory/port.h"

enum { LAYOUT_DIMENSIONS = 6 };

struct layout {
    int32_t rank; /* 0: no layout */
    uint32_t element_bits;
    int64_t shape[LAYOUT_DIMENSIONS], block[LAYOUT_DIMENSIONS]; /* all at least 1 */
    uint64_t base; /* byte address of the first element */
};

struct layout layout_row_major(int rank, const int64_t *shape, uint32_t element_bits);
/* Blocks of rows x columns on the last two dimensions; rank at least 2. */
struct layout layout_tile_padded(int rank, const int64_t *shape, uint32_t element_bits,
                                 int64_t rows, int64_t columns);
struct layout layout_channel_packed(int rank, const int64_t *shape, uint32_t element_bits,
                                    int channel, int64_t packed);
/* Elements below a byte: pads the last dimension, so that every row begins at a whole byte. */
void layout_pad_rows(struct layout *layout);

/* Bytes with padding; blocks begin at whole bytes. */
uint64_t layout_bytes(const struct layout *layout);
/* Bits from the base to an element. */
uint64_t layout_offset_bits(const struct layout *layout, const int64_t *index);

/* Along each dimension `extent` indices, `step` apart (0: 1), from `start` on. */
struct layout_box {
    int64_t start[LAYOUT_DIMENSIONS], extent[LAYOUT_DIMENSIONS], step[LAYOUT_DIMENSIONS];
};

/* Emits transfers (address behind that of `like`, bytes, strides; the rest as in it) that cover
 * the box once:
 * every block that holds one of its elements, whole. Without blocks, elements below a byte are
 * rounded to the bytes that hold them. Runs less than a burst apart become one, gap
 * included (a write masks it): the same bursts move, none of them twice where steps are 1
 * (burst_bytes 0: no gap is read). Returns how many were emitted. */
uint64_t layout_region(const struct layout *layout, const struct layout_box *box,
                       uint64_t burst_bytes, const struct transfer *like,
                       void (*emit)(void *context, const struct transfer *transfer),
                       void *context);

/* Boxes of one kind, wherever they begin: extents may be means. */
struct layout_boxes {
    double extent[LAYOUT_DIMENSIONS];                          /* at least 1 */
    int64_t step[LAYOUT_DIMENSIONS], start[LAYOUT_DIMENSIONS]; /* begin at multiples of start;
                                                                    0: at 0 alone */
};

/* Bytes in whole bursts that such a box moves on average. A run of l bytes that begins at any
 * multiple of a (a divides l and the burst b) touches (l + b - a) / b bursts on average. */
double layout_mean_bytes(const struct layout *layout, const struct layout_boxes *boxes,
                         uint64_t burst_bytes);

#endif
