/* MLPerf training entries as cards: the closed division of the shipped tables. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/study/gain_card.h"
#include "sim/study/gain_spelling.h"

struct mlperf_key {
    const char *whole, *system;
    char round[16], chip[64];
    long chips;
};

static bool parse_key(struct arena *arena, const char *text, struct mlperf_key *key,
                      struct error *err)
{
    memset(key, 0, sizeof *key);
    key->whole = text;
    const char *rest = strncmp(text, "mlperf:", 7) == 0 ? text + 7 : text;
    const char *slash = strchr(rest, '/');
    char *end = NULL;
    if (slash && slash > rest && (size_t)(slash - rest) < sizeof key->round - 1) {
        const char *prefix = *rest == 'v' || *rest == 'V' ? "" : "v";
        strcpy(key->round, prefix);
        strncat(key->round, rest, (size_t)(slash - rest));
        key->round[0] = 'v';
        key->chips = strtol(slash + 1, &end, 10);
    }
    if (!end || end == slash + 1 || key->chips < 1 || (*end != 'x' && *end != 'X'))
        return error_set(err,
                         "'%s' is no MLPerf key: wanted mlperf:ROUND/NxCHIP[/SYSTEM], such as "
                         "mlperf:v0.7/8xV100",
                         text);
    size_t length = strcspn(end + 1, "/");
    if (length == 0 || length >= sizeof key->chip)
        return error_set(err, "'%s': no chip after the count, such as 8xV100", text);
    memcpy(key->chip, end + 1, length);
    key->system = end[1 + length] ? arena_copy_text(arena, end + 2 + length) : NULL;
    return true;
}

struct entry {
    const struct table *table;
    size_t row;
};

static const char *text_of(struct entry entry, const char *column)
{
    return table_text(entry.table, entry.row, column);
}

static double number_of(struct entry entry, const char *column)
{
    const char *text = text_of(entry, column);
    return *text ? strtod(text, NULL) : NAN;
}

static bool is_closed(struct entry entry)
{
    return strcasecmp(text_of(entry, "division"), "closed") == 0;
}

/* Which of the key's conditions an entry fails first; STAGE_ALL: none. The furthest stage that
 * any entry reached tells what to say when no entry passes. */
enum stage {
    STAGE_ROUND,
    STAGE_CHIP,
    STAGE_CLOSED,
    STAGE_COUNT,
    STAGE_SYSTEM,
    STAGE_TIME,
    STAGE_ALL
};

static enum stage stage_of(struct entry entry, const struct mlperf_key *key, bool is_exact)
{
    struct gain_spelling wanted, written;
    gain_spell(key->chip, &wanted);
    gain_spell(text_of(entry, "accelerator"), &written);
    if (strcasecmp(text_of(entry, "round"), key->round) != 0)
        return STAGE_ROUND;
    if (!gain_spelling_matches(&wanted, &written))
        return STAGE_CHIP;
    if (!is_closed(entry))
        return STAGE_CLOSED;
    if ((long)number_of(entry, "chips") != key->chips)
        return STAGE_COUNT;
    if (key->system) {
        const char *system = text_of(entry, "system");
        size_t length = strlen(key->system);
        if (is_exact ? strcasecmp(system, key->system) != 0
                     : strncasecmp(system, key->system, length) != 0)
            return STAGE_SYSTEM;
    }
    return isnan(number_of(entry, "minutes")) ? STAGE_TIME : STAGE_ALL;
}

/* "a, b, c": every value once, as long as there is room. */
static void list_add(char *list, size_t size, const char *item)
{
    size_t length = strlen(item);
    for (const char *at = list; (at = strstr(at, item)); at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ',' || at[length] == '\0'))
            return;
    if (length && strlen(list) + length + 3 < size) {
        strcat(list, *list ? ", " : "");
        strcat(list, item);
    }
}

static bool refuse(const struct table *table, const struct mlperf_key *key, enum stage furthest,
                   struct error *err)
{
    char list[256] = "";
    static const char *const COLUMNS[] = {"round", "accelerator", "", "chips", "system", ""};
    for (size_t row = 0; row < table->row_count; row++) {
        struct entry entry = {table, row};
        if (stage_of(entry, key, false) == furthest &&
            (is_closed(entry) || furthest < STAGE_CHIP))
            list_add(list, sizeof list, table_text(table, row, COLUMNS[furthest]));
    }
    switch (furthest) {
    case STAGE_ROUND:
        return error_set(err, "%s: there is no round '%s'; the table has %s", key->whole,
                         key->round, list);
    case STAGE_CHIP:
        return error_set(err, "%s: round %s has no entry with chip '%s'; it has %s", key->whole,
                         key->round, key->chip, list);
    case STAGE_CLOSED:
        return error_set(err, "%s: only the open division has it, which is not comparable",
                         key->whole);
    case STAGE_COUNT:
        return error_set(err,
                         "%s: no closed entry has %ld of these chips; there are entries with "
                         "%s",
                         key->whole, key->chips, list);
    case STAGE_SYSTEM:
        return error_set(err, "%s: no system '%s' among %s", key->whole, key->system, list);
    default:
        return error_set(err,
                         "%s: its result logs are absent or not readable, so it has no time",
                         key->whole);
    }
}

/* The chip of the database that an accelerator is: of the names that match, the longest. */
static const struct gain_chip *chip_of(const struct gain_facts *facts, const char *accelerator)
{
    struct gain_spelling written, name;
    const struct gain_chip *best = NULL;
    size_t best_count = 0;
    gain_spell(accelerator, &written);
    for (size_t i = 0; i < facts->chip_count; i++) {
        gain_spell(facts->chips[i].mlperf_name, &name);
        if (name.count > best_count && gain_spelling_matches(&name, &written)) {
            best = &facts->chips[i];
            best_count = name.count;
        }
    }
    return best;
}

/* One text for all spellings of one chip: the model of its name in the database (A100 with any
 * memory is one chip), or of the spelling itself. */
static const char *silicon_of(struct arena *arena, const struct gain_facts *facts,
                              const char *accelerator)
{
    const struct gain_chip *chip = chip_of(facts, accelerator);
    struct gain_spelling spelling;
    char model[200];
    if (chip)
        return chip->silicon;
    gain_spell(accelerator, &spelling);
    gain_spelling_model(&spelling, model, sizeof model);
    return arena_copy_text(arena, model);
}

/* Standard deviation of the score in log, from the range of its runs (the expected range of n
 * normal draws is 2.33 deviations for 5 and 3.08 for 10; the score is the mean of n - 2). */
static double score_sigma(struct entry entry, const struct gain_facts *facts)
{
    double low = number_of(entry, "min_run_minutes"),
           high = number_of(entry, "max_run_minutes");
    double runs = number_of(entry, "logs_found");
    if (!(low > 0) || !(high >= low) || !(runs >= 3))
        return facts->time_sigma.value > 0 ? facts->time_sigma.value : facts->time_sigma.sigma;
    double deviations = runs >= 10 ? 3.08 : 2.33;
    return fmax(log(high / low) / deviations / sqrt(runs - 2), 0.002);
}

/* Smallest closed entry of the same round, submitter and chip; of equals the entry itself, then
 * the fastest. */
static struct entry reference_of(struct arena *arena, const struct gain_facts *facts,
                                 struct entry entry)
{
    struct entry best = entry;
    const char *silicon = silicon_of(arena, facts, text_of(entry, "accelerator"));
    for (size_t row = 0; row < entry.table->row_count; row++) {
        struct entry other = {entry.table, row};
        double chips = number_of(other, "chips"), least = number_of(best, "chips");
        if (!is_closed(other) || isnan(number_of(other, "minutes")) || !(chips >= 1) ||
            strcasecmp(text_of(other, "round"), text_of(entry, "round")) != 0 ||
            strcasecmp(text_of(other, "submitter"), text_of(entry, "submitter")) != 0 ||
            strcmp(silicon_of(arena, facts, text_of(other, "accelerator")), silicon) != 0)
            continue;
        bool is_tie = chips == least && best.row != entry.row;
        if (chips < least ||
            (is_tie && number_of(other, "minutes") < number_of(best, "minutes")))
            best = other;
    }
    return best;
}

static const char *result_key(struct arena *arena, struct entry entry, const char *workload)
{
    return arena_format(arena, "mlperf/%s/%s/%s/%s", workload, text_of(entry, "round"),
                        text_of(entry, "submitter"), text_of(entry, "system"));
}

static void fill_scaling(struct arena *arena, const struct gain_facts *facts,
                         struct entry entry, const char *workload, struct gain_card *card)
{
    struct entry reference = reference_of(arena, facts, entry);
    double time = number_of(entry, "minutes") * number_of(entry, "chips");
    double least = number_of(reference, "minutes") * number_of(reference, "chips");
    double work = number_of(reference, "last_eval_epoch_median");
    card->reference_chips = number_of(reference, "chips");
    card->reference_result = result_key(arena, reference, workload);
    card->reference_sigma = score_sigma(reference, facts);
    card->scaling_plain = least / time;
    card->scaling = card->scaling_plain * card->work / work;
    card->reference =
        reference.row == entry.row
            ? arena_format(arena, "%s is its own scale reference", card->name)
            : arena_format(arena, "%s on %s chips (%s/%s, %s min)", text_of(reference, "round"),
                           text_of(reference, "chips"), text_of(reference, "submitter"),
                           text_of(reference, "system"), text_of(reference, "minutes"));
}

static void fill_card(struct arena *arena, const struct gain_facts *facts, struct entry entry,
                      const char *workload, struct gain_card *card)
{
    const char *accelerator = text_of(entry, "accelerator");
    card->round = text_of(entry, "round");
    card->submitter = text_of(entry, "submitter");
    card->system = text_of(entry, "system");
    card->result = result_key(arena, entry, workload);
    card->metric = arena_format(arena, "MLPerf %s time to train", workload);
    card->chips = number_of(entry, "chips");
    card->performance = 1 / number_of(entry, "minutes");
    card->performance_sigma = score_sigma(entry, facts);
    card->work = number_of(entry, "last_eval_epoch_median");
    card->source = text_of(entry, "source");
    card->silicon = silicon_of(arena, facts, accelerator);
    fill_scaling(arena, facts, entry, workload, card);
    const struct gain_chip *chip = chip_of(facts, accelerator);
    if (!chip)
        return;
    gain_card_use_chip(card, chip);
    struct gain_spelling spelling;
    gain_spell(accelerator, &spelling);
    double watts = gain_spelling_watts(&spelling);
    if (watts > 0) {
        card->chip.power_w = watts;
        card->chip.power_kind = "TDP";
    }
}

/* Notes: the entries that could have been taken as well, and what is odd about this one. */
static void fill_notes(struct arena *arena, struct entry chosen, const struct entry *pool,
                       size_t count, struct gain_card *card)
{
    const char **notes = arena_array(arena, count + 4, sizeof *notes);
    size_t used = 0;
    notes[used++] =
        arena_format(arena, "%s: taken %s/%s, %s, %s min", card->name, card->submitter,
                     card->system, text_of(chosen, "accelerator"), text_of(chosen, "minutes"));
    for (size_t i = 0; i < count; i++)
        if (pool[i].row != chosen.row)
            notes[used++] =
                arena_format(arena, "%s: not taken %s/%s, %s, %s min", card->name,
                             text_of(pool[i], "submitter"), text_of(pool[i], "system"),
                             text_of(pool[i], "accelerator"), text_of(pool[i], "minutes"));
    if (*text_of(chosen, "flags"))
        notes[used++] = arena_format(arena, "%s: %s", card->name, text_of(chosen, "flags"));
    card->notes = notes;
}

bool gain_card_mlperf(struct arena *arena, const struct gain_facts *facts, const char *key_text,
                      const char *workload, const char *submitter, struct gain_card *card,
                      struct error *err)
{
    struct mlperf_key key;
    struct table *table = arena_alloc(arena, sizeof *table);
    gain_card_init(card, key_text);
    if (!parse_key(arena, key_text, &key, err))
        return false;
    if (strcmp(workload, "resnet50") != 0 && strcmp(workload, "bert") != 0)
        return error_set(err,
                         "%s: MLPerf tables are shipped for resnet50 and bert, not for '%s'",
                         key_text, workload);
    if (!gain_table(arena, arena_format(arena, "mlperf-%s.csv", workload), table, err))
        return false;

    struct entry *pool = arena_array(arena, table->row_count, sizeof *pool);
    size_t count = 0;
    enum stage furthest = STAGE_ROUND;
    /* A system is meant exactly, or by its beginning where nothing is called so. */
    for (int is_exact = 1; is_exact >= 0 && count == 0; is_exact--)
        for (size_t row = 0; row < table->row_count; row++) {
            struct entry entry = {table, row};
            enum stage stage = stage_of(entry, &key, is_exact);
            if (stage == STAGE_ALL)
                pool[count++] = entry;
            furthest = stage > furthest ? stage : furthest;
        }
    if (count == 0)
        return refuse(table, &key, furthest, err);

    struct entry chosen = pool[0];
    bool is_preferred = false;
    for (size_t i = 0; i < count; i++) {
        bool is_same = submitter && strcasecmp(text_of(pool[i], "submitter"), submitter) == 0;
        bool is_faster = number_of(pool[i], "minutes") < number_of(chosen, "minutes");
        const char *own = silicon_of(arena, facts, text_of(pool[i], "accelerator"));
        if (strcmp(own, silicon_of(arena, facts, text_of(pool[0], "accelerator"))) != 0)
            return error_set(err, "%s: '%s' names several chips, %s and %s among them",
                             key_text, key.chip, text_of(pool[0], "accelerator"),
                             text_of(pool[i], "accelerator"));
        if ((is_same && !is_preferred) || (is_same == is_preferred && is_faster)) {
            chosen = pool[i];
            is_preferred = is_same;
        }
    }
    fill_card(arena, facts, chosen, workload, card);
    fill_notes(arena, chosen, pool, count, card);
    return true;
}
