#include "sim/study/gain_study.h"

#include <math.h>
#include <string.h>

/* A card section as written; 0 and "" mean that nothing is stated. */
struct card_text {
    const char *mlperf, *chip, *process, *format, *memory_type, *power_kind, *area_kind,
        *metric;
    const char *round, *submitter, *source, *note, *config, *trace;
    struct param_list sets;
    double chips, minutes, throughput, result_sigma, work, scaling, software, intensity;
    double transistors, area_m2, clock_hz, power_w, bandwidth, peak;
};

struct assume_text {
    double device_speed, device_speed_sigma;
    bool power_cap;
};

static const char *const KINDS[] = {"pair", "history", "compare", NULL};
static const char *const HOLDS[] = {"area", "power", NULL};

#define STUDY(field) offsetof(struct gain_study, field)
const struct param GAIN_STUDY_PARAMS[] = {
    {"kind", PARAM_CHOICE, UNIT_NONE, STUDY(kind), "pair", 0, 0, KINDS,
     "cards against the first card, the history of a family, or chips side by side"},
    {"title", PARAM_TEXT, UNIT_NONE, STUDY(title), "", 0, 0, NULL, "what the study asks"},
    {"workload", PARAM_TEXT, UNIT_NONE, STUDY(workload), "resnet50", 0, 0, NULL,
     "workload of the MLPerf keys; trace of the simulated cards"},
    {"twin", PARAM_TEXT, UNIT_NONE, STUDY(twin), "", 0, 0, NULL,
     "trace of a workload like it: does the gain survive?"},
    {"hold", PARAM_CHOICE, UNIT_NONE, STUDY(hold), "area", 0, 0, MOVE_HOLD_NAMES,
     "what a simulated design keeps when it moves to another process"},
    {0}};

#define CARD(field) offsetof(struct card_text, field)
#define TEXT(key, field, meaning)                                                              \
    {                                                                                          \
        key, PARAM_TEXT, UNIT_NONE, CARD(field), "", 0, 0, NULL, meaning                       \
    }
#define REAL(key, unit, field, none, most, meaning)                                            \
    {                                                                                          \
        key, PARAM_REAL, unit, CARD(field), none, 0, most, NULL, meaning                       \
    }
const struct param GAIN_CARD_PARAMS[] = {
    TEXT("mlperf", mlperf, "MLPerf entry, ROUND/NxCHIP[/SYSTEM]: result, work, chips, chip"),
    TEXT("chip", chip, "chip of the database, a key of tables/chips.csv"),
    TEXT("process", process, "process family of processes.csv"),
    TEXT("format", format, "number format that it multiplies in"),
    TEXT("memory", memory_type, "kind of main memory"),
    TEXT("power_kind", power_kind, "TDP, measured, max measured, ..."),
    TEXT("area_kind", area_kind, "exact, upper bound, estimate"),
    TEXT("metric", metric, "what the result counts; cards of one study count alike"),
    TEXT("round", round, "round or date of the software"),
    TEXT("submitter", submitter, "whose software"),
    TEXT("source", source, "where the figures come from"),
    TEXT("config", config, "simulated: chip config, a shipped name or a path"),
    TEXT("trace", trace, "simulated: its own trace in place of the study's workload"),
    {"sets", PARAM_LIST, UNIT_NONE, CARD(sets), "", 0, 0, NULL,
     "simulated: assignments to the config, {PATH=VALUE, ...}"},
    TEXT("note", note, "a doubt, printed with the result"),
    REAL("chips", UNIT_NONE, chips, "0", 1e9, "chips that gave the result"),
    REAL("minutes", UNIT_NONE, minutes, "0", 1e12, "result as a time"),
    REAL("throughput", UNIT_NONE, throughput, "0", 1e30,
         "result as a rate of the whole system"),
    REAL("result_sigma", UNIT_NONE, result_sigma, "0.02", 2, "deviation of the result's log"),
    REAL("work", UNIT_NONE, work, "0", 1e30, "work per task in a unit the cards share"),
    REAL("scaling", UNIT_NONE, scaling, "0", 100,
         "throughput per chip over that of a small system"),
    REAL("software", UNIT_NONE, software, "0", 1e6,
         "speed of the software on one and the same chip"),
    REAL("intensity", UNIT_NONE, intensity, "0", 1e9, "operations per byte of main memory"),
    REAL("transistors", UNIT_NONE, transistors, "0", 1e15, "transistors of one chip"),
    REAL("die_area", UNIT_SQUARE_METRE, area_m2, "0 mm2", 1, "die area of one chip"),
    REAL("clock", UNIT_HERTZ, clock_hz, "0 Hz", 1e12, "clock"),
    REAL("power", UNIT_WATT, power_w, "0 W", 1e9, "power of one chip"),
    REAL("bandwidth", UNIT_BYTE_PER_SECOND, bandwidth, "0 B/s", 1e18, "of main memory"),
    REAL("peak", UNIT_NONE, peak, "0", 1e21, "peak operations per second at its format"),
    {0}};

const struct param GAIN_ASSUME_PARAMS[] = {
    {"device_speed", PARAM_REAL, UNIT_NONE, offsetof(struct assume_text, device_speed), "0", 0,
     1e3, NULL, "device speed of the others over the first card's, in place of the tables"},
    {"device_speed_sigma", PARAM_REAL, UNIT_NONE,
     offsetof(struct assume_text, device_speed_sigma), "0", 0, 2, NULL,
     "deviation of its logarithm"},
    {"power_cap", PARAM_BOOL, UNIT_NONE, offsetof(struct assume_text, power_cap), "yes", 0, 0,
     NULL, "no: dark silicon is left out of account"},
    {0}};

#define FAMILY(field) offsetof(struct gain_family, field)
const struct param GAIN_HISTORY_PARAMS[] = {
    {"table", PARAM_TEXT, UNIT_NONE, FAMILY(table), NULL, 0, 0, NULL,
     "table of configs/studies/tables"},
    {"where", PARAM_TEXT, UNIT_NONE, FAMILY(where), "", 0, 0, NULL, "rows wanted: column=text"},
    {"name", PARAM_TEXT, UNIT_NONE, FAMILY(name), "name", 0, 0, NULL, "column of names"},
    {"gain", PARAM_TEXT, UNIT_NONE, FAMILY(gain), NULL, 0, 0, NULL, "gain, of its columns"},
    {"potential", PARAM_TEXT, UNIT_NONE, FAMILY(potential), NULL, 0, 0, NULL,
     "physical potential, of its columns and its process's"},
    {"project", PARAM_TEXT, UNIT_NONE, FAMILY(project), "tsmc-n5", 0, 0, NULL,
     "process that the best chip is moved to"},
    {"hold", PARAM_CHOICE, UNIT_NONE, FAMILY(hold), "area", 0, 0, HOLDS,
     "what the moved chip keeps: its area, or its power"},
    {0}};

/* The section `compare` as written. */
struct matrix_text {
    struct param_list chips, traces;
    const char *iso;
};

#define MATRIX(field) offsetof(struct matrix_text, field)
const struct param GAIN_COMPARE_PARAMS[] = {
    {"chips", PARAM_LIST, UNIT_NONE, MATRIX(chips), NULL, 0, 0, NULL, "chip configs"},
    {"traces", PARAM_LIST, UNIT_NONE, MATRIX(traces), NULL, 0, 0, NULL, "workloads or traces"},
    {"iso", PARAM_TEXT, UNIT_NONE, MATRIX(iso), "", 0, 0, NULL,
     "what is made equal: area=..,process=..,power=..,bandwidth=.."},
    {0}};

static const struct config_schema SECTIONS[] = {
    {"card", true, true, (const struct param *const[]){GAIN_CARD_PARAMS, NULL}, NULL},
    {"assume", false, false, (const struct param *const[]){GAIN_ASSUME_PARAMS, NULL}, NULL},
    {"history", false, false, (const struct param *const[]){GAIN_HISTORY_PARAMS, NULL}, NULL},
    {"compare", false, false, (const struct param *const[]){GAIN_COMPARE_PARAMS, NULL}, NULL},
    {0}};
const struct config_schema GAIN_STUDY_SCHEMA = {
    "", false, false, (const struct param *const[]){GAIN_STUDY_PARAMS, NULL}, SECTIONS};

static void take(double *target, double stated, double scale)
{
    if (stated > 1e-60) /* below that only a slip of the pen, and logarithms that overflow */
        *target = stated * scale;
}

static void take_text(const char **target, const char *stated)
{
    if (*stated)
        *target = stated;
}

static void overrule_chip(const struct card_text *text, struct gain_chip *chip)
{
    take(&chip->transistors, text->transistors, 1);
    take(&chip->area_mm2, text->area_m2, 1e6);
    take(&chip->clock_hz, text->clock_hz, 1);
    take(&chip->power_w, text->power_w, 1);
    take(&chip->bandwidth_bytes_per_s, text->bandwidth, 1);
    take(&chip->peak_f16, text->peak, 1);
    take(&chip->peak_f32, text->peak, 1);
    take(&chip->peak_i8, text->peak, 1);
    take_text(&chip->process, text->process);
    take_text(&chip->format, text->format);
    take_text(&chip->memory_type, text->memory_type);
    take_text(&chip->power_kind, text->power_kind);
    take_text(&chip->area_kind, text->area_kind);
}

static void overrule_result(struct arena *arena, const struct card_text *text,
                            struct gain_card *card)
{
    take(&card->chips, text->chips, 1);
    if (text->minutes > 0 || text->throughput > 0) {
        card->performance = text->minutes > 0 ? 1 / text->minutes : text->throughput;
        card->metric = text->minutes > 0 ? "time" : "throughput";
        card->performance_sigma = text->result_sigma;
        card->result = arena_format(arena, "study/%s", card->name);
        card->work = card->scaling = card->scaling_plain = NAN;
        card->reference = card->reference_result = "";
    }
    take_text(&card->metric, text->metric);
    take(&card->work, text->work, 1);
    take(&card->scaling, text->scaling, 1);
    take(&card->scaling_plain, text->scaling, 1);
    if (text->scaling > 0)
        card->reference = card->reference_result = "";
    take(&card->software, text->software, 1);
    take(&card->intensity, text->intensity, 1);
    take_text(&card->round, text->round);
    take_text(&card->submitter, text->submitter);
    take_text(&card->source, text->source);
}

static bool read_card(struct arena *arena, const struct gain_facts *facts,
                      struct config_section *section, const char *workload,
                      const char *submitter, struct gain_card *card, struct error *err)
{
    struct card_text text;
    struct error flaw = {0};
    const char *owner = arena_format(arena, "card '%s'", section->title);
    if (!config_fill(section, GAIN_CARD_PARAMS, &text, owner, err))
        return false;
    gain_card_init(card, section->title);
    bool is_good = !*text.mlperf || gain_card_mlperf(arena, facts, text.mlperf, workload,
                                                     submitter, card, &flaw);
    card->name = section->title;
    if (is_good && *text.chip) {
        const struct gain_chip *chip = gain_find_chip(facts, text.chip, &flaw);
        is_good = chip != NULL;
        if (chip) {
            card->silicon = "";
            gain_card_use_chip(card, chip);
        }
    }
    const char *process = card->chip.process, *format = card->chip.format;
    take_text(&process, text.process);
    take_text(&format, text.format);
    is_good = is_good && (!*process || gain_find_process(facts, process, &flaw)) &&
              (!*text.format || gain_find_format(facts, format, &flaw));
    if (!is_good)
        return error_set(err, "%s%s", config_place(section, *text.mlperf ? "mlperf" : "chip"),
                         flaw.text);
    overrule_chip(&text, &card->chip);
    overrule_result(arena, &text, card);
    if (*text.chip == '\0' && *text.mlperf == '\0')
        card->chip.source = card->source;
    if (*text.note) {
        const char **notes = arena_array(arena, 2, sizeof *notes);
        notes[0] = arena_format(arena, "%s: %s", card->name, text.note);
        card->notes = notes;
    }
    if (!(card->performance > 0))
        return error_set(err, "%shas no result: wanted mlperf, minutes or throughput",
                         config_place(section, NULL));
    return true;
}

/* A card that names a chip config. */
static bool read_simulation(struct arena *arena, struct config_section *section,
                            struct gain_study *study, struct gain_simulation *simulation,
                            struct error *err)
{
    struct card_text text;
    struct study_trace trace;
    if (!config_fill(section, GAIN_CARD_PARAMS, &text,
                     arena_format(arena, "card '%s'", section->title), err))
        return false;
    if (!*text.config)
        return error_set(err, "%sis measured among simulated ones: wanted config",
                         config_place(section, NULL));
    if (!study_trace_find(arena, &study->traces, *text.trace ? text.trace : study->workload,
                          &trace, err))
        return false;
    *simulation = (struct gain_simulation){section->title,
                                           {text.config, text.sets.items, text.sets.count},
                                           trace,
                                           text.chips > 0 ? text.chips : 1};
    return true;
}

static bool read_assumptions(struct config *config, struct gain_study *study, struct error *err)
{
    struct config_section *section = config_find(&config->root, "assume", NULL);
    study->assume = (struct gain_assumptions){NAN, 0, false};
    if (!section)
        return true;
    struct assume_text text;
    if (!config_fill(section, GAIN_ASSUME_PARAMS, &text, "assume", err))
        return false;
    take(&study->assume.device_speed, text.device_speed, 1);
    study->assume.device_speed_sigma = text.device_speed_sigma;
    study->assume.is_uncapped = !text.power_cap;
    return true;
}

static bool read_cards(struct arena *arena, const struct gain_facts *facts,
                       struct config *config, struct gain_study *study, struct error *err)
{
    struct config_section *section = config_find(&config->root, "card", NULL);
    for (struct config_section *s = section; s; s = config_next(s, "card"))
        study->card_count++;
    if (study->card_count < 2)
        return error_set(err, "%s: a study of pairs has %zu cards, wanted two or more",
                         config->path, study->card_count);
    if (config_entry(section, "config")) {
        study->simulations = arena_array(arena, study->card_count, sizeof *study->simulations);
        for (size_t i = 0; i < study->card_count; i++, section = config_next(section, "card"))
            if (!read_simulation(arena, section, study, &study->simulations[i], err))
                return false;
        return true;
    }
    study->cards = arena_array(arena, study->card_count, sizeof *study->cards);
    for (size_t i = 0; i < study->card_count; i++, section = config_next(section, "card"))
        if (!read_card(arena, facts, section, study->workload,
                       i ? study->cards[0].submitter : NULL, &study->cards[i], err))
            return false;
    return true;
}

static bool read_matrix(struct arena *arena, struct config *config, struct gain_study *study,
                        struct error *err)
{
    struct config_section *section = config_find(&config->root, "compare", NULL);
    struct gain_matrix *matrix = &study->matrix;
    struct matrix_text text;
    if (!section)
        return error_set(err, "%s: a study of kind compare has no section 'compare'",
                         config->path);
    if (!config_fill(section, GAIN_COMPARE_PARAMS, &text, "compare", err) ||
        !compare_read_iso(arena, text.iso, &matrix->iso, err))
        return false;
    matrix->chips = text.chips;
    matrix->traces = text.traces;
    if (!matrix->chips.count || !matrix->traces.count)
        return error_set(err, "%swanted at least one chip and one trace",
                         config_place(section, "chips"));
    struct study_trace *found = arena_array(arena, matrix->traces.count, sizeof *found);
    for (size_t i = 0; i < matrix->traces.count; i++)
        if (!study_trace_find(arena, &study->traces, matrix->traces.items[i], &found[i], err))
            return false;
    matrix->found = found;
    return true;
}

bool gain_study_load(struct arena *arena, const struct gain_facts *facts, const char *path,
                     const char *workload, struct gain_study *study, struct error *err)
{
    memset(study, 0, sizeof *study);
    struct config *config = config_load(arena, path, &GAIN_STUDY_SCHEMA, err);
    if (!config || !config_fill(&config->root, GAIN_STUDY_PARAMS, study, "study", err))
        return false;
    take_text(&study->workload, workload);
    if (!read_assumptions(config, study, err))
        return false;
    if (study->kind == STUDY_PAIR)
        return read_cards(arena, facts, config, study, err);
    if (study->kind == STUDY_COMPARE)
        return read_matrix(arena, config, study, err);
    struct config_section *section = config_find(&config->root, "history", NULL);
    if (!section)
        return error_set(err, "%s: a study of kind history has no section 'history'", path);
    return config_fill(section, GAIN_HISTORY_PARAMS, &study->family, "history", err);
}
