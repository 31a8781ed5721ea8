#include "sim/kernel/run.h"

#include <assert.h>

#include "sim/kernel/event.h"

uint64_t run_time(struct run run, uint64_t beat)
{
    uint64_t time;
    if (__builtin_mul_overflow(run.interval, beat, &time) ||
        __builtin_add_overflow(run.first, time, &time) || time > TIME_MOST)
        return TIME_NEVER;
    return time;
}

struct run run_split(struct run *run, uint64_t count)
{
    assert(count <= run->count);
    struct run head = {run->first, run->interval, count};
    run->first = run_time(*run, count);
    run->count -= count;
    return head;
}

bool run_join(struct run *run, struct run next)
{
    if (next.first < run->first)
        return false;
    /* A single beat has no interval of its own: it takes the one that fits. */
    uint64_t interval = run->count > 1 ? run->interval : next.first - run->first;
    bool is_equal = next.count == 1 || next.interval == interval;
    if (!is_equal || run_time((struct run){run->first, interval, 0}, run->count) != next.first)
        return false;
    run->interval = interval;
    run->count += next.count;
    return true;
}

/* The first beat at which `other` is later than `line`, although it is not at beat 0. */
static uint64_t overtakes_at(struct run line, struct run other)
{
    if (other.interval <= line.interval)
        return UINT64_MAX;
    return (line.first - other.first) / (other.interval - line.interval) + 1;
}

int run_gate(struct run ready, struct run gate, uint64_t earliest, uint64_t spacing,
             struct run out[3])
{
    assert(ready.count == gate.count && ready.count > 0);
    struct run lines[3] = {ready, gate, {earliest, spacing, ready.count}};
    uint64_t left = ready.count;
    int pieces = 0;
    for (int i = 0; i < 3; i++)
        if (lines[i].interval < spacing)
            lines[i].interval = spacing;
    while (left > 0) {
        int top = 0;
        for (int i = 1; i < 3; i++)
            if (lines[i].first > lines[top].first ||
                (lines[i].first == lines[top].first && lines[i].interval > lines[top].interval))
                top = i;
        uint64_t beats = left;
        for (int i = 0; i < 3; i++) {
            uint64_t until = i == top ? UINT64_MAX : overtakes_at(lines[top], lines[i]);
            beats = until < beats ? until : beats;
        }
        out[pieces++] = (struct run){lines[top].first, lines[top].interval, beats};
        for (int i = 0; i < 3; i++)
            lines[i].first = run_time(lines[i], beats);
        left -= beats;
    }
    return pieces;
}

void run_queue_init(struct run_queue *queue, struct arena *arena, size_t capacity)
{
    assert(capacity > 0);
    *queue = (struct run_queue){.arena = arena, .capacity = capacity};
    queue->runs = arena_array(arena, capacity, sizeof *queue->runs);
}

static void grow(struct run_queue *queue)
{
    struct run *runs = arena_array(queue->arena, 2 * queue->capacity, sizeof *runs);
    for (size_t i = 0; i < queue->count; i++)
        runs[i] = queue->runs[(queue->first + i) % queue->capacity];
    queue->runs = runs;
    queue->first = 0;
    queue->capacity *= 2;
}

void run_queue_push(struct run_queue *queue, struct run run)
{
    if (!run.count)
        return;
    queue->beats += run.count;
    size_t last = (queue->first + queue->count + queue->capacity - 1) % queue->capacity;
    if (queue->count > 0 && run_join(&queue->runs[last], run))
        return;
    if (queue->count == queue->capacity)
        grow(queue);
    queue->runs[(queue->first + queue->count++) % queue->capacity] = run;
}

struct run *run_queue_first(struct run_queue *queue)
{
    return queue->count ? &queue->runs[queue->first] : NULL;
}

struct run run_queue_take(struct run_queue *queue, uint64_t count)
{
    struct run *first = &queue->runs[queue->first];
    assert(queue->count > 0);
    struct run head = run_split(first, count);
    queue->beats -= count;
    if (!first->count) {
        queue->first = (queue->first + 1) % queue->capacity;
        queue->count--;
    }
    return head;
}
