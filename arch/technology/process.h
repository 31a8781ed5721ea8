/* A manufacturing process: one file configs/processes/NAME.conf of quantities, each with unit,
 * source, mark and sigma, plus the technology tables under configs/processes/tables that all
 * processes share (operations, SRAM macros, memory devices, supply curves). No formula knows a
 * node's name: labels such as "28" only say which family a published label belongs to.
 *
 * A quantity that the file lacks is an error naming it when a price needs it; a process beyond
 * the sourced anchors of a table is refused unless the options allow extrapolation, and the
 * result is then marked so. Everything lives in the arena and is read-only once loaded. */
#ifndef ARCH_TECHNOLOGY_PROCESS_H
#define ARCH_TECHNOLOGY_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "arch/technology/sourced.h"
#include "sim/config/param.h"
#include "sim/config/table.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"

enum process_kind { PROCESS_LOGIC, PROCESS_DRAM };

enum quantity {
    QUANTITY_SUPPLY,                /* V, nominal */
    QUANTITY_GATE_ENERGY,           /* J, one switching gate: the coordinate between anchors */
    QUANTITY_GATE_DELAY,            /* s, of the same gate: device speed */
    QUANTITY_LOGIC_DENSITY,         /* transistors per m2, from measured cells or chips */
    QUANTITY_ADVERTISED_DENSITY,    /* transistors per m2, as marketed; never used for prices */
    QUANTITY_CELL_UTILISATION,      /* standard-cell area over placed and routed area */
    QUANTITY_FLOORPLAN_UTILISATION, /* logic and buffers over these and what no block covers */
    QUANTITY_CHIP_FILL,             /* transistors per area of whole chips over logic density */
    QUANTITY_SRAM_CELL,             /* m2, six-transistor bit cell */
    QUANTITY_DRAM_CELL,             /* m2 */
    QUANTITY_REGISTER_ENERGY,       /* J, one flip-flop bit written */
    QUANTITY_REGISTER_AREA,         /* m2, one flip-flop bit */
    QUANTITY_GATE_AREA,             /* m2, a two-input NAND */
    QUANTITY_WIRE_ENERGY,           /* J, one transition along one millimetre */
    QUANTITY_CLOCK_ENERGY,          /* J, one cycle of one register bit, tree included */
    QUANTITY_LOGIC_LEAKAGE,         /* W per mm2 of placed logic, operating temperature */
    QUANTITY_BACKGROUND,     /* W per mm2 of die that no named block covers, clocks running */
    QUANTITY_WAFER_PRICE,    /* USD */
    QUANTITY_WAFER_DIAMETER, /* m */
    QUANTITY_DEFECT_DENSITY, /* per m2 */
    QUANTITY_DESIGN_COST,    /* USD, once per design */
    QUANTITY_FAB_ENERGY,     /* J per cm2 of wafer */
    QUANTITY_FAB_GAS,        /* g CO2 equivalent per cm2 of wafer */
    QUANTITY_COUNT
};

/* Names, units and meanings in the order of the enumeration; ends with key NULL. */
extern const struct param QUANTITIES[QUANTITY_COUNT + 1];

/* An operation whose energy (and area) the process file states itself, e.g. quantity
 * "mul-i8"; it takes precedence over the tables. */
struct process_operation {
    const char *name; /* "mul-i8" */
    struct sourced energy;
};

struct process_options {
    const char *tables;     /* name of the table of operations; "" or NULL: "horowitz" */
    bool allow_extrapolate; /* beyond sourced anchors, marked */
};

struct process {
    const char *name, *path, *family, *foundry, *summary;
    enum process_kind kind;
    int year;                 /* first volume production; 0: not known */
    const char *curve;        /* row of the supply curves: "HP7"; "" none */
    struct param_list labels; /* published node labels of the family: "16" "12" */
    struct sourced quantities[QUANTITY_COUNT];
    struct process_operation *operations;
    size_t operation_count;
    struct process_options options;
    const struct technology_tables *shared;
    struct arena *arena;
};

/* Tables under configs/processes/tables, with the columns explained in their first lines. */
struct technology_tables {
    struct table operations, sram, memories, interfaces, converters, curves;
    const struct sram_table *sram_index; /* the SRAM rows, sorted; see sram.h */
};

bool technology_tables_load(struct arena *arena, struct technology_tables *tables,
                            struct error *err);

/* NAME is a shipped process or a path, as place_config says. `shared` may be NULL: the tables
 * are then loaded too. */
bool process_load(struct arena *arena, const char *name, const struct process_options *options,
                  const struct technology_tables *shared, struct process **process,
                  struct error *err);

/* The value, or an error "process 'x' has no QUANTITY (...)". */
bool process_need(const struct process *process, enum quantity quantity, struct sourced *value,
                  struct error *err);
bool process_has(const struct process *process, enum quantity quantity);

/* Name of the shipped process whose labels hold the node label (and whose foundry equals
 * `foundry` unless that is ""); NULL: none. */
const char *process_of_label(struct arena *arena, const char *foundry, const char *label,
                             struct error *err);

/* The sheet: every quantity with value, unit, mark, sigma and source, then energies and areas
 * of common parts as priced with the options in force. */
void process_print_sheet(const struct process *process, FILE *out);

/* One row of `cleave list processes`. */
struct process_summary {
    const char *name, *family, *foundry, *kind, *summary;
    int year;
    double logic_density_mtr_mm2, sram_cell_um2, wafer_price_usd; /* NAN: not known */
};

bool process_summary_load(struct arena *arena, const char *name, struct process_summary *row,
                          struct error *err);

#endif
