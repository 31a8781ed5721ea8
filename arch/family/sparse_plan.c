#include "arch/family/sparse_plan.h"

#include <math.h>
#include <string.h>

void sparse_plan_make(const struct core *core, const struct primitive *primitive,
                      const struct site *site,
                      double (*work)(const void *context, const uint64_t trips[SPARSE_DIMS]),
                      const void *context, struct sparse_plan *made)
{
    enum { ACCESS_BYTES = 2 };
    *made = (struct sparse_plan){.product = sparse_product_make(primitive, site)};
    const struct relative_costs *costs = &core->costs;
    struct sparse_options options = {
        .scratch_bytes = site->scratch_bytes,
        .quantile = core->fit_quantile,
        .objective = core->objective,
        .byte_cost = (costs->memory + costs->buffer) / ACCESS_BYTES,
        .fixed_cost = (double)primitive->sparse.non_zeros * made->product.macs *
                      (double)made->product.size[SPARSE_N] * costs->mac,
        .work = work,
        .context = context,
    };
    made->nest = sparse_search(&made->product, &options);
}

/* A tile in use, and the next where there is one. */
static void fill_rooms(const struct sparse_plan *made, struct plan *plan)
{
    const struct sparse_product *p = &made->product;
    const struct sparse_nest *nest = &made->nest;
    uint64_t entries = nest->room < p->entries ? nest->room : p->entries;
    double rows = (double)nest->tile[SPARSE_M], columns = (double)nest->tile[SPARSE_N];
    double table = (double)nest->tile[SPARSE_K];
    if (nest->is_gathered && (double)nest->records * (double)nest->granule < table)
        table = (double)nest->records * (double)nest->granule;
    plan->load_room[0] = p->is_sampled ? (uint64_t)(rows * columns * p->row_bytes)
                                       : (uint64_t)((double)entries * p->value_bytes);
    plan->load_room[1] = (uint64_t)((rows + 1) * p->pointer_bytes);
    plan->load_room[2] = (uint64_t)((double)entries * p->column_bytes);
    plan->load_room[3] = (uint64_t)(table * columns * p->table_bytes);
}

void sparse_plan_fill(const struct core *core, const struct sparse_plan *made,
                      struct arena *arena, struct plan *plan)
{
    const struct sparse_nest *nest = &made->nest;
    const struct sparse_met *met = made->met;
    const char *text = sparse_text(&made->product, nest, core->fit_quantile, arena);
    plan->is_search_complete = nest->is_complete;
    plan->search_gap = nest->gap;
    plan->step_count = sparse_visits(nest) * nest->pieces;
    plan->memory_bytes = (uint64_t)llround(nest->bytes);
    fill_rooms(made, plan);
    if (met) {
        plan->step_count = met->step_count;
        plan->memory_bytes = met->stores;
        for (int load = 0; load < STEP_LOADS_MAX; load++)
            plan->memory_bytes += met->loads[load];
        text = arena_format(arena, "%s; %s", text, sparse_met_text(met, arena));
    }
    plan->description = arena_format(arena, "sparse %s", text);
    plan->estimate_bytes = nest->bytes;
}

struct sparse_step sparse_plan_step(const struct sparse_plan *made, uint64_t index,
                                    struct step *step)
{
    struct sparse_step part;
    if (made->met)
        part = made->met->steps[index];
    else
        sparse_planned_step(&made->product, &made->nest, index, &part);
    memcpy(step->load_bytes, part.loads, sizeof step->load_bytes);
    step->store_bytes = part.store;
    return part;
}

struct sparse_accesses sparse_plan_accesses(const struct sparse_plan *made,
                                            const struct primitive *primitive,
                                            const struct site *site, uint64_t width)
{
    const struct sparse_product *p = &made->product;
    const struct sparse_nest *nest = &made->nest;
    double entries = made->met ? (double)made->met->entries : (double)p->entries;
    double rows = (double)p->size[SPARSE_M], columns = (double)p->size[SPARSE_N];
    double bits = (double)width, along = (double)nest->trips[SPARSE_K];
    double across = (double)nest->trips[SPARSE_N], element = site->input[3].bits;
    bool has_values = !p->is_sampled && primitive->inputs[0].elements > 0;
    double entry = site->input[2].bits + (has_values ? site->input[0].bits : 0);
    double pieces = p->is_pair ? ceil(p->macs * element / bits)
                               : across * ceil((double)nest->tile[SPARSE_N] * element / bits);
    double sums = sparse_output_side(p) == SPARSE_ROWS ? rows * columns * along
                  : p->is_pair                         ? entries * p->macs
                                                       : entries * across;
    double again = sparse_output_side(p) == SPARSE_ROWS ? rows * columns * (along - 1)
                   : p->is_pair                         ? 0
                                                        : entries * (across - 1);
    double reads = across * entries * entry / bits + entries * pieces +
                   rows * along * site->input[1].bits / bits + again * site->output.bits / bits;
    if (p->is_sampled)
        reads += rows * columns * along * site->input[0].bits / bits;
    return (struct sparse_accesses){(uint64_t)ceil(reads),
                                    (uint64_t)ceil(sums * site->output.bits / bits)};
}
