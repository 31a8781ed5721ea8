/* Controller with one read and one write buffer: of the requests whose next command is ready
 * the oldest goes. A request whose activate issued leaves its buffer and is served before all
 * others, and its bank is not closed before. Writes go first between two watermarks, and while
 * there are no reads. A refresh that is due holds back all but opened requests. Behaviour as
 * observed in Ramulator 2.1 (commit c5b1c3a), GenericDDR and HBM12 controllers. */
#include "arch/memory/dram_state.h"

enum slot { SLOT_COLUMN, SLOT_ROW };

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

/* Sets of the banks where a buffer has something to do: reads, then writes. */
enum want { WANT_ACTIVATE, WANT_COLUMN, WANT_CLOSE, WANTS };

static uint32_t candidate(const struct dram_bank *bank, int kind, int want)
{
    if (want == WANT_ACTIVATE)
        return bank->waiting[kind].head;
    return want == WANT_COLUMN ? bank->hit[kind] : bank->miss[kind];
}

/* A candidate that comes before the best: ready sooner, or as soon and accepted earlier. */
static bool is_before(const struct dram_channel *channel, uint64_t clock, uint32_t request,
                      const struct dram_choice *best)
{
    return clock < best->clock ||
           (clock == best->clock && clock != DRAM_NEVER &&
            channel->requests[request].order < channel->requests[best->request].order);
}

/* Keeps the first candidates of the sets right while a bank enters and leaves them. */
static void refresh_best(struct dram_channel *channel, uint32_t number, uint32_t entered,
                         uint32_t left)
{
    for (uint32_t bits = (entered | left) & channel->fresh; bits != 0; bits &= bits - 1) {
        int set = __builtin_ctz(bits);
        struct dram_choice *best = &channel->best_of[set];
        if (left >> set & 1) {
            if (best->bank == number)
                channel->fresh &= ~(1u << set);
            continue;
        }
        enum dram_command command = channel->scheduler->commands[set];
        uint32_t request = candidate(&channel->banks[number], set / WANTS, set % WANTS);
        uint64_t clock = dram_ready(channel, number, command);
        if (is_before(channel, clock, request, best))
            *best = (struct dram_choice){clock, number, request, command};
    }
}

static void update_wants(struct dram_channel *channel, uint32_t number)
{
    const struct dram_bank *bank = &channel->banks[number];
    int64_t cap = channel->config->row_hit_cap;
    uint32_t wants = 0;
    for (int kind = 0; kind < 2; kind++) {
        uint32_t hit = bank->hit[kind], miss = bank->miss[kind], of_kind = 0;
        if (bank->waiting[kind].count == 0)
            continue;
        if (!bank->is_open) {
            of_kind = 1u << WANT_ACTIVATE;
        } else {
            /* A closed page is open only for the request that opened it. */
            bool is_capped =
                channel->config->page == PAGE_CLOSED ||
                (cap > 0 && bank->hits >= cap && miss != DRAM_NONE && hit != DRAM_NONE &&
                 channel->requests[miss].order < channel->requests[hit].order);
            of_kind = (uint32_t)(hit != DRAM_NONE && !is_capped) << WANT_COLUMN |
                      (uint32_t)(miss != DRAM_NONE && bank->opened_for == DRAM_NONE)
                          << WANT_CLOSE;
        }
        wants |= of_kind << (WANTS * kind);
    }
    uint32_t had = bank->wants;
    if (wants != had) {
        dram_want(channel, number, wants);
        refresh_best(channel, number, wants & ~had, had & ~wants);
    }
}

/* The opened request whose column command can go first; ties by acceptance, then by activation.
 */
static struct dram_choice choose_opened(const struct dram_channel *channel, uint64_t from)
{
    struct dram_choice best = {.clock = DRAM_NEVER};
    from = dram_later(from, channel->command_free);
    for (uint32_t i = 0; i < channel->opened.count; i++) {
        uint32_t number = channel->opened.members[i];
        uint32_t index = channel->banks[number].opened_for;
        const struct dram_request *request = &channel->requests[index];
        enum dram_command command = request->is_write ? DRAM_WRITE : DRAM_READ;
        uint64_t clock = dram_later(dram_ready(channel, number, command), from);
        if (clock > best.clock)
            continue;
        if (clock == best.clock) {
            const struct dram_request *other = &channel->requests[best.request];
            if (request->accepted > other->accepted ||
                (request->accepted == other->accepted && request->order > other->order))
                continue;
        }
        best = (struct dram_choice){clock, number, index, command};
    }
    return best;
}

/* The first candidate of one set: found before and still right, or looked for. One that was
 * ready before `from` may be joined by others since. */
static const struct dram_choice *choose_in_set(struct dram_channel *channel, int set,
                                               uint64_t from)
{
    struct dram_choice *best = &channel->best_of[set];
    if (channel->fresh >> set & 1 && best->clock >= from)
        return best;
    enum dram_command command = channel->scheduler->commands[set];
    const struct dram_set *banks = &channel->wants[set];
    uint64_t best_order = UINT64_MAX;
    *best = (struct dram_choice){.clock = DRAM_NEVER, .bank = DRAM_NONE};
    for (uint32_t i = 0; i < banks->count; i++) {
        uint32_t number = banks->members[i];
        uint64_t clock = dram_later(dram_ready(channel, number, command), from);
        if (clock > best->clock)
            continue;
        uint32_t request = candidate(&channel->banks[number], set / WANTS, set % WANTS);
        uint64_t order = channel->requests[request].order;
        if (clock == best->clock && order > best_order)
            continue;
        *best = (struct dram_choice){clock, number, request, command};
        best_order = order;
    }
    channel->fresh |= 1u << set;
    return best;
}

/* Of one buffer, the request whose next command can go first; ties by acceptance. */
static struct dram_choice choose_buffered(struct dram_channel *channel, int kind,
                                          enum slot slot, uint64_t from)
{
    from = dram_later(from, channel->command_free);
    if (slot == SLOT_COLUMN)
        return *choose_in_set(channel, WANTS * kind + WANT_COLUMN, from);
    const struct dram_choice *open = choose_in_set(channel, WANTS * kind + WANT_ACTIVATE, from);
    const struct dram_choice *close = choose_in_set(channel, WANTS * kind + WANT_CLOSE, from);
    return is_before(channel, close->clock, close->request, open) ? *close : *open;
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

/* Forgets the first candidates whose times the command changes, or whose bank it concerns. */
static void forget(struct dram_channel *channel, uint32_t number, enum dram_command command)
{
    const uint32_t both = 1u | 1u << WANTS;
    const struct dram_config *config = channel->config;
    if (command == DRAM_ACTIVATE)
        channel->fresh &= ~(both << WANT_ACTIVATE);
    else if (command != DRAM_PRECHARGE)
        channel->fresh &= ~(both << WANT_COLUMN);
    if (config->ppd > 0 || config->activate_clocks > 1)
        channel->fresh &= ~(both << WANT_CLOSE | both << WANT_ACTIVATE);
    for (uint32_t bits = channel->banks[number].wants & channel->fresh; bits != 0;
         bits &= bits - 1)
        if (channel->best_of[__builtin_ctz(bits)].bank == number)
            channel->fresh &= ~(bits & -bits);
}

/* A request whose bank was opened for it may become the first of those. */
static void note_opened(struct dram_channel *channel, uint32_t number, uint32_t index)
{
    const struct dram_request *request = &channel->requests[index];
    struct dram_choice *best = &channel->best_opened;
    enum dram_command command = request->is_write ? DRAM_WRITE : DRAM_READ;
    uint64_t clock = dram_later(dram_ready(channel, number, command), channel->command_free);
    if (clock > best->clock || (clock == best->clock && best->clock != DRAM_NEVER &&
                                request->accepted >= channel->requests[best->request].accepted))
        return;
    *best = (struct dram_choice){clock, number, index, command};
}

static void issue(struct dram_channel *channel, struct dram_choice choice, uint64_t clock)
{
    forget(channel, choice.bank, choice.command);
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
        note_opened(channel, choice.bank, choice.request);
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
    update_wants(channel, choice.bank);
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
        update_wants(channel, i);
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
        channel->best_opened = choose_opened(channel, from);
        channel->is_opened_fresh = true;
    }
    channel->best_column = channel->best_row = none;
    channel->is_stale = false;
    if (channel->refresh_count > 0 ||
        (channel->config->command_buses == 1 && channel->best_opened.clock <= from))
        return;
    bool writing = is_writing_after(channel);
    channel->best_column = choose_buffered(channel, writing, SLOT_COLUMN, from);
    channel->best_row = choose_buffered(channel, writing, SLOT_ROW, from);
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
        row = choose_buffered(channel, channel->is_writing, SLOT_ROW, clock);
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
        channel->totals.reads++;
        channel->totals.forwarded++;
        /* Reads are answered in the order in which they left the buffers. */
        uint64_t soon = channel->now + dram_later((uint64_t)config->accept_clocks, 1);
        dram_answer(channel, channel->now, offer->tag, false,
                    dram_later(soon, channel->last_data));
        return true;
    }
    int64_t room = kind == 1 ? config->write_buffer : config->transaction_queue;
    if (!waits && channel->waiting_count[kind] >= room)
        return false;
    if (kind == 1) {
        channel->totals.writes++;
        dram_answer(channel, channel->now, offer->tag, true,
                    channel->now + (uint64_t)config->accept_clocks);
        if (waits) {
            channel->totals.merged++;
            return true;
        }
    } else {
        channel->totals.reads++;
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
    update_wants(channel, offer->bank);
    channel->is_stale = true;
    return true;
}

const struct dram_scheduler DRAM_SHARED = {
    {DRAM_ACTIVATE, DRAM_READ, DRAM_PRECHARGE, DRAM_ACTIVATE, DRAM_WRITE, DRAM_PRECHARGE},
    shared_tick,
    shared_next,
    shared_settle,
    shared_offer};
