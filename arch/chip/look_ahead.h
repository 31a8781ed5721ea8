/* Decides where tensors rest by looking at a stretch of operators to come: dynamic programming
 * over the states that placing can bring about (which tensors are on chip, which are in main
 * memory as well), each operator priced by the Pareto set of its plans in the room that is
 * left. The best way is taken where by the mapper's objective it is no worse than first come,
 * first served, and in bytes of main memory. Half of the stretch or so is decided, then it
 * looks again. Decisions follow from program order alone.
 *
 * What is weighed at an operator: every memory for the two largest tensors that get their place
 * there (those of a 64th of a memory or more), on chip with or without a copy in main memory,
 * and whether copies that it does not read leave before it.
 *
 * Equal stretches in equal states are decided once. Private to arch/chip. */
#ifndef ARCH_CHIP_LOOK_AHEAD_H
#define ARCH_CHIP_LOOK_AHEAD_H

#include "arch/chip/trial.h"

enum { LOOK_LABELS = 64, LOOK_STRETCHES = 512 };

struct look_ahead;

/* NULL: there is nothing to decide on this chip, or it is not to be looked ahead. */
struct look_ahead *look_ahead_make(struct player *player, struct arena *arena);
void look_ahead_free(struct look_ahead *look);
/* Decides at least the next operator waiting in the ring, which has been filled. */
void look_ahead_decide(struct look_ahead *look);

#endif
