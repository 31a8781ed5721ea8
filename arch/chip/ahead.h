/* The operators to come, read ahead and lowered once: a ring of at most `room` of them. What
 * the look-ahead decides about an operator is kept with it until it is placed. Memory follows
 * the ring, never the trace. Private to arch/chip. */
#ifndef ARCH_CHIP_AHEAD_H
#define ARCH_CHIP_AHEAD_H

#include "arch/chip/rest.h"
#include "traces/trace.h"

enum { AHEAD_ROOMS = 4 };

struct ahead_operator {
    struct operator op;         /* without attributes: it is lowered */
    const bool *is_unread;      /* per output: nobody will read its bytes */
    struct primitive_list list; /* formats as stored on this chip */
    bool is_converted;          /* by that */
    uint64_t macs, ops, hash;   /* hash: of the primitives, tensors apart */
    /* Decided by look_ahead: NULL where first come, first served does it. Per input and output;
     * only of use for tensors that have no place yet. */
    const struct rest_wish *inputs, *outputs;
    const uint64_t *leaving; /* tensors whose copies are taken back before it */
    uint32_t leaving_count;
    uint64_t *rooms; /* AHEAD_ROOMS: scratch for its first primitives; 0: all there is */
    bool is_decided;
    struct arena arena; /* of all this */
    struct arena_mark mark;
};

struct ahead {
    const struct chip *chip;
    struct trace_reader *trace;
    struct ahead_operator *ring;
    uint64_t room, oldest, next; /* operators taken and operators read */
    bool is_at_end;
};

bool ahead_init(struct ahead *ahead, const struct chip *chip, struct trace_reader *trace,
                uint64_t room, struct arena *arena, struct error *err);
void ahead_free(struct ahead *ahead);
/* Reads until the ring is full or the trace ends; false with err. */
bool ahead_fill(struct ahead *ahead, struct error *err);
/* Number `index` of those waiting, 0 being the next to be placed; NULL: there are not so many.
 */
struct ahead_operator *ahead_at(struct ahead *ahead, uint64_t index);
/* The oldest one is placed. */
void ahead_drop(struct ahead *ahead);

#endif
