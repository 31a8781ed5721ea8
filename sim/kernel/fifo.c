#include "sim/kernel/fifo.h"

#include <assert.h>

enum { FIRST_RUNS = 16 };

void fifo_init(struct fifo *fifo, struct kernel *kernel, struct arena *arena)
{
    assert(fifo->capacity > 0);
    fifo->kernel = kernel;
    fifo->next_send = fifo->next_take = fifo->sent = fifo->taken = 0;
    fifo->is_producer_waiting = false;
    fifo->is_consumer_waiting = true;
    run_queue_init(&fifo->credits, arena, FIRST_RUNS);
    run_queue_init(&fifo->arrivals, arena, FIRST_RUNS);
    run_queue_push(&fifo->credits, (struct run){0, 0, fifo->capacity});
}

static void wake(struct fifo *fifo, struct event *event, bool *is_waiting)
{
    if (*is_waiting && event && !event_is_pending(event))
        kernel_schedule(fifo->kernel, event, fifo->kernel->now, PHASE_DELIVER);
    *is_waiting = false;
}

static uint64_t later(uint64_t time, uint64_t ticks)
{
    return run_time((struct run){time, ticks, 1}, 1);
}

uint64_t fifo_send(struct fifo *fifo, struct run *ready)
{
    uint64_t before = fifo->sent;
    while (ready->count > 0 && run_queue_first(&fifo->credits)) {
        uint64_t count = run_queue_first(&fifo->credits)->count;
        count = ready->count < count ? ready->count : count;
        struct run credits = run_queue_take(&fifo->credits, count);
        struct run pieces[3];
        int n =
            run_gate(run_split(ready, count), credits, fifo->next_send, fifo->spacing, pieces);
        for (int i = 0; i < n; i++) {
            fifo->next_send = later(run_time(pieces[i], pieces[i].count - 1), fifo->spacing);
            pieces[i].first = later(pieces[i].first, fifo->latency);
            run_queue_push(&fifo->arrivals, pieces[i]);
        }
        fifo->sent += count;
    }
    fifo->is_producer_waiting = ready->count > 0;
    if (fifo->sent > before)
        wake(fifo, fifo->consumer, &fifo->is_consumer_waiting);
    return fifo->sent - before;
}

struct run fifo_peek(struct fifo *fifo)
{
    const struct run *first = run_queue_first(&fifo->arrivals);
    fifo->is_consumer_waiting = !first;
    return first ? *first : (struct run){0};
}

int fifo_take(struct fifo *fifo, uint64_t count, struct run taken[3])
{
    struct run arrivals = run_queue_take(&fifo->arrivals, count);
    struct run calls = {fifo->kernel->now, 0, count};
    int n = run_gate(arrivals, calls, fifo->next_take, fifo->service, taken);
    for (int i = 0; i < n; i++) {
        struct run credits = taken[i];
        fifo->next_take = later(run_time(credits, credits.count - 1), fifo->service);
        credits.first = later(credits.first, fifo->credit_latency);
        run_queue_push(&fifo->credits, credits);
    }
    fifo->taken += count;
    wake(fifo, fifo->producer, &fifo->is_producer_waiting);
    return n;
}
