#include "arch/memory/port_share.h"

#include <assert.h>

const char *const MEMORY_FIDELITIES[] = {"ideal", "bank", "command", NULL};

static const struct memory_model *const MODELS[] = {&MEMORY_IDEAL, &MEMORY_BANK,
                                                    &MEMORY_COMMAND};

enum { CREDITS_DEFAULT = 16 };

/* Bytes per second of all data buses, exactly. */
static bool dram_bandwidth(const struct dram_config *dram, struct ratio *bandwidth)
{
    int64_t clocks =
        dram->burst_clocks > dram->ccd_short ? dram->burst_clocks : dram->ccd_short;
    uint64_t bytes = (uint64_t)(dram->channels * dram->pseudo_channels) * dram->access_bytes;
    return ratio_multiply(ratio_make(bytes, (uint64_t)clocks), ratio_invert(dram->clock_period),
                          bandwidth);
}

static bool choose_rates(struct memory *memory, const struct memory_config *config,
                         struct error *err)
{
    struct ratio bandwidth = config->bandwidth, latency = config->latency, peak;
    if (config->dram != NULL) {
        const struct dram_config *dram = config->dram;
        memory->clock = clock_make(&memory->timebase, ratio_invert(dram->clock_period));
        if (!dram_bandwidth(dram, &peak))
            return error_set(err, "memory '%s': tCK is too fine to compute with", config->name);
        if (bandwidth.num == 0 ||
            (config->fidelity != FIDELITY_IDEAL && ratio_value(peak) < ratio_value(bandwidth)))
            bandwidth = peak;
        if (latency.num == 0) {
            struct dram_timing timing = dram_timing_of(dram);
            if (!ratio_multiply(dram->clock_period, ratio_make(timing.read_done, 1), &latency))
                return error_set(err, "memory '%s': CL is too large", config->name);
        }
    }
    if (bandwidth.num == 0)
        return error_set(err, "memory '%s' has no bandwidth: give one, or a DRAM",
                         config->name);
    if (!ratio_multiply(memory->timebase.ticks_per_second, ratio_invert(bandwidth),
                        &memory->ticks_per_byte))
        return error_set(err, "memory '%s': the bandwidth does not fit the chip's timebase",
                         config->name);
    memory->latency_ticks = latency.num == 0 ? 0 : timebase_ticks(&memory->timebase, latency);
    return true;
}

struct memory *memory_make(struct arena *arena, struct kernel *kernel,
                           const struct timebase *timebase, const struct memory_config *config,
                           struct error *err)
{
    if (config->fidelity != FIDELITY_IDEAL && config->dram == NULL) {
        error_set(err,
                  "memory '%s' has no DRAM, so its fidelity is '%s' in vain: must be ideal",
                  config->name, MEMORY_FIDELITIES[config->fidelity]);
        return NULL;
    }
    struct memory *memory = arena_alloc(arena, sizeof *memory);
    memory->config = *config;
    memory->arena = arena;
    memory->kernel = kernel;
    memory->timebase = *timebase;
    memory->model = MODELS[config->fidelity];
    memory->credits = config->credits > 0 ? config->credits : CREDITS_DEFAULT;
    memory->access_bytes = config->access_bytes;
    if (memory->access_bytes == 0 || config->fidelity != FIDELITY_IDEAL)
        memory->access_bytes = config->dram != NULL ? config->dram->access_bytes : 64;
    if (!choose_rates(memory, config, err))
        return NULL;
    memory_share_make(memory);
    memory->model->start(memory);
    return memory;
}

static void entry_fire(struct kernel *kernel, struct event *event)
{
    (void)kernel;
    struct memory_entry *entry = event->owner;
    struct memory *memory = entry->memory;
    struct transfer transfer = entry->transfer;
    if (entry->is_ahead)
        memory_share_settle(memory);
    memory->streams[transfer.stream].under_way--;
    entry->next = memory->free;
    memory->free = entry;
    if (transfer.done != NULL)
        transfer.done(transfer.context, transfer.tag);
}

void memory_answer(struct memory_entry *entry, uint64_t time)
{
    struct memory *memory = entry->memory;
    struct memory_stream *stream = &memory->streams[entry->transfer.stream];
    if (time < stream->last_done)
        time = stream->last_done;
    if (time < memory->kernel->now)
        time = memory->kernel->now;
    stream->last_done = time;
    entry->event.fire = entry_fire;
    entry->event.owner = entry;
    kernel_schedule(memory->kernel, &entry->event, time, PHASE_DELIVER);
}

bool memory_offer(struct memory *memory, const struct transfer *transfer)
{
    assert(transfer->stream < MEMORY_STREAMS);
    struct memory_stream *stream = &memory->streams[transfer->stream];
    if (stream->under_way >= memory->credits)
        return false;
    struct memory_entry *entry = memory->free;
    if (entry != NULL)
        memory->free = entry->next;
    else
        entry = arena_alloc(memory->arena, sizeof *entry);
    *entry = (struct memory_entry){.memory = memory, .transfer = *transfer};
    entry->bursts = transfer_bursts(transfer, memory->access_bytes);
    stream->under_way++;
    uint64_t bytes = entry->bursts * memory->access_bytes;
    if (transfer->is_write)
        memory->traffic.write_bytes += bytes;
    else
        memory->traffic.read_bytes += bytes;
    if (entry->bursts == 0)
        memory_answer(entry, memory->kernel->now);
    else
        memory->model->offer(memory, entry);
    return true;
}

struct memory_traffic memory_traffic(const struct memory *memory)
{
    return memory->traffic;
}

struct dram_actions memory_actions(struct memory *memory, uint64_t time)
{
    struct dram_actions actions = memory->actions;
    memory->model->actions(memory, time, &actions);
    return actions;
}

double memory_peak_bandwidth(const struct memory *memory)
{
    return ratio_value(memory->timebase.ticks_per_second) / ratio_value(memory->ticks_per_byte);
}

const char *memory_mapping(const struct memory *memory)
{
    return memory->config.dram != NULL ? memory->config.dram->mapping : "";
}

bool transfer_next_run(const struct transfer *transfer, struct transfer_walk *walk,
                       uint64_t *address)
{
    if (walk->is_begun) {
        int level = 0;
        for (; level < TRANSFER_STRIDES; level++) {
            if (++walk->index[level] < transfer->strides[level].count)
                break;
            walk->index[level] = 0;
        }
        if (level == TRANSFER_STRIDES)
            return false;
    }
    walk->is_begun = true;
    *address = transfer->address;
    for (int level = 0; level < TRANSFER_STRIDES; level++)
        *address += walk->index[level] * (uint64_t)transfer->strides[level].bytes;
    return true;
}

static uint64_t run_bursts(uint64_t address, uint64_t bytes, uint64_t access_bytes)
{
    return (address % access_bytes + bytes + access_bytes - 1) / access_bytes;
}

uint64_t transfer_bursts(const struct transfer *transfer, uint64_t access_bytes)
{
    if (transfer->bytes == 0)
        return 0;
    uint64_t runs = 1;
    bool is_aligned = true; /* every run begins at the same place in a burst */
    for (int level = 0; level < TRANSFER_STRIDES; level++) {
        if (transfer->strides[level].count <= 1)
            continue;
        runs *= transfer->strides[level].count;
        is_aligned = is_aligned && transfer->strides[level].bytes % (int64_t)access_bytes == 0;
    }
    if (is_aligned)
        return runs * run_bursts(transfer->address, transfer->bytes, access_bytes);
    uint64_t bursts = 0, address;
    struct transfer_walk walk = {0};
    while (transfer_next_run(transfer, &walk, &address))
        bursts += run_bursts(address, transfer->bytes, access_bytes);
    return bursts;
}
