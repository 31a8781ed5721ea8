/* Banks, bank groups and data buses as reservations, taken burst by burst in the order in which
 * the streams' fair shares move them. Each resource is as busy as the work it got so far and
 * never waits for another one, so this is what a controller with endless queues and perfect
 * choice would reach: rows recently opened in a bank count as open (the controller would have
 * taken their hits together), reads and writes turn the bus for nothing. Refresh stops a
 * channel of one rank altogether. */
#include "arch/memory/port_share.h"

enum { RECENT_ROWS = 8 };

struct bank_state {
    uint64_t free; /* earliest next activate */
    uint64_t open; /* columns of the row opened last, from here */
    uint32_t rows[RECENT_ROWS], row_count;
};

struct bank_channel {
    struct bank_state *banks;
    uint64_t *group_free, *bus_free, *activate_quarters; /* per group, data bus, rank */
    uint64_t busy_clocks;                                /* of the buses */
};

/* The transfers of a stream whose bursts have not all moved; `at` is the next. */
struct bank_stream {
    struct memory_entry *head, *tail;
    struct transfer_walk walk;
    uint64_t at, end, left; /* left: bursts of the head */
};

struct bank_model {
    struct dram_timing timing;
    struct bank_channel *channels;
    struct bank_stream streams[MEMORY_STREAMS];
    uint32_t banks_per_group, banks_per_rank, recent;
    uint64_t refresh_period, refresh_clocks; /* period 0: hidden behind other ranks */
};

static void bank_start(struct memory *memory)
{
    const struct dram_config *dram = memory->config.dram;
    struct arena *arena = memory->arena;
    struct bank_model *model = arena_alloc(arena, sizeof *model);
    size_t banks = (size_t)dram->banks_total, ranks = (size_t)dram->ranks_total;
    model->timing = dram_timing_of(dram);
    model->banks_per_group = (uint32_t)dram->banks_per_group;
    model->banks_per_rank = (uint32_t)(dram->bank_groups * dram->banks_per_group);
    model->recent = dram->queue_depth < RECENT_ROWS ? (uint32_t)dram->queue_depth : RECENT_ROWS;
    if (dram->ranks == 1 &&
        (dram->refresh == REFRESH_STAGGERED || dram->refresh == REFRESH_SIMULTANEOUS)) {
        model->refresh_clocks = (uint64_t)dram->refresh_cycle;
        model->refresh_period = (uint64_t)dram->refresh_interval - model->refresh_clocks;
    }
    model->channels = arena_array(arena, (size_t)dram->channels, sizeof *model->channels);
    for (int64_t i = 0; i < dram->channels; i++) {
        struct bank_channel *channel = &model->channels[i];
        channel->banks = arena_array(arena, banks, sizeof *channel->banks);
        channel->group_free =
            arena_array(arena, banks / model->banks_per_group, sizeof *channel->group_free);
        channel->bus_free =
            arena_array(arena, (size_t)dram->pseudo_channels, sizeof *channel->bus_free);
        channel->activate_quarters =
            arena_array(arena, ranks, sizeof *channel->activate_quarters);
    }
    memory->state = model;
}

/* Clocks of the channel that are not spent in refresh, up to a clock, and back. A refresh takes
 * the first clocks of every interval but the first one. */
static uint64_t without_refresh(const struct bank_model *model, uint64_t clock)
{
    uint64_t refresh = model->refresh_clocks;
    if (model->refresh_period == 0 || clock <= refresh)
        return clock;
    uint64_t whole = model->refresh_period + refresh;
    uint64_t within = (clock - refresh) % whole;
    if (within > model->refresh_period)
        within = model->refresh_period;
    return refresh + (clock - refresh) / whole * model->refresh_period + within;
}

static uint64_t with_refresh(const struct bank_model *model, uint64_t clock)
{
    uint64_t refresh = model->refresh_clocks;
    if (model->refresh_period == 0 || clock <= refresh)
        return clock;
    return clock + (clock - refresh - 1) / model->refresh_period * refresh;
}

static bool is_recent(const struct bank_model *model, const struct bank_state *bank,
                      uint32_t row)
{
    uint32_t count = bank->row_count < model->recent ? bank->row_count : model->recent;
    for (uint32_t i = 1; i <= count; i++)
        if (bank->rows[(bank->row_count - i) % RECENT_ROWS] == row)
            return true;
    return false;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void open_row(struct memory *memory, struct bank_channel *channel, uint32_t number,
                     uint32_t row, uint64_t clock)
{
    const struct bank_model *model = memory->state;
    const struct dram_timing *t = &model->timing;
    struct bank_state *bank = &channel->banks[number];
    /* Four activates a window, counted in quarters so that none waits for a later one. */
    uint64_t *quarters = &channel->activate_quarters[number / model->banks_per_rank];
    uint64_t activate = later(later(clock, bank->free), *quarters / 4);
    *quarters = later(4 * clock, *quarters) + later(t->four_activates, 4 * t->act_act_short);
    bank->free = activate + t->act_act_bank;
    bank->open = activate + t->act_read;
    bank->rows[bank->row_count++ % RECENT_ROWS] = row;
    memory->actions.activates++;
}

/* Clock at which the burst's data have moved. */
static uint64_t reserve(struct memory *memory, uint64_t address, bool is_write, uint64_t clock)
{
    const struct bank_model *model = memory->state;
    const struct dram_timing *t = &model->timing;
    struct dram_place place = dram_map_place(memory->config.map, address);
    struct bank_channel *channel = &model->channels[place.channel];
    struct bank_state *bank = &channel->banks[place.bank];
    if (!is_recent(model, bank, place.row))
        open_row(memory, channel, place.bank, place.row, clock);
    uint64_t *group = &channel->group_free[place.bank / model->banks_per_group];
    uint32_t rank = place.bank / model->banks_per_rank;
    uint64_t *bus = &channel->bus_free[rank / (uint32_t)memory->config.dram->ranks];
    uint64_t start = later(later(clock, bank->open), later(*group, *bus));
    *group = later(clock, *group) + t->column_long;
    *bus = later(clock, *bus) + t->column_short;
    channel->busy_clocks += t->column_short;
    if (!is_write)
        return start + t->read_done;
    /* Writes are posted: the answer comes while a full write buffer is still waiting. */
    uint64_t posted = (uint64_t)memory->config.dram->write_buffer * t->column_short;
    return start > clock + posted ? start - posted : clock;
}

/* Goes to the stream's next burst. */
static void step(struct memory *memory, struct bank_stream *stream)
{
    struct memory_entry *entry = stream->head;
    stream->at += memory->access_bytes;
    while (entry != NULL && stream->at >= stream->end) {
        const struct transfer *transfer = &entry->transfer;
        uint64_t address;
        if (transfer_next_run(transfer, &stream->walk, &address)) {
            stream->at = address - address % memory->access_bytes;
            stream->end = address + transfer->bytes;
        } else {
            stream->head = entry = entry->next_in_bank;
            stream->walk = (struct transfer_walk){0};
            stream->left = entry != NULL ? entry->bursts : 0;
        }
    }
}

/* The next burst of all streams to move. */
static struct bank_stream *first_stream(struct bank_model *model, uint128 burst, uint128 *mark)
{
    struct bank_stream *first = NULL;
    for (int i = 0; i < MEMORY_STREAMS; i++) {
        struct bank_stream *stream = &model->streams[i];
        if (stream->head == NULL)
            continue;
        uint128 at = stream->head->mark - (stream->left - 1) * burst;
        if (first == NULL || at < *mark) {
            first = stream;
            *mark = at;
        }
    }
    return first;
}

/* Bursts take banks and buses in the order in which they moved, whatever transfers they belong
 * to. */
static void bank_moved(struct memory *memory, struct memory_entry *entry)
{
    struct bank_model *model = memory->state;
    uint128 burst = memory_share_burst(memory), mark = 0;
    struct bank_stream *stream;
    while ((stream = first_stream(model, burst, &mark)) != NULL && mark <= entry->mark) {
        struct memory_entry *head = stream->head;
        uint64_t clock = without_refresh(model, clock_next(&memory->clock, head->offered));
        uint64_t done = reserve(memory, stream->at, head->transfer.is_write, clock);
        head->modelled = later(head->modelled, done);
        stream->left--;
        step(memory, stream);
    }
    entry->modelled = clock_edge(&memory->clock, with_refresh(model, entry->modelled));
    entry->is_modelled = true;
}

static void bank_offer(struct memory *memory, struct memory_entry *entry)
{
    struct bank_model *model = memory->state;
    struct bank_stream *stream = &model->streams[entry->transfer.stream];
    if (entry->transfer.is_write)
        memory->actions.writes += entry->bursts;
    else
        memory->actions.reads += entry->bursts;
    entry->next_in_bank = NULL;
    if (stream->head == NULL) {
        stream->head = entry;
        stream->left = entry->bursts;
        stream->walk = (struct transfer_walk){0};
        stream->at = stream->end = 0;
        step(memory, stream);
    } else {
        stream->tail->next_in_bank = entry;
    }
    stream->tail = entry;
    memory_share_offer(entry);
}

static void bank_actions(struct memory *memory, uint64_t time, struct dram_actions *actions)
{
    const struct bank_model *model = memory->state;
    const struct dram_config *dram = memory->config.dram;
    uint64_t clocks = clock_cycles_at(&memory->clock, time), active = 0;
    uint64_t ranks = (uint64_t)(dram->channels * dram->ranks_total);
    for (int64_t i = 0; i < dram->channels; i++)
        active += model->channels[i].busy_clocks;
    active *= (uint64_t)dram->ranks;
    actions->precharges = actions->activates;
    actions->active_clocks = active < clocks * ranks ? active : clocks * ranks;
    actions->idle_clocks = clocks * ranks - actions->active_clocks;
    if (dram->refresh == REFRESH_PER_BANK)
        actions->bank_refreshes =
            clocks / (uint64_t)dram->refresh_interval * ranks * model->banks_per_rank;
    else if (dram->refresh != REFRESH_NONE)
        actions->refreshes = clocks / (uint64_t)dram->refresh_interval * ranks;
}

const struct memory_model MEMORY_BANK = {bank_start, bank_offer, bank_moved, bank_actions};
