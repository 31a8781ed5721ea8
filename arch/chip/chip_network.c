/* The section `network`: what joins members of cores and memories, and the wires that even a
 * chip without one has. */
#include "arch/chip/chip_tables.h"

static const char *const TOPOLOGIES[] = {"none", "bus",   "crossbar", "ring",
                                         "mesh", "torus", "h-tree",   NULL};

#define FIELD(name) offsetof(struct network_values, name)
const struct param NETWORK_PARAMS[] = {
    {"topology", PARAM_CHOICE, UNIT_NONE, FIELD(topology), "none", 0, 0, TOPOLOGIES,
     "how members and memories are joined; none: wires that take no time"},
    {"link_width", PARAM_COUNT, UNIT_BIT, FIELD(link_bits), "256 bit", 1, 1e6, NULL,
     "moved by one link in a cycle"},
    {"hop_cycles", PARAM_COUNT, UNIT_NONE, FIELD(hop_cycles), "1", 1, 1e4, NULL,
     "from one node to the next"},
    {"columns", PARAM_COUNT, UNIT_NONE, FIELD(columns), "0", 0, 65536, NULL,
     "nodes in a row of a mesh or torus; 0: as near to a square as may be"},
    {"rows", PARAM_COUNT, UNIT_NONE, FIELD(rows), "0", 0, 65536, NULL,
     "rows of a mesh or torus; 0: as many as there are nodes for"},
    {"clock", PARAM_RATIO, UNIT_HERTZ, FIELD(clock), "0 Hz", 0, 1e11, NULL,
     "of the links; 0: that of the first core"},
    {"multicast", PARAM_BOOL, UNIT_NONE, FIELD(multicasts), "yes", 0, 0, NULL,
     "what several members load alike is fetched and sent once"},
    END_OF_TABLE};
#undef FIELD

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* Columns and rows that hold all nodes; false where those given do not. */
static bool choose_grid(const struct chip *chip, struct network_values *values, int64_t nodes,
                        struct error *err)
{
    struct config_section *section = config_find(&chip->config->root, "network", NULL);
    if (values->columns == 0 && values->rows > 0)
        values->columns = divide_up(nodes, values->rows);
    if (values->columns == 0)
        while (values->columns * values->columns < nodes)
            values->columns++;
    if (values->rows == 0)
        values->rows = divide_up(nodes, values->columns);
    if (values->columns * values->rows < nodes)
        return error_set(
            err, "%s%lld x %lld nodes are too few: members, memories and host need %lld",
            config_place(section, "columns"), (long long)values->columns,
            (long long)values->rows, (long long)nodes);
    return true;
}

/* Links on the way across the die, for the length of one: a bus spans it all; from a crossbar,
 * in the middle, it is half to everywhere; grids are as many nodes wide as the root of their
 * number; a ring is folded into such a grid; an H-tree takes the width once from root to leaf.
 */
static uint64_t links_across(const struct network_config *config, uint64_t nodes)
{
    uint64_t side = 1;
    switch (config->topology) {
    case NETWORK_BUS:
        return 1;
    case NETWORK_CROSSBAR:
        return 2;
    case NETWORK_TREE:
        while (UINT64_C(1) << side < nodes)
            side++;
        return side;
    case NETWORK_RING:
    case NETWORK_MESH:
    case NETWORK_TORUS:
        break;
    }
    while (side * side < nodes)
        side++;
    return side;
}

static int32_t add_wires(struct chip *chip, const char *name, uint32_t bits, uint64_t across)
{
    struct part wires = {.name = name,
                         .component = "network",
                         .kind = PART_WIRE,
                         .count = 1,
                         .bits = across,
                         .width_bits = bits,
                         .across = -1};
    return inventory_meter(&chip->inventory, inventory_add(&chip->inventory, &wires),
                           ACTION_TRANSFER, (struct number_format){0}, 1);
}

/* From the die's edge to its buffers: half of the side, in the mean. */
static void add_memory_wires(struct chip *chip)
{
    for (int32_t i = 0; i < chip->memory_count; i++) {
        struct chip_memory *memory = &chip->memories[i];
        if (memory->kind == MEMORY_SRAM)
            continue;
        uint32_t width = chip->inventory.parts[memory->phy].width_bits;
        memory->wires =
            add_wires(chip, arena_format(chip->arena, "%s.wires", memory->name), width, 2);
    }
}

static void mark_inactive(const struct chip *chip, bool is_there, bool is_grid)
{
    struct config_section *section = config_find(&chip->config->root, "network", NULL);
    for (const struct param *row = NETWORK_PARAMS + 1; row->key; row++) {
        bool is_size = row->offset == offsetof(struct network_values, columns) ||
                       row->offset == offsetof(struct network_values, rows);
        if (!is_there || (is_size && !is_grid))
            config_mark_inactive(section, row->key);
    }
}

bool chip_network_read(struct chip *chip, struct network_values *values, struct error *err)
{
    struct chip_network *network = &chip->network;
    int64_t nodes = 0;
    for (int32_t i = 0; i < chip->core_count; i++)
        nodes += chip->cores[i].is_host ? 0 : chip->cores[i].core.count;
    for (int32_t i = 0; i < chip->memory_count; i++)
        nodes += chip->memories[i].kind != MEMORY_SRAM;
    *network = (struct chip_network){
        .is_there = values->topology > 0, .node_count = (int32_t)nodes, .wires = -1};
    network->crosspoint = -1;
    for (int32_t i = 0; i < chip->memory_count; i++)
        chip->memories[i].wires = -1;
    enum network_topology topology = (enum network_topology)(values->topology - 1);
    bool is_grid = network->is_there && (topology == NETWORK_MESH || topology == NETWORK_TORUS);
    mark_inactive(chip, network->is_there, is_grid);
    if (!network->is_there) {
        add_memory_wires(chip);
        return true;
    }
    struct network_config *config = &network->config;
    *config = (struct network_config){topology, (uint32_t)nodes, 1, (uint32_t)values->link_bits,
                                      (uint32_t)values->hop_cycles};
    if (is_grid) {
        if (!choose_grid(chip, values, nodes, err))
            return false;
        config->columns = (uint32_t)values->columns;
        config->rows = (uint32_t)values->rows;
    }
    if (topology == NETWORK_TREE)
        for (config->columns = 1; config->columns < nodes;)
            config->columns *= 2;
    network->multicasts = values->multicasts;
    network->clock = clock_make(&chip->timebase, values->clock);
    uint64_t made = (uint64_t)config->columns * config->rows;
    network->wires =
        add_wires(chip, "network.wires", config->link_bits, links_across(config, made));
    if (topology != NETWORK_CROSSBAR)
        return true;
    struct part crosspoint = {.name = "network.crosspoint",
                              .component = "network",
                              .kind = PART_CROSSBAR,
                              .count = 1,
                              .width_bits = config->link_bits,
                              .read_ports = (uint32_t)nodes,
                              .write_ports = (uint32_t)nodes,
                              .clock = values->clock};
    network->crosspoint =
        inventory_meter(&chip->inventory, inventory_add(&chip->inventory, &crosspoint),
                        ACTION_TRANSFER, (struct number_format){0}, 1);
    return true;
}
