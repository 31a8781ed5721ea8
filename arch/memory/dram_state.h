/* Inside a DRAM channel: state that both schedulers share. Private to arch/memory/dram_*.c.
 * Requests live in a fixed pool and are linked by index; a bank's earliest command times are
 * kept at the level where a rule acts (bank, bank group, rank) and combined when asked. */
#ifndef ARCH_MEMORY_DRAM_STATE_H
#define ARCH_MEMORY_DRAM_STATE_H

#include <assert.h>

#include "arch/memory/dram_channel.h"
#include "arch/memory/dram_pending.h"

#define DRAM_NONE UINT32_MAX

enum dram_command { DRAM_ACTIVATE, DRAM_PRECHARGE, DRAM_READ, DRAM_WRITE, DRAM_COMMANDS };

enum { DRAM_SETS = 6 };

struct dram_request {
    uint64_t burst, accepted, tag;
    uint64_t order;  /* of acceptance; of activation once its bank was opened for it */
    uint64_t serial; /* number of the request, in the order of acceptance */
    uint32_t bank, row, previous, next, riders;
    bool is_write, is_counted, is_pending;
};

/* A read that waits for the same burst as an earlier one. */
struct dram_rider {
    uint64_t tag;
    uint32_t next;
};

struct dram_list {
    uint32_t head, tail, count;
};

struct dram_bank {
    uint64_t ready_refresh;
    uint32_t row, rank, hits;    /* column commands since the activate */
    uint32_t wants;              /* bit per set of the scheduler that holds it */
    bool is_open, is_blocked;    /* by a refresh that waits */
    struct dram_list queue;      /* commands of this bank (per-bank queues) */
    struct dram_list waiting[2]; /* reads and writes of the channel's buffers */
    uint32_t hit[2], miss[2];    /* oldest of each, of the list that is scheduled from */
    uint32_t opened_for;         /* request whose activate issued (shared buffers) */
};

struct dram_rank {
    uint64_t ready_refresh;
    uint64_t activates[32], activate_count;
    uint64_t active_clocks, changed; /* standby integrated up to `changed` */
    uint32_t open_banks, pseudo_channel;
};

/* A set of bank numbers; order is of no meaning. */
struct dram_set {
    uint32_t *members, *position;
    uint32_t count;
};

struct dram_choice {
    uint64_t clock;
    uint32_t bank, request;
    enum dram_command command;
};

struct dram_repeat;

/* When a request was accepted, and its tag. */
struct dram_taken {
    uint64_t clock, tag;
};

struct dram_scheduler {
    enum dram_command commands[DRAM_SETS]; /* what the banks of each set want */
    void (*tick)(struct dram_channel *channel, uint64_t clock);
    uint64_t (*next)(struct dram_channel *channel);
    void (*settle)(struct dram_channel *channel); /* idle clocks passed */
    bool (*offer)(struct dram_channel *channel, const struct dram_offer *offer);
};

struct dram_channel {
    const struct dram_config *config;
    const struct dram_scheduler *scheduler;
    struct arena *arena;
    struct dram_timing timing;
    dram_done done;
    void *context;

    struct dram_bank *banks;
    struct dram_rank *ranks;
    uint64_t *bank_ready[DRAM_COMMANDS], *group_ready[DRAM_COMMANDS],
        *rank_ready[DRAM_COMMANDS];
    uint32_t group_shift, rank_shift; /* of a bank's number */
    uint32_t bank_count, rank_count, banks_per_rank;

    struct dram_request *requests;
    struct dram_rider *riders;
    uint32_t request_count, free_request, free_rider, rider_count;
    struct dram_pending reads_pending, writes_pending;
    uint64_t order;

    struct dram_repeat *repeat; /* see dram_repeat.h; NULL: every command is played */
    uint64_t accepted, muted;   /* requests so far; answers that were told before */
    uint64_t look_from;         /* number of the request from which it looks for runs */
    struct dram_taken *taken;   /* the last requests by number; a ring */
    uint64_t taken_mask, reach; /* so many back it is looked at */
    bool is_still, was_refused; /* the offer that comes next */

    uint64_t now, command_free, /* the bus of a single-bus channel */
        next_refresh, refresh_step;
    uint32_t *refreshes; /* ring of ranks, or banks, whose refresh is due */
    uint32_t refresh_first, refresh_count, refresh_room, refresh_turn;
    bool is_refreshing; /* the first of the ring has its banks blocked */

    uint64_t last_data; /* clock at which the data of the last read command end */
    uint32_t waiting_count[2], queued_count;
    struct dram_set wants[DRAM_SETS], movable[2], opened;
    /* No bank of the set is ready before, so the set need not be looked at. Times of a bank
     * only grow while it wants the same; a bank that enters may lower it. */
    uint64_t floor[DRAM_SETS];
    uint32_t queue_depth, want_count;
    uint32_t turn;     /* bank served last */
    uint32_t draining; /* writes still to move (per-bank queues) */
    bool is_writing;   /* writes go first (shared buffers) */
    bool is_stale;     /* `best` must be found anew */
    struct dram_choice best;
    /* Shared buffers: what was found, and of each set its first candidate while its bit is
     * fresh. */
    struct dram_choice best_opened, best_column, best_row, best_of[DRAM_SETS];
    uint32_t fresh;
    bool is_opened_fresh;

    struct dram_actions actions;
    struct dram_totals totals;
};

extern const struct dram_scheduler DRAM_PER_BANK, DRAM_SHARED;

static inline uint64_t dram_later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Earliest clock of a command on a bank by timing alone. */
static inline uint64_t dram_ready(const struct dram_channel *channel, uint32_t bank,
                                  enum dram_command command)
{
    return dram_later(dram_later(channel->bank_ready[command][bank],
                                 channel->group_ready[command][bank >> channel->group_shift]),
                      channel->rank_ready[command][bank >> channel->rank_shift]);
}

/* A clock before which no bank of the set can be ready. */
static inline uint64_t dram_floor(const struct dram_channel *channel, int set,
                                  enum dram_command command)
{
    uint64_t least = channel->rank_ready[command][0];
    for (uint32_t i = 1; i < channel->rank_count; i++) {
        uint64_t ready = channel->rank_ready[command][i];
        least = ready < least ? ready : least;
    }
    return dram_later(least, channel->floor[set]);
}

/* Enters the bank into the sets of the mask, and takes it out of the others. */
void dram_want(struct dram_channel *channel, uint32_t bank, uint32_t wants);
static inline void dram_list_append(struct dram_channel *channel, struct dram_list *list,
                                    uint32_t request)
{
    struct dram_request *entry = &channel->requests[request];
    entry->previous = list->tail;
    entry->next = DRAM_NONE;
    if (list->tail == DRAM_NONE)
        list->head = request;
    else
        channel->requests[list->tail].next = request;
    list->tail = request;
    list->count++;
}

static inline void dram_list_remove(struct dram_channel *channel, struct dram_list *list,
                                    uint32_t request)
{
    const struct dram_request *entry = &channel->requests[request];
    if (entry->previous == DRAM_NONE)
        list->head = entry->next;
    else
        channel->requests[entry->previous].next = entry->next;
    if (entry->next == DRAM_NONE)
        list->tail = entry->previous;
    else
        channel->requests[entry->next].previous = entry->previous;
    list->count--;
}

static inline void dram_set_add(struct dram_set *set, uint32_t bank)
{
    if (set->position[bank] != DRAM_NONE)
        return;
    set->position[bank] = set->count;
    set->members[set->count++] = bank;
}

static inline void dram_set_drop(struct dram_set *set, uint32_t bank)
{
    uint32_t at = set->position[bank];
    if (at == DRAM_NONE)
        return;
    uint32_t last = set->members[--set->count];
    set->members[at] = last;
    set->position[last] = at;
    set->position[bank] = DRAM_NONE;
}

static inline void dram_request_free(struct dram_channel *channel, uint32_t request)
{
    channel->requests[request].next = channel->free_request;
    channel->free_request = request;
}

static inline uint32_t dram_request_new(struct dram_channel *channel,
                                        const struct dram_offer *offer)
{
    uint32_t index = channel->free_request;
    assert(index != DRAM_NONE);
    struct dram_request *request = &channel->requests[index];
    channel->free_request = request->next;
    *request = (struct dram_request){.burst = offer->burst,
                                     .accepted = channel->now,
                                     .tag = offer->tag,
                                     .order = channel->order++,
                                     .serial = channel->accepted,
                                     .bank = offer->bank,
                                     .row = offer->row,
                                     .riders = DRAM_NONE,
                                     .is_write = offer->is_write};
    return index;
}

/* The sum of latencies: clocks of answers less clocks of acceptances, right once all reads are
 * answered. */
static inline void dram_take_read(struct dram_channel *channel)
{
    channel->totals.reads++;
    channel->totals.read_latency_clocks -= channel->now;
}

static inline void dram_answer(struct dram_channel *channel, uint64_t tag, bool is_write,
                               uint64_t clock)
{
    if (!is_write) {
        channel->totals.reads_done++;
        channel->totals.read_latency_clocks += clock;
    }
    channel->totals.last_done = dram_later(channel->totals.last_done, clock);
    if (channel->muted > 0)
        channel->muted--;
    else if (channel->done != NULL)
        channel->done(channel->context, tag, clock);
}

void dram_ride(struct dram_channel *channel, uint32_t request, uint64_t tag);

/* Commands: state, timing and counts. dram_column answers the request's reads. */
void dram_activate(struct dram_channel *channel, uint32_t bank, uint32_t row, uint64_t clock);
void dram_precharge(struct dram_channel *channel, uint32_t bank, uint64_t clock);
void dram_column(struct dram_channel *channel, uint32_t bank, uint32_t request, uint64_t clock);

/* Refresh. `arrive` enters those due in this clock; `clock_of` is the earliest clock of the
 * next command of the first due; `command` issues it. */
void dram_refresh_arrive(struct dram_channel *channel, uint64_t clock);
/* Before a long time without offers. */
void dram_refresh_skip(struct dram_channel *channel, uint64_t until);
uint64_t dram_refresh_clock(const struct dram_channel *channel);
/* True when the refresh itself issued, false when it was a precharge. */
bool dram_refresh_command(struct dram_channel *channel, uint64_t clock);

#endif
