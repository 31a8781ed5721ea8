#include "sim/study/mapping_pins.h"

#include <string.h>

/* A nest once made is kept: equal operators share their plan by its address. */
struct mapping_pin {
    struct nest nest;
    struct mapping_pin *next;
};

static const struct nest *find(const struct play_pins *pins, const char *operator, int32_t part,
                               const struct contraction *view, struct error *err)
{
    const struct mapping_pins *own = (const struct mapping_pins *)pins;
    const struct mapping_entry *entry = mapping_file_find(&own->file, operator, part);
    if (!entry)
        return NULL;
    struct mapping_pin **list = &own->made[entry - own->file.entries];
    for (struct mapping_pin *pin = *list; pin; pin = pin->next)
        if (memcmp(&pin->nest.contraction, view, sizeof *view) == 0)
            return &pin->nest;
    struct mapping_pin *pin = arena_alloc(own->arena, sizeof *pin);
    if (!mapping_file_nest(&own->file, entry, view, own->arena, &pin->nest, err))
        return NULL;
    pin->next = *list;
    *list = pin;
    return &pin->nest;
}

static void blame(const struct play_pins *pins, const char *operator, int32_t part,
                  struct error *err)
{
    const struct mapping_pins *own = (const struct mapping_pins *)pins;
    struct error why = *err;
    *err = (struct error){0};
    mapping_file_blame(&own->file, mapping_file_find(&own->file, operator, part), &why, err);
}

bool mapping_pins_read(const char *path, struct arena *arena, struct mapping_pins *pins,
                       struct error *err)
{
    *pins = (struct mapping_pins){.pins = {find, blame}, .arena = arena};
    if (!mapping_file_read(path, arena, &pins->file, err))
        return false;
    pins->made = arena_array(arena, pins->file.count + 1, sizeof *pins->made);
    return true;
}

void mapping_pins_warn(const struct mapping_pins *pins, struct arena *arena,
                       struct run_result *result)
{
    for (size_t i = 0; i < pins->file.count; i++) {
        const struct mapping_entry *entry = &pins->file.entries[i];
        if (pins->made[i])
            continue;
        result->warnings = arena_grow(arena, result->warnings, result->warning_count,
                                      result->warning_count + 1, sizeof *result->warnings);
        result->warnings[result->warning_count++] = arena_format(
            arena,
            "%s:%d: operator '%s' has no contraction %d in this trace, its nest is unused",
            pins->file.path, (int)entry->line, entry->name, (int)entry->part);
    }
}
