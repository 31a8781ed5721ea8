#include <string.h>

#include "arch/memory/dram_file.h"
#include "sim/cli/command.h"
#include "sim/cli/output.h"
#include "sim/report/report_dram.h"
#include "sim/study/dram_energy.h"

enum { SETS_MAX = 64 };

struct options {
    const char *memory, *traffic, *output, *sets[SETS_MAX];
    size_t set_count;
    enum output_format format;
};

/* 0, or the exit status of wrong usage. */
static int take_value(struct options *options, const char *word, const char *value)
{
    if (value == NULL)
        return command_misused("dram", "%s is unknown or lacks its value", word);
    if (strcmp(word, "--set") == 0) {
        if (options->set_count == SETS_MAX)
            return command_misused("dram", "more than %d values are set", SETS_MAX);
        options->sets[options->set_count++] = value;
    } else if (strcmp(word, "--format") == 0) {
        if (!output_format_parse(value, &options->format))
            return command_misused("dram", "--format is '%s', wanted table, json or csv",
                                   value);
    } else if (strcmp(word, "-o") == 0) {
        options->output = value;
    } else {
        return command_misused("dram", "%s is no option of it", word);
    }
    return 0;
}

static int read_options(int argc, char **argv, struct options *options)
{
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1] != '\0') {
            int status = take_value(options, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
            if (status != 0)
                return status;
            i++;
        } else if (options->memory == NULL) {
            options->memory = argv[i];
        } else if (options->traffic == NULL) {
            options->traffic = argv[i];
        } else {
            return command_misused("dram", "'%s' is one word too many", argv[i]);
        }
    }
    if (options->traffic == NULL)
        return command_misused("dram", "a memory and a pattern or file are needed");
    return 0;
}

static bool run(struct arena *arena, const struct options *options, FILE *out,
                struct error *err)
{
    struct dram_config config = {0};
    struct dram_map map;
    struct dram_pattern pattern;
    if (!dram_file_load(arena, options->memory, options->sets, options->set_count, &config,
                        &map, NULL, err))
        return false;
    /* A word with '=' means a pattern, however its kind is spelled. */
    bool is_read = dram_pattern_named(options->traffic) || strchr(options->traffic, '=') != NULL
                       ? dram_pattern_parse(options->traffic, &config, &pattern, err)
                       : dram_pattern_load(arena, options->traffic, &pattern, err);
    if (!is_read)
        return false;
    struct dram_result result = dram_run(arena, &config, &map, &pattern);
    struct report_dram report = {.version = CLEAVE_VERSION,
                                 .memory = options->memory,
                                 .traffic = options->traffic,
                                 .config = &config,
                                 .result = &result};
    if (!dram_energy(arena, options->memory, &config, &result, &report.energy_j, err))
        return false;
    if (options->format == OUTPUT_JSON)
        report_dram_json(&report, out);
    else if (options->format == OUTPUT_CSV)
        report_dram_csv(&report, out);
    else
        report_dram_table(&report, out);
    return true;
}

int command_dram(int argc, char **argv)
{
    struct arena arena = {0};
    struct options options = {0};
    struct error err = {0};
    struct output output = {0};
    int status = read_options(argc, argv, &options);
    if (status == 0) {
        bool is_done = output_open(&output, options.output, &err) &&
                       run(&arena, &options, output.file, &err) && output_close(&output, &err);
        if (!is_done) {
            output_abandon(&output);
            status = command_failed(&err);
        }
    }
    arena_free(&arena);
    return status;
}
