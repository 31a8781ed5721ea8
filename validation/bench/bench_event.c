/* The pending set under the hold model: n events are pending, each that fires schedules itself
 * again after a delay drawn beforehand. Two binary heaps play the same delays in the same run:
 * one of pointers to events, which is what simulators have, and one with the keys beside the
 * pointers, which is the best a heap can do. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "sim/kernel/event.h"
#include "validation/bench/benchmark.h"
#include "validation/bench/intrusive_heap.h"
#include "validation/unit/reference_heap.h"

enum { DELAYS = 1 << 12, HOLDS = 400000, MOST_PENDING = 100000 };

struct model {
    struct kernel kernel;
    struct event events[MOST_PENDING];
    struct heap_entry entries[MOST_PENDING];
    struct heap_event heap_events[MOST_PENDING];
    struct heap_event *pointers[MOST_PENDING];
    uint64_t delays[DELAYS];
    uint64_t holds, checksum;
};

static uint64_t draw(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

/* Exponential with mean 1000 ticks: the case that is hardest on a wheel. */
static void draw_exponential(struct model *model)
{
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < DELAYS; i++) {
        double uniform = ((double)(draw(&random) >> 11) + 1) / 9007199254740993.0;
        model->delays[i] = (uint64_t)(-1000 * log(uniform));
    }
}

/* What a chip does: three clocks of 625, 1000 and 1250 ticks, mostly one cycle ahead. */
static void draw_clocked(struct model *model)
{
    static const uint64_t PERIODS[] = {625, 1000, 1250};
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < DELAYS; i++) {
        uint64_t cycles = draw(&random) % 8 ? 1 : 1 + draw(&random) % 32;
        model->delays[i] = cycles * PERIODS[draw(&random) % 3];
    }
}

static void hold(struct kernel *kernel, struct event *event)
{
    struct model *model = event->owner;
    model->checksum = model->checksum * 31 + kernel->now;
    if (model->holds-- > 0)
        kernel_schedule(kernel, event, kernel->now + model->delays[model->holds % DELAYS],
                        PHASE_WORK);
    else
        kernel_stop(kernel);
}

/* Nanoseconds per hold of the kernel. */
static double play_kernel(struct model *model, int pending)
{
    kernel_init(&model->kernel);
    for (int i = 0; i < pending; i++) {
        model->events[i] = (struct event){.fire = hold, .owner = model};
        kernel_schedule(&model->kernel, &model->events[i], model->delays[i % DELAYS],
                        PHASE_WORK);
    }
    model->holds = HOLDS;
    double start = bench_cpu_seconds();
    kernel_run(&model->kernel);
    return (bench_cpu_seconds() - start) * 1e9 / HOLDS;
}

struct heap_run {
    struct heap heap;
    struct intrusive_heap pointer_heap;
    struct model *model;
    uint64_t now, sequence;
};

static void hold_in_heap(struct kernel *unused, struct event *event)
{
    struct heap_run *run = event->owner;
    struct model *model = run->model;
    (void)unused;
    model->checksum = model->checksum * 31 + run->now;
    if (model->holds-- > 0)
        heap_push(&run->heap,
                  (struct heap_entry){(run->now + model->delays[model->holds % DELAYS]) << 3 |
                                          PHASE_WORK,
                                      ++run->sequence, event});
}

static double play_heap(struct model *model, int pending)
{
    struct heap_run run = {.heap = {model->entries, 0, MOST_PENDING}, .model = model};
    for (int i = 0; i < pending; i++) {
        model->events[i] = (struct event){.fire = hold_in_heap, .owner = &run};
        heap_push(&run.heap, (struct heap_entry){model->delays[i % DELAYS] << 3 | PHASE_WORK,
                                                 ++run.sequence, &model->events[i]});
    }
    model->holds = HOLDS;
    double start = bench_cpu_seconds();
    while (model->holds + 1 > 0) {
        struct heap_entry first = heap_pop(&run.heap);
        struct event *event = first.owner;
        run.now = first.key >> 3;
        event->fire(NULL, event);
    }
    return (bench_cpu_seconds() - start) * 1e9 / HOLDS;
}

static void hold_pointer(struct heap_event *event)
{
    struct heap_run *run = event->owner;
    struct model *model = run->model;
    model->checksum = model->checksum * 31 + run->now;
    if (model->holds-- == 0)
        return;
    event->key = (run->now + model->delays[model->holds % DELAYS]) << 3 | PHASE_WORK;
    event->sequence = ++run->sequence;
    intrusive_heap_push(&run->pointer_heap, event);
}

static double play_pointer_heap(struct model *model, int pending)
{
    struct heap_run run = {.pointer_heap = {model->pointers, 0}, .model = model};
    for (int i = 0; i < pending; i++) {
        uint64_t key = model->delays[i % DELAYS] << 3 | PHASE_WORK;
        model->heap_events[i] = (struct heap_event){key, ++run.sequence, hold_pointer, &run};
        intrusive_heap_push(&run.pointer_heap, &model->heap_events[i]);
    }
    model->holds = HOLDS;
    double start = bench_cpu_seconds();
    while (model->holds + 1 > 0) {
        struct heap_event *event = intrusive_heap_pop(&run.pointer_heap);
        run.now = event->key >> 3;
        event->fire(event);
    }
    return (bench_cpu_seconds() - start) * 1e9 / HOLDS;
}

typedef double player(struct model *model, int pending);
typedef void delay_source(struct model *model);

static double time_one(delay_source *draw_delays, player *play, int pending)
{
    struct model *model = calloc(1, sizeof *model);
    if (!model)
        return -1;
    draw_delays(model);
    double time = play(model, pending);
    free(model);
    return time;
}

/* How many times faster the kernel is; negative where the two did not play the same order. */
static double compare_with(player *rival, delay_source *draw_delays, int pending)
{
    struct model *model = calloc(1, sizeof *model);
    if (!model)
        return -1;
    draw_delays(model);
    double kernel = play_kernel(model, pending);
    uint64_t checksum = model->checksum;
    model->checksum = 0;
    double other = rival(model, pending);
    bool is_same = checksum == model->checksum;
    free(model);
    return is_same ? other / kernel : -1;
}

static double kernel_exponential(int pending)
{
    return time_one(draw_exponential, play_kernel, pending);
}

static double heap_exponential(int pending)
{
    return time_one(draw_exponential, play_heap, pending);
}

static double pointers_exponential(int pending)
{
    return time_one(draw_exponential, play_pointer_heap, pending);
}

static double over_pointers_exponential(int pending)
{
    return compare_with(play_pointer_heap, draw_exponential, pending);
}

static double over_pointers_clocked(int pending)
{
    return compare_with(play_pointer_heap, draw_clocked, pending);
}

static double over_heap_exponential(int pending)
{
    return compare_with(play_heap, draw_exponential, pending);
}

static double over_heap_clocked(int pending)
{
    return compare_with(play_heap, draw_clocked, pending);
}

static double rate_clocked(int pending)
{
    return 1e3 / time_one(draw_clocked, play_kernel, pending);
}

const struct bench_row event_rows[] = {
    {"kernel, 10 pending, exponential", "ns/hold", kernel_exponential, 10, BAR_NONE, 0},
    {"kernel, 100 pending, exponential", "ns/hold", kernel_exponential, 100, BAR_NONE, 0},
    {"kernel, 1,000 pending, exponential", "ns/hold", kernel_exponential, 1000, BAR_NONE, 0},
    {"kernel, 10,000 pending, exponential", "ns/hold", kernel_exponential, 10000, BAR_NONE, 0},
    {"heap of events, 10 pending, exponential", "ns/hold", pointers_exponential, 10, BAR_NONE,
     0},
    {"heap of events, 1,000 pending, exponential", "ns/hold", pointers_exponential, 1000,
     BAR_NONE, 0},
    {"heap with keys, 10 pending, exponential", "ns/hold", heap_exponential, 10, BAR_NONE, 0},
    {"heap with keys, 1,000 pending, exponential", "ns/hold", heap_exponential, 1000, BAR_NONE,
     0},
    {"kernel over heap of events, 10, exponential", "times", over_pointers_exponential, 10,
     BAR_NONE, 0},
    {"kernel over heap of events, 100, exponential", "times", over_pointers_exponential, 100,
     BAR_NONE, 0},
    {"kernel over heap of events, 1,000, exponential", "times", over_pointers_exponential, 1000,
     BAR_AT_LEAST, 3},
    {"kernel over heap of events, 10,000, exponential", "times", over_pointers_exponential,
     10000, BAR_NONE, 0},
    {"kernel over heap of events, 1,000, clocked", "times", over_pointers_clocked, 1000,
     BAR_AT_LEAST, 3},
    {"kernel over heap with keys, 1,000, exponential", "times", over_heap_exponential, 1000,
     BAR_NONE, 0},
    {"kernel over heap with keys, 1,000, clocked", "times", over_heap_clocked, 1000,
     BAR_AT_LEAST, 3},
    {"kernel over heap with keys, 10,000, clocked", "times", over_heap_clocked, 10000, BAR_NONE,
     0},
    {"events per CPU second, 1,000 pending, clocked", "M/s", rate_clocked, 1000, BAR_AT_LEAST,
     30},
    {0},
};
