/* Inside a DRAM channel: state that both schedulers share. Private to arch/memory/dram_*.c.
 * Requests live in a fixed pool and are linked by index; a bank's earliest command times are
 * kept at the level where a rule acts (bank, bank group, rank) and combined when asked. */
#ifndef ARCH_MEMORY_DRAM_STATE_H
#define ARCH_MEMORY_DRAM_STATE_H

#include "arch/memory/dram_channel.h"
#include "arch/memory/dram_pending.h"

#define DRAM_NONE UINT32_MAX

enum dram_command { DRAM_ACTIVATE, DRAM_PRECHARGE, DRAM_READ, DRAM_WRITE, DRAM_COMMANDS };

struct dram_request {
    uint64_t burst, accepted, tag;
    uint64_t order; /* of acceptance; of activation once its bank was opened for it */
    uint32_t bank, row, previous, next, riders;
    bool is_write, is_counted;
};

/* A read that waits for the same burst as an earlier one. */
struct dram_rider {
    uint64_t accepted, tag;
    uint32_t next;
};

struct dram_list {
    uint32_t head, tail, count;
};

struct dram_bank {
    uint64_t ready[DRAM_COMMANDS], ready_refresh;
    uint32_t row, group, rank, hits; /* column commands since the activate */
    bool is_open, is_blocked;        /* by a refresh that waits */
    struct dram_list queue;          /* commands of this bank (per-bank queues) */
    struct dram_list waiting[2];     /* reads and writes of the channel's buffers */
    uint32_t hit[2], miss[2];        /* oldest of each, of the list that is scheduled from */
    uint32_t opened_for;             /* request whose activate issued (shared buffers) */
};

struct dram_group {
    uint64_t ready[DRAM_COMMANDS];
};

struct dram_rank {
    uint64_t ready[DRAM_COMMANDS], ready_refresh;
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

struct dram_scheduler {
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
    struct dram_group *groups;
    struct dram_rank *ranks;
    uint32_t bank_count, rank_count, banks_per_rank;

    struct dram_request *requests;
    struct dram_rider *riders;
    uint32_t free_request, free_rider, rider_count;
    struct dram_pending reads_pending, writes_pending;
    uint64_t order;

    uint64_t now, last_tick, command_free, /* the bus of a single-bus channel */
        next_refresh, refresh_step;
    uint32_t *refreshes; /* ring of ranks, or banks, whose refresh is due */
    uint32_t refresh_first, refresh_count, refresh_room, refresh_turn;
    bool is_refreshing; /* the first of the ring has its banks blocked */

    uint64_t last_data; /* clock at which the data of the last read command end */
    uint32_t waiting_count[2], queued_count;
    struct dram_set queued, movable[2], buffered[2], opened;
    uint32_t turn;     /* bank served last */
    uint32_t draining; /* writes still to move (per-bank queues) */
    bool is_writing;   /* writes go first (shared buffers) */
    bool is_stale;     /* `best` must be found anew */
    struct dram_choice best;

    struct dram_actions actions;
    struct dram_totals totals;
};

extern const struct dram_scheduler DRAM_PER_BANK, DRAM_SHARED;

static inline uint64_t dram_later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Earliest clock of a command on a bank by timing alone. */
static inline uint64_t dram_ready(const struct dram_channel *channel,
                                  const struct dram_bank *bank, enum dram_command command)
{
    uint64_t ready =
        dram_later(bank->ready[command], channel->groups[bank->group].ready[command]);
    return dram_later(ready, channel->ranks[bank->rank].ready[command]);
}

void dram_list_append(struct dram_channel *channel, struct dram_list *list, uint32_t request);
void dram_list_remove(struct dram_channel *channel, struct dram_list *list, uint32_t request);
void dram_set_add(struct dram_set *set, uint32_t bank);
void dram_set_drop(struct dram_set *set, uint32_t bank);
uint32_t dram_request_new(struct dram_channel *channel, const struct dram_offer *offer);
void dram_request_free(struct dram_channel *channel, uint32_t request);
void dram_ride(struct dram_channel *channel, uint32_t request, uint64_t tag);
void dram_answer(struct dram_channel *channel, uint64_t accepted, uint64_t tag, bool is_write,
                 uint64_t clock);

/* Commands: state, timing and counts. dram_column answers the request's reads. */
void dram_activate(struct dram_channel *channel, uint32_t bank, uint32_t row, uint64_t clock);
void dram_precharge(struct dram_channel *channel, uint32_t bank, uint64_t clock);
void dram_column(struct dram_channel *channel, uint32_t bank, uint32_t request, uint64_t clock);

/* Refresh. `arrive` enters those due in this clock; `clock_of` is the earliest clock of the
 * next command of the first due; `command` issues it. */
void dram_refresh_arrive(struct dram_channel *channel, uint64_t clock);
uint64_t dram_refresh_clock(const struct dram_channel *channel);
/* True when the refresh itself issued, false when it was a precharge. */
bool dram_refresh_command(struct dram_channel *channel, uint64_t clock);

#endif
