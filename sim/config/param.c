#include "sim/config/quantity.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/config/config.h"
#include "sim/config/param_text.h"

static bool refuse(const struct param *row, const char *text, const char *place,
                   const struct error *flaw, struct error *err)
{
    return error_set(err, "%s%s is '%.60s', %s", place, row->key, text, flaw->text);
}

/* Bounds are compared as doubles: every count and byte size that a chip can have is exact
 * there. */
static bool check_range(const struct param *row, double value, const char *text,
                        const char *place, struct error *err)
{
    char range[96];
    if (!param_is_bounded(row) || (value >= row->low && value <= row->high))
        return true;
    return error_set(err, "%s%s is %.60s, must be %s", place, row->key, text,
                     param_range(row, range, sizeof range));
}

static bool store_number(const struct param *row, struct quantity quantity, void *field,
                         struct error *flaw)
{
    int64_t integer;
    switch (row->type) {
    case PARAM_COUNT:
        if (!quantity_integer(quantity, &integer))
            return error_set(flaw, "must be a whole number below 2^63");
        memcpy(field, &integer, sizeof integer);
        return true;
    case PARAM_BYTES:
        if (quantity.is_negative || !quantity_integer(quantity, &integer))
            return error_set(flaw, "must be a whole number of bytes from 0 to below 2^63");
        memcpy(field, &(uint64_t){(uint64_t)integer}, sizeof(uint64_t));
        return true;
    case PARAM_RATIO:
        if (!quantity_ratio(quantity, field))
            return error_set(flaw, "must be a positive number that 64 bits hold exactly");
        return true;
    default: {
        double value = quantity_real(quantity);
        if (!isfinite(value))
            return error_set(flaw, "must be a number below 1e308");
        memcpy(field, &value, sizeof value);
        return true;
    }
    }
}

static bool read_number(const struct param *row, const char *text, void *field,
                        const char *place, struct error *err)
{
    struct error flaw = {0};
    struct quantity quantity;
    enum param_unit unit =
        row->type == PARAM_BYTES && row->unit == UNIT_NONE ? UNIT_BYTE : row->unit;
    if (!quantity_parse(text, unit, &quantity, &flaw))
        return refuse(row, text, place, &flaw, err);
    if (!check_range(row, quantity_real(quantity), text, place, err))
        return false;
    return store_number(row, quantity, field, &flaw) || refuse(row, text, place, &flaw, err);
}

static bool read_bool(const struct param *row, const char *text, bool *field, const char *place,
                      struct error *err)
{
    if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        return refuse(row, text, place, &(struct error){true, "must be yes or no"}, err);
    *field = text[0] == 'y';
    return true;
}

static bool read_choice(const struct param *row, const char *text, int *field,
                        const char *place, struct error *err)
{
    char names[320];
    for (int i = 0; row->choices[i]; i++)
        if (strcmp(row->choices[i], text) == 0) {
            *field = i;
            return true;
        }
    return error_set(err, "%s%s is '%.60s', must be %s", place, row->key, text,
                     param_choices(row, names, sizeof names));
}

/* Items stand between commas; blanks around them do not count. */
static bool read_list(const struct param *row, const char *text, struct param_list *list,
                      struct arena *arena, const char *place, struct error *err)
{
    *list = (struct param_list){0};
    if (!*text)
        return true;
    size_t count = 1;
    for (const char *at = text; *at; at++)
        count += *at == ',';
    const char **items = arena_array(arena, count, sizeof *items);
    char *at = arena_copy_text(arena, text);
    for (size_t i = 0; i < count; i++) {
        char *end = at + strcspn(at, ",");
        char *next = *end ? end + 1 : end;
        while (at < end && isspace((unsigned char)*at))
            at++;
        while (end > at && isspace((unsigned char)end[-1]))
            end--;
        *end = '\0';
        if (!*at)
            return refuse(row, text, place, &(struct error){true, "must have no empty item"},
                          err);
        items[i] = at;
        at = next;
    }
    *list = (struct param_list){items, count};
    return true;
}

bool param_read(const struct param *row, const char *text, void *target, struct arena *arena,
                const char *place, struct error *err)
{
    void *field = (char *)target + row->offset;
    switch (row->type) {
    case PARAM_BOOL:
        return read_bool(row, text, field, place, err);
    case PARAM_CHOICE:
        return read_choice(row, text, field, place, err);
    case PARAM_TEXT:
        *(const char **)field = arena_copy_text(arena, text);
        return true;
    case PARAM_LIST:
        return read_list(row, text, field, arena, place, err);
    case PARAM_COUNT:
    case PARAM_REAL:
    case PARAM_RATIO:
    case PARAM_BYTES:
        return read_number(row, text, field, place, err);
    }
    assert(!"a type of enum param_type");
    return false;
}
