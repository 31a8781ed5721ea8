/* Records that a gather fetches, or a scatter writes, where they lie: from the index contents
 * of the trace where it has them, else drawn evenly over all records there are. Private to
 * arch/chip.
 *
 * Records follow one another in the order of the index, cut into the bytes that steps move;
 * neighbours in it that are neighbours in memory become one transfer. */
#ifndef ARCH_CHIP_GATHER_H
#define ARCH_CHIP_GATHER_H

#include "arch/chip/fetch.h"
#include "workloads/primitive.h"

struct gather {
    const int64_t *index;  /* of this share's records; kept by the job; NULL: drawn */
    uint64_t count, first; /* records of the share; number of its first one */
    uint64_t places;       /* index values there are: one for every `places`-th record */
    uint64_t universe;     /* records in memory */
    uint64_t record_bytes; /* 0: nothing is gathered */
    uint64_t moved;        /* bytes so far */
};

/* Of `share`, whose first record is number `first` of `whole`. What is read or written in one
 * piece is no gather. */
struct gather gather_make(const struct primitive *whole, const struct primitive *share,
                          uint64_t first, struct arena *arena);
/* Appends the next `bytes` of the records of a tensor that begins at `base`. */
void gather_emit(struct gather *gather, uint64_t base, uint64_t bytes, struct fetch_list *list);

#endif
