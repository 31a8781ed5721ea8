/* SRAM macros from the CACTI table: log-log interpolation between neighbours in size, width and
 * process. The coordinate between processes is the bit cell's area, which every process file
 * sources; never the node's name squared. Beyond the smallest cell of the table energies follow
 * the wires across the macro: side x supply squared.
 *
 * Traps of the table: leakage of high-performance cells is not monotone over processes and
 * reaches 30 W at 32 MiB (45 nm), so large buffers take low-standby-power cells; changes of the
 * macro's organisation make steps of up to 25 %; CACTI's cell is 146 F^2 at every node, so area
 * is the process's own cell divided by the table's share of cells in the macro. */
#ifndef ARCH_TECHNOLOGY_SRAM_H
#define ARCH_TECHNOLOGY_SRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/technology/process.h"
#include "arch/technology/sourced.h"

enum sram_cells { SRAM_HIGH_PERFORMANCE, SRAM_LOW_STANDBY };

struct sram_macro {
    uint64_t bytes;      /* of one bank, above 0 */
    uint32_t width_bits; /* of one access, above 0 */
    uint32_t ports;      /* read-write ports in all, 1 or more */
    enum sram_cells cells;
};

struct sram_price {
    struct sourced read, write; /* J an access */
    struct sourced area;        /* m2 */
    struct sourced leakage;     /* W */
    struct sourced access;      /* s */
};

struct sram_table; /* the CACTI rows by process, cell, width, size */

bool sram_table_make(struct arena *arena, const struct table *rows,
                     const struct sram_table **table, struct error *err);

/* Outside 1 KiB to 32 MiB, or below 64 bits, the slope of the nearest two points is continued
 * and sigma grows; a word above 256 bits is cut into equal macros side by side. */
bool sram_price_of(const struct process *process, const struct sram_macro *macro,
                   struct sram_price *price, struct error *err);

/* The table alone, at one of its own processes (nanometres as CACTI calls them). `without`
 * hides the row of that exact size, which is how leave-one-out error is measured; false where
 * no two neighbours are left. Values in SI units, area with CACTI's own cell. */
bool sram_table_read(const struct sram_table *table, int cacti_nm,
                     const struct sram_macro *macro, bool without, struct sram_price *price);

#endif
