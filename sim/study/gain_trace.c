#define _XOPEN_SOURCE 700 /* P_tmpdir */
#include "sim/study/gain_trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/config/config_place.h"
#include "traces/trace.h"
#include "workloads/dense/workload.h"

static bool is_file(const char *path)
{
    return access(path, R_OK) == 0;
}

/* Generates a workload with its defaults. */
static bool generate(struct arena *arena, struct study_traces *traces,
                     const struct workload *workload, struct study_trace *found,
                     struct error *err)
{
    const char *folder = getenv("TMPDIR");
    char *path = arena_format(arena, "%s/cleave-XXXXXX", folder && *folder ? folder : P_tmpdir);
    int file = mkstemp(path);
    if (file < 0)
        return error_set(err, "%s: cannot be made: %s", path, strerror(errno));
    close(file);
    traces->made =
        arena_grow(arena, traces->made, traces->count, traces->count + 1, sizeof *traces->made);
    *found = traces->made[traces->count++] = (struct study_trace){path, workload->name};
    struct sink *sink = trace_writer_open(path, err);
    if (!sink)
        return false;
    if (!workload_build(workload, NULL, 0, sink, err)) {
        trace_writer_abandon(sink);
        return false;
    }
    return sink->finish(sink, err);
}

bool study_trace_find(struct arena *arena, struct study_traces *traces, const char *name,
                      struct study_trace *found, struct error *err)
{
    const char *shipped = arena_format(arena, "%s/%s", place_root(arena), name);
    *found = (struct study_trace){name, name};
    if (strchr(name, '/') || strstr(name, ".trace")) {
        if (!is_file(name) && is_file(shipped))
            found->path = shipped;
        return is_file(found->path) || error_set(err, "%s: cannot be read", name);
    }
    for (size_t i = 0; i < traces->count; i++)
        if (strcmp(traces->made[i].label, name) == 0) {
            *found = traces->made[i];
            return true;
        }
    const struct workload *workload = workload_find(name);
    if (!workload)
        return error_set(err,
                         "'%s' is neither a trace file nor a workload; `cleave list workloads` "
                         "has them",
                         name);
    return generate(arena, traces, workload, found, err);
}

void study_traces_remove(struct study_traces *traces)
{
    for (size_t i = 0; i < traces->count; i++)
        unlink(traces->made[i].path);
    traces->count = 0;
}
