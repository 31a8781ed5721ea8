/* Nests that come from elsewhere, held against a space: do they fit, what do they cost? */
#include <inttypes.h>
#include <string.h>

#include "arch/mapping/candidates.h"

/* Names of the levels and axes a nest of the space has, in order. */
static int expected_levels(const struct space *space, const char *names[NEST_LEVELS_MAX],
                           int8_t level_of[NEST_LEVELS_MAX], int8_t axis_of[NEST_LEVELS_MAX])
{
    int count = 0;
    for (int i = 0; i < space->level_count; i++) {
        names[count] = space->levels[i].name;
        axis_of[count] = -1;
        level_of[count++] = (int8_t)i;
        for (int a = 0; a < space->axis_count; a++)
            if (space->axes[a].inside == i + 1) {
                names[count] = space->axes[a].name;
                level_of[count] = -1;
                axis_of[count++] = (int8_t)a;
            }
    }
    return count;
}

struct binding {
    struct model model;
    int8_t level_of[NEST_LEVELS_MAX], axis_of[NEST_LEVELS_MAX]; /* -1: the other kind */
    int8_t nest_level[SPACE_LEVELS_MAX + 1];                    /* of a space's level */
    int64_t tile[SPACE_LEVELS_MAX + 1][DIM_COUNT];
};

static bool bind(const struct space *space, const struct nest *nest, struct binding *b,
                 struct error *err)
{
    const char *names[NEST_LEVELS_MAX] = {0};
    memset(b, 0, sizeof *b);
    int count = expected_levels(space, names, b->level_of, b->axis_of);
    struct model *m = &b->model;
    m->space = space;
    m->contraction = &nest->contraction;
    for (int i = 0; i < count || i < nest->level_count; i++) {
        const char *name = i < nest->level_count ? nest->levels[i].name : "";
        bool is_same = i < count && i < nest->level_count && strcmp(name, names[i]) == 0 &&
                       nest->levels[i].is_spatial == (b->axis_of[i] >= 0);
        if (!is_same)
            return error_set(err, "mapping: level %d is '%s', the core has %s '%s' there",
                             i + 1, name,
                             i < count && b->axis_of[i] >= 0 ? "the axis" : "the memory",
                             i < count ? names[i] : "(none)");
        if (b->axis_of[i] >= 0) {
            memcpy(m->unrolled[b->axis_of[i]], nest->levels[i].factor,
                   sizeof nest->levels[i].factor);
            continue;
        }
        m->keep[b->level_of[i]] = nest->levels[i].keep;
        b->nest_level[b->level_of[i]] = (int8_t)i;
        nest_tile(nest, i, b->tile[b->level_of[i]]);
    }
    b->nest_level[space->level_count] = (int8_t)nest->level_count;
    nest_tile(nest, nest->level_count, b->tile[space->level_count]);
    for (int o = 0; o < OPERAND_COUNT; o++) {
        m->relevant[o] = contraction_relevant(&nest->contraction, o);
        m->elements[o] = (double)contraction_elements(&nest->contraction, o);
    }
    model_prepare(m);
    return true;
}

static double estimate_compute(const struct binding *b, const struct nest *nest)
{
    const struct space *space = b->model.space;
    int level = space->cycles ? space->cycles_level : space->level_count - 1;
    level = level > 0 ? level : 1;
    struct cut cuts[DIM_COUNT];
    const struct cut *chosen[DIM_COUNT] = {0};
    double fresh[DIM_COUNT];
    uint32_t relevant = b->model.relevant[space->cycles_operand];
    /* Levels whose foreign loops bring a fresh tile: all outside the innermost loop, in the
     * nest's own order, that moves the operand. */
    int counted = 0;
    bool is_counted[DIM_COUNT] = {false};
    for (int i = level - 1; i >= 0 && !counted; i--) {
        const struct nest_level *l = &nest->levels[b->nest_level[i]];
        for (int k = DIM_COUNT - 1; k >= 0; k--) {
            int d = l->order[k];
            if (counted)
                is_counted[d] = true;
            else if (l->factor[d] > 1 && (relevant >> d & 1))
                counted = i + 1;
        }
    }
    for (int d = 0; d < DIM_COUNT; d++) {
        int64_t tiles[SPACE_LEVELS_MAX + 1];
        for (int i = 0; i <= space->level_count; i++)
            tiles[i] = b->tile[i][d];
        fresh[d] = 1;
        if (nest->contraction.size[d] == 1)
            continue;
        cut_describe(&b->model, d, tiles, level, &cuts[d]);
        chosen[d] = &cuts[d];
        int outside = relevant >> d & 1 ? level : is_counted[d] ? counted : counted - 1;
        if (outside <= 0)
            continue;
        struct cut outer;
        cut_describe(&b->model, d, tiles, outside, &outer);
        fresh[d] = outer.visits;
    }
    return cut_cycles(&b->model, chosen, fresh);
}

void space_estimate(const struct space *space, const struct nest *nest, struct estimate *out)
{
    struct binding b;
    struct totals totals = {0};
    *out = (struct estimate){0};
    if (!bind(space, nest, &b, NULL))
        return;
    totals.cost = (double)contraction_macs(&nest->contraction) * space->mac_cost;
    for (int level = 1; level <= space->level_count; level++)
        for (int o = 0; o < OPERAND_COUNT; o++) {
            int at = b.nest_level[level];
            struct flow flow = {.reads = (double)nest_reads(nest, at, o),
                                .fills = (double)nest_fills(nest, at, o)};
            if (o == OPERAND_OUTPUT)
                flow.returns = (double)nest_partial_refills(nest, at);
            model_add(&b.model, level, o, &flow, &totals);
        }
    out->cost = totals.cost;
    out->compute_cycles = estimate_compute(&b, nest);
    for (int i = 0; i < space->level_count; i++)
        out->port_cycles[i] = model_port_cycles(&b.model, &totals, i);
    out->cycles = model_cycles(&b.model, &totals, out->compute_cycles);
    if (space->level_count > 1)
        model_holds(&b.model, 1, b.tile[1], &out->resident_bytes);
}

/* The largest smaller factor of one dimension at this level or further inside with which the
 * level holds its tile; the smallest change is the one that gives up the least. */
static bool find_change(const struct binding *b, const struct nest *nest, int level, int *where,
                        int *which, int64_t *factor)
{
    double least = 0;
    for (int at = b->nest_level[level]; at < nest->level_count; at++)
        for (int d = 0; d < DIM_COUNT; d++) {
            int64_t now = nest->levels[at].factor[d], tile[DIM_COUNT];
            int64_t low = 0, high = now; /* largest factor that fits lies in [low, high) */
            if (now == 1 || (nest->levels[at].is_spatial && least > 0))
                continue;
            while (high - low > 1) {
                int64_t middle = low + (high - low) / 2;
                uint64_t bytes;
                memcpy(tile, b->tile[level], sizeof tile);
                tile[d] = tile[d] / now * middle;
                if (model_holds(&b->model, level, tile, &bytes))
                    low = middle;
                else
                    high = middle;
            }
            if (low > 0 && (double)low / (double)now > least) {
                least = (double)low / (double)now;
                *where = at;
                *which = d;
                *factor = low;
            }
        }
    return least > 0;
}

static bool refuse_tile(const struct binding *b, const struct nest *nest, int level,
                        struct error *err)
{
    const struct space_level *l = &b->model.space->levels[level];
    int where = 0, which = 0;
    int64_t factor = 0;
    uint64_t bytes;
    char change[128] = "no single smaller factor fits";
    model_holds(&b->model, level, b->tile[level], &bytes);
    if (find_change(b, nest, level, &where, &which, &factor))
        snprintf(change, sizeof change, "%s %" PRId64 " instead of %" PRId64 " at '%s' fits",
                 DIM_NAMES[which], factor, nest->levels[where].factor[which],
                 nest->levels[where].name);
    if (l->capacity_bytes && bytes > l->capacity_bytes)
        return error_set(err,
                         "mapping: level '%s' would hold %" PRIu64 " bytes of its %" PRIu64
                         ", %" PRIu64 " too many; %s",
                         l->name, bytes, l->capacity_bytes, bytes - l->capacity_bytes, change);
    for (int o = 0; o < OPERAND_COUNT; o++) {
        struct model alone = b->model;
        alone.keep[level] &= (uint8_t)(1u << o);
        model_holds(&alone, level, b->tile[level], &bytes);
        if (l->partition_bytes[o] && bytes > l->partition_bytes[o])
            return error_set(err,
                             "mapping: level '%s' would hold %" PRIu64 " bytes of the %s in a "
                             "store of %" PRIu64 ", %" PRIu64 " too many; %s",
                             l->name, bytes, OPERAND_NAMES[o], l->partition_bytes[o],
                             bytes - l->partition_bytes[o], change);
    }
    int64_t rows = 1;
    for (int d = 0; d < DIM_COUNT; d++)
        if (l->limit_dims >> d & 1)
            rows *= b->tile[level][d] < nest->contraction.size[d] ? b->tile[level][d]
                                                                  : nest->contraction.size[d];
    if (!l->limit || rows <= l->limit)
        return error_set(err, "mapping: the core takes no such tile at level '%s'; %s", l->name,
                         change);
    return error_set(err,
                     "mapping: level '%s' would take a tile of %" PRId64
                     " rows, its limit is %" PRId64 ", %" PRId64 " too many; %s",
                     l->name, rows, l->limit, rows - l->limit, change);
}

static bool fits_axis(const struct space *space, const struct nest_level *level, int axis,
                      struct error *err)
{
    const struct space_axis *a = &space->axes[axis];
    int64_t used = 1;
    for (int d = 0; d < DIM_COUNT; d++) {
        if (level->factor[d] > 1 && !(a->dims >> d & 1))
            return error_set(
                err, "mapping: axis '%s' cannot unroll %s; %s 1 instead of %" PRId64 " fits",
                a->name, DIM_NAMES[d], DIM_NAMES[d], level->factor[d]);
        if (__builtin_mul_overflow(used, level->factor[d], &used))
            used = INT64_MAX / 2;
    }
    for (int d = 0; used > a->fanout && d < DIM_COUNT; d++)
        if (used / level->factor[d] <= a->fanout)
            return error_set(err,
                             "mapping: axis '%s' would need %" PRId64
                             " instances of its %" PRId64 ", %" PRId64 " too many; %s %" PRId64
                             " instead of %" PRId64 " fits",
                             a->name, used, a->fanout, used - a->fanout, DIM_NAMES[d],
                             a->fanout / (used / level->factor[d]), level->factor[d]);
    if (used > a->fanout)
        return error_set(err,
                         "mapping: axis '%s' would need %" PRId64 " instances of its %" PRId64
                         ", %" PRId64 " too many",
                         a->name, used, a->fanout, used - a->fanout);
    return true;
}

static bool fits_level(const struct binding *b, const struct nest *nest, int level,
                       struct error *err)
{
    const struct space_level *l = &b->model.space->levels[level];
    const struct nest_level *n = &nest->levels[b->nest_level[level]];
    for (int d = 0; d < DIM_COUNT; d++)
        if (n->factor[d] > 1 && l->loops && !(l->loops >> d & 1))
            return error_set(err,
                             "mapping: level '%s' cannot loop over %s; %s 1 instead of "
                             "%" PRId64 " fits",
                             l->name, DIM_NAMES[d], DIM_NAMES[d], n->factor[d]);
    bool is_permitted = level == 0;
    uint8_t homes = 0; /* operands whose bit here follows from where they rest */
    for (int o = 0; o < OPERAND_COUNT; o++)
        homes |= (uint8_t)((b->model.space->home[o] >= level) << o);
    for (unsigned mask = 0; mask <= SPACE_ALL; mask++)
        is_permitted =
            is_permitted || ((l->keep_masks >> mask & 1) && !((mask ^ n->keep) & ~homes));
    if (!is_permitted)
        return error_set(err, "mapping: level '%s' cannot keep just these operands", l->name);
    uint64_t bytes;
    return level == 0 || model_holds(&b->model, level, b->tile[level], &bytes) ||
           refuse_tile(b, nest, level, err);
}

bool space_fits(const struct space *space, const struct nest *nest, struct error *err)
{
    struct binding b;
    if (!nest_check(nest, err) || !bind(space, nest, &b, err))
        return false;
    for (int i = 0; i < nest->level_count; i++)
        if (b.axis_of[i] >= 0 && !fits_axis(space, &nest->levels[i], b.axis_of[i], err))
            return false;
    for (int level = 0; level < space->level_count; level++)
        if (!fits_level(&b, nest, level, err))
            return false;
    for (int level = 1; level <= space->level_count; level++) {
        int parent = b.model.parent[level][OPERAND_OUTPUT];
        uint64_t returns = nest_partial_refills(nest, b.nest_level[level]);
        if (parent >= 0 && returns > 0 && !space->levels[parent].holds_partials)
            return error_set(err,
                             "mapping: %" PRIu64
                             " partial sums would rest in '%s', which takes "
                             "finished outputs only; loop over C, T, R, S inside it",
                             returns, space->levels[parent].name);
    }
    return true;
}
