/* The innermost tile, best first, and around each of them the outer tiles, depth first. */
#include "arch/mapping/inward.h"

#include <math.h>
#include <string.h>

/* What is known once the tiles of a level and of those inside it are chosen. */
struct inward_state {
    struct totals sum; /* each flow once where it is not known */
    int still;         /* the operand whose flow into the level waits for outer loops, */
    uint32_t waiting;  /* and into further ones inside, where it waits as well: levels */
    double base[SPACE_LEVELS_MAX + 1]; /* of that operand */
    double compute;
};

static const struct cut *cut_at(struct inward *in, int d, int level)
{
    struct branch *b = in->b;
    int last = b->space->level_count;
    struct link *leaf = (struct link *)in->link[1][d];
    if (!leaf->cuts) {
        int64_t tiles[SPACE_LEVELS_MAX + 1];
        leaf->cuts = arena_array(in->cache.arena, (size_t)last, sizeof leaf->cuts[0]);
        for (int i = 0; i <= last; i++)
            tiles[i] = i && i < last ? in->tile[i][d] : 1;
        for (int i = 1; i < last; i++)
            cut_describe(&b->model, d, tiles, i, &leaf->cuts[i]);
    }
    return &leaf->cuts[level];
}

/* All tiles are chosen: the orders that hold the operands still, exactly. */
static void evaluate(struct inward *in, int outermost)
{
    struct branch *b = in->b;
    int last = b->space->level_count;
    for (int level = 1; level < last; level++) {
        memcpy(b->tile[level], in->tile[level], sizeof b->tile[level]);
        for (int k = 0; k < b->dim_count; k++)
            b->cuts[level][b->dims[k]] = cut_at(in, b->dims[k], level);
    }
    in->still[1] = (uint8_t)outermost;
    for (int level = 1; level < last; level++) {
        uint8_t orders = branch_orders(b, level - 1);
        int still = in->still[level];
        if (!(orders >> still & 1))
            still = __builtin_ctz(orders);
        b->order[level - 1] = (uint8_t)still;
        b->evaluations++;
        if (!branch_settle(b, level))
            return;
    }
    branch_finish(b);
}

/* Flows into `level` and those that wait for it, with `still` across its tiles. */
static void add_flows(const struct inward *in, const struct inward_state *inner, int level,
                      int still, const struct around *a, const double base[OPERAND_COUNT],
                      bool is_changed, struct totals *t)
{
    *t = inner->sum;
    t->cost += in->extra_cost[level][still] - in->extra_cost[level + 1][inner->still];
    for (int o = 0; o < OPERAND_COUNT; o++) {
        double repeats = o == still || !a->is_moving[o] ? 1 : a->foreign[o];
        inward_add(in, level, o, base[o] * repeats - in->least_base[o], t);
    }
    int o = inner->still;
    double repeats = !is_changed && (o == still || !a->is_moving[o]) ? 1 : a->foreign[o];
    if (repeats > 1)
        for (int i = level + 1; i <= in->b->space->level_count; i++)
            if (inner->waiting >> i & 1)
                inward_add(in, i, o, inner->base[i] * (repeats - 1), t);
}

static void descend(struct inward *in, int level, const struct inward_state *inner,
                    double bound);

/* A level's tile on its way: the first dimensions are chosen, the others at most so large. */
struct choosing {
    const struct inward_state *inner;
    int level;
    int32_t largest[DIM_COUNT]; /* link of the largest tile that fits beside the others */
};

/* The largest tiles of dimensions `from` on that fit beside the smallest of the others. */
static void cap_tiles(struct inward *in, struct choosing *c, int from)
{
    struct branch *b = in->b;
    int64_t *tile = in->tile[c->level];
    uint32_t open = ~branch_known(b, from);
    for (int k = from; k < b->dim_count; k++) {
        int d = b->dims[k];
        const struct link *inside = in->link[c->level + 1][d], *nodes = in->links[d]->nodes;
        int64_t smallest = tile[d];
        for (; c->largest[k] < inside->first + inside->count - 1; c->largest[k]++) {
            tile[d] = nodes[c->largest[k]].tile;
            if (model_may_hold(&b->model, c->level, tile, ~(open & ~(1u << d))))
                break;
        }
        tile[d] = smallest;
    }
}

/* Least score when dimensions before `from` are as they are and the others as large as they
 * can be; loops between the level and the next inner one are sure to be there in those before
 * `cut`. */
static double look(struct inward *in, const struct choosing *c, int from, int cut)
{
    struct branch *b = in->b;
    int level = c->level;
    int64_t tile[DIM_COUNT];
    double base[OPERAND_COUNT], least = INFINITY;
    struct around around;
    bool is_changed = false;
    memcpy(tile, in->tile[level], sizeof tile);
    for (int k = 0; k < b->dim_count; k++) {
        int d = b->dims[k];
        if (k >= from)
            tile[d] = in->links[d]->nodes[c->largest[k]].tile;
        if (k < cut && (b->model.relevant[c->inner->still] >> d & 1))
            is_changed = is_changed || tile[d] > in->tile[level + 1][d] * in->inside[level][d];
    }
    inward_around(in, level, tile, &around);
    inward_base(in, level, tile, base);
    b->evaluations++;
    for (int still = 0; still < OPERAND_COUNT; still++) {
        struct totals t;
        add_flows(in, c->inner, level, still, &around, base, is_changed, &t);
        double score = inward_score(in, &t, level, still, c->inner->compute);
        least = score < least ? score : least;
    }
    return least;
}

/* The level's tile is chosen. */
static void settle(struct inward *in, const struct choosing *c, double bound)
{
    struct branch *b = in->b;
    int level = c->level;
    const struct inward_state *inner = c->inner;
    const int64_t *tile = in->tile[level];
    struct around around;
    double base[OPERAND_COUNT];
    bool is_changed = false;
    for (int k = 0; k < b->dim_count; k++) {
        int d = b->dims[k];
        if (b->model.relevant[inner->still] >> d & 1)
            is_changed = is_changed || tile[d] > in->tile[level + 1][d] * in->inside[level][d];
    }
    inward_around(in, level, tile, &around);
    inward_base(in, level, tile, base);
    b->evaluations++;
    for (int still = 0; still < OPERAND_COUNT && !b->is_stopped; still++) {
        struct inward_state own = {.still = still, .compute = inner->compute};
        add_flows(in, inner, level, still, &around, base, is_changed, &own.sum);
        double score = inward_score(in, &own.sum, level, still, own.compute);
        if (branch_is_cut(b, score))
            continue;
        if (level == 1) {
            evaluate(in, still);
            continue;
        }
        own.waiting = 1u << level;
        memcpy(own.base, inner->base, sizeof own.base);
        own.base[level] = base[still];
        if (still == inner->still && !is_changed)
            own.waiting |= inner->waiting;
        in->still[level] = (uint8_t)still;
        descend(in, level - 1, &own, score > bound ? score : bound);
    }
}

static void choose(struct inward *in, const struct choosing *outer, int k, double bound)
{
    struct branch *b = in->b;
    if (k == b->dim_count) {
        settle(in, outer, bound);
        return;
    }
    int level = outer->level, d = b->dims[k];
    const struct link *inside = in->link[level + 1][d], *nodes = in->links[d]->nodes;
    int64_t smallest = in->tile[level][d];
    uint32_t known = branch_known(b, k + 1);
    for (int32_t i = outer->largest[k]; i < inside->first + inside->count; i++) {
        struct choosing c = *outer;
        in->link[level][d] = &nodes[i];
        in->tile[level][d] = nodes[i].tile;
        if (!model_may_hold(&b->model, level, in->tile[level], known))
            continue;
        cap_tiles(in, &c, k + 1);
        double own = look(in, &c, k + 1, k + 1);
        own = own > bound ? own : bound;
        if (branch_is_cut(b, own)) {
            /* Smaller ones leave more room to the others, and may leave the operand still. */
            if (branch_is_cut(b, look(in, outer, k + 1, k)))
                break;
            continue;
        }
        if (b->evaluations >= b->limit)
            b->is_stopped = true;
        else
            choose(in, &c, k + 1, own);
        if (b->is_stopped)
            break;
    }
    in->tile[level][d] = smallest;
}

static void descend(struct inward *in, int level, const struct inward_state *inner,
                    double bound)
{
    struct branch *b = in->b;
    struct choosing c = {.inner = inner, .level = level};
    for (int k = 0; k < b->dim_count; k++) {
        int d = b->dims[k];
        const struct link *inside = in->link[level + 1][d];
        in->tile[level][d] = in->links[d]->nodes[inside->first + inside->count - 1].tile;
        c.largest[k] = inside->first;
    }
    if (!model_may_hold(&b->model, level, in->tile[level], branch_known(b, 0)))
        return;
    cap_tiles(in, &c, 0);
    double own = look(in, &c, 0, 0);
    if (!branch_is_cut(b, own))
        choose(in, &c, 0, own > bound ? own : bound);
}

static bool visit(struct front *f, const struct front_node *node)
{
    struct inward *in = f->context;
    struct branch *b = in->b;
    int level = f->level, last = level + 1;
    struct innermost inner;
    for (int d = 0; d < DIM_COUNT; d++)
        in->tile[level][d] = 1;
    for (int k = 0; k < b->dim_count; k++) {
        int d = b->dims[k];
        const struct links *links = in->links[d];
        int32_t at = links->nodes[0].first;
        while (links->nodes[at].tile != f->ranges[k]->low[node->index[k]])
            at++;
        in->link[level][d] = &links->nodes[at];
        in->tile[level][d] = links->nodes[at].tile;
    }
    inward_innermost(in, in->tile[level], b->dim_count, &inner);
    for (int still = 0; still < OPERAND_COUNT && !b->is_stopped; still++) {
        struct inward_state state = {.still = still};
        inward_flows(in, &inner, still, &state.sum);
        state.compute = inward_compute(in, &inner, still);
        double score = inward_score(in, &state.sum, level, still, state.compute);
        if (branch_is_cut(b, score))
            continue;
        in->still[level] = (uint8_t)still;
        if (level == 1) {
            evaluate(in, still);
            continue;
        }
        state.waiting = 1u << level;
        state.base[level] = inner.base[still];
        if (!inner.is_moving_inside[still]) {
            state.waiting |= 1u << last;
            state.base[last] = b->base[last][still];
        }
        descend(in, level - 1, &state, score);
    }
    return !b->is_stopped && b->evaluations < b->limit;
}

double inward_search(struct inward *in)
{
    struct branch *b = in->b;
    b->is_stopped = false;
    inward_list(in, b->space->level_count - 1);
    in->front.visit = visit;
    in->front.trials = UINT64_MAX;
    double bound = front_run(&in->front);
    b->is_stopped = bound < INFINITY;
    return bound;
}

void inward_init(struct inward *in, struct branch *b, struct arena *arena)
{
    memset(in, 0, sizeof *in);
    in->b = b;
    in->cache.arena = arena;
    in->nodes = arena_array(arena, INWARD_NODES, sizeof in->nodes[0]);
    in->has_ports = b->options->objective != SEARCH_COST;
    for (int level = 0; level <= SPACE_LEVELS_MAX; level++)
        for (int d = 0; d < DIM_COUNT; d++)
            in->tile[level][d] = 1;
}
