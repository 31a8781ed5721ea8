/* The memory of a scheduled kernel, access by access and byte by byte: what the event stream is
 * compared with. Slow and plain. */
#ifndef VALIDATION_UNIT_PLAIN_MEMORY_H
#define VALIDATION_UNIT_PLAIN_MEMORY_H

#include "arch/vliw/kernel_stream.h"

enum { PLAIN_LINES_MOST = 1024 };

/* The plain cache: sets as lists, the line used last in front. */
struct plain_line {
    uint64_t line;
    bool is_dirty;
};

struct plain_cache {
    struct arena *arena; /* of the events */
    struct cache_rules rules;
    struct plain_line lines[PLAIN_LINES_MOST];
    int held[PLAIN_LINES_MOST];
    struct kernel_event *events;
    size_t count, room;
};

/* Every access of every pass of every entry of the plan's loops, in order; the events go to the
 * cache (NULL: none), and plan->cycles are those with the cycles lost in banks. Everything
 * lives in the arena. */
void plain_run(struct kernel_plan *plan, struct plain_cache *cache, struct arena *arena);

#endif
