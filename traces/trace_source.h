/* The bytes of a trace, plain or gzip by content, as lines and blocks. "-" is spooled to an
 * unnamed file first, so that every source can be read twice. A gzip stream must be whole: its
 * end marker there, its checksum right, nothing behind it. */
#ifndef TRACES_TRACE_SOURCE_H
#define TRACES_TRACE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/error.h"

struct trace_source;

enum { TRACE_LINE_MAX = 1 << 20 }; /* bytes, the line feed included */

struct trace_source *trace_source_open(const char *path, struct error *err);
void trace_source_close(struct trace_source *source);
/* is_summing: keep the checksum (open does), or not (it takes half of the time). */
bool trace_source_rewind(struct trace_source *source, bool is_summing, struct error *err);

/* The next line, ended by '\n' (part of the length; borrowed until the next call). At the end
 * of the file *length is 0. */
bool trace_source_line(struct trace_source *source, const char **line, size_t *length,
                       struct error *err);
/* Exactly `count` bytes into `into`. */
bool trace_source_block(struct trace_source *source, void *into, size_t count,
                        struct error *err);

const char *trace_source_path(const struct trace_source *source); /* "standard input" for "-" */
uint64_t trace_source_offset(const struct trace_source *source);  /* uncompressed, behind it */
/* CRC-32 of all bytes delivered before the last line. */
uint32_t trace_source_checksum(struct trace_source *source);
/* "PATH:LINE: " and the sentence; always false. */
bool trace_source_error(const struct trace_source *source, struct error *err,
                        const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
