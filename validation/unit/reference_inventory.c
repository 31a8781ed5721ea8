#include "reference_inventory.h"

const struct ratio REFERENCE_CLOCK = {700000000, 1};

struct inventory *reference_inventory(struct arena *arena)
{
    struct inventory *inventory = arena_alloc(arena, sizeof *inventory);
    struct number_format i8 = number_format_integer(true, 8), none = {0};
    struct number_format i32 = number_format_integer(true, 32),
                         f16 = number_format_float(5, 10);
    inventory_init(inventory, arena);
    const struct part parts[] = {
        {.name = "macs",
         .component = "core",
         .kind = PART_MAC,
         .count = 4096,
         .operand = {i8, i8},
         .result = i32,
         .clock = REFERENCE_CLOCK},
        {.name = "multiplier",
         .component = "core",
         .kind = PART_MULTIPLIER,
         .count = 16,
         .operand = {f16, f16},
         .result = f16},
        {.name = "adder", .component = "core", .kind = PART_ADDER, .count = 16, .result = f16},
        {.name = "special",
         .component = "vector",
         .kind = PART_SPECIAL,
         .count = 16,
         .result = f16},
        {.name = "registers",
         .component = "core",
         .kind = PART_REGISTER,
         .count = 4096,
         .bits = 56},
        {.name = "small-file",
         .component = "vector",
         .kind = PART_REGISTER_FILE,
         .count = 16,
         .bytes = 64,
         .width_bits = 16,
         .read_ports = 2,
         .write_ports = 1},
        {.name = "file",
         .component = "vector",
         .kind = PART_REGISTER_FILE,
         .count = 16,
         .bytes = 512,
         .width_bits = 16,
         .read_ports = 2,
         .write_ports = 1},
        {.name = "buffer",
         .component = "buffer",
         .kind = PART_SRAM,
         .count = 1,
         .bytes = 1 << 20,
         .width_bits = 256,
         .banks = 8,
         .read_ports = 1,
         .write_ports = 1},
        {.name = "wire",
         .component = "core",
         .kind = PART_WIRE,
         .count = 1,
         .width_bits = 256,
         .across = 0},
        {.name = "crossbar",
         .component = "network",
         .kind = PART_CROSSBAR,
         .count = 1,
         .width_bits = 64,
         .read_ports = 8,
         .write_ports = 8},
        {.name = "scheduler",
         .component = "control",
         .kind = PART_SCHEDULER,
         .count = 1,
         .bits = 96},
        {.name = "clock",
         .component = "core",
         .kind = PART_CLOCK_TREE,
         .count = 1,
         .bits = 56 * 4096,
         .clock = REFERENCE_CLOCK},
        {.name = "gated",
         .component = "vector",
         .kind = PART_CLOCK_TREE,
         .count = 1,
         .bits = 1024,
         .clock = REFERENCE_CLOCK,
         .is_clock_gated = true},
        {.name = "dac", .component = "analogue", .kind = PART_DAC, .count = 128, .bits = 1},
        {.name = "adc", .component = "analogue", .kind = PART_ADC, .count = 1, .bits = 8},
        {.name = "cells",
         .component = "analogue",
         .kind = PART_CELL_ARRAY,
         .count = 1,
         .bits = 2,
         .read_ports = 128,
         .write_ports = 128},
        {.name = "dram",
         .component = "dram",
         .kind = PART_DRAM,
         .count = 1,
         .memory = "ddr4-2400",
         .is_off_die = true},
        {.name = "phy",
         .component = "dram-phy",
         .kind = PART_PHY,
         .count = 1,
         .memory = "ddr4-2400",
         .width_bits = 64},
        {.name = "link",
         .component = "host-link",
         .kind = PART_LINK,
         .count = 1,
         .memory = "pcie3-x16",
         .is_off_die = true},
        {.name = "logic", .component = "control", .kind = PART_LOGIC, .count = 4, .bits = 5000},
    };
    const struct {
        enum action_kind action;
        uint32_t bits;
    } actions[] = {
        {ACTION_COMPUTE, 0},  {ACTION_COMPUTE, 0},  {ACTION_COMPUTE, 0},  {ACTION_COMPUTE, 0},
        {ACTION_WRITE, 40},   {ACTION_READ, 16},    {ACTION_READ, 16},    {ACTION_READ, 256},
        {ACTION_TRANSFER, 1}, {ACTION_TRANSFER, 1}, {ACTION_DECODE, 96},  {ACTION_COMPUTE, 0},
        {ACTION_COMPUTE, 0},  {ACTION_COMPUTE, 0},  {ACTION_COMPUTE, 0},  {ACTION_COMPUTE, 0},
        {ACTION_ACTIVATE, 0}, {ACTION_TRANSFER, 1}, {ACTION_TRANSFER, 1}, {ACTION_COMPUTE, 0}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int32_t part = inventory_add(inventory, &parts[i]);
        inventory_meter(inventory, part, actions[i].action, none, actions[i].bits);
    }
    inventory_meter(inventory, 0, ACTION_GATED, none, 0);
    inventory_meter(inventory, 16, ACTION_READ, none, 512);
    inventory_meter(inventory, 16, ACTION_WRITE, none, 512);
    inventory_meter(inventory, 16, ACTION_REFRESH, none, 0);
    return inventory;
}

struct ledger reference_ledger(struct arena *arena, const struct inventory *inventory,
                               uint64_t seed)
{
    struct ledger ledger = ledger_make(arena, inventory);
    uint64_t state = seed * 2862933555777941757u + 3037000493u;
    for (size_t i = 0; i < ledger.count; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        ledger.counts[i] = (state >> 33) << (state >> 61);
    }
    return ledger;
}
