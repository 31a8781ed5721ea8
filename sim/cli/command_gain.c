#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_errno.h>

#include "sim/cli/command.h"
#include "sim/config/place.h"
#include "sim/report/report_gain.h"

enum { CARDS_MAX = 64 };
enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };

struct request {
    const char *words[CARDS_MAX]; /* cards, or one study */
    int word_count;
    const char *workload, *why, *output, *twin, *hold;
    enum format format;
    struct gain_options options;
};

/* Options that take a value. */
static int take_option(struct request *request, const char *name, const char *value)
{
    static const char *const FORMATS[] = {"table", "json", "csv"};
    char *end;
    if (strcmp(name, "--workload") == 0) {
        request->workload = value;
    } else if (strcmp(name, "--why") == 0) {
        request->why = value;
    } else if (strcmp(name, "-o") == 0) {
        request->output = value;
    } else if (strcmp(name, "--twin") == 0) {
        request->twin = value;
    } else if (strcmp(name, "--hold") == 0) {
        request->hold = value;
    } else if (strcmp(name, "--round") == 0) {
        if (strcmp(value, "article") != 0)
            return command_misused("gain", "--round is '%s', wanted article", value);
        request->options.rounds_as_article = true;
    } else if (strcmp(name, "--format") == 0) {
        for (int i = 0; i < 3; i++)
            if (strcmp(value, FORMATS[i]) == 0) {
                request->format = (enum format)i;
                return 0;
            }
        return command_misused("gain", "--format is '%s', wanted table, json or csv", value);
    } else if (strcmp(name, "--seed") == 0) {
        request->options.seed = strtoull(value, &end, 10);
        if (*end || end == value)
            return command_misused("gain", "--seed is '%s', wanted a whole number", value);
    } else if (strcmp(name, "--draws") == 0) {
        unsigned long draws = strtoul(value, &end, 10);
        if (*end || draws < 100 || draws > 1000000)
            return command_misused("gain", "--draws is '%s', wanted 100 to 1000000", value);
        request->options.draws = (uint32_t)draws;
    } else {
        return command_misused("gain", "'%s' is no option", name);
    }
    return 0;
}

static int read_words(int argc, char **argv, struct request *request)
{
    memset(request, 0, sizeof *request);
    gain_options_init(&request->options);
    request->workload = "";
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1]) {
            if (i + 1 == argc)
                return command_misused("gain", "'%s' has no value", argv[i]);
            int status = take_option(request, argv[i], argv[i + 1]);
            if (status)
                return status;
            i++;
        } else if (request->word_count == CARDS_MAX) {
            return command_misused("gain", "more than %d cards", CARDS_MAX);
        } else {
            request->words[request->word_count++] = argv[i];
        }
    }
    if (!request->word_count)
        return command_misused("gain", "wanted two cards or a study");
    return 0;
}

static bool print_report(const struct gain_report *report, const struct request *request,
                         bool is_first, FILE *out, struct error *err)
{
    if (!is_first && request->format == FORMAT_TABLE && !request->why)
        fputc('\n', out);
    if (request->why)
        return report_gain_why(report, request->why, out, err);
    if (request->format == FORMAT_JSON)
        report_gain_json(report, CLEAVE_VERSION, out);
    else if (request->format == FORMAT_CSV)
        report_gain_csv(report, is_first, out);
    else
        report_gain_table(report, out);
    return true;
}

static bool print_pairs(struct arena *arena, const struct gain_facts *facts,
                        const struct gain_card *cards, size_t count,
                        const struct request *request, FILE *out, struct error *err)
{
    for (size_t i = 1; i < count; i++) {
        struct gain_report report;
        if (!gain_measured(arena, facts, &cards[0], &cards[i], &request->options, &report,
                           err) ||
            !print_report(&report, request, i == 1, out, err))
            return false;
    }
    return true;
}

/* `hold` and `twin`: what the study says, overruled by the command line. */
static bool print_simulations(struct arena *arena, const struct gain_facts *facts,
                              const struct gain_simulation *chips, size_t count, int hold,
                              const char *twin, const struct request *request, FILE *out,
                              struct error *err)
{
    struct gain_simulated_options options = {request->options, (enum move_hold)hold,
                                             !request->hold, NULL};
    if (request->hold) {
        int i = 0;
        while (MOVE_HOLD_NAMES[i] && strcmp(MOVE_HOLD_NAMES[i], request->hold) != 0)
            i++;
        if (!MOVE_HOLD_NAMES[i])
            return error_set(err, "--hold is '%s', wanted shape, area, transistors or power",
                             request->hold);
        options.hold = (enum move_hold)i;
    }
    if (request->twin || *twin) {
        options.twin = gain_trace(arena, request->twin ? request->twin : twin, err);
        if (!options.twin)
            return false;
    }
    for (size_t i = 1; i < count; i++) {
        struct gain_report report;
        if (!gain_simulated(arena, facts, &chips[0], &chips[i], &options, &report, err) ||
            !print_report(&report, request, i == 1, out, err))
            return false;
    }
    return true;
}

static bool read_card(struct arena *arena, const struct gain_facts *facts, const char *key,
                      const char *workload, const char *submitter, struct gain_card *card,
                      struct error *err)
{
    if (strncmp(key, "mlperf:", 7) == 0)
        return gain_card_mlperf(arena, facts, key, workload, submitter, card, err);
    if (strncmp(key, "chip:", 5) == 0)
        return gain_card_chip(arena, facts, key + 5, card, err);
    return error_set(err, "'%s' is no card: wanted mlperf:ROUND/NxCHIP[/SYSTEM] or chip:KEY",
                     key);
}

/* Words without a colon are chips to simulate, all on one trace. */
static bool run_chips(struct arena *arena, const struct gain_facts *facts,
                      const struct request *request, FILE *out, struct error *err)
{
    size_t count = (size_t)request->word_count;
    struct gain_simulation *chips = arena_array(arena, count, sizeof *chips);
    const char *trace = gain_trace(arena, request->options.workload, err);
    for (size_t i = 0; i < count && trace; i++)
        chips[i] =
            (struct gain_simulation){request->words[i], {request->words[i], NULL, 0}, trace, 1};
    return trace &&
           print_simulations(arena, facts, chips, count, HOLD_CHIP_AREA, "", request, out, err);
}

static bool run_cards(struct arena *arena, const struct gain_facts *facts,
                      struct request *request, FILE *out, struct error *err)
{
    size_t count = (size_t)request->word_count;
    struct gain_card *cards = arena_array(arena, count, sizeof *cards);
    const char *workload = *request->workload ? request->workload : "resnet50";
    request->options.workload = workload;
    if (!strchr(request->words[0], ':'))
        return run_chips(arena, facts, request, out, err);
    for (size_t i = 0; i < count; i++)
        if (!read_card(arena, facts, request->words[i], workload, i ? cards[0].submitter : NULL,
                       &cards[i], err))
            return false;
    return print_pairs(arena, facts, cards, count, request, out, err);
}

static bool run_study(struct arena *arena, const struct gain_facts *facts,
                      struct request *request, FILE *out, struct error *err)
{
    struct gain_study study;
    const char *path = place_config(arena, "studies", request->words[0], err);
    if (!path || !gain_study_load(arena, facts, path, request->workload, &study, err))
        return false;
    request->options.workload = study.workload;
    request->options.assume = study.assume;
    if (study.kind == STUDY_PAIR) {
        if (*study.title && request->format == FORMAT_TABLE && !request->why)
            fprintf(out, "%s\n\n", study.title);
        if (study.simulations)
            return print_simulations(arena, facts, study.simulations, study.card_count,
                                     study.hold, study.twin, request, out, err);
        return print_pairs(arena, facts, study.cards, study.card_count, request, out, err);
    }
    struct gain_history history;
    if (!gain_history(arena, facts, &study, &request->options, &history, err))
        return false;
    if (request->format == FORMAT_JSON)
        report_history_json(&history, CLEAVE_VERSION, out);
    else if (request->format == FORMAT_CSV)
        report_history_csv(&history, out);
    else
        report_history_table(&history, out);
    return true;
}

int command_gain(int argc, char **argv)
{
    struct request request;
    int status = read_words(argc, argv, &request);
    if (status)
        return status;
    if (request.word_count == 1 && strchr(request.words[0], ':'))
        return command_misused("gain", "one card alone; wanted two, or a study");
    FILE *out = stdout;
    struct arena arena = {0};
    struct gain_facts facts;
    struct error err = {0};
    gsl_set_error_handler_off();
    if (request.output && strcmp(request.output, "-") != 0) {
        out = fopen(request.output, "w");
        if (!out) {
            error_set(&err, "%s: cannot be written", request.output);
            return command_failed(&err);
        }
    }
    bool is_good = gain_facts_load(&arena, &facts, &err) &&
                   (request.word_count == 1 ? run_study(&arena, &facts, &request, out, &err)
                                            : run_cards(&arena, &facts, &request, out, &err));
    if (out != stdout && fclose(out) != 0 && is_good)
        is_good = error_set(&err, "%s: cannot be written", request.output);
    arena_free(&arena);
    return is_good ? 0 : command_failed(&err);
}
