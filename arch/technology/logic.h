/* Energy and area of arithmetic by number format, from tables of operations. A table holds
 * rows (operation, format, energy, area) measured at one or more anchor processes; several
 * tables exist because published figures for one operation differ by up to 18 times, so every
 * price names the table it came from and process_options.tables swaps it.
 *
 * Formats between rows: integer multiplication grows with the product of the operand widths,
 * addition with the width; a float multiplier is the integer multiplier of its mantissas, an
 * exponent adder and a rest (normalise, round) interpolated over the mantissa; a float adder is
 * exponent arithmetic and a rest likewise. Processes between anchors: log-log over the energy
 * of a switching gate. A table with one anchor takes its process dependence from `horowitz`. */
#ifndef ARCH_TECHNOLOGY_LOGIC_H
#define ARCH_TECHNOLOGY_LOGIC_H

#include <stdbool.h>

#include "arch/technology/process.h"
#include "arch/technology/sourced.h"
#include "workloads/number_format.h"

enum operation {
    OPERATION_ADD,
    OPERATION_MULTIPLY,
    OPERATION_MAC,
    OPERATION_REGISTER,
    OPERATION_COUNT
};

extern const char *const OPERATION_NAMES[OPERATION_COUNT]; /* "add" "mul" "mac" "reg" */

struct logic_price {
    struct sourced energy; /* J an operation */
    struct sourced area; /* m2 of cells, before cell utilisation; unknown where no row has it */
    const char *table;   /* which table of operations, or "process" */
};

/* One adder (comparator, selector) of a format. */
bool logic_add(const struct process *process, struct number_format format,
               struct logic_price *price, struct error *err);
bool logic_multiply(const struct process *process, struct number_format a,
                    struct number_format b, struct logic_price *price, struct error *err);
/* Multiply a by b, add into `result`. */
bool logic_mac(const struct process *process, struct number_format a, struct number_format b,
               struct number_format result, struct logic_price *price, struct error *err);

/* One flip-flop bit written: the table's own figure, else the process's. */
bool logic_register(const struct process *process, struct logic_price *price,
                    struct error *err);

/* Names of the tables of operations, NULL-terminated, arena. */
const char *const *logic_table_names(struct arena *arena, const struct table *operations);

#endif
