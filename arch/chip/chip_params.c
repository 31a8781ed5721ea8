#include "arch/chip/chip_tables.h"
#include "arch/systolic/systolic.h"
#include "arch/vector/vector.h"
#include "arch/vliw/vliw.h"

const struct family *const FAMILIES[] = {&SYSTOLIC_FAMILY, &VECTOR_FAMILY, &VLIW_FAMILY, NULL};

static const char *const MEMORY_KINDS[] = {"sram", "dram", "link", NULL}; /* enum memory_kind */
static const char *const RESIDENCIES[] = {"none", "activations", "all", NULL};
static const char *const FIDELITIES[] = {"ideal", "bank", "command", NULL};
static const char *const LAYOUTS[] = {"auto",        "tiled",          "row-major",
                                      "tile-padded", "channel-packed", NULL};
static const char *const EPILOGUES[] = {"none", "simple", "any", NULL};
static const char *const PRIORITIES[] = {"step", "weights", "inputs", NULL};
static const char *const ENGINES[] = {"member", "core", NULL};
static const char *const OVERLAPS[] = {"full", "none", NULL};
static const char *const MODES[] = {"best", "stationary", "fixed", NULL};
static const char *const OBJECTIVES[] = {"cycles", "cost", "product", NULL};
static const char *const SCOPES[] = {"chip", "system", NULL};
static const char *const CAPS[] = {"report", "throttle", NULL};

#define FIELD(name) offsetof(struct chip_values, name)
const struct param CHIP_PARAMS[] = {
    {"process", PARAM_TEXT, UNIT_NONE, FIELD(process), NULL, 0, 0, NULL,
     "process that prices the die: a name of `cleave list processes`"},
    {"tables", PARAM_TEXT, UNIT_NONE, FIELD(tables), "", 0, 0, NULL,
     "table of operation energies and areas; empty: the default; all: show every one"},
    {"precision", PARAM_TEXT, UNIT_NONE, FIELD(precision), "native", 0, 0, NULL,
     "how floats are stored: native, traced, or a format name"},
    {"scope", PARAM_CHOICE, UNIT_NONE, FIELD(scope), "chip", 0, 0, SCOPES,
     "whose energy counts: chip (die, memory devices, links) or system"},
    {"cap", PARAM_CHOICE, UNIT_NONE, FIELD(cap), "report", 0, 0, CAPS,
     "what happens when average power exceeds power_cap"},
    {"power_cap", PARAM_REAL, UNIT_WATT, FIELD(power_cap), "0 W", 0, 1e6, NULL,
     "average power allowed; 0: no limit"},
    {"clock_factor", PARAM_REAL, UNIT_NONE, FIELD(clock_factor), "1", 0.01, 10, NULL,
     "multiplies the clocks of all cores, in steps of 0.0001"},
    {"extrapolate", PARAM_BOOL, UNIT_NONE, FIELD(extrapolate), "no", 0, 0, NULL,
     "price beyond the sourced range of a process"},
    {"window", PARAM_COUNT, UNIT_NONE, FIELD(window), "32", 2, 4096, NULL,
     "operators placed ahead of the one that runs"},
    {"last_resort", PARAM_TEXT, UNIT_NONE, FIELD(last_resort), "host", 0, 0, NULL,
     "core that runs what no other supports"},
    END_OF_TABLE};
#undef FIELD

#define FIELD(name) offsetof(struct core_values, name)
const struct param CORE_PARAMS[] = {
    {"family", PARAM_TEXT, UNIT_NONE, FIELD(family), NULL, 0, 0, NULL,
     "core family: a name of `cleave explain families`"},
    {"clock", PARAM_RATIO, UNIT_HERTZ, FIELD(clock), NULL, 1e3, 1e11, NULL, "clock frequency"},
    {"count", PARAM_COUNT, UNIT_NONE, FIELD(count), "1", 1, 65536, NULL, "equal members"},
    {"native", PARAM_TEXT, UNIT_NONE, FIELD(native), "", 0, 0, NULL,
     "format that floats are converted to: i8, f16, ..."},
    {"scratch", PARAM_TEXT, UNIT_NONE, FIELD(scratch), "", 0, 0, NULL,
     "SRAM memory that feeds the core and stages its tiles"},
    {"epilogue", PARAM_CHOICE, UNIT_NONE, FIELD(epilogue), "none", 0, 0, EPILOGUES,
     "element work done on results as they leave the core"},
    {"takes", PARAM_LIST, UNIT_NONE, FIELD(takes), "", 0, 0, NULL,
     "primitives it may be given (contraction, map, ...); empty: all it supports"},
    {"dma_request", PARAM_BYTES, UNIT_BYTE, FIELD(dma_request), "0 B", 0, 1e9, NULL,
     "transfers are cut at multiples of it, a power of two; 0: asked for whole"},
    {"dma_outstanding", PARAM_COUNT, UNIT_NONE, FIELD(dma_outstanding), "0", 0, 1e6, NULL,
     "requests to memories under way at once; 0: any number"},
    {"dma_prefetch", PARAM_COUNT, UNIT_NONE, FIELD(dma_prefetch), "0", 0, 64, NULL,
     "steps whose tiles are fetched ahead; 0: as many as buffers hold"},
    {"dma_priority", PARAM_CHOICE, UNIT_NONE, FIELD(dma_priority), "step", 0, 0, PRIORITIES,
     "who goes first where requests wait: the earlier step, weights, or inputs"},
    {"dma_engines", PARAM_CHOICE, UNIT_NONE, FIELD(dma_engines), "member", 0, 0, ENGINES,
     "one engine for each member, or one that all members of the core share"},
    {"fit_quantile", PARAM_REAL, UNIT_NONE, FIELD(fit_quantile), "0.99", 0.5, 0.999999, NULL,
     "chance that a tile of a sparse operand fits the room it is given"},
    END_OF_TABLE};
#undef FIELD

#define FIELD(name) offsetof(struct chip_memory, name)
const struct param MEMORY_PARAMS[] = {
    {"kind", PARAM_CHOICE, UNIT_NONE, FIELD(kind), NULL, 0, 0, MEMORY_KINDS,
     "sram, dram, or link: the memory of another chip at the far end of a link"},
    {"roles", PARAM_LIST, UNIT_NONE, FIELD(role_names), "weights,activations,io", 0, 0, NULL,
     "what may rest here: weights, activations, io"},
    {"residency", PARAM_CHOICE, UNIT_NONE, FIELD(residency), "none", 0, 0, RESIDENCIES,
     "sram: what stays between operators"},
    {"capacity", PARAM_BYTES, UNIT_BYTE, FIELD(capacity), NULL, 1, 1e15, NULL, "bytes"},
    {"staging", PARAM_BYTES, UNIT_BYTE, FIELD(staging), "0 B", 0, 1e15, NULL,
     "sram: bytes kept free of resting tensors for tiles on their way"},
    {"bandwidth", PARAM_RATIO, UNIT_BYTE_PER_SECOND, FIELD(bandwidth), "0 B/s", 0, 1e18, NULL,
     "dram or link: bytes a second; 0: the device's peak, which caps it beyond ideal"},
    {"latency", PARAM_RATIO, UNIT_SECOND, FIELD(latency), "0 s", 0, 1, NULL,
     "link, or dram of fidelity ideal: time to the first byte"},
    {"burst", PARAM_BYTES, UNIT_BYTE, FIELD(burst), "64 B", 1, 1e6, NULL,
     "dram or link: bytes moved at least; a device has its own"},
    {"device", PARAM_TEXT, UNIT_NONE, FIELD(device), "", 0, 0, NULL,
     "dram: a name of `cleave list memories`; link: the interface that prices it"},
    {"fidelity", PARAM_CHOICE, UNIT_NONE, FIELD(fidelity), "ideal", 0, 0, FIDELITIES,
     "dram: latency and bandwidth, banks, or every command"},
    {"layout", PARAM_CHOICE, UNIT_NONE, FIELD(layout), "auto", 0, 0, LAYOUTS,
     "dram: how tensors lie: as the core wants, each tile in one piece, row-major, ..."},
    {"weight_layout", PARAM_CHOICE, UNIT_NONE, FIELD(weight_layout), "auto", 0, 0, LAYOUTS,
     "dram: how weights lie; auto: as layout says"},
    {"activation_layout", PARAM_CHOICE, UNIT_NONE, FIELD(activation_layout), "auto", 0, 0,
     LAYOUTS, "dram: how all other tensors lie; auto: as layout says"},
    {"channel_block", PARAM_COUNT, UNIT_NONE, FIELD(channel_block), "0", 0, 65536, NULL,
     "dram: channels side by side in channel-packed tensors; 0: those that fill a burst"},
    {"channels", PARAM_COUNT, UNIT_NONE, FIELD(channels), "1", 1, 1024, NULL,
     "dram: independent channels of the device"},
    {"width", PARAM_COUNT, UNIT_BIT, FIELD(width_bits), "256 bit", 1, 1e6, NULL,
     "sram: bits of one access"},
    {"banks", PARAM_COUNT, UNIT_NONE, FIELD(banks), "1", 1, 65536, NULL, "sram: banks"},
    {"read_ports", PARAM_COUNT, UNIT_NONE, FIELD(read_ports), "0", 0, 64, NULL,
     "sram: accesses a cycle of a bank; 0: ports never limit"},
    {"write_ports", PARAM_COUNT, UNIT_NONE, FIELD(write_ports), "0", 0, 64, NULL,
     "sram: ports for writes alone; 0: reads and writes share read_ports"},
    {"turnaround", PARAM_COUNT, UNIT_NONE, FIELD(turnaround), "0", 0, 1000, NULL,
     "sram: cycles of a shared port between a read and a write"},
    {"low_leakage", PARAM_BOOL, UNIT_NONE, FIELD(is_low_leakage), "yes", 0, 0, NULL,
     "sram: low-standby-power cells"},
    END_OF_TABLE};
#undef FIELD

#define FIELD(name) offsetof(struct mapper_values, name)
/* The defaults are RELATIVE_COSTS of arch/mapping/space.h. */
#define COST(key, field, value, meaning)                                                       \
    {                                                                                          \
        key, PARAM_REAL, UNIT_NONE, FIELD(costs.field), value, 0, 1e6, NULL,                   \
            "relative cost of " meaning                                                        \
    }
const struct param MAPPER_PARAMS[] = {
    {"mode", PARAM_CHOICE, UNIT_NONE, FIELD(mode), "best", 0, 0, MODES,
     "searched, a named template, or a mapping file"},
    {"objective", PARAM_CHOICE, UNIT_NONE, FIELD(objective), "cycles", 0, 0, OBJECTIVES,
     "what the search minimises"},
    {"template", PARAM_TEXT, UNIT_NONE, FIELD(template), "", 0, 0, NULL,
     "mode stationary: ws, os, is, rs"},
    {"look_ahead", PARAM_COUNT, UNIT_NONE, FIELD(look_ahead), "64", 0, 64, NULL,
     "operators looked at before tensors get their place; 0: first come, first served"},
    {"rerank", PARAM_COUNT, UNIT_NONE, FIELD(rerank), "4", 0, PLAN_CANDIDATES, NULL,
     "candidates within 2 % of the best that are played alone to choose among; 0 and 1: none"},
    COST("cost_register", register_access, "1", "16 bits read from or written to a register"),
    COST("cost_mac", mac, "1", "a multiply-accumulate"),
    COST("cost_network", network, "2", "16 bits handed from one element to the next"),
    COST("cost_buffer", buffer, "6", "16 bits read from or written to an SRAM"),
    COST("cost_memory", memory, "200", "16 bits from or to main memory"),
    END_OF_TABLE};
#undef COST
#undef FIELD

#define FIELD(name) offsetof(struct host_values, name)
const struct param HOST_PARAMS[] = {
    {"bandwidth", PARAM_RATIO, UNIT_BYTE_PER_SECOND, FIELD(bandwidth), "16 GB/s", 1, 1e15, NULL,
     "of the link to the host, each way"},
    {"latency", PARAM_RATIO, UNIT_SECOND, FIELD(latency), "1 us", 0, 1, NULL,
     "of the link to the host"},
    {"overlap", PARAM_CHOICE, UNIT_NONE, FIELD(overlap), "full", 0, 0, OVERLAPS,
     "whether transfers of the model's inputs and outputs cost cycles"},
    {"clock", PARAM_RATIO, UNIT_HERTZ, FIELD(clock), "2 GHz", 1e3, 1e11, NULL,
     "host as last resort: clock"},
    {"lanes", PARAM_COUNT, UNIT_NONE, FIELD(lanes), "8", 1, 65536, NULL,
     "host as last resort: operations a cycle"},
    {"link", PARAM_TEXT, UNIT_NONE, FIELD(link), "pcie3-x16", 0, 0, NULL,
     "kind of link, for its energy and area: pcie3-x16 (any number of lanes), pcie5-x8, axi (a "
     "bus on the same die)"},
    END_OF_TABLE};
#undef FIELD

static const struct param **table_list(struct arena *arena, const struct param *first,
                                       size_t room)
{
    const struct param **tables = arena_array(arena, room + 2, sizeof *tables);
    tables[0] = first;
    return tables;
}

const struct config_schema *chip_schema(struct arena *arena)
{
    size_t families = 0, sections = 0;
    while (FAMILIES[families])
        families++;
    const struct param **core = table_list(arena, CORE_PARAMS, families);
    for (size_t i = 0; i < families; i++) {
        core[i + 1] = FAMILIES[i]->params;
        for (const struct config_schema *s = FAMILIES[i]->sections; s && s->name; s++)
            sections++;
    }
    struct config_schema *inside = arena_array(arena, sections + 1, sizeof *inside);
    for (size_t i = 0, at = 0; i < families; i++)
        for (const struct config_schema *s = FAMILIES[i]->sections; s && s->name; s++)
            inside[at++] = *s;
    struct config_schema *children = arena_array(arena, 6, sizeof *children);
    children[0] = (struct config_schema){"core", true, true, core, inside};
    children[1] =
        (struct config_schema){"memory", true, true, table_list(arena, MEMORY_PARAMS, 0), NULL};
    children[2] = (struct config_schema){"mapper", false, false,
                                         table_list(arena, MAPPER_PARAMS, 0), NULL};
    children[3] =
        (struct config_schema){"host", false, false, table_list(arena, HOST_PARAMS, 0), NULL};
    children[4] = (struct config_schema){"network", false, false,
                                         table_list(arena, NETWORK_PARAMS, 0), NULL};
    struct config_schema *root = arena_alloc(arena, sizeof *root);
    *root =
        (struct config_schema){"", false, false, table_list(arena, CHIP_PARAMS, 0), children};
    return root;
}
