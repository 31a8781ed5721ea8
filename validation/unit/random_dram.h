/* DRAM configurations by chance: what the suites of the DRAM engine share. */
#ifndef VALIDATION_UNIT_RANDOM_DRAM_H
#define VALIDATION_UNIT_RANDOM_DRAM_H

#include "arch/memory/dram_file.h"

enum { RANDOM_DRAM_MEMORIES = 8 };
extern const char *const RANDOM_DRAM_NAMES[];

uint64_t random_dram_next(uint64_t *state);
uint64_t random_dram_between(uint64_t *state, uint64_t low, uint64_t high);
const char *random_dram_word(uint64_t *state, const char *const *words, size_t count);
/* A shipped memory with settings; fails the test where it is refused. */
void random_dram_load(struct arena *arena, const char *memory, const char *const *sets,
                      size_t count, struct dram_config *config, struct dram_map *map);
/* A shipped memory with a random policy. */
void random_dram_config(struct arena *arena, uint64_t *state, struct dram_config *config,
                        struct dram_map *map);

#endif
