#include "sim/study/gain_card.h"

#include <math.h>
#include <string.h>

void gain_card_init(struct gain_card *card, const char *name)
{
    static const char *const NO_NOTES[] = {NULL};
    memset(card, 0, sizeof *card);
    card->name = card->result = name;
    card->metric = card->silicon = card->round = card->submitter = card->system = "";
    card->reference = card->source = "";
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
