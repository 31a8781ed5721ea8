#include "sim/study/gain.h"

#include <math.h>
#include <string.h>

#include "sim/study/gain_notes.h"
#include "sim/study/gain_sample.h"

const char *gain_group_name(enum gain_group group)
{
    static const char *const NAMES[GAIN_GROUP_COUNT] = {
        "count",  "scaling",      "work",     "format", "clock",    "budget",     "technology",
        "memory", "architecture", "software", "stack",  "workload", "unexplained"};
    return NAMES[group];
}

const char *gain_level_name(enum gain_level_kind kind)
{
    static const char *const NAMES[] = {"identity", "potential", "counterfactual"};
    return NAMES[kind];
}

const char *gain_lens_name(enum gain_lens lens)
{
    static const char *const NAMES[] = {"none", "iso-area", "iso-transistor", "iso-power",
                                        "iso-cost"};
    return NAMES[lens];
}

void gain_options_init(struct gain_options *options)
{
    *options = (struct gain_options){.seed = 1, .draws = 100000, .workload = ""};
    options->assume = (struct gain_assumptions){NAN, 0, false};
}

/* Every entry of a report, in the order printed. */
static const struct {
    enum gain_level_kind kind;
    enum gain_lens lens;
} ENTRIES[] = {
    {GAIN_IDENTITY, LENS_NONE},  {GAIN_IDENTITY, LENS_TRANSISTOR},
    {GAIN_IDENTITY, LENS_AREA},  {GAIN_IDENTITY, LENS_POWER},
    {GAIN_IDENTITY, LENS_COST},  {GAIN_POTENTIAL, LENS_TRANSISTOR},
    {GAIN_POTENTIAL, LENS_AREA}, {GAIN_POTENTIAL, LENS_POWER},
    {GAIN_POTENTIAL, LENS_COST}, {GAIN_COUNTERFACTUAL, LENS_NONE},
};

enum { ENTRY_COUNT = sizeof ENTRIES / sizeof ENTRIES[0] };

/* Two significant digits, as people write a running figure. */
static double two_digits(double value)
{
    double unit = pow(10, floor(log10(fabs(value))) - 1);
    return round(value / unit) * unit;
}

/* The article rounds what is left after every step. The last factor becomes its rounded figure;
 * what rounding moved is a factor of its own before it, so that the product stays. */
static void round_as_article(struct gain_level *level, double total)
{
    double left = two_digits(total), product = 1;
    size_t last = level->factor_count - 1;
    for (size_t i = 0; i < last; i++) {
        left /= level->factors[i].value;
        if (level->factors[i].value != 1)
            left = two_digits(left);
        product *= level->factors[i].value;
    }
    struct gain_factor *rest = &level->factors[last];
    level->factors[last + 1] = *rest;
    level->factors[last + 1].value = left;
    double moved = total / product / left;
    *rest = (struct gain_factor){GAIN_UNEXPLAINED,
                                 "rounding at every step, as the article does",
                                 moved,
                                 moved,
                                 moved,
                                 moved,
                                 moved,
                                 "--round article"};
    level->factor_count++;
}

static void fill_level(const struct gain_model *model, const struct gain_chain *chain,
                       const struct gain_sample *sample, const struct gain_options *options,
                       struct arena *arena, struct gain_level *level)
{
    const double z[FIGURE_MAX] = {0};
    double logs[FACTOR_MAX], lowest[FACTOR_MAX], highest[FACTOR_MAX];
    struct gain_interval intervals[FACTOR_MAX];
    gain_chain_draw(model, chain, z, logs);
    gain_chain_orders(model, chain, lowest, highest);
    gain_sample_chain(sample, model, chain, arena, intervals);
    level->kind = chain->kind;
    level->lens = chain->lens;
    level->normaliser = chain->normaliser;
    level->factor_count = chain->count;
    level->factors = arena_array(arena, chain->count + 1, sizeof *level->factors);
    for (size_t i = 0; i < chain->count; i++) {
        /* A published bound is an end of its own interval. */
        double low = fmin(intervals[i].low, logs[i]), high = fmax(intervals[i].high, logs[i]);
        level->factors[i] = (struct gain_factor){chain->slots[i].group,
                                                 chain->slots[i].name,
                                                 exp(logs[i]),
                                                 exp(low),
                                                 exp(high),
                                                 exp(lowest[i]),
                                                 exp(highest[i]),
                                                 chain->slots[i].sources};
    }
    level->probability_above_one = intervals[chain->count - 1].above_zero;
    level->active_a = gain_active_share(model, SIDE_A);
    level->active_b = gain_active_share(model, SIDE_B);
    if (options->rounds_as_article)
        round_as_article(level, exp(gain_model_total(model, z)));
}

static bool is_result(double performance)
{
    return performance > 0 && isfinite(performance);
}

bool gain_measured(struct arena *arena, const struct gain_facts *facts,
                   const struct gain_card *a, const struct gain_card *b,
                   const struct gain_options *options, struct gain_report *report,
                   struct error *err)
{
    memset(report, 0, sizeof *report);
    if (!is_result(a->performance) || !is_result(b->performance))
        return error_set(err, "card '%s' has no result to compare",
                         is_result(a->performance) ? b->name : a->name);
    if (strcmp(a->metric, b->metric) != 0)
        return error_set(err, "cards '%s' and '%s' do not compare: one counts %s, the other %s",
                         a->name, b->name, a->metric, b->metric);
    struct gain_model *model = arena_alloc(arena, sizeof *model);
    struct gain_sample sample;
    gain_model_build(model, arena, facts, a, b, &options->assume);
    report->a = a->name;
    report->b = b->name;
    report->metric = a->metric;
    report->workload = options->workload;
    report->levels = arena_array(arena, ENTRY_COUNT, sizeof *report->levels);
    report->notes = arena_array(arena, NOTE_MAX, sizeof *report->notes);
    report->assumptions = arena_array(arena, NOTE_MAX, sizeof *report->assumptions);
    gain_note_cards(model, arena, report);
    gain_sample_draw(&sample, model, arena, options->seed, options->draws);
    const double z[FIGURE_MAX] = {0};
    struct gain_interval total = gain_sample_total(&sample, model, arena);
    report->total = exp(gain_model_total(model, z));
    report->low = exp(total.low);
    report->high = exp(total.high);
    struct gain_chain *chains = arena_array(arena, ENTRY_COUNT, sizeof *chains);
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        struct gain_chain *chain = &chains[report->level_count];
        const char *missing;
        if (!gain_chain_plan(model, ENTRIES[i].kind, ENTRIES[i].lens, arena, chain, &missing)) {
            gain_note(report, arena_format(
                                  arena, "%s, %s: not computed, %s of both cards must be known",
                                  gain_level_name(ENTRIES[i].kind),
                                  gain_lens_name(ENTRIES[i].lens), missing));
            continue;
        }
        fill_level(model, chain, &sample, options, arena,
                   &report->levels[report->level_count++]);
    }
    return gain_note_assumptions(model, chains, report->level_count, arena, report, err);
}
