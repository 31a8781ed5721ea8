#include "sim/kernel/account.h"

#include <assert.h>
#include <string.h>

struct account account_make(struct arena *arena, size_t reasons, const struct clock *clock)
{
    struct account account = {.count = reasons, .clock = clock};
    account.cycles = arena_array(arena, reasons, sizeof *account.cycles);
    return account;
}

void account_open(struct account *account, uint64_t time)
{
    memset(account->cycles, 0, account->count * sizeof *account->cycles);
    account->start = account->until = time;
}

uint64_t account_charge_until(struct account *account, uint64_t time, size_t reason)
{
    return account_charge_some(account, time, UINT64_MAX, reason);
}

uint64_t account_charge_some(struct account *account, uint64_t time, uint64_t most,
                             size_t reason)
{
    assert(reason < account->count);
    if (time <= account->until || most == 0)
        return 0;
    uint64_t done = clock_cycles_at(account->clock, account->until);
    uint64_t cycles = clock_cycles_at(account->clock, time) - done;
    if (cycles > most) {
        cycles = most;
        time = clock_edge(account->clock, done + most);
    }
    account->cycles[reason] += cycles;
    account->until = time;
    return cycles;
}

uint64_t account_total(const struct account *account)
{
    uint64_t total = 0;
    for (size_t i = 0; i < account->count; i++)
        total += account->cycles[i];
    return total;
}

bool account_adds_up(const struct account *account)
{
    return account_total(account) ==
           clock_cycles_between(account->clock, account->start, account->until);
}

void account_add(struct account *sum, const struct account *more)
{
    assert(sum->count == more->count);
    for (size_t i = 0; i < sum->count; i++)
        sum->cycles[i] += more->cycles[i];
}
