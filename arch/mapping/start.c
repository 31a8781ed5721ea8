#include "arch/mapping/start.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    TASTED = 32, /* configurations looked into first, for a good mapping to bound with */
    TASTED_EVALUATIONS = 200,
    FLOOR_TRIALS = 32000, /* tiles judged for the floors of all configurations together */
    FLOOR_TRIALS_LEAST = 40,
    FLOOR_TRIALS_MOST = 1800, /* of one memory of one configuration */
    BEAMS = 8 /* configurations looked into thoroughly when the search is long */
};

void starts_add(struct starts *starts, const struct choice *one)
{
    int place = starts->count;
    while (place > 0 && starts->items[place - 1].score > one->score)
        place--;
    if (place == STARTS_MAX)
        return;
    if (starts->count < STARTS_MAX)
        starts->count++;
    memmove(&starts->items[place + 1], &starts->items[place],
            (size_t)(starts->count - 1 - place) * sizeof *one);
    starts->items[place] = *one;
}

void start_taste(struct search *s, struct starts *starts, uint64_t limit)
{
    struct branch *b = s->b;
    for (int32_t i = 0; i < s->list.count && i < TASTED; i++) {
        if (branch_is_cut(b, s->list.items[i].bound) || b->evaluations >= limit)
            continue;
        b->local.score = INFINITY;
        search_one(s, &s->list.items[i], b->evaluations + TASTED_EVALUATIONS);
        if (b->local.score < INFINITY)
            starts_add(starts, &b->local);
    }
}

/* Every level's cheapest tile together; outer ones give way, so that inner ones divide them. */
static void combine_floors(struct search *s, const struct configuration *one)
{
    struct branch *b = s->b;
    int last = b->space->level_count - 1;
    struct choice start = {.unrolling = s->unrollings[one->unrolling]};
    memcpy(start.keep, one->keep, sizeof start.keep);
    for (int level = 1; level <= last; level++) {
        const struct floor_tile *floor = &b->floor_tile[level];
        if (!floor->tile[0])
            return;
        memcpy(start.tile[level], floor->tile, sizeof floor->tile);
        start.order[level - 1] = floor->outside;
        start.order[last] = floor->inside;
    }
    branch_agree(b, &start);
    if (branch_place(b, &start, last, NULL, 0))
        branch_evaluate(b);
}

void start_sharpen(struct search *s, struct starts *starts, uint64_t limit)
{
    struct branch *b = s->b;
    int questions = 2 * s->list.count * (b->space->level_count - 1);
    int trials = FLOOR_TRIALS / (questions ? questions : 1);
    trials = trials < FLOOR_TRIALS_LEAST ? FLOOR_TRIALS_LEAST : trials;
    trials = trials < FLOOR_TRIALS_MOST ? trials : FLOOR_TRIALS_MOST;
    for (int32_t i = 0; i < s->list.count && b->evaluations < limit; i++) {
        struct configuration *one = &s->list.items[i];
        if (one->is_done || branch_is_cut(b, one->bound))
            continue;
        struct arena_mark mark = arena_mark(s->arena);
        branch_enter(b, &s->unrollings[one->unrolling], one->keep);
        b->local.score = INFINITY;
        one->is_done = !branch_prepare(b, s->arena, &one->bound) ||
                       !branch_sharpen(b, trials, &one->bound);
        if (!one->is_done) {
            one->is_sharp = true;
            memcpy(one->floor_cost, b->floor_cost, sizeof one->floor_cost);
            combine_floors(s, one);
            if (b->local.score < INFINITY)
                starts_add(starts, &b->local);
        }
        arena_release(s->arena, mark);
    }
    b->local.score = -INFINITY;
    qsort(s->list.items, (size_t)s->list.count, sizeof s->list.items[0], search_compare);
}

static void climb_all(struct search *s, struct starts *starts, uint64_t limit)
{
    struct branch *b = s->b;
    b->limit = limit;
    for (int32_t i = 0; i < starts->count; i++) {
        struct choice *start = &starts->items[i];
        struct arena_mark mark = arena_mark(s->arena);
        double bound = branch_enter(b, &start->unrolling, start->keep);
        if (branch_prepare(b, s->arena, &bound)) {
            branch_climb(b, start);
            if (b->local.score < start->score)
                *start = b->local;
        }
        arena_release(s->arena, mark);
    }
    b->local.score = -INFINITY;
}

/* A pass over the starts that gains less is the last. */
static const double WORTH_IT = 0.005;

/* Iterated local search around the starts, every configuration with its own. */
static void shake_all(struct search *s, struct starts *starts, uint64_t limit)
{
    enum { ROUNDS = 16 };
    struct branch *b = s->b;
    uint64_t state = 1;
    double before = INFINITY;
    while (starts->count && b->best[0].score < before * (1 - WORTH_IT)) {
        before = b->best[0].score;
        for (int32_t i = 0; i < starts->count && b->evaluations < limit; i++) {
            struct choice *now = &starts->items[i];
            struct arena_mark mark = arena_mark(s->arena);
            double bound = branch_enter(b, &now->unrolling, now->keep);
            bool is_possible = branch_prepare(b, s->arena, &bound) && !branch_is_cut(b, bound);
            for (int k = 0; is_possible && k < ROUNDS && b->evaluations < limit; k++)
                if (branch_shake(b, now, &state) && b->local.score < now->score)
                    *now = b->local;
            arena_release(s->arena, mark);
        }
    }
    b->local.score = -INFINITY;
}

void start_improve(struct search *s, struct starts *starts, uint64_t limit)
{
    struct branch *b = s->b;
    b->limit = limit;
    for (int32_t i = 0, beams = 0; i < s->list.count && beams < BEAMS; i++) {
        const struct configuration *one = &s->list.items[i];
        if (one->is_done || branch_is_cut(b, one->bound))
            continue;
        struct arena_mark mark = arena_mark(s->arena);
        double bound = branch_enter(b, &s->unrollings[one->unrolling], one->keep);
        b->local.score = INFINITY;
        if (branch_prepare(b, s->arena, &bound))
            branch_beam(b, s->arena);
        if (b->local.score < INFINITY)
            starts_add(starts, &b->local);
        arena_release(s->arena, mark);
        beams++;
    }
    climb_all(s, starts, limit);
    shake_all(s, starts, limit);
}
