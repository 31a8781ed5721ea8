/* Every DRAM command. Transfers are fed burst by burst to the channels they touch, streams in
 * turn, as fast as the channels take them. Channels advance lazily: the memory wakes at the
 * earliest time at which the oldest transfer of some stream could be complete, lets every
 * channel catch up, and either knows the time of completion by then (a read's data follow its
 * command by many clocks) or sleeps again. So kernel events are few, whatever the size of a
 * transfer. */
#include "arch/memory/port_share.h"

/* The part of a transfer that one channel moves; address walks its bursts in order. */
struct feed {
    struct flight *flight;
    struct feed *next; /* of the same stream and channel */
    struct transfer_walk walk;
    uint64_t at, end; /* next burst, end of the contiguous run */
    uint64_t start;   /* clock from which bursts may be offered */
};

/* A transfer under way. */
struct flight {
    struct memory_entry *entry;
    struct flight *next;        /* of its stream, or of the free list */
    struct feed *feeds;         /* one per channel */
    uint64_t unfed, unanswered; /* bursts */
    uint64_t done_clock;
};

struct queue {
    struct feed *head, *tail;
};

struct lane {
    struct dram_channel *channel;
    struct queue queues[MEMORY_STREAMS];
    uint64_t busy; /* bit per stream with a feed */
    uint32_t turn; /* stream served last */
};

struct flights {
    struct flight *head, *tail;
};

struct command_model {
    struct event wake;
    struct lane *lanes;
    uint32_t lane_count, buses, spacing, lookahead;
    uint64_t streams_busy;
    struct flights streams[MEMORY_STREAMS];
    struct flight *free;
    /* Channel field of an address where it is one part: bits from `low`; else width 64. */
    uint32_t low, width;
};

static void wake_up(struct kernel *kernel, struct event *event);

static void burst_done(void *context, uint64_t tag, uint64_t clock)
{
    (void)context;
    struct flight *flight = (struct flight *)(uintptr_t)tag;
    flight->unanswered--;
    if (clock > flight->done_clock)
        flight->done_clock = clock;
}

static void command_start(struct memory *memory)
{
    const struct dram_config *dram = memory->config.dram;
    struct command_model *model = arena_alloc(memory->arena, sizeof *model);
    struct dram_timing timing = dram_timing_of(dram);
    model->lane_count = (uint32_t)dram->channels;
    model->lanes = arena_array(memory->arena, model->lane_count, sizeof *model->lanes);
    model->buses = (uint32_t)dram->pseudo_channels;
    model->spacing = timing.column_short;
    model->lookahead = timing.read_done;
    for (uint32_t i = 0; i < model->lane_count; i++)
        model->lanes[i].channel = dram_channel_make(memory->arena, dram, burst_done, memory);
    model->wake.fire = wake_up;
    model->wake.owner = memory;
    const struct dram_map *map = memory->config.map;
    int parts = 0;
    for (int i = 0; i < map->part_count; i++) {
        const struct dram_map_part *part = &map->parts[i];
        if (part->field != DRAM_FIELD_CHANNEL)
            continue;
        parts++;
        model->low = part->from;
        model->width = 0;
        for (uint64_t mask = part->mask; mask != 0; mask >>= 1)
            model->width++;
    }
    if (parts != 1)
        model->width = parts == 0 ? 0 : 64;
    memory->state = model;
}

/* The first burst at or after `at` that lies in the channel. */
static uint64_t in_channel(const struct memory *memory, uint32_t lane, uint64_t at,
                           uint64_t end)
{
    const struct command_model *model = memory->state;
    if (model->width == 0)
        return at;
    if (model->width == 64) {
        while (at < end && dram_map_channel(memory->config.map, at) != lane)
            at += memory->access_bytes;
        return at;
    }
    uint64_t mask = ((uint64_t)1 << model->width) - 1;
    uint64_t here = at >> model->low & mask;
    if (here == lane)
        return at;
    uint64_t base = at >> model->low << model->low;
    return base + (((lane - here) & mask) << model->low);
}

/* Moves the feed to its next burst; false at the end of the transfer. */
static bool feed_settle(struct memory *memory, uint32_t lane, struct feed *feed)
{
    const struct transfer *transfer = &feed->flight->entry->transfer;
    for (;;) {
        if (feed->at < feed->end) {
            feed->at = in_channel(memory, lane, feed->at, feed->end);
            if (feed->at < feed->end)
                return true;
        }
        uint64_t address;
        if (!transfer_next_run(transfer, &feed->walk, &address))
            return false;
        feed->at = address - address % memory->access_bytes;
        feed->end = address + transfer->bytes;
    }
}

/* Offers what the channel takes at its present clock, streams in turn. */
static void feed_lane(struct memory *memory, uint32_t number)
{
    struct command_model *model = memory->state;
    struct lane *lane = &model->lanes[number];
    uint64_t now = dram_channel_now(lane->channel), refused = 0;
    while ((lane->busy & ~refused) != 0) {
        uint64_t open = lane->busy & ~refused;
        uint64_t after = lane->turn < 63 ? open & ~(((uint64_t)2 << lane->turn) - 1) : 0;
        uint32_t stream = (uint32_t)__builtin_ctzll(after != 0 ? after : open);
        struct queue *queue = &lane->queues[stream];
        struct feed *feed = queue->head;
        struct flight *flight = feed->flight;
        struct dram_place place = dram_map_place(memory->config.map, feed->at);
        struct dram_offer offer = {.burst = feed->at >> memory->config.map->offset_bits,
                                   .bank = place.bank,
                                   .row = place.row,
                                   .is_write = flight->entry->transfer.is_write,
                                   .tag = (uint64_t)(uintptr_t)flight};
        if (feed->start > now || !dram_channel_offer(lane->channel, &offer)) {
            refused |= (uint64_t)1 << stream;
            continue;
        }
        lane->turn = stream;
        flight->unfed--;
        feed->at += memory->access_bytes;
        if (!feed_settle(memory, number, feed)) {
            queue->head = feed->next;
            if (queue->head == NULL)
                lane->busy &= ~((uint64_t)1 << stream);
        }
    }
}

/* The channel acts, and takes bursts, in all clocks up to `until`. */
static void lane_advance(struct memory *memory, uint32_t number, uint64_t until)
{
    struct command_model *model = memory->state;
    struct lane *lane = &model->lanes[number];
    while (lane->busy != 0) {
        feed_lane(memory, number);
        uint64_t now = dram_channel_now(lane->channel);
        uint64_t target = dram_channel_next(lane->channel);
        for (uint64_t left = lane->busy; left != 0; left &= left - 1) {
            uint64_t start = lane->queues[__builtin_ctzll(left)].head->start;
            if (start > now && start < target)
                target = start;
        }
        if (target > until)
            break;
        dram_channel_run(lane->channel, target);
    }
    if (dram_channel_now(lane->channel) < until)
        dram_channel_run(lane->channel, until);
}

/* A clock before which the transfer cannot be complete, seen from clock `now`. */
static uint64_t least_clock(const struct memory *memory, const struct flight *flight,
                            uint64_t now)
{
    const struct command_model *model = memory->state;
    uint64_t per_lane = flight->unfed / model->lane_count;
    if (flight->entry->transfer.is_write) {
        uint64_t room = (uint64_t)memory->config.dram->write_buffer;
        return now + 1 +
               (per_lane > room ? per_lane - room : 0) * model->spacing / model->buses;
    }
    return now + per_lane * model->spacing / model->buses + model->lookahead - 1;
}

static void wake_by(struct memory *memory, uint64_t clock)
{
    struct command_model *model = memory->state;
    uint64_t time = clock_edge(&memory->clock, clock);
    if (time <= memory->kernel->now)
        time = clock_edge(&memory->clock, clock_next(&memory->clock, memory->kernel->now) + 1);
    if (!event_is_pending(&model->wake) || event_time(&model->wake) > time)
        kernel_reschedule(memory->kernel, &model->wake, time, PHASE_ARBITRATE);
}

static void retire(struct memory *memory, uint32_t stream, struct flight *flight)
{
    struct command_model *model = memory->state;
    struct flights *flights = &model->streams[stream];
    flights->head = flight->next;
    if (flights->head == NULL)
        model->streams_busy &= ~((uint64_t)1 << stream);
    memory_modelled(flight->entry, clock_edge(&memory->clock, flight->done_clock));
    flight->next = model->free;
    model->free = flight;
}

/* Answers what is known and sleeps until more can be. */
static void look(struct memory *memory)
{
    struct command_model *model = memory->state;
    uint64_t wake = DRAM_NEVER;
    for (uint64_t left = model->streams_busy; left != 0; left &= left - 1) {
        uint32_t stream = (uint32_t)__builtin_ctzll(left);
        struct flight *flight;
        while ((flight = model->streams[stream].head) != NULL && flight->unanswered == 0)
            retire(memory, stream, flight);
        if (flight != NULL) {
            uint64_t now = dram_channel_now(model->lanes[0].channel);
            uint64_t clock = least_clock(memory, flight, now);
            wake = clock < wake ? clock : wake;
        }
    }
    if (wake != DRAM_NEVER)
        wake_by(memory, wake);
}

static void catch_up(struct memory *memory, uint64_t clock)
{
    struct command_model *model = memory->state;
    for (uint32_t i = 0; i < model->lane_count; i++)
        lane_advance(memory, i, clock);
}

static void wake_up(struct kernel *kernel, struct event *event)
{
    struct memory *memory = event->owner;
    catch_up(memory, clock_cycles_at(&memory->clock, kernel->now));
    look(memory);
}

static struct flight *flight_new(struct memory *memory, struct memory_entry *entry)
{
    struct command_model *model = memory->state;
    struct flight *flight = model->free;
    struct feed *feeds;
    if (flight != NULL) {
        model->free = flight->next;
        feeds = flight->feeds;
    } else {
        flight = arena_alloc(memory->arena, sizeof *flight);
        feeds = arena_array(memory->arena, model->lane_count, sizeof *feeds);
    }
    *flight = (struct flight){
        .entry = entry, .feeds = feeds, .unfed = entry->bursts, .unanswered = entry->bursts};
    return flight;
}

static void command_offer(struct memory *memory, struct memory_entry *entry)
{
    struct command_model *model = memory->state;
    uint32_t stream = entry->transfer.stream;
    struct flight *flight = flight_new(memory, entry);
    memory_share_offer(entry);
    struct flights *flights = &model->streams[stream];
    uint64_t bit = (uint64_t)1 << stream;
    if (flights->head == NULL)
        flights->head = flight;
    else
        flights->tail->next = flight;
    flights->tail = flight;
    model->streams_busy |= bit;
    uint64_t start = clock_next(&memory->clock, memory->kernel->now);
    for (uint32_t i = 0; i < model->lane_count; i++) {
        struct feed *feed = &flight->feeds[i];
        *feed = (struct feed){.flight = flight, .start = start};
        if (!feed_settle(memory, i, feed))
            continue;
        struct queue *queue = &model->lanes[i].queues[stream];
        if (queue->head == NULL)
            queue->head = feed;
        else
            queue->tail->next = feed;
        queue->tail = feed;
        model->lanes[i].busy |= bit;
    }
    wake_by(memory, least_clock(memory, flight, start));
}

static void command_actions(struct memory *memory, uint64_t time, struct dram_actions *actions)
{
    struct command_model *model = memory->state;
    uint64_t clock = clock_cycles_at(&memory->clock, time);
    *actions = (struct dram_actions){0};
    for (uint32_t i = 0; i < model->lane_count; i++) {
        lane_advance(memory, i, clock);
        struct dram_actions one = dram_channel_actions(model->lanes[i].channel, clock);
        dram_actions_add(actions, &one);
    }
}

const struct memory_model MEMORY_COMMAND = {command_start, command_offer, NULL,
                                            command_actions};
