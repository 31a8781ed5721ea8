#include "sim/study/compare.h"

#include <math.h>
#include <string.h>

#include "sim/study/run.h"

struct iso_text {
    const char *process;
    double area_m2, power_w, bandwidth;
};

#define ISO(field) offsetof(struct iso_text, field)
static const struct param ISO_PARAMS[] = {
    {"process", PARAM_TEXT, UNIT_NONE, ISO(process), "", 0, 0, NULL, "process of all chips"},
    {"area", PARAM_REAL, UNIT_SQUARE_METRE, ISO(area_m2), "0 mm2", 1e-9, 1, NULL,
     "die area of all chips"},
    {"power", PARAM_REAL, UNIT_WATT, ISO(power_w), "0 W", 1e-6, 1e6, NULL,
     "average power of all chips"},
    {"bandwidth", PARAM_REAL, UNIT_BYTE_PER_SECOND, ISO(bandwidth), "0 B/s", 1, 1e18, NULL,
     "bandwidth of all main memories"},
    {0}};

bool compare_read_iso(struct arena *arena, const char *text, struct compare_iso *iso,
                      struct error *err)
{
    struct iso_text read = {0};
    char *copy = arena_copy_text(arena, text), *rest = NULL;
    *iso = (struct compare_iso){0};
    for (char *item = strtok_r(copy, ",", &rest); item; item = strtok_r(NULL, ",", &rest)) {
        char *equals = strchr(item, '=');
        const char *value = equals ? equals + 1 : "";
        if (equals)
            *equals = '\0';
        const struct param *row = ISO_PARAMS;
        while (row->key && strcmp(row->key, item) != 0)
            row++;
        if (!row->key || !*value)
            return error_set(err, "--iso: '%s' %s", item,
                             row->key ? "has no value, wanted such as area=100 mm2"
                                      : "is none of process, area, power, bandwidth");
        if (!param_read(row, value, &read, arena, "--iso: ", err))
            return false;
        if (strcmp(item, "bandwidth") == 0)
            iso->bandwidth = value;
    }
    iso->process = read.process;
    iso->area_mm2 = read.area_m2 * 1e6;
    iso->power_w = read.power_w;
    return true;
}

/* One design on its way to the common budget. */
struct fitting {
    struct arena *arena;
    struct mixtures *runs; /* the cache of runs */
    struct chip *chip;
    struct chip_design own, moved;
    const struct compare_iso *iso;
    const char *trace;
    struct compare_row *row;
};

static struct chip_design with_clock(struct fitting *fitting, const struct chip *chip,
                                     double factor)
{
    struct move_sets sets = {0};
    move_process(fitting->arena, chip, chip->process, factor, &sets);
    return move_apply(fitting->arena, chip, &fitting->moved, &sets);
}

static struct chip *load(struct fitting *fitting, struct error *err)
{
    return chip_load(fitting->arena, fitting->moved.chip, fitting->moved.sets,
                     fitting->moved.set_count, err);
}

static void say(struct fitting *fitting, const char *what)
{
    struct compare_row *row = fitting->row;
    row->rule = *row->rule ? arena_format(fitting->arena, "%s; %s", row->rule, what) : what;
}

static bool fit_process(struct fitting *fitting, const struct gain_facts *facts,
                        struct error *err)
{
    const char *process = fitting->iso->process;
    double from, to, sigma;
    struct move_sets sets = {0};
    if (!process || strcmp(process, fitting->chip->process) == 0)
        return true;
    if (!gain_gate_delay(fitting->arena, facts, fitting->chip->process, &from, &sigma, err) ||
        !gain_gate_delay(fitting->arena, facts, process, &to, &sigma, err))
        return false;
    move_process(fitting->arena, fitting->chip, process, from / to, &sets);
    fitting->moved = move_apply(fitting->arena, fitting->chip, &fitting->own, &sets);
    fitting->row->clock_factor *= from / to;
    say(fitting, arena_format(fitting->arena, "%s to %s, clocks x %.3g", fitting->chip->process,
                              process, from / to));
    return true;
}

static bool fit_bandwidth(struct fitting *fitting, struct error *err)
{
    const char *bandwidth = fitting->iso->bandwidth;
    struct chip *chip = bandwidth ? load(fitting, err) : NULL;
    if (!bandwidth)
        return true;
    if (!chip)
        return false;
    const struct chip_memory *memory = chip_main_memory(chip);
    if (!memory) {
        say(fitting, "no main memory whose bandwidth could be set");
        return true;
    }
    struct move_sets sets = {0};
    move_add(fitting->arena, &sets,
             arena_format(fitting->arena, "memory.%s.bandwidth=%s", memory->name, bandwidth));
    fitting->moved = move_apply(fitting->arena, chip, &fitting->moved, &sets);
    say(fitting, arena_format(fitting->arena, "bandwidth %s", bandwidth));
    return true;
}

struct power_measure {
    struct move_measure measure;
    struct fitting *fitting;
};

static bool measure_power(struct move_measure *measure, struct arena *arena,
                          const struct chip_design *design, double *value, struct error *err)
{
    struct fitting *fitting = ((struct power_measure *)measure)->fitting;
    struct mixture_run run;
    (void)arena;
    if (!mixture_run(fitting->runs, design, fitting->trace, &run, err))
        return false;
    *value = run.power_w;
    return true;
}

static bool fit_scale(struct fitting *fitting, enum move_hold hold, double wanted,
                      struct error *err)
{
    struct power_measure power = {{measure_power}, fitting};
    struct chip *chip = load(fitting, err);
    struct move_sets sets = {0};
    if (!chip || !move_find_scale(chip, &fitting->moved, hold, wanted,
                                  hold == HOLD_CHIP_POWER ? &power.measure : NULL,
                                  &fitting->runs->tables, &fitting->row->scale, err))
        return false;
    move_scale(fitting->arena, chip, fitting->row->scale, &sets);
    fitting->moved = move_apply(fitting->arena, chip, &fitting->moved, &sets);
    struct chip_size size = {NAN, NAN, NULL};
    if (hold == HOLD_CHIP_AREA &&
        !chip_measure(fitting->arena, &fitting->moved, &fitting->runs->tables, &size, err))
        return false;
    say(fitting, arena_format(fitting->arena, "arrays and buffers x %.3g for equal %s%s%s",
                              fitting->row->scale, MOVE_HOLD_NAMES[hold],
                              size.unknown ? ", without the unknown area of " : "",
                              size.unknown ? size.unknown : ""));
    return true;
}

/* Clocks fall until the power on the first trace meets the limit. */
static bool fit_clock(struct fitting *fitting, struct error *err)
{
    struct chip *chip = load(fitting, err);
    double low = 0, high = 1, factor = 1;
    if (!chip)
        return false;
    for (int step = 0; step < 12; step++) {
        struct chip_design design = with_clock(fitting, chip, factor);
        struct mixture_run run;
        if (!mixture_run(fitting->runs, &design, fitting->trace, &run, err))
            return false;
        if (!(run.power_w > 0))
            return error_set(err, "%s: its power is not known, so it cannot be limited",
                             fitting->own.chip);
        bool is_within = run.power_w <= fitting->iso->power_w * 1.001;
        if (is_within && (factor == 1 || run.power_w > fitting->iso->power_w * 0.99))
            break;
        if (is_within)
            low = factor;
        else
            high = factor;
        factor = (low + high) / 2;
        if (high < 0.01)
            return error_set(err,
                             "%s: draws more than %g W at any clock: what it draws standing "
                             "still exceeds the limit",
                             fitting->own.chip, fitting->iso->power_w);
    }
    if (factor < 1) {
        fitting->moved = with_clock(fitting, chip, factor);
        fitting->row->clock_factor *= factor;
        say(fitting, arena_format(fitting->arena, "clocks x %.3g for %g W", factor,
                                  fitting->iso->power_w));
    }
    return true;
}

static bool fill_cells(struct fitting *fitting, const struct study_trace *traces, size_t count,
                       struct error *err)
{
    struct compare_row *row = fitting->row;
    row->cells = arena_array(fitting->arena, count, sizeof *row->cells);
    for (size_t i = 0; i < count; i++) {
        struct arena scratch = {0};
        struct run_result result;
        struct run_request request = {.chip = fitting->moved.chip,
                                      .trace = traces[i].path,
                                      .sets = fitting->moved.sets,
                                      .set_count = fitting->moved.set_count,
                                      .keep = RUN_KEEP_NONE};
        bool is_good = study_run(&scratch, &request, &result, err);
        if (is_good) {
            bool is_known = result.bill.is_energy_known;
            row->cells[i] = (struct compare_cell){
                .cycles = result.totals.cycles,
                .macs = result.totals.macs,
                .seconds = result.seconds,
                .energy_j = is_known ? attojoules_in_joules(result.bill.energy) : NAN,
                .power_w = is_known ? result.bill.power_w : NAN,
                .utilization = result.utilization,
                .fallback_share = result.fallback_share};
            row->process = arena_copy_text(fitting->arena, result.chip->process);
            row->clock_hz = ratio_value(result.chip->main_clock.hz);
            row->area_mm2 = result.bill.is_area_known ? bill_area_mm2(&result.bill) : NAN;
            row->transistors = result.bill.transistors;
        }
        arena_free(&scratch);
        if (!is_good)
            return false;
    }
    return true;
}

static void fill_speeds(struct comparison *comparison)
{
    for (size_t r = 0; r < comparison->row_count; r++) {
        double logs = 0;
        for (size_t i = 0; i < comparison->trace_count; i++) {
            struct compare_cell *cell = &comparison->rows[r].cells[i];
            cell->speed = comparison->rows[0].cells[i].seconds / cell->seconds;
            logs += log(cell->speed);
        }
        comparison->rows[r].speed = exp(logs / (double)comparison->trace_count);
    }
}

bool compare_chips(struct arena *arena, const struct gain_facts *facts,
                   const char *const *chips, size_t chip_count,
                   const struct study_trace *traces, size_t trace_count,
                   const struct compare_iso *iso, struct comparison *comparison,
                   struct error *err)
{
    *comparison = (struct comparison){.traces = traces, .trace_count = trace_count};
    comparison->rows = arena_array(arena, chip_count, sizeof *comparison->rows);
    struct mixtures runs = {.arena = arena, .facts = facts};
    if (!technology_tables_load(arena, &runs.tables, err))
        return false;
    for (size_t i = 0; i < chip_count; i++) {
        struct compare_row *row = &comparison->rows[comparison->row_count++];
        *row =
            (struct compare_row){.chip = chips[i], .rule = "", .scale = 1, .clock_factor = 1};
        struct chip_design own = {chips[i], NULL, 0};
        struct fitting fitting = {.arena = arena,
                                  .runs = &runs,
                                  .own = own,
                                  .moved = own,
                                  .iso = iso,
                                  .trace = traces[0].path,
                                  .row = row};
        fitting.chip = chip_load(arena, chips[i], NULL, 0, err);
        if (!fitting.chip || !fit_process(&fitting, facts, err) ||
            !fit_bandwidth(&fitting, err) ||
            (iso->area_mm2 > 0 && !fit_scale(&fitting, HOLD_CHIP_AREA, iso->area_mm2, err)))
            return false;
        if (iso->power_w > 0 &&
            !(iso->area_mm2 > 0 ? fit_clock(&fitting, err)
                                : fit_scale(&fitting, HOLD_CHIP_POWER, iso->power_w, err)))
            return false;
        if (!*row->rule)
            row->rule = "as it is";
        if (!fill_cells(&fitting, traces, trace_count, err))
            return false;
    }
    fill_speeds(comparison);
    return true;
}
