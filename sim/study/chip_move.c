#include "sim/study/chip_move.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arch/technology/price.h"

const char *const MOVE_HOLD_NAMES[] = {"shape", "area", "transistors", "power", NULL};

void move_add(struct arena *arena, struct move_sets *sets, const char *assignment)
{
    if (sets->count == sets->capacity) {
        size_t capacity = sets->capacity ? 2 * sets->capacity : 16;
        sets->items =
            arena_grow(arena, sets->items, sets->count, capacity, sizeof *sets->items);
        sets->capacity = capacity;
    }
    sets->items[sets->count++] = assignment;
}

/* Whether two assignments name one path. */
static bool is_same_path(const char *a, const char *b)
{
    size_t length = strcspn(a, "=");
    return strncmp(a, b, length) == 0 && b[length] == '=';
}

static bool is_replaced(const char *assignment, const struct move_sets *sets)
{
    for (size_t i = 0; i < sets->count; i++)
        if (is_same_path(assignment, sets->items[i]))
            return true;
    return false;
}

/* "section.key=value" as one assignment for every section of that name that has the key. */
static void spell_out(struct arena *arena, const struct chip *chip, const char *assignment,
                      struct move_sets *all)
{
    const char *equals = strchr(assignment, '='), *dot = strchr(assignment, '.');
    if (!equals || !dot || dot > equals || memchr(dot + 1, '.', (size_t)(equals - dot - 1))) {
        move_add(arena, all, assignment);
        return;
    }
    char *name = arena_copy_text(arena, assignment), *key = arena_copy_text(arena, dot + 1);
    name[dot - assignment] = '\0';
    key[equals - dot - 1] = '\0';
    struct config_section *root = &chip->config->root;
    for (struct config_section *s = config_find(root, name, NULL); s; s = config_next(s, name))
        if (s->title && config_entry(s, key))
            move_add(arena, all, arena_format(arena, "%s.%s.%s", name, s->title, dot + 1));
    if (!config_find(root, name, NULL) || !config_find(root, name, NULL)->title)
        move_add(arena, all, assignment);
}

struct chip_design move_apply(struct arena *arena, const struct chip *chip,
                              const struct chip_design *design, const struct move_sets *sets)
{
    struct move_sets own = {0}, all = {0};
    for (size_t i = 0; i < design->set_count; i++)
        if (sets->count)
            spell_out(arena, chip, design->sets[i], &own);
        else
            move_add(arena, &own, design->sets[i]);
    for (size_t i = 0; i < own.count; i++)
        if (!is_replaced(own.items[i], sets))
            move_add(arena, &all, own.items[i]);
    for (size_t i = 0; i < sets->count; i++)
        move_add(arena, &all, sets->items[i]);
    return (struct chip_design){design->chip, all.items, all.count};
}

void move_process(struct arena *arena, const struct chip *chip, const char *process,
                  double clock_factor, struct move_sets *sets)
{
    if (strcmp(process, chip->process) != 0)
        move_add(arena, sets, arena_format(arena, "process=%s", process));
    if (clock_factor == 1)
        return;
    for (int32_t i = 0; i < chip->core_count; i++) {
        const struct core *core = &chip->cores[i].core;
        if (chip->cores[i].is_host)
            continue;
        /* Whole megahertz keep the clocks' common time base coarse. */
        double hertz = ratio_value(core->clock) * clock_factor;
        move_add(arena, sets,
                 hertz >= 50e6
                     ? arena_format(arena, "core.%s.clock=%.0f MHz", core->name, hertz / 1e6)
                     : arena_format(arena, "core.%s.clock=%.0f Hz", core->name, hertz));
    }
}

const struct chip_memory *chip_main_memory(const struct chip *chip)
{
    const struct chip_memory *found = NULL;
    for (int32_t i = 0; i < chip->memory_count; i++) {
        const struct chip_memory *memory = &chip->memories[i];
        if (memory->kind == MEMORY_DRAM && (!found || memory->capacity > found->capacity))
            found = memory;
    }
    return found;
}

bool move_memory(struct arena *arena, const struct chip *chip, const struct chip *donor,
                 struct move_sets *sets)
{
    static const char *const KEYS[] = {"bandwidth", "latency", "burst", "device", "channels"};
    const struct chip_memory *own = chip_main_memory(chip), *other = chip_main_memory(donor);
    if (!own || !other)
        return false;
    struct config_section *from = config_find(&donor->config->root, "memory", other->name);
    struct config_section *to = config_find(&chip->config->root, "memory", own->name);
    for (size_t i = 0; from && to && i < sizeof KEYS / sizeof KEYS[0]; i++) {
        const struct config_entry *given = config_entry(from, KEYS[i]);
        const struct config_entry *had = config_entry(to, KEYS[i]);
        if (given && (!had || strcmp(given->text, had->text) != 0))
            move_add(arena, sets,
                     arena_format(arena, "memory.%s.%s=%s", own->name, KEYS[i], given->text));
    }
    return true;
}

/* Adds PATH = value x factor, a whole number of at least 1. */
static bool scale_entry(struct arena *arena, const struct config_section *section,
                        const char *key, double factor, struct move_sets *sets)
{
    const struct config_entry *entry = config_entry(section, key);
    double value = entry ? strtod(entry->text, NULL) : 0;
    if (!(value >= 1))
        return false;
    move_add(arena, sets,
             arena_format(arena, "%s.%s.%s=%.0f", section->name, section->title, key,
                          fmax(1, round(value * factor))));
    return true;
}

void move_scale(struct arena *arena, const struct chip *chip, double scale,
                struct move_sets *sets)
{
    if (scale == 1)
        return;
    const struct config_section *root = &chip->config->root;
    for (struct config_section *s = config_find((struct config_section *)root, "core", NULL); s;
         s = config_next(s, "core")) {
        bool is_array = config_entry(s, "rows") && config_entry(s, "cols");
        if (is_array) {
            scale_entry(arena, s, "rows", sqrt(scale), sets);
            scale_entry(arena, s, "cols", sqrt(scale), sets);
        } else if (!scale_entry(arena, s, "lanes", scale, sets)) {
            scale_entry(arena, s, "count", scale, sets);
        }
    }
    for (int32_t i = 0; i < chip->memory_count; i++) {
        const struct chip_memory *memory = &chip->memories[i];
        if (memory->kind == MEMORY_SRAM &&
            config_find((struct config_section *)root, "memory", memory->name))
            move_add(arena, sets,
                     arena_format(arena, "memory.%s.capacity=%.0f KiB", memory->name,
                                  fmax(1, round((double)memory->capacity * scale / 1024))));
    }
}

bool chip_measure(struct arena *arena, const struct chip_design *design,
                  const struct technology_tables *shared, struct chip_size *size,
                  struct error *err)
{
    struct chip *chip = chip_load(arena, design->chip, design->sets, design->set_count, err);
    if (!chip)
        return false;
    struct process_options options = {chip->tables, chip->may_extrapolate};
    struct price_options price = price_options_default(chip->main_clock.hz);
    struct process *process;
    struct price_list *list;
    struct bill bill;
    if (!process_load(arena, chip->process, &options, shared, &process, err) ||
        !price_list_make(arena, &chip->inventory, process, &price, &list, err))
        return false;
    struct ledger nothing = ledger_make(arena, &chip->inventory);
    price_bill(list, &nothing, 0, arena, &bill);
    *size = (struct chip_size){0, bill.transistors, NULL};
    for (size_t i = 0; i < bill.component_count; i++) {
        if (bill.components[i].is_area_known)
            size->area_mm2 += (double)bill.components[i].area_nm2 * 1e-12;
        else
            size->unknown = bill.components[i].name;
    }
    if (!(size->area_mm2 > 0))
        size->area_mm2 = NAN;
    return true;
}

static bool measure_scaled(const struct chip *chip, const struct chip_design *design,
                           enum move_hold hold, struct move_measure *measure,
                           const struct technology_tables *shared, double scale, double *value,
                           struct error *err)
{
    struct arena scratch = {0};
    struct move_sets sets = {0};
    move_scale(&scratch, chip, scale, &sets);
    struct chip_design scaled = move_apply(&scratch, chip, design, &sets);
    struct chip_size size = {NAN, NAN, NULL};
    bool is_good = measure ? measure->measure(measure, &scratch, &scaled, value, err)
                           : chip_measure(&scratch, &scaled, shared, &size, err);
    if (!measure)
        *value = hold == HOLD_CHIP_TRANSISTORS ? size.transistors : size.area_mm2;
    arena_free(&scratch);
    if (is_good && !(*value > 0))
        return error_set(err, "%s: its %s is not known, so nothing can be held equal to it",
                         design->chip, MOVE_HOLD_NAMES[hold]);
    return is_good;
}

bool move_find_scale(const struct chip *chip, const struct chip_design *design,
                     enum move_hold hold, double wanted, struct move_measure *measure,
                     const struct technology_tables *shared, double *scale, struct error *err)
{
    double value, low = 0, high = 0;
    *scale = 1;
    if (hold == HOLD_CHIP_SHAPE)
        return true;
    /* Regula falsi on logs: nearly everything grows with the scale's first power. */
    for (int step = 0; step < 14; step++) {
        if (!measure_scaled(chip, design, hold, measure, shared, *scale, &value, err))
            return false;
        if (fabs(value / wanted - 1) < 0.005)
            return true;
        if (value < wanted)
            low = *scale;
        else
            high = *scale;
        double next = *scale * wanted / value;
        bool is_between = (low == 0 || next > low) && (high == 0 || next < high);
        if (!is_between)
            next = low > 0 && high > 0 ? sqrt(low * high) : value < wanted ? low * 2 : high / 2;
        if (next < 1e-4 || next > 1e4)
            return error_set(err, "%s: cannot be scaled to a %s of %g", design->chip,
                             MOVE_HOLD_NAMES[hold], wanted);
        *scale = next;
    }
    return true;
}
