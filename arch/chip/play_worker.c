/* One member of a core while it plays: it fetches the steps of its tasks ahead into a ring,
 * offers their loads as room allows, and computes one step after the other, charging every
 * cycle. */
#include <assert.h>

#include "arch/chip/play_state.h"

enum { NEVER_WAITED = 0 };

static bool is_ready(const struct task *task, uint32_t load)
{
    const struct held *held = load < STEP_LOADS_MAX ? task->inputs[load] : NULL;
    return held ? held->is_ready : task->job->groups_done >= task->group;
}

void worker_enqueue(struct worker *worker, struct task *task)
{
    task->worker = worker;
    task->next = NULL;
    if (worker->last)
        worker->last->next = task;
    else
        worker->first = task;
    worker->last = task;
    if (!worker->fetching) {
        worker->fetching = task;
        worker->fetch_step = 0;
    }
}

/* One tile beside the one in use always has room: plans are double-buffered at least. */
static bool has_load_room(const struct worker *worker, const struct plan *plan, uint32_t load,
                          uint64_t bytes)
{
    return worker->loaded[load] == worker->in_use[load] ||
           worker->loaded[load] + bytes <= plan->load_room[load];
}

static bool has_store_room(const struct worker *worker, const struct plan *plan, uint64_t bytes)
{
    uint64_t room = plan->store_room ? plan->store_room : 2 * bytes;
    return worker->storing == 0 || worker->storing + bytes <= room;
}

static void fill_ring(struct worker *worker)
{
    const struct core *core = &worker->player->chip->cores[worker->core].core;
    while (worker->fetching && worker->head - worker->tail < RING_ENTRIES) {
        struct task *task = worker->fetching;
        const struct plan *plan = task->plan;
        struct ring_entry *entry = &worker->ring[worker->head % RING_ENTRIES];
        entry->task = task;
        entry->number = worker->fetch_step;
        entry->index = worker->fetch_step % plan->step_count;
        core->family->step(core, plan, entry->index, &entry->step);
        if (worker->fetch_step == 0)
            entry->step.busy.cycles[REASON_HOST] += task->host_in_cycles;
        if (worker->fetch_step == task->steps - 1)
            entry->step.busy.cycles[REASON_HOST] += task->host_out_cycles;
        entry->pending = entry->wanted = 0;
        for (uint32_t i = 0; i < STEP_LOADS_MAX; i++) {
            entry->arrival[i] = NEVER_WAITED;
            if (entry->step.load_bytes[i] == 0)
                continue;
            entry->pending++;
            entry->wanted |= 1u << i;
        }
        worker->head++;
        if (++worker->fetch_step == task->steps) {
            worker->fetching = task->next;
            worker->fetch_step = 0;
        }
    }
}

/* Ahead of its inputs a task may only fetch what follows the task that runs, or into a buffer
 * of its own (a weight FIFO): an idle core must not crowd out the ones that work. */
static bool may_prefetch(const struct worker *worker, const struct task *task, uint32_t load)
{
    uint64_t when;
    return worker->first->is_started || task->plan->load_room[load] > 0 ||
           task_inputs_ready(task, &when);
}

/* An engine that prefetches a number of steps ahead of the one that computes. */
static bool is_in_reach(const struct worker *worker, uint64_t number)
{
    uint64_t prefetch = worker->player->chip->cores[worker->core].dma_prefetch;
    return prefetch == 0 || number - worker->tail <= prefetch;
}

/* False when the load must wait for room or for its producer. */
static bool issue_load(struct worker *worker, struct ring_entry *entry, uint64_t number,
                       uint32_t load)
{
    struct task *task = entry->task;
    uint64_t bytes = entry->step.load_bytes[load];
    if (!is_ready(task, load) || !may_prefetch(worker, task, load) ||
        !is_in_reach(worker, number) || !has_load_room(worker, task->plan, load, bytes))
        return false;
    worker->loaded[load] += bytes;
    path_load(worker, entry, number, load);
    return true;
}

/* Step by step, so that an operand needed soon never queues behind one needed later; an operand
 * that must wait for room or for its producer does not hold up the others. */
static void issue_loads(struct worker *worker)
{
    uint32_t open = (1u << STEP_LOADS_MAX) - 1; /* not blocked */
    for (;;) {
        uint32_t next = STEP_LOADS_MAX;
        for (uint32_t load = 0; load < STEP_LOADS_MAX; load++) {
            if (!(open >> load & 1))
                continue;
            uint64_t number = worker->issued[load];
            while (number < worker->head &&
                   !(worker->ring[number % RING_ENTRIES].wanted >> load & 1))
                number++;
            worker->issued[load] = number;
            if (number < worker->head &&
                (next == STEP_LOADS_MAX || number < worker->issued[next]))
                next = load;
        }
        if (next == STEP_LOADS_MAX)
            return;
        uint64_t number = worker->issued[next];
        if (issue_load(worker, &worker->ring[number % RING_ENTRIES], number, next))
            worker->issued[next]++;
        else
            open &= ~(1u << next);
    }
}

static bool begin_task(struct worker *worker, struct task *task)
{
    uint64_t ready = 0;
    if (!task_inputs_ready(task, &ready))
        return false;
    uint64_t start = ready > worker->free_time ? ready : worker->free_time;
    worker_charge(worker, NULL, REASON_IDLE, start);
    task->is_started = true;
    task->start_edge = worker->spent.until;
    worker->free_time = start;
    if (worker->busy_end < start) {
        worker->overlap_cycles = 0;
        worker->busy_end = start;
    }
    if (!task->job->is_begun) {
        task->job->is_begun = true;
        task->job->start_time = start;
        task->job->start_edge = task->job->edge = worker->spent.until;
    }
    return true;
}

static void take_tiles(struct worker *worker, const struct step *step)
{
    for (uint32_t i = 0; i < STEP_LOADS_MAX; i++)
        if (step->load_bytes[i]) {
            worker->loaded[i] -= worker->in_use[i];
            worker->in_use[i] = step->load_bytes[i];
        }
}

static void drop_tiles(struct worker *worker)
{
    for (uint32_t i = 0; i < STEP_LOADS_MAX; i++) {
        worker->loaded[i] -= worker->in_use[i];
        worker->in_use[i] = 0;
    }
}

static void start_step(struct worker *worker, struct ring_entry *entry)
{
    struct player *player = worker->player;
    uint64_t start = worker_settle_start(worker, entry);
    uint64_t edge = clock_next(&worker->clock, start), total = 0;
    for (int reason = 0; reason < REASON_COUNT; reason++) {
        total += entry->step.busy.cycles[reason];
        if (entry->step.busy.cycles[reason])
            worker_charge(worker, entry->task, (enum reason)reason,
                          clock_edge(&worker->clock, edge + total));
    }
    struct port_wait wait = buffer_use(worker, entry, edge, total);
    total += wait.port;
    worker_charge(worker, entry->task, REASON_PORT, clock_edge(&worker->clock, edge + total));
    total += wait.conflict;
    worker_charge(worker, entry->task, REASON_BANK_CONFLICT,
                  clock_edge(&worker->clock, edge + total));
    take_tiles(worker, &entry->step);
    uint64_t end = clock_edge(&worker->clock, edge + total);
    worker->is_busy = true;
    player_span(player, player->chip->cores[worker->core].core.name, entry->task->job->name,
                start, end);
    kernel_schedule(&player->kernel, &worker->done,
                    end > player->kernel.now ? end : player->kernel.now, PHASE_WORK);
}

static void retire_task(struct worker *worker, struct task *task)
{
    struct player *player = worker->player;
    uint64_t now = player->kernel.now;
    uint64_t end = worker->busy_end > now ? worker->busy_end : now;
    worker_charge_store(worker, task, end);
    task->is_done = true;
    task->end_edge = worker->spent.until;
    task->end_time = end;
    worker->free_time = end;
    worker->work_end_edge = worker->spent.until;
    worker->first = task->next;
    if (!worker->first)
        worker->last = NULL;
    player_task_done(player, task);
}

static void step_done(struct kernel *kernel, struct event *event)
{
    (void)kernel;
    struct worker *worker = event->owner;
    struct ring_entry *entry = &worker->ring[worker->tail % RING_ENTRIES];
    struct task *task = entry->task;
    worker->is_busy = false;
    worker->busy_end = event_time(event);
    worker->overlap_cycles = entry->step.overlap_cycles;
    worker->tail++;
    path_store(worker, entry);
    bool is_last =
        worker->tail == worker->head || worker->ring[worker->tail % RING_ENTRIES].task != task;
    if (is_last && !(worker->fetching == task)) {
        drop_tiles(worker);
        task->steps = 0; /* all computed; only stores may be under way */
    }
    worker_wake(worker);
}

static bool start_next(struct worker *worker)
{
    struct task *task = worker->first;
    if (worker->is_busy || !task)
        return false;
    if (task->steps == 0) {
        if (task->stores_under_way)
            return false;
        retire_task(worker, task);
        return true;
    }
    if (worker->head == worker->tail)
        return false;
    if (!task->is_started && !begin_task(worker, task))
        return false;
    struct ring_entry *entry = &worker->ring[worker->tail % RING_ENTRIES];
    assert(entry->task == task);
    if (entry->pending || (entry->step.store_bytes &&
                           !has_store_room(worker, task->plan, entry->step.store_bytes)))
        return false;
    worker->done.fire = step_done;
    worker->done.owner = worker;
    start_step(worker, entry);
    return true; /* tiles were given back: the next loads may go */
}

void worker_advance(struct worker *worker)
{
    do {
        fill_ring(worker);
        issue_loads(worker);
    } while (start_next(worker));
}
