/* What the sections of a chip file fill; private to arch/chip. */
#ifndef ARCH_CHIP_CHIP_TABLES_H
#define ARCH_CHIP_CHIP_TABLES_H

#include "arch/chip/chip.h"

struct chip_values {
    const char *process, *tables, *precision, *last_resort;
    int scope, cap;
    double power_cap, clock_factor;
    bool extrapolate;
    int64_t window;
};

struct core_values {
    const char *family, *native, *scratch;
    struct ratio clock;
    int64_t count;
    int epilogue;
    struct param_list takes;
    uint64_t dma_request;
    int64_t dma_outstanding, dma_prefetch;
    int dma_priority, dma_engines;
};

struct mapper_values {
    int mode, objective;
    const char *template;
    int64_t rerank;
    struct relative_costs costs;
};

struct host_values {
    struct ratio bandwidth, latency, clock;
    int overlap;
    int64_t lanes;
    const char *link;
};

/* Adds the parts and meters of a memory. */
void chip_memory_parts(struct chip *chip, struct chip_memory *memory);

#endif
