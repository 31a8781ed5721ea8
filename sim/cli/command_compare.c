#include <stdio.h>
#include <string.h>

#include "sim/cli/command.h"
#include "sim/cli/output.h"
#include "sim/report/report_compare.h"

enum { WORDS_MAX = 64 };

struct job {
    const char *chips[WORDS_MAX], *traces[WORDS_MAX];
    size_t chip_count, trace_count;
    const char *iso, *output_path;
    enum output_format format;
};

static int read_words(int argc, char **argv, struct job *job)
{
    bool takes_traces = false;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (word[0] != '-' || !word[1]) {
            size_t *count = takes_traces ? &job->trace_count : &job->chip_count;
            if (*count == WORDS_MAX)
                return command_misused("compare", "more than %d chips or traces", WORDS_MAX);
            (takes_traces ? job->traces : job->chips)[(*count)++] = word;
            continue;
        }
        takes_traces = strcmp(word, "--traces") == 0;
        if (takes_traces)
            continue;
        if (!value)
            return command_misused("compare", "%s is unknown or lacks its value", word);
        i++;
        if (strcmp(word, "--iso") == 0)
            job->iso = value;
        else if (strcmp(word, "-o") == 0)
            job->output_path = value;
        else if (strcmp(word, "--format") == 0) {
            if (!output_format_parse(value, &job->format))
                return command_misused("compare", "--format is '%s', wanted table, json or csv",
                                       value);
        } else
            return command_misused("compare", "%s is no option of it", word);
    }
    if (!job->chip_count || !job->trace_count)
        return command_misused("compare", "chips, and traces after --traces, are needed");
    return 0;
}

static bool run(const struct job *job, struct arena *arena, struct study_traces *made,
                FILE *out, struct error *err)
{
    struct gain_facts facts;
    struct compare_iso iso = {0};
    struct comparison comparison;
    struct study_trace *traces = arena_array(arena, job->trace_count, sizeof *traces);
    if (!gain_facts_load(arena, &facts, err) ||
        (job->iso && !compare_read_iso(arena, job->iso, &iso, err)))
        return false;
    for (size_t i = 0; i < job->trace_count; i++)
        if (!study_trace_find(arena, made, job->traces[i], &traces[i], err))
            return false;
    if (!compare_chips(arena, &facts, job->chips, job->chip_count, traces, job->trace_count,
                       &iso, &comparison, err))
        return false;
    if (job->format == OUTPUT_JSON)
        report_compare_json(&comparison, CLEAVE_VERSION, out);
    else if (job->format == OUTPUT_CSV)
        report_compare_csv(&comparison, out);
    else
        report_compare_table(&comparison, out);
    return true;
}

int command_compare(int argc, char **argv)
{
    struct job job = {0};
    struct arena arena = {0};
    struct study_traces made = {0};
    struct output output = {0};
    struct error err = {0};
    int status = read_words(argc, argv, &job);
    if (status)
        return status;
    bool is_done = output_open(&output, job.output_path, &err) &&
                   run(&job, &arena, &made, output.file, &err) && output_close(&output, &err);
    if (!is_done)
        output_abandon(&output);
    study_traces_remove(&made);
    arena_free(&arena);
    return is_done ? 0 : command_failed(&err);
}
