/* The trace: operators and tensors of one program, as text, one record a line, plain or gzip.
 * traces/FORMAT.md is the page for people. A file is checked whole (syntax, counts, checksum,
 * shapes, last uses) when it is opened; only then is the first operator delivered, so nothing
 * is ever half-simulated. Memory follows the tensors alive at one time, never the length of the
 * file. Every refusal names the place: `resnet.trace:12: ...`. */
#ifndef TRACES_TRACE_H
#define TRACES_TRACE_H

#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"
#include "workloads/operator.h"
#include "workloads/sink.h"

enum { TRACE_VERSION = 1 };

struct trace_reader;

/* What the check pass found; valid from trace_open to trace_close. */
struct trace_counts {
    uint64_t tensors, operators;
    uint64_t bytes; /* of the uncompressed stream */
    uint64_t live_tensors_max;
};

/* Opens and checks a file; "-" is standard input, spooled first. The reader keeps its records
 * in memory of its own. NULL: err holds the sentence. */
struct trace_reader *trace_open(const char *path, struct error *err);
void trace_close(struct trace_reader *reader); /* NULL is allowed */
const struct trace_counts *trace_counts(const struct trace_reader *reader);

/* The next operator, or false: at the end err stays empty, otherwise (the file changed after it
 * was checked) it holds the sentence. `op` and all it points to are borrowed until the next
 * call; a tensor's address is the same in every operator that uses it, and lives until the call
 * after its last use. */
bool trace_next(struct trace_reader *reader, struct operator* op, struct error *err);
/* From now on tensors live for so many further calls. Call it before the first operator, and
 * once; what is used after its last use is then no longer refused. False: no memory. */
bool trace_hold(struct trace_reader *reader, uint64_t operators, struct error *err);
/* Of a tensor of the reader's current operator: its bytes are gone after it. For inputs that is
 * op->is_last_use; for outputs it says that nobody will read them. */
bool trace_is_last_use(const struct tensor *tensor);
/* Back to the first operator. */
bool trace_rewind(struct trace_reader *reader, struct error *err);

/* Only the check. */
bool trace_check(const char *path, struct error *err);

/* A sink that writes a trace: "-" is standard output, a name ending in .gz is compressed. The
 * file appears whole when `finish` succeeds, or not at all. Tensors nobody uses are left out.
 * `finish` frees the sink; trace_writer_abandon frees it without writing anything. */
struct sink *trace_writer_open(const char *path, struct error *err);
void trace_writer_abandon(struct sink *sink);

#endif
