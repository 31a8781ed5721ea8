#include "sim/study/gain_card.h"

#include <math.h>
#include <string.h>
#include <strings.h>

void gain_card_init(struct gain_card *card, const char *name)
{
    static const char *const NO_NOTES[] = {NULL};
    memset(card, 0, sizeof *card);
    card->name = card->result = name;
    card->metric = card->silicon = card->round = card->submitter = card->system = "";
    card->reference = card->reference_result = card->source = "";
    card->notes = NO_NOTES;
    card->chips = 1;
    card->performance = card->work = card->software = card->intensity = NAN;
    card->performance_sigma = card->scaling = card->scaling_plain = NAN;
    struct gain_chip *chip = &card->chip;
    chip->silicon = "";
    chip->key = chip->name = chip->process = chip->format = chip->area_kind = "";
    chip->power_kind = chip->memory_type = chip->mlperf_name = chip->from_memory = "";
    chip->notes = chip->source = "";
    chip->transistors = chip->area_mm2 = chip->clock_hz = chip->power_w = NAN;
    chip->bandwidth_bytes_per_s = chip->memory_mib = NAN;
    chip->peak_i8 = chip->peak_f16 = chip->peak_f32 = NAN;
}

void gain_card_use_chip(struct gain_card *card, const struct gain_chip *chip)
{
    card->chip = *chip;
    card->has_chip = true;
    if (!*card->silicon)
        card->silicon = chip->silicon;
}

bool gain_cards_share_chip(const struct gain_card *a, const struct gain_card *b)
{
    return *a->silicon && strcmp(a->silicon, b->silicon) == 0;
}

/* Work per second and chip at the scale reference. */
static double small_rate(const struct gain_card *card)
{
    return card->performance * card->work / card->chips / card->scaling;
}

double gain_card_software(struct arena *arena, const struct gain_facts *facts,
                          const struct gain_card *a, const struct gain_card *b,
                          const char *workload, const char **round)
{
    /* Newest first; older ones than a's round are never reached. */
    static const char *const ROUNDS[] = {"v1.1", "v1.0", "v0.7", "v0.6", "v0.5"};
    bool is_open = false;
    for (size_t i = 0; i < sizeof ROUNDS / sizeof ROUNDS[0]; i++) {
        struct gain_card later;
        is_open = is_open || strcmp(ROUNDS[i], b->round) == 0;
        if (strcmp(ROUNDS[i], a->round) == 0)
            break;
        const char *key =
            arena_format(arena, "mlperf:%s/%.0fx%s", ROUNDS[i], a->reference_chips, a->silicon);
        if (!is_open ||
            !gain_card_mlperf(arena, facts, key, workload, a->submitter, &later, NULL) ||
            strcasecmp(later.submitter, a->submitter) != 0)
            continue;
        *round = ROUNDS[i];
        return small_rate(&later) / small_rate(a);
    }
    return NAN;
}

bool gain_card_chip(struct arena *arena, const struct gain_facts *facts, const char *key,
                    struct gain_card *card, struct error *err)
{
    gain_card_init(card, arena_format(arena, "chip:%s", key));
    const struct gain_chip *chip = gain_find_chip(facts, key, err);
    if (!chip)
        return false;
    gain_card_use_chip(card, chip);
    const struct {
        double rate;
        const char *format;
    } peaks[] = {{chip->peak_f16, "f16"}, {chip->peak_i8, "i8"}, {chip->peak_f32, "f32"}};
    for (size_t i = 0; i < 3 && isnan(card->performance); i++)
        if (!isnan(peaks[i].rate)) {
            card->performance = peaks[i].rate;
            if (!*chip->format)
                card->chip.format = peaks[i].format;
        }
    if (isnan(card->performance))
        return error_set(err, "chip:%s: the database has no peak rate of it to compare", key);
    card->metric = "peak operations per second";
    card->performance_sigma = 0;
    card->work = card->scaling = card->scaling_plain = card->software = 1;
    card->source = chip->source;
    return true;
}
