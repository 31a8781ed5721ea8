/* Controller with a command queue for each bank, fed one transaction a clock from a read queue
 * and a write buffer. Banks are served in turn; within a bank the first command that is ready
 * goes, an older miss closes the row once no younger hit waits or the cap on hits is reached.
 * Behaviour as observed in DRAMsim3 (commit 2981759). */
#include "arch/memory/dram_turn.h"

static void find_hit(struct dram_channel *channel, struct dram_bank *bank, int kind,
                     uint32_t from)
{
    while (from != DRAM_NONE && (channel->requests[from].row != bank->row ||
                                 channel->requests[from].is_write != (kind == 1)))
        from = channel->requests[from].next;
    bank->hit[kind] = from;
}

/* The row changed: hits of the bank's queue are found anew. */
static void find_hits(struct dram_channel *channel, struct dram_bank *bank)
{
    bank->hit[0] = bank->hit[1] = DRAM_NONE;
    if (bank->is_open) {
        find_hit(channel, bank, 0, bank->queue.head);
        find_hit(channel, bank, 1, bank->queue.head);
    }
}

static bool may_close(const struct dram_channel *channel, const struct dram_bank *bank)
{
    if (channel->requests[bank->queue.head].row == bank->row)
        return false;
    if (bank->hit[0] == DRAM_NONE && bank->hit[1] == DRAM_NONE)
        return true;
    int64_t cap = channel->config->row_hit_cap;
    return cap > 0 && bank->hits >= cap;
}

/* What the bank's queue could issue next; its bits are the commands, and the sets. */
static void update_wants(struct dram_channel *channel, uint32_t number)
{
    const struct dram_bank *bank = &channel->banks[number];
    uint32_t wants = 0;
    if (bank->queue.count > 0 && !bank->is_blocked) {
        if (!bank->is_open)
            wants = 1u << DRAM_ACTIVATE;
        else
            wants = (uint32_t)(bank->hit[0] != DRAM_NONE) << DRAM_READ |
                    (uint32_t)(bank->hit[1] != DRAM_NONE) << DRAM_WRITE |
                    (uint32_t)may_close(channel, bank) << DRAM_PRECHARGE;
    }
    if (wants == bank->wants)
        return;
    dram_want(channel, number, wants);
    channel->is_stale = true;
}

static void update_all(struct dram_channel *channel)
{
    for (uint32_t i = 0; i < channel->bank_count; i++)
        update_wants(channel, i);
}

static bool is_column(enum dram_command command)
{
    return command == DRAM_READ || command == DRAM_WRITE;
}

static void update_movable(struct dram_channel *channel, uint32_t number)
{
    const struct dram_bank *bank = &channel->banks[number];
    bool has_room = bank->queue.count < channel->queue_depth;
    for (int kind = 0; kind < 2; kind++)
        if (has_room && bank->waiting[kind].count > 0)
            dram_set_add(&channel->movable[kind], number);
        else
            dram_set_drop(&channel->movable[kind], number);
}

static void retire(struct dram_channel *channel, struct dram_bank *bank, uint32_t index)
{
    struct dram_request *request = &channel->requests[index];
    int kind = request->is_write;
    if (bank->hit[kind] == index && bank->is_open)
        find_hit(channel, bank, kind, request->next);
    dram_list_remove(channel, &bank->queue, index);
    if (kind == 1)
        dram_pending_drop(&channel->writes_pending, request->burst);
    else if (channel->config->merges_reads)
        dram_pending_drop(&channel->reads_pending, request->burst);
    channel->queued_count--;
    if (bank->queue.count + 1 == channel->queue_depth)
        update_movable(channel, request->bank);
    dram_request_free(channel, index);
}

static void issue(struct dram_channel *channel, struct dram_choice choice, uint64_t clock)
{
    struct dram_bank *bank = &channel->banks[choice.bank];
    channel->turn = choice.bank;
    switch (choice.command) {
    case DRAM_ACTIVATE:
        dram_activate(channel, choice.bank, channel->requests[choice.request].row, clock);
        find_hits(channel, bank);
        break;
    case DRAM_PRECHARGE:
        dram_precharge(channel, choice.bank, clock);
        find_hits(channel, bank);
        break;
    default:
        if (bank->hits > 0)
            channel->totals.row_hits++;
        dram_column(channel, choice.bank, choice.request, clock);
        retire(channel, bank, choice.request);
        if (!bank->is_open)
            find_hits(channel, bank);
        break;
    }
    update_wants(channel, choice.bank);
}

/* With two command buses a second command is looked for after every first. Where it is of the
 * same kind it stays, but its bank has had its turn. */
static void issue_second(struct dram_channel *channel, bool first_is_column, uint64_t clock)
{
    dram_turn_choose(channel, clock);
    if (channel->best.clock != clock)
        return;
    if (is_column(channel->best.command) != first_is_column) {
        issue(channel, channel->best, clock);
    } else {
        channel->turn = channel->best.bank;
        channel->is_stale = true;
    }
}

static void issue_commands(struct dram_channel *channel, uint64_t clock)
{
    bool is_dual = channel->config->command_buses == 2;
    if (channel->refresh_count > 0 && dram_refresh_clock(channel) <= clock) {
        uint32_t first = channel->refreshes[channel->refresh_first];
        bool is_bank = channel->config->refresh == REFRESH_PER_BANK;
        dram_refresh_command(channel, clock);
        uint32_t count = is_bank ? 1 : channel->banks_per_rank;
        for (uint32_t i = 0; i < count; i++)
            find_hits(channel, &channel->banks[first * count + i]);
        update_all(channel);
        if (is_dual)
            issue_second(channel, false, clock);
        return;
    }
    if (channel->is_stale)
        dram_turn_choose(channel, clock);
    if (channel->best.clock > clock)
        return;
    struct dram_choice choice = channel->best;
    issue(channel, choice, clock);
    if (is_dual)
        issue_second(channel, is_column(choice.command), clock);
}

static uint32_t oldest_movable(const struct dram_channel *channel, int kind)
{
    const struct dram_set *set = &channel->movable[kind];
    uint32_t oldest = DRAM_NONE;
    uint64_t order = UINT64_MAX;
    for (uint32_t i = 0; i < set->count; i++) {
        uint32_t head = channel->banks[set->members[i]].waiting[kind].head;
        if (channel->requests[head].order < order) {
            order = channel->requests[head].order;
            oldest = head;
        }
    }
    return oldest;
}

static bool drain_due(const struct dram_channel *channel)
{
    const struct dram_config *config = channel->config;
    uint32_t writes = channel->waiting_count[1];
    uint64_t start = config->drain_start > 0 ? (uint64_t)config->drain_start : 8;
    return writes >= (uint64_t)config->write_buffer ||
           (writes > start && channel->queued_count == 0);
}

static void move(struct dram_channel *channel, int kind, uint32_t index)
{
    struct dram_request *request = &channel->requests[index];
    struct dram_bank *bank = &channel->banks[request->bank];
    dram_list_remove(channel, &bank->waiting[kind], index);
    channel->waiting_count[kind]--;
    dram_list_append(channel, &bank->queue, index);
    channel->queued_count++;
    if (bank->is_open && bank->hit[kind] == DRAM_NONE && request->row == bank->row)
        bank->hit[kind] = index;
    update_wants(channel, request->bank);
    if (bank->waiting[kind].count == 0 || bank->queue.count >= channel->queue_depth)
        update_movable(channel, request->bank);
}

/* One transaction a clock goes to its bank's queue: reads, unless writes are being drained. A
 * write whose burst a read still waits for ends the drain. */
static void schedule(struct dram_channel *channel)
{
    if (channel->draining == 0 && drain_due(channel))
        channel->draining = channel->waiting_count[1];
    int kind = channel->draining > 0 ? 1 : 0;
    uint32_t index = oldest_movable(channel, kind);
    if (index == DRAM_NONE)
        return;
    if (kind == 1) {
        uint32_t read =
            channel->config->merges_reads
                ? dram_pending_find(&channel->reads_pending, channel->requests[index].burst)
                : DRAM_NONE;
        if (read != DRAM_NONE) {
            channel->draining = 0;
            /* Behind a full buffer a read that has not reached its bank would wait for ever. */
            index = oldest_movable(channel, 0);
            if (index != DRAM_NONE && channel->queued_count == 0 && drain_due(channel))
                move(channel, 0, index);
            return;
        }
        channel->draining--;
    }
    move(channel, kind, index);
}

static void per_bank_tick(struct dram_channel *channel, uint64_t clock)
{
    if (clock >= channel->next_refresh || channel->refresh_count > 0) {
        bool was_refreshing = channel->is_refreshing;
        dram_refresh_arrive(channel, clock);
        if (channel->is_refreshing != was_refreshing)
            update_all(channel);
    }
    issue_commands(channel, clock);
    if (channel->movable[0].count + channel->movable[1].count > 0)
        schedule(channel);
}

static uint64_t per_bank_next(struct dram_channel *channel)
{
    uint64_t soonest = channel->now + 1, next = channel->next_refresh;
    bool drains = channel->draining > 0 || drain_due(channel);
    if (channel->movable[drains ? 1 : 0].count > 0)
        return soonest;
    if (channel->refresh_count > 0) {
        if (!channel->is_refreshing)
            return soonest;
        uint64_t clock = dram_later(dram_refresh_clock(channel), soonest);
        next = clock < next ? clock : next;
    }
    if (channel->is_stale)
        dram_turn_choose(channel, soonest);
    return channel->best.clock < next ? channel->best.clock : next;
}

static bool per_bank_offer(struct dram_channel *channel, const struct dram_offer *offer)
{
    const struct dram_config *config = channel->config;
    int kind = offer->is_write;
    uint64_t soon = channel->now + (uint64_t)config->accept_clocks;
    int64_t room = kind == 1 ? config->write_buffer : config->transaction_queue;
    if (channel->waiting_count[kind] >= room)
        return false;
    bool waits = config->forward_writes &&
                 dram_pending_find(&channel->writes_pending, offer->burst) != DRAM_NONE;
    if (kind == 1) {
        channel->totals.writes++;
        dram_answer(channel, offer->tag, true, soon);
        if (waits) {
            channel->totals.merged++;
            return true;
        }
    } else {
        dram_take_read(channel);
        if (waits) {
            channel->totals.forwarded++;
            dram_answer(channel, offer->tag, false, soon);
            return true;
        }
        uint32_t first = config->merges_reads
                             ? dram_pending_find(&channel->reads_pending, offer->burst)
                             : DRAM_NONE;
        if (first != DRAM_NONE) {
            channel->totals.merged++;
            dram_ride(channel, first, offer->tag);
            return true;
        }
    }
    uint32_t index = dram_request_new(channel, offer);
    struct dram_bank *bank = &channel->banks[offer->bank];
    if (kind == 1)
        dram_pending_add(&channel->writes_pending, offer->burst, index);
    else if (config->merges_reads)
        dram_pending_add(&channel->reads_pending, offer->burst, index);
    dram_list_append(channel, &bank->waiting[kind], index);
    channel->waiting_count[kind]++;
    if (bank->queue.count < channel->queue_depth)
        dram_set_add(&channel->movable[kind], offer->bank);
    return true;
}

const struct dram_scheduler DRAM_PER_BANK = {
    {DRAM_ACTIVATE, DRAM_PRECHARGE, DRAM_READ, DRAM_WRITE},
    per_bank_tick,
    per_bank_next,
    NULL,
    per_bank_offer};
