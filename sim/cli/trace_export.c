/* cleave trace export FILE --as FORMAT -o FILE */
#include <stdio.h>
#include <string.h>

#include "sim/cli/command.h"
#include "sim/cli/trace_command.h"
#include "traces/export.h"

static int export_trace(const char *trace, const char *format, const char *to)
{
    struct error err = {0};
    struct arena arena = {0};
    struct export_summary summary;
    bool is_done = export_file(trace, format, to, &arena, &summary, &err);
    if (is_done) { /* on stderr, because standard output may be the file */
        fprintf(stderr, "%s\n", summary.coverage);
        for (size_t i = 0; i < summary.warning_count; i++)
            fprintf(stderr, "warning: %s\n", summary.warnings[i]);
    }
    arena_free(&arena);
    return is_done ? 0 : command_failed(&err);
}

static bool is_format(const char *name)
{
    size_t count;
    const struct exporter *table = exporter_table(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return true;
    return false;
}

int trace_export(int argc, char **argv)
{
    const char *trace = NULL, *format = NULL, *to = NULL;
    for (int i = 0; i < argc; i++) {
        const char **place = strcmp(argv[i], "-o") == 0     ? &to
                             : strcmp(argv[i], "--as") == 0 ? &format
                                                            : NULL;
        bool is_option = place != NULL;
        if (!is_option && argv[i][0] == '-' && argv[i][1])
            return command_misused("trace", "export does not understand '%s'", argv[i]);
        if (!is_option)
            place = &trace;
        if (*place)
            return command_misused("trace", "export does not understand a second '%s'",
                                   argv[i]);
        if (is_option && i + 1 == argc)
            return command_misused("trace", "%s needs a value", argv[i]);
        *place = is_option ? argv[++i] : argv[i];
    }
    if (!trace || !format)
        return command_misused("trace", "export needs a file and --as FORMAT");
    if (!is_format(format))
        return command_misused("trace", "--as is '%s', must be scalesim or chakra", format);
    return export_trace(trace, format, to ? to : "-");
}
