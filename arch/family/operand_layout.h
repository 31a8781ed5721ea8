/* Operands of a contraction as they lie in memory, and the parts of them that a step needs.
 *
 * A chip stores an operand in one of four ways (struct storage). From that and from the order
 * in which whoever made it stored it (enum operand_order) follow the dimensions of its layout:
 *
 *            channel first                     channel last
 *   input    N, G x C, Z, P, Q                 G, positions, C        (Z P Q: of the input)
 *   weight   G, K, C x T x R x S               G, C x T x R x S, K
 *   output   N, G x K, Z x P x Q               G, positions, K
 *
 * Tile-padded weights lie as G, depths, K whatever their source, because a compiler turns them;
 * channel-packed ones, and all where depths count channels inside, keep C apart from T x R x S.
 *
 * A step works on a tile of the product that the contraction becomes (im2col): so many groups,
 * rows (m), depths (k) and columns (n) from somewhere on. operand_boxes finds what it reads of
 * an operand: windows of a convolution as rows of the input, halo included, padding left out.
 */
#ifndef ARCH_FAMILY_OPERAND_LAYOUT_H
#define ARCH_FAMILY_OPERAND_LAYOUT_H

#include "arch/memory/layout.h"
#include "workloads/contraction.h"

enum storage_kind {
    STORAGE_TILED,         /* a tile in one piece, tiles in the order in which they move */
    STORAGE_ROW_MAJOR,     /* as whoever made it */
    STORAGE_TILE_PADDED,   /* blocks of rows x columns on the last two dimensions */
    STORAGE_CHANNEL_PACKED /* blocks of `columns` channels innermost */
};

struct storage {
    int32_t kind, rows, columns; /* enum storage_kind; size of a block */
};

enum { STORAGE_TEXT_BYTES = 48 };
/* "row-major", "tile-padded 256 x 256", ... */
const char *storage_text(struct storage storage, char text[STORAGE_TEXT_BYTES]);

enum layout_form {
    FORM_NONE,          /* tiles in one piece, or the order of the operand is not known */
    FORM_POSITIONS,     /* G, positions, channels: input and output */
    FORM_INPUT_PLANES,  /* N, channels, Z, P, Q */
    FORM_OUTPUT_PLANES, /* N, channels, positions */
    FORM_OUTPUT_ROWS,   /* N, channels, Z x P, Q */
    FORM_MATRIX,        /* G, depths, columns: weight */
    FORM_FILTERS,       /* G, columns, depths */
    FORM_MATRIX_PACKED, /* G, C, T x R x S, columns */
    FORM_FILTERS_PACKED /* G, columns, C, T x R x S */
};

struct operand_layout {
    enum layout_form form;
    struct layout layout; /* base 0 */
};

/* `is_channel_inside` as of the tiles that will be asked for. */
struct operand_layout operand_layout(const struct contraction *whole,
                                     enum contraction_operand operand, struct storage storage,
                                     uint32_t element_bits, bool is_channel_inside);
/* Whether the operand is stored in blocks of several channels and has taps, so that depths had
 * better count channels inside. */
bool operand_is_packed(const struct contraction *whole, const struct operand_layout *layout);

enum { TILE_GROUP, TILE_M, TILE_K, TILE_N, TILE_AXES };

struct product_tile {
    int64_t start[TILE_AXES], extent[TILE_AXES];
    bool is_channel_inside; /* depths count T R S outside, C inside; otherwise C outside */
};

/* Where a member's share lies in the whole contraction; whole 0: it is the whole. */
struct share_place {
    enum dim dim;
    int64_t start, whole; /* along dim */
};

enum { OPERAND_BOXES_MAX = 3 };

/* The boxes of the operand's layout that a tile of the share reads or writes. Returns how many,
 * 0 where all of it is padding, -1 where they are more than that (then nobody knows better than
 * one piece). */
int operand_boxes(const struct contraction *share, const struct share_place *place,
                  enum contraction_operand operand, const struct operand_layout *layout,
                  const struct product_tile *tile, struct layout_box boxes[OPERAND_BOXES_MAX]);

/* Mean bytes in whole bursts that tiles of these extents move of the operand; they begin at
 * multiples of tile->start (0: at 0 alone). */
double operand_mean_bytes(const struct contraction *share, enum contraction_operand operand,
                          const struct operand_layout *layout, const struct product_tile *tile,
                          uint64_t burst_bytes);

#endif
