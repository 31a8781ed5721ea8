#include "sim/config/param_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/config/config.h"
#include "sim/config/quantity.h"

bool param_is_bounded(const struct param *row)
{
    return row->low != 0 || row->high != 0;
}

static enum param_unit unit_of(const struct param *row)
{
    return row->type == PARAM_BYTES ? UNIT_BYTE : row->unit;
}

const char *param_range(const struct param *row, char *buffer, size_t bytes)
{
    char low[48], high[48];
    buffer[0] = '\0';
    if (!param_is_bounded(row))
        return buffer;
    quantity_print(row->low, unit_of(row), low, sizeof low);
    quantity_print(row->high, unit_of(row), high, sizeof high);
    if (isinf(row->high))
        snprintf(buffer, bytes, "at least %s", low);
    else if (isinf(row->low))
        snprintf(buffer, bytes, "at most %s", high);
    else
        snprintf(buffer, bytes, "%s to %s", low, high);
    return buffer;
}

const char *param_choices(const struct param *row, char *buffer, size_t bytes)
{
    size_t used = 0;
    buffer[0] = '\0';
    for (int i = 0; row->choices[i] && used < bytes; i++) {
        const char *link = i == 0 ? "" : row->choices[i + 1] ? ", " : " or ";
        used += (size_t)snprintf(buffer + used, bytes - used, "%s%s", link, row->choices[i]);
    }
    return buffer;
}

const struct param *param_find(const struct param *table, const char *key)
{
    for (const struct param *row = table; row->key; row++)
        if (strcmp(row->key, key) == 0)
            return row;
    return NULL;
}

static const char *describe_type(const struct param *row, char *buffer, size_t bytes)
{
    static const char *const NAMES[] = {
        [PARAM_COUNT] = "count", [PARAM_REAL] = "real",   [PARAM_RATIO] = "exact",
        [PARAM_BYTES] = "bytes", [PARAM_BOOL] = "yes|no", [PARAM_CHOICE] = "choice",
        [PARAM_TEXT] = "text",   [PARAM_LIST] = "list",
    };
    static const char *const UNITS[] = {
        [UNIT_NONE] = "",
        [UNIT_HERTZ] = "Hz",
        [UNIT_SECOND] = "s",
        [UNIT_BYTE] = "B",
        [UNIT_BYTE_PER_SECOND] = "B/s",
        [UNIT_JOULE] = "J",
        [UNIT_WATT] = "W",
        [UNIT_VOLT] = "V",
        [UNIT_AMPERE] = "A",
        [UNIT_SQUARE_METRE] = "m2",
        [UNIT_METRE] = "m",
        [UNIT_DOLLAR] = "USD",
        [UNIT_PER_SQUARE_METRE] = "/m2",
        [UNIT_BIT] = "bit",
    };
    const char *unit = UNITS[unit_of(row)];
    snprintf(buffer, bytes, "%s%s%s", NAMES[row->type], *unit ? " " : "", unit);
    return buffer;
}

static const char *describe_default(const struct param *row)
{
    return !row->fallback ? "required" : *row->fallback ? row->fallback : "-";
}

static const char *describe_range(const struct param *row, char *buffer, size_t bytes)
{
    return row->type == PARAM_CHOICE ? param_choices(row, buffer, bytes)
                                     : param_range(row, buffer, bytes);
}

static int wider(int width, const char *text)
{
    size_t length = strlen(text);
    return length > (size_t)width ? (int)length : width;
}

void param_print(const struct param *table, FILE *out)
{
    char type[48], range[320];
    int key_width = 0, type_width = 0, default_width = 0, range_width = 0;
    for (const struct param *row = table; row->key; row++) {
        key_width = wider(key_width, row->key);
        type_width = wider(type_width, describe_type(row, type, sizeof type));
        default_width = wider(default_width, describe_default(row));
        range_width = wider(range_width, describe_range(row, range, sizeof range));
    }
    for (const struct param *row = table; row->key; row++)
        fprintf(out, "  %-*s  %-*s  %-*s  %-*s  %s\n", key_width, row->key, type_width,
                describe_type(row, type, sizeof type), default_width, describe_default(row),
                range_width, describe_range(row, range, sizeof range), row->meaning);
}
