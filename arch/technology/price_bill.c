#include <math.h>
#include <string.h>

#include "arch/technology/price.h"

static void add_components(const struct price_list *list, const struct ledger *ledger,
                           uint64_t cycles, struct bill *bill)
{
    for (size_t i = 0; i < list->component_count; i++) {
        const struct static_price *each = &list->statics[i];
        bill->components[i] =
            (struct bill_component){.name = list->components[i],
                                    .leakage = (attojoules)each->leakage * cycles,
                                    .clock = (attojoules)each->clock * cycles,
                                    .interface = (attojoules)each->interface * cycles,
                                    .is_energy_known = list->static_known[i],
                                    .is_area_known = list->area_known[i],
                                    .area_nm2 = list->area_nm2[i]};
    }
    for (size_t i = 0; i < ledger->count; i++) {
        struct bill_component *component = &bill->components[list->meter_component[i]];
        component->dynamic += (attojoules)ledger->counts[i] * list->meter_price[i];
        if (ledger->counts[i] && !list->meter_known[i])
            component->is_energy_known = false;
    }
}

static void add_totals(struct bill *bill)
{
    bill->is_energy_known = bill->is_area_known = true;
    for (size_t i = 0; i < bill->component_count; i++) {
        const struct bill_component *component = &bill->components[i];
        bill->dynamic += component->dynamic;
        bill->idle += component->leakage + component->clock + component->interface;
        bill->area_nm2 += component->area_nm2;
        bill->is_energy_known &= component->is_energy_known;
        bill->is_area_known &= component->is_area_known;
    }
    bill->energy = bill->dynamic + bill->idle;
}

/* Memories, links and parts whose counted actions nobody has priced, one sentence each. */
static size_t unknown_warnings(const struct price_list *list, const struct ledger *ledger,
                               struct arena *arena, const char **texts)
{
    const struct inventory *inventory = list->inventory;
    size_t count = 0;
    int32_t last = -1;
    for (size_t i = 0; i < ledger->count; i++) {
        int32_t part = inventory->meters[i].part;
        if (list->meter_known[i] || !ledger->counts[i] || part == last)
            continue;
        last = part;
        const char *memory = inventory->parts[part].memory;
        texts[count++] =
            arena_format(arena, "energy of part '%s' is not known: no source for '%s'",
                         inventory->parts[part].name,
                         memory ? memory : ACTION_NAMES[inventory->meters[i].action]);
    }
    return count;
}

/* A source's first clause: what it is, without its reservations; the lines keep the whole. */
static const char *short_source(const char *source, struct arena *arena)
{
    enum { LONGEST = 72 };
    size_t length = strcspn(source, ";,(");
    if (length == 0)
        length = strlen(source);
    if (length > LONGEST)
        length = LONGEST;
    while (length > 1 && source[length - 1] == ' ')
        length--;
    return arena_format(arena, "%.*s%s", (int)length, source, length == LONGEST ? "..." : "");
}

/* One sentence for all figures of a mark, their sources once each; NULL: none. */
static const char *mark_warning(const struct price_list *list, enum value_mark mark,
                                const char *opening, struct arena *arena)
{
    enum { NAMED = 3 };
    size_t lines = 0, named = 0;
    const char *names[NAMED];
    for (size_t i = 0; i < list->line_count; i++) {
        const struct price_line *line = &list->lines[i];
        if (line->value.mark != mark)
            continue;
        lines++;
        const char *name = short_source(line->value.source, arena);
        bool is_new = true;
        for (size_t j = 0; j < named; j++)
            is_new &= strcmp(names[j], name) != 0;
        if (is_new && named < NAMED)
            names[named++] = name;
    }
    if (lines == 0)
        return NULL;
    const char *text = arena_format(arena, "%zu of %zu prices %s: %s", lines, list->line_count,
                                    opening, names[0]);
    for (size_t j = 1; j < named; j++)
        text = arena_format(arena, "%s; %s", text, names[j]);
    return text;
}

static void add_warnings(const struct price_list *list, const struct ledger *ledger,
                         struct arena *arena, struct bill *bill)
{
    static const struct {
        enum value_mark mark;
        const char *opening;
    } MARKS[] = {{MARK_EXTRAPOLATED, "are extrapolated beyond sourced anchors"},
                 {MARK_FROM_MEMORY, "rest on figures from memory"},
                 {MARK_CALIBRATED, "are fitted to published measurements"},
                 {MARK_DERIVED, "are derived from sourced figures"}};
    enum { MARKS_COUNT = sizeof MARKS / sizeof MARKS[0] };
    const char **texts = arena_array(
        arena, list->warning_count + ledger->count + MARKS_COUNT + 2, sizeof *texts);
    size_t count = unknown_warnings(list, ledger, arena, texts);
    for (size_t i = 0; i < list->warning_count; i++)
        texts[count++] = list->warnings[i];
    for (size_t i = 0; i < MARKS_COUNT; i++) {
        texts[count] = mark_warning(list, MARKS[i].mark, MARKS[i].opening, arena);
        count += texts[count] != NULL;
    }
    if (bill->area_nm2 && isnan(bill->die.cost_usd))
        texts[count++] = arena_format(
            arena, "die cost is not known: %s",
            !bill->is_area_known
                ? "nor is the die's area"
                : arena_format(
                      arena,
                      "process '%s' states no wafer price or defect density, or the die "
                      "does not fit the wafer",
                      list->process->name));
    bill->warnings = texts;
}

void price_bill(const struct price_list *list, const struct ledger *ledger, uint64_t cycles,
                struct arena *arena, struct bill *bill)
{
    *bill = (struct bill){.component_count = list->component_count, .cycles = cycles};
    bill->components = arena_array(arena, list->component_count + 1, sizeof *bill->components);
    add_components(list, ledger, cycles, bill);
    add_totals(bill);
    bill->seconds = (double)cycles / ratio_value(list->options.main_clock);
    bill->power_w = cycles ? attojoules_in_joules(bill->energy) / bill->seconds : 0;
    bill->transistors = bill->area_nm2 && bill->is_area_known ? list->transistors : NAN;
    bill->die = (struct die_cost){NAN, NAN, NAN, NAN};
    if (bill->area_nm2 && bill->is_area_known)
        bill->die =
            die_cost_of(list->process, (double)bill->area_nm2 * 1e-18, &list->options.yield);
    bill->lines = list->lines;
    bill->line_count = list->line_count;
    add_warnings(list, ledger, arena, bill);
}

bool price(struct arena *arena, const struct inventory *inventory, const struct ledger *ledger,
           uint64_t cycles, const struct process *process, const struct price_options *options,
           struct bill *bill, struct error *err)
{
    struct price_list *list;
    if (!price_list_make(arena, inventory, process, options, &list, err))
        return false;
    price_bill(list, ledger, cycles, arena, bill);
    return true;
}

double bill_area_mm2(const struct bill *bill)
{
    return (double)bill->area_nm2 * 1e-12;
}

struct power_check price_check_power(const struct bill *bill, double cap_w)
{
    struct power_check check = {bill->power_w, fmax(bill->power_w - cap_w, 0), 1};
    if (check.excess_w <= 0)
        return check;
    /* Work and clock trees slow down with the clock; leakage and interfaces do not. */
    attojoules fixed = 0;
    for (size_t i = 0; i < bill->component_count; i++)
        fixed += bill->components[i].leakage + bill->components[i].interface;
    double fixed_w = attojoules_in_joules(fixed) / bill->seconds;
    double moving_w = check.power_w - fixed_w;
    check.clock_factor = fmax((cap_w - fixed_w) / moving_w, 0);
    return check;
}
