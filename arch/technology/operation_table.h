/* The rows of one table of operations, read as a function of format: what an operation costs at
 * each of the table's anchor processes. See logic.h for the model between formats. */
#ifndef ARCH_TECHNOLOGY_OPERATION_TABLE_H
#define ARCH_TECHNOLOGY_OPERATION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "arch/technology/logic.h"
#include "arch/technology/sourced.h"
#include "sim/config/table.h"
#include "sim/kernel/error.h"

enum { OPERATION_ANCHORS_MAX = 8 };

struct operation_query {
    enum operation operation;
    double bits[2];  /* significand bits of the operands; equal for additions */
    double exponent; /* bits; 0: integers */
    bool is_area;    /* square metres instead of joules */
};

struct operation_anchor {
    double gate_energy, density; /* J; transistors per m2 */
    struct sourced energy;       /* J, or m2 for an area query */
};

/* Anchors that know the operation, by rising gate energy. *count 0: none does. Error: a row of
 * the file is malformed, or there are too many anchors. */
bool operation_anchors(const struct table *rows, const char *table,
                       const struct operation_query *query,
                       struct operation_anchor anchors[OPERATION_ANCHORS_MAX], size_t *count,
                       struct error *err);

#endif
