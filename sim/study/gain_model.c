#include "sim/study/gain_model.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "arch/technology/process.h"

int gain_model_figure(struct gain_model *model, const char *key, double sigma,
                      const char *source)
{
    if (!(sigma > 0))
        return -1;
    for (int i = 0; i < model->figure_count; i++)
        if (strcmp(model->figures[i].key, key) == 0)
            return i;
    assert(model->figure_count < FIGURE_MAX);
    model->figures[model->figure_count] = (struct gain_figure){key, source, sigma};
    return model->figure_count++;
}

double gain_quantity_draw(const struct gain_model *model, const struct gain_quantity *quantity,
                          const double *z)
{
    if (quantity->figure < 0)
        return quantity->log;
    double shift = model->figures[quantity->figure].sigma * z[quantity->figure];
    return quantity->log + (quantity->is_bound ? -fabs(shift) : shift);
}

double gain_scaling_shift(const struct gain_model *model, const double *z)
{
    double shift[2] = {0, 0};
    for (int side = SIDE_A; side <= SIDE_B; side++) {
        const struct gain_side *s = &model->sides[side];
        if (!isnan(s->reference.log))
            shift[side] = gain_quantity_draw(model, &s->performance, z) - s->performance.log -
                          (gain_quantity_draw(model, &s->reference, z) - s->reference.log);
    }
    return shift[SIDE_B] - shift[SIDE_A];
}

double gain_model_total(const struct gain_model *model, const double *z)
{
    return gain_quantity_draw(model, &model->sides[SIDE_B].performance, z) -
           gain_quantity_draw(model, &model->sides[SIDE_A].performance, z);
}

static struct gain_quantity quantity(struct gain_model *model, double value, const char *key,
                                     double sigma, const char *source)
{
    struct gain_quantity made = {log(value), -1, false};
    if (!isnan(value))
        made.figure = gain_model_figure(model, key, sigma, source);
    return made;
}

/* Watts, with the uncertainty of what kind of watts they are. */
static double power_sigma(const struct gain_facts *facts, const char *kind)
{
    return strstr(kind, "measured") ? facts->power_measured_sigma.sigma
                                    : facts->power_tdp_sigma.sigma;
}

/* What wafers cost and how many defects they have, where the process is shipped and knows it.
 */
static void build_cost(struct gain_model *model, struct arena *arena, const char *key,
                       struct gain_side *side)
{
    struct process_options options = {"", true};
    struct process *process;
    struct error none = {0};
    struct sourced wafer, defects;
    if (!process_load(arena, key, &options, NULL, &process, &none) ||
        !process_need(process, QUANTITY_WAFER_PRICE, &wafer, &none) ||
        !process_need(process, QUANTITY_DEFECT_DENSITY, &defects, &none))
        return;
    side->wafer = quantity(model, wafer.value, arena_format(arena, "wafer price of %s", key),
                           wafer.sigma, wafer.source);
    side->defects =
        quantity(model, defects.value / 1e4, arena_format(arena, "defects per cm2 of %s", key),
                 defects.sigma, defects.source);
}

static void build_chip(struct gain_model *model, struct arena *arena, int side)
{
    const struct gain_facts *facts = model->facts;
    const struct gain_chip *chip = &model->cards[side]->chip;
    struct gain_side *s = &model->sides[side];
    const char *id = *chip->key ? chip->key : model->cards[side]->name;
    bool is_exact_area = strcmp(chip->area_kind, "exact") == 0 ||
                         strcmp(chip->area_kind, "sum of dies") == 0 || !*chip->area_kind;

    s->transistors =
        quantity(model, chip->transistors, arena_format(arena, "transistors of %s", id),
                 facts->count_sigma.sigma, chip->source);
    s->area = quantity(model, chip->area_mm2, arena_format(arena, "die area of %s", id),
                       is_exact_area ? 0 : facts->area_bound_sigma.sigma, chip->source);
    s->area.is_bound = strcmp(chip->area_kind, "upper bound") == 0;
    s->power = quantity(model, chip->power_w, arena_format(arena, "power of %s", id),
                        power_sigma(facts, chip->power_kind), chip->source);
    s->clock = log(chip->clock_hz);
    s->bandwidth = log(chip->bandwidth_bytes_per_s);
    const bool is_i8 = strcmp(chip->format, "i8") == 0,
               is_f32 = strcmp(chip->format, "f32") == 0;
    s->peak = log(is_i8 ? chip->peak_i8 : is_f32 ? chip->peak_f32 : chip->peak_f16);

    s->delay = s->density = s->defects = s->wafer = (struct gain_quantity){NAN, -1, false};
    s->energy_coordinate = NAN;
    const struct gain_process *process =
        *chip->process ? gain_find_process(facts, chip->process, NULL) : NULL;
    if (!process)
        return;
    const char *key = process->key;
    s->delay = quantity(model, process->delay, arena_format(arena, "device speed of %s", key),
                        process->delay_sigma, process->delay_source);
    s->density = quantity(model, process->density, arena_format(arena, "density of %s", key),
                          process->density_sigma, process->density_source);
    s->energy_coordinate = process->energy_coordinate;
    build_cost(model, arena, key, s);
}

static void build_card(struct gain_model *model, struct arena *arena, int side)
{
    const struct gain_card *card = model->cards[side];
    const struct gain_facts *facts = model->facts;
    struct gain_side *s = &model->sides[side];
    double sigma =
        isnan(card->performance_sigma) ? facts->time_sigma.sigma : card->performance_sigma;
    s->performance =
        quantity(model, card->performance, arena_format(arena, "result %s", card->result),
                 sigma, card->source);
    s->reference = (struct gain_quantity){NAN, -1, false};
    if (*card->reference_result)
        s->reference =
            quantity(model, 1, arena_format(arena, "result %s", card->reference_result),
                     card->reference_sigma, card->source);
    s->chips = log(card->chips);
    s->work = log(card->work);
    s->software = log(card->software);
    s->intensity = log(card->intensity);
    s->mac = (struct gain_quantity){NAN, -1, false};
    const struct gain_format *format =
        *card->chip.format ? gain_find_format(facts, card->chip.format, NULL) : NULL;
    if (format)
        s->mac = quantity(model, format->mac_pj,
                          arena_format(arena, "energy of %s", format->drawn_as), format->sigma,
                          format->source);
}

void gain_model_build(struct gain_model *model, struct arena *arena,
                      const struct gain_facts *facts, const struct gain_card *a,
                      const struct gain_card *b, const struct gain_assumptions *assume)
{
    memset(model, 0, sizeof *model);
    model->facts = facts;
    model->cards[SIDE_A] = a;
    model->cards[SIDE_B] = b;
    model->assume = *assume;
    model->is_one_chip = gain_cards_share_chip(a, b);
    for (int side = SIDE_A; side <= SIDE_B; side++) {
        build_card(model, arena, side);
        build_chip(model, arena, side);
    }
    struct gain_side *sa = &model->sides[SIDE_A], *sb = &model->sides[SIDE_B];
    if (model->is_one_chip) { /* one die is one set of figures, on whatever board it sits */
        struct gain_side own = *sb;
        *sb = *sa;
        sb->performance = own.performance;
        sb->reference = own.reference;
        sb->chips = own.chips;
        sb->work = own.work;
        sb->software = own.software;
    }
    model->energy_exponent = gain_model_figure(
        model, "energy exponent", facts->energy_exponent.sigma, facts->energy_exponent.source);
    model->activity =
        gain_model_figure(model, "activity", facts->activity.sigma, facts->activity.source);
    model->leakage = gain_model_figure(model, "leakage share", facts->leakage_share.sigma,
                                       facts->leakage_share.source);
    model->device_speed = gain_model_figure(model, "device speed as the study assumes",
                                            assume->device_speed_sigma, "the study file");
    model->has_work = !isnan(sa->work) && !isnan(sb->work);
    model->has_format = !isnan(sa->mac.log) && !isnan(sb->mac.log);
    model->has_software = model->is_one_chip || !isnan(sa->software) || !isnan(sb->software);
    if (isnan(sa->software))
        sa->software = 0;
    if (isnan(sb->software))
        sb->software = 0;
    const struct gain_card *cards[2] = {a, b};
    double scaling[2];
    for (int side = SIDE_A; side <= SIDE_B; side++) {
        scaling[side] =
            log(model->has_work ? cards[side]->scaling : cards[side]->scaling_plain);
        if (isnan(scaling[side]) && cards[side]->chips == 1)
            scaling[side] = 0;
    }
    model->scaling_ratio = scaling[SIDE_B] - scaling[SIDE_A];
    model->has_scaling = !isnan(model->scaling_ratio);
}
