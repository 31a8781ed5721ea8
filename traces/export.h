/* Exporters: a trace in other tools' formats, where the meaning survives. What a format cannot
 * say is left out and counted, never bent: `coverage` says how much of the work went across. */
#ifndef TRACES_EXPORT_H
#define TRACES_EXPORT_H

#include <stdio.h>

#include "traces/trace.h"

enum { EXPORT_WARNINGS_MAX = 32 };

struct export_summary {
    uint64_t operators, exported, left_out;
    uint64_t macs, exported_macs;
    const char *coverage; /* one line, ready to print; in the arena */
    size_t warning_count;
    const char *warnings[EXPORT_WARNINGS_MAX]; /* whole sentences; in the arena */
};

struct export_context {
    struct trace_reader *reader; /* at the first operator */
    FILE *file;
    const char *path; /* for sentences */
    struct arena *arena;
    struct export_summary *summary;
};

struct exporter {
    const char *name, *summary;
    bool (*run)(struct export_context *context, struct error *err);
};

const struct exporter *exporter_table(size_t *count);

/* Reads the trace and writes `path` ("-": standard output) in the named format. */
bool export_file(const char *trace, const char *format, const char *path, struct arena *arena,
                 struct export_summary *summary, struct error *err);

#endif
