/* The least that any tile of the innermost memory costs, whatever lies outside it. Weights that
 * change with every pass, short streams, small register files: what branch_bound cannot see
 * before that tile is chosen. */
#include <math.h>
#include <string.h>

#include "arch/mapping/branch.h"

enum { TILES_MAX = 3000 };

struct floor_search {
    struct branch *b;
    int level;                          /* the innermost memory */
    int64_t tiles[DIM_COUNT][CUTS_MAX]; /* per active dimension, smallest first */
    int counts[DIM_COUNT];
    int64_t tile[DIM_COUNT];
    struct totals outer; /* what the levels between must at least move */
    int tried;
    double least;
};

static int64_t ceil_divide(int64_t a, int64_t b)
{
    return (a - 1) / b + 1;
}

/* Distinct tiles of one level anywhere in the tree, smallest first; -1: too many. */
static int add_tiles(const struct cut_tree *tree, const struct cut *cut, int depth,
                     int64_t *tiles, int count)
{
    for (int32_t i = cut->first; count >= 0 && i < cut->first + cut->count; i++) {
        int64_t tile = tree->nodes[i].tile;
        if (depth > 1) {
            count = add_tiles(tree, &tree->nodes[i], depth - 1, tiles, count);
            continue;
        }
        int place = 0;
        while (place < count && tiles[place] < tile)
            place++;
        if (place < count && tiles[place] == tile)
            continue;
        if (count == CUTS_MAX)
            return -1;
        memmove(&tiles[place + 1], &tiles[place], (size_t)(count - place) * sizeof tiles[0]);
        tiles[place] = tile;
        count++;
    }
    return count;
}

/* Repetitions of each operand, for one tile. */
struct trips {
    double foreign[OPERAND_COUNT]; /* visits of the level in dimensions that are not its own */
    double steps[OPERAND_COUNT];   /* the same of the multipliers */
    bool is_moving[OPERAND_COUNT], is_moving_inside[OPERAND_COUNT];
};

static struct trips count_trips(const struct floor_search *f)
{
    struct branch *b = f->b;
    struct trips t;
    for (int o = 0; o < OPERAND_COUNT; o++) {
        t.foreign[o] = t.steps[o] = 1;
        t.is_moving[o] = t.is_moving_inside[o] = false;
    }
    for (int k = 0; k < b->dim_count; k++) {
        int d = b->dims[k];
        int64_t own =
            ceil_divide(b->c->size[d], model_unrolled_outside(&b->model, d, f->level));
        int64_t visits = ceil_divide(own, f->tile[d]);
        int64_t steps = ceil_divide(
            b->c->size[d], model_unrolled_outside(&b->model, d, b->space->level_count));
        int64_t inside = f->tile[d] / model_unrolled_inside(&b->model, d, f->level);
        for (int o = 0; o < OPERAND_COUNT; o++)
            if (b->model.relevant[o] >> d & 1) {
                t.is_moving[o] = t.is_moving[o] || visits > 1;
                t.is_moving_inside[o] = t.is_moving_inside[o] || inside > 1;
            } else {
                t.foreign[o] *= (double)visits;
                t.steps[o] *= (double)steps;
            }
    }
    return t;
}

/* Adds one operand's flow into `level`; false: partial sums would rest where they may not. */
static bool add_flow(struct floor_search *f, int level, int o, double repeats,
                     struct flow *flow, struct totals *totals)
{
    const struct model *m = &f->b->model;
    int parent = m->parent[level][o];
    if (parent < 0)
        return true;
    flow->reads = f->b->base[level][o] * repeats * m->copies[parent][o];
    flow->fills = f->b->base[level][o] * repeats * m->copies[level][o];
    flow->returns = 0;
    if (o == OPERAND_OUTPUT) {
        double fresh = flow->reads;
        if (parent == f->level && level > parent)
            fresh = f->b->flow[parent][o].fills - f->b->flow[parent][o].returns;
        else if (m->copies[parent][o] <= 1)
            fresh = m->elements[o];
        flow->returns = flow->reads > fresh ? flow->reads - fresh : 0;
        if (flow->returns > 0.5 && !f->b->space->levels[parent].holds_partials)
            return false;
    }
    model_add(m, level, o, flow, totals);
    return true;
}

static double compute_of(const struct floor_search *f, bool is_still)
{
    struct branch *b = f->b;
    const struct space *space = b->space;
    if (!space->cycles || space->cycles_level != f->level)
        return b->compute_floor;
    struct cut fake[DIM_COUNT];
    const struct cut *cuts[DIM_COUNT] = {0};
    double fresh[DIM_COUNT];
    for (int k = 0; k < b->dim_count; k++) {
        int d = b->dims[k];
        int64_t rest =
            ceil_divide(b->c->size[d], model_unrolled_outside(&b->model, d, f->level));
        int64_t visits = ceil_divide(rest, f->tile[d]);
        int64_t edge = rest - (visits - 1) * f->tile[d];
        bool is_whole = edge == f->tile[d];
        fake[d] = (struct cut){.tile = f->tile[d],
                               .visits = (double)visits,
                               .full = (double)(is_whole ? visits : visits - 1),
                               .edge = !is_whole,
                               .edge_tile = edge};
        cuts[d] = &fake[d];
        bool is_fresh = !is_still || (b->model.relevant[space->cycles_operand] >> d & 1);
        fresh[d] = is_fresh ? fake[d].visits : 1;
    }
    double cycles = cut_cycles(&b->model, cuts, fresh);
    return cycles > b->compute_floor ? cycles : b->compute_floor;
}

/* All ways to hold one operand still outside, and one inside. */
static void try_tile(struct floor_search *f)
{
    struct branch *b = f->b;
    int last = b->space->level_count;
    struct trips t = count_trips(f);
    uint8_t inner = b->space->levels[f->level].stationary;
    memcpy(b->tile[f->level], f->tile, sizeof f->tile);
    branch_set_base(b, f->level);
    b->evaluations++;
    f->tried++;
    double still_compute = compute_of(f, true), compute = compute_of(f, false);
    for (int outside = 0; outside < OPERAND_COUNT; outside++)
        for (int inside = 0; inside < OPERAND_COUNT; inside++) {
            if (inner && !(inner >> inside & 1))
                continue;
            struct totals totals = f->outer;
            bool is_good = true;
            for (int o = 0; o < OPERAND_COUNT && is_good; o++) {
                bool is_still = o == outside || !t.is_moving[o] || !b->is_disjoint;
                double repeats = is_still ? 1 : t.foreign[o], deeper = repeats;
                if (t.is_moving_inside[o])
                    deeper = o == inside || !b->is_disjoint ? t.foreign[o] : t.steps[o];
                struct flow flow;
                b->flow[f->level][o] = (struct flow){0};
                is_good = add_flow(f, f->level, o, repeats, &b->flow[f->level][o], &totals) &&
                          add_flow(f, last, o, deeper, &flow, &totals);
            }
            bool is_held = outside == (int)b->space->cycles_operand || !b->is_disjoint ||
                           !t.is_moving[b->space->cycles_operand];
            double score = branch_score(
                b, model_cycles(&b->model, &totals, is_held ? still_compute : compute),
                totals.cost);
            if (is_good && score < f->least)
                f->least = score;
        }
}

static void try_tiles(struct floor_search *f, int k)
{
    struct branch *b = f->b;
    if (k == b->dim_count) {
        try_tile(f);
        return;
    }
    int d = b->dims[k];
    for (int i = 0; i < f->counts[k] && f->tried < TILES_MAX; i++) {
        uint64_t bytes;
        f->tile[d] = f->tiles[k][i];
        if (model_holds(&b->model, f->level, f->tile, &bytes))
            try_tiles(f, k + 1);
    }
    f->tile[d] = f->tiles[k][0];
}

bool branch_sharpen(struct branch *b, double *bound)
{
    if (b->space->level_count < 2)
        return true;
    struct floor_search f = {.b = b, .level = b->space->level_count - 1, .least = INFINITY};
    for (int d = 0; d < DIM_COUNT; d++)
        f.tile[d] = 1;
    for (int k = 0; k < b->dim_count; k++) {
        int d = b->dims[k];
        f.counts[k] = add_tiles(&b->trees[d], &b->trees[d].nodes[0], f.level, f.tiles[k], 0);
        if (f.counts[k] < 0)
            return true;
        f.tile[d] = f.tiles[k][0];
    }
    f.outer = b->totals[0];
    for (int level = 1; level < f.level; level++)
        for (int o = 0; o < OPERAND_COUNT; o++) {
            struct flow flow = {.reads = b->model.elements[o], .fills = b->model.elements[o]};
            if (b->model.parent[level][o] >= 0)
                model_add(&b->model, level, o, &flow, &f.outer);
        }
    try_tiles(&f, 0);
    if (f.tried >= TILES_MAX)
        return true;
    *bound = f.least > *bound ? f.least : *bound;
    return f.least < INFINITY;
}
