/* One mapping evaluated, and all mappings of a configuration without any bound: depth first
 * over the levels, outermost first, the tile of the next level, dimension by dimension, then
 * the order of the loops between. */
#include "arch/mapping/branch.h"

#include <string.h>

/* All tiles of the level are fixed: what its fills depend on. */
static void settle(struct branch *b, int level)
{
    for (int o = 0; o < OPERAND_COUNT; o++) {
        bool is_changed = false;
        double outside = 1;
        for (int k = 0; k < b->dim_count; k++) {
            const struct cut *cut = b->cuts[level][b->dims[k]];
            if (b->model.relevant[o] >> b->dims[k] & 1)
                is_changed = is_changed || cut->factor > 1;
            else
                outside *= cut->visits;
        }
        b->is_changed[level - 1][o] = is_changed;
        b->outside[level][o] = outside;
    }
    branch_set_base(b, level);
}

/* The same for the multipliers: the innermost memory's own loops. */
static void settle_last(struct branch *b)
{
    int last = b->space->level_count;
    for (int o = 0; o < OPERAND_COUNT; o++) {
        bool is_changed = false;
        double outside = 1;
        for (int k = 0; k < b->dim_count; k++) {
            const struct cut *cut = b->cuts[last - 1][b->dims[k]];
            if (b->model.relevant[o] >> b->dims[k] & 1)
                is_changed = is_changed || cut->last_factor > 1;
            else
                outside *= cut->steps;
        }
        b->is_changed[last - 1][o] = is_changed;
        b->outside[last][o] = outside;
    }
}

/* The level's index up to which foreign loops count: outside the innermost loops that move the
 * operand, and outside the foreign loops within those where the order holds it still. */
static int counted_levels(const struct branch *b, int level, int o)
{
    for (int i = level - 1; i >= 0; i--)
        if (b->is_changed[i][o])
            return b->order[i] == o ? i : i + 1;
    return 0;
}

/* Flow of one operand into `level` for so many repetitions; false: partial sums would rest
 * where they may not. */
static bool set_flow(struct branch *b, int level, int o, double base, double repeats,
                     struct flow *flow)
{
    int parent = b->model.parent[level][o];
    flow->reads = base * repeats * b->model.copies[parent][o];
    flow->fills = base * repeats * b->model.copies[level][o];
    flow->returns = 0;
    if (o != OPERAND_OUTPUT)
        return true;
    const struct flow *outer = &b->flow[parent][o];
    double returns = flow->reads - (outer->fills - outer->returns);
    flow->returns = returns > 0 ? returns : 0;
    return returns < 0.5 || b->space->levels[parent].holds_partials;
}

static bool add_flows(struct branch *b, int level)
{
    b->totals[level] = b->totals[level - 1];
    for (int o = 0; o < OPERAND_COUNT; o++) {
        if (b->model.parent[level][o] < 0)
            continue;
        double repeats = b->outside[counted_levels(b, level, o)][o];
        if (!set_flow(b, level, o, b->base[level][o], repeats, &b->flow[level][o]))
            return false;
        model_add(&b->model, level, o, &b->flow[level][o], &b->totals[level]);
    }
    return true;
}

static double compute_of(struct branch *b)
{
    int level = b->space->cycles ? b->space->cycles_level : b->space->level_count - 1;
    int operand = b->space->cycles_operand;
    int counted = b->space->cycles ? counted_levels(b, level, operand) : 0;
    double fresh[DIM_COUNT];
    const struct cut *cuts[DIM_COUNT] = {0};
    for (int k = 0; k < b->dim_count; k++) {
        int d = b->dims[k];
        cuts[d] = b->cuts[level][d];
        bool is_relevant = b->model.relevant[operand] >> d & 1;
        fresh[d] = is_relevant ? cuts[d]->visits : counted ? b->cuts[counted][d]->visits : 1;
    }
    return cut_cycles(&b->model, cuts, fresh);
}

/* Orders worth trying: those whose operand has foreign loops here to be still in, or any one.
 */
uint8_t branch_orders(const struct branch *b, int level)
{
    uint8_t allowed =
        b->space->levels[level].stationary ? b->space->levels[level].stationary : SPACE_ALL;
    uint8_t useful = 0;
    for (int k = 0; k < b->dim_count; k++) {
        int d = b->dims[k];
        bool is_inner = level == b->space->level_count - 1;
        int64_t factor =
            is_inner ? b->cuts[level][d]->last_factor : b->cuts[level + 1][d]->factor;
        for (int o = 0; o < OPERAND_COUNT && factor > 1; o++)
            if (!(b->model.relevant[o] >> d & 1))
                useful |= (uint8_t)(1u << o);
    }
    useful &= allowed;
    return useful ? useful : (uint8_t)(allowed & -allowed);
}

static void record(struct branch *b, double cycles, double cost)
{
    double score = branch_score(b, cycles, cost);
    bool is_local = score < b->local.score;
    if (b->best_count == BEST_MAX && score >= b->best[BEST_MAX - 1].score && !is_local)
        return;
    struct choice choice;
    memset(&choice, 0, sizeof choice); /* choices are compared as bytes */
    memcpy(choice.unrolling.factor, b->model.unrolled, sizeof choice.unrolling.factor);
    memcpy(choice.keep, b->model.keep, sizeof choice.keep);
    memcpy(choice.order, b->order, (size_t)b->space->level_count);
    memcpy(choice.tile, b->tile, (size_t)b->space->level_count * sizeof b->tile[0]);
    choice.cycles = cycles;
    choice.cost = cost;
    choice.score = score;
    if (is_local)
        b->local = choice;
    if (b->best_count == BEST_MAX && score >= b->best[BEST_MAX - 1].score)
        return;
    int place = b->best_count;
    while (place > 0 && b->best[place - 1].score > score)
        place--;
    for (int i = 0; i < b->best_count; i++)
        if (memcmp(&b->best[i], &choice, sizeof choice) == 0)
            return;
    if (b->best_count < BEST_MAX)
        b->best_count++;
    memmove(&b->best[place + 1], &b->best[place],
            (size_t)(b->best_count - 1 - place) * sizeof choice);
    b->best[place] = choice;
}

void branch_finish(struct branch *b)
{
    int last = b->space->level_count;
    settle_last(b);
    uint8_t orders = branch_orders(b, last - 1);
    for (int o = 0; o < OPERAND_COUNT; o++) {
        if (!(orders >> o & 1))
            continue;
        b->order[last - 1] = (uint8_t)o;
        b->evaluations++;
        if (!add_flows(b, last))
            continue;
        double compute = b->space->cycles ? b->compute[last - 1] : compute_of(b);
        record(b, model_cycles(&b->model, &b->totals[last], compute), b->totals[last].cost);
    }
}

/* The level is settled: what moves into it, and the core's time where it is stated here. */
static bool flow_into(struct branch *b, int level)
{
    if (!add_flows(b, level))
        return false;
    b->compute[level] = b->compute[level - 1];
    if (b->space->cycles && level == b->space->cycles_level)
        b->compute[level] = compute_of(b);
    return true;
}

static bool holds(const struct branch *b, int level)
{
    uint64_t bytes;
    return model_holds(&b->model, level, b->tile[level], &bytes);
}

static void choose_tile(struct branch *b, int level, int k);

static void choose_order(struct branch *b, int level)
{
    if (!holds(b, level))
        return;
    settle(b, level);
    uint8_t orders = branch_orders(b, level - 1);
    for (int o = 0; o < OPERAND_COUNT; o++) {
        if (!(orders >> o & 1))
            continue;
        b->order[level - 1] = (uint8_t)o;
        b->evaluations++;
        if (!flow_into(b, level))
            continue;
        if (level == b->space->level_count - 1)
            branch_finish(b);
        else
            choose_tile(b, level + 1, 0);
    }
}

static void set_smallest(struct branch *b, int level, int from)
{
    for (int k = from; k < b->dim_count; k++) {
        int d = b->dims[k];
        const struct cut *outer = b->cuts[level - 1][d];
        b->tile[level][d] = b->trees[d].nodes[outer->first + outer->count - 1].tile;
    }
}

static void choose_tile(struct branch *b, int level, int k)
{
    if (k == b->dim_count) {
        choose_order(b, level);
        return;
    }
    int d = b->dims[k];
    const struct cut *outer = b->cuts[level - 1][d];
    for (int32_t i = outer->first; i < outer->first + outer->count; i++) {
        b->cuts[level][d] = &b->trees[d].nodes[i];
        b->tile[level][d] = b->trees[d].nodes[i].tile;
        set_smallest(b, level, k + 1);
        if (model_may_hold(&b->model, level, b->tile[level], branch_known(b, k + 1)))
            choose_tile(b, level, k + 1);
    }
}

void branch_search(struct branch *b)
{
    if (b->space->level_count == 1)
        branch_finish(b);
    else
        choose_tile(b, 1, 0);
}

bool branch_settle(struct branch *b, int level)
{
    if (!holds(b, level))
        return false;
    settle(b, level);
    return flow_into(b, level);
}

void branch_evaluate(struct branch *b)
{
    for (int level = 1; level < b->space->level_count; level++)
        if (!branch_settle(b, level))
            return;
    branch_finish(b);
}
