/* What an inventory and a ledger cost at a process: energy, area, power, transistors, dollars.
 * Pure: same inventory, ledger, cycles, process and options give the same bill, to the bit.
 *
 * A price list is made once per (inventory, process, options): one integer price in attojoules
 * per meter, and per component the attojoules that pass in one cycle of the main clock whatever
 * the work (leakage, ungated clock trees, interfaces). Pricing a ledger is then a dot product
 * in 128 bits; operators, idle time and components add up to the total to the last digit.
 *
 * Idiom:   price_list_make(arena, inventory, process, &options, &list, err)
 *          operator:  price_dynamic(list, ledger) + price_static(list, cycles)
 *          result:    price_bill(list, ledger, total_cycles, arena, &bill)
 * The list and all texts live in the arena given; inventory and process are kept. */
#ifndef ARCH_TECHNOLOGY_PRICE_H
#define ARCH_TECHNOLOGY_PRICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/ledger/inventory.h"
#include "arch/technology/attojoule.h"
#include "arch/technology/cost.h"
#include "arch/technology/process.h"
#include "arch/technology/sourced.h"
#include "arch/technology/supply.h"

/* Chip: die, memory devices, links. System: adds hosts, and memories at the energy measured
 * for whole systems, controllers included. */
enum price_scope { SCOPE_CHIP, SCOPE_SYSTEM };

struct price_options {
    enum price_scope scope;
    struct ratio main_clock; /* hertz, above 0: what static prices are per cycle of */
    struct yield_options yield;
    double supply_v; /* of the logic and SRAM on the die; 0: the process's nominal supply */
};

/* The main clock is the only field without a useful default. */
struct price_options price_options_default(struct ratio main_clock);

/* Where one price comes from. `quantity` reads "mxu.macs compute i8"; `table` is the table of
 * operations or the table file it was read from. */
struct price_line {
    const char *quantity, *table;
    struct sourced value; /* joules, square metres or watts */
    char unit;            /* 'J', 'A' (m2) or 'W' */
};

/* Static power of a component, in attojoules a main clock cycle. */
struct static_price {
    uint64_t leakage, clock, interface;
};

struct price_list {
    const struct inventory *inventory;
    const struct process *process;
    struct price_options options;
    struct arena *arena;
    struct supply_scale supply; /* of the supply asked for over the nominal one */
    double leakage_scale;
    size_t component_count;
    const char **components; /* in the order of first mention in the inventory */
    size_t *part_component;
    uint64_t *meter_price; /* per meter: attojoules an action */
    bool *meter_known;     /* false: no source; counts above 0 make the total unknown */
    size_t *meter_component;
    struct static_price *statics; /* per component */
    bool *static_known;
    uint64_t *area_nm2;      /* per component, on the die; square nanometres */
    uint64_t *part_area_nm2; /* per part, all its instances */
    bool *area_known;
    double transistors; /* on the die; NAN: not known */
    struct price_line *lines;
    size_t line_count, line_capacity;
    const char **warnings; /* about the list itself: what has no source */
    size_t warning_count, warning_capacity;
};

/* Errors: a quantity that the process lacks, a table unknown, beyond the anchors. A memory or
 * link whose energies nobody knows is no error: it is unpriced and named in the warnings. */
bool price_list_make(struct arena *arena, const struct inventory *inventory,
                     const struct process *process, const struct price_options *options,
                     struct price_list **list, struct error *err);

/* Energy of the actions counted; unknown meters count as 0 (see price_is_known). */
attojoules price_dynamic(const struct price_list *list, const struct ledger *ledger);
/* Energy that passes in main clock cycles whatever the work. */
attojoules price_static(const struct price_list *list, uint64_t cycles);
bool price_is_known(const struct price_list *list, const struct ledger *ledger);
double price_static_power_w(const struct price_list *list);

struct bill_component {
    const char *name;
    attojoules dynamic, leakage, clock, interface;
    bool is_energy_known, is_area_known;
    uint64_t area_nm2;
};

struct bill {
    struct bill_component *components; /* energies and areas add up to the totals */
    size_t component_count;
    attojoules energy, dynamic, idle; /* idle: leakage, clock and interfaces over all cycles */
    bool is_energy_known;
    uint64_t area_nm2; /* the die */
    bool is_area_known;
    uint64_t cycles;
    double seconds, power_w;     /* average over the cycles */
    double transistors;          /* NAN where not known */
    struct die_cost die;         /* fields NAN where not known */
    const char *const *warnings; /* sentences, NULL-terminated */
    const struct price_line *lines;
    size_t line_count;
};

/* Cycles of the main clock, the whole run. */
void price_bill(const struct price_list *list, const struct ledger *ledger, uint64_t cycles,
                struct arena *arena, struct bill *bill);

/* The pure function in one call. */
bool price(struct arena *arena, const struct inventory *inventory, const struct ledger *ledger,
           uint64_t cycles, const struct process *process, const struct price_options *options,
           struct bill *bill, struct error *err);

double bill_area_mm2(const struct bill *bill);

/* Average power against a cap in watts. `excess_w` above 0: the cap is broken. `clock_factor`:
 * what all clocks must be multiplied by so that dynamic and clock power fit under the cap
 * beside leakage and interfaces; 0 where those alone exceed it, 1 where nothing needs to
 * change. */
struct power_check {
    double power_w, excess_w, clock_factor;
};

struct power_check price_check_power(const struct bill *bill, double cap_w);

#endif
