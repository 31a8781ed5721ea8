/* A sink that keeps everything in an arena, for tests of importers and generators. */
#ifndef VALIDATION_UNIT_MEMORY_SINK_H
#define VALIDATION_UNIT_MEMORY_SINK_H

#include "workloads/sink.h"

struct memory_operator {
    const char *name, *op;
    uint32_t input_count, output_count;
    const struct tensor **inputs, **outputs;
    uint64_t macs;
};

struct memory_sink {
    struct sink sink;
    struct arena *arena; /* kept */
    struct memory_operator *operators;
    size_t operator_count, operator_capacity;
    uint64_t tensor_count, macs;
    struct error error; /* of the first operator whose check failed */
};

void memory_sink_init(struct memory_sink *memory, struct arena *arena);
/* The only operator of that kind; NULL: none or several. */
const struct memory_operator *memory_sink_find(const struct memory_sink *memory,
                                               const char *op);

#endif
