/* Re-ranking: a family's model cannot see fill and drain, prefetch, banks and refresh. So the
 * candidates that it leaves within 2 % of its best are played by the player itself, each alone
 * on a kernel of its own, with the chip's memories at their fidelity, and the one that serves
 * the chip's objective best is kept (cycles; by cost the cheapest, then cycles; by product the
 * two multiplied); ties go to the model's order. Same input, same choice.
 *
 * A member that shares its memories with others has its part of their bandwidth. The effort is
 * bounded: where a play would be long (steps, and bursts where memory is simulated by banks or
 * commands), the model's order stands. */
#ifndef ARCH_CHIP_RERANK_H
#define ARCH_CHIP_RERANK_H

#include "arch/chip/chip.h"

/* `result` is plan or one of its rivals, which live in `arena`; what a play needs lives in
 * `scratch` and is given back. */
void rerank(struct chip *chip, int32_t core, const struct site *site, const struct plan *plan,
            struct arena *scratch, struct arena *arena, struct plan *result);

#endif
