/* A CSV table in memory, read by libcsv: the first row names the columns; cells are texts.
 * Refused with file and line: a row with another number of cells (a trailing empty cell is
 * allowed), an unreadable file, one above 256 MiB. Lines starting with # before the header are
 * kept as comment (source, licence). Lives in the arena. */
#ifndef SIM_CONFIG_TABLE_H
#define SIM_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"

struct table {
    const char *path;
    size_t column_count, row_count;
    const char **columns;
    const char **cells; /* row_count x column_count, row-major */
    int *lines;         /* line of each row */
};

bool table_load(struct arena *arena, const char *path, struct table *table, struct error *err);
/* Index of a column, or -1. */
int table_column(const struct table *table, const char *name);
/* Cell text, "" where the column does not exist. */
const char *table_text(const struct table *table, size_t row, const char *column);
/* Numbers; an empty or malformed cell is an error naming file, line and column. */
bool table_real(const struct table *table, size_t row, const char *column, double *value,
                struct error *err);
bool table_count(const struct table *table, size_t row, const char *column, int64_t *value,
                 struct error *err);

#endif
