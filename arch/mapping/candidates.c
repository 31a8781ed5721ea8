#include "arch/mapping/chains.h"

#include <stdlib.h>
#include <string.h>

static int64_t ceil_divide(int64_t a, int64_t b)
{
    return (a - 1) / b + 1;
}

/* The next smaller distinct ceil(extent / n) below cut. */
static int64_t next_cut(int64_t extent, int64_t cut)
{
    return ceil_divide(extent, ceil_divide(extent, cut - 1));
}

int candidate_cuts(int64_t extent, int most, int64_t cuts[CUTS_MAX])
{
    int count = 0;
    int64_t cut = extent;
    for (; count < most; cut = next_cut(extent, cut)) {
        cuts[count++] = cut;
        if (cut == 1)
            return count;
    }
    /* Too many. Steps of a quarter, or wider where even those are too many: within a step the
     * smallest divisor is taken, where there is one. */
    for (double ratio = 1.25;; ratio *= 1.25) {
        count = 0;
        for (cut = extent; cut > 1 && count < most - 1;) {
            cuts[count++] = cut;
            int64_t low = (int64_t)((double)cut / ratio), next = next_cut(extent, cut);
            int64_t chosen = 0;
            for (int64_t trial = next; trial > low && trial > 1;
                 trial = next_cut(extent, trial))
                if (extent % trial == 0)
                    chosen = trial;
            if (!chosen && low > 1)
                chosen = ceil_divide(extent, ceil_divide(extent, low));
            cut = chosen > 1 && chosen < cut ? chosen : low > 1 ? next : 1;
        }
        if (cut == 1) {
            cuts[count++] = 1;
            return count;
        }
    }
}

struct chain_list {
    const struct model *m;
    int d, most;
    int64_t inside[SPACE_LEVELS_MAX], outside[SPACE_LEVELS_MAX]; /* products of axes */
    struct chain *items;
    int32_t count, capacity;
    struct arena *arena;
};

static bool may_loop(const struct chain_list *list, int level)
{
    uint32_t loops = list->m->space->levels[level].loops;
    return !loops || (loops >> list->d & 1);
}

static void add_chain(struct chain_list *list, const struct chain *chain)
{
    if (list->count == list->capacity) {
        list->items = arena_grow(list->arena, list->items, (size_t)list->capacity,
                                 (size_t)list->capacity * 2 + 64, sizeof *list->items);
        list->capacity = list->capacity * 2 + 64;
    }
    list->items[list->count++] = *chain;
}

/* From the inside out, so that every level holds a whole number of its inner tiles. */
static void cut_level(struct chain_list *list, int level, struct chain *chain)
{
    int64_t size = list->m->contraction->size[list->d];
    int64_t base = chain->tile[level + 1] * list->inside[level];
    int64_t rest = ceil_divide(ceil_divide(size, base), list->outside[level]);
    if (level == 0) {
        if (rest == 1 || may_loop(list, 0))
            add_chain(list, chain);
        return;
    }
    int64_t cuts[CUTS_MAX] = {1};
    int count = may_loop(list, level) ? candidate_cuts(rest, list->most, cuts) : 1;
    for (int i = 0; i < count; i++) {
        chain->tile[level] = base * cuts[i];
        cut_level(list, level - 1, chain);
    }
}

static int compare_chains(const void *a, const void *b)
{
    const struct chain *left = a, *right = b;
    for (int i = 1; i <= SPACE_LEVELS_MAX; i++)
        if (left->tile[i] != right->tile[i])
            return left->tile[i] > right->tile[i] ? -1 : 1;
    return 0;
}

/* Chains first .. end - 1 agree above depth `level`; writes the nodes below `parent`. */
static void grow(const struct chain_list *list, int level, int32_t first, int32_t end,
                 int32_t parent, struct cut_tree *tree)
{
    if (level >= list->m->space->level_count)
        return;
    int32_t start = tree->count, count = 0;
    for (int32_t i = first; i < end; i++)
        if (i == first || list->items[i].tile[level] != list->items[i - 1].tile[level]) {
            cut_describe(list->m, list->d, list->items[i].tile, level,
                         &tree->nodes[tree->count++]);
            count++;
        }
    tree->nodes[parent].first = start;
    tree->nodes[parent].count = count;
    int32_t node = start;
    for (int32_t i = first, from = first; i < end; i++)
        if (i + 1 == end || list->items[i + 1].tile[level] != list->items[i].tile[level]) {
            grow(list, level + 1, from, i + 1, node++, tree);
            from = i + 1;
        }
}

int32_t chains_list(const struct model *m, int d, struct arena *arena, struct chain **chains)
{
    static const int MOST[SPACE_LEVELS_MAX + 1] = {24, 24, 64, 24, 10, 6};
    int levels = m->space->level_count;
    struct chain_list list = {.m = m, .d = d, .most = MOST[levels], .arena = arena};
    for (int i = 0; i < levels; i++) {
        list.inside[i] = model_unrolled_inside(m, d, i);
        list.outside[i] = model_unrolled_outside(m, d, i);
    }
    struct chain chain;
    for (int i = 0; i <= SPACE_LEVELS_MAX; i++)
        chain.tile[i] = 1;
    cut_level(&list, levels - 1, &chain);
    *chains = list.items;
    return list.count;
}

bool cut_tree_build(const struct model *m, int d, struct arena *arena, struct cut_tree *tree)
{
    int levels = m->space->level_count;
    struct chain_list list = {.m = m};
    list.count = chains_list(m, d, arena, &list.items);
    list.d = d;
    if (!list.count)
        return false;
    qsort(list.items, (size_t)list.count, sizeof *list.items, compare_chains);
    *tree = (struct cut_tree){0};
    tree->nodes =
        arena_array(arena, (size_t)list.count * (size_t)levels + 1, sizeof(struct cut));
    cut_describe(m, d, list.items[0].tile, 1, &tree->nodes[0]);
    tree->count = 1;
    grow(&list, 1, 0, list.count, 0, tree);
    return true;
}
