/* Looks for near twins of a trace and writes them: see workloads/twin.h. */
#ifndef TRACES_TRACE_TWIN_H
#define TRACES_TRACE_TWIN_H

#include "traces/trace.h"
#include "workloads/twin.h"

/* Up to `wanted` different twins whose multiply-accumulates (operations, where there are none)
 * stay within `tolerance` (0.03) of the original's. Deterministic: moves of one dimension
 * first, nearest first and dimensions in turn, then pairs that make up for one another. The
 * reader is rewound before and after. *original gets the original's own work. */
bool trace_twins(struct trace_reader *reader, size_t wanted, double tolerance,
                 struct twin *twins, size_t *count, struct twin *original, struct arena *arena,
                 struct error *err);
/* "width 768 to 780, extent 128 to 126". */
const char *twin_describe(const struct twin *twin, struct arena *arena);
/* Writes the twin into the sink, which the caller finishes. The reader is rewound before. */
bool trace_twin_write(struct trace_reader *reader, const struct twin *twin, struct sink *sink,
                      struct error *err);

#endif
