#include "arch/memory/dram_repeat.h"

static struct dram_set set_make(struct arena *arena, uint32_t banks)
{
    struct dram_set set = {arena_array(arena, banks, sizeof *set.members),
                           arena_array(arena, banks, sizeof *set.position), 0};
    for (uint32_t i = 0; i < banks; i++)
        set.position[i] = DRAM_NONE;
    return set;
}

static void make_banks(struct dram_channel *channel, struct arena *arena)
{
    const struct dram_config *config = channel->config;
    uint32_t per_group = (uint32_t)config->banks_per_group;
    channel->bank_count = (uint32_t)config->banks_total;
    channel->rank_count = (uint32_t)config->ranks_total;
    channel->banks_per_rank = channel->bank_count / channel->rank_count;
    channel->banks = arena_array(arena, channel->bank_count, sizeof *channel->banks);
    channel->ranks = arena_array(arena, channel->rank_count, sizeof *channel->ranks);
    for (uint32_t i = 0; i < channel->rank_count; i++)
        channel->ranks[i].pseudo_channel = i / (uint32_t)config->ranks;
    const struct dram_list empty = {DRAM_NONE, DRAM_NONE, 0};
    for (uint32_t i = 0; i < channel->bank_count; i++) {
        struct dram_bank *bank = &channel->banks[i];
        bank->rank = i / channel->banks_per_rank;
        bank->queue = bank->waiting[0] = bank->waiting[1] = empty;
        bank->hit[0] = bank->hit[1] = bank->miss[0] = bank->miss[1] = DRAM_NONE;
        bank->opened_for = DRAM_NONE;
    }
    for (int i = 0; i < DRAM_SETS; i++)
        channel->wants[i] = set_make(arena, channel->bank_count);
    channel->opened = set_make(arena, channel->bank_count);
    for (int kind = 0; kind < 2; kind++)
        channel->movable[kind] = set_make(arena, channel->bank_count);
    for (int i = 0; i < DRAM_COMMANDS; i++) {
        channel->bank_ready[i] = arena_array(arena, channel->bank_count, sizeof(uint64_t));
        channel->group_ready[i] =
            arena_array(arena, channel->bank_count / per_group, sizeof(uint64_t));
        channel->rank_ready[i] = arena_array(arena, channel->rank_count, sizeof(uint64_t));
    }
    while (1u << channel->group_shift < per_group)
        channel->group_shift++;
    while (1u << channel->rank_shift < channel->banks_per_rank)
        channel->rank_shift++;
}

static void make_requests(struct dram_channel *channel, struct arena *arena)
{
    const struct dram_config *config = channel->config;
    uint64_t room = (uint64_t)(config->transaction_queue + config->write_buffer);
    room += config->queue == QUEUE_PER_BANK
                ? (uint64_t)config->queue_depth * channel->bank_count
                : channel->bank_count;
    channel->request_count = (uint32_t)room;
    channel->requests = arena_array(arena, room, sizeof *channel->requests);
    for (uint64_t i = 0; i < room; i++)
        channel->requests[i].next = i + 1 < room ? (uint32_t)(i + 1) : DRAM_NONE;
    channel->free_request = 0;
    channel->free_rider = DRAM_NONE;
    dram_pending_make(&channel->reads_pending, arena, room);
    dram_pending_make(&channel->writes_pending, arena, room);
}

static void make_refresh(struct dram_channel *channel, struct arena *arena)
{
    const struct dram_config *config = channel->config;
    uint64_t interval = (uint64_t)config->refresh_interval;
    channel->next_refresh = DRAM_NEVER;
    channel->refresh_room = 4 * channel->bank_count;
    channel->refreshes = arena_array(arena, channel->refresh_room, sizeof *channel->refreshes);
    if (config->refresh == REFRESH_NONE)
        return;
    channel->refresh_step = interval;
    if (config->refresh == REFRESH_STAGGERED)
        channel->refresh_step = interval / channel->rank_count;
    if (config->refresh == REFRESH_PER_BANK)
        channel->refresh_step = interval / channel->bank_count;
    if (channel->refresh_step == 0)
        channel->refresh_step = 1;
    /* A controller with shared buffers counts from its first clock, one earlier. */
    channel->next_refresh = channel->refresh_step - (config->queue == QUEUE_SHARED ? 1 : 0);
}

struct dram_channel *dram_channel_make(struct arena *arena, const struct dram_config *config,
                                       dram_done done, void *context)
{
    struct dram_channel *channel = arena_alloc(arena, sizeof *channel);
    channel->config = config;
    channel->arena = arena;
    channel->timing = dram_timing_of(config);
    channel->scheduler = config->queue == QUEUE_PER_BANK ? &DRAM_PER_BANK : &DRAM_SHARED;
    channel->done = done;
    channel->context = context;
    make_banks(channel, arena);
    make_requests(channel, arena);
    make_refresh(channel, arena);
    channel->queue_depth = (uint32_t)config->queue_depth;
    channel->is_stale = true;
    channel->is_writing = true; /* clock 0 has passed without reads */
    dram_repeat_make(channel);
    return channel;
}

void dram_channel_play_all(struct dram_channel *channel)
{
    channel->repeat = NULL;
}

bool dram_channel_is_still(const struct dram_channel *channel)
{
    return channel->is_still;
}

bool dram_channel_offer(struct dram_channel *channel, const struct dram_offer *offer)
{
    if (channel->is_still) {
        enum dram_repeat_answer answer = dram_repeat_offer(channel, offer);
        if (answer != REPEAT_OVER)
            return answer == REPEAT_TAKEN;
    }
    bool is_taken = channel->scheduler->offer(channel, offer);
    channel->was_refused = channel->was_refused || !is_taken;
    if (!is_taken)
        return false;
    if (channel->repeat == NULL)
        return true;
    channel->taken[channel->accepted & channel->taken_mask] =
        (struct dram_taken){channel->now, offer->tag};
    if (channel->accepted < channel->look_from)
        channel->accepted++;
    else
        dram_repeat_note(channel, offer);
    return true;
}

void dram_channel_run(struct dram_channel *channel, uint64_t until)
{
    uint64_t next;
    if (channel->is_still && dram_repeat_run(channel, until))
        return;
    if (until <= channel->now)
        return;
    while ((next = channel->scheduler->next(channel)) <= until) {
        channel->scheduler->tick(channel, next);
        channel->now = next;
        if (until - next > 8 * channel->refresh_step)
            dram_refresh_skip(channel, until);
    }
    if (until > channel->now) {
        channel->now = until;
        if (channel->scheduler->settle != NULL)
            channel->scheduler->settle(channel);
    }
}

uint64_t dram_channel_next(struct dram_channel *channel)
{
    uint64_t next = channel->is_still ? dram_repeat_next(channel) : DRAM_NEVER;
    return next != DRAM_NEVER ? next : channel->scheduler->next(channel);
}

uint64_t dram_channel_step(struct dram_channel *channel)
{
    if (channel->is_still) {
        uint64_t next = dram_repeat_next(channel);
        if (next != DRAM_NEVER) {
            dram_repeat_run(channel, next);
            return next;
        }
    }
    uint64_t next = channel->scheduler->next(channel);
    if (next == DRAM_NEVER)
        return next;
    channel->scheduler->tick(channel, next);
    channel->now = next;
    return next;
}

uint64_t dram_channel_now(const struct dram_channel *channel)
{
    return channel->is_still ? dram_repeat_now(channel) : channel->now;
}

const struct dram_totals *dram_channel_totals(struct dram_channel *channel)
{
    if (channel->is_still)
        dram_repeat_end(channel);
    return &channel->totals;
}

struct dram_actions dram_channel_actions(struct dram_channel *channel, uint64_t clock)
{
    if (channel->is_still)
        dram_repeat_end(channel);
    struct dram_actions actions = channel->actions;
    for (uint32_t i = 0; i < channel->rank_count; i++) {
        struct dram_rank *rank = &channel->ranks[i];
        if (clock > rank->changed) {
            rank->active_clocks += rank->open_banks > 0 ? clock - rank->changed : 0;
            rank->changed = clock;
        }
        actions.active_clocks += rank->active_clocks;
        actions.idle_clocks += rank->changed - rank->active_clocks;
    }
    return actions;
}

void dram_actions_add(struct dram_actions *sum, const struct dram_actions *one)
{
    sum->activates += one->activates;
    sum->precharges += one->precharges;
    sum->reads += one->reads;
    sum->writes += one->writes;
    sum->refreshes += one->refreshes;
    sum->bank_refreshes += one->bank_refreshes;
    sum->active_clocks += one->active_clocks;
    sum->idle_clocks += one->idle_clocks;
}

void dram_want(struct dram_channel *channel, uint32_t number, uint32_t wants)
{
    struct dram_bank *bank = &channel->banks[number];
    for (uint32_t changed = bank->wants ^ wants; changed != 0; changed &= changed - 1) {
        uint32_t bit = (uint32_t)__builtin_ctz(changed);
        if (wants >> bit & 1) {
            uint64_t ready = dram_ready(channel, number, channel->scheduler->commands[bit]);
            if (channel->wants[bit].count == 0 || ready < channel->floor[bit])
                channel->floor[bit] = ready;
            dram_set_add(&channel->wants[bit], number);
            channel->want_count++;
        } else {
            dram_set_drop(&channel->wants[bit], number);
            channel->want_count--;
        }
    }
    bank->wants = wants;
}

void dram_ride(struct dram_channel *channel, uint32_t request, uint64_t tag)
{
    if (channel->free_rider == DRAM_NONE) {
        uint32_t old = channel->rider_count, grown = old == 0 ? 64 : 2 * old;
        channel->riders =
            arena_grow(channel->arena, channel->riders, old, grown, sizeof *channel->riders);
        for (uint32_t i = old; i < grown; i++)
            channel->riders[i].next = i + 1 < grown ? i + 1 : DRAM_NONE;
        channel->free_rider = old;
        channel->rider_count = grown;
    }
    uint32_t index = channel->free_rider;
    struct dram_rider *rider = &channel->riders[index];
    channel->free_rider = rider->next;
    *rider = (struct dram_rider){tag, channel->requests[request].riders};
    channel->requests[request].riders = index;
}
