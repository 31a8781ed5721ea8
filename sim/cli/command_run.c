#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/command.h"
#include "sim/cli/news.h"
#include "sim/cli/output.h"
#include "sim/report/report_loop.h"
#include "sim/report/report_run.h"
#include "sim/report/timeline.h"
#include "sim/study/mapping_pins.h"

enum { SETS_MAX = 64, TIMELINE_EVENTS_MAX = 200000 };

struct options {
    const char *chip, *output, *timeline, *mapping;
    const char **traces, *sets[SETS_MAX];
    size_t trace_count, set_count;
    enum output_format format;
    bool has_dump;
};

/* --tables X is --set tables=X, and so on. */
static const char *const TOP_LEVEL[] = {"tables", "precision", "scope", "cap", "process"};

static bool add_set(struct options *options, const char *text)
{
    if (options->set_count == SETS_MAX)
        return false;
    options->sets[options->set_count++] = text;
    return true;
}

static bool take_top_level(struct options *options, struct arena *arena, const char *word,
                           const char *value)
{
    for (size_t i = 0; i < sizeof TOP_LEVEL / sizeof TOP_LEVEL[0]; i++)
        if (strncmp(word, "--", 2) == 0 && strcmp(word + 2, TOP_LEVEL[i]) == 0 && value)
            return add_set(options, arena_format(arena, "%s=%s", TOP_LEVEL[i], value));
    return false;
}

/* 0, or the exit status of wrong usage. */
static int read_options(int argc, char **argv, struct arena *arena, struct options *options)
{
    options->traces = arena_array(arena, (size_t)argc + 1, sizeof *options->traces);
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(word, "--dump") == 0)
            options->has_dump = true;
        else if (strcmp(word, "--extrapolate") == 0)
            add_set(options, "extrapolate=yes");
        else if (word[0] != '-' || word[1] == '\0') {
            if (!options->chip)
                options->chip = word;
            else
                options->traces[options->trace_count++] = word;
        } else if (!value)
            return command_misused("run", "%s is unknown or lacks its value", word);
        else {
            i++;
            if (strcmp(word, "--set") == 0) {
                if (!add_set(options, value))
                    return command_misused("run", "more than %d values are set", SETS_MAX);
            } else if (strcmp(word, "--format") == 0) {
                if (!output_format_parse(value, &options->format))
                    return command_misused("run", "--format is '%s', wanted table, json or csv",
                                           value);
            } else if (strcmp(word, "-o") == 0)
                options->output = value;
            else if (strcmp(word, "--timeline") == 0)
                options->timeline = value;
            else if (strcmp(word, "--mapping") == 0)
                options->mapping = value;
            else if (!take_top_level(options, arena, word, value))
                return command_misused("run", "%s is no option of it", word);
        }
    }
    if (!options->chip || options->trace_count == 0)
        return command_misused("run", "a chip and at least one trace are needed");
    return 0;
}

/* What a run writes while it plays: a timeline, and operators into a spool, so that memory does
 * not grow with their number. */
struct live {
    struct timeline *timeline;
    FILE *timeline_file, *spool;
    enum output_format format;
    uint64_t spooled;
};

static void take_span(void *context, const char *track, const char *name, double start,
                      double end)
{
    struct live *live = context;
    timeline_span(live->timeline, track, name, start, end);
}

static void take_operator(void *context, const struct run_result *result,
                          const struct run_operator *operator)
{
    struct live *live = context;
    if (live->format == OUTPUT_JSON)
        report_run_json_operator(result, operator, live->spooled == 0, live->spool);
    else
        report_run_csv_operator(result, operator, live->spool);
    live->spooled++;
}

static void start_again(void *context)
{
    struct live *live = context;
    live->spooled = 0;
    if (live->spool) {
        rewind(live->spool);
        if (ftruncate(fileno(live->spool), 0) != 0)
            live->format = OUTPUT_JSON; /* the write that follows fails and is reported */
    }
    if (live->timeline_file)
        rewind(live->timeline_file);
    if (live->timeline_file && ftruncate(fileno(live->timeline_file), 0) == 0)
        timeline_begin(live->timeline, live->timeline_file, TIMELINE_EVENTS_MAX);
}

static bool write_result(const struct run_result *result, struct live *live, bool is_first,
                         FILE *out, struct error *err)
{
    if (live->format == OUTPUT_TABLE) {
        report_run_table(result, out);
        return true;
    }
    if (fflush(live->spool) != 0 || ferror(live->spool))
        return error_set(err, "temporary file: %s", strerror(errno));
    if (live->format == OUTPUT_JSON) {
        report_run_json_spooled(result, live->spool, out);
        return true;
    }
    char block[1 << 16];
    size_t count;
    if (is_first)
        report_run_csv_header(out);
    rewind(live->spool);
    while ((count = fread(block, 1, sizeof block, live->spool)) > 0)
        fwrite(block, 1, count, out);
    return true;
}

static bool run_one(const struct options *options, const char *trace, bool is_first, FILE *out,
                    FILE *timeline_file, struct error *err)
{
    struct arena arena = {0};
    struct timeline timeline;
    struct run_result result;
    struct run_request request = {.chip = options->chip,
                                  .trace = trace,
                                  .sets = options->sets,
                                  .set_count = options->set_count};
    struct mapping_pins pins;
    if (options->mapping) {
        if (!mapping_pins_read(options->mapping, &arena, &pins, err)) {
            arena_free(&arena);
            return false;
        }
        request.pins = &pins.pins;
    }
    struct live live = {.timeline = &timeline,
                        .timeline_file = timeline_file,
                        .format = options->format,
                        .spool = options->format == OUTPUT_TABLE ? NULL : tmpfile()};
    request.context = &live;
    request.restart = start_again;
    request.keep = options->format == OUTPUT_TABLE ? RUN_KEEP_LARGEST : RUN_KEEP_NONE;
    if (timeline_file)
        request.span = take_span;
    if (live.spool)
        request.operator= take_operator;
    struct news news;
    news_begin(&news, "operators");
    request.progress = &news.progress;
    bool is_done = (live.spool || options->format == OUTPUT_TABLE ||
                    error_set(err, "temporary file: %s", strerror(errno))) &&
                   study_run(&arena, &request, &result, err);
    news_end(&news);
    if (is_done && options->has_dump)
        config_dump(result.chip->config, options->format == OUTPUT_TABLE ? out : stderr);
    if (is_done && options->mapping)
        mapping_pins_warn(&pins, &arena, &result);
    if (is_done)
        is_done = write_result(&result, &live, is_first, out, err);
    if (is_done && timeline_file)
        timeline_end(&timeline);
    if (live.spool)
        fclose(live.spool);
    arena_free(&arena);
    return is_done;
}

/* A loop kernel on a core that schedules its loops. */
static bool run_loop(const struct options *options, const char *path, bool is_first, FILE *out,
                     FILE *timeline_file, struct error *err)
{
    struct arena arena = {0};
    struct loop_result result;
    if (options->mapping)
        return error_set(err, "%s: a loop kernel takes no mapping file: its hints say all",
                         path);
    bool is_done = loop_run(&arena, options->chip, path, options->sets, options->set_count,
                            &result, err) &&
                   loop_price(&arena, &result, err);
    if (is_done && options->has_dump)
        config_dump(result.chip->config, options->format == OUTPUT_TABLE ? out : stderr);
    if (is_done && options->format == OUTPUT_JSON)
        report_loop_json(&result, out);
    else if (is_done && options->format == OUTPUT_CSV)
        report_loop_csv(&result, is_first, out);
    else if (is_done)
        report_loop_table(&result, out);
    if (is_done && timeline_file) {
        struct timeline timeline;
        timeline_begin(&timeline, timeline_file, TIMELINE_EVENTS_MAX);
        timeline_span(&timeline, result.core->name, result.kernel.name, 0, result.seconds);
        timeline_end(&timeline);
    }
    arena_free(&arena);
    return is_done;
}

int command_run(int argc, char **argv)
{
    struct arena arena = {0};
    struct options options = {0};
    struct error err = {0};
    int status = read_options(argc, argv, &arena, &options);
    struct output output = {0}, timeline = {0};
    if (status == 0 && (!output_open(&output, options.output, &err) ||
                        (options.timeline && !output_open(&timeline, options.timeline, &err))))
        status = command_failed(&err);
    for (size_t i = 0; i < options.trace_count && status == 0; i++) {
        const char *trace = options.traces[i];
        FILE *spans = i == 0 ? timeline.file : NULL;
        bool is_done = loop_run_is_kernel(trace)
                           ? run_loop(&options, trace, i == 0, output.file, spans, &err)
                           : run_one(&options, trace, i == 0, output.file, spans, &err);
        if (!is_done)
            status = command_failed(&err);
    }
    if (status == 0 && (!output_close(&output, &err) || !output_close(&timeline, &err)))
        status = command_failed(&err);
    output_abandon(&output);
    output_abandon(&timeline);
    arena_free(&arena);
    return status;
}
