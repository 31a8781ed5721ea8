/* Where the cycles of one core went: a counter per reason, every cycle charged to exactly one.
 * What the reasons are called and mean is their owner's; here they are numbers from 0 to count
 * - 1.
 *
 * An account has a clock and stands at a time. Charging "until t" charges the clock's edges in
 * (where it stands, t], so that charges of consecutive spans add up to the edges of the whole
 * span, without rounding, whatever fractions of cycles the spans have. */
#ifndef SIM_KERNEL_ACCOUNT_H
#define SIM_KERNEL_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/time.h"

struct account {
    uint64_t *cycles; /* by reason; arena */
    size_t count;
    const struct clock *clock; /* kept */
    uint64_t start, until;     /* opened at; charged up to */
};

struct account account_make(struct arena *arena, size_t reasons, const struct clock *clock);
/* Forgets all charges and stands at `time`. */
void account_open(struct account *account, uint64_t time);
/* Charges (until, time] to the reason; returns the cycles charged, 0 where time <= until. */
uint64_t account_charge_until(struct account *account, uint64_t time, size_t reason);
/* The same for at most `most` cycles, so that a span can be shared out: the account then stands
 * at the edge of the last cycle charged, or at `time`. */
uint64_t account_charge_some(struct account *account, uint64_t time, uint64_t most,
                             size_t reason);
uint64_t account_total(const struct account *account);
/* Does the total equal the cycles since account_open? True unless someone wrote into it. */
bool account_adds_up(const struct account *account);
/* Adds the charges of one account to those of another with the same reasons. */
void account_add(struct account *sum, const struct account *more);

#endif
