#include "arch/memory/dram_turn.h"

/* Of the commands ready in `clock`, the one whose request came first. */
static void choose_command(const struct dram_channel *channel, struct dram_choice *choice)
{
    const struct dram_bank *bank = &channel->banks[choice->bank];
    choice->request = bank->queue.head;
    if (bank->wants == 1u << DRAM_READ) {
        choice->command = DRAM_READ;
        choice->request = bank->hit[0];
        return;
    }
    if (!bank->is_open) {
        choice->command = DRAM_ACTIVATE;
        return;
    }
    uint32_t number = choice->bank;
    if (bank->wants >> DRAM_PRECHARGE & 1 &&
        dram_ready(channel, number, DRAM_PRECHARGE) <= choice->clock) {
        choice->command = DRAM_PRECHARGE;
        return;
    }
    bool reads =
        bank->hit[0] != DRAM_NONE && dram_ready(channel, number, DRAM_READ) <= choice->clock;
    bool writes =
        bank->hit[1] != DRAM_NONE && dram_ready(channel, number, DRAM_WRITE) <= choice->clock;
    if (reads && writes) /* a queue may hold a write older than a read accepted before it */
        for (uint32_t i = bank->queue.head; i != bank->hit[0]; i = channel->requests[i].next)
            if (i == bank->hit[1])
                reads = false;
    choice->command = reads ? DRAM_READ : DRAM_WRITE;
    choice->request = bank->hit[reads ? 0 : 1];
}

/* Clock and distance of a bank are one number, clock above distance, so that the least is found
 * without a branch. */
enum { DISTANCE_BITS = 13 }; /* above the most banks that a channel may have */

/* Where most banks want a command and it can go in the first clock that their one rank allows,
 * it is found by asking the banks in turn; else DRAM_NEVER, and all must be compared. */
static uint64_t ask_in_turn(const struct dram_channel *channel, int command, uint64_t from)
{
    uint64_t soonest = dram_later(channel->rank_ready[command][0], from);
    const uint64_t *bank_ready = channel->bank_ready[command];
    const uint64_t *group_ready = channel->group_ready[command];
    uint32_t next = channel->turn + 1, mask = channel->bank_count - 1;
    for (uint32_t distance = 0; distance <= mask; distance++) {
        uint32_t number = (next + distance) & mask;
        if (channel->banks[number].wants >> command & 1 && bank_ready[number] <= soonest &&
            group_ready[number >> channel->group_shift] <= soonest)
            return soonest << DISTANCE_BITS | distance;
    }
    return DRAM_NEVER;
}

/* The least key of one set, not before `from`. */
static uint64_t compare_all(struct dram_channel *channel, int command, uint64_t from)
{
    const struct dram_set *set = &channel->wants[command];
    const uint64_t *bank_ready = channel->bank_ready[command];
    const uint64_t *group_ready = channel->group_ready[command];
    const uint64_t *rank_ready = channel->rank_ready[command];
    uint32_t group_shift = channel->group_shift, rank_shift = channel->rank_shift;
    uint32_t next = channel->turn + 1, mask = channel->bank_count - 1;
    uint64_t floor = DRAM_NEVER, best = DRAM_NEVER;
    for (uint32_t i = 0; i < set->count; i++) {
        uint32_t number = set->members[i];
        uint64_t ready =
            dram_later(dram_later(bank_ready[number], group_ready[number >> group_shift]),
                       rank_ready[number >> rank_shift]);
        floor = ready < floor ? ready : floor;
        uint64_t key = dram_later(ready, from) << DISTANCE_BITS | ((number - next) & mask);
        best = key < best ? key : best;
    }
    channel->floor[command] = floor;
    return best;
}

/* One bank alone wants one thing, as in the middle of a row. */
static void choose_only(struct dram_channel *channel, uint64_t from)
{
    int only = 0;
    while (channel->wants[only].count == 0)
        only++;
    enum dram_command command = (enum dram_command)only;
    uint32_t number = channel->wants[only].members[0];
    const struct dram_bank *bank = &channel->banks[number];
    uint32_t request = command == DRAM_READ    ? bank->hit[0]
                       : command == DRAM_WRITE ? bank->hit[1]
                                               : bank->queue.head;
    channel->best = (struct dram_choice){dram_later(dram_ready(channel, number, command), from),
                                         number, request, command};
    channel->is_stale = false;
}

void dram_turn_choose(struct dram_channel *channel, uint64_t from)
{
    uint64_t best = DRAM_NEVER;
    from = dram_later(from, channel->command_free);
    if (channel->want_count == 1) {
        choose_only(channel, from);
        return;
    }
    /* Reads and writes first: where one is ready at once, sets ready later are passed over. */
    for (int command = DRAM_COMMANDS - 1; command >= 0; command--) {
        uint32_t count = channel->wants[command].count;
        if (count == 0 ||
            dram_floor(channel, command, (enum dram_command)command) > best >> DISTANCE_BITS)
            continue;
        uint64_t key = DRAM_NEVER;
        if (channel->rank_count == 1 && 2 * count > channel->bank_count)
            key = ask_in_turn(channel, command, from);
        if (key == DRAM_NEVER)
            key = compare_all(channel, command, from);
        best = key < best ? key : best;
    }
    channel->is_stale = false;
    channel->best.clock = best;
    if (best == DRAM_NEVER)
        return;
    channel->best.clock = best >> DISTANCE_BITS;
    channel->best.bank = ((uint32_t)best + channel->turn + 1) & (channel->bank_count - 1);
    choose_command(channel, &channel->best);
}
