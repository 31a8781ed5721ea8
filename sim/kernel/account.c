#include "sim/kernel/account.h"

#include <assert.h>
#include <string.h>

struct account account_make(uint64_t *cycles, size_t reasons, const struct clock *clock)
{
    memset(cycles, 0, reasons * sizeof *cycles);
    return (struct account){.cycles = cycles, .count = reasons, .clock = clock};
}

uint64_t account_charge_until(struct account *account, uint64_t time, size_t reason)
{
    assert(reason < account->count);
    uint64_t edges = clock_cycles_at(account->clock, time);
    if (edges <= account->until)
        return 0;
    uint64_t cycles = edges - account->until;
    account->cycles[reason] += cycles;
    account->until = edges;
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
    return account_total(account) == account->until;
}
