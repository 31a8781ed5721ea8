#include "sim/study/gain_notes.h"

#include <math.h>
#include <string.h>

void gain_note(struct gain_report *report, const char *text)
{
    for (size_t i = 0; i < report->note_count; i++)
        if (strcmp(report->notes[i], text) == 0)
            return;
    if (report->note_count < NOTE_MAX)
        report->notes[report->note_count++] = text;
}

static void assume(struct gain_report *report, const char *text)
{
    if (report->assumption_count < NOTE_MAX)
        report->assumptions[report->assumption_count++] = text;
}

/* The entries whose last factor moves by more than 10 % when one figure goes from its 5 to its
 * 95 %: one sentence a figure, about the entry that it moves most. */
static void find_assumption(const struct gain_model *model, int figure,
                            const struct gain_chain *chains, size_t count, struct arena *arena,
                            struct gain_report *report)
{
    double widest = log(1.1), least = 0;
    const struct gain_chain *moved = NULL;
    for (size_t i = 0; i < count; i++) {
        double z[FIGURE_MAX] = {0}, low[FACTOR_MAX], high[FACTOR_MAX];
        size_t last = chains[i].count - 1;
        z[figure] = -1.645;
        gain_chain_draw(model, &chains[i], z, low);
        z[figure] = 1.645;
        gain_chain_draw(model, &chains[i], z, high);
        if (fabs(high[last] - low[last]) > widest) {
            widest = fabs(high[last] - low[last]);
            least = fmin(high[last], low[last]);
            moved = &chains[i];
        }
    }
    if (moved)
        assume(report,
               arena_format(arena, "%s moves the last factor (%s, %s) from %.2f to %.2f: %s",
                            model->figures[figure].key, gain_level_name(moved->kind),
                            gain_lens_name(moved->lens), exp(least), exp(least + widest),
                            model->figures[figure].source));
}

static void note_card(const struct gain_card *card, struct arena *arena,
                      struct gain_report *report)
{
    for (const char *const *text = card->notes; *text; text++)
        gain_note(report, *text);
    if (*card->reference)
        gain_note(report,
                  arena_format(arena, "%s: scale reference: %s", card->name, card->reference));
    if (*card->chip.from_memory)
        gain_note(report, arena_format(arena, "%s: figures from memory: %s", card->chip.name,
                                       card->chip.from_memory));
    if (*card->chip.notes)
        gain_note(report, arena_format(arena, "%s: %s", card->chip.name, card->chip.notes));
}

void gain_note_cards(const struct gain_model *model, struct arena *arena,
                     struct gain_report *report)
{
    const struct gain_card *a = model->cards[SIDE_A], *b = model->cards[SIDE_B];
    note_card(a, arena, report);
    note_card(b, arena, report);
    if (strcmp(a->chip.power_kind, b->chip.power_kind) != 0)
        gain_note(report, arena_format(arena, "power is not alike: %s of A, %s of B",
                                       a->chip.power_kind, b->chip.power_kind));
    if (model->is_one_chip && fabs(a->chip.power_w - b->chip.power_w) > 0)
        gain_note(report,
                  arena_format(arena,
                               "one chip on two boards (%.0f W and %.0f W): the difference of "
                               "the boards is within the last measured factor",
                               a->chip.power_w, b->chip.power_w));
    if (!model->has_work)
        gain_note(report,
                  "work to the target is not known on both sides: it stays within scaling and "
                  "the last factor");
    if (!model->has_software)
        gain_note(report, "software is not known apart: the last factor holds it");
}

static double *field_of(struct gain_chip *chip, const char *name)
{
    return strcmp(name, "transistors") == 0 ? &chip->transistors
           : strcmp(name, "power") == 0     ? &chip->power_w
                                            : &chip->area_mm2;
}

/* The last factors with one figure of one card replaced by what another source says. */
static void try_alternative(const struct gain_model *model, int side, const char *field,
                            double value, const char *source, const struct gain_chain *chains,
                            size_t count, struct arena *arena, struct gain_report *report)
{
    const double z[FIGURE_MAX] = {0};
    struct gain_card card = *model->cards[side];
    struct gain_model *other = arena_alloc(arena, sizeof *other);
    double stated = *field_of(&card.chip, field), widest = log(1.1), before = 0, after = 0;
    const struct gain_chain *moved = NULL;
    if (stated == value)
        return;
    *field_of(&card.chip, field) = value;
    gain_model_build(other, arena, model->facts, side == SIDE_A ? &card : model->cards[SIDE_A],
                     side == SIDE_B ? &card : model->cards[SIDE_B], &model->assume);
    for (size_t i = 0; i < count; i++) {
        double old[FACTOR_MAX], new[FACTOR_MAX];
        size_t last = chains[i].count - 1;
        gain_chain_draw(model, &chains[i], z, old);
        gain_chain_draw(other, &chains[i], z, new);
        if (fabs(new[last] - old[last]) > widest) {
            widest = fabs(new[last] - old[last]);
            before = old[last];
            after = new[last];
            moved = &chains[i];
        }
    }
    if (moved)
        assume(report,
               arena_format(arena,
                            "%s of %s is taken as %g; %g would move the last factor (%s, "
                            "%s) from %.2f to %.2f: %s",
                            field, card.chip.key, stated, value, gain_level_name(moved->kind),
                            gain_lens_name(moved->lens), exp(before), exp(after), source));
}

static bool try_alternatives(const struct gain_model *model, const struct gain_chain *chains,
                             size_t count, struct arena *arena, struct gain_report *report,
                             struct error *err)
{
    struct table table;
    if (!gain_table(arena, "alternatives.csv", &table, err))
        return false;
    for (size_t row = 0; row < table.row_count; row++)
        for (int side = SIDE_A; side <= SIDE_B; side++) {
            double value;
            if (strcmp(table_text(&table, row, "key"), model->cards[side]->chip.key) != 0)
                continue;
            if (!table_real(&table, row, "value", &value, err))
                return false;
            try_alternative(model, side, table_text(&table, row, "field"), value,
                            table_text(&table, row, "source"), chains, count, arena, report);
        }
    return true;
}

/* Software that nobody filled in, where the table knows what it gave to A's own chip. */
static void try_software(const struct gain_model *model, const struct gain_chain *chains,
                         struct arena *arena, struct gain_report *report)
{
    const double z[FIGURE_MAX] = {0};
    double logs[FACTOR_MAX];
    const char *round = "";
    double software = gain_card_software(arena, model->facts, model->cards[SIDE_A],
                                         model->cards[SIDE_B], report->workload, &round);
    if (!(fabs(log(software)) > log(1.1)))
        return;
    gain_chain_draw(model, &chains[0], z, logs);
    double rest = exp(logs[chains[0].count - 1]);
    assume(report, arena_format(arena,
                                "software: from %s to %s A's own chip gained %.3fx per chip "
                                "and epoch; filled in, the last factor (%s) would be %.2f "
                                "in place of %.2f",
                                model->cards[SIDE_A]->round, round, software,
                                gain_level_name(chains[0].kind), rest / software, rest));
}

bool gain_note_assumptions(const struct gain_model *model, const struct gain_chain *chains,
                           size_t count, struct arena *arena, struct gain_report *report,
                           struct error *err)
{
    for (int figure = 0; figure < model->figure_count; figure++)
        find_assumption(model, figure, chains, count, arena, report);
    if (model->is_one_chip)
        return true;
    if (!model->has_software && *model->cards[SIDE_A]->round && *model->cards[SIDE_B]->round)
        try_software(model, chains, arena, report);
    return try_alternatives(model, chains, count, arena, report, err);
}
