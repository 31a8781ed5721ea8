/* Ragged primitives: loops around loops whose inner trip counts differ from row to row, as
 * sparse rows, neighbour lists, merged lists and bags of records make them. A kernel with both
 * loops is scheduled once; every row then pays the code around its inner loop, the prologue and
 * epilogue of the loop, and its passes. Plans take rows of mean length; when the contents are
 * met, every row has its own. */
#ifndef ARCH_VLIW_VLIW_RAGGED_H
#define ARCH_VLIW_VLIW_RAGGED_H

#include "arch/vliw/vliw_state.h"

struct vliw_ragged {
    const struct vliw_unit *unit;
    uint64_t rows, total; /* rows, and items in all of them */
    uint64_t width;       /* steps of the inner loop for an item */
    bool is_by_item;      /* the inner loop is entered for every item, not for every row */
    bool is_row_an_entry; /* of two sparse matrices: a row of the second for every entry */
};

/* False for primitives that are not ragged; unit->loop is NULL where nothing could be
 * scheduled.
 */
bool vliw_ragged_make(struct vliw_state *state, const struct primitive *primitive,
                      struct number_format format, struct vliw_ragged *ragged);
/* `rows` rows of `length` items each. */
void vliw_ragged_add(const struct vliw_ragged *ragged, uint64_t rows, uint64_t length,
                     struct vliw_tally *tally);
/* `rows` rows with `items` in all, whose inner loop runs `width` steps: where it is entered by
 * item the rows' lengths do not matter. */
void vliw_ragged_items(const struct vliw_ragged *ragged, uint64_t rows, uint64_t items,
                       uint64_t width, struct vliw_tally *tally);
/* All rows at their mean length. */
void vliw_ragged_mean(const struct vliw_ragged *ragged, struct vliw_tally *tally);

#endif
