/* The way of a tile: a step's loads become jobs of the member's DMA engine, which asks the
 * ports of memories; stores go the same way back. */
#include "arch/chip/play_state.h"

static void count_dram(struct player *player, struct job *job, int32_t index,
                       const struct fetch_list *list, bool is_write)
{
    const struct chip_memory *memory = &player->chip->memories[index];
    if (memory->transfer >= 0)
        job->ledger.counts[memory->transfer] += 8 * fetch_bytes(list);
    if (memory->kind != MEMORY_DRAM)
        return;
    uint64_t bursts = fetch_bursts(list, memory->burst);
    job->ledger.counts[is_write ? memory->write : memory->read] += bursts;
    if (is_write)
        job->dram_write_bytes += bursts * memory->burst;
    else
        job->dram_read_bytes += bursts * memory->burst;
}

/* The memory's track of a timeline: transfers one behind the other, as its bus sees them. */
static void show_transfer(struct player *player, int32_t memory, const char *name,
                          uint64_t start)
{
    uint64_t last = player->shown[memory];
    player_span(player, player->chip->memories[memory].name, name, start > last ? start : last,
                player->kernel.now);
    player->shown[memory] = player->kernel.now;
}

void worker_wake(struct worker *worker)
{
    worker_advance(worker);
    if (worker->player->must_poke)
        player_poke(worker->player);
}

static uint32_t stream_of(const struct worker *worker, uint32_t load)
{
    uint32_t number = (uint32_t)(worker - worker->player->workers);
    return (number * (STEP_LOADS_MAX + 1) + load) % MEMORY_STREAMS;
}

/* Queue 0 goes first where requests wait for one another. */
static uint32_t queue_of(const struct worker *worker, const struct task *task, uint32_t load)
{
    switch (worker->player->chip->cores[worker->core].dma_priority) {
    case DMA_WEIGHTS_FIRST:
        return task_loads_weights(task, load) ? 0 : 1;
    case DMA_INPUTS_FIRST:
        return load < STEP_PARTIAL && !task_loads_weights(task, load) ? 0 : 1;
    default:
        return 0;
    }
}

static void submit(struct worker *worker, const struct task *task, int32_t memory,
                   uint32_t load, struct dma_job *job)
{
    struct player *player = worker->player;
    job->memory = player->memories[memory];
    job->queue = queue_of(worker, task, load);
    job->stream = stream_of(worker, load);
    job->transfers = player->fetched.transfers;
    job->transfer_count = player->fetched.transfer_count;
    job->addresses = player->fetched.addresses;
    job->address_count = player->fetched.address_count;
    job->element_bytes = player->fetched.element_bytes;
    dma_submit(worker->dma, job);
}

static struct held *held_of(const struct task *task, uint32_t load)
{
    return load == STEP_PARTIAL ? task->output : task->inputs[load];
}

static void load_done(void *context, uint64_t tag)
{
    struct worker *worker = context;
    struct ring_entry *entry = &worker->ring[(tag >> 3) % RING_ENTRIES];
    uint32_t load = (uint32_t)(tag & 7);
    const struct held *held = held_of(entry->task, load);
    show_transfer(worker->player, held->memory, entry->task->job->name, entry->offered[load]);
    entry->arrival[load] = worker->player->kernel.now;
    entry->pending--;
    worker_wake(worker);
}

void path_load(struct worker *worker, struct ring_entry *entry, uint64_t number, uint32_t load)
{
    struct player *player = worker->player;
    struct task *task = entry->task;
    struct held *held = held_of(task, load);
    if (!held || !player->memories[held->memory]) {
        entry->arrival[load] = player->kernel.now;
        entry->pending--;
        return;
    }
    entry->offered[load] = player->kernel.now;
    fetch_load(worker, entry, load, held, &player->fetched);
    if (player->fetched.transfer_count + player->fetched.address_count == 0) {
        entry->arrival[load] = player->kernel.now; /* padding alone */
        entry->pending--;
        return;
    }
    count_dram(player, task->job, held->memory, &player->fetched, false);
    struct dma_job job = {.tag = number << 3 | load, .done = load_done, .context = worker};
    submit(worker, task, held->memory, load, &job);
}

static void store_done(void *context, uint64_t tag)
{
    struct task *task = context;
    struct worker *worker = task->worker;
    task->stores_under_way--;
    worker->storing -= tag;
    worker->store_free_time = worker->player->kernel.now;
    worker_wake(worker);
}

void path_store(struct worker *worker, const struct ring_entry *entry)
{
    struct player *player = worker->player;
    struct task *task = entry->task;
    struct held *held = task->output;
    uint64_t bytes = entry->step.store_bytes;
    if (!bytes || !held || !player->memories[held->memory])
        return;
    worker->storing += bytes;
    task->stores_under_way++;
    fetch_store(worker, entry, held, &player->fetched);
    count_dram(player, task->job, held->memory, &player->fetched, true);
    struct dma_job job = {.is_write = true, .tag = bytes, .done = store_done, .context = task};
    submit(worker, task, held->memory, STEP_LOADS_MAX, &job);
}
