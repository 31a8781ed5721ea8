/* Controller with one read and one write buffer: of the requests whose next command is ready
 * the oldest goes. A request whose activate issued leaves its buffer and is served before all
 * others, and its bank is not closed before. Writes go first between two watermarks, and while
 * there are no reads. A refresh that is due holds back all but opened requests. Behaviour as
 * observed in Ramulator 2.1 (commit c5b1c3a), GenericDDR and HBM12 controllers. */
#include "arch/memory/dram_candidate.h"

static bool is_writing_after(const struct dram_channel *channel)
{
    const struct dram_config *config = channel->config;
    uint32_t reads = channel->waiting_count[0], writes = channel->waiting_count[1];
    /* Compared as fifths of the buffer where no count is given: 4/5 to start, 1/5 to stop. */
    uint64_t buffer = (uint64_t)config->write_buffer, fifths = 5 * (uint64_t)writes;
    bool is_high = config->drain_start > 0 ? writes > config->drain_start : fifths > 4 * buffer;
    bool is_low = config->drain_stop > 0 ? writes < config->drain_stop : fifths < buffer;
    if (!channel->is_writing)
        return is_high || reads == 0;
    return !(is_low && reads != 0);
}

static void find_from(struct dram_channel *channel, struct dram_bank *bank, int kind, bool hit,
                      uint32_t from)
{
    while (from != DRAM_NONE && (channel->requests[from].row == bank->row) != hit)
        from = channel->requests[from].next;
    if (hit)
        bank->hit[kind] = from;
    else
        bank->miss[kind] = from;
}

static void find_all(struct dram_channel *channel, struct dram_bank *bank)
{
    for (int kind = 0; kind < 2; kind++) {
        if (!bank->is_open) {
            bank->hit[kind] = bank->miss[kind] = DRAM_NONE;
            continue;
        }
        find_from(channel, bank, kind, true, bank->waiting[kind].head);
        find_from(channel, bank, kind, false, bank->waiting[kind].head);
    }
}

static void count_row(struct dram_channel *channel, struct dram_request *request,
                      enum dram_command command)
{
    if (request->is_counted)
        return;
    request->is_counted = true;
    if (command == DRAM_ACTIVATE)
        channel->totals.row_misses++;
    else if (command == DRAM_PRECHARGE)
        channel->totals.row_conflicts++;
    else
        channel->totals.row_hits++;
}

/* Takes a request out of its buffer. */
static void leave_buffer(struct dram_channel *channel, struct dram_bank *bank, uint32_t index)
{
    struct dram_request *request = &channel->requests[index];
    int kind = request->is_write;
    if (bank->hit[kind] == index)
        find_from(channel, bank, kind, true, request->next);
    if (bank->miss[kind] == index)
        find_from(channel, bank, kind, false, request->next);
    dram_list_remove(channel, &bank->waiting[kind], index);
    channel->waiting_count[kind]--;
    if (kind == 1 && channel->config->forward_writes)
        dram_pending_drop(&channel->writes_pending, request->burst);
}

static void issue(struct dram_channel *channel, struct dram_choice choice, uint64_t clock)
{
    dram_candidate_forget(channel, choice.bank, choice.command);
    struct dram_bank *bank = &channel->banks[choice.bank];
    struct dram_request *request = &channel->requests[choice.request];
    count_row(channel, request, choice.command);
    switch (choice.command) {
    case DRAM_PRECHARGE:
        dram_precharge(channel, choice.bank, clock);
        find_all(channel, bank);
        break;
    case DRAM_ACTIVATE:
        dram_activate(channel, choice.bank, request->row, clock);
        leave_buffer(channel, bank, choice.request);
        find_all(channel, bank);
        bank->opened_for = choice.request;
        dram_set_add(&channel->opened, choice.bank);
        request->order = channel->order++;
        channel->queued_count++;
        dram_candidate_note_opened(channel, choice.bank, choice.request);
        break;
    default:
        dram_column(channel, choice.bank, choice.request, clock);
        channel->is_opened_fresh = false;
        if (bank->opened_for == choice.request) {
            bank->opened_for = DRAM_NONE;
            dram_set_drop(&channel->opened, choice.bank);
            channel->queued_count--;
        } else {
            leave_buffer(channel, bank, choice.request);
        }
        dram_request_free(channel, choice.request);
        if (!bank->is_open)
            find_all(channel, bank);
        break;
    }
    dram_candidate_update(channel, choice.bank);
}

/* The refresh that waits longest, if its next command is ready. */
static bool try_refresh(struct dram_channel *channel, uint64_t clock)
{
    if (channel->refresh_count == 0 || dram_refresh_clock(channel) > clock)
        return false;
    dram_refresh_command(channel, clock);
    channel->fresh = 0;
    for (uint32_t i = 0; i < channel->bank_count; i++) {
        if (!channel->banks[i].is_open)
            find_all(channel, &channel->banks[i]);
        dram_candidate_update(channel, i);
    }
    return true;
}

/* Clocks passed in which nothing was ready: the write mode was looked at in each. */
static void shared_settle(struct dram_channel *channel)
{
    if (channel->refresh_count == 0)
        channel->is_writing = is_writing_after(channel);
}

/* Finds what could issue from a clock on. With one command bus an opened request that is ready
 * then makes the buffers of no interest. */
static void find(struct dram_channel *channel, uint64_t from)
{
    const struct dram_choice none = {.clock = DRAM_NEVER};
    if (!channel->is_opened_fresh ||
        channel->best_opened.clock < dram_later(from, channel->command_free)) {
        channel->best_opened = dram_candidate_opened(channel, from);
        channel->is_opened_fresh = true;
    }
    channel->best_column = channel->best_row = none;
    channel->is_stale = false;
    if (channel->refresh_count > 0 ||
        (channel->config->command_buses == 1 && channel->best_opened.clock <= from))
        return;
    bool writing = is_writing_after(channel);
    channel->best_column = dram_candidate_buffered(channel, writing, SLOT_COLUMN, from);
    channel->best_row = dram_candidate_buffered(channel, writing, SLOT_ROW, from);
}

static const struct dram_choice *older(const struct dram_channel *channel,
                                       const struct dram_choice *a, const struct dram_choice *b)
{
    if (a->clock != b->clock)
        return a->clock < b->clock ? a : b;
    if (a->clock == DRAM_NEVER)
        return a;
    return channel->requests[a->request].order < channel->requests[b->request].order ? a : b;
}

static void tick_one_bus(struct dram_channel *channel, uint64_t clock)
{
    struct dram_choice choice = channel->best_opened;
    if (choice.clock > clock) {
        if (try_refresh(channel, clock) || channel->refresh_count > 0)
            return;
        channel->is_writing = is_writing_after(channel);
        choice = *older(channel, &channel->best_column, &channel->best_row);
    }
    if (choice.clock <= clock)
        issue(channel, choice, clock);
}

static void tick_two_buses(struct dram_channel *channel, uint64_t clock)
{
    struct dram_choice column = channel->best_opened, row = channel->best_row;
    if (column.clock > clock && channel->refresh_count == 0) {
        channel->is_writing = is_writing_after(channel);
        column = channel->best_column;
    }
    bool was_writing = is_writing_after(channel);
    if (column.clock <= clock)
        issue(channel, column, clock);
    if (try_refresh(channel, clock) || channel->refresh_count > 0)
        return;
    channel->is_writing = is_writing_after(channel);
    /* The column command may have changed what the row command was chosen by. */
    if (channel->is_writing != was_writing ||
        (column.clock <= clock && row.command == DRAM_PRECHARGE && row.bank == column.bank))
        row = dram_candidate_buffered(channel, channel->is_writing, SLOT_ROW, clock);
    if (row.clock <= clock)
        issue(channel, row, clock);
}

static void shared_tick(struct dram_channel *channel, uint64_t clock)
{
    if (clock > channel->now + 1)
        shared_settle(channel);
    if (clock >= channel->next_refresh || channel->refresh_count > 0)
        dram_refresh_arrive(channel, clock);
    if (channel->is_stale)
        find(channel, clock);
    if (channel->config->command_buses == 2)
        tick_two_buses(channel, clock);
    else
        tick_one_bus(channel, clock);
    channel->is_stale = true;
}

static uint64_t shared_next(struct dram_channel *channel)
{
    uint64_t soonest = channel->now + 1;
    if (!channel->is_stale)
        return channel->best.clock;
    find(channel, soonest);
    uint64_t next = channel->next_refresh, clock = channel->best_opened.clock;
    next = clock < next ? clock : next;
    if (channel->refresh_count > 0) {
        clock = channel->is_refreshing ? dram_refresh_clock(channel) : soonest;
        clock = clock == DRAM_NEVER ? clock : dram_later(clock, soonest);
    } else {
        clock = older(channel, &channel->best_column, &channel->best_row)->clock;
    }
    channel->best.clock = clock < next ? clock : next;
    return channel->best.clock;
}

static bool shared_offer(struct dram_channel *channel, const struct dram_offer *offer)
{
    const struct dram_config *config = channel->config;
    int kind = offer->is_write;
    bool waits = config->forward_writes &&
                 dram_pending_find(&channel->writes_pending, offer->burst) != DRAM_NONE;
    if (waits && kind == 0) {
        dram_take_read(channel);
        channel->totals.forwarded++;
        /* Reads are answered in the order in which they left the buffers. */
        uint64_t soon = channel->now + dram_later((uint64_t)config->accept_clocks, 1);
        dram_answer(channel, offer->tag, false, dram_later(soon, channel->last_data));
        return true;
    }
    int64_t room = kind == 1 ? config->write_buffer : config->transaction_queue;
    if (!waits && channel->waiting_count[kind] >= room)
        return false;
    if (kind == 1) {
        channel->totals.writes++;
        dram_answer(channel, offer->tag, true, channel->now + (uint64_t)config->accept_clocks);
        if (waits) {
            channel->totals.merged++;
            return true;
        }
    } else {
        dram_take_read(channel);
    }
    uint32_t index = dram_request_new(channel, offer);
    struct dram_bank *bank = &channel->banks[offer->bank];
    if (kind == 1 && config->forward_writes)
        dram_pending_add(&channel->writes_pending, offer->burst, index);
    dram_list_append(channel, &bank->waiting[kind], index);
    channel->waiting_count[kind]++;
    if (bank->is_open) {
        uint32_t *first = offer->row == bank->row ? &bank->hit[kind] : &bank->miss[kind];
        if (*first == DRAM_NONE)
            *first = index;
    }
    dram_candidate_update(channel, offer->bank);
    channel->is_stale = true;
    return true;
}

const struct dram_scheduler DRAM_SHARED = {
    {DRAM_ACTIVATE, DRAM_READ, DRAM_PRECHARGE, DRAM_ACTIVATE, DRAM_WRITE, DRAM_PRECHARGE},
    shared_tick,
    shared_next,
    shared_settle,
    shared_offer};
