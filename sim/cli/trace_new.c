/* cleave trace new WORKLOAD [--KEY VALUE]... -o FILE */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/command.h"
#include "sim/cli/trace_command.h"
#include "traces/trace.h"
#include "workloads/dense/workload.h"

enum { SETTINGS_MAX = 32 };

static void print_keys(const struct workload *workload)
{
    printf("%s: %s (%s)\n", workload->name, workload->summary, workload->source);
    for (const struct workload_key *k = workload->keys; k->name; k++) {
        printf("  --%-12s %s", k->name, k->summary);
        if (k->fallback == WORKLOAD_NEEDED)
            printf(" (needed)\n");
        else if (!k->is_text && k->fallback)
            printf(" (default %lld)\n", (long long)k->fallback);
        else
            printf("\n");
    }
    if (workload->is_model)
        printf("  --batch        inputs at a time (default 1)\n"
               "  --train        add gradients and one optimiser step\n");
    printf("  --dtype        number format of weights and activations (default f32)\n");
}

static int build(const struct workload *workload, const struct workload_setting *settings,
                 size_t count, const char *path)
{
    struct error err = {0};
    struct sink *sink = trace_writer_open(path, &err);
    if (!sink)
        return command_failed(&err);
    if (!workload_build(workload, settings, count, sink, &err)) {
        trace_writer_abandon(sink);
        return command_failed(&err);
    }
    return sink->finish(sink, &err) ? 0 : command_failed(&err);
}

int trace_new(int argc, char **argv)
{
    struct workload_setting settings[SETTINGS_MAX];
    size_t count = 0;
    const char *path = NULL;
    if (argc < 1)
        return command_misused("trace",
                               "new needs a workload; `cleave list workloads` has them");
    const struct workload *workload = workload_find(argv[0]);
    if (!workload)
        return command_misused("trace", "'%s' is no workload; `cleave list workloads` has them",
                               argv[0]);
    for (int i = 1; i < argc; i++) {
        bool is_switch = false;
        if (strcmp(argv[i], "--help") == 0) {
            print_keys(workload);
            return 0;
        }
        if (strcmp(argv[i], "-o") == 0) {
            if (path || i + 1 == argc)
                return command_misused("trace", path ? "-o is given twice" : "-o needs a file");
            path = argv[++i];
            continue;
        }
        if (strncmp(argv[i], "--", 2) != 0 || !argv[i][2])
            return command_misused("trace", "new does not understand '%s'", argv[i]);
        if (!workload_key_known(workload, argv[i] + 2, &is_switch))
            return command_misused("trace", "workload '%s' has no key '%s'", workload->name,
                                   argv[i]);
        if (count == SETTINGS_MAX)
            return command_misused("trace", "has more than %d keys", SETTINGS_MAX);
        settings[count].key = argv[i] + 2;
        settings[count].value = "";
        bool has_value = i + 1 < argc && (argv[i + 1][0] != '-' ||
                                          (argv[i + 1][1] >= '0' && argv[i + 1][1] <= '9'));
        if (!is_switch || has_value) {
            if (i + 1 == argc)
                return command_misused("trace", "%s needs a value", argv[i]);
            settings[count].value = argv[++i];
        }
        count++;
    }
    if (!path)
        return command_misused("trace", "new needs -o FILE");
    return build(workload, settings, count, path);
}
