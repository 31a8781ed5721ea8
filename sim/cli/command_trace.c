/* cleave trace new|import|show|check|export: the words are sorted here, the work is done by the
 * files beside this one. */
#include <stdio.h>
#include <string.h>

#include "sim/cli/command.h"
#include "sim/cli/trace_command.h"
#include "traces/trace.h"

static int trace_check_files(int argc, char **argv)
{
    if (argc < 1)
        return command_misused("trace", "check needs a file");
    int status = 0;
    for (int i = 0; i < argc; i++) {
        struct error err = {0};
        if (argv[i][0] == '-' && argv[i][1])
            return command_misused("trace", "check has no option '%s'", argv[i]);
        struct trace_reader *reader = trace_open(argv[i], &err);
        if (!reader) {
            status = command_failed(&err);
            continue;
        }
        printf("%s: %llu operators, %llu tensors, at most %llu alive at one time\n", argv[i],
               (unsigned long long)trace_counts(reader)->operators,
               (unsigned long long)trace_counts(reader)->tensors,
               (unsigned long long)trace_counts(reader)->live_tensors_max);
        trace_close(reader);
    }
    return status;
}

static const struct {
    const char *word;
    int (*run)(int argc, char **argv);
} PARTS[] = {
    {"new", trace_new},       {"import", trace_import},     {"show", trace_show},
    {"export", trace_export}, {"check", trace_check_files},
};

int command_trace(int argc, char **argv)
{
    if (argc < 1)
        return command_misused("trace", "needs new, import, show, check or export");
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++)
        if (strcmp(argv[0], PARTS[i].word) == 0)
            return PARTS[i].run(argc - 1, argv + 1);
    return command_misused("trace", "has no part '%s'", argv[0]);
}
