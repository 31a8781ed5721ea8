/* Steps from one mapping to its neighbours: a good mapping early makes bounds bite. */
#include <math.h>
#include <string.h>

#include "arch/mapping/branch.h"

bool branch_place(struct branch *b, const struct choice *choice, int levels,
                  const struct tile_step *steps, int count)
{
    for (int level = 1; level <= levels; level++)
        for (int k = 0; k < b->dim_count; k++) {
            int d = b->dims[k];
            const struct cut *outer = b->cuts[level - 1][d], *nodes = b->trees[d].nodes;
            int32_t first = outer->first, end = outer->first + outer->count, i = first;
            while (i < end - 1 && nodes[i].tile > choice->tile[level][d])
                i++;
            for (int s = 0; s < count; s++)
                if (steps[s].level == level && steps[s].k == k)
                    i += steps[s].by;
            if (i < first || i >= end)
                return false;
            b->cuts[level][d] = &nodes[i];
            b->tile[level][d] = nodes[i].tile;
        }
    memcpy(b->order, choice->order, sizeof b->order);
    return true;
}

static void try_steps(struct branch *b, const struct choice *winner,
                      const struct tile_step *steps, int count)
{
    b->evaluations++;
    if (branch_place(b, winner, b->space->level_count - 1, steps, count))
        branch_evaluate(b);
}

void branch_neighbours(struct branch *b, const struct choice *winner)
{
    for (int level = 1; level < b->space->level_count; level++)
        for (int k = 0; k < b->dim_count; k++)
            try_steps(b, winner, &(struct tile_step){level, k, 1}, 1);
}

/* The same tiles in other orders of the outer levels. */
static void try_orders(struct branch *b, const struct choice *winner)
{
    for (int level = 0; level < b->space->level_count - 1; level++) {
        uint8_t allowed = b->space->levels[level].stationary;
        for (int o = 0; o < OPERAND_COUNT; o++) {
            struct choice other = *winner;
            other.order[level] = (uint8_t)o;
            if ((!allowed || (allowed >> o & 1)) &&
                branch_place(b, &other, b->space->level_count - 1, NULL, 0))
                branch_evaluate(b);
        }
    }
}

/* One dimension smaller, another larger, by few steps or many. */
static void try_trades(struct branch *b, const struct choice *winner, int level, int k,
                       int other)
{
    for (int down = 1; down < 10; down *= 3)
        for (int up = 1; up < 10; up *= 3)
            try_steps(b, winner, (struct tile_step[]){{level, k, down}, {level, other, -up}},
                      2);
}

void branch_climb(struct branch *b, const struct choice *start)
{
    for (struct choice now = *start; b->evaluations < b->limit; now = b->local) {
        b->local = now;
        try_orders(b, &now);
        for (int level = 1; level < b->space->level_count; level++)
            for (int k = 0; k < b->dim_count; k++) {
                try_steps(b, &now, &(struct tile_step){level, k, 1}, 1);
                try_steps(b, &now, &(struct tile_step){level, k, -1}, 1);
                for (int other = 0; other < b->dim_count; other++)
                    if (other != k)
                        try_trades(b, &now, level, k, other);
            }
        if (b->local.score >= now.score * (1 - 1e-12))
            return;
    }
}

/* Numbers that are the same on every machine; Knuth's multiplier. */
static uint32_t draw(uint64_t *state, uint32_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % below;
}

bool branch_shake(struct branch *b, const struct choice *from, uint64_t *state)
{
    enum { STEPS = 3, FAR = 6 };
    int last = b->space->level_count - 1;
    if (last < 1 || !b->dim_count)
        return false;
    struct tile_step steps[STEPS];
    for (int i = 0; i < STEPS; i++) {
        int by = 1 + (int)draw(state, FAR);
        steps[i] = (struct tile_step){1 + (int)draw(state, (uint32_t)last),
                                      (int)draw(state, (uint32_t)b->dim_count),
                                      draw(state, 2) ? by : -by};
    }
    b->local.score = INFINITY;
    b->evaluations++;
    if (!branch_place(b, from, last, steps, STEPS))
        return false;
    branch_evaluate(b);
    if (b->local.score == INFINITY)
        return false;
    struct choice start = b->local;
    branch_climb(b, &start);
    return true;
}
