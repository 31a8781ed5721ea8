#include "arch/memory/dram_repeat.h"

#include <string.h>

#include "arch/memory/dram_image.h"

enum {
    PERIOD_MOST = 128,
    ENTRIES = 2 * PERIOD_MOST,
    /* In requests: what a comparison costs, how long it waits after one in vain, how much may
     * be lost before it looks away, and for how long. */
    COST = 40,
    PAUSE = 8,
    LOSS_MOST = 256,
    GAIN_MOST = 1024,
    SLEEP = 4096
};

struct entry {
    uint64_t burst, clock;
    uint64_t waiting; /* requests under way, it among them */
    uint32_t bank, row;
    bool is_write, was_refused;
};

struct told {
    uint64_t serial, clock;
};

struct dram_repeat {
    struct entry entries[ENTRIES]; /* the last requests accepted; a ring */
    uint64_t *last_of_bank;        /* number of the request after it; 0: none */
    /* A request equals the one `period` before it, `shift` bursts and `span` clocks later. */
    uint64_t period, shift, span, same_places, same_clocks;
    uint64_t try_from; /* number of the request from which it compares again */
    bool is_rested;
    int64_t gain;
    bool was_refused; /* the offer that comes next */

    struct dram_image *image; /* one period ago */
    uint64_t imaged;          /* number of the request it was made after; 0: none */

    /* Read commands of the period before, in order; only where someone is told. */
    struct told told[PERIOD_MOST];
    uint32_t told_count;

    /* While the channel stands still: what happened since. */
    uint64_t now, periods, position, told_now;
};

void dram_repeat_make(struct dram_channel *channel)
{
    struct arena *arena = channel->arena;
    struct dram_repeat *repeat = arena_alloc(arena, sizeof *repeat);
    channel->reach = 3 * (uint64_t)channel->request_count;
    uint64_t taken = 1;
    while (taken < channel->reach + 2 * PERIOD_MOST)
        taken *= 2;
    repeat->last_of_bank = arena_array(arena, channel->bank_count, sizeof(uint64_t));
    repeat->image = dram_image_make(channel);
    channel->taken = arena_array(arena, taken, sizeof *channel->taken);
    channel->taken_mask = taken - 1;
    channel->repeat = repeat;
}

static struct entry *entry_at(struct dram_repeat *repeat, uint64_t number)
{
    return &repeat->entries[number % ENTRIES];
}

/* Nothing repeats: the last request to the same bank begins a period, perhaps. */
static void begin_period(struct dram_repeat *repeat, const struct entry *entry, uint64_t number,
                         uint64_t before)
{
    repeat->period = repeat->same_places = repeat->same_clocks = repeat->imaged = 0;
    if (before == 0 || number + 1 - before > PERIOD_MOST)
        return;
    const struct entry *other = entry_at(repeat, before - 1);
    if (other->row != entry->row || other->is_write != entry->is_write)
        return;
    repeat->period = number + 1 - before;
    repeat->shift = entry->burst - other->burst;
    repeat->span = entry->clock - other->clock;
}

static bool continues(struct dram_repeat *repeat, const struct entry *entry, uint64_t number)
{
    if (repeat->period == 0)
        return false;
    const struct entry *other = entry_at(repeat, number - repeat->period);
    if (other->bank != entry->bank || other->row != entry->row ||
        other->is_write != entry->is_write || entry->burst - other->burst != repeat->shift)
        return false;
    repeat->same_places++;
    if (entry->clock - other->clock == repeat->span &&
        entry->was_refused == other->was_refused && entry->waiting == other->waiting) {
        repeat->same_clocks++;
    } else {
        repeat->span = entry->clock - other->clock;
        repeat->same_clocks = repeat->imaged = 0;
    }
    return true;
}

/* Something has saved so many requests, or cost them. */
static void count_gain(struct dram_channel *channel, uint64_t number, int64_t gain)
{
    struct dram_repeat *repeat = channel->repeat;
    repeat->gain += gain;
    if (repeat->gain > GAIN_MOST)
        repeat->gain = GAIN_MOST;
    if (repeat->gain < -LOSS_MOST) {
        repeat->gain = 0;
        channel->look_from = number + SLEEP;
        repeat->is_rested = true;
    }
}

static void end_comparison(struct dram_channel *channel, uint64_t number, uint64_t saved)
{
    struct dram_repeat *repeat = channel->repeat;
    repeat->imaged = 0;
    repeat->try_from = number + PAUSE;
    count_gain(channel, number, saved < GAIN_MOST ? (int64_t)saved - COST : GAIN_MOST);
}

/* Are all requests under way in the banks of the last period? */
static bool is_all_here(const struct dram_channel *channel, struct dram_repeat *repeat)
{
    uint64_t number = channel->accepted, waiting = 0;
    for (uint64_t i = 1; i <= repeat->period; i++) {
        uint32_t index = entry_at(repeat, number - i)->bank;
        const struct dram_bank *bank = &channel->banks[index];
        if (repeat->last_of_bank[index] == number + 1 - i) /* counted once */
            waiting += bank->queue.count + bank->waiting[0].count + bank->waiting[1].count;
    }
    return waiting == entry_at(repeat, number - 1)->waiting;
}

/* All requests under way belong to the pattern, and it went on for a period. */
static void look(struct dram_channel *channel, struct dram_repeat *repeat)
{
    uint64_t number = channel->accepted;
    const struct entry *entry = entry_at(repeat, number - 1);
    uint64_t last = entry->burst;
    if (repeat->same_places + repeat->period < entry->waiting || number < repeat->try_from ||
        !is_all_here(channel, repeat))
        return;
    if (repeat->imaged == 0) {
        repeat->told_count = 0;
        repeat->imaged = dram_image_take(repeat->image, channel, last) ? number : 0;
        if (repeat->imaged == 0)
            end_comparison(channel, number, 0);
        return;
    }
    if (number < repeat->imaged + repeat->period)
        return;
    if (repeat->told_count > PERIOD_MOST ||
        !dram_image_repeats(repeat->image, channel, last, repeat->span)) {
        end_comparison(channel, number, 0);
        return;
    }
    channel->is_still = true;
    repeat->now = channel->now;
    repeat->periods = repeat->position = repeat->told_now = repeat->imaged = 0;
}

void dram_repeat_note(struct dram_channel *channel, const struct dram_offer *offer)
{
    struct dram_repeat *repeat = channel->repeat;
    if (repeat->is_rested) { /* what was noted before is old */
        repeat->is_rested = false;
        repeat->period = repeat->imaged = 0;
        memset(repeat->last_of_bank, 0, channel->bank_count * sizeof *repeat->last_of_bank);
    }
    uint64_t number = channel->accepted++;
    struct entry *entry = entry_at(repeat, number);
    *entry = (struct entry){.burst = offer->burst,
                            .clock = channel->now,
                            .waiting = (uint64_t)channel->waiting_count[0] +
                                       channel->waiting_count[1] + channel->queued_count,
                            .bank = offer->bank,
                            .row = offer->row,
                            .is_write = offer->is_write,
                            .was_refused = channel->was_refused};
    channel->was_refused = false;
    uint64_t before = repeat->last_of_bank[offer->bank];
    repeat->last_of_bank[offer->bank] = number + 1;
    if (!continues(repeat, entry, number)) {
        begin_period(repeat, entry, number, before);
        count_gain(channel, number, -1);
    } else if (repeat->same_clocks >= repeat->period)
        look(channel, repeat);
}

void dram_repeat_note_read(struct dram_channel *channel, uint64_t serial, uint64_t clock)
{
    struct dram_repeat *repeat = channel->repeat;
    if (repeat->imaged == 0 || repeat->told_count > PERIOD_MOST)
        return;
    if (repeat->told_count < PERIOD_MOST)
        repeat->told[repeat->told_count] = (struct told){serial, clock};
    repeat->told_count++;
}

/* ---- while the channel stands still ---- */

static uint64_t clocks_since(const struct dram_repeat *repeat)
{
    return (repeat->periods + 1) * repeat->span;
}

static struct entry *expected(struct dram_channel *channel)
{
    struct dram_repeat *repeat = channel->repeat;
    return entry_at(repeat, channel->accepted - repeat->period + repeat->position);
}

/* Read commands up to a clock are told. */
static void tell(struct dram_channel *channel, uint64_t until)
{
    struct dram_repeat *repeat = channel->repeat;
    uint64_t since = clocks_since(repeat);
    for (; repeat->told_now < repeat->told_count; repeat->told_now++) {
        const struct told *told = &repeat->told[repeat->told_now];
        if (told->clock + since > until)
            break;
        uint64_t serial = told->serial + (repeat->periods + 1) * repeat->period;
        channel->done(channel->context, channel->taken[serial & channel->taken_mask].tag,
                      told->clock + since + channel->timing.read_done);
    }
}

static void take(struct dram_channel *channel, const struct dram_offer *offer)
{
    struct dram_repeat *repeat = channel->repeat;
    if (channel->done != NULL) {
        uint64_t number =
            channel->accepted + repeat->periods * repeat->period + repeat->position;
        channel->taken[number & channel->taken_mask].tag = offer->tag;
        if (offer->is_write)
            channel->done(channel->context, offer->tag,
                          repeat->now + (uint64_t)channel->config->accept_clocks);
    }
    if (++repeat->position == repeat->period) {
        repeat->position = repeat->told_now = 0;
        repeat->periods++;
    }
}

enum dram_repeat_answer dram_repeat_offer(struct dram_channel *channel,
                                          const struct dram_offer *offer)
{
    struct dram_repeat *repeat = channel->repeat;
    const struct entry *entry = expected(channel);
    uint64_t clock = entry->clock + clocks_since(repeat);
    bool is_same = entry->bank == offer->bank && entry->row == offer->row &&
                   entry->is_write == offer->is_write &&
                   entry->burst + (repeat->periods + 1) * repeat->shift == offer->burst;
    if (is_same && repeat->now == clock) {
        take(channel, offer);
        return REPEAT_TAKEN;
    }
    /* There is no room for any read before that clock, nor a write to answer it from. */
    bool is_read = !offer->is_write && !entry->is_write && channel->writes_pending.count == 0;
    if (repeat->now < clock && entry->was_refused && (is_same || is_read))
        return REPEAT_REFUSED;
    dram_repeat_end(channel);
    return REPEAT_OVER;
}

bool dram_repeat_run(struct dram_channel *channel, uint64_t until)
{
    struct dram_repeat *repeat = channel->repeat;
    if (until >= channel->next_refresh ||
        until > expected(channel)->clock + clocks_since(repeat)) {
        dram_repeat_end(channel);
        return false;
    }
    if (until > repeat->now) {
        if (channel->done != NULL)
            tell(channel, until);
        repeat->now = until;
    }
    return true;
}

uint64_t dram_repeat_next(struct dram_channel *channel)
{
    const struct entry *entry = expected(channel);
    uint64_t clock = entry->clock + clocks_since(channel->repeat);
    if (entry->was_refused && clock > channel->repeat->now && clock < channel->next_refresh)
        return clock;
    dram_repeat_end(channel);
    return DRAM_NEVER;
}

uint64_t dram_repeat_now(const struct dram_channel *channel)
{
    return channel->repeat->now;
}

/* When the last requests were accepted, those of the period that has only begun left out. */
static void move_taken(struct dram_channel *channel, struct dram_repeat *repeat)
{
    uint64_t first = channel->accepted, end = first + repeat->periods * repeat->period;
    uint64_t least = end - first > channel->reach ? end - channel->reach : first;
    uint64_t since = (least - first) / repeat->period + 1;
    uint64_t position = (least - first) % repeat->period;
    for (uint64_t number = least; number < end; number++) {
        const struct entry *entry = entry_at(repeat, first - repeat->period + position);
        channel->taken[number & channel->taken_mask].clock =
            entry->clock + since * repeat->span;
        if (++position == repeat->period) {
            position = 0;
            since++;
        }
    }
}

/* The last period's entries take the numbers, clocks and bursts that they have now. */
static void move_entries(struct dram_channel *channel, struct dram_repeat *repeat)
{
    struct entry moved[PERIOD_MOST];
    uint64_t period = repeat->period, periods = repeat->periods;
    for (uint64_t i = 0; i < period; i++)
        moved[i] = *entry_at(repeat, channel->accepted - period + i);
    channel->accepted += periods * period;
    for (uint64_t i = 0; i < period; i++) {
        uint64_t number = channel->accepted - period + i;
        moved[i].burst += periods * repeat->shift;
        moved[i].clock += periods * repeat->span;
        *entry_at(repeat, number) = moved[i];
        repeat->last_of_bank[moved[i].bank] = number + 1;
    }
}

/* The offers of a period that has only begun are made again, in earnest, but what was told is
 * not told twice. */
void dram_repeat_end(struct dram_channel *channel)
{
    struct dram_repeat *repeat = channel->repeat;
    uint64_t now = repeat->now, begun = repeat->position, first = channel->accepted;
    struct entry entries[PERIOD_MOST];
    channel->is_still = false;
    if (repeat->periods > 0) {
        struct dram_move move = {
            .periods = repeat->periods, .shift = repeat->shift, .requests = repeat->period};
        move_taken(channel, repeat);
        dram_image_move(repeat->image, channel, &move);
        move_entries(channel, repeat);
        first = channel->accepted;
    }
    end_comparison(channel, first, repeat->periods * repeat->period);
    for (uint64_t i = 0; i < begun; i++)
        entries[i] = *entry_at(repeat, first - repeat->period + i);
    channel->muted = repeat->told_now;
    for (uint64_t i = 0; i < begun; i++)
        channel->muted += entries[i].is_write && channel->done != NULL;
    repeat->same_clocks = 0;
    if (repeat->try_from < first + begun + 1)
        repeat->try_from = first + begun + 1;
    for (uint64_t i = 0; i < begun; i++) {
        const struct entry *entry = &entries[i];
        struct dram_offer offer = {entry->burst + repeat->shift, entry->bank, entry->row,
                                   entry->is_write,
                                   channel->taken[(first + i) & channel->taken_mask].tag};
        dram_channel_run(channel, entry->clock + repeat->span);
        channel->taken[(first + i) & channel->taken_mask].clock = channel->now;
        bool is_taken = channel->scheduler->offer(channel, &offer);
        assert(is_taken);
        (void)is_taken;
        channel->was_refused = entry->was_refused;
        dram_repeat_note(channel, &offer);
    }
    dram_channel_run(channel, now);
    assert(channel->muted == 0);
}
