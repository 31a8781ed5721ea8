#include "sim/study/gain_mixture.h"

#include <math.h>
#include <string.h>

#include "sim/study/run.h"

/* The core whose arithmetic a chip is known for: the first that multiplies and accumulates. */
static const struct core *main_core(const struct chip *chip)
{
    for (size_t i = 0; i < chip->inventory.part_count; i++) {
        const struct part *part = &chip->inventory.parts[i];
        for (int32_t c = 0; c < chip->core_count && part->kind == PART_MAC; c++)
            if (strcmp(chip->cores[c].core.name, part->component) == 0)
                return &chip->cores[c].core;
    }
    return &chip->cores[0].core;
}

static const char *native_name(struct arena *arena, const struct chip *chip)
{
    const struct core *core = main_core(chip);
    char name[32] = "";
    if (core->native.class != NUMBER_NONE)
        number_format_name(core->native, name);
    return arena_copy_text(arena, name);
}

bool gain_gate_delay(struct arena *arena, const struct gain_facts *facts, const char *name,
                     double *delay, double *sigma, struct error *err)
{
    const struct gain_process *known = gain_find_process(facts, name, NULL);
    if (known) {
        *delay = known->delay;
        *sigma = known->delay_sigma;
        return true;
    }
    struct process_options options = {"", true};
    struct process *process;
    struct sourced gate;
    if (!process_load(arena, name, &options, NULL, &process, err) ||
        !process_need(process, QUANTITY_GATE_DELAY, &gate, err))
        return false;
    *delay = gate.value / 2.47e-12; /* the tables' unit: a gate at 7 nm by Rankine */
    *sigma = gate.sigma;
    return true;
}

/* Power is what a run on the side's own trace draws. */
struct power_measure {
    struct move_measure measure;
    struct mixtures *mixtures;
    const char *trace;
};

static bool measure_power(struct move_measure *measure, struct arena *arena,
                          const struct chip_design *design, double *value, struct error *err)
{
    struct power_measure *power = (struct power_measure *)measure;
    struct mixture_run run;
    (void)arena;
    if (!mixture_run(power->mixtures, design, power->trace, &run, err))
        return false;
    *value = run.power_w;
    return true;
}

bool mixtures_init(struct mixtures *mixtures, struct arena *arena,
                   const struct gain_facts *facts, const struct gain_simulation *a,
                   const struct gain_simulation *b, enum move_hold hold, bool may_hold_shape,
                   struct error *err)
{
    const struct gain_simulation *simulations[] = {a, b};
    *mixtures = (struct mixtures){.arena = arena, .facts = facts, .hold = hold};
    if (!technology_tables_load(arena, &mixtures->tables, err))
        return false;
    for (int i = 0; i < 2; i++) {
        struct mixture_side *side = &mixtures->sides[i];
        const struct chip_design *design = &simulations[i]->design;
        side->simulation = simulations[i];
        side->chip = chip_load(arena, design->chip, design->sets, design->set_count, err);
        if (!side->chip || !gain_gate_delay(arena, facts, side->chip->process, &side->delay,
                                            &side->delay_sigma, err))
            return false;
        side->native = native_name(arena, side->chip);
        if (hold == HOLD_CHIP_POWER) {
            struct mixture_run run;
            if (!mixture_run(mixtures, design, simulations[i]->trace.path, &run, err))
                return false;
            side->budget = run.power_w;
        } else if (hold != HOLD_CHIP_SHAPE) {
            struct chip_size size;
            if (!chip_measure(arena, design, &mixtures->tables, &size, err))
                return false;
            side->budget = hold == HOLD_CHIP_AREA ? size.area_mm2 : size.transistors;
            side->unknown = hold == HOLD_CHIP_AREA ? size.unknown : NULL;
        }
        if (hold != HOLD_CHIP_SHAPE && !(side->budget > 0) && may_hold_shape)
            return mixtures_init(mixtures, arena, facts, a, b, HOLD_CHIP_SHAPE, true, err);
        if (hold != HOLD_CHIP_SHAPE && !(side->budget > 0))
            return error_set(err,
                             "%s: its %s is not known at %s, so it cannot be held; hold shape",
                             design->chip, MOVE_HOLD_NAMES[hold], side->chip->process);
    }
    return true;
}

static bool is_same_design(const struct chip_design *a, const struct chip_design *b)
{
    if (strcmp(a->chip, b->chip) != 0 || a->set_count != b->set_count)
        return false;
    for (size_t i = 0; i < a->set_count; i++)
        if (strcmp(a->sets[i], b->sets[i]) != 0)
            return false;
    return true;
}

/* Main clock in units of device speed. */
static double realised(const struct mixture_side *side)
{
    return ratio_value(side->chip->main_clock.hz) * side->delay;
}

bool mixtures_differ(const struct mixtures *mixtures, enum ingredient ingredient)
{
    const struct mixture_side *a = &mixtures->sides[0], *b = &mixtures->sides[1];
    struct move_sets sets = {0};
    switch (ingredient) {
    case MIX_PROCESS:
        return strcmp(a->chip->process, b->chip->process) != 0;
    case MIX_MEMORY:
        return move_memory(mixtures->arena, a->chip, b->chip, &sets) && sets.count > 0;
    case MIX_BUDGET:
        return mixtures->hold != HOLD_CHIP_SHAPE && fabs(a->budget / b->budget - 1) > 1e-9;
    case MIX_COUNT:
        return a->simulation->count != b->simulation->count;
    case MIX_FORMAT:
        return *a->native && *b->native && strcmp(a->native, b->native) != 0;
    case MIX_CLOCK:
        return fabs(log(realised(a) / realised(b))) > 1e-3;
    case MIX_ARCHITECTURE:
        return !is_same_design(&a->simulation->design, &b->simulation->design);
    default:
        return strcmp(a->simulation->trace.path, b->simulation->trace.path) != 0;
    }
}

static const char *key_of(struct arena *arena, const struct chip_design *design,
                          const char *trace)
{
    const char *key = arena_format(arena, "%s %s", design->chip, trace);
    for (size_t i = 0; i < design->set_count; i++)
        key = arena_format(arena, "%s %s", key, design->sets[i]);
    return key;
}

bool mixture_run(struct mixtures *mixtures, const struct chip_design *design, const char *trace,
                 struct mixture_run *run, struct error *err)
{
    const char *key = key_of(mixtures->arena, design, trace);
    for (size_t i = 0; i < mixtures->run_count; i++)
        if (strcmp(mixtures->runs[i].key, key) == 0) {
            *run = mixtures->runs[i];
            return true;
        }
    struct arena scratch = {0};
    struct run_request request = {.chip = design->chip,
                                  .trace = trace,
                                  .sets = design->sets,
                                  .set_count = design->set_count,
                                  .keep = RUN_KEEP_NONE};
    struct run_result result;
    bool is_good = study_run(&scratch, &request, &result, err);
    if (is_good) {
        double cycles = (double)cycle_account_total(&result.lost);
        double waiting = (double)cycle_account_class(&result.lost, CLASS_MEMORY);
        *run = (struct mixture_run){key, result.seconds,
                                    cycles > 0 ? result.seconds * waiting / cycles : 0,
                                    attojoules_in_joules(result.bill.energy),
                                    result.bill.is_energy_known ? result.bill.power_w : NAN};
    }
    arena_free(&scratch);
    if (!is_good)
        return false;
    mixtures->simulated++;
    if (mixtures->run_count == mixtures->run_capacity) {
        size_t capacity = mixtures->run_capacity ? 2 * mixtures->run_capacity : 64;
        mixtures->runs = arena_grow(mixtures->arena, mixtures->runs, mixtures->run_count,
                                    capacity, sizeof *mixtures->runs);
        mixtures->run_capacity = capacity;
    }
    mixtures->runs[mixtures->run_count++] = *run;
    return true;
}

static int side_of(uint32_t mask, enum ingredient ingredient)
{
    return (int)(mask >> ingredient & 1);
}

/* The scale at which a moved design has the budget wanted, each distinct one found once. */
static bool find_scale(struct mixtures *mixtures, const struct mixture_side *side,
                       const struct chip_design *design, const char *trace, double wanted,
                       double *scale, struct error *err)
{
    struct arena *arena = mixtures->arena;
    struct power_measure power = {{measure_power}, mixtures, trace};
    bool is_power = mixtures->hold == HOLD_CHIP_POWER;
    struct chip_design still = {design->chip,
                                arena_array(arena, design->set_count, sizeof *design->sets), 0};
    const char **sets = (const char **)still.sets;
    for (size_t i = 0; i < design->set_count; i++)
        if (is_power || !strstr(design->sets[i], ".clock="))
            sets[still.set_count++] = design->sets[i];
    const char *key =
        arena_format(arena, "%a %s", wanted, key_of(arena, &still, is_power ? trace : ""));
    for (size_t i = 0; i < mixtures->scale_count; i++)
        if (strcmp(mixtures->scales[i].key, key) == 0) {
            *scale = mixtures->scales[i].scale;
            return true;
        }
    if (!move_find_scale(side->chip, &still, mixtures->hold, wanted,
                         is_power ? &power.measure : NULL, &mixtures->tables, scale, err))
        return false;
    if (mixtures->scale_count == mixtures->scale_capacity) {
        size_t capacity = mixtures->scale_capacity ? 2 * mixtures->scale_capacity : 16;
        mixtures->scales = arena_grow(arena, mixtures->scales, mixtures->scale_count, capacity,
                                      sizeof *mixtures->scales);
        mixtures->scale_capacity = capacity;
    }
    mixtures->scales[mixtures->scale_count++] = (struct mixture_scale){key, *scale};
    return true;
}

bool mixture_at(struct mixtures *mixtures, uint32_t mask, struct mixture_run *run,
                struct error *err)
{
    struct arena *arena = mixtures->arena;
    int own = side_of(mask, MIX_ARCHITECTURE), process = side_of(mask, MIX_PROCESS);
    struct mixture_side *design = &mixtures->sides[own], *place = &mixtures->sides[process];
    const char *trace = mixtures->sides[side_of(mask, MIX_WORKLOAD)].simulation->trace.path;
    struct move_sets moved = {0};
    const struct mixture_side *clocked = &mixtures->sides[side_of(mask, MIX_CLOCK)];
    double clock = 1; /* exactly, where the design is at its own place and pace */
    if (process != own)
        clock *= design->delay / place->delay;
    if (clocked != design)
        clock *= realised(clocked) / realised(design);
    move_process(arena, design->chip, place->chip->process, clock, &moved);
    if (side_of(mask, MIX_MEMORY) != own)
        move_memory(arena, design->chip, mixtures->sides[!own].chip, &moved);
    if (side_of(mask, MIX_FORMAT) != own && mixtures_differ(mixtures, MIX_FORMAT))
        move_add(arena, &moved,
                 arena_format(arena, "core.%s.native=%s", main_core(design->chip)->name,
                              mixtures->sides[!own].native));
    struct chip_design mixed =
        move_apply(arena, design->chip, &design->simulation->design, &moved);
    int budget = side_of(mask, MIX_BUDGET);
    if (mixtures->hold != HOLD_CHIP_SHAPE && (moved.count || budget != own)) {
        double scale;
        if (!find_scale(mixtures, design, &mixed, trace, mixtures->sides[budget].budget, &scale,
                        err))
            return false;
        move_scale(arena, design->chip, scale, &moved);
        mixed = move_apply(arena, design->chip, &design->simulation->design, &moved);
    }
    return mixture_run(mixtures, &mixed, trace, run, err);
}
