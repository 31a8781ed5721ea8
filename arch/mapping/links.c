/* Tiles of one dimension as a tree from the innermost memory outwards. */
#include "arch/mapping/inward.h"

#include <string.h>

#include "arch/mapping/chains.h"

/* Chains first .. end - 1 agree inside `level`; writes the nodes below `parent`. */
static void grow(struct links *links, const struct chain *chains, int level, int32_t first,
                 int32_t end, int32_t parent)
{
    if (level == 0)
        return;
    int32_t start = links->count;
    for (int32_t i = first; i < end; i++)
        if (i == first || chains[i].tile[level] != chains[i - 1].tile[level])
            links->nodes[links->count++] = (struct link){.tile = chains[i].tile[level]};
    links->nodes[parent].first = start;
    links->nodes[parent].count = links->count - start;
    int32_t node = start;
    for (int32_t i = first, from = first; i < end; i++)
        if (i + 1 == end || chains[i + 1].tile[level] != chains[i].tile[level]) {
            grow(links, chains, level - 1, from, i + 1, node++);
            from = i + 1;
        }
}

/* Distinct tiles of a level anywhere in a tree, smallest first; returns their number. */
static int32_t list_tiles(const struct links *links, const struct link *link, int depth,
                          int64_t *tiles, int32_t count)
{
    for (int32_t i = link->first; i < link->first + link->count; i++) {
        const struct link *child = &links->nodes[i];
        if (depth > 1) {
            count = list_tiles(links, child, depth - 1, tiles, count);
            continue;
        }
        int32_t low = 0, high = count;
        while (low < high) {
            int32_t middle = (low + high) / 2;
            if (tiles[middle] < child->tile)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < count && tiles[low] == child->tile)
            continue;
        memmove(&tiles[low + 1], &tiles[low], (size_t)(count - low) * sizeof tiles[0]);
        tiles[low] = child->tile;
        count++;
    }
    return count;
}

static void group_tiles(const int64_t *tiles, int32_t count, struct ranges *ranges)
{
    ranges->count = count < RANGES_MAX ? count : RANGES_MAX;
    for (int32_t i = 0; i < ranges->count; i++) {
        ranges->low[i] = tiles[count * i / ranges->count];
        ranges->high[i] = tiles[count * (i + 1) / ranges->count - 1];
    }
}

static void build(struct links *links, const struct model *m, int d, struct arena *arena)
{
    struct chain *chains;
    int levels = m->space->level_count;
    int32_t count = chains_list(m, d, arena, &chains);
    *links = (struct links){0};
    if (!count)
        return;
    links->nodes =
        arena_array(arena, (size_t)count * (size_t)levels + 1, sizeof links->nodes[0]);
    links->nodes[0] = (struct link){.tile = 1};
    links->count = 1;
    grow(links, chains, levels - 1, 0, count, 0);
    int64_t *tiles = arena_array(arena, (size_t)links->count, sizeof tiles[0]);
    struct ranges *ranges = arena_array(arena, (size_t)levels, sizeof ranges[0]);
    for (int level = 1; level < levels; level++)
        group_tiles(tiles, list_tiles(links, &links->nodes[0], levels - level, tiles, 0),
                    &ranges[level]);
    links->ranges = ranges;
}

const struct links *links_get(struct links_cache *cache, const struct model *m, int d)
{
    struct links_entry entry = {0};
    for (int a = 0; a < m->space->axis_count; a++)
        entry.factor[a] = m->unrolled[a][d];
    struct links_entry *entries = cache->entries[d];
    for (int32_t i = 0; i < cache->count[d]; i++)
        if (memcmp(entries[i].factor, entry.factor, sizeof entry.factor) == 0)
            return &entries[i].links;
    build(&entry.links, m, d, cache->arena);
    if (cache->count[d] == cache->capacity[d]) {
        int32_t capacity = cache->capacity[d] * 2 + 8;
        cache->entries[d] = arena_grow(cache->arena, entries, (size_t)cache->count[d],
                                       (size_t)capacity, sizeof *entries);
        cache->capacity[d] = capacity;
    }
    cache->entries[d][cache->count[d]] = entry;
    return &cache->entries[d][cache->count[d]++].links;
}
