/* What people are told about a row of a parameter table. Buffers are the caller's. */
#ifndef SIM_CONFIG_PARAM_TEXT_H
#define SIM_CONFIG_PARAM_TEXT_H

#include <stdbool.h>

#include "sim/config/param.h"

bool param_is_bounded(const struct param *row);
/* "1 to 65536", "at least 1 Hz", "at most 1"; "" where there are no bounds. */
const char *param_range(const struct param *row, char *buffer, size_t bytes);
/* "ws, os or is". */
const char *param_choices(const struct param *row, char *buffer, size_t bytes);
/* The row of a table with that key, or NULL. */
const struct param *param_find(const struct param *table, const char *key);

#endif
