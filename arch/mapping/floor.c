/* The least that any tile of a memory costs, whatever lies outside it: weights that change with
 * every pass, short streams, small register files, buffers too small for what is used again.
 * branch_bound cannot see it before that tile is chosen.
 *
 * Of the loops outside a tile the innermost belongs to one dimension, which at most one operand
 * does not depend on. So at most one operand may stay where it is while others change; the
 * others come again for every trip of the loops that are not their own. That is Hong and Kung's
 * argument (STOC 1981) for tiles: the larger the room, the fewer the trips. The minimum over
 * the tiles that fit is found best first, dimensions not yet cut counting as whole; where that
 * takes too long, the least bound among the open branches stands. */
#include "arch/mapping/floor.h"

#include <math.h>
#include <string.h>

/* Distinct tiles of one level anywhere in the tree, smallest first; -1: too many. */
static int add_tiles(const struct cut_tree *tree, const struct cut *cut, int depth,
                     int64_t *tiles, int count)
{
    for (int32_t i = cut->first; count >= 0 && i < cut->first + cut->count; i++) {
        int64_t tile = tree->nodes[i].tile;
        if (depth > 1) {
            count = add_tiles(tree, &tree->nodes[i], depth - 1, tiles, count);
            continue;
        }
        int low = 0, high = count;
        while (low < high) {
            int middle = (low + high) / 2;
            if (tiles[middle] < tile)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < count && tiles[low] == tile)
            continue;
        if (count == DISTINCT_MAX)
            return -1;
        memmove(&tiles[low + 1], &tiles[low], (size_t)(count - low) * sizeof tiles[0]);
        tiles[low] = tile;
        count++;
    }
    return count;
}

/* As many ranges as there is room for, one tile each where they are few. */
static int group_tiles(const int64_t *tiles, int count, struct range ranges[RANGES_MAX])
{
    int groups = count < RANGES_MAX ? count : RANGES_MAX;
    for (int i = 0; i < groups; i++)
        ranges[i] =
            (struct range){tiles[count * i / groups], tiles[count * (i + 1) / groups - 1]};
    return groups;
}

/* A binary heap, least bound on top. */
static void push(struct floor_search *f, const struct floor_node *node)
{
    struct floor_node *nodes = f->b->nodes;
    int at = f->node_count++;
    for (int up; at > 0 && nodes[up = (at - 1) / 2].bound > node->bound; at = up)
        nodes[at] = nodes[up];
    nodes[at] = *node;
}

static struct floor_node pop(struct floor_search *f)
{
    struct floor_node *nodes = f->b->nodes, top = nodes[0], last = nodes[--f->node_count];
    int at = 0;
    for (int child; (child = 2 * at + 1) < f->node_count; at = child) {
        if (child + 1 < f->node_count && nodes[child + 1].bound < nodes[child].bound)
            child++;
        if (nodes[child].bound >= last.bound)
            break;
        nodes[at] = nodes[child];
    }
    nodes[at] = last;
    return top;
}

/* Puts a node's tiles into f->tile: for traffic the largest of each range, whole where not
 * fixed; for room the smallest. */
static void set_tile(struct floor_search *f, const struct floor_node *node, bool is_traffic)
{
    for (int k = 0; k < f->b->dim_count; k++) {
        const struct range *ranges = f->ranges[k];
        int64_t *tile = &f->tile[f->b->dims[k]];
        if (is_traffic)
            *tile = ranges[k < node->fixed ? node->index[k] : f->counts[k] - 1].high;
        else
            *tile = ranges[k < node->fixed ? node->index[k] : 0].low;
    }
}

/* The node with the last of its tiles at `index` or the next smaller that fits; false: none. */
static bool add_node(struct floor_search *f, struct floor_node node, int index)
{
    struct branch *b = f->b;
    double parent = node.bound;
    for (; index >= 0; index--) {
        uint64_t bytes;
        node.index[node.fixed - 1] = (uint8_t)index;
        set_tile(f, &node, false);
        if (model_holds(&b->model, f->level, f->tile, &bytes))
            break;
    }
    if (index < 0)
        return false;
    memcpy(f->smallest, f->tile, sizeof f->tile);
    set_tile(f, &node, true);
    f->fixed = node.fixed;
    node.bound = floor_judge(f);
    node.bound = node.bound > parent ? node.bound : parent;
    if (node.fixed == b->dim_count && node.bound < f->least) {
        f->least = node.bound;
        set_tile(f, &node, false);
        memcpy(f->best->tile, f->tile, sizeof f->tile);
        f->best->outside = f->outside;
        f->best->inside = f->inside;
    }
    f->added = node;
    push(f, &node);
    return true;
}

/* The most promising node made a tile, dimension by dimension: no bound, but a start. */
static void complete(struct floor_search *f)
{
    struct floor_node node = pop(f);
    while (node.fixed < f->b->dim_count) {
        int from = f->counts[node.fixed++] - 1, first = f->node_count;
        double bound = node.bound;
        struct floor_node best = {.bound = INFINITY};
        for (int index = from; index >= 0 && f->node_count < FLOOR_NODES; index--) {
            f->node_count = first;
            node.bound = bound;
            if (!add_node(f, node, index))
                break;
            if (f->added.bound < best.bound)
                best = f->added;
            index = f->added.index[node.fixed - 1];
        }
        f->node_count = first;
        if (best.bound == INFINITY)
            return;
        node = best;
    }
}

/* Least of the level, or as much of it as is known when the trials are over. What moves into a
 * memory never falls with a smaller tile, so a tile's next smaller one is looked at when the
 * tile is the most promising of all. What the multipliers take may fall, as the core's time
 * may: then all are looked at together. */
static double search_floor(struct floor_search *f, double limit)
{
    struct branch *b = f->b;
    bool is_lazy = f->level < b->space->level_count - 1 &&
                   (f->is_cost || !b->space->cycles || b->space->cycles_level != f->level);
    f->tried = f->node_count = 0;
    f->least = INFINITY;
    push(f, &(struct floor_node){.bound = 0});
    while (f->node_count) {
        double bound = b->nodes[0].bound;
        if (bound >= limit)
            return bound;
        if (f->tried >= f->trials) {
            complete(f);
            return bound;
        }
        struct floor_node node = pop(f);
        if (node.fixed == b->dim_count)
            return node.bound;
        if (is_lazy && node.fixed && node.index[node.fixed - 1] > 0)
            add_node(f, node, node.index[node.fixed - 1] - 1);
        struct floor_node child = node;
        int index = f->counts[child.fixed++] - 1;
        if (is_lazy) {
            add_node(f, child, index);
            continue;
        }
        for (; index >= 0 && f->node_count < FLOOR_NODES; index--)
            add_node(f, child, index);
        if (index >= 0) /* no room for the others: their parent stands for them */
            return bound;
    }
    return INFINITY;
}

static bool list_tiles(struct floor_search *f, int level)
{
    struct branch *b = f->b;
    f->level = level;
    for (int d = 0; d < DIM_COUNT; d++)
        f->tile[d] = 1;
    for (int k = 0; k < b->dim_count; k++) {
        int d = b->dims[k];
        int count = add_tiles(&b->trees[d], &b->trees[d].nodes[0], level, b->distinct, 0);
        if (count <= 0)
            return false;
        f->counts[k] = group_tiles(b->distinct, count, f->ranges[k]);
    }
    return true;
}

/* What flows into the levels outside at least, each operand once; the score of an innermost
 * tile knows no other flows, that of an outer one finds those deeper by itself. */
static void add_outer(struct floor_search *f)
{
    struct branch *b = f->b;
    f->outer = b->totals[0];
    f->outer_cost = 0; /* of the floors, beyond what is in f->outer */
    for (int level = 1; level < f->level; level++) {
        double before = f->outer.cost;
        for (int o = 0; o < OPERAND_COUNT; o++) {
            struct flow flow = {.reads = b->model.elements[o], .fills = b->model.elements[o]};
            b->flow[level][o] = flow;
            b->held[level][o] = 0; /* nothing is known of its tile */
            if (b->model.parent[level][o] >= 0)
                model_add(&b->model, level, o, &flow, &f->outer);
        }
        double more = b->floor_cost[level] - (f->outer.cost - before);
        f->outer_cost += more > 0 ? more : 0;
    }
}

bool branch_sharpen(struct branch *b, int trials, double *bound)
{
    int last = b->space->level_count;
    struct floor_search f = {.b = b, .trials = trials};
    struct floor_tile none;
    for (int level = 1; level < last; level++) {
        f.is_cost = true;
        f.outer = b->totals[0];
        f.best = &b->floor_tile[level];
        f.best->tile[0] = 0;
        if (!list_tiles(&f, level))
            continue;
        double least = search_floor(&f, INFINITY);
        if (least == INFINITY)
            return false;
        b->floor_cost[level] = least;
    }
    for (int level = 1; level < last; level++) {
        f.is_cost = false;
        if (!list_tiles(&f, level))
            continue;
        add_outer(&f);
        f.best = level == last - 1 ? &none : &b->floor_tile[level];
        double limit = b->best_count ? b->best[0].score : INFINITY;
        double least = search_floor(&f, limit);
        if (least == INFINITY)
            return false;
        *bound = least > *bound ? least : *bound;
        if (branch_is_cut(b, *bound))
            break;
    }
    return true;
}
