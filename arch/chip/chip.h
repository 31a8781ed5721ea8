/* A chip: cores, memories and a host link, assembled from a config file. Building it creates
 * every part and meter, so that running allocates only what the operators in flight need. */
#ifndef ARCH_CHIP_CHIP_H
#define ARCH_CHIP_CHIP_H

#include "arch/family/family.h"
#include "arch/memory/dma.h"
#include "arch/memory/network.h"
#include "arch/memory/port.h"
#include "sim/config/config.h"
#include "sim/kernel/time.h"

enum { CHIP_CORES_MAX = 16, CHIP_MEMORIES_MAX = 8 };

enum memory_kind { MEMORY_SRAM, MEMORY_DRAM, MEMORY_LINK };
enum memory_residency { RESIDENCY_NONE, RESIDENCY_ACTIVATIONS, RESIDENCY_ALL };
/* A layout of tensors named in the file: as the core wants it, or one of enum storage_kind. */
enum { LAYOUT_AUTO };
enum memory_role { ROLE_BIT_WEIGHTS = 1, ROLE_BIT_ACTIVATIONS = 2, ROLE_BIT_IO = 4 };

/* A named memory: an SRAM in which tensors may rest and tiles are staged, a main memory, or the
 * link to the host's memory. */
struct chip_memory {
    const char *name;
    int kind, residency, fidelity; /* enums above */
    uint32_t roles;
    uint64_t capacity, staging;     /* bytes; staging: kept free of resting tensors */
    struct ratio bandwidth;         /* bytes a second */
    struct ratio latency;           /* seconds to the first byte */
    uint64_t burst;                 /* bytes moved at least */
    const char *device;             /* memory file, "" for none */
    const struct dram_config *dram; /* of the device; NULL: none */
    const struct dram_map *map;
    int64_t channels, width_bits, banks;
    int layout, weight_layout, activation_layout; /* LAYOUT_AUTO, or 1 + enum storage_kind */
    int64_t channel_block;                        /* of channel-packed tensors; 0: a burst */
    int64_t read_ports, write_ports, turnaround;  /* sram, of a bank; read_ports 0: no limit */
    struct param_list role_names;
    bool is_low_leakage;
    int32_t part, phy;             /* parts of the inventory; -1: none */
    int32_t read, write, transfer; /* meters; -1: none */
    int32_t wires;                 /* meter of the way to the buffers; -1: in the network */
    int32_t activate, refresh, standby_active, standby_precharged;
};

enum core_epilogue { EPILOGUE_NONE, EPILOGUE_SIMPLE, EPILOGUE_ANY };

/* Who goes first where requests of one engine wait for one another. */
enum dma_priority { DMA_STEP_ORDER, DMA_WEIGHTS_FIRST, DMA_INPUTS_FIRST };

struct chip_core {
    struct core core;
    int epilogue; /* element work done on results as they leave */
    struct dma_config dma;
    uint64_t dma_prefetch; /* steps fetched ahead; 0: as many as there is room for */
    int dma_priority;
    bool is_dma_shared; /* one engine for all members */
    int32_t scratch_memory;
    uint32_t takes; /* bit per primitive kind it may be given */
    bool is_host;
};

/* How members of cores and memories are joined: a node for each member, in the order of the
 * file, then one for each memory beyond the die, then the host's. Without a topology every
 * memory has wires of its own to the buffers, as wide as itself, which take no time. */
struct chip_network {
    bool is_there;
    struct network_config config;
    bool multicasts;
    struct clock clock;
    int32_t node_count;        /* used; there may be more in a grid */
    int32_t wires, crosspoint; /* meters of bits over a link, and of bits switched; -1: none */
};

enum host_overlap { HOST_OVERLAP_FULL, HOST_OVERLAP_NONE };

struct chip {
    struct arena *arena;
    struct config *config;
    const char *name, *path;
    struct chip_core cores[CHIP_CORES_MAX];
    struct chip_memory memories[CHIP_MEMORIES_MAX];
    struct chip_network network;
    int32_t core_count, memory_count;
    int32_t last_resort; /* core that takes what nobody supports */
    int32_t host_memory; /* index of the host link, -1 */
    int host_overlap;
    struct ratio clock_factor; /* of all cores' clocks */
    int64_t window;            /* operators placed ahead */
    int64_t look_ahead;        /* operators looked at before one's operands get their place */
    struct timebase timebase;
    struct clock main_clock;
    struct inventory inventory;
    struct number_format stored_float; /* floats are stored so; NUMBER_NONE: as traced */
    int mapper_mode; /* enum mapper_mode; the rest of the mapper's keys is in every core */
    /* Top-level values that are for others: process, operation tables, scope, cap. */
    const char *process, *tables, *precision, *scope;
    double cap_watts; /* 0: none */
    bool may_extrapolate;
    const char *cap_policy; /* "" or "throttle" */
};

/* The families a chip may be made of; ends with NULL. */
extern const struct family *const FAMILIES[];

/* What a chip file may hold; made from the family tables, in the arena. */
const struct config_schema *chip_schema(struct arena *arena);
extern const struct param CHIP_PARAMS[], CORE_PARAMS[], MEMORY_PARAMS[], MAPPER_PARAMS[],
    NETWORK_PARAMS[], HOST_PARAMS[];

/* Builds a chip from a shipped name or a path, with --set assignments ("PATH=VALUE"). Lives in
 * the arena. Loading is not thread-safe (libconfuse). */
struct chip *chip_load(struct arena *arena, const char *name_or_path, const char *const *sets,
                       size_t set_count, struct error *err);

/* Index of a memory by name, or -1. */
int32_t chip_memory_find(const struct chip *chip, const char *name);
/* Format in which a tensor's values are stored on this chip. */
struct number_format chip_stored_format(const struct chip *chip, struct number_format traced);

#endif
