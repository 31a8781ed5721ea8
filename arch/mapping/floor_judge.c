/* What one tile of a memory must at least cost. */
#include "arch/mapping/floor.h"

#include <math.h>
#include <string.h>

static int64_t ceil_divide(int64_t a, int64_t b)
{
    return (a - 1) / b + 1;
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
                t.is_moving_inside[o] = t.is_moving_inside[o] || (inside > 1 && k < f->fixed);
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

/* Of the core; a dimension that is not cut takes no longer than its pieces. */
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
        cut_of_tile(rest, f->tile[d], &fake[d]);
        cuts[d] = &fake[d];
        bool is_fresh = !is_still || (b->model.relevant[space->cycles_operand] >> d & 1);
        fresh[d] = is_fresh ? fake[d].visits : 1;
    }
    double cycles = cut_cycles(&b->model, cuts, fresh);
    return cycles > b->compute_floor ? cycles : b->compute_floor;
}

/* The score of the whole for a tile that is not of the innermost memory: as if it were fixed in
 * the search, with whichever operand held still outside. */
static double judge_outer(struct floor_search *f, const struct trips *t, double still_compute,
                          double compute)
{
    struct branch *b = f->b;
    int level = f->level;
    double least = INFINITY;
    for (int outside = 0; outside < OPERAND_COUNT; outside++) {
        struct totals totals = f->outer;
        bool is_good = true;
        for (int o = 0; o < OPERAND_COUNT && is_good; o++) {
            bool is_still = o == outside || !t->is_moving[o] || !b->is_disjoint;
            double repeats = is_still ? 1 : t->foreign[o];
            b->outside[level][o] = t->foreign[o];
            b->held[level][o] = (double)model_tile_elements(&b->model, o, f->smallest);
            is_good = add_flow(f, level, o, repeats, &b->flow[level][o], &totals);
        }
        if (!is_good)
            continue;
        bool is_held = outside == (int)b->space->cycles_operand || !b->is_disjoint ||
                       !t->is_moving[b->space->cycles_operand];
        totals.cost += f->outer_cost;
        b->totals[level] = totals;
        b->compute[level] = is_held ? still_compute : compute;
        double score = branch_bound(b, level, level);
        if (score >= least)
            continue;
        least = score;
        f->outside = (uint8_t)outside;
    }
    return least;
}

double floor_judge(struct floor_search *f)
{
    struct branch *b = f->b;
    int last = b->space->level_count;
    bool is_innermost = f->level == last - 1;
    struct trips t = count_trips(f);
    uint8_t inner = b->space->levels[f->level].stationary;
    memcpy(b->tile[f->level], f->tile, sizeof f->tile);
    branch_set_base(b, f->level);
    b->evaluations++;
    f->tried++;
    double still_compute = f->is_cost ? 0 : compute_of(f, true);
    double compute = f->is_cost || !b->space->cycles ? still_compute : compute_of(f, false);
    if (!f->is_cost && !is_innermost)
        return judge_outer(f, &t, still_compute, compute);
    double least = INFINITY;
    for (int outside = 0; outside < OPERAND_COUNT; outside++)
        for (int inside = 0; inside < OPERAND_COUNT; inside++) {
            if (is_innermost ? inner && !(inner >> inside & 1) : inside > 0)
                continue;
            struct totals totals = f->outer;
            double before = totals.cost;
            bool is_good = true;
            for (int o = 0; o < OPERAND_COUNT && is_good; o++) {
                bool is_still = o == outside || !t.is_moving[o] || !b->is_disjoint;
                double repeats = is_still ? 1 : t.foreign[o], deeper = repeats;
                if (t.is_moving_inside[o])
                    deeper = o == inside || !b->is_disjoint ? t.foreign[o] : t.steps[o];
                struct flow flow;
                b->flow[f->level][o] = (struct flow){0};
                is_good = add_flow(f, f->level, o, repeats, &b->flow[f->level][o], &totals) &&
                          (!is_innermost || add_flow(f, last, o, deeper, &flow, &totals));
            }
            if (!is_good)
                continue;
            double own = totals.cost - before;
            bool is_held = outside == (int)b->space->cycles_operand || !b->is_disjoint ||
                           !t.is_moving[b->space->cycles_operand];
            double score = f->is_cost
                               ? own
                               : branch_score(b,
                                              model_cycles(&b->model, &totals,
                                                           is_held ? still_compute : compute),
                                              totals.cost + f->outer_cost);
            if (score >= least)
                continue;
            least = score;
            f->outside = (uint8_t)outside;
            f->inside = (uint8_t)inside;
        }
    return least;
}
