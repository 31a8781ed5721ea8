/* Importers: other tools' files become operators in a sink. One constant record per format;
 * the format is named (--as) or recognised from the file's content, never from its name alone.
 * An importer translates and never interprets: shapes and work follow from what the file says
 * or from the operator's definition; what it cannot derive is moved as bytes and reported.
 * Files may be gzip. Every refusal is one sentence with the place:
 * `model.onnx: node 17 "/layer1/Conv" (Conv): ...`, `net.csv:12: ...`.
 *
 *     struct import_summary summary = {0};
 *     struct sink *sink = trace_writer_open(out, &err);
 *     if (import_file(path, &options, sink, &arena, &summary, &err) && sink->finish(sink,
 * &err)) import_summary_print(&summary, stderr);      (the program's own) */
#ifndef TRACES_IMPORT_H
#define TRACES_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"
#include "workloads/sink.h"

struct import_options {
    const char *format; /* an importer's name, NULL: by content */
    int64_t batch;      /* 0: as the file says, 1 where the file leaves it open */
    /* Names of the tensors that are the model's data, all others being const. A name may carry
     * a shape for dimensions the file leaves open: "ids=1x128". None: by the format's rule. */
    const char *const *inputs;
    size_t input_count;
};

struct import_names {
    const char *const *names; /* in the arena */
    size_t count;
};

/* What came of it; everything in the arena. The importer's nodes are each counted once:
 * nodes = operators emitted + folded + ignored (records that stand for no work). */
struct import_summary {
    const char *format; /* the importer's name */
    struct import_names inputs, consts;
    uint64_t const_elements;
    uint64_t nodes, operators, folded, ignored;
    /* Operators by where their work comes from: derived from shapes by the operator's
     * definition; recorded (a duration or byte count the file holds, kept as bytes moved);
     * unknown (nothing known but the shapes: bytes moved, with a warning). */
    uint64_t derived, recorded, unknown;
    /* The same in the file's own time, microseconds; all 0 where the file has no durations. */
    double derived_us, recorded_us, unknown_us;
    const char *coverage;         /* one line of the above, ready to print */
    struct import_names warnings; /* whole sentences, each kind once with a count */
};

struct import_source; /* an open file, see traces/import_source.h */
struct import_report; /* warnings and lists in the making, see traces/import_report.h */

struct import_context {
    struct import_source *source;
    const struct import_options *options;
    struct sink *sink;
    struct arena *arena;
    struct import_summary *summary;
    struct import_report *report;
};

struct importer {
    const char *name, *summary;
    /* Looks at the first bytes (text ends with NUL; more of the file may follow). */
    bool (*sniff)(const char *head, size_t length);
    bool (*run)(struct import_context *context, struct error *err);
};

enum { IMPORT_BATCH_MAX = 1 << 24 };

/* All formats, in the order they are tried; *count of them. */
const struct importer *importer_table(size_t *count);

/* Reads the file and writes its operators into the sink; the caller calls the sink's finish.
 * False: err holds the sentence and the sink is to be abandoned. Memory follows the number of
 * nodes, not the bytes of the weights. */
bool import_file(const char *path, const struct import_options *options, struct sink *sink,
                 struct arena *arena, struct import_summary *summary, struct error *err);

#endif
