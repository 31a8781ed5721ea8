#include "arch/memory/dram_candidate.h"

static uint32_t candidate(const struct dram_bank *bank, int kind, int want)
{
    if (want == WANT_ACTIVATE)
        return bank->waiting[kind].head;
    return want == WANT_COLUMN ? bank->hit[kind] : bank->miss[kind];
}

/* A candidate that comes before the best: ready sooner, or as soon and accepted earlier. */
/* A candidate that comes before the best: ready sooner, or as soon and accepted earlier. */
static bool dram_candidate_is_before(const struct dram_channel *channel, uint64_t clock,
                                     uint32_t request, const struct dram_choice *best)
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
        if (dram_candidate_is_before(channel, clock, request, best))
            *best = (struct dram_choice){clock, number, request, command};
    }
}

void dram_candidate_update(struct dram_channel *channel, uint32_t number)
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
struct dram_choice dram_candidate_opened(const struct dram_channel *channel, uint64_t from)
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
struct dram_choice dram_candidate_buffered(struct dram_channel *channel, int kind,
                                           enum slot slot, uint64_t from)
{
    from = dram_later(from, channel->command_free);
    if (slot == SLOT_COLUMN)
        return *choose_in_set(channel, WANTS * kind + WANT_COLUMN, from);
    const struct dram_choice *open = choose_in_set(channel, WANTS * kind + WANT_ACTIVATE, from);
    const struct dram_choice *close = choose_in_set(channel, WANTS * kind + WANT_CLOSE, from);
    return dram_candidate_is_before(channel, close->clock, close->request, open) ? *close
                                                                                 : *open;
}

/* Forgets the first candidates whose times the command changes, or whose bank it concerns. */
void dram_candidate_forget(struct dram_channel *channel, uint32_t number,
                           enum dram_command command)
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
void dram_candidate_note_opened(struct dram_channel *channel, uint32_t number, uint32_t index)
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
