/* A run of beats: `count` beats at first, first + interval, first + 2 interval, ... A whole
 * stream of transfers costs one event when it travels as runs, and may be split anywhere: the
 * parts are the whole. Times saturate to TIME_NEVER. */
#ifndef SIM_KERNEL_RUN_H
#define SIM_KERNEL_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/arena.h"

struct run {
    uint64_t first, interval, count;
};

uint64_t run_time(struct run run, uint64_t beat);
/* The first `count` beats, taken off the run; count <= run->count. */
struct run run_split(struct run *run, uint64_t count);
/* True, with *run longer, where the next beats continue it. */
bool run_join(struct run *run, struct run next);

/* The times at which beats can go that are ready at `ready`, may not go before the beats of
 * `gate` (as many), nor before `earliest`, nor closer to each other than `spacing`:
 *
 *     go(i) = max(ready(i), gate(i), earliest + i spacing, go(i - 1) + spacing)
 *
 * which is the upper envelope of three lines. Returns the number of runs in `out`, 1 to 3. */
int run_gate(struct run ready, struct run gate, uint64_t earliest, uint64_t spacing,
             struct run out[3]);

/* Runs in order of arrival, joined where they continue each other. Grows in its arena, and
 * never shrinks, so that a steady stream allocates nothing. */
struct run_queue {
    struct arena *arena;
    struct run *runs;
    size_t first, count, capacity; /* a ring */
    uint64_t beats;
};

void run_queue_init(struct run_queue *queue, struct arena *arena, size_t capacity);
void run_queue_push(struct run_queue *queue, struct run run);
struct run *run_queue_first(struct run_queue *queue); /* NULL where it is empty */
/* Takes beats off the first run; count <= its count. */
struct run run_queue_take(struct run_queue *queue, uint64_t count);

#endif
