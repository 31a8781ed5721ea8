/* How far a bill hangs on the table of operations: published energies of one operation differ
 * by up to 18 times, so a ranking of components that holds under every table is worth more than
 * one that does not. Everything lives in the arena. */
#ifndef ARCH_TECHNOLOGY_PRICE_SWAP_H
#define ARCH_TECHNOLOGY_PRICE_SWAP_H

#include "arch/technology/price.h"

/* The bill under one table. */
struct price_swap {
    const char *table;
    attojoules energy, dynamic;
    const char **components; /* by energy, largest first; those without any left out */
    attojoules *energies;    /* of these */
    size_t component_count;
    size_t moved; /* components whose rank differs from that under the first table */
};

/* One row per table of operations of the process, the one in force first. */
bool price_swap_tables(struct arena *arena, const struct inventory *inventory,
                       const struct ledger *ledger, uint64_t cycles,
                       const struct process *process, const struct price_options *options,
                       struct price_swap **rows, size_t *count, struct error *err);

#endif
