#include "sim/study/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arch/memory/sram_buffer.h"
#include "sim/study/run_keep.h"

enum { THROTTLE_PASSES = 200 };

struct collector {
    struct play_observer observer; /* first */
    struct arena *arena;
    struct run_result *result;
    const struct run_request *request;
    const struct chip *chip;
    bool is_converted;
};

enum reason_class account_bound(const struct cycle_account *account)
{
    enum reason_class best = CLASS_WORK;
    for (int class = 0; class < CLASS_COUNT; class ++)
        if (cycle_account_class(account, (enum reason_class) class) >
            cycle_account_class(account, best))
            best = (enum reason_class) class;
    return best;
}

static bool has_all_tables(const struct chip *chip)
{
    return strcmp(chip->tables, "all") == 0;
}

static struct price_options price_options_of(const struct chip *chip)
{
    struct price_options price = price_options_default(chip->main_clock.hz);
    price.scope = strcmp(chip->scope, "system") == 0 ? SCOPE_SYSTEM : SCOPE_CHIP;
    return price;
}

static void set_energy(const struct run_result *result, struct run_operator *operator)
{
    operator->energy_j =
        attojoules_in_joules(price_dynamic(result->prices, &operator->record.ledger) +
                             price_static(result->prices, operator->record.cycles));
}

static void warn(struct arena *arena, struct run_result *result, const char *text)
{
    result->warnings = arena_grow(arena, result->warnings, result->warning_count,
                                  result->warning_count + 1, sizeof *result->warnings);
    result->warnings[result->warning_count++] = text;
}

static void take_operator(struct play_observer *observer, const struct operator_record *record)
{
    struct collector *collector = (struct collector *)observer;
    struct run_result *result = collector->result;
    const struct run_request *request = collector->request;
    collector->is_converted = collector->is_converted || record->is_converted;
    result->busy_cycles += record->cycles;
    result->idle_operators += record->cycles == 0;
    cycle_account_add(&result->lost, &record->account);
    double work = record->macs ? (double)record->macs : (double)record->ops;
    double possible = (double)record->cycles * record->peak_per_cycle;
    struct run_operator operator= {.record = *record,
                                   .bound = account_bound(&record->account),
                                   .utilization = possible > 0 ? work / possible : 0,
                                   .seconds = (double)record->cycles /
                                              ratio_value(collector->chip->main_clock.hz)};
    set_energy(result, &operator);
    if (request->progress)
        progress_step(request->progress, 1);
    if (request->operator)
        request->operator(request->context, result, &operator);
    run_keep(collector->arena, result, request->keep, &operator);
}

static void take_placed(struct play_observer *observer, const struct place_record *record)
{
    const struct run_request *request = ((struct collector *)observer)->request;
    request->placed(request->context, record);
}

static void take_span(struct play_observer *observer, const char *track, const char *name,
                      uint64_t start, uint64_t end)
{
    struct collector *collector = (struct collector *)observer;
    collector->request->span(collector->request->context, track, name,
                             timebase_seconds(&collector->chip->timebase, start),
                             timebase_seconds(&collector->chip->timebase, end));
}

/* The process and one price per meter; what each operator costs follows from them. */
static bool prepare_prices(struct arena *arena, struct run_result *result, const char *name,
                           struct error *err)
{
    const struct chip *chip = result->chip;
    /* "all": priced by the default table, and shown under every other one. */
    struct process_options options = {has_all_tables(chip) ? "" : chip->tables,
                                      chip->may_extrapolate};
    struct process *process;
    if (!process_load(arena, name, &options, NULL, &process, err))
        return false;
    struct price_options price = price_options_of(chip);
    struct price_list *list;
    if (!price_list_make(arena, &chip->inventory, process, &price, &list, err))
        return false;
    result->process = process;
    result->prices = list;
    return true;
}

static bool price_totals(struct arena *arena, struct run_result *result, struct error *err)
{
    const struct chip *chip = result->chip;
    const struct play_totals *totals = &result->totals;
    price_bill(result->prices, &totals->ledger, totals->cycles, arena, &result->bill);
    result->swap_count = 0;
    struct price_options price = price_options_of(chip);
    if (has_all_tables(chip) &&
        !price_swap_tables(arena, &chip->inventory, &totals->ledger, totals->cycles,
                           result->process, &price, &result->swaps, &result->swap_count, err))
        return false;
    result->power = price_check_power(&result->bill, chip->cap_watts);
    return true;
}

bool run_price(struct arena *arena, struct run_result *result, const char *name,
               struct error *err)
{
    if (!prepare_prices(arena, result, name, err))
        return false;
    for (size_t i = 0; i < result->operator_count; i++)
        set_energy(result, &result->operators[i]);
    return price_totals(arena, result, err);
}

attojoules run_component_energy(const struct run_result *result, size_t component)
{
    const struct static_price *price = &result->prices->statics[component];
    attojoules each = (attojoules)price->leakage + price->clock + price->interface;
    return result->bill.components[component].dynamic + each * result->busy_cycles;
}

attojoules run_idle_energy(const struct run_result *result)
{
    attojoules sum = 0;
    for (size_t i = 0; i < result->bill.component_count; i++)
        sum += run_component_energy(result, i);
    return result->bill.energy > sum ? result->bill.energy - sum : 0;
}

/* Register files that nobody would build as such. */
static void warn_register_files(struct arena *arena, struct run_result *result)
{
    const struct inventory *inventory = &result->chip->inventory;
    for (size_t i = 0; i < inventory->part_count; i++) {
        const struct part *part = &inventory->parts[i];
        if (part->kind != PART_REGISTER_FILE)
            continue;
        const char *owner = arena_format(arena, "part '%s'", part->name);
        const char *text = sram_register_file_warning(arena, owner, part->bytes);
        if (text)
            warn(arena, result, text);
    }
}

void run_gather_warnings(struct arena *arena, struct run_result *result, bool is_converted)
{
    const struct chip *chip = result->chip;
    if (is_converted) {
        char format[16];
        number_format_name(chip->stored_float, format);
        warn(arena, result,
             arena_format(arena,
                          "floats are converted to %s, the chip's native format "
                          "(--precision traced keeps them)",
                          format));
    }
    if (result->fallback_share > 0)
        warn(arena, result,
             arena_format(arena, "%.1f %% of cycles ran on %s, the unit of last resort",
                          100 * result->fallback_share,
                          chip->cores[chip->last_resort].core.name));
    if (result->is_throttled)
        warn(arena, result,
             arena_format(arena, "clocks run at %.2f of theirs to keep average power at %.3g W",
                          ratio_value(chip->clock_factor), chip->cap_watts));
    else if (chip->cap_watts > 0 && result->power.excess_w > 0)
        warn(arena, result,
             arena_format(arena,
                          "average power of %.3g W exceeds the cap of %.3g W "
                          "(--cap throttle lowers the clocks)",
                          result->power.power_w, chip->cap_watts));
    warn_register_files(arena, result);
    for (const char *const *text = result->bill.warnings; *text; text++)
        warn(arena, result, *text);
}

static bool play(struct collector *collector, struct error *err)
{
    struct run_result *result = collector->result;
    struct trace_reader *trace = trace_open(collector->request->trace, err);
    if (!trace)
        return false;
    if (collector->request->progress)
        progress_start(collector->request->progress, trace_counts(trace)->operators);
    bool is_done = chip_play(result->chip, trace, collector->request->pins,
                             &collector->observer, collector->arena, &result->totals, err);
    trace_close(trace);
    return is_done;
}

/* Chip, play, price: one pass of a run. */
static bool run_once(struct arena *arena, const struct run_request *request,
                     struct run_result *result, bool *is_converted, struct error *err)
{
    *result = (struct run_result){.trace = request->trace};
    result->chip = chip_load(arena, request->chip, request->sets, request->set_count, err);
    if (!result->chip)
        return false;
    result->config_hash = config_hash(result->chip->config);
    if (result->chip->mapper_mode == MAPPER_FIXED && !request->pins)
        return error_set(err,
                         "%s: mapper.mode is fixed, but no mapping file is given (--mapping)",
                         result->chip->path);
    struct collector collector = {.observer = {.operator= take_operator,
                                               .placed = request->placed ? take_placed : NULL,
                                               .span = request->span ? take_span : NULL},
                                  .arena = arena,
                                  .result = result,
                                  .request = request,
                                  .chip = result->chip};
    if (request->restart)
        request->restart(request->context);
    if (!prepare_prices(arena, result, result->chip->process, err) || !play(&collector, err) ||
        !price_totals(arena, result, err))
        return false;
    run_keep_order(result);
    *is_converted = collector.is_converted;
    return true;
}

/* Lowers all clocks until average power meets the cap. Slower clocks also spread memory energy
 * over more time, so that the first estimate is a little low; a second pass settles it. */
static bool throttle(struct arena *arena, const struct run_request *request,
                     struct run_result *result, bool *is_converted, struct error *err)
{
    double factor = ratio_value(result->chip->clock_factor);
    for (int pass = 0; pass < THROTTLE_PASSES && result->power.excess_w > 0; pass++) {
        /* Factors have four decimals; always down, and at least by one step. */
        double step = fmin(result->power.clock_factor, 0.97);
        factor = floor(factor * step * 10000 - 0.5) / 10000;
        if (factor < 0.01)
            break;
        const char **sets = arena_array(arena, request->set_count + 1, sizeof *sets);
        if (request->set_count)
            memcpy(sets, request->sets, request->set_count * sizeof *sets);
        sets[request->set_count] = arena_format(arena, "clock_factor=%.4f", factor);
        struct run_request slower = *request;
        slower.sets = sets;
        slower.set_count++;
        if (!run_once(arena, &slower, result, is_converted, err))
            return false;
        result->is_throttled = true;
    }
    if (result->power.excess_w > 0)
        return error_set(err,
                         "%s: average power is still %.3g W at %.2f of the clocks; the cap of "
                         "%.3g W cannot be met",
                         result->chip->path, result->power.power_w,
                         ratio_value(result->chip->clock_factor), result->chip->cap_watts);
    return true;
}

bool study_run(struct arena *arena, const struct run_request *request,
               struct run_result *result, struct error *err)
{
    bool is_converted = false;
    if (!run_once(arena, request, result, &is_converted, err))
        return false;
    if (result->chip->cap_watts > 0 && strcmp(result->chip->cap_policy, "throttle") == 0 &&
        !throttle(arena, request, result, &is_converted, err))
        return false;
    const struct play_totals *totals = &result->totals;
    if (result->busy_cycles > totals->cycles)
        result->busy_cycles = totals->cycles;
    result->seconds = timebase_seconds(&result->chip->timebase, totals->time);
    double possible = (double)totals->cycles * totals->contraction_peak;
    result->utilization = possible > 0 ? (double)totals->contraction_macs / possible : 0;
    result->fallback_share =
        totals->cycles ? (double)totals->fallback_cycles / (double)totals->cycles : 0;
    result->defaults = config_paths(result->chip->config, ORIGIN_DEFAULT);
    result->inactive = config_inactive_paths(result->chip->config);
    run_gather_warnings(arena, result, is_converted);
    return true;
}
