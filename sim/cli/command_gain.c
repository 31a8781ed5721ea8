#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/command.h"
#include "sim/cli/output.h"
#include "sim/config/config_place.h"
#include "sim/report/report_compare.h"
#include "sim/report/report_gain.h"

enum { CARDS_MAX = 64 };

struct job {
    const char *words[CARDS_MAX]; /* cards, chips, or one study */
    int word_count;
    const char *workload, *why, *output_path, *twin, *hold; /* NULL: not given */
    enum output_format format;
    struct gain_options options;
    struct arena arena;
    struct gain_facts facts;
    struct study_traces traces;
    FILE *out;
};

/* Options that take a value. 0, or the exit status of wrong usage. */
static int take_option(struct job *job, const char *name, const char *value)
{
    char *end;
    if (strcmp(name, "--workload") == 0) {
        job->workload = value;
    } else if (strcmp(name, "--why") == 0) {
        job->why = value;
    } else if (strcmp(name, "-o") == 0) {
        job->output_path = value;
    } else if (strcmp(name, "--twin") == 0) {
        job->twin = value;
    } else if (strcmp(name, "--hold") == 0) {
        job->hold = value;
    } else if (strcmp(name, "--round") == 0) {
        if (strcmp(value, "article") != 0)
            return command_misused("gain", "--round is '%s', wanted article", value);
        job->options.rounds_as_article = true;
    } else if (strcmp(name, "--format") == 0) {
        if (!output_format_parse(value, &job->format))
            return command_misused("gain", "--format is '%s', wanted table, json or csv",
                                   value);
    } else if (strcmp(name, "--seed") == 0) {
        job->options.seed = strtoull(value, &end, 10);
        if (*end || end == value)
            return command_misused("gain", "--seed is '%s', wanted a whole number", value);
    } else if (strcmp(name, "--draws") == 0) {
        unsigned long draws = strtoul(value, &end, 10);
        if (*end || draws < 100 || draws > 1000000)
            return command_misused("gain", "--draws is '%s', wanted 100 to 1000000", value);
        job->options.draws = (uint32_t)draws;
    } else {
        return command_misused("gain", "'%s' is no option of it", name);
    }
    return 0;
}

static int read_words(int argc, char **argv, struct job *job)
{
    gain_options_init(&job->options);
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1]) {
            if (i + 1 == argc)
                return command_misused("gain", "'%s' is unknown or lacks its value", argv[i]);
            int status = take_option(job, argv[i], argv[i + 1]);
            if (status)
                return status;
            i++;
        } else if (job->word_count == CARDS_MAX) {
            return command_misused("gain", "more than %d cards", CARDS_MAX);
        } else {
            job->words[job->word_count++] = argv[i];
        }
    }
    if (job->word_count == 0)
        return command_misused("gain", "two cards or a study are needed");
    if (job->word_count == 1 && strchr(job->words[0], ':'))
        return command_misused("gain", "one card alone; two are needed, or a study");
    return 0;
}

static bool print_report(const struct job *job, const struct gain_report *report, bool is_first,
                         struct error *err)
{
    if (!is_first && job->format == OUTPUT_TABLE && !job->why)
        fputc('\n', job->out);
    if (job->why)
        return report_gain_why(report, job->why, job->out, err);
    if (job->format == OUTPUT_JSON)
        report_gain_json(report, CLEAVE_VERSION, job->out);
    else if (job->format == OUTPUT_CSV)
        report_gain_csv(report, is_first, job->out);
    else
        report_gain_table(report, job->out);
    return true;
}

static bool print_pairs(struct job *job, const struct gain_card *cards, size_t count,
                        struct error *err)
{
    for (size_t i = 1; i < count; i++) {
        struct gain_report report;
        if (!gain_measured(&job->arena, &job->facts, &cards[0], &cards[i], &job->options,
                           &report, err) ||
            !print_report(job, &report, i == 1, err))
            return false;
    }
    return true;
}

/* `hold` and `twin` are the study's; the command line overrules them. */
static bool print_simulations(struct job *job, const struct gain_simulation *chips,
                              size_t count, int hold, const char *twin, struct error *err)
{
    struct gain_simulated_options options = {
        job->options, (enum move_hold)hold, !job->hold, {NULL, NULL}};
    if (job->hold) {
        int i = 0;
        while (MOVE_HOLD_NAMES[i] && strcmp(MOVE_HOLD_NAMES[i], job->hold) != 0)
            i++;
        if (!MOVE_HOLD_NAMES[i])
            return error_set(err, "--hold is '%s', wanted shape, area, transistors or power",
                             job->hold);
        options.hold = (enum move_hold)i;
    }
    if (job->twin)
        twin = job->twin;
    if (*twin && !study_trace_find(&job->arena, &job->traces, twin, &options.twin, err))
        return false;
    for (size_t i = 1; i < count; i++) {
        struct gain_report report;
        if (!gain_simulated(&job->arena, &job->facts, &chips[0], &chips[i], &options, &report,
                            err) ||
            !print_report(job, &report, i == 1, err))
            return false;
    }
    return true;
}

static bool read_card(struct job *job, const char *key, const char *submitter,
                      struct gain_card *card, struct error *err)
{
    if (strncmp(key, "mlperf:", 7) == 0)
        return gain_card_mlperf(&job->arena, &job->facts, key, job->options.workload, submitter,
                                card, err);
    if (strncmp(key, "chip:", 5) == 0)
        return gain_card_chip(&job->arena, &job->facts, key + 5, card, err);
    return error_set(
        err,
        "'%s' is no card: wanted mlperf:ROUND/NxCHIP[/SYSTEM] or chip:KEY, or chips "
        "to simulate alone",
        key);
}

/* Words of which the first has no colon are chips to simulate, all on one trace. */
static bool run_chips(struct job *job, struct error *err)
{
    size_t count = (size_t)job->word_count;
    struct gain_simulation *chips = arena_array(&job->arena, count, sizeof *chips);
    struct study_trace trace;
    if (!study_trace_find(&job->arena, &job->traces, job->options.workload, &trace, err))
        return false;
    for (size_t i = 0; i < count; i++)
        chips[i] = (struct gain_simulation){job->words[i], {job->words[i], NULL, 0}, trace, 1};
    return print_simulations(job, chips, count, HOLD_CHIP_AREA, "", err);
}

static bool run_cards(struct job *job, struct error *err)
{
    size_t count = (size_t)job->word_count;
    struct gain_card *cards = arena_array(&job->arena, count, sizeof *cards);
    job->options.workload = job->workload ? job->workload : "resnet50";
    if (!strchr(job->words[0], ':'))
        return run_chips(job, err);
    for (size_t i = 0; i < count; i++)
        if (!read_card(job, job->words[i], i ? cards[0].submitter : NULL, &cards[i], err))
            return false;
    return print_pairs(job, cards, count, err);
}

static bool run_history(struct job *job, const struct gain_study *study, struct error *err)
{
    struct gain_history history;
    if (!gain_history(&job->arena, &job->facts, study, &job->options, &history, err))
        return false;
    if (job->format == OUTPUT_JSON)
        report_history_json(&history, CLEAVE_VERSION, job->out);
    else if (job->format == OUTPUT_CSV)
        report_history_csv(&history, job->out);
    else
        report_history_table(&history, job->out);
    return true;
}

static bool run_matrix(struct job *job, const struct gain_study *study, struct error *err)
{
    struct comparison comparison;
    const struct gain_matrix *matrix = &study->matrix;
    if (!compare_chips(&job->arena, &job->facts, matrix->chips.items, matrix->chips.count,
                       matrix->found, matrix->traces.count, &matrix->iso, &comparison, err))
        return false;
    if (job->format == OUTPUT_JSON)
        report_compare_json(&comparison, CLEAVE_VERSION, job->out);
    else if (job->format == OUTPUT_CSV)
        report_compare_csv(&comparison, job->out);
    else
        report_compare_table(&comparison, job->out);
    return true;
}

static bool run_study(struct job *job, struct error *err)
{
    struct gain_study study;
    const char *path = place_config(&job->arena, "studies", job->words[0], err);
    if (!path)
        return false;
    bool is_read = gain_study_load(&job->arena, &job->facts, path,
                                   job->workload ? job->workload : "", &study, err);
    job->traces = study.traces;
    if (!is_read)
        return false;
    job->options.workload = study.workload;
    job->options.assume = study.assume;
    if (study.kind == STUDY_HISTORY)
        return run_history(job, &study, err);
    if (study.kind == STUDY_COMPARE)
        return run_matrix(job, &study, err);
    if (*study.title && job->format == OUTPUT_TABLE && !job->why)
        fprintf(job->out, "%s\n\n", study.title);
    return study.simulations
               ? print_simulations(job, study.simulations, study.card_count, study.hold,
                                   job->workload ? "" : study.twin, err)
               : print_pairs(job, study.cards, study.card_count, err);
}

int command_gain(int argc, char **argv)
{
    struct job job = {0};
    struct output output = {0};
    struct error err = {0};
    int status = read_words(argc, argv, &job);
    if (status)
        return status;
    bool is_done = output_open(&output, job.output_path, &err);
    job.out = output.file;
    is_done = is_done && gain_facts_load(&job.arena, &job.facts, &err) &&
              (job.word_count == 1 ? run_study(&job, &err) : run_cards(&job, &err)) &&
              output_close(&output, &err);
    if (!is_done)
        output_abandon(&output);
    study_traces_remove(&job.traces);
    arena_free(&job.arena);
    return is_done ? 0 : command_failed(&err);
}
