#include "arch/chip/plan_cache.h"

#include <string.h>

#include "arch/chip/rerank.h"
#include "arch/family/plan_cost.h"

struct plan_entry {
    struct plan_key key;
    struct plan plan, ranked;
    bool is_ranked;
};

void plan_cache_init(struct plan_cache *cache)
{
    *cache = (struct plan_cache){0};
    cache->slots = arena_array(&cache->arena, PLAN_CACHE_SLOTS, sizeof(struct plan_entry *));
}

void plan_cache_free(struct plan_cache *cache)
{
    arena_free(&cache->arena);
    arena_free(&cache->scratch);
}

bool plan_cache_is_full(const struct plan_cache *cache)
{
    return cache->used > PLAN_CACHE_SLOTS / 2;
}

void plan_cache_clear(struct plan_cache *cache)
{
    plan_cache_free(cache);
    plan_cache_init(cache);
}

static uint64_t hash_bytes(const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i + 8 <= count; i += 8) {
        uint64_t word;
        memcpy(&word, at + i, sizeof word);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
    }
    return hash;
}

/* Field by field, so that padding bytes of the caller's copies do not matter. */
static void make_key(struct plan_key *key, int32_t core, const struct primitive *primitive,
                     const struct site *site, const struct nest *pinned)
{
    memset(key, 0, sizeof *key);
    key->core = core;
    key->pinned = pinned;
    memcpy(&key->site, site, sizeof *site);
    memcpy(&key->primitive, primitive, sizeof *primitive);
    key->primitive.label = "";
    key->primitive.repeat = 0;
    for (int i = 0; i < PRIMITIVE_INPUTS_MAX; i++)
        key->primitive.inputs[i].tensor = NULL;
    key->primitive.output.tensor = NULL;
    memset(key->primitive.streams, 0, sizeof key->primitive.streams);
}

static struct plan_entry *get(struct plan_cache *cache, const struct chip *chip, int32_t core,
                              const struct primitive *primitive, const struct site *site,
                              const struct nest *pinned, struct error *err)
{
    struct plan_key key;
    make_key(&key, core, primitive, site, pinned);
    size_t at = (size_t)hash_bytes(&key, sizeof key) % PLAN_CACHE_SLOTS;
    while (cache->slots[at]) {
        if (memcmp(&cache->slots[at]->key, &key, sizeof key) == 0)
            return cache->slots[at];
        at = (at + 1) % PLAN_CACHE_SLOTS;
    }
    struct plan_entry *entry = arena_alloc(&cache->arena, sizeof *entry);
    memcpy(&entry->key, &key, sizeof key);
    entry->key.primitive.repeat = 1;
    const struct core *unit = &chip->cores[core].core;
    bool is_planned = unit->family->plan(unit, &entry->key.primitive, site, pinned,
                                         &cache->arena, &entry->plan, err);
    entry->key.primitive.repeat = 0;
    entry->plan.site = &entry->key.site;
    if (!is_planned)
        return NULL;
    entry->plan.estimate_cost = plan_cost(unit, &entry->plan);
    plan_count_ports(chip, core, &entry->plan);
    cache->slots[at] = entry;
    cache->used++;
    return entry;
}

const struct plan *plan_cache_first(struct plan_cache *cache, struct chip *chip, int32_t core,
                                    const struct primitive *primitive, const struct site *site,
                                    const struct nest *pinned, struct error *err)
{
    const struct plan_entry *entry = get(cache, chip, core, primitive, site, pinned, err);
    return entry ? &entry->plan : NULL;
}

const struct plan *plan_cache_get(struct plan_cache *cache, struct chip *chip, int32_t core,
                                  const struct primitive *primitive, const struct site *site,
                                  const struct nest *pinned, struct error *err)
{
    struct plan_entry *entry = get(cache, chip, core, primitive, site, pinned, err);
    if (!entry)
        return NULL;
    if (!entry->is_ranked) {
        entry->is_ranked = true;
        rerank(chip, core, &entry->key.site, &entry->plan, &cache->scratch, &cache->arena,
               &entry->ranked);
    }
    return &entry->ranked;
}
