/* cleave trace import FILE [--as FORMAT] [--batch N] [--input NAME]... -o FILE */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/command.h"
#include "sim/cli/trace_command.h"
#include "traces/import.h"
#include "traces/trace.h"

enum { INPUTS_MAX = 64, NAMES_SHOWN = 8 };

static void print_names(FILE *out, const char *what, const struct import_names *names)
{
    fprintf(out, "%s (%zu):", what, names->count);
    for (size_t i = 0; i < names->count && i < NAMES_SHOWN; i++)
        fprintf(out, " %s", names->names[i]);
    fprintf(out, names->count > NAMES_SHOWN ? " ...\n" : "\n");
}

/* On stderr, because standard output may be the trace. */
static void print_summary(const struct import_summary *summary)
{
    fprintf(stderr, "format: %s\n", summary->format);
    print_names(stderr, "data", &summary->inputs);
    print_names(stderr, "const", &summary->consts);
    fprintf(stderr, "const elements: %llu\n", (unsigned long long)summary->const_elements);
    if (summary->coverage)
        fprintf(stderr, "%s\n", summary->coverage);
    for (size_t i = 0; i < summary->warnings.count; i++)
        fprintf(stderr, "warning: %s\n", summary->warnings.names[i]);
}

static int import(const char *path, const struct import_options *options, const char *to)
{
    struct error err = {0};
    struct arena arena = {0};
    struct import_summary summary = {0};
    struct sink *sink = trace_writer_open(to, &err);
    if (!sink)
        return command_failed(&err);
    bool is_good = import_file(path, options, sink, &arena, &summary, &err);
    if (!is_good)
        trace_writer_abandon(sink);
    else
        is_good = sink->finish(sink, &err);
    if (is_good)
        print_summary(&summary);
    arena_free(&arena);
    return is_good ? 0 : command_failed(&err);
}

static bool known_format(const char *name)
{
    size_t count;
    const struct importer *table = importer_table(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return true;
    return false;
}

/* The words both parts take; false: the message is out. */
struct words {
    const char *path, *to, *format, *batch;
    const char *inputs[INPUTS_MAX];
    size_t input_count;
};

static int read_words(const char *part, int argc, char **argv, struct words *w)
{
    bool is_import = strcmp(part, "import") == 0;
    for (int i = 0; i < argc; i++) {
        const char **place = strcmp(argv[i], "-o") == 0                     ? &w->to
                             : strcmp(argv[i], "--as") == 0                 ? &w->format
                             : is_import && strcmp(argv[i], "--batch") == 0 ? &w->batch
                                                                            : NULL;
        bool is_input = is_import && strcmp(argv[i], "--input") == 0;
        if (is_input && w->input_count < INPUTS_MAX)
            place = &w->inputs[w->input_count++];
        if (place) {
            if (*place)
                return command_misused("trace", "%s is given twice", argv[i]);
            if (i + 1 == argc)
                return command_misused("trace", "%s needs a value", argv[i]);
            *place = argv[++i];
        } else if ((argv[i][0] == '-' && argv[i][1]) || w->path)
            return command_misused("trace", "%s does not understand '%s'", part, argv[i]);
        else
            w->path = argv[i];
    }
    if (!w->path)
        return command_misused("trace", "%s needs a file", part);
    if (!w->to)
        return command_misused("trace", "%s needs -o FILE", part);
    return 0;
}

int trace_import(int argc, char **argv)
{
    struct words w = {0};
    int status = read_words("import", argc, argv, &w);
    if (status)
        return status;
    struct import_options options = {
        .format = w.format, .inputs = w.inputs, .input_count = w.input_count};
    if (w.format && !known_format(w.format))
        return command_misused("trace", "--as is '%s', which is no format", w.format);
    if (w.batch) {
        char *end;
        errno = 0;
        options.batch = strtoll(w.batch, &end, 10);
        if (errno || *end || options.batch < 1 || options.batch > 1 << 20)
            return command_misused("trace", "--batch is '%s', must be 1 to 1048576", w.batch);
    }
    return import(w.path, &options, w.to);
}
