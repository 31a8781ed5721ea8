#include "arch/chip/chip_tables.h"

#include <stdlib.h>
#include <string.h>

#include "arch/memory/dram_config.h"

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
    struct part sram = {.name = arena_format(chip->arena, "%s.sram", memory->name),
                        .component = memory->name,
                        .kind = PART_SRAM,
                        .count = 1,
                        .bytes = memory->capacity,
                        .width_bits = (uint32_t)memory->width_bits,
                        .banks = (uint32_t)memory->banks,
                        .read_ports = 1,
                        .write_ports = 1,
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
