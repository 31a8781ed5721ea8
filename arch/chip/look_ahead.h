/* Decides where tensors rest by looking at a stretch of operators to come: a beam of states
 * (which tensors are on chip, which are in main memory as well) is carried from operator to
 * operator, each priced by the plans it would get with the room that is left, and the best way
 * is taken where it is no worse than first come, first served in time and in bytes. Half of
 * the stretch or so is decided, then it looks again. Decisions follow from program order alone.
 *
 * Equal stretches in equal states are decided once. Private to arch/chip. */
#ifndef ARCH_CHIP_LOOK_AHEAD_H
#define ARCH_CHIP_LOOK_AHEAD_H

#include "arch/chip/trial.h"

enum { LOOK_BEAM = 12, LOOK_STRETCHES = 512 };

struct look_ahead;

/* NULL: there is nothing to decide on this chip, or it is not to be looked ahead. */
struct look_ahead *look_ahead_make(struct player *player, struct arena *arena);
void look_ahead_free(struct look_ahead *look);
/* Decides at least the next operator waiting in the ring, which has been filled. */
void look_ahead_decide(struct look_ahead *look);

#endif
