/* Index contents of a tensor: a block of little-endian numbers in the tensor's own integer
 * format, widened to int64_t when read. Above TRACE_SPILL_BYTES they are spilled to an unnamed
 * file and mapped, so that they need no memory of the process's own. */
#ifndef TRACES_TRACE_CONTENTS_H
#define TRACES_TRACE_CONTENTS_H

#include "traces/trace_live.h"
#include "traces/trace_source.h"

enum { TRACE_SPILL_BYTES = 16 << 20 };

/* Bytes of one number of the format in a block, or 0 where a format has no contents. */
int trace_contents_width(struct number_format format);
/* Reads the block behind the tensor's line, and the line feed after it. */
bool trace_contents_read(struct trace_source *source, struct live_tensor *record,
                         struct error *err);
/* Fills `bytes` (width per value) from values; false where one does not fit the format. */
bool trace_contents_pack(struct number_format format, const int64_t *values, size_t count,
                         unsigned char *bytes);

#endif
