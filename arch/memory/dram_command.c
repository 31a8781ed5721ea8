/* What each command does to the state and to the times of later commands. */
#include "arch/memory/dram_repeat.h"

static void no_sooner(uint64_t *ready, uint64_t clock)
{
    if (*ready < clock)
        *ready = clock;
}

static void standby(struct dram_rank *rank, uint64_t clock)
{
    if (rank->open_banks > 0)
        rank->active_clocks += clock - rank->changed;
    rank->changed = clock;
}

/* The last `count` activates fit no window of `window` clocks with another one. */
static void activate_window(const struct dram_rank *rank, uint64_t *ready, uint32_t count,
                            uint32_t window)
{
    if (window > 0 && rank->activate_count >= count)
        no_sooner(ready, rank->activates[(rank->activate_count - count) % 32] + window);
}

/* A command of several clocks holds back all others, or with two buses the other row commands.
 */
static void hold_bus(struct dram_channel *channel, uint64_t free)
{
    if (channel->config->command_buses == 1) {
        no_sooner(&channel->command_free, free);
        return;
    }
    for (uint32_t i = 0; i < channel->rank_count; i++) {
        no_sooner(&channel->rank_ready[DRAM_ACTIVATE][i], free);
        no_sooner(&channel->rank_ready[DRAM_PRECHARGE][i], free);
        no_sooner(&channel->ranks[i].ready_refresh, free);
    }
}

void dram_activate(struct dram_channel *channel, uint32_t number, uint32_t row, uint64_t clock)
{
    const struct dram_timing *t = &channel->timing;
    struct dram_bank *bank = &channel->banks[number];
    struct dram_rank *rank = &channel->ranks[bank->rank];
    bank->is_open = true;
    bank->row = row;
    bank->hits = 0;
    standby(rank, clock);
    rank->open_banks++;
    no_sooner(&channel->bank_ready[DRAM_ACTIVATE][number], clock + t->act_act_bank);
    no_sooner(&channel->bank_ready[DRAM_PRECHARGE][number], clock + t->act_precharge);
    no_sooner(&channel->bank_ready[DRAM_READ][number], clock + t->act_read);
    no_sooner(&channel->bank_ready[DRAM_WRITE][number], clock + t->act_write);
    no_sooner(&bank->ready_refresh, clock + t->act_refresh);
    no_sooner(&channel->group_ready[DRAM_ACTIVATE][number >> channel->group_shift],
              clock + t->act_act_long);
    no_sooner(&channel->rank_ready[DRAM_ACTIVATE][bank->rank], clock + t->act_act_short);
    rank->activates[rank->activate_count++ % 32] = clock;
    activate_window(rank, &channel->rank_ready[DRAM_ACTIVATE][bank->rank], 4,
                    t->four_activates);
    activate_window(rank, &channel->rank_ready[DRAM_ACTIVATE][bank->rank], 32,
                    t->many_activates);
    if (channel->config->activate_clocks > 1)
        hold_bus(channel, clock + (uint64_t)channel->config->activate_clocks);
    channel->actions.activates++;
    channel->is_stale = true;
}

static void close_bank(struct dram_channel *channel, struct dram_bank *bank, uint64_t clock)
{
    struct dram_rank *rank = &channel->ranks[bank->rank];
    bank->is_open = false;
    bank->hits = 0;
    standby(rank, clock);
    rank->open_banks--;
    channel->actions.precharges++;
    channel->is_stale = true;
}

void dram_precharge(struct dram_channel *channel, uint32_t number, uint64_t clock)
{
    const struct dram_timing *t = &channel->timing;
    struct dram_bank *bank = &channel->banks[number];
    close_bank(channel, bank, clock);
    no_sooner(&channel->bank_ready[DRAM_ACTIVATE][number], clock + t->precharge_act);
    no_sooner(&bank->ready_refresh, clock + t->precharge_refresh);
    if (t->precharge_precharge > 0)
        no_sooner(&channel->rank_ready[DRAM_PRECHARGE][bank->rank],
                  clock + t->precharge_precharge);
}

static void column_times(struct dram_channel *channel, uint32_t number, bool is_write,
                         uint64_t clock)
{
    const struct dram_timing *t = &channel->timing;
    enum dram_command same = is_write ? DRAM_WRITE : DRAM_READ;
    uint32_t group = number >> channel->group_shift, rank = number >> channel->rank_shift;
    no_sooner(&channel->group_ready[same][group],
              clock + (is_write ? t->write_long : t->column_long));
    no_sooner(&channel->rank_ready[same][rank],
              clock + (is_write ? t->write_short : t->column_short));
    if (is_write) {
        no_sooner(&channel->group_ready[DRAM_READ][group], clock + t->write_read_long);
        no_sooner(&channel->rank_ready[DRAM_READ][rank], clock + t->write_read_short);
        no_sooner(&channel->bank_ready[DRAM_PRECHARGE][number], clock + t->write_precharge);
    } else {
        no_sooner(&channel->rank_ready[DRAM_WRITE][rank], clock + t->read_write);
        no_sooner(&channel->bank_ready[DRAM_PRECHARGE][number], clock + t->read_precharge);
    }
    if (channel->config->ranks == 1)
        return;
    for (uint32_t i = 0; i < channel->rank_count; i++) {
        if (i == rank ||
            channel->ranks[i].pseudo_channel != channel->ranks[rank].pseudo_channel)
            continue;
        no_sooner(&channel->rank_ready[same][i],
                  clock +
                      (is_write ? (uint32_t)channel->config->burst_clocks : t->column_other));
        no_sooner(&channel->rank_ready[is_write ? DRAM_READ : DRAM_WRITE][i],
                  clock + (is_write ? t->write_read_other : t->read_write_other));
    }
}

/* The data are on their way: every read of the burst is answered at its last beat. */
static void answer_reads(struct dram_channel *channel, const struct dram_request *request,
                         uint64_t clock)
{
    dram_answer(channel, request->tag, false, clock);
    for (uint32_t i = request->riders; i != DRAM_NONE;) {
        struct dram_rider rider = channel->riders[i];
        channel->riders[i].next = channel->free_rider;
        channel->free_rider = i;
        dram_answer(channel, rider.tag, false, clock);
        i = rider.next;
    }
}

void dram_column(struct dram_channel *channel, uint32_t number, uint32_t index, uint64_t clock)
{
    const struct dram_timing *t = &channel->timing;
    struct dram_bank *bank = &channel->banks[number];
    const struct dram_request *request = &channel->requests[index];
    column_times(channel, number, request->is_write, clock);
    if (channel->config->column_clocks > 1 && channel->config->command_buses == 1)
        hold_bus(channel, clock + (uint64_t)channel->config->column_clocks);
    bank->hits++;
    channel->is_stale = true;
    if (request->is_write) {
        channel->actions.writes++;
    } else {
        channel->actions.reads++;
        if (channel->done != NULL && channel->repeat != NULL)
            dram_repeat_note_read(channel, request->serial, clock);
        channel->last_data = clock + t->read_done;
        answer_reads(channel, request, channel->last_data);
    }
    if (channel->config->page == PAGE_CLOSED) {
        close_bank(channel, bank, clock);
        no_sooner(&channel->bank_ready[DRAM_ACTIVATE][number],
                  clock + (request->is_write ? t->write_activate : t->read_activate));
        no_sooner(&bank->ready_refresh,
                  clock + (request->is_write ? t->write_refresh : t->read_refresh));
    }
}

/* ---- refresh ---- */

/* Ranks in turn; single banks with the bank group fastest, then the bank, then the rank. */
static uint32_t refresh_target(const struct dram_channel *channel, uint32_t turn)
{
    if (channel->config->refresh != REFRESH_PER_BANK)
        return turn;
    uint32_t groups = (uint32_t)channel->config->bank_groups;
    uint32_t per_group = (uint32_t)channel->config->banks_per_group;
    uint32_t rank = turn / channel->banks_per_rank, rest = turn % channel->banks_per_rank;
    return rank * channel->banks_per_rank + rest % groups * per_group + rest / groups;
}

static void refresh_push(struct dram_channel *channel)
{
    uint32_t targets = channel->config->refresh == REFRESH_PER_BANK ? channel->bank_count
                                                                    : channel->rank_count;
    if (channel->refresh_count < channel->refresh_room) {
        uint32_t at = (channel->refresh_first + channel->refresh_count) % channel->refresh_room;
        channel->refreshes[at] = refresh_target(channel, channel->refresh_turn);
        channel->refresh_count++;
    }
    channel->refresh_turn = (channel->refresh_turn + 1) % targets;
}

/* Nothing waits and no row is open: refreshes follow each other alike, and whole rounds of them
 * pass at once. The last rounds are left, and with them the times that they leave. */
void dram_refresh_skip(struct dram_channel *channel, uint64_t until)
{
    bool is_per_bank = channel->config->refresh == REFRESH_PER_BANK;
    bool is_together = channel->config->refresh == REFRESH_SIMULTANEOUS;
    uint64_t targets = is_per_bank ? channel->bank_count : channel->rank_count;
    uint64_t round = channel->refresh_step * (is_together ? 1 : targets);
    if (channel->next_refresh == DRAM_NEVER || until < channel->next_refresh + 8 * round ||
        channel->refresh_count + channel->queued_count + channel->waiting_count[0] +
                channel->waiting_count[1] >
            0)
        return;
    for (uint32_t i = 0; i < channel->rank_count; i++)
        if (channel->ranks[i].open_banks > 0)
            return;
    uint64_t rounds = (until - channel->next_refresh) / round - 4;
    channel->next_refresh += rounds * round;
    if (is_per_bank)
        channel->actions.bank_refreshes += rounds * targets;
    else
        channel->actions.refreshes += rounds * targets;
}

/* The banks that the first refresh due concerns. */
static void refresh_banks(const struct dram_channel *channel, uint32_t *first, uint32_t *count)
{
    uint32_t target = channel->refreshes[channel->refresh_first];
    bool is_bank = channel->config->refresh == REFRESH_PER_BANK;
    *first = is_bank ? target : target * channel->banks_per_rank;
    *count = is_bank ? 1 : channel->banks_per_rank;
}

void dram_refresh_arrive(struct dram_channel *channel, uint64_t clock)
{
    while (channel->next_refresh <= clock) {
        uint32_t copies =
            channel->config->refresh == REFRESH_SIMULTANEOUS ? channel->rank_count : 1;
        for (uint32_t i = 0; i < copies; i++)
            refresh_push(channel);
        channel->next_refresh += channel->refresh_step;
    }
    if (channel->refresh_count > 0 && !channel->is_refreshing) {
        uint32_t first, count;
        refresh_banks(channel, &first, &count);
        for (uint32_t i = first; i < first + count; i++)
            channel->banks[i].is_blocked = true;
        channel->is_refreshing = true;
        channel->is_stale = true;
    }
}

uint64_t dram_refresh_clock(const struct dram_channel *channel)
{
    uint32_t first, count;
    refresh_banks(channel, &first, &count);
    const struct dram_rank *rank = &channel->ranks[channel->banks[first].rank];
    bool together = channel->config->closes_together;
    uint64_t close = together ? 0 : DRAM_NEVER, ready = rank->ready_refresh;
    bool is_open = false;
    for (uint32_t i = first; i < first + count; i++) {
        const struct dram_bank *bank = &channel->banks[i];
        ready = dram_later(ready, bank->ready_refresh);
        if (bank->opened_for != DRAM_NONE)
            return DRAM_NEVER; /* its column command comes first */
        if (together)
            close = dram_later(close, channel->bank_ready[DRAM_PRECHARGE][i]);
        else if (bank->is_open && channel->bank_ready[DRAM_PRECHARGE][i] < close)
            close = channel->bank_ready[DRAM_PRECHARGE][i];
        is_open = is_open || bank->is_open;
    }
    return dram_later(
        is_open
            ? dram_later(close, channel->rank_ready[DRAM_PRECHARGE][channel->banks[first].rank])
            : ready,
        channel->command_free);
}

static void refresh_done(struct dram_channel *channel, uint32_t first, uint32_t count,
                         uint64_t clock)
{
    const struct dram_timing *t = &channel->timing;
    struct dram_rank *rank = &channel->ranks[channel->banks[first].rank];
    if (channel->config->refresh == REFRESH_PER_BANK) {
        no_sooner(&channel->bank_ready[DRAM_ACTIVATE][first], clock + t->refresh_act_bank);
        no_sooner(&channel->banks[first].ready_refresh, clock + t->refresh_act_bank);
        no_sooner(&channel->rank_ready[DRAM_ACTIVATE][channel->banks[first].rank],
                  clock + t->refresh_act_other);
        channel->actions.bank_refreshes++;
    } else {
        no_sooner(&channel->rank_ready[DRAM_ACTIVATE][channel->banks[first].rank],
                  clock + t->refresh_act);
        no_sooner(&rank->ready_refresh, clock + t->refresh_act);
        channel->actions.refreshes++;
    }
    for (uint32_t i = first; i < first + count; i++)
        channel->banks[i].is_blocked = false;
    channel->refresh_first = (channel->refresh_first + 1) % channel->refresh_room;
    channel->refresh_count--;
    channel->is_refreshing = false;
    channel->is_stale = true;
}

bool dram_refresh_command(struct dram_channel *channel, uint64_t clock)
{
    uint32_t first, count;
    bool together = channel->config->closes_together, closed = false;
    refresh_banks(channel, &first, &count);
    for (uint32_t i = first; i < first + count; i++) {
        if (!channel->banks[i].is_open)
            continue;
        if (!together && channel->bank_ready[DRAM_PRECHARGE][i] > clock)
            continue;
        dram_precharge(channel, i, clock);
        closed = true;
        if (!together)
            return false;
    }
    if (closed)
        return false;
    refresh_done(channel, first, count, clock);
    return true;
}
