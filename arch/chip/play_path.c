/* The way of a tile: a step's loads become jobs of the member's DMA engine, which asks the
 * ports of memories; what they answer crosses the link of a host, the network, and the ports of
 * the buffer. Stores go the same way back. A stage that a chip does not have adds no event. */
#include "arch/chip/play_state.h"

static void count_dram(struct player *player, struct job *job, int32_t index,
                       const struct fetch_list *list, bool is_write)
{
    const struct chip_memory *memory = &player->chip->memories[index];
    uint64_t bits = 8 * fetch_bytes(list);
    if (memory->transfer >= 0)
        job->ledger.counts[memory->transfer] += bits;
    if (memory->wires >= 0)
        job->ledger.counts[memory->wires] += bits;
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
    if (!player->observer->span)
        return;
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
    dma_submit(worker->dma, job);
}

static struct ring_entry *entry_at(struct worker *worker, uint64_t number)
{
    return &worker->ring[number % RING_ENTRIES];
}

static struct held *held_of(const struct task *task, uint32_t load)
{
    return load == STEP_PARTIAL ? task->output : task->inputs[load];
}

/* ---- loads ---- */

void path_arrive(struct worker *worker, uint64_t number, uint32_t load)
{
    struct ring_entry *entry = entry_at(worker, number);
    entry->arrival[load] = worker->player->kernel.now;
    entry->pending--;
    worker_wake(worker);
}

uint64_t path_brought(struct worker *worker, uint64_t number, uint32_t load)
{
    struct ring_entry *entry = entry_at(worker, number);
    entry->brought[load] = worker->player->kernel.now;
    return buffer_fill(worker, entry->task->plan, load, entry->step.load_bytes[load],
                       worker->player->kernel.now);
}

/* Everything beyond the host's own memory reaches the host by its link. */
static bool crosses_link(const struct worker *worker, int32_t memory)
{
    const struct chip *chip = worker->player->chip;
    return chip->cores[worker->core].is_host && memory != chip->host_memory;
}

/* One contiguous transfer over the link; `job` says who waits for it. */
static void cross_link(struct worker *worker, struct task *task, uint32_t load, uint64_t bytes,
                       struct dma_job *job)
{
    struct player *player = worker->player;
    const struct transfer transfer = {.bytes = bytes};
    player->fetched.transfer_count = 0;
    fetch_emit(&player->fetched, &transfer);
    count_dram(player, task->job, player->chip->host_memory, &player->fetched, job->is_write);
    submit(worker, task, player->chip->host_memory, load, job);
}

/* The load has left its memory, and the link where it crosses one. */
static void load_left(void *context, uint64_t tag)
{
    struct worker *worker = context;
    struct player *player = worker->player;
    uint32_t load = (uint32_t)(tag & 7);
    entry_at(worker, tag >> 3)->left[load] = player->kernel.now;
    uint64_t time = path_brought(worker, tag >> 3, load);
    if (time == player->kernel.now)
        path_arrive(worker, tag >> 3, load);
    else
        flight_land(flight_take(worker, tag >> 3, load), time);
}

static void flight_left(void *context, uint64_t memory)
{
    struct flight *flight = context;
    const struct ring_entry *entry = entry_at(flight->worker, flight->entry);
    network_bring(flight, (int32_t)memory, entry->offered[flight->load]);
}

/* The port has answered; `memory` is the one behind it. */
static void port_done(struct worker *worker, uint64_t number, uint32_t load, int32_t memory,
                      struct dma_job *next)
{
    struct ring_entry *entry = entry_at(worker, number);
    if (worker->player->memories[memory])
        show_transfer(worker->player, memory, entry->task->job->name, entry->offered[load]);
    if (crosses_link(worker, memory))
        cross_link(worker, entry->task, load, entry->step.load_bytes[load], next);
    else
        next->done(next->context, next->tag);
}

static void load_done(void *context, uint64_t tag)
{
    struct worker *worker = context;
    uint32_t load = (uint32_t)(tag & 7);
    struct dma_job next = {.tag = tag, .done = load_left, .context = worker};
    int32_t memory = held_of(entry_at(worker, tag >> 3)->task, load)->memory;
    port_done(worker, tag >> 3, load, memory, &next);
}

/* The same where there is a network: it starts from the node of the memory, or of the link. */
static void flight_done(void *context, uint64_t tag)
{
    struct flight *flight = context;
    struct worker *worker = flight->worker;
    int32_t memory = (int32_t)tag;
    int32_t node = crosses_link(worker, memory) ? worker->player->chip->host_memory : memory;
    struct dma_job next = {.tag = (uint64_t)node, .done = flight_left, .context = flight};
    port_done(worker, flight->entry, flight->load, memory, &next);
}

void path_load(struct worker *worker, struct ring_entry *entry, uint64_t number, uint32_t load)
{
    struct player *player = worker->player;
    struct task *task = entry->task;
    struct held *held = held_of(task, load);
    entry->offered[load] = player->kernel.now;
    bool is_on_chip = !held || !player->memories[held->memory];
    if (is_on_chip && (!held || !crosses_link(worker, held->memory))) {
        entry->left[load] = entry->brought[load] = entry->arrival[load] = player->kernel.now;
        entry->pending--;
        return;
    }
    struct dma_job job = {.tag = number << 3 | load, .done = load_done, .context = worker};
    struct flight *flight = NULL;
    if (player->network && !is_on_chip) {
        flight = network_share(worker, task, number, load);
        if (!flight) /* comes with another member's */
            return;
        job.context = flight;
        job.done = flight_done;
        job.tag = (uint64_t)held->memory;
    }
    if (is_on_chip) {
        job.done = load_left;
        cross_link(worker, task, load, entry->step.load_bytes[load], &job);
        return;
    }
    fetch_load(worker, entry, load, held, &player->fetched);
    if (flight)
        flight->bits = 8 * fetch_bytes(&player->fetched);
    if (player->fetched.transfer_count == 0 && !flight) {
        entry->left[load] = entry->brought[load] = entry->arrival[load] = player->kernel.now;
        entry->pending--; /* padding alone */
        return;
    }
    count_dram(player, task->job, held->memory, &player->fetched, false);
    submit(worker, task, held->memory, load, &job);
}

/* ---- stores ---- */

static void store_done(void *context, uint64_t tag)
{
    struct task *task = context;
    struct worker *worker = task->worker;
    task->stores_under_way--;
    worker->storing -= tag;
    worker->store_free_time = worker->player->kernel.now;
    worker_wake(worker);
}

static void write_memory(struct worker *worker, const struct ring_entry *entry)
{
    struct player *player = worker->player;
    struct task *task = entry->task;
    struct dma_job job = {
        .is_write = true, .tag = entry->step.store_bytes, .done = store_done, .context = task};
    fetch_store(worker, entry, task->output, &player->fetched);
    count_dram(player, task->job, task->output->memory, &player->fetched, true);
    submit(worker, task, task->output->memory, STEP_LOADS_MAX, &job);
}

static void store_crossed(void *context, uint64_t tag)
{
    (void)tag;
    struct flight *flight = context;
    write_memory(flight->worker, &flight->store);
    flight_free(flight);
}

void path_write(struct worker *worker, const struct ring_entry *entry)
{
    struct task *task = entry->task;
    int32_t memory = task->output->memory;
    uint64_t bytes = entry->step.store_bytes;
    worker->store_brought_time = worker->player->kernel.now;
    if (!crosses_link(worker, memory)) {
        write_memory(worker, entry);
        return;
    }
    struct dma_job job = {.is_write = true, .tag = bytes, .done = store_done, .context = task};
    if (worker->player->memories[memory]) { /* and on into it */
        struct flight *flight = flight_take(worker, 0, 0);
        flight->store = *entry;
        job.done = store_crossed;
        job.context = flight;
    }
    cross_link(worker, task, STEP_LOADS_MAX, bytes, &job);
}

void path_store(struct worker *worker, const struct ring_entry *entry)
{
    struct player *player = worker->player;
    struct task *task = entry->task;
    const struct held *held = task->output;
    uint64_t bytes = entry->step.store_bytes;
    if (!bytes || !held ||
        (!player->memories[held->memory] && !crosses_link(worker, held->memory)))
        return;
    worker->storing += bytes;
    task->stores_under_way++;
    buffer_drain(worker, bytes);
    if (player->network && player->memories[held->memory])
        network_store(worker, entry, held->memory);
    else
        path_write(worker, entry);
}
