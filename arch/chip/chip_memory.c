#include "arch/chip/chip_tables.h"

#include <stdlib.h>
#include <string.h>

#include "arch/memory/dram_config.h"
#include "arch/memory/dram_file.h"

/* Bits that cross the die edge at once; the width of the device's channels. */
static uint32_t phy_bits(const struct chip_memory *memory)
{
    int64_t device = memory->dram ? memory->dram->bus_width * memory->dram->channels : 64;
    return (uint32_t)device;
}

/* Lanes (or wires) of a link as its kind ends in them, "pcie3-x4"; 0: those of its price. */
static uint32_t link_lanes(const char *kind)
{
    const char *end = strrchr(kind, '-');
    return end && end[1] == 'x' ? (uint32_t)strtoul(end + 2, NULL, 10) : 0;
}

static void add_sram(struct chip *chip, struct chip_memory *memory)
{
    int64_t ports = memory->read_ports; /* without a limit the usual ones: a read, a write */
    struct part sram = {.name = arena_format(chip->arena, "%s.sram", memory->name),
                        .component = memory->name,
                        .kind = PART_SRAM,
                        .count = 1,
                        .bytes = memory->capacity,
                        .width_bits = (uint32_t)memory->width_bits,
                        .banks = (uint32_t)memory->banks,
                        .read_ports = ports ? (uint32_t)ports : 1,
                        .write_ports = ports ? (uint32_t)memory->write_ports : 1,
                        .is_clock_gated = true,
                        .is_low_leakage = memory->is_low_leakage};
    memory->part = inventory_add(&chip->inventory, &sram);
}

/* The device itself lies outside the die; its interface is a part at the die's edge. */
static void add_device(struct chip *chip, struct chip_memory *memory, enum part_kind kind)
{
    struct inventory *inventory = &chip->inventory;
    struct number_format none = {0};
    uint32_t burst_bits = (uint32_t)memory->burst * 8;
    const char *device = memory->device[0] ? memory->device : "generic";
    if (kind == PART_DRAM) {
        struct part part = {.name = arena_format(chip->arena, "%s.device", memory->name),
                            .component = memory->name,
                            .kind = PART_DRAM,
                            .count = 1,
                            .bytes = memory->capacity,
                            .memory = device,
                            .width_bits = burst_bits,
                            .is_off_die = true};
        if (memory->dram) {
            part.bits = (uint64_t)memory->dram->bus_width;
            part.clock = ratio_invert(memory->dram->clock_period);
        }
        memory->part = inventory_add(inventory, &part);
        memory->read = inventory_meter(inventory, memory->part, ACTION_READ, none, burst_bits);
        memory->write =
            inventory_meter(inventory, memory->part, ACTION_WRITE, none, burst_bits);
        memory->activate = inventory_meter(inventory, memory->part, ACTION_ACTIVATE, none, 0);
        memory->refresh = inventory_meter(inventory, memory->part, ACTION_REFRESH, none, 0);
        memory->standby_active =
            inventory_meter(inventory, memory->part, ACTION_STANDBY_ACTIVE, none, 0);
        memory->standby_precharged =
            inventory_meter(inventory, memory->part, ACTION_STANDBY_PRECHARGED, none, 0);
    } else {
        struct part link = {.name = arena_format(chip->arena, "%s.link", memory->name),
                            .component = memory->name,
                            .kind = PART_LINK,
                            .count = 1,
                            .memory = device,
                            .is_off_die = true};
        memory->part = inventory_add(inventory, &link);
    }
    struct part phy = {.name = arena_format(chip->arena, "%s.phy", memory->name),
                       .component = arena_format(chip->arena, "%s-phy", memory->name),
                       .kind = PART_PHY,
                       .count = 1,
                       .memory = device,
                       .width_bits = kind == PART_LINK ? link_lanes(device) : phy_bits(memory)};
    memory->phy = inventory_add(inventory, &phy);
    memory->transfer = inventory_meter(
        inventory, kind == PART_LINK ? memory->part : memory->phy, ACTION_TRANSFER, none, 1);
}

void chip_memory_parts(struct chip *chip, struct chip_memory *memory)
{
    memory->part = memory->phy = -1;
    memory->read = memory->write = memory->transfer = -1;
    memory->activate = memory->refresh = -1;
    memory->standby_active = memory->standby_precharged = -1;
    if (memory->kind == MEMORY_SRAM)
        add_sram(chip, memory);
    else
        add_device(chip, memory, memory->kind == MEMORY_DRAM ? PART_DRAM : PART_LINK);
}

static bool read_roles(struct chip_memory *memory, struct config_section *section,
                       struct error *err)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } ROLES[] = {{"weights", ROLE_BIT_WEIGHTS},
                 {"activations", ROLE_BIT_ACTIVATIONS},
                 {"io", ROLE_BIT_IO}};
    for (size_t i = 0; i < memory->role_names.count; i++) {
        size_t r = 0;
        while (r < 3 && strcmp(ROLES[r].name, memory->role_names.items[i]) != 0)
            r++;
        if (r == 3)
            return error_set(err, "%sroles has '%s', wanted weights, activations or io",
                             config_place(section, "roles"), memory->role_names.items[i]);
        memory->roles |= ROLES[r].bit;
    }
    return true;
}

/* The memory file behind a dram section. */
static bool load_device(struct chip *chip, struct chip_memory *memory, struct error *err)
{
    struct dram_config *dram = arena_alloc(chip->arena, sizeof *dram);
    struct dram_map *map = arena_alloc(chip->arena, sizeof *map);
    if (!dram_file_load(chip->arena, memory->device, NULL, 0, dram, map, NULL, err))
        return false;
    if (memory->channels > 1) { /* so many of the file's devices side by side */
        const char *sets[] = {arena_format(chip->arena, "channels=%lld",
                                           (long long)(dram->channels * memory->channels))};
        if (!dram_file_load(chip->arena, memory->device, sets, 1, dram, map, NULL, err))
            return false;
    }
    memory->dram = dram;
    memory->map = map;
    memory->burst = dram->access_bytes;
    return true;
}

/* What has no effect on a memory of this kind and fidelity. */
static void mark_inactive(const struct chip_memory *memory, struct config_section *section)
{
    static const char *const SRAM_ONLY[] = {"residency",  "staging",    "width",
                                            "banks",      "read_ports", "write_ports",
                                            "turnaround", "low_leakage"};
    static const char *const BEYOND[] = {"bandwidth",    "latency",       "burst",
                                         "device",       "fidelity",      "channels",
                                         "layout",       "weight_layout", "activation_layout",
                                         "channel_block"};
    if (memory->kind == MEMORY_SRAM) {
        for (size_t i = 0; i < sizeof BEYOND / sizeof BEYOND[0]; i++)
            config_mark_inactive(section, BEYOND[i]);
        if (memory->read_ports == 0)
            config_mark_inactive(section, "write_ports");
        if (memory->read_ports == 0 || memory->write_ports > 0)
            config_mark_inactive(section, "turnaround");
        return;
    }
    for (size_t i = 0; i < sizeof SRAM_ONLY / sizeof SRAM_ONLY[0]; i++)
        config_mark_inactive(section, SRAM_ONLY[i]);
    if (memory->kind == MEMORY_LINK)
        config_mark_inactive(section, "fidelity");
    config_mark_inactive(section, memory->dram ? "burst" : "channels");
    if (memory->fidelity != FIDELITY_IDEAL)
        config_mark_inactive(section, "latency");
}

bool chip_memory_add(struct chip *chip, struct config_section *section, struct error *err)
{
    if (chip->memory_count == CHIP_MEMORIES_MAX - 1)
        return error_set(err, "%sa chip has at most %d memories", config_place(section, NULL),
                         CHIP_MEMORIES_MAX - 1);
    struct chip_memory *memory = &chip->memories[chip->memory_count];
    const char *owner = arena_format(chip->arena, "memory '%s'", section->title);
    if (!config_fill(section, MEMORY_PARAMS, memory, owner, err) ||
        !read_roles(memory, section, err))
        return false;
    memory->name = section->title;
    chip->memory_count++;
    bool is_dram = memory->kind == MEMORY_DRAM, is_sram = memory->kind == MEMORY_SRAM;
    if (!is_sram && memory->residency != RESIDENCY_NONE)
        return error_set(err, "%sresidency is for sram; a dram or link holds everything anyway",
                         config_place(section, "residency"));
    if (!is_sram && memory->bandwidth.num == 0 && !(is_dram && memory->device[0]))
        return error_set(err, "%sbandwidth is missing: give one%s", config_place(section, NULL),
                         is_dram ? ", or a device" : "");
    if (memory->staging >= memory->capacity)
        return error_set(err, "%sstaging takes all of the capacity",
                         config_place(section, "staging"));
    if (memory->kind == MEMORY_LINK && memory->fidelity != FIDELITY_IDEAL)
        return error_set(err, "%sfidelity is for dram: a link has a bandwidth and a latency",
                         config_place(section, "fidelity"));
    if (is_dram && memory->device[0] && !load_device(chip, memory, err))
        return false;
    mark_inactive(memory, section);
    return true;
}
