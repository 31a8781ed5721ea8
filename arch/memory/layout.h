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

enum { LAYOUT_DIMENSIONS = 8 };

struct layout {
    int rank;
    int64_t shape[LAYOUT_DIMENSIONS], block[LAYOUT_DIMENSIONS]; /* all at least 1 */
    uint32_t element_bits;
    uint64_t base; /* byte address of the first element */
};

struct layout layout_row_major(int rank, const int64_t *shape, uint32_t element_bits);
/* Blocks of rows x columns on the last two dimensions; rank at least 2. */
struct layout layout_tile_padded(int rank, const int64_t *shape, uint32_t element_bits,
                                 int64_t rows, int64_t columns);
struct layout layout_channel_packed(int rank, const int64_t *shape, uint32_t element_bits,
                                    int channel, int64_t packed);

/* Bytes with padding; blocks begin at whole bytes. */
uint64_t layout_bytes(const struct layout *layout);
/* Bits from the base to an element. */
uint64_t layout_offset_bits(const struct layout *layout, const int64_t *index);

/* Emits transfers (address, bytes, strides; the rest as in `like`) that cover the region once:
 * every block that holds one of its elements, whole. Without blocks, elements below a byte are
 * rounded to the bytes that hold them. Returns how many were emitted. */
uint64_t layout_region(const struct layout *layout, const int64_t *start, const int64_t *extent,
                       const struct transfer *like,
                       void (*emit)(void *context, const struct transfer *transfer),
                       void *context);

#endif
