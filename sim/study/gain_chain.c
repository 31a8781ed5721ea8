/* The chains of factors: which slots an entry has, and what each is worth for a draw. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "sim/study/gain_attribution.h"
#include "sim/study/gain_potential.h"

enum { SWAP_PROCESS, SWAP_BUDGET, SWAP_POWER, SWAP_MEMORY, SWAP_COUNT };

static const char *const BUDGET_NAMES[] = {"transistors", "die area", "transistors", "power",
                                           "cost of a good die"};

static void add(struct gain_chain *chain, enum gain_slot_kind kind, enum gain_group group,
                const char *name, const char *sources)
{
    assert(chain->count < FACTOR_MAX);
    chain->slots[chain->count++] = (struct gain_slot){kind, group, name, sources};
}

static const char *both(struct arena *arena, const char *a, const char *b)
{
    return strcmp(a, b) == 0 || !*b ? a : arena_format(arena, "%s; %s", a, b);
}

static const char *result_sources(const struct gain_model *model, struct arena *arena)
{
    return both(arena, model->cards[SIDE_A]->source, model->cards[SIDE_B]->source);
}

static const char *chip_sources(const struct gain_model *model, struct arena *arena)
{
    return both(arena, model->cards[SIDE_A]->chip.source, model->cards[SIDE_B]->chip.source);
}

static const char *figure_sources(const struct gain_model *model, struct arena *arena, int a,
                                  int b)
{
    const char *left = a < 0 ? "" : model->figures[a].source;
    const char *right = b < 0 ? "" : model->figures[b].source;
    return *left ? both(arena, left, right) : right;
}

/* The factors that no lens touches. */
static void plan_common(const struct gain_model *model, struct arena *arena,
                        struct gain_chain *chain)
{
    const char *results = result_sources(model, arena);
    add(chain, SLOT_COUNT, GAIN_COUNT, "chips", results);
    if (model->has_scaling)
        add(chain, SLOT_SCALING, GAIN_SCALING,
            model->has_work ? "scaling efficiency"
                            : "scaling efficiency, extra work at scale included",
            both(arena, model->cards[SIDE_A]->reference, model->cards[SIDE_B]->reference));
    if (model->has_work)
        add(chain, SLOT_WORK, GAIN_WORK, "work to reach the target (epochs)", results);
    if (model->has_format || model->is_one_chip)
        add(chain, SLOT_FORMAT, GAIN_FORMAT, "number format (energy of a multiply-accumulate)",
            figure_sources(model, arena, model->sides[SIDE_A].mac.figure,
                           model->sides[SIDE_B].mac.figure));
}

/* On one chip everything that is left is what runs on it: another round's software, or in the
 * same round another stack. */
static void plan_software(const struct gain_model *model, struct arena *arena,
                          struct gain_chain *chain)
{
    const struct gain_card *a = model->cards[SIDE_A], *b = model->cards[SIDE_B];
    bool is_stack =
        *a->round && strcmp(a->round, b->round) == 0 && strcmp(a->result, b->result) != 0;
    if (model->is_one_chip)
        add(chain, SLOT_SOFTWARE, is_stack ? GAIN_STACK : GAIN_SOFTWARE,
            is_stack ? "stack: submitter, framework and board on one chip"
                     : "software on one chip",
            result_sources(model, arena));
    else if (model->has_software)
        add(chain, SLOT_SOFTWARE, GAIN_SOFTWARE, "software", "the cards");
}

static bool is_filled_in(const struct gain_model *model)
{
    return !model->is_one_chip && model->has_software && model->has_work && model->has_format &&
           model->has_scaling;
}

static void plan_identity(const struct gain_model *model, struct arena *arena,
                          struct gain_chain *chain)
{
    const struct gain_side *a = &model->sides[SIDE_A], *b = &model->sides[SIDE_B];
    const char *chips = chip_sources(model, arena);
    bool has_clock = !isnan(a->clock + b->clock) &&
                     (chain->lens == LENS_AREA || chain->lens == LENS_TRANSISTOR);
    if (chain->lens != LENS_NONE)
        add(chain, SLOT_BUDGET, GAIN_BUDGET, BUDGET_NAMES[chain->lens], chips);
    if (has_clock)
        add(chain, SLOT_CLOCK, GAIN_CLOCK, "clock", chips);
    if (model->is_one_chip)
        return;
    bool is_one_process = a->delay.log == b->delay.log && a->delay.figure == b->delay.figure;
    bool is_architecture = is_filled_in(model) && is_one_process;
    const char *name = chain->lens == LENS_NONE
                           ? "rate per chip at small scale"
                           : arena_format(arena, "rate per %s%s", BUDGET_NAMES[chain->lens],
                                          has_clock ? " and cycle" : "");
    add(chain, SLOT_REST, is_architecture ? GAIN_ARCHITECTURE : GAIN_UNEXPLAINED, name,
        "what is left of the total");
    chain->normaliser = name;
}

static void plan_potential(const struct gain_model *model, struct arena *arena,
                           struct gain_chain *chain)
{
    const struct gain_side *a = &model->sides[SIDE_A], *b = &model->sides[SIDE_B];
    const char *speed = isnan(model->assume.device_speed)
                            ? figure_sources(model, arena, a->delay.figure, b->delay.figure)
                            : "assumed by the study";
    const char *energy = model->facts->energy_exponent.source;
    add(chain, SLOT_BUDGET, GAIN_BUDGET, BUDGET_NAMES[chain->lens], chip_sources(model, arena));
    if (chain->lens == LENS_AREA || chain->lens == LENS_COST)
        add(chain, SLOT_DENSITY, GAIN_TECHNOLOGY,
            chain->lens == LENS_AREA ? "density" : "transistors per dollar",
            figure_sources(model, arena, a->density.figure, b->density.figure));
    if (chain->lens == LENS_POWER) {
        add(chain, SLOT_ENERGY, GAIN_TECHNOLOGY, "energy of an operation", energy);
    } else {
        add(chain, SLOT_SPEED, GAIN_TECHNOLOGY, "device speed", speed);
        if (gain_knows_cap(model))
            add(chain, SLOT_DARK, GAIN_TECHNOLOGY,
                "dark silicon: what the power cap lets switch",
                both(arena, energy, chip_sources(model, arena)));
    }
    add(chain, SLOT_MEMORY, GAIN_MEMORY,
        gain_knows_memory(model) ? "memory bandwidth"
                                 : "memory bandwidth (no intensity known: taken as no limit)",
        chip_sources(model, arena));
    chain->normaliser =
        chain->lens == LENS_POWER
            ? "watts over the energy of an operation"
            : arena_format(arena, "%s x device speed%s", BUDGET_NAMES[chain->lens],
                           gain_knows_cap(model) ? " under the power cap" : ", no power cap");
    add(chain, SLOT_REST, is_filled_in(model) ? GAIN_ARCHITECTURE : GAIN_UNEXPLAINED,
        arena_format(arena, "specialisation return per %s", chain->normaliser),
        "what is left of the total");
}

static void plan_swaps(const struct gain_model *model, struct arena *arena,
                       struct gain_chain *chain)
{
    const char *chips = chip_sources(model, arena);
    add(chain, SLOT_SWAP_PROCESS, GAIN_TECHNOLOGY, "process swapped in the potential model",
        figure_sources(model, arena, model->sides[SIDE_A].delay.figure,
                       model->sides[SIDE_B].delay.figure));
    add(chain, SLOT_SWAP_BUDGET, GAIN_BUDGET, "transistors swapped in the potential model",
        chips);
    if (gain_knows_cap(model))
        add(chain, SLOT_SWAP_POWER, GAIN_BUDGET, "power cap swapped in the potential model",
            chips);
    add(chain, SLOT_SWAP_MEMORY, GAIN_MEMORY, "bandwidth swapped in the potential model",
        chips);
    chain->normaliser =
        "the potential model with ingredients swapped one by one, not simulated";
    add(chain, SLOT_REST, is_filled_in(model) ? GAIN_ARCHITECTURE : GAIN_UNEXPLAINED,
        "what no swap explains", "what is left of the total");
}

/* What a lens needs and the cards do not say; NULL when nothing is missing. */
static const char *missing_of(const struct gain_model *model, enum gain_level_kind kind,
                              enum gain_lens lens)
{
    const double z[FIGURE_MAX] = {0};
    double budget =
        lens == LENS_NONE && kind == GAIN_IDENTITY
            ? 0
            : gain_budget(model, lens, SIDE_A, z) + gain_budget(model, lens, SIDE_B, z);
    static const char *const NEEDS[] = {"transistor counts", "die areas", "transistor counts",
                                        "power",
                                        "die areas, wafer prices and defect densities"};
    if (isnan(budget))
        return NEEDS[lens];
    if (kind == GAIN_IDENTITY)
        return NULL;
    if (lens == LENS_POWER)
        return isnan(gain_energy(model, SIDE_A, z) + gain_energy(model, SIDE_B, z))
                   ? "the processes"
                   : NULL;
    if (isnan(gain_transistors(model, lens, SIDE_A, z) +
              gain_transistors(model, lens, SIDE_B, z)))
        return "the density of the processes";
    return isnan(gain_delay(model, SIDE_A, z) + gain_delay(model, SIDE_B, z)) ? "the processes"
                                                                              : NULL;
}

bool gain_chain_plan(const struct gain_model *model, enum gain_level_kind kind,
                     enum gain_lens lens, struct arena *arena, struct gain_chain *chain,
                     const char **missing)
{
    memset(chain, 0, sizeof *chain);
    chain->kind = kind;
    chain->lens = lens;
    chain->normaliser = "one chip";
    *missing = missing_of(model, kind, lens);
    if (*missing)
        return false;
    plan_common(model, arena, chain);
    if (kind != GAIN_IDENTITY || !model->is_one_chip)
        plan_software(model, arena, chain);
    if (kind == GAIN_IDENTITY)
        plan_identity(model, arena, chain);
    else if (kind == GAIN_POTENTIAL)
        plan_potential(model, arena, chain);
    else
        plan_swaps(model, arena, chain);
    if (kind == GAIN_IDENTITY && model->is_one_chip)
        plan_software(model, arena, chain);
    return true;
}

struct swap_context {
    const struct gain_model *model;
    const double *z;
};

static double swapped_potential(uint32_t mask, void *context)
{
    const struct swap_context *swap = context;
    struct gain_mix mix = {mask >> SWAP_BUDGET & 1, mask >> SWAP_PROCESS & 1,
                           mask >> SWAP_POWER & 1, mask >> SWAP_MEMORY & 1};
    return gain_potential(swap->model, LENS_TRANSISTOR, mix, swap->z).bounded;
}

static void attribute_swaps(const struct gain_model *model, const double *z,
                            struct attribution *attribution)
{
    /* Owen groups: what the process brings, what the budget buys, what the memory brings. */
    static const int GROUPS[SWAP_COUNT] = {0, 1, 1, 2};
    struct swap_context context = {model, z};
    double logs[1 << SWAP_COUNT];
    for (uint32_t mask = 0; mask < 1 << SWAP_COUNT; mask++)
        logs[mask] = swapped_potential(mask, &context);
    attribution_of(logs, SWAP_COUNT, GROUPS, attribution);
}

void gain_chain_draw(const struct gain_model *model, const struct gain_chain *chain,
                     const double *z, double *logs)
{
    static const struct gain_mix OLD = {0, 0, 0, 0}, NEW = {1, 1, 1, 1};
    const struct gain_side *a = &model->sides[SIDE_A], *b = &model->sides[SIDE_B];
    struct gain_potential old = {0, 0, 0}, new = {0, 0, 0};
    struct attribution swaps;
    double budget = 0, transistors = 0, speed = 0;
    if (chain->kind == GAIN_POTENTIAL) {
        old = gain_potential(model, chain->lens, OLD, z);
        new = gain_potential(model, chain->lens, NEW, z);
        speed = gain_delay(model, SIDE_A, z) - gain_delay(model, SIDE_B, z);
        if (chain->lens != LENS_POWER)
            transistors = gain_transistors(model, chain->lens, SIDE_B, z) -
                          gain_transistors(model, chain->lens, SIDE_A, z);
    }
    if (chain->lens != LENS_NONE)
        budget = gain_budget(model, chain->lens, SIDE_B, z) -
                 gain_budget(model, chain->lens, SIDE_A, z);
    if (chain->kind == GAIN_COUNTERFACTUAL)
        attribute_swaps(model, z, &swaps);
    double total = gain_model_total(model, z), sum = 0;
    size_t remainder = chain->count - 1; /* the factor that takes what is left */
    for (size_t i = 0; i < chain->count; i++) {
        switch (chain->slots[i].kind) {
        case SLOT_COUNT:
            logs[i] = b->chips - a->chips;
            break;
        case SLOT_SCALING:
            logs[i] = model->scaling_ratio + gain_scaling_shift(model, z);
            break;
        case SLOT_WORK:
            logs[i] = a->work - b->work;
            break;
        case SLOT_FORMAT:
            logs[i] = model->has_format ? gain_quantity_draw(model, &a->mac, z) -
                                              gain_quantity_draw(model, &b->mac, z)
                                        : 0;
            break;
        case SLOT_SOFTWARE:
            logs[i] = b->software - a->software;
            break;
        case SLOT_BUDGET:
            logs[i] = budget;
            break;
        case SLOT_CLOCK:
            logs[i] = b->clock - a->clock;
            break;
        case SLOT_DENSITY:
            logs[i] = transistors - budget;
            break;
        case SLOT_SPEED:
            logs[i] = speed;
            break;
        case SLOT_ENERGY:
            logs[i] = gain_energy(model, SIDE_A, z) - gain_energy(model, SIDE_B, z);
            break;
        case SLOT_DARK:
            logs[i] = new.capped - new.lit - (old.capped - old.lit);
            break;
        case SLOT_MEMORY:
            logs[i] = new.bounded - new.capped - (old.bounded - old.capped);
            break;
        case SLOT_SWAP_PROCESS:
            logs[i] = swaps.value[SWAP_PROCESS];
            break;
        case SLOT_SWAP_BUDGET:
            logs[i] = swaps.value[SWAP_BUDGET];
            break;
        case SLOT_SWAP_POWER:
            logs[i] = swaps.value[SWAP_POWER];
            break;
        case SLOT_SWAP_MEMORY:
            logs[i] = swaps.value[SWAP_MEMORY];
            break;
        case SLOT_REST:
            logs[i] = 0;
            break;
        }
        if (model->is_one_chip && chain->slots[i].kind == SLOT_SOFTWARE) {
            remainder = i;
            logs[i] = 0;
        }
        sum += logs[i];
    }
    logs[remainder] = total - sum;
}

void gain_chain_orders(const struct gain_model *model, const struct gain_chain *chain,
                       double *lowest, double *highest)
{
    const double z[FIGURE_MAX] = {0};
    struct attribution swaps;
    gain_chain_draw(model, chain, z, lowest);
    memcpy(highest, lowest, chain->count * sizeof *highest);
    if (chain->kind != GAIN_COUNTERFACTUAL)
        return;
    attribute_swaps(model, z, &swaps);
    for (size_t i = 0; i < chain->count; i++) {
        enum gain_slot_kind kind = chain->slots[i].kind;
        if (kind < SLOT_SWAP_PROCESS || kind > SLOT_SWAP_MEMORY)
            continue;
        lowest[i] = swaps.lowest[kind - SLOT_SWAP_PROCESS];
        highest[i] = swaps.highest[kind - SLOT_SWAP_PROCESS];
    }
}
