#include "arch/mapping/search.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arch/mapping/queue.h"

enum { EVALUATIONS_DEFAULT = 100000 };

/* Level 0 keeps all; where an operand rests is its outermost memory. */
static void set_homes(const struct space *space, uint8_t keep[SPACE_LEVELS_MAX])
{
    keep[0] = SPACE_ALL;
    for (int o = 0; o < OPERAND_COUNT; o++)
        for (int i = 1; i <= space->home[o]; i++) {
            keep[i] &= (uint8_t) ~(1u << o);
            if (i == space->home[o])
                keep[i] |= (uint8_t)(1u << o);
        }
}

static void add_configuration(struct configurations *list, int32_t unrolling,
                              const struct space *space, const uint8_t keep[SPACE_LEVELS_MAX])
{
    struct configuration one = {.unrolling = unrolling};
    memcpy(one.keep, keep, sizeof one.keep);
    set_homes(space, one.keep);
    for (int32_t i = list->count - 1; i >= 0 && list->items[i].unrolling == unrolling; i--)
        if (memcmp(list->items[i].keep, one.keep, sizeof one.keep) == 0)
            return;
    if (list->count == list->capacity) {
        list->items = arena_grow(list->arena, list->items, (size_t)list->capacity,
                                 (size_t)list->capacity * 2 + 32, sizeof one);
        list->capacity = list->capacity * 2 + 32;
    }
    list->items[list->count++] = one;
}

/* Every permitted set of kept operands at every level. */
static void add_masks(struct configurations *list, int32_t unrolling, const struct space *space,
                      int level, uint8_t keep[SPACE_LEVELS_MAX])
{
    if (level == space->level_count) {
        add_configuration(list, unrolling, space, keep);
        return;
    }
    for (uint8_t mask = 0; mask <= SPACE_ALL; mask++)
        if (space->levels[level].keep_masks >> mask & 1) {
            keep[level] = mask;
            add_masks(list, unrolling, space, level + 1, keep);
        }
}

static int compare(const void *a, const void *b)
{
    const struct configuration *left = a, *right = b;
    if (left->bound != right->bound)
        return left->bound < right->bound ? -1 : 1;
    if (left->unrolling != right->unrolling)
        return left->unrolling < right->unrolling ? -1 : 1;
    return memcmp(left->keep, right->keep, sizeof left->keep);
}

/* Without any bound: for tests, and where there is one memory alone. */
static void search_plainly(struct search *s)
{
    struct branch *b = s->b;
    b->local.score = -INFINITY;
    for (int32_t i = 0; i < s->list.count; i++) {
        const struct configuration *one = &s->list.items[i];
        struct arena_mark mark = arena_mark(s->arena);
        branch_enter(b, &s->unrollings[one->unrolling], one->keep);
        if (branch_prepare(b, s->arena))
            branch_search(b);
        arena_release(s->arena, mark);
    }
}

static void add_neighbours(struct search *s)
{
    struct branch *b = s->b;
    if (!b->best_count)
        return;
    struct choice winner = b->best[0];
    struct arena_mark mark = arena_mark(s->arena);
    branch_enter(b, &winner.unrolling, winner.keep);
    if (branch_prepare(b, s->arena))
        branch_neighbours(b, &winner);
    arena_release(s->arena, mark);
}

static void add_axes(const struct space *space, const struct unrolling *unrolling, int inside,
                     struct nest *nest)
{
    for (int a = 0; a < space->axis_count; a++) {
        if (space->axes[a].inside != inside)
            continue;
        struct nest_level *level = &nest->levels[nest->level_count++];
        *level = (struct nest_level){.name = space->axes[a].name, .is_spatial = true};
        for (int d = 0; d < DIM_COUNT; d++) {
            level->factor[d] = unrolling->factor[a][d];
            level->order[d] = (uint8_t)d;
        }
    }
}

/* Loops that run once stand first, so that a printed line needs no order. */
static void settle_order(struct nest_level *level)
{
    uint8_t order[DIM_COUNT];
    int place = 0;
    for (int d = 0; d < DIM_COUNT; d++)
        if (level->factor[d] == 1)
            order[place++] = (uint8_t)d;
    for (int k = 0; k < DIM_COUNT; k++)
        if (level->factor[level->order[k]] > 1)
            order[place++] = level->order[k];
    memcpy(level->order, order, sizeof order);
}

static void make_nest(const struct space *space, const struct contraction *c,
                      const struct choice *choice, struct nest *nest)
{
    *nest = (struct nest){.contraction = *c};
    for (int i = 0; i < space->level_count; i++) {
        int at = nest->level_count++;
        nest->levels[at] =
            (struct nest_level){.name = space->levels[i].name, .keep = choice->keep[i]};
        add_axes(space, &choice->unrolling, i + 1, nest);
        for (int d = 0; d < DIM_COUNT; d++) {
            int64_t piece = i + 1 < space->level_count ? choice->tile[i + 1][d] : 1;
            for (int k = at + 1; k < nest->level_count; k++)
                piece *= nest->levels[k].factor[d];
            int64_t held = i ? choice->tile[i][d] : c->size[d];
            nest->levels[at].factor[d] = (held - 1) / piece + 1;
        }
        nest_keep_still(&nest->levels[at], c, choice->order[i]);
        settle_order(&nest->levels[at]);
    }
}

static void report(const struct search *s, struct search_result *result)
{
    const struct branch *b = s->b;
    for (int i = 0; i < b->best_count && result->count < SEARCH_CANDIDATES; i++) {
        if (b->best[i].score > b->best[0].score * 1.02)
            break;
        struct search_candidate *candidate = &result->best[result->count++];
        make_nest(b->space, b->c, &b->best[i], &candidate->nest);
        space_estimate(b->space, &candidate->nest, &candidate->estimate);
        candidate->score = b->best[i].score;
    }
    result->evaluations = b->evaluations;
    /* What the tie-break adds is no gap: nobody could save a cycle, or its cost, in 100,000. */
    double best = b->best[0].score, tie = b->options->objective == SEARCH_PRODUCT ? 0 : 1e-5;
    if (!s->is_complete && b->open_bound < best)
        result->gap = (best - b->open_bound) / best;
    if (result->gap <= tie)
        result->gap = 0;
    result->is_complete = s->is_complete || (s->is_all && result->gap == 0);
}

/* Nothing fits: the smallest tiles of the first configuration say why. */
static bool refuse(struct search *s, struct error *err)
{
    struct branch *b = s->b;
    const struct space *space = b->space;
    if (!s->list.count)
        return error_set(err, "mapper: no set of kept operands is permitted");
    branch_enter(b, &s->unrollings[s->list.items[0].unrolling], s->list.items[0].keep);
    for (int level = 1; level < space->level_count; level++) {
        int64_t tile[DIM_COUNT];
        uint64_t bytes;
        for (int d = 0; d < DIM_COUNT; d++)
            tile[d] = model_unrolled_outside(&b->model, d, space->level_count) /
                      model_unrolled_outside(&b->model, d, level);
        if (!model_holds(&b->model, level, tile, &bytes))
            return error_set(err,
                             "mapper: level '%s' is too small: the smallest tile takes %" PRIu64
                             " bytes of its %" PRIu64,
                             space->levels[level].name, bytes,
                             space->levels[level].capacity_bytes);
    }
    return error_set(err, "mapper: no mapping satisfies all levels at once (loops that a level "
                          "may not run, or partial sums that it may not hold)");
}

bool search_best(const struct space *space, const struct contraction *c,
                 const struct search_options *options, struct search_result *result,
                 struct error *err)
{
    memset(result, 0, sizeof *result);
    if (!space_check(space, err))
        return false;
    struct arena arena = {0};
    struct search s = {.b = arena_alloc(&arena, sizeof *s.b), .arena = &arena};
    uint64_t limit = options->evaluations ? options->evaluations : EVALUATIONS_DEFAULT;
    branch_init(s.b, space, c, options);
    s.list.arena = &arena;
    int count = candidate_unrollings(space, c, &arena, &s.unrollings, &s.is_all);
    s.is_complete = s.is_all;
    uint8_t keep[SPACE_LEVELS_MAX] = {SPACE_ALL};
    for (int32_t i = 0; i < count; i++)
        add_masks(&s.list, i, space, 1, keep);
    for (int32_t i = 0; i < s.list.count; i++)
        s.list.items[i].bound =
            branch_enter(s.b, &s.unrollings[s.list.items[i].unrolling], s.list.items[i].keep);
    qsort(s.list.items, (size_t)s.list.count, sizeof s.list.items[0], compare);
    if (options->is_exhaustive || space->level_count == 1)
        search_plainly(&s);
    else
        queue_search(&s, limit);
    add_neighbours(&s);
    bool is_found = s.b->best_count > 0;
    if (is_found)
        report(&s, result);
    else
        refuse(&s, err);
    arena_free(&arena);
    return is_found;
}
