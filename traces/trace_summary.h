/* What a trace holds, in one pass: work and bytes by kind of operator, arithmetic intensity,
 * the largest operators, lifetimes of tensors and the most bytes alive at one time. Bytes of an
 * operator are those of its tensors, each read or written once (the compulsory traffic). */
#ifndef TRACES_TRACE_SUMMARY_H
#define TRACES_TRACE_SUMMARY_H

#include "sim/kernel/arena.h"
#include "traces/trace.h"

enum {
    SUMMARY_LARGEST = 10,
    SUMMARY_INTENSITIES = 12, /* below 1/4, then up to 1/2, 1, 2, ... operations per byte */
    SUMMARY_LIFETIMES = 8     /* 1, 2, 3-4, 5-8, ... operators */
};

struct operator_work {
    uint64_t macs, ops, read_bytes, written_bytes;
};

struct summary_kind {
    const struct operator_spec *spec;
    uint64_t count;
    struct operator_work work;
};

struct summary_operator {
    const char *name;
    const struct operator_spec *spec;
    uint64_t index;
    struct operator_work work;
};

struct summary_bin {
    uint64_t count, ops, bytes;
};

struct trace_summary {
    struct trace_counts counts;
    struct operator_work total;
    uint64_t parameters, parameter_bytes, input_bytes, output_bytes, state_bytes;
    struct summary_kind *kinds; /* most operations first, then most bytes */
    size_t kind_count;
    struct summary_operator largest[SUMMARY_LARGEST]; /* by operations */
    size_t largest_count;
    struct summary_bin intensity[SUMMARY_INTENSITIES];
    struct summary_bin lifetime[SUMMARY_LIFETIMES]; /* of temps; count and bytes */
    /* Most bytes of values between operators, inputs and results alive during one operator;
     * weights and state are apart. */
    uint64_t peak_bytes, peak_index;
    const char *peak_name;
};

/* Work of one operator; `scratch` is given back. */
struct operator_work operator_work(const struct operator* op, struct arena *scratch);
bool trace_summarize(struct trace_reader *reader, struct arena *arena,
                     struct trace_summary *summary, struct error *err);
/* The upper end of an intensity bin, or 0 for the last. */
double summary_intensity_limit(int bin);

#endif
