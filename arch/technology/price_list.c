#include "arch/technology/price.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "arch/technology/price_parts.h"

/* Area of a die that no named block covers. */
static const char FLOORPLAN[] = "floorplan";

struct price_options price_options_default(struct ratio main_clock)
{
    return (struct price_options){SCOPE_CHIP, main_clock, yield_options_default(), 0};
}

static size_t component_of(struct price_list *list, const char *name)
{
    for (size_t i = 0; i < list->component_count; i++)
        if (strcmp(list->components[i], name) == 0)
            return i;
    list->components[list->component_count] = name;
    return list->component_count++;
}

static void warn(struct price_list *list, const char *text)
{
    for (size_t i = 0; i < list->warning_count; i++)
        if (strcmp(list->warnings[i], text) == 0)
            return;
    if (list->warning_count == list->warning_capacity) {
        size_t capacity = list->warning_capacity ? 2 * list->warning_capacity : 8;
        list->warnings = arena_grow(list->arena, list->warnings, list->warning_count, capacity,
                                    sizeof *list->warnings);
        list->warning_capacity = capacity;
    }
    list->warnings[list->warning_count++] = text;
}

static void add_line(struct price_list *list, const char *quantity, const char *table,
                     struct sourced value, char unit)
{
    if (value.value == 0)
        return;
    if (list->line_count == list->line_capacity) {
        size_t capacity = list->line_capacity ? 2 * list->line_capacity : 64;
        list->lines = arena_grow(list->arena, list->lines, list->line_count, capacity,
                                 sizeof *list->lines);
        list->line_capacity = capacity;
    }
    list->lines[list->line_count++] = (struct price_line){quantity, table, value, unit};
}

/* Figures above these are beyond any chip and count as not known, so that sums cannot wrap
 * round: 256 meters counted to 2^64 each stay below 2^128 aJ, 64 components below 2^64 nm2 and
 * aJ a cycle. */
static const double MOST_ACTION_AJ = 72057594037927936.0; /* 2^56, 0.07 J */
static const uint64_t MOST_COMPONENT = 1ull << 58;        /* 0.29 m2, 0.29 J a cycle */

static void too_large(struct price_list *list, const char *what, const char *name)
{
    warn(list, arena_format(list->arena, "%s of '%s' is beyond any chip and not counted", what,
                            name));
}

/* Adds a figure of a part to its component's sum; returns what was added. */
static uint64_t add_figure(struct price_list *list, const struct part *part, const char *what,
                           double value, uint64_t *sum, bool *is_known)
{
    bool fits = value < (double)MOST_COMPONENT;
    uint64_t more = fits ? (uint64_t)llround(value) : 0;
    if (!fits || *sum > MOST_COMPONENT - more) {
        *is_known = false;
        too_large(list, what, part ? part->name : FLOORPLAN);
        return 0;
    }
    *sum += more;
    return more;
}

/* Watts into attojoules a cycle of the main clock. */
static double per_cycle(const struct price_list *list, double watts)
{
    return watts * 1e18 / ratio_value(list->options.main_clock);
}

static void note_part(struct price_list *list, const struct part *part,
                      const struct part_price *price)
{
    struct arena *arena = list->arena;
    add_line(list, arena_format(arena, "%s area", part->name), price->table, price->area, 'A');
    add_line(list, arena_format(arena, "%s leakage", part->name), price->table, price->leakage,
             'W');
    add_line(list, arena_format(arena, "%s clock", part->name), price->table, price->clock,
             'W');
    add_line(list, arena_format(arena, "%s background", part->name), price->table,
             price->interface, 'W');
}

/* What another supply changes: digital circuits on the die, not interfaces, memories, links or
 * converters. */
static bool follows_supply(const struct part *part)
{
    return part->kind <= PART_CLOCK_TREE && !part->is_off_die;
}

/* Energy by the supply curve; leakage by the voltage alone, its current kept. */
static bool find_supply(struct price_list *list, struct error *err)
{
    struct sourced nominal;
    list->supply = (struct supply_scale){1, 1};
    list->leakage_scale = 1;
    double volt = list->options.supply_v;
    if (volt == 0)
        return true;
    if (!process_need(list->process, QUANTITY_SUPPLY, &nominal, err) ||
        !supply_scale_of(list->process, volt, &list->supply, err))
        return false;
    list->leakage_scale = volt / nominal.value;
    return true;
}

static bool take_part(struct price_list *list, const struct part_context *context, size_t index,
                      struct error *err)
{
    const struct part *part = &list->inventory->parts[index];
    size_t component = list->part_component[index];
    struct part_price price;
    if (!part_price_of(context, part, &price, err))
        return false;
    if (follows_supply(part)) {
        price.leakage = sourced_scaled(price.leakage, list->leakage_scale);
        price.clock = sourced_scaled(price.clock, list->supply.energy);
    }
    if (!sourced_is_known(&price.area)) {
        list->area_known[component] = false;
        warn(list, arena_format(
                       list->arena, "area of part '%s' is not known: no source for '%s'",
                       part->name, part->memory ? part->memory : PART_KIND_NAMES[part->kind]));
    }
    if (!sourced_is_known(&price.interface)) {
        list->static_known[component] = false;
        warn(list, arena_format(list->arena,
                                "idle power of part '%s' is not known: no source for '%s'",
                                part->name, part->memory ? part->memory : "?"));
    }
    struct static_price *statics = &list->statics[component];
    bool *is_static_known = &list->static_known[component];
    list->part_area_nm2[index] =
        add_figure(list, part, "area", price.area.value * 1e18, &list->area_nm2[component],
                   &list->area_known[component]);
    add_figure(list, part, "leakage", per_cycle(list, price.leakage.value), &statics->leakage,
               is_static_known);
    add_figure(list, part, "clock power", per_cycle(list, price.clock.value), &statics->clock,
               is_static_known);
    add_figure(list, part, "background", per_cycle(list, price.interface.value),
               &statics->interface, is_static_known);
    list->transistors += price.transistors;
    note_part(list, part, &price);
    return true;
}

/* Side of a part, all its instances together, in millimetres (-1: the die). A wire across it
 * spans that side; a wire part of count n spans one of n equal groups of the instances. */
static double price_side_mm(const struct price_list *list, int32_t part)
{
    double area = 0;
    if (part >= 0)
        area = (double)list->part_area_nm2[part];
    else
        for (size_t i = 0; i < list->component_count; i++)
            area += (double)list->area_nm2[i];
    return sqrt(area) * 1e-6;
}

/* What a transfer over the part spans. */
static double span_mm(const struct price_list *list, const struct meter *meter)
{
    const struct part *part = &list->inventory->parts[meter->part];
    if (part->count == 0)
        return 0;
    if (part->kind == PART_WIRE)
        return price_side_mm(list, part->across) / sqrt((double)part->count) /
               (double)(part->bits ? part->bits : 1);
    return price_side_mm(list, meter->part) / sqrt((double)part->count);
}

static bool take_meter(struct price_list *list, const struct part_context *context,
                       size_t index, struct error *err)
{
    const struct meter *meter = &list->inventory->meters[index];
    const struct part *part = &list->inventory->parts[meter->part];
    struct action_price price;
    if (!action_price_of(context, meter, span_mm(list, meter), &price, err))
        return false;
    if (follows_supply(part))
        price.energy = sourced_scaled(price.energy, list->supply.energy);
    list->meter_component[index] = list->part_component[meter->part];
    list->meter_known[index] = sourced_is_known(&price.energy);
    double attojoule = price.energy.value * 1e18;
    bool fits = attojoule < MOST_ACTION_AJ;
    list->meter_price[index] = fits ? (uint64_t)llround(attojoule) : 0;
    list->meter_known[index] &= fits;
    if (!fits)
        too_large(list, "energy", part->name);
    char format[16] = "";
    if (meter->format.class != NUMBER_NONE)
        number_format_name(meter->format, format);
    const char *name = arena_format(list->arena, "%s %s%s%s", part->name,
                                    ACTION_NAMES[meter->action], *format ? " " : "", format);
    add_line(list, name, price.table, price.energy, 'J');
    return true;
}

/* A die, as opposed to a block, has interfaces at its edge; beside its logic and buffers lies a
 * share that no block covers. */
static bool take_floorplan(struct price_list *list, struct error *err)
{
    bool is_die = false;
    double named = 0;
    for (size_t i = 0; i < list->inventory->part_count; i++) {
        const struct part *part = &list->inventory->parts[i];
        bool is_interface = part->kind == PART_PHY || part->kind == PART_LINK;
        is_die |= part->kind == PART_PHY && part->count > 0 && !part->is_off_die;
        named += is_interface ? 0 : (double)list->part_area_nm2[i];
    }
    struct sourced share, background;
    if (!is_die || named == 0)
        return true;
    if (!process_need(list->process, QUANTITY_FLOORPLAN_UTILISATION, &share, err) ||
        !process_need(list->process, QUANTITY_BACKGROUND, &background, err))
        return false;
    size_t component = component_of(list, FLOORPLAN);
    share.value = named * (1 / share.value - 1) * 1e-18;
    add_figure(list, NULL, "area", share.value * 1e18, &list->area_nm2[component],
               &list->area_known[component]);
    add_line(list, "area that no named block covers", "process", share, 'A');
    background = sourced_times(sourced_scaled(background, 1e6 * list->supply.energy), share, 1);
    add_figure(list, NULL, "background", per_cycle(list, background.value),
               &list->statics[component].clock, &list->static_known[component]);
    add_line(list, "background of that area", "process", background, 'W');
    return true;
}

static void allocate(struct price_list *list)
{
    struct arena *arena = list->arena;
    size_t parts = list->inventory->part_count, meters = list->inventory->meter_count;
    size_t most = parts + 1;
    list->components = arena_array(arena, most, sizeof *list->components);
    list->part_component = arena_array(arena, most, sizeof *list->part_component);
    list->part_area_nm2 = arena_array(arena, most, sizeof *list->part_area_nm2);
    list->statics = arena_array(arena, most, sizeof *list->statics);
    list->area_nm2 = arena_array(arena, most, sizeof *list->area_nm2);
    list->static_known = arena_array(arena, most, sizeof *list->static_known);
    list->area_known = arena_array(arena, most, sizeof *list->area_known);
    list->meter_price = arena_array(arena, meters + 1, sizeof *list->meter_price);
    list->meter_known = arena_array(arena, meters + 1, sizeof *list->meter_known);
    list->meter_component = arena_array(arena, meters + 1, sizeof *list->meter_component);
    for (size_t i = 0; i < most; i++)
        list->static_known[i] = list->area_known[i] = true;
}

bool price_list_make(struct arena *arena, const struct inventory *inventory,
                     const struct process *process, const struct price_options *options,
                     struct price_list **result, struct error *err)
{
    assert(options->main_clock.num > 0);
    struct price_list *list = arena_alloc(arena, sizeof *list);
    *list = (struct price_list){
        .inventory = inventory, .process = process, .options = *options, .arena = arena};
    allocate(list);
    if (!find_supply(list, err))
        return false;
    struct part_context context = {inventory, process, options->scope};
    for (size_t i = 0; i < inventory->part_count; i++)
        list->part_component[i] = component_of(list, inventory->parts[i].component);
    for (size_t i = 0; i < inventory->part_count; i++)
        if (!take_part(list, &context, i, err))
            return false;
    if (!take_floorplan(list, err))
        return false;
    for (size_t i = 0; i < inventory->meter_count; i++)
        if (!take_meter(list, &context, i, err))
            return false;
    *result = list;
    return true;
}

attojoules price_dynamic(const struct price_list *list, const struct ledger *ledger)
{
    assert(ledger->count == list->inventory->meter_count);
    attojoules sum = 0;
    for (size_t i = 0; i < ledger->count; i++)
        sum += (attojoules)ledger->counts[i] * list->meter_price[i];
    return sum;
}

attojoules price_static(const struct price_list *list, uint64_t cycles)
{
    attojoules each = 0;
    for (size_t i = 0; i < list->component_count; i++)
        each += (attojoules)list->statics[i].leakage + list->statics[i].clock +
                list->statics[i].interface;
    return each * cycles;
}

bool price_is_known(const struct price_list *list, const struct ledger *ledger)
{
    for (size_t i = 0; i < list->component_count; i++)
        if (!list->static_known[i])
            return false;
    for (size_t i = 0; i < ledger->count; i++)
        if (ledger->counts[i] && !list->meter_known[i])
            return false;
    return true;
}

double price_static_power_w(const struct price_list *list)
{
    return attojoules_in_joules(price_static(list, 1)) * ratio_value(list->options.main_clock);
}
