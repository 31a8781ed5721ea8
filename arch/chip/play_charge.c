/* When a step starts and whom the wait for it is charged to. */
#include "arch/chip/play_state.h"

void worker_charge(struct worker *worker, struct task *task, enum reason reason, uint64_t time)
{
    uint64_t cycles = account_charge_until(&worker->spent, time, reason);
    if (task)
        task->account.cycles[reason] += cycles;
}

static uint64_t latest(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

bool task_loads_weights(const struct task *task, uint32_t load)
{
    enum primitive_kind kind = task->plan->primitive->kind;
    bool is_product = kind == PRIMITIVE_CONTRACTION || kind == PRIMITIVE_SPARSE_CONTRACTION;
    return is_product && load == 1;
}

static enum reason wait_reason(const struct task *task, uint32_t load)
{
    return task_loads_weights(task, load) ? REASON_WEIGHT_WAIT : REASON_INPUT_WAIT;
}

/* From memory, over the network, into the buffer: each stage has its own reason. */
static void charge_way(struct worker *worker, const struct ring_entry *entry, uint32_t load,
                       uint64_t arrival)
{
    struct task *task = entry->task;
    if (entry->arrival[load] == arrival && entry->left[load] < arrival) {
        worker_charge(worker, task, wait_reason(task, load), entry->left[load]);
        worker_charge(worker, task, REASON_NETWORK, entry->brought[load]);
        worker_charge(worker, task, REASON_PORT, arrival);
    }
    worker_charge(worker, task, wait_reason(task, load), arrival);
}

/* When a load was there: its bytes, and whoever computes them. */
static uint64_t arrival_of(const struct ring_entry *entry, uint32_t load)
{
    const struct held *held = load < STEP_PARTIAL ? entry->task->inputs[load] : NULL;
    uint64_t ready = held && held->is_ready ? held->ready_time : 0;
    return latest(entry->arrival[load], ready);
}

/* The setup begins with the arrival of its operand, as early as the previous step lets it. */
static uint64_t settle_setup(struct worker *worker, const struct ring_entry *entry)
{
    struct task *task = entry->task;
    const struct step *step = &entry->step;
    const struct clock *clock = &worker->clock;
    uint64_t edge = clock_next(clock, worker->busy_end);
    uint64_t overlap = worker->overlap_cycles < edge ? worker->overlap_cycles : edge;
    uint64_t arrival = arrival_of(entry, step->setup_load);
    uint64_t setup = latest(clock_edge(clock, edge - overlap), arrival);
    if (setup == arrival)
        charge_way(worker, entry, step->setup_load, arrival);
    setup = clock_edge(clock, clock_next(clock, setup));
    worker_charge(worker, task, wait_reason(task, step->setup_load), setup);
    uint64_t begin = latest(worker->busy_end, clock_after(clock, setup, step->setup_cycles));
    worker_charge(worker, task, step->setup_reason, begin);
    return begin;
}

void worker_charge_store(struct worker *worker, struct task *task, uint64_t time)
{
    if (worker->player->network)
        worker_charge(worker, task, REASON_NETWORK,
                      worker->store_brought_time < time ? worker->store_brought_time : time);
    worker_charge(worker, task, REASON_OUTPUT_WAIT, time);
}

uint64_t worker_settle_start(struct worker *worker, struct ring_entry *entry)
{
    struct task *task = entry->task;
    const struct step *step = &entry->step;
    uint64_t begin = step->setup_cycles ? settle_setup(worker, entry) : worker->busy_end;
    enum reason reason = REASON_INPUT_WAIT;
    for (uint32_t i = 0; i < STEP_LOADS_MAX; i++) {
        uint32_t load = (i + 1) % STEP_LOADS_MAX; /* weights first */
        uint64_t arrival = arrival_of(entry, load);
        if (arrival <= begin)
            continue;
        begin = arrival;
        reason = wait_reason(task, load);
        charge_way(worker, entry, load, arrival);
    }
    if (step->store_bytes && worker->store_free_time > begin) {
        begin = worker->store_free_time;
        reason = REASON_OUTPUT_WAIT;
        worker_charge_store(worker, task, begin);
    }
    begin = clock_edge(&worker->clock, clock_next(&worker->clock, begin));
    worker_charge(worker, task, reason, begin);
    return begin;
}
