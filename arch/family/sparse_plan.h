/* What the plan of a sparse contraction is in every family: its nest, its steps' bytes and
 * room, its text. A family adds the work and its actions. */
#ifndef ARCH_FAMILY_SPARSE_PLAN_H
#define ARCH_FAMILY_SPARSE_PLAN_H

#include "arch/family/sparse_steps.h"

struct sparse_plan {
    struct sparse_product product;
    struct sparse_nest nest;
    const struct sparse_met *met; /* NULL: contents were not met */
};

/* Of a share with at least one row. `work` as in struct sparse_options. */
void sparse_plan_make(const struct core *core, const struct primitive *primitive,
                      const struct site *site,
                      double (*work)(const void *context, const uint64_t trips[SPARSE_DIMS]),
                      const void *context, struct sparse_plan *made);
/* Steps, bytes, room, estimate and text. */
void sparse_plan_fill(const struct core *core, const struct sparse_plan *made,
                      struct arena *arena, struct plan *plan);
/* What step `index` works on; its bytes go into `step`. */
struct sparse_step sparse_plan_step(const struct sparse_plan *made, uint64_t index,
                                    struct step *step);
/* Accesses of `width` bits to the scratch that the work itself makes: entries once for every
 * tile of columns, a piece of a table row for every entry, sums once for every tile along k. */
struct sparse_accesses {
    uint64_t reads, writes;
};
struct sparse_accesses sparse_plan_accesses(const struct sparse_plan *made,
                                            const struct primitive *primitive,
                                            const struct site *site, uint64_t width);

#endif
