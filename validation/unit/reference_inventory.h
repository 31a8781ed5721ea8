/* An inventory with one part of every kind, for the pricing suites. */
#ifndef VALIDATION_UNIT_REFERENCE_INVENTORY_H
#define VALIDATION_UNIT_REFERENCE_INVENTORY_H

#include "arch/ledger/inventory.h"

enum {
    REFERENCE_CLOCK_TREE = 11, /* ungated: paid every cycle, never per action */
    REFERENCE_DRAM = 16,
    REFERENCE_PHY,
    REFERENCE_LINK
};

extern const struct ratio REFERENCE_CLOCK; /* 700 MHz */

/* Each part with a meter or two; meter i belongs to part i for the first meters. */
struct inventory *reference_inventory(struct arena *arena);
/* Counts from a seed; the seed is the whole description. */
struct ledger reference_ledger(struct arena *arena, const struct inventory *inventory,
                               uint64_t seed);

#endif
