/* A first good mapping for long searches. Every traffic falls as a tile grows, so only tiles
 * that cannot grow are looked at, level by level from the outside, and the most promising few
 * by their bound are followed inwards. No certificate comes from here: what the beam drops, the
 * branch and bound still visits. */
#include <math.h>
#include <string.h>

#include "arch/mapping/branch.h"

enum { BEAM_WIDTH = 24, TILES_TRIED = 10000 };

/* Where tiles stand closer than this, some are skipped: climbing finds them later. */
static const double STEP = 1.15;

struct beam_state {
    struct choice choice; /* tiles down to the level, orders outside it */
    double bound;
};

struct beam {
    struct branch *b;
    int level, tried;
    struct beam_state *states; /* of this level, best first */
    int count;
    int32_t index[DIM_COUNT]; /* of the chosen child of each active dimension */
};

static void keep_state(struct beam *beam, double bound)
{
    const struct branch *b = beam->b;
    int place = beam->count;
    while (place > 0 && beam->states[place - 1].bound > bound)
        place--;
    if (place == BEAM_WIDTH)
        return;
    if (beam->count < BEAM_WIDTH)
        beam->count++;
    memmove(&beam->states[place + 1], &beam->states[place],
            (size_t)(beam->count - 1 - place) * sizeof beam->states[0]);
    struct beam_state *state = &beam->states[place];
    memset(state, 0, sizeof *state);
    memcpy(state->choice.tile, b->tile, (size_t)b->space->level_count * sizeof b->tile[0]);
    memcpy(state->choice.order, b->order, sizeof b->order);
    state->bound = bound;
}

static bool holds(const struct beam *beam)
{
    uint64_t bytes;
    return model_holds(&beam->b->model, beam->level, beam->b->tile[beam->level], &bytes);
}

/* No other dimension's tile can take a larger size, a step away. */
static bool is_largest(struct beam *beam)
{
    struct branch *b = beam->b;
    for (int k = 0; k < b->dim_count - 1; k++) {
        int d = b->dims[k];
        int32_t larger = beam->index[k] - 1, first = b->cuts[beam->level - 1][d]->first;
        int64_t tile = b->tile[beam->level][d];
        while (larger >= first && (double)b->trees[d].nodes[larger].tile < (double)tile * STEP)
            larger--;
        if (larger < first)
            continue;
        b->tile[beam->level][d] = b->trees[d].nodes[larger].tile;
        bool can_grow = holds(beam);
        b->tile[beam->level][d] = tile;
        if (can_grow)
            return false;
    }
    return true;
}

static void try_orders(struct beam *beam)
{
    struct branch *b = beam->b;
    uint8_t orders = branch_orders(b, beam->level - 1);
    for (int o = 0; o < OPERAND_COUNT; o++) {
        if (!(orders >> o & 1))
            continue;
        b->order[beam->level - 1] = (uint8_t)o;
        b->evaluations++;
        if (branch_settle(b, beam->level))
            keep_state(beam, branch_bound(b, beam->level, beam->level));
    }
}

/* Tiles of dimensions k and later; the last one takes what room is left. */
static void try_tiles(struct beam *beam, int k)
{
    struct branch *b = beam->b;
    if (k == b->dim_count) {
        if (is_largest(beam))
            try_orders(beam);
        return;
    }
    int d = b->dims[k];
    const struct cut *outer = b->cuts[beam->level - 1][d];
    int64_t smallest = b->tile[beam->level][d];
    double next = INFINITY; /* the largest tile to try now */
    for (int32_t i = outer->first; i < outer->first + outer->count; i++) {
        if (beam->tried >= TILES_TRIED || b->evaluations >= b->limit)
            break;
        bool is_last = i == outer->first + outer->count - 1 || k == b->dim_count - 1;
        if ((double)b->trees[d].nodes[i].tile > next && !is_last)
            continue;
        beam->tried++;
        beam->index[k] = i;
        b->cuts[beam->level][d] = &b->trees[d].nodes[i];
        b->tile[beam->level][d] = b->trees[d].nodes[i].tile;
        next = (double)b->tile[beam->level][d] / STEP;
        if (!holds(beam))
            continue;
        try_tiles(beam, k + 1);
        if (k == b->dim_count - 1)
            break;
    }
    b->tile[beam->level][d] = smallest;
}

static void set_smallest(struct branch *b, int level)
{
    for (int k = 0; k < b->dim_count; k++) {
        int d = b->dims[k];
        const struct cut *outer = b->cuts[level - 1][d];
        b->tile[level][d] = b->trees[d].nodes[outer->first + outer->count - 1].tile;
    }
}

static void restore(struct branch *b, const struct choice *choice, int levels)
{
    branch_place(b, choice, levels, NULL, 0);
    for (int level = 1; level <= levels; level++)
        branch_settle(b, level);
}

void branch_beam(struct branch *b, struct arena *scratch)
{
    struct beam_state *now = arena_array(scratch, BEAM_WIDTH + 1, sizeof *now);
    struct beam_state *next = arena_array(scratch, BEAM_WIDTH + 1, sizeof *next);
    int count = 1, last = b->space->level_count - 1;
    for (int level = 1; level <= last; level++) {
        struct beam beam = {.b = b, .level = level, .states = next};
        for (int i = 0; i < count; i++) {
            beam.tried = 0;
            restore(b, &now[i].choice, level - 1);
            set_smallest(b, level);
            try_tiles(&beam, 0);
        }
        count = beam.count;
        struct beam_state *swap = now;
        now = next;
        next = swap;
    }
    for (int i = 0; i < count; i++)
        if (branch_place(b, &now[i].choice, last, NULL, 0))
            branch_evaluate(b);
}
