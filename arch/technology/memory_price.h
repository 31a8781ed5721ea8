/* What moves and holds data off the die: memory devices and the interfaces at the die's edge.
 * Both are rows of tables under configs/processes/tables, found by the longest row name that
 * starts the name of the memory or link ("ddr4-2400" is priced as "ddr4"); they do not change
 * with the process of the die. Every energy has a scope: the device alone, or measured for a
 * whole system with controller and transport; the two differ by three times and never mix. */
#ifndef ARCH_TECHNOLOGY_MEMORY_PRICE_H
#define ARCH_TECHNOLOGY_MEMORY_PRICE_H

#include <stdbool.h>

#include "arch/technology/sourced.h"
#include "sim/config/table.h"
#include "sim/kernel/error.h"

/* Unknown figures have no source. Energies of one channel or rank of width_bits. */
struct memory_price {
    const char *technology;
    double width_bits, clock_hz;
    struct sourced activate, refresh;                  /* J a command */
    struct sourced read_bit, write_bit, io_bit;        /* J a bit */
    struct sourced device_bit, system_bit;             /* J a bit, all in */
    struct sourced standby_active, standby_precharged; /* W */
};

struct interface_price {
    const char *technology;
    double width_bits;
    struct sourced area, idle, transfer_bit; /* m2, W of width_bits; J a bit */
};

/* *found false: no row starts the name (or name is NULL). */
bool memory_price_of(const struct table *memories, const char *name, struct memory_price *price,
                     bool *found, struct error *err);
bool interface_price_of(const struct table *interfaces, const char *name,
                        struct interface_price *price, bool *found, struct error *err);

/* Analogue parts by resolution: kind "adc", "dac" or "cell"; log-log over bits between rows,
 * energy of one conversion (cell: one cell read) and area. */
struct converter_price {
    struct sourced energy, area;
};

bool converter_price_of(const struct table *converters, const char *kind, double bits,
                        struct converter_price *price, struct error *err);

#endif
