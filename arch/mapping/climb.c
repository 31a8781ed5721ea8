/* Steps from one mapping to its neighbours: a good mapping early makes bounds bite. */
#include <string.h>

#include "arch/mapping/branch.h"

struct step {
    int level, k, by; /* dimension number k of the active ones; by -1: next larger tile */
};

/* The winner's tiles with some steps taken; where an inner tile does not divide its new outer
 * one, the next smaller that does. False where there is no such neighbour. */
static bool place_tiles(struct branch *b, const struct choice *winner, const struct step *steps,
                        int count)
{
    for (int level = 1; level < b->space->level_count; level++)
        for (int k = 0; k < b->dim_count; k++) {
            int d = b->dims[k];
            const struct cut *outer = b->cuts[level - 1][d], *nodes = b->trees[d].nodes;
            int32_t first = outer->first, end = outer->first + outer->count, i = first;
            while (i < end - 1 && nodes[i].tile > winner->tile[level][d])
                i++;
            for (int s = 0; s < count; s++)
                if (steps[s].level == level && steps[s].k == k)
                    i += steps[s].by;
            if (i < first || i >= end)
                return false;
            b->cuts[level][d] = &nodes[i];
            b->tile[level][d] = nodes[i].tile;
        }
    memcpy(b->order, winner->order, sizeof b->order);
    return true;
}

static void try_steps(struct branch *b, const struct choice *winner, const struct step *steps,
                      int count)
{
    if (place_tiles(b, winner, steps, count))
        branch_evaluate(b);
}

void branch_neighbours(struct branch *b, const struct choice *winner)
{
    for (int level = 1; level < b->space->level_count; level++)
        for (int k = 0; k < b->dim_count; k++)
            try_steps(b, winner, &(struct step){level, k, 1}, 1);
}

/* The same tiles in other orders of the outer levels. */
static void try_orders(struct branch *b, const struct choice *winner)
{
    for (int level = 0; level < b->space->level_count - 1; level++) {
        uint8_t allowed = b->space->levels[level].stationary;
        for (int o = 0; o < OPERAND_COUNT; o++) {
            struct choice other = *winner;
            other.order[level] = (uint8_t)o;
            if ((!allowed || (allowed >> o & 1)) && place_tiles(b, &other, NULL, 0))
                branch_evaluate(b);
        }
    }
}

void branch_climb(struct branch *b, const struct choice *start)
{
    for (struct choice now = *start; b->evaluations < b->limit; now = b->local) {
        b->local = now;
        try_orders(b, &now);
        for (int level = 1; level < b->space->level_count; level++)
            for (int k = 0; k < b->dim_count; k++) {
                try_steps(b, &now, &(struct step){level, k, 1}, 1);
                try_steps(b, &now, &(struct step){level, k, -1}, 1);
                for (int other = 0; other < b->dim_count; other++)
                    if (other != k)
                        try_steps(b, &now, (struct step[]){{level, k, 1}, {level, other, -1}},
                                  2);
            }
        if (b->local.score >= now.score * (1 - 1e-12))
            return;
    }
}
