/* Mistakes of a kernel that show before it runs. */
#ifndef TRACES_LOOP_CHECK_H
#define TRACES_LOOP_CHECK_H

#include "traces/loop.h"

/* False with a sentence for an affine subscript that certainly leaves its array, and for a
 * constant trip count that breaks the loop's `multiple`. */
bool loop_check(const struct loop_kernel *kernel, struct arena *arena, struct error *err);
/* The promise of one loop, for trip counts that are known only when running. */
bool loop_check_promise(const struct loop_kernel *kernel, const struct loop_statement *loop,
                        int64_t trips, struct error *err);

#endif
