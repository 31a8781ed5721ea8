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
    double fit_quantile;
};

struct mapper_values {
    int mode, objective;
    const char *template;
    int64_t rerank, look_ahead;
    struct relative_costs costs;
};

struct host_values {
    struct ratio bandwidth, latency, clock;
    int overlap;
    int64_t lanes;
    const char *link;
};

struct network_values {
    int topology; /* 0: none; else enum network_topology + 1 */
    int64_t link_bits, hop_cycles, columns, rows;
    struct ratio clock; /* num 0: the first core's */
    bool multicasts;
};

/* Fills chip->network once cores and memories are known, and adds wires to the inventory. */
bool chip_network_read(struct chip *chip, struct network_values *values, struct error *err);
/* Ends a table of parameters. */
#define END_OF_TABLE                                                                           \
    {                                                                                          \
        NULL, PARAM_COUNT, UNIT_NONE, 0, NULL, 0, 0, NULL, NULL                                \
    }

/* chip_inactive.c: whether a core of the chip plans by nests that could be pinned; and lists
 * the keys of the mapper and of layouts that none looks at. Once the cores are added. */
bool chip_takes_nests(const struct chip *chip);
void chip_mark_inactive(struct chip *chip, const struct mapper_values *mapper);
/* A memory section becomes a memory of the chip; its parts come later, in the order of all. */
bool chip_memory_add(struct chip *chip, struct config_section *section, struct error *err);
/* Adds the parts and meters of a memory. */
void chip_memory_parts(struct chip *chip, struct chip_memory *memory);

#endif
