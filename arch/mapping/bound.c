/* Entering a configuration, and what any mapping of it must at least cost. */
#include "arch/mapping/branch.h"

#include <math.h>
#include <string.h>

static int64_t ceil_divide(int64_t a, int64_t b)
{
    return (a - 1) / b + 1;
}

void branch_init(struct branch *b, const struct space *space, const struct contraction *c,
                 const struct search_options *options)
{
    memset(b, 0, sizeof *b);
    b->space = b->model.space = space;
    b->c = b->model.contraction = c;
    b->model.rooms = b->rooms;
    b->options = options;
    b->is_disjoint = true;
    b->open_bound = INFINITY;
    double peak = 1;
    for (int a = 0; a < space->axis_count; a++)
        peak *= (double)space->axes[a].fanout;
    b->cycles_floor = (double)contraction_macs(c) / peak;
    b->cost_floor = (double)contraction_macs(c) * space->mac_cost;
    for (int o = 0; o < OPERAND_COUNT; o++) {
        b->model.relevant[o] = contraction_relevant(c, o);
        b->model.elements[o] = (double)contraction_elements(c, o);
        b->cost_floor += b->model.elements[o] * space->element_bytes[o] *
                         (space->home[o] ? 1 : space->levels[0].read_cost);
    }
    b->cost_floor = b->cost_floor > 0 ? b->cost_floor : 1;
    for (int d = 0; d < DIM_COUNT; d++) {
        int place = b->dim_count, foreign = 0;
        for (int i = 0; i <= SPACE_LEVELS_MAX; i++)
            b->tile[i][d] = 1;
        if (c->size[d] == 1)
            continue;
        for (int o = 0; o < OPERAND_COUNT; o++)
            foreign += !(b->model.relevant[o] >> d & 1);
        b->is_disjoint = b->is_disjoint && foreign < 2;
        for (; place > 0 && c->size[b->dims[place - 1]] < c->size[d]; place--)
            b->dims[place] = b->dims[place - 1];
        b->dims[place] = (uint8_t)d;
        b->dim_count++;
    }
}

double branch_score(const struct branch *b, double cycles, double cost)
{
    switch (b->options->objective) {
    case SEARCH_CYCLES:
        return cycles * (1 + 1e-6 * cost / b->cost_floor);
    case SEARCH_COST:
        return cost * (1 + 1e-6 * cycles / b->cycles_floor);
    default:
        return cycles * cost;
    }
}

bool branch_is_cut(const struct branch *b, double bound)
{
    if (b->options->is_exhaustive || !b->best_count)
        return false;
    /* By cycles, ties are broken as far as a tenth of the unavoidable cost. */
    double tolerance = b->options->objective == SEARCH_CYCLES ? 1e-7 : 1e-9;
    return bound >= b->best[0].score * (1 - tolerance);
}

uint32_t branch_known(const struct branch *b, int count)
{
    uint32_t open = 0;
    for (int k = count; k < b->dim_count; k++)
        open |= 1u << b->dims[k];
    return ~open;
}

double branch_pixels(struct branch *b, int axis, int64_t tile_p, int64_t tile_r)
{
    uint64_t slot =
        ((uint64_t)tile_p * 0x9e3779b97f4a7c15u + (uint64_t)tile_r * 0x85ebca6bu) >> 20 &
        (HALO_SLOTS - 1);
    struct halo *halo = &b->halos[axis][slot];
    if (halo->tile_p != tile_p || halo->tile_r != tile_r)
        *halo = (struct halo){tile_p, tile_r, (double)axis_pixels(b->c, axis, tile_p, tile_r)};
    return halo->pixels;
}

void branch_set_base(struct branch *b, int level)
{
    double input =
        (b->model.relevant[OPERAND_INPUT] >> DIM_G & 1 ? (double)b->c->size[DIM_G] : 1) *
        (double)b->c->size[DIM_N] * (double)b->c->size[DIM_C];
    for (int axis = 0; axis < 3; axis++)
        input *=
            branch_pixels(b, axis, b->tile[level][DIM_Z + axis], b->tile[level][DIM_T + axis]);
    b->base[level][OPERAND_INPUT] = input;
    b->base[level][OPERAND_WEIGHT] = b->model.elements[OPERAND_WEIGHT];
    b->base[level][OPERAND_OUTPUT] = b->model.elements[OPERAND_OUTPUT];
}

/* What the multipliers take of an operand that no innermost loop leaves still: all others'
 * trips count. At most one operand escapes this. */
static void set_latch(struct branch *b, int o)
{
    int last = b->space->level_count, parent = b->model.parent[last][o];
    double trips = 1;
    b->is_moving[o] = false;
    for (int d = 0; d < DIM_COUNT; d++) {
        int64_t rest = ceil_divide(b->c->size[d], model_unrolled_outside(&b->model, d, last));
        if (b->model.relevant[o] >> d & 1)
            b->is_moving[o] = b->is_moving[o] || rest > 1;
        else
            trips *= (double)rest;
    }
    b->latch_cost[o] = 0;
    if (parent < 0)
        return;
    struct flow flow = {.reads = b->base[last][o] * trips * b->model.copies[parent][o],
                        .fills = b->base[last][o] * trips * b->model.copies[last][o]};
    if (o == OPERAND_OUTPUT && b->model.copies[parent][o] <= 1)
        flow.returns = flow.reads - b->model.elements[o];
    struct totals totals = {0};
    model_add(&b->model, last, o, &flow, &totals);
    b->latch_cost[o] = totals.cost;
}

/* Least score before any tile is chosen: every operand passes every memory once, the
 * multipliers take what no order spares them, and the array is fully used. */
static double least_score(const struct branch *b)
{
    const struct model *m = &b->model;
    int last = b->space->level_count;
    struct totals totals = b->totals[0];
    double escaped = 0;
    for (int i = 1; i <= last; i++)
        for (int o = 0; o < OPERAND_COUNT; o++) {
            struct flow flow = {.reads = m->elements[o], .fills = m->elements[o]};
            double before = totals.cost;
            model_add(m, i, o, &flow, &totals);
            double more = b->latch_cost[o] - (totals.cost - before);
            if (i < last || !b->is_disjoint || !b->is_moving[o] || more <= 0)
                continue;
            totals.cost += more;
            escaped = more > escaped ? more : escaped;
        }
    return branch_score(b, model_cycles(m, &totals, b->compute_floor), totals.cost - escaped);
}

/* Largest tile of level `outer`, in elements, that all instances of `inner` inside one of it
 * hold together. */
static double reach_of(const struct branch *b, int outer, int inner, int o)
{
    const struct space_level *l = &b->space->levels[inner];
    double room = INFINITY, spread = 1;
    double density = b->space->density[o];
    if (inner == b->space->level_count) {
        room = 1;
    } else if (!(density > 0 && density < 1)) {
        uint64_t bytes = l->partition_bytes[o] ? l->partition_bytes[o] : l->capacity_bytes;
        double each = o == OPERAND_OUTPUT && l->holds_partials ? b->space->partial_bytes
                                                               : b->space->element_bytes[o];
        if (bytes) /* as if it were the only tile */
            room = (double)bytes / each;
    }
    for (int d = 0; d < DIM_COUNT; d++)
        if (b->model.relevant[o] >> d & 1)
            spread *= (double)(model_unrolled_outside(&b->model, d, inner) /
                               model_unrolled_outside(&b->model, d, outer));
    return room * spread;
}

double branch_enter(struct branch *b, const struct unrolling *unrolling,
                    const uint8_t keep[SPACE_LEVELS_MAX])
{
    struct model *m = &b->model;
    int last = b->space->level_count;
    memcpy(m->unrolled, unrolling->factor, sizeof m->unrolled);
    memcpy(m->keep, keep, sizeof m->keep);
    model_prepare(m);
    b->compute_floor = 1;
    double fanout = 1;
    for (int a = 0; a < b->space->axis_count; a++)
        if (b->space->axes[a].inside > b->space->cycles_level)
            fanout *= (double)b->space->axes[a].fanout;
    for (int d = 0; d < DIM_COUNT; d++) {
        int outside = b->space->cycles ? b->space->cycles_level : last;
        b->compute_floor *=
            (double)ceil_divide(b->c->size[d], model_unrolled_outside(m, d, outside));
        b->tile[last][d] = 1;
    }
    if (b->space->cycles)
        b->compute_floor /= fanout;
    memset(&b->totals[0], 0, sizeof b->totals[0]);
    b->totals[0].cost = (double)contraction_macs(b->c) * b->space->mac_cost;
    b->compute[0] = 0;
    branch_set_base(b, last);
    for (int o = 0; o < OPERAND_COUNT; o++) {
        b->outside[0][o] = 1;
        b->base[0][o] = m->elements[o];
        b->flow[0][o] = b->flow[b->space->home[o]][o] =
            (struct flow){.reads = m->elements[o], .fills = m->elements[o]};
        set_latch(b, o);
    }
    for (int outer = 1; outer < last; outer++)
        for (int inner = outer + 1; inner <= last; inner++)
            for (int o = 0; o < OPERAND_COUNT; o++)
                b->reach[outer][inner][o] = reach_of(b, outer, inner, o);
    return least_score(b);
}

bool branch_prepare(struct branch *b, struct arena *arena)
{
    for (int k = 0; k < b->dim_count; k++) {
        int d = b->dims[k];
        if (!cut_tree_build(&b->model, d, arena, &b->trees[d]))
            return false;
        b->cuts[0][d] = &b->trees[d].nodes[0];
    }
    return true;
}
