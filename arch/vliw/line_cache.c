#include "arch/vliw/line_cache.h"

void line_cache_init(struct line_cache *cache, int64_t sets, int64_t ways, struct arena *arena)
{
    size_t room = (size_t)(sets * ways);
    *cache = (struct line_cache){.sets = sets,
                                 .ways = ways,
                                 .lines = arena_array(arena, room, sizeof(uint64_t)),
                                 .used = arena_array(arena, room, sizeof(uint64_t)),
                                 .is_dirty = arena_array(arena, room, sizeof(bool))};
}

static int64_t set_of(const struct line_cache *cache, uint64_t line)
{
    return (int64_t)(line % (uint64_t)cache->sets) * cache->ways;
}

bool line_cache_use(struct line_cache *cache, uint64_t line, bool is_write)
{
    int64_t first = set_of(cache, line);
    for (int64_t w = first; w < first + cache->ways; w++)
        if (cache->lines[w] == line + 1) {
            cache->used[w] = ++cache->time;
            cache->is_dirty[w] = cache->is_dirty[w] || is_write;
            return true;
        }
    return false;
}

bool line_cache_fill(struct line_cache *cache, uint64_t line, bool is_write, uint64_t *victim)
{
    int64_t first = set_of(cache, line), oldest = first;
    for (int64_t w = first; w < first + cache->ways; w++)
        if (cache->used[w] < cache->used[oldest])
            oldest = w;
    bool was_dirty = cache->lines[oldest] && cache->is_dirty[oldest];
    if (was_dirty)
        *victim = cache->lines[oldest] - 1;
    cache->resident += cache->lines[oldest] == 0;
    cache->lines[oldest] = line + 1;
    cache->used[oldest] = ++cache->time;
    cache->is_dirty[oldest] = is_write;
    return was_dirty;
}
