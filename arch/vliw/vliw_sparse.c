/* Sparse contractions on a VLIW core: the nest of arch/family around a kernel with a ragged
 * loop. A tile's rows enter the kernel's loops with the entries that they have in it, so that
 * cutting along the inner dimension or the columns costs entries of loops. */
#include <string.h>

#include "arch/vliw/index_stall.h"
#include "arch/vliw/vliw_ragged.h"

static void add_tally(struct vliw_tally *sum, const struct vliw_tally *one, uint64_t times)
{
    for (int reason = 0; reason < REASON_COUNT; reason++)
        sum->account.cycles[reason] += one->account.cycles[reason] * times;
    sum->entries += one->entries * times;
    sum->passes += one->passes * times;
    sum->rest_passes += one->rest_passes * times;
}

struct rows_work {
    const struct vliw_ragged *ragged;
    const struct sparse_product *product;
};

/* All rows at their mean length, in every tile along the inner dimension and of columns. */
static struct vliw_tally mean_tally(const struct rows_work *rows,
                                    const uint64_t trips[SPARSE_DIMS])
{
    struct vliw_tally one = {.entries = 0}, all = {.entries = 0};
    struct vliw_ragged tiles = *rows->ragged;
    if (tiles.is_row_an_entry)
        vliw_ragged_mean(&tiles, &one);
    else {
        tiles.rows = (uint64_t)sparse_rows_walked(rows->product, trips[SPARSE_K]);
        tiles.width = (tiles.width - 1) / trips[SPARSE_N] + 1;
        vliw_ragged_mean(&tiles, &one);
    }
    add_tally(&all, &one, trips[SPARSE_N]);
    return all;
}

static double work(const void *context, const uint64_t trips[SPARSE_DIMS])
{
    struct vliw_tally tally = mean_tally(context, trips);
    return (double)cycle_account_total(&tally.account);
}

static void fill(const struct core *core, struct vliw_detail *detail,
                 const struct vliw_tally *tally, struct arena *arena, struct plan *plan)
{
    const struct vliw_state *state = core->state;
    const struct sparse_nest *nest = &detail->sparse->nest;
    const struct sparse_met *met = detail->sparse->met;
    memset(detail->bytes, 0, sizeof detail->bytes);
    sparse_plan_fill(core, detail->sparse, arena, plan);
    detail->output_bytes = met ? met->stores : (uint64_t)nest->stores;
    detail->bytes[0] = plan->memory_bytes > detail->output_bytes
                           ? plan->memory_bytes - detail->output_bytes
                           : 0;
    detail->account = tally->account;
    detail->account.cycles[REASON_RECONFIGURE] += (uint64_t)state->machine.params->call_cycles;
    const char *text = plan->description;
    vliw_plan_fill(core, tally, 0, arena, plan);
    plan->description = arena_format(arena, "%s; %s", plan->description, text);
}

bool vliw_sparse_plan(const struct core *core, const struct primitive *primitive,
                      const struct site *site, struct arena *arena, struct plan *plan,
                      struct error *err)
{
    struct vliw_ragged *ragged = arena_alloc(arena, sizeof *ragged);
    struct number_format format = vliw_compute_format(core, primitive);
    vliw_ragged_make(core->state, primitive, format, ragged);
    if (!ragged->unit->loop)
        return error_set(err, "%sno schedule for %s", core->place,
                         PRIMITIVE_NAMES[primitive->kind]);
    struct vliw_detail *detail = arena_alloc(arena, sizeof *detail);
    struct sparse_plan *sparse = arena_alloc(arena, sizeof *sparse);
    detail->unit = ragged->unit;
    detail->ragged = ragged;
    detail->sparse = sparse;
    struct sparse_product product = sparse_product_make(primitive, site);
    struct rows_work rows = {ragged, &product};
    sparse_plan_make(core, primitive, site, work, &rows, sparse);
    *plan = (struct plan){.primitive = primitive,
                          .active_elements = (uint64_t)ragged->unit->loop->operations,
                          .detail = detail};
    struct vliw_tally tally = mean_tally(&rows, sparse->nest.trips);
    fill(core, detail, &tally, arena, plan);
    return true;
}

/* Work of parts whose loops run over single rows. */
struct parts {
    const struct vliw_ragged *ragged;
    struct vliw_tally *tallies; /* by number of the part */
    size_t capacity;
    struct arena *arena;
};

static struct vliw_tally *tally_of(struct parts *parts, uint64_t part)
{
    if (part >= parts->capacity) {
        size_t capacity = parts->capacity ? 2 * parts->capacity : 64;
        while (part >= capacity)
            capacity *= 2;
        parts->tallies = arena_grow(parts->arena, parts->tallies, parts->capacity, capacity,
                                    sizeof *parts->tallies);
        parts->capacity = capacity;
    }
    return &parts->tallies[part];
}

static void enter_loop(void *context, uint64_t part, uint64_t length)
{
    struct parts *parts = context;
    vliw_ragged_add(parts->ragged, 1, length, tally_of(parts, part));
}

/* The work of a step whose contents are met. */
static struct vliw_tally step_tally(const struct vliw_ragged *ragged, struct parts *parts,
                                    const struct sparse_plan *sparse,
                                    const struct sparse_step *step)
{
    struct vliw_tally tally = {.entries = 0};
    uint64_t listed = sparse->met->parts[step->part].listed;
    uint64_t walked = sparse->nest.is_listed ? listed : step->rows;
    if (ragged->is_by_item)
        vliw_ragged_items(ragged, walked, (uint64_t)step->entries, step->columns, &tally);
    else {
        tally = *tally_of(parts, step->part);
        if (walked > listed && !ragged->is_row_an_entry)
            vliw_ragged_add(ragged, walked - listed, 0, &tally);
    }
    return tally;
}

/* Waits for banks that gathered addresses meet in, in the steps of their parts. */
static void add_stalls(const struct core *core, const struct vliw_detail *detail,
                       const struct primitive *primitive, uint64_t first,
                       const struct sparse_met *met, struct cycle_account *steps,
                       struct vliw_tally *all)
{
    struct vliw_state *state = core->state;
    const struct vliw_unit *unit = detail->unit;
    if (detail->ragged->is_by_item || detail->ragged->is_row_an_entry)
        return;
    all->account.cycles[REASON_BANK_CONFLICT] += index_stalls(
        unit->loop, unit->copies, &state->machine, primitive, first, met->step_count, steps);
}

static const enum reason PACKED[VLIW_PACKED] = {REASON_WORK, REASON_DEPENDENCY, REASON_FILL,
                                                REASON_RECONFIGURE, REASON_BANK_CONFLICT};

void vliw_sparse_step(const struct vliw_detail *detail, uint64_t index,
                      struct cycle_account *busy)
{
    for (int i = 0; i < VLIW_PACKED; i++)
        busy->cycles[PACKED[i]] = detail->packed[index].cycles[i];
}

static const struct vliw_packed *pack(const struct cycle_account *steps, uint64_t count,
                                      struct arena *arena)
{
    struct vliw_packed *packed = arena_array(arena, (size_t)count, sizeof *packed);
    for (uint64_t s = 0; s < count; s++)
        for (int i = 0; i < VLIW_PACKED; i++)
            packed[s].cycles[i] = steps[s].cycles[PACKED[i]];
    return packed;
}

const struct plan *vliw_sparse_meet(const struct core *core, const struct plan *plan,
                                    const struct primitive *primitive, uint64_t first,
                                    struct arena *arena)
{
    const struct vliw_detail *before = plan->detail;
    struct vliw_state *state = core->state;
    struct vliw_detail *detail = arena_alloc(arena, sizeof *detail);
    struct sparse_plan *sparse = arena_alloc(arena, sizeof *sparse);
    struct arena scratch = {0};
    struct parts parts = {.ragged = before->ragged, .arena = &scratch};
    *detail = *before;
    *sparse = *before->sparse;
    detail->sparse = sparse;
    sparse->met = sparse_meet(&sparse->product, &sparse->nest, primitive, first,
                              before->ragged->is_by_item ? NULL : enter_loop, &parts, arena);
    if (!sparse->met) {
        arena_free(&scratch);
        return NULL;
    }
    const struct sparse_met *met = sparse->met;
    struct plan *result = arena_alloc(arena, sizeof *result);
    struct cycle_account *steps = arena_array(&scratch, (size_t)met->step_count, sizeof *steps);
    struct vliw_tally all = {.entries = 0};
    for (uint64_t i = 0; i < met->step_count; i++) {
        struct vliw_tally one = step_tally(before->ragged, &parts, sparse, &met->steps[i]);
        steps[i] = one.account;
        add_tally(&all, &one, 1);
    }
    add_stalls(core, detail, primitive, first, met, steps, &all);
    steps[0].cycles[REASON_RECONFIGURE] += (uint64_t)state->machine.params->call_cycles;
    detail->packed = pack(steps, met->step_count, arena);
    *result = *plan;
    result->detail = detail;
    fill(core, detail, &all, arena, result);
    arena_free(&scratch);
    return result;
}
