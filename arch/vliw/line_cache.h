/* A set-associative cache of lines with least-recently-used replacement: which lines are there,
 * not when they come. Line n lies in set n mod sets. The cache lives in the arena. */
#ifndef ARCH_VLIW_LINE_CACHE_H
#define ARCH_VLIW_LINE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"

struct line_cache {
    int64_t sets, ways;
    uint64_t *lines, *used; /* [set][way]: line + 1, 0 for none; time of last use */
    bool *is_dirty;
    uint64_t time;
    int64_t resident; /* lines held */
};

/* sets and ways at least 1. */
void line_cache_init(struct line_cache *cache, int64_t sets, int64_t ways, struct arena *arena);
/* Uses a line that is there; false when it is not, and nothing changes. */
bool line_cache_use(struct line_cache *cache, uint64_t line, bool is_write);
/* Puts a line that is not there in place of the least recently used one of its set. True when
 * that one was dirty: *victim then has to be written back. */
bool line_cache_fill(struct line_cache *cache, uint64_t line, bool is_write, uint64_t *victim);

#endif
