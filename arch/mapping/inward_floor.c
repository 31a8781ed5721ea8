/* The least that any tile costs, level by level from the outside: what lies around a tile
 * enters by its still operand alone. */
#include <math.h>
#include <string.h>

#include "arch/mapping/inward.h"

static int64_t ceil_divide(int64_t a, int64_t b)
{
    return (a - 1) / b + 1;
}

void inward_around(const struct inward *in, int level, const int64_t tile[DIM_COUNT],
                   struct around *a)
{
    const struct branch *b = in->b;
    for (int o = 0; o < OPERAND_COUNT; o++) {
        a->foreign[o] = 1;
        a->is_moving[o] = false;
    }
    for (int k = 0; k < b->dim_count; k++) {
        int d = b->dims[k];
        int64_t visits = ceil_divide(in->rest[level][d], tile[d]);
        if (visits == 1)
            continue;
        for (int o = 0; o < OPERAND_COUNT; o++)
            if (b->model.relevant[o] >> d & 1)
                a->is_moving[o] = true;
            else
                a->foreign[o] *= (double)visits;
    }
    if (b->is_disjoint)
        return;
    for (int o = 0; o < OPERAND_COUNT; o++)
        a->foreign[o] = 1; /* more than one may be still: no claim */
}

void inward_base(struct inward *in, int level, const int64_t tile[DIM_COUNT],
                 double base[OPERAND_COUNT])
{
    struct branch *b = in->b;
    memcpy(b->tile[level], tile, sizeof b->tile[level]);
    branch_set_base(b, level);
    memcpy(base, b->base[level], OPERAND_COUNT * sizeof base[0]);
}

void inward_add(const struct inward *in, int level, int o, double amount, struct totals *t)
{
    const struct totals *charge = &in->charge[level][o];
    int parent = in->b->model.parent[level][o];
    if (parent < 0)
        return;
    t->cost += amount * charge->cost;
    if (!in->has_ports)
        return;
    if (o != OPERAND_OUTPUT) {
        t->port[parent][o] += amount * charge->port[parent][o];
        return;
    }
    for (int i = 0; i < in->b->space->level_count; i++)
        t->port[i][o] += amount * charge->port[i][o];
    t->port[parent][OPERAND_COUNT] += amount * charge->port[parent][OPERAND_COUNT];
}

/* Of the operands that wait for one another at the outermost memory's port. */
static double shared_cycles(const struct inward *in, const struct totals *t)
{
    double sum = 0;
    for (int o = 0; o < OPERAND_COUNT; o++)
        if (in->b->space->levels[0].port_shared >> o & 1)
            sum += t->port[0][o];
    if (in->b->space->levels[0].port_shared >> OPERAND_OUTPUT & 1)
        sum += t->port[0][OPERAND_COUNT];
    return sum;
}

/* With `still` across a tile of an outer level: the flows up to here and that of one operand
 * into the next level beyond one repetition each. */
static void add_outer(const struct inward *in, int level, int still, const struct around *a,
                      const double base[OPERAND_COUNT], bool is_passing, struct totals *t)
{
    for (int o = 0; o < OPERAND_COUNT; o++) {
        double repeats = o == still || !a->is_moving[o] ? 1 : a->foreign[o];
        inward_add(in, level, o, base[o] * repeats - in->least_base[o], t);
    }
    int next = in->next_still;
    if ((next == still || !a->is_moving[next]) && is_passing)
        return;
    inward_add(in, level + 1, next, in->least_base[next] * (a->foreign[next] - 1), t);
}

static double judge_outer(struct front *f)
{
    struct inward *in = f->context;
    int level = f->level, next = in->next_still;
    struct around a;
    double base[OPERAND_COUNT], least = INFINITY;
    inward_around(in, level, f->tile, &a);
    inward_base(in, level, f->tile, base);
    double held = (double)model_tile_elements(&in->b->model, next, f->held);
    bool is_passing =
        held <= in->b->reach[level][level + 1][next]; /* may stay inside as well */
    for (int still = 0; still < OPERAND_COUNT; still++) {
        struct totals t = {0};
        add_outer(in, level, still, &a, base, is_passing, &t);
        double own = in->is_time ? in->extra_cycles[level][still] + shared_cycles(in, &t)
                                 : in->extra_cost[level][still] + t.cost;
        least = own < least ? own : least;
    }
    return least;
}

/* Steps of all loops along a dimension at the first place of the axes, where edges are longest:
 * the tiles that stand beside one another there are cut off together. */
static double steps_of(const struct inward *in, int d, int64_t tile)
{
    int level = in->b->space->level_count - 1;
    int64_t rest = in->rest[level - 1][d], beside = tile * in->inside[level - 1][d];
    int64_t each = in->inside[level][d], visits = ceil_divide(rest, beside);
    int64_t left = rest - (visits - 1) * beside;
    return (double)((visits - 1) * (tile / each) +
                    ceil_divide(left < tile ? left : tile, each));
}

/* Of the core; a dimension that is not cut takes no longer than its pieces. */
static double compute_of(const struct inward *in, const int64_t tile[DIM_COUNT], int fixed,
                         bool is_still)
{
    const struct branch *b = in->b;
    const struct space *space = b->space;
    int level = space->level_count - 1;
    double cycles = 1, fresh[DIM_COUNT];
    struct cut fake[DIM_COUNT];
    const struct cut *cuts[DIM_COUNT] = {0};
    if (space->cycles && space->cycles_level != level)
        return b->compute_floor;
    for (int k = 0; k < b->dim_count; k++) {
        int d = b->dims[k];
        if (!space->cycles) {
            cycles *= k < fixed ? steps_of(in, d, tile[d]) : (double)in->rest[level + 1][d];
            continue;
        }
        cut_of_tile(in->rest[level][d], tile[d], &fake[d]);
        cuts[d] = &fake[d];
        bool is_fresh = !is_still || (b->model.relevant[space->cycles_operand] >> d & 1);
        fresh[d] = is_fresh ? fake[d].visits : 1;
    }
    cycles = space->cycles ? cut_cycles(&b->model, cuts, fresh) : cycles;
    return cycles > b->compute_floor ? cycles : b->compute_floor;
}

void inward_innermost(struct inward *in, const int64_t tile[DIM_COUNT], int fixed,
                      struct innermost *inner)
{
    const struct branch *b = in->b;
    int level = b->space->level_count - 1;
    inward_around(in, level, tile, &inner->around);
    inward_base(in, level, tile, inner->base);
    memset(inner->is_moving_inside, 0, sizeof inner->is_moving_inside);
    for (int k = 0; k < fixed; k++) {
        int d = b->dims[k];
        for (int o = 0; o < OPERAND_COUNT && tile[d] > in->inside[level][d]; o++)
            if (b->model.relevant[o] >> d & 1)
                inner->is_moving_inside[o] = true;
    }
    inner->compute[0] = compute_of(in, tile, fixed, false);
    inner->compute[1] =
        b->space->cycles ? compute_of(in, tile, fixed, true) : inner->compute[0];
}

void inward_flows(const struct inward *in, const struct innermost *inner, int still,
                  struct totals *t)
{
    const struct branch *b = in->b;
    int last = b->space->level_count, level = last - 1;
    const struct around *a = &inner->around;
    double outside[OPERAND_COUNT];
    struct totals common = in->outer;
    common.cost += in->extra_cost[level][still];
    for (int o = 0; o < OPERAND_COUNT; o++) {
        outside[o] = o == still || !a->is_moving[o] ? 1 : a->foreign[o];
        if (level > 0)
            inward_add(in, level, o, inner->base[o] * outside[o], &common);
    }
    bool is_first = true;
    uint8_t allowed = b->space->levels[level].stationary;
    for (int held = 0; held < OPERAND_COUNT; held++) {
        if (allowed && !(allowed >> held & 1))
            continue;
        struct totals own = common;
        for (int o = 0; o < OPERAND_COUNT; o++) {
            double repeats = !inner->is_moving_inside[o] ? outside[o]
                             : o == held                 ? a->foreign[o]
                             : b->is_disjoint            ? in->steps[o]
                                                         : 1;
            inward_add(in, last, o, b->base[last][o] * repeats, &own);
        }
        if (is_first) {
            *t = own;
            is_first = false;
            continue;
        }
        t->cost = own.cost < t->cost ? own.cost : t->cost;
        for (int i = 0; i < last && in->has_ports; i++)
            for (int k = 0; k <= OPERAND_COUNT; k++)
                t->port[i][k] = own.port[i][k] < t->port[i][k] ? own.port[i][k] : t->port[i][k];
    }
}

double inward_compute(const struct inward *in, const struct innermost *inner, int still)
{
    const struct branch *b = in->b;
    int operand = (int)b->space->cycles_operand;
    bool is_held = still == operand || !b->is_disjoint || !inner->around.is_moving[operand];
    return inner->compute[is_held];
}

/* With this operand still outside the level. */
static double cycles_of(const struct inward *in, const struct totals *t, int level, int still,
                        double cycles)
{
    const struct model *m = &in->b->model;
    struct totals clamped = *t;
    for (int i = 0; i < m->space->level_count; i++)
        for (int k = 0; k <= OPERAND_COUNT; k++)
            clamped.port[i][k] = t->port[i][k] > 0 ? t->port[i][k] : 0;
    for (int i = 0; i < m->space->level_count; i++) {
        double port = model_port_cycles(m, &clamped, i);
        cycles = port > cycles ? port : cycles;
    }
    double shared = shared_cycles(in, &clamped) + in->extra_cycles[level][still];
    return shared > cycles ? shared : cycles;
}

double inward_score(const struct inward *in, const struct totals *t, int level, int still,
                    double compute)
{
    double cycles = in->has_ports ? cycles_of(in, t, level, still, compute) : compute;
    return branch_score(in->b, cycles + (double)in->b->space->start_cycles, t->cost);
}

static double judge_innermost(struct front *f)
{
    struct inward *in = f->context;
    struct innermost inner;
    double least = INFINITY;
    inward_innermost(in, f->tile, f->fixed, &inner);
    for (int still = 0; still < OPERAND_COUNT; still++) {
        struct totals t;
        inward_flows(in, &inner, still, &t);
        double score = inward_score(in, &t, f->level, still, inward_compute(in, &inner, still));
        least = score < least ? score : least;
    }
    return least;
}

void inward_list(struct inward *in, int level)
{
    struct branch *b = in->b;
    struct front *f = &in->front;
    *f = (struct front){.b = b, .level = level, .nodes = in->nodes, .context = in};
    f->capacity = INWARD_NODES;
    for (int d = 0; d < DIM_COUNT; d++)
        f->tile[d] = f->held[d] = 1;
    for (int k = 0; k < b->dim_count; k++)
        f->ranges[k] = &in->links[b->dims[k]]->ranges[level];
    f->judge = level == b->space->level_count - 1 ? judge_innermost : judge_outer;
    f->is_lazy = level < b->space->level_count - 1;
}

bool inward_enter(struct inward *in)
{
    struct branch *b = in->b;
    int last = b->space->level_count;
    for (int d = 0; d < DIM_COUNT; d++) {
        for (int level = 0; level < last; level++)
            in->inside[level][d] = model_unrolled_inside(&b->model, d, level);
        for (int level = 0; level <= last; level++)
            in->rest[level][d] =
                ceil_divide(b->c->size[d], model_unrolled_outside(&b->model, d, level));
    }
    for (int k = 0; k < b->dim_count; k++) {
        int d = b->dims[k];
        in->links[d] = links_get(&in->cache, &b->model, d);
        if (!in->links[d]->nodes)
            return false;
    }
    memset(in->extra_cost, 0, sizeof in->extra_cost);
    memset(in->extra_cycles, 0, sizeof in->extra_cycles);
    charge_prepare(in);
    in->outer = in->constant;
    for (int level = 1; level < last - 1; level++)
        for (int o = 0; o < OPERAND_COUNT; o++)
            inward_add(in, level, o, in->least_base[o], &in->outer);
    return true;
}

bool inward_sharpen(struct inward *in, uint64_t trials)
{
    int last = in->b->space->level_count;
    for (int level = 1; level < last - 1; level++)
        for (int o = 0; o < OPERAND_COUNT; o++)
            for (int is_time = 0; is_time < 1 + in->has_ports; is_time++) {
                inward_list(in, level);
                in->next_still = o;
                in->is_time = is_time;
                in->front.trials = trials;
                double least = front_run(&in->front);
                if (least == INFINITY)
                    return false;
                double *extra =
                    is_time ? in->extra_cycles[level + 1] : in->extra_cost[level + 1];
                extra[o] = least > 0 ? least : 0;
            }
    return true;
}
