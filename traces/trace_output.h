/* A file that appears whole or not at all: bytes go to a temporary neighbour, plain or gzip by
 * the name's ending, which is renamed when all is written. "-" is standard output. Private to
 * traces/. */
#ifndef TRACES_TRACE_OUTPUT_H
#define TRACES_TRACE_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/error.h"
#include "sim/kernel/number.h"
#include "traces/trace_contents.h"

struct trace_output;

struct trace_output *trace_output_open(const char *path, struct error *err);
void trace_output_add(struct trace_output *output, const void *bytes, size_t count);
/* The end record, with the checksum of all before it. */
void trace_output_end(struct trace_output *output, uint64_t tensors, uint64_t operators);
bool trace_output_close(struct trace_output *output, struct error *err); /* frees it */
void trace_output_abandon(struct trace_output *output); /* frees it; nothing appears */
/* The shortest text that reads back equal, always with '.' or 'e'; text holds 32 bytes. */
void trace_real_text(double value, char text[NUMBER_TEXT_BYTES]);

#endif
