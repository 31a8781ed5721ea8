/* Plans by (core, primitive, site): equal operators are planned once. Bounded: when it is full
 * it is emptied as soon as nothing in flight uses a plan. */
#ifndef ARCH_CHIP_PLAN_CACHE_H
#define ARCH_CHIP_PLAN_CACHE_H

#include "arch/chip/chip.h"

enum { PLAN_CACHE_SLOTS = 8192 };

struct plan_cache {
    struct arena arena, scratch; /* scratch: of private plays */
    struct plan_entry **slots;   /* PLAN_CACHE_SLOTS of them, open addressing */
    size_t used;
};

struct plan_key {
    int32_t core;
    struct primitive primitive; /* tensors and padding zeroed */
    struct site site;
    const struct nest *pinned;
};

/* plan_ports.c: fills the plan's demand on the ports of its scratch SRAM where they limit. */
void plan_count_ports(const struct chip *chip, int32_t core, struct plan *plan);
/* Cycles in which a step uses its scratch. */
uint64_t step_scratch_cycles(const struct step *step);

void plan_cache_init(struct plan_cache *cache);
void plan_cache_free(struct plan_cache *cache);
bool plan_cache_is_full(const struct plan_cache *cache);
void plan_cache_clear(struct plan_cache *cache);
/* The plan to use: of the family's candidates the one that played best. Kept until the cache is
 * cleared. */
const struct plan *plan_cache_get(struct plan_cache *cache, struct chip *chip, int32_t core,
                                  const struct primitive *primitive, const struct site *site,
                                  const struct nest *pinned, struct error *err);
/* The family's first candidate, for comparing ways to share a primitive. */
const struct plan *plan_cache_first(struct plan_cache *cache, struct chip *chip, int32_t core,
                                    const struct primitive *primitive, const struct site *site,
                                    const struct nest *pinned, struct error *err);

#endif
