/* Sparse contractions on lanes: the nest of arch/family, with a multiply-accumulate for every
 * entry and column on whichever lane is free. */
#include <math.h>

#include "arch/vector/vector_state.h"

struct lanes_work {
    double cycles;
};

static double work(const void *context, const uint64_t trips[SPARSE_DIMS])
{
    (void)trips;
    return ((const struct lanes_work *)context)->cycles;
}

static double lanes_cycles(const struct core *core, double operations)
{
    const struct vector_params *params = core->params;
    return ceil(operations / (double)(params->lanes * params->rate));
}

static void fill_actions(const struct core *core, const struct sparse_plan *sparse,
                         const struct primitive *primitive, const struct site *site,
                         struct arena *arena, struct plan *plan)
{
    enum { ACTIONS = 4 };
    const struct vector_state *state = core->state;
    const struct sparse_product *p = &sparse->product;
    uint64_t width = core->scratch_bits;
    uint64_t macs = primitive->sparse.non_zeros * p->size[SPARSE_N];
    if (p->is_pair)
        macs = primitive->macs;
    uint64_t stored = (uint64_t)sparse->nest.stores;
    uint64_t loaded = plan->memory_bytes > stored ? plan->memory_bytes - stored : 0;
    if (sparse->met) {
        macs = sparse->met->macs;
        stored = sparse->met->stores;
        loaded = plan->memory_bytes - stored;
    }
    struct sparse_accesses own = sparse_plan_accesses(sparse, primitive, site, width);
    struct plan_action *actions = arena_array(arena, ACTIONS, sizeof *actions);
    actions[0] = (struct plan_action){state->simple, macs};
    actions[1] = (struct plan_action){state->registers, macs};
    actions[2] = (struct plan_action){state->scratch_read, own.reads + stored * 8 / width};
    actions[3] = (struct plan_action){state->scratch_write, own.writes + loaded * 8 / width};
    plan->actions = actions;
    plan->action_count = ACTIONS;
}

void vector_sparse_plan(const struct core *core, const struct primitive *primitive,
                        const struct site *site, struct arena *arena,
                        struct vector_detail *detail, struct plan *plan)
{
    struct sparse_plan *sparse = arena_alloc(arena, sizeof *sparse);
    struct lanes_work lanes = {lanes_cycles(core, detail->demand.simple)};
    sparse_plan_make(core, primitive, site, work, &lanes, sparse);
    sparse_plan_fill(core, sparse, arena, plan);
    fill_actions(core, sparse, primitive, site, arena, plan);
    detail->sparse = sparse;
}

void vector_sparse_step(const struct core *core, const struct plan *plan, uint64_t index,
                        struct step *step)
{
    const struct vector_params *params = core->params;
    const struct vector_detail *detail = plan->detail;
    struct sparse_step part = sparse_plan_step(detail->sparse, index, step);
    step->busy.cycles[REASON_WORK] = (uint64_t)lanes_cycles(core, part.macs);
    if (part.is_overflow)
        step->busy.cycles[REASON_DEPENDENCY] = (uint64_t)params->latency;
}

const struct plan *vector_meet(const struct core *core, const struct plan *plan,
                               const struct primitive *primitive, uint64_t first,
                               struct arena *arena)
{
    const struct vector_detail *before = plan->detail;
    if (primitive->kind != PRIMITIVE_SPARSE_CONTRACTION || !before->sparse)
        return NULL;
    struct sparse_plan *sparse = arena_alloc(arena, sizeof *sparse);
    *sparse = *before->sparse;
    sparse->met =
        sparse_meet(&sparse->product, &sparse->nest, primitive, first, NULL, NULL, arena);
    if (!sparse->met)
        return NULL;
    struct vector_detail *detail = arena_alloc(arena, sizeof *detail);
    struct plan *met = arena_alloc(arena, sizeof *met);
    *detail = *before;
    detail->sparse = sparse;
    *met = *plan;
    met->detail = detail;
    sparse_plan_fill(core, sparse, arena, met);
    fill_actions(core, sparse, primitive, plan->site, arena, met);
    return met;
}
