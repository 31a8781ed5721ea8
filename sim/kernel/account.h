/* Where the cycles of one unit went: a counter per reason, every cycle charged to exactly one.
 * What the reasons are called and mean is their owner's; here they are numbers from 0 to count
 * - 1.
 *
 * An account has a clock and stands at one of its edges. Charging "until t" charges the edges
 * in (where it stands, t], so that charges of consecutive spans add up to the edges of the
 * whole span, without rounding, whatever fractions of cycles the spans have. */
#ifndef SIM_KERNEL_ACCOUNT_H
#define SIM_KERNEL_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/time.h"

struct account {
    uint64_t *cycles; /* by reason; kept, the caller's */
    size_t count;
    const struct clock *clock; /* kept */
    uint64_t until;            /* edges charged */
};

/* Clears the counters; the account stands at edge 0. */
struct account account_make(uint64_t *cycles, size_t reasons, const struct clock *clock);
/* Charges the edges up to `time` to the reason; returns how many, 0 where it stands there or
 * beyond. */
uint64_t account_charge_until(struct account *account, uint64_t time, size_t reason);
uint64_t account_total(const struct account *account);
/* Does the total equal the edges passed? True unless someone else wrote into the counters. */
bool account_adds_up(const struct account *account);

#endif
