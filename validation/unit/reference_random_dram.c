#include "random_dram.h"

#include <check.h>
#include <string.h>

uint64_t random_dram_next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint64_t random_dram_between(uint64_t *state, uint64_t low, uint64_t high)
{
    return low + random_dram_next(state) % (high - low + 1);
}

const char *random_dram_word(uint64_t *state, const char *const *words, size_t count)
{
    return words[random_dram_next(state) % count];
}

const char *const RANDOM_DRAM_NAMES[] = {"ddr3-1600", "ddr4-3200", "lpddr4-3200", "ddr5-4800",
                                         "hbm2",      "hbm2-pc",   "hbm3",        "gddr6"};
enum { SETS = 12 };

void random_dram_load(struct arena *arena, const char *memory, const char *const *sets,
                      size_t count, struct dram_config *config, struct dram_map *map)
{
    struct error err = {0};
    memset(config, 0, sizeof *config);
    ck_assert_msg(dram_file_load(arena, memory, sets, count, config, map, NULL, &err), "%s",
                  err.text);
}

void random_dram_config(struct arena *arena, uint64_t *state, struct dram_config *config,
                        struct dram_map *map)
{
    static const char *const QUEUES[] = {"per-bank", "shared"};
    static const char *const PAGES[] = {"open", "open", "closed"};
    static const char *const REFRESHES[] = {"rank-staggered", "rank-simultaneous", "per-bank",
                                            "none", "auto"};
    static const char *const SWITCHES[] = {"yes", "no", "auto"};
    const char *sets[SETS];
    size_t count = 0;
    const char *memory = random_dram_word(state, RANDOM_DRAM_NAMES, RANDOM_DRAM_MEMORIES);
    sets[count++] = arena_format(arena, "queue=%s", random_dram_word(state, QUEUES, 2));
    sets[count++] = arena_format(arena, "page=%s", random_dram_word(state, PAGES, 3));
    sets[count++] = arena_format(arena, "refresh=%s", random_dram_word(state, REFRESHES, 5));
    sets[count++] =
        arena_format(arena, "precharge_all=%s", random_dram_word(state, SWITCHES, 3));
    sets[count++] = arena_format(arena, "merge_reads=%s", random_dram_word(state, SWITCHES, 3));
    sets[count++] =
        arena_format(arena, "forward_writes=%s", random_dram_word(state, SWITCHES, 2));
    sets[count++] = arena_format(arena, "bank_hash=%s", random_dram_word(state, SWITCHES, 2));
    sets[count++] =
        arena_format(arena, "queue_depth=%d", (int)random_dram_between(state, 1, 12));
    sets[count++] =
        arena_format(arena, "transaction_queue=%d", (int)random_dram_between(state, 1, 40));
    sets[count++] =
        arena_format(arena, "write_buffer=%d", (int)random_dram_between(state, 1, 40));
    sets[count++] = arena_format(
        arena, "row_hit_cap=%d",
        (int)random_dram_between(state, 0, 6) * (int)random_dram_between(state, 1, 9) - 1);
    sets[count++] =
        arena_format(arena, "command_buses=%d", (int)random_dram_between(state, 1, 2));
    random_dram_load(arena, memory, sets, count, config, map);
}
