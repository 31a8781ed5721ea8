#include "sim/study/gain_simulated.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/study/gain_attribution.h"
#include "sim/study/gain_energy.h"
#include "sim/study/gain_mixture.h"
#include "sim/study/gain_notes.h"
#include "sim/study/gain_remap.h"
#include "sim/study/gain_sample.h"

/* Owen groups: process; memory; what there is to build with; what is computed; the design. */
static const struct {
    enum gain_group group;
    int owen;
    const char *name;
} FACTORS[MIX_INGREDIENTS] = {
    {GAIN_TECHNOLOGY, 0, "process"},
    {GAIN_MEMORY, 1, "memory technology"},
    {GAIN_BUDGET, 2, "budget"},
    {GAIN_COUNT, 2, "chips"},
    {GAIN_FORMAT, 3, "number format"},
    {GAIN_CLOCK, 4, "clock over device speed"},
    {GAIN_ARCHITECTURE, 4, "architecture"},
    {GAIN_WORKLOAD, 3, "workload"},
};

/* The factors in play and every mixture of them. */
struct game {
    struct mixtures *mixtures;
    enum ingredient ingredients[MIX_INGREDIENTS];
    int groups[MIX_INGREDIENTS];
    int count;
    struct mixture_run *runs; /* one a mask over the factors in play */
};

/* The mask over all ingredients; those that do not differ follow the architecture, which takes
 * everything else with it. */
static uint32_t whole_mask(const struct game *game, uint32_t mask)
{
    bool is_new_design = false;
    uint32_t whole = 0, played = 0;
    for (int i = 0; i < game->count; i++) {
        played |= 1U << game->ingredients[i];
        whole |= (mask >> i & 1) << game->ingredients[i];
        is_new_design =
            is_new_design || (game->ingredients[i] == MIX_ARCHITECTURE && (mask >> i & 1));
    }
    for (int i = 0; i < MIX_INGREDIENTS; i++)
        if (!(played >> i & 1) && is_new_design)
            whole |= 1U << i;
    return whole;
}

static bool play(struct game *game, struct arena *arena, struct error *err)
{
    for (int i = 0; i < MIX_INGREDIENTS; i++)
        if (mixtures_differ(game->mixtures, (enum ingredient)i)) {
            game->groups[game->count] = FACTORS[i].owen;
            game->ingredients[game->count++] = (enum ingredient)i;
        }
    size_t masks = (size_t)1 << game->count;
    game->runs = arena_array(arena, masks, sizeof *game->runs);
    for (uint32_t mask = 0; mask < masks; mask++)
        if (!mixture_at(game->mixtures, whole_mask(game, mask), &game->runs[mask], err))
            return false;
    return true;
}

/* Which side of an ingredient a mixture takes; those out of play go with the architecture. */
static int side_in(uint32_t whole, enum ingredient ingredient)
{
    return (int)(whole >> ingredient & 1);
}

/* Log throughput of a mixture when the ratio of device speeds is exp(shift) of what was taken.
 * A clock derived from another process's is as uncertain as that ratio: the run waits for
 * memory as long as before and does everything else in proportion. */
static double log_rate(const struct game *game, uint32_t mask, double shift)
{
    const struct mixtures *mixtures = game->mixtures;
    uint32_t whole = whole_mask(game, mask);
    int clock = side_in(whole, MIX_CLOCK), place = side_in(whole, MIX_PROCESS);
    const struct mixture_run *run = &game->runs[mask];
    double seconds = run->seconds;
    if (clock != place)
        seconds = (run->seconds - run->memory_seconds) * exp(place ? -shift : shift) +
                  run->memory_seconds;
    return log(mixtures->sides[side_in(whole, MIX_COUNT)].simulation->count / seconds);
}

static void attribute(const struct game *game, double shift, struct attribution *attribution)
{
    double logs[1 << MIX_INGREDIENTS];
    for (uint32_t mask = 0; mask < 1U << game->count; mask++)
        logs[mask] = log_rate(game, mask, shift);
    attribution_of(logs, game->count, game->groups, attribution);
}

/* Deviation of the log of the ratio of device speeds. */
static double speed_sigma(const struct mixtures *mixtures)
{
    if (!mixtures_differ(mixtures, MIX_PROCESS))
        return 0;
    return hypot(mixtures->sides[0].delay_sigma, mixtures->sides[1].delay_sigma);
}

static const char *sources_of(const struct mixtures *mixtures, enum ingredient ingredient)
{
    const struct mixture_side *a = &mixtures->sides[0], *b = &mixtures->sides[1];
    struct arena *arena = mixtures->arena;
    if (ingredient == MIX_PROCESS)
        return arena_format(arena, "%s and %s, gate delay %.3g to %.3g", a->chip->process,
                            b->chip->process, a->delay, b->delay);
    if (ingredient == MIX_BUDGET)
        return arena_format(arena, "%s %.4g to %.4g", MOVE_HOLD_NAMES[mixtures->hold],
                            a->budget, b->budget);
    if (ingredient == MIX_WORKLOAD)
        return arena_format(arena, "%s; %s", a->simulation->trace.label,
                            b->simulation->trace.label);
    return arena_format(arena, "%s; %s", a->simulation->design.chip,
                        b->simulation->design.chip);
}

static int by_size(const void *left, const void *right)
{
    const struct gain_interaction *l = left, *r = right;
    double a = fabs(log(l->value)), b = fabs(log(r->value));
    return a < b ? 1 : a > b ? -1 : 0;
}

static void list_interactions(const struct game *game, const struct attribution *attribution,
                              struct arena *arena, struct gain_report *report)
{
    size_t room = (size_t)(game->count * game->count);
    report->interactions = arena_array(arena, room + 1, sizeof *report->interactions);
    for (int i = 0; i < game->count; i++)
        for (int j = i + 1; j < game->count; j++)
            report->interactions[report->interaction_count++] = (struct gain_interaction){
                FACTORS[game->ingredients[i]].name, FACTORS[game->ingredients[j]].name,
                exp(attribution->interaction[i][j])};
    qsort(report->interactions, report->interaction_count, sizeof *report->interactions,
          by_size);
}

/* The counterfactual entry, with the spread of the device speeds drawn. */
static void fill_level(const struct game *game, const struct gain_options *options,
                       struct arena *arena, struct gain_report *report)
{
    struct gain_level *level = &report->levels[report->level_count++];
    struct attribution centre;
    int count = game->count;
    double sigma = speed_sigma(game->mixtures);
    *level = (struct gain_level){.kind = GAIN_COUNTERFACTUAL,
                                 .lens = LENS_NONE,
                                 .normaliser = report->rule,
                                 .factor_count = (size_t)count,
                                 .probability_above_one = NAN,
                                 .active_a = NAN,
                                 .active_b = NAN};
    level->factors = arena_array(arena, (size_t)count + 1, sizeof *level->factors);
    if (count == 0) { /* the same design on the same trace */
        level->factor_count = 1;
        level->factors[0] = (struct gain_factor){
            GAIN_ARCHITECTURE, "architecture", 1, 1, 1, 1, 1, "one design on one trace"};
        level->probability_above_one = 0.5;
        return;
    }
    attribute(game, 0, &centre);
    list_interactions(game, &centre, arena, report);
    /* Mixtures double with every factor; the quantiles of one figure need no more draws. */
    uint32_t draws = sigma > 0 ? options->draws < 20000 ? options->draws : 20000 : 1;
    struct gain_model *noise = arena_alloc(arena, sizeof *noise);
    struct gain_sample sample;
    gain_model_figure(noise, "ratio of device speeds", 1, "");
    gain_sample_draw(&sample, noise, arena, options->seed, draws);
    double *logs = arena_array(arena, (size_t)count * draws, sizeof *logs);
    for (uint32_t d = 0; d < draws; d++) {
        struct attribution drawn;
        attribute(game, sigma > 0 ? sigma * sample.deviates[d] : 0, &drawn);
        for (int i = 0; i < count; i++)
            logs[(size_t)i * draws + d] = drawn.value[i];
    }
    for (int i = 0; i < count; i++) {
        enum ingredient ingredient = game->ingredients[i];
        struct gain_interval interval = gain_interval_of(logs + (size_t)i * draws, draws);
        level->factors[i] = (struct gain_factor){FACTORS[ingredient].group,
                                                 FACTORS[ingredient].name,
                                                 exp(centre.value[i]),
                                                 exp(fmin(interval.low, centre.value[i])),
                                                 exp(fmax(interval.high, centre.value[i])),
                                                 exp(centre.lowest[i]),
                                                 exp(centre.highest[i]),
                                                 sources_of(game->mixtures, ingredient)};
        level->probability_above_one = interval.above_zero;
    }
}

/* Cards for the other two levels: what a datasheet of the simulated chip would say. */
static bool make_card(struct mixtures *mixtures, int side, struct gain_card *card,
                      struct run_result *result, struct error *err)
{
    struct arena *arena = mixtures->arena;
    const struct gain_simulation *simulation = mixtures->sides[side].simulation;
    struct run_request request = {.chip = simulation->design.chip,
                                  .trace = simulation->trace.path,
                                  .sets = simulation->design.sets,
                                  .set_count = simulation->design.set_count,
                                  .keep = RUN_KEEP_NONE};
    if (!study_run(arena, &request, result, err))
        return false;
    gain_card_init(card, simulation->name);
    const struct chip *chip = result->chip;
    const struct chip_memory *memory = chip_main_memory(chip);
    double hertz = ratio_value(chip->main_clock.hz);
    double bytes = (double)(result->totals.dram_read_bytes + result->totals.dram_write_bytes);
    card->metric = "simulated runs per second";
    card->result =
        arena_format(arena, "simulated/%s/%s", simulation->name, simulation->trace.label);
    card->chips = simulation->count;
    card->performance = simulation->count / result->seconds;
    card->performance_sigma = 0;
    card->work = card->scaling = card->scaling_plain = card->software = 1;
    card->intensity = bytes > 0 ? 2 * (double)result->totals.macs / bytes : NAN;
    card->source = arena_format(arena, "simulated on %s", simulation->trace.label);
    card->has_chip = true;
    card->chip.key = arena_format(arena, "simulated %s", simulation->name);
    card->chip.name = simulation->name;
    card->chip.process = chip->process;
    card->chip.format = mixtures->sides[side].native;
    card->chip.power_kind = "simulated average, measured on the trace";
    card->chip.area_kind = "exact";
    card->chip.source = simulation->design.chip;
    card->chip.transistors = result->bill.transistors;
    card->chip.area_mm2 = result->bill.is_area_known ? bill_area_mm2(&result->bill) : NAN;
    card->chip.clock_hz = hertz;
    card->chip.power_w = result->bill.is_energy_known ? result->bill.power_w : NAN;
    card->chip.bandwidth_bytes_per_s = memory ? ratio_value(memory->bandwidth) : NAN;
    if (!(card->chip.bandwidth_bytes_per_s > 0))
        card->chip.bandwidth_bytes_per_s = NAN;
    card->chip.peak_i8 = card->chip.peak_f16 = card->chip.peak_f32 =
        2 * result->totals.contraction_peak * hertz;
    return true;
}

/* Re-mapping as an interaction of its own: what a design that moves gains by being mapped anew.
 */
static bool try_remap(struct mixtures *mixtures, struct arena *arena,
                      struct gain_report *report, struct error *err)
{
    double value;
    const char *why = "";
    if (!gain_remap(mixtures, arena, &value, &why, err))
        return false;
    if (isnan(value)) {
        gain_note(report,
                  arena_format(arena, "mapping held and anew were not compared: %s", why));
        return true;
    }
    report->interactions[report->interaction_count++] =
        (struct gain_interaction){"process and memory", "re-mapping", value};
    qsort(report->interactions, report->interaction_count, sizeof *report->interactions,
          by_size);
    return true;
}

static bool try_twin(struct mixtures *mixtures, const struct study_trace *twin,
                     struct gain_report *report, struct error *err)
{
    struct mixture_run trace[2], other[2];
    for (int i = 0; i < 2; i++) {
        const struct gain_simulation *s = mixtures->sides[i].simulation;
        if (!mixture_run(mixtures, &s->design, mixtures->sides[0].simulation->trace.path,
                         &trace[i], err) ||
            !mixture_run(mixtures, &s->design, twin->path, &other[i], err))
            return false;
    }
    double gain = trace[0].seconds / trace[1].seconds,
           twin_gain = other[0].seconds / other[1].seconds;
    struct arena *arena = mixtures->arena;
    gain_note(report, arena_format(arena,
                                   "on the twin %s the gain per chip is %.3fx, on the trace "
                                   "%.3fx: architecture x workload %.3fx",
                                   twin->label, twin_gain, gain, gain / twin_gain));
    if (fabs(log(gain / twin_gain)) > log(1.1))
        gain_note(report,
                  "the chip was tuned to its benchmark, or the benchmark to the chip: the "
                  "gain depends by more than 10 % on which of two like workloads is run");
    return true;
}

bool gain_simulated(struct arena *arena, const struct gain_facts *facts,
                    const struct gain_simulation *a, const struct gain_simulation *b,
                    const struct gain_simulated_options *options, struct gain_report *report,
                    struct error *err)
{
    struct mixtures mixtures;
    struct game game = {.mixtures = &mixtures};
    struct gain_card cards[2];
    struct run_result results[2];
    if (!mixtures_init(&mixtures, arena, facts, a, b, options->hold, options->may_hold_shape,
                       err))
        return false;
    for (int i = 0; i < 2; i++)
        if (!make_card(&mixtures, i, &cards[i], &results[i], err))
            return false;
    /* One intensity for both sides: bandwidth is technology, reuse is architecture. */
    cards[0].intensity = cards[1].intensity = sqrt(cards[0].intensity * cards[1].intensity);
    if (!play(&game, arena, err) ||
        !gain_measured(arena, facts, &cards[0], &cards[1], &options->common, report, err))
        return false;
    while (report->level_count &&
           report->levels[report->level_count - 1].kind == GAIN_COUNTERFACTUAL)
        report->level_count--;
    report->rule = arena_format(arena, "designs move between processes holding their %s",
                                MOVE_HOLD_NAMES[mixtures.hold]);
    if (mixtures.hold != options->hold)
        gain_note(report, arena_format(arena, "the %s of a chip is not known, so shape is held",
                                       MOVE_HOLD_NAMES[options->hold]));
    for (int i = 0; i < 2; i++)
        if (mixtures.sides[i].unknown)
            gain_note(report, arena_format(arena,
                                           "the area that %s holds leaves out %s, whose own "
                                           "has no source",
                                           mixtures.sides[i].simulation->name,
                                           mixtures.sides[i].unknown));
    fill_level(&game, &options->common, arena, report);
    if (game.count && !try_remap(&mixtures, arena, report, err))
        return false;
    report->runs = mixtures.simulated;
    gain_split_energy(&results[0], &results[1], arena, report);
    if (options->twin.path && !try_twin(&mixtures, &options->twin, report, err))
        return false;
    return true;
}
