/* Inside the technology room: what one part costs whatever it does, and what one action of a
 * meter costs. price_list.c turns these figures into integers. */
#ifndef ARCH_TECHNOLOGY_PRICE_PARTS_H
#define ARCH_TECHNOLOGY_PRICE_PARTS_H

#include "arch/technology/price.h"

/* All instances of a part together. Figures of which nothing is known have no source; those
 * that are nought (a wire's area) are known to be 0. */
struct part_price {
    struct sourced area;                      /* m2 on the die */
    struct sourced leakage, clock, interface; /* W */
    double transistors;
    const char *table;
};

/* One action of a meter, joules. Side: what a wire across the part spans, mm. */
struct action_price {
    struct sourced energy;
    const char *table;
};

struct part_context {
    const struct inventory *inventory;
    const struct process *process;
    enum price_scope scope;
};

bool part_price_of(const struct part_context *context, const struct part *part,
                   struct part_price *price, struct error *err);
bool action_price_of(const struct part_context *context, const struct meter *meter,
                     double side_mm, struct action_price *price, struct error *err);

/* A figure that is 0 and known to be. */
struct sourced sourced_nought(void);
/* The SRAM macro that a part of kind SRAM or register file is `banks` of, a port or more. */
struct sram_macro part_macro(const struct part *part);
/* Does the inventory count rows opened in this memory? */
bool part_counts_rows(const struct inventory *inventory, const struct part *part);

#endif
