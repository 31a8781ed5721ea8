/* What parts cost whatever they do: area, leakage, clock and interface power, transistors. */
#include "arch/technology/price_parts.h"

#include <math.h>

#include "arch/technology/logic.h"
#include "arch/technology/memory_price.h"
#include "arch/technology/sram.h"

/* A buffer of this size or more is built of low-standby-power cells even where the chip does
 * not say so: 32 MiB of high-performance cells would leak 30 W at 45 nm. */
static const uint64_t LARGE_BUFFER_BYTES = 1u << 20;
static const double CELL_TRANSISTORS = 6;

struct sourced sourced_nought(void)
{
    return (struct sourced){0, 0, MARK_SOURCED, "none by definition"};
}

struct sram_macro part_macro(const struct part *part)
{
    uint32_t banks = part->banks ? part->banks : 1;
    uint32_t ports = part->read_ports + part->write_ports;
    /* One read and one write at once are had from single-ported banks. */
    if (banks > 1 && part->read_ports <= 1 && part->write_ports <= 1)
        ports = 1;
    bool is_low = part->is_low_leakage || part->bytes >= LARGE_BUFFER_BYTES;
    return (struct sram_macro){.bytes = part->bytes / banks ? part->bytes / banks : 1,
                               .width_bits = part->width_bits ? part->width_bits : 64,
                               .ports = ports ? ports : 1,
                               .cells = is_low ? SRAM_LOW_STANDBY : SRAM_HIGH_PERFORMANCE};
}

bool part_counts_rows(const struct inventory *inventory, const struct part *part)
{
    for (size_t i = 0; i < inventory->meter_count; i++)
        if (&inventory->parts[inventory->meters[i].part] == part &&
            inventory->meters[i].action == ACTION_ACTIVATE)
            return true;
    return false;
}

/* `cells` of logic: placed area, leakage and transistors. */
static bool logic_part(const struct process *process, struct sourced cells, double count,
                       struct part_price *price, struct error *err)
{
    struct sourced utilisation, leakage, density;
    if (!process_need(process, QUANTITY_CELL_UTILISATION, &utilisation, err) ||
        !process_need(process, QUANTITY_LOGIC_LEAKAGE, &leakage, err) ||
        !process_need(process, QUANTITY_LOGIC_DENSITY, &density, err))
        return false;
    price->area = sourced_times(sourced_scaled(cells, count), utilisation, -1);
    price->leakage = sourced_times(sourced_scaled(leakage, 1e6), price->area, 1);
    price->transistors = cells.value * count * density.value;
    return true;
}

static bool arithmetic_part(const struct process *process, const struct part *part,
                            struct part_price *price, struct error *err)
{
    struct logic_price unit, sum;
    bool is_good = true;
    switch (part->kind) {
    case PART_MAC:
        is_good =
            logic_mac(process, part->operand[0], part->operand[1], part->result, &unit, err);
        break;
    case PART_MULTIPLIER:
        is_good = logic_multiply(process, part->operand[0], part->operand[1], &unit, err);
        break;
    case PART_ADDER:
        is_good = logic_add(process, part->result, &unit, err);
        break;
    default: /* PART_SPECIAL: a quadratic in two multiplications and two additions */
        is_good = logic_multiply(process, part->result, part->result, &unit, err) &&
                  logic_add(process, part->result, &sum, err);
        if (is_good)
            unit.area = sourced_weaken(sourced_scaled(sourced_plus(unit.area, sum.area), 2),
                                       MARK_DERIVED, 0.5);
    }
    price->table = is_good ? unit.table : NULL;
    return is_good && logic_part(process, unit.area, (double)part->count, price, err);
}

static bool register_part(const struct process *process, const struct part *part, double bits,
                          struct part_price *price, struct error *err)
{
    struct logic_price bit;
    if (!logic_register(process, &bit, err))
        return false;
    price->table = bit.table;
    return logic_part(process, bit.area, (double)part->count * bits, price, err);
}

static bool sram_part(const struct process *process, const struct part *part,
                      struct part_price *price, struct error *err)
{
    struct sram_macro macro = part_macro(part);
    struct sram_price bank;
    struct sourced density, cell, utilisation;
    if (!sram_price_of(process, &macro, &bank, err) ||
        !process_need(process, QUANTITY_SRAM_CELL, &cell, err) ||
        !process_need(process, QUANTITY_CELL_UTILISATION, &utilisation, err) ||
        !process_need(process, QUANTITY_LOGIC_DENSITY, &density, err))
        return false;
    double banks = (double)part->count * (part->banks ? part->banks : 1);
    double bits = 8.0 * (double)part->bytes * (double)part->count;
    price->area = sourced_scaled(bank.area, banks);
    price->leakage = sourced_scaled(bank.leakage, banks);
    double periphery = fmax(price->area.value - bits * cell.value, 0);
    price->transistors =
        bits * CELL_TRANSISTORS + periphery * utilisation.value * density.value;
    price->table = "cacti7_sram";
    return true;
}

/* Gates of a multiplexer tree, scheduler or the like: NAND2 equivalents. */
static bool gate_part(const struct process *process, double gates, double bits,
                      const struct part *part, struct part_price *price, struct error *err)
{
    struct sourced gate;
    struct logic_price bit;
    if (!process_need(process, QUANTITY_GATE_AREA, &gate, err) ||
        !logic_register(process, &bit, err))
        return false;
    struct sourced cells = sourced_weaken(
        sourced_plus(sourced_scaled(gate, gates), sourced_scaled(bit.area, bits)), MARK_DERIVED,
        0.5);
    price->table = "process";
    return logic_part(process, cells, (double)part->count, price, err);
}

static bool clock_part(const struct process *process, const struct part *part,
                       struct part_price *price, struct error *err)
{
    if (part->is_clock_gated || part->clock.num == 0)
        return true; /* priced per action instead */
    struct sourced bit;
    if (!process_need(process, QUANTITY_CLOCK_ENERGY, &bit, err))
        return false;
    price->clock = sourced_scaled(bit, (double)part->count * (double)part->bits *
                                           ratio_value(part->clock));
    price->table = "process";
    return true;
}

static bool interface_part(const struct process *process, const struct part *part,
                           struct part_price *price, struct error *err)
{
    struct interface_price row;
    bool found;
    if (!interface_price_of(&process->shared->interfaces, part->memory, &row, &found, err))
        return false;
    price->area = price->interface = (struct sourced){0};
    if (!found)
        return true;
    price->table = "interfaces";
    if (part->kind == PART_LINK && part->is_off_die) {
        /* What idles and takes area is the interface at the die's edge, a part of its own. */
        price->area = price->interface = sourced_nought();
        return true;
    }
    double width = part->width_bits ? part->width_bits / row.width_bits : 1;
    price->area = sourced_scaled(row.area, width * (double)part->count);
    price->interface = sourced_scaled(row.idle, width * (double)part->count);
    price->transistors = 0; /* analogue mostly; nobody counts them */
    return true;
}

static bool memory_part(const struct part_context *context, const struct part *part,
                        struct part_price *price, struct error *err)
{
    struct memory_price row;
    bool found;
    if (!memory_price_of(&context->process->shared->memories, part->memory, &row, &found, err))
        return false;
    price->table = "memories";
    /* Energies per bit, all in, hold the background; so do measured systems. */
    bool is_all_in = context->scope == SCOPE_SYSTEM ||
                     !sourced_is_known(&row.standby_precharged) ||
                     !part_counts_rows(context->inventory, part);
    if (!found || is_all_in)
        return true;
    for (size_t i = 0; i < context->inventory->meter_count; i++) {
        const struct meter *meter = &context->inventory->meters[i];
        if (&context->inventory->parts[meter->part] == part &&
            (meter->action == ACTION_STANDBY_ACTIVE ||
             meter->action == ACTION_STANDBY_PRECHARGED))
            return true; /* background is counted cycle by cycle */
    }
    price->interface = sourced_scaled(row.standby_precharged, (double)part->count);
    return true;
}

static bool converter_part(const struct process *process, const struct part *part,
                           struct part_price *price, struct error *err)
{
    const char *kind = part->kind == PART_ADC ? "adc" : part->kind == PART_DAC ? "dac" : "cell";
    struct converter_price row;
    if (!converter_price_of(&process->shared->converters, kind, (double)part->bits, &row, err))
        return false;
    double units = part->kind == PART_CELL_ARRAY
                       ? (double)part->read_ports * (double)part->write_ports
                       : 1;
    price->area = sourced_scaled(row.area, units * (double)part->count);
    price->table = "converters";
    return true;
}

static bool on_die_price(const struct part_context *context, const struct part *part,
                         struct part_price *price, struct error *err)
{
    const struct process *process = context->process;
    double inputs = part->read_ports, outputs = part->write_ports;
    switch (part->kind) {
    case PART_MAC:
    case PART_MULTIPLIER:
    case PART_ADDER:
    case PART_SPECIAL:
        return arithmetic_part(process, part, price, err);
    case PART_REGISTER:
        return register_part(process, part, (double)part->bits, price, err);
    case PART_REGISTER_FILE:
        /* Up to 64 bytes flip-flops, above it a small macro of many ports. */
        if (part->bytes <= 64)
            return register_part(process, part, 8.0 * (double)part->bytes, price, err);
        return sram_part(process, part, price, err);
    case PART_SRAM:
        return sram_part(process, part, price, err);
    case PART_CROSSBAR:
        /* A two-input multiplexer is three gates; each output needs one per further input. */
        return gate_part(process, 3 * fmax(inputs - 1, 0) * outputs * part->width_bits, 0, part,
                         price, err);
    case PART_SCHEDULER:
        /* Thirty gates of decode and control a bit of instruction (from memory). */
        return gate_part(process, 30.0 * (double)part->bits, (double)part->bits, part, price,
                         err);
    case PART_LOGIC:
        return gate_part(process, (double)part->bits, 0, part, price, err);
    case PART_CLOCK_TREE:
        return clock_part(process, part, price, err);
    case PART_DAC:
    case PART_ADC:
    case PART_CELL_ARRAY:
        return converter_part(process, part, price, err);
    case PART_DRAM:
        return memory_part(context, part, price, err);
    case PART_PHY:
    case PART_LINK:
        return interface_part(process, part, price, err);
    default: /* PART_WIRE: routed above the cells it connects */
        return true;
    }
}

bool part_price_of(const struct part_context *context, const struct part *part,
                   struct part_price *price, struct error *err)
{
    *price = (struct part_price){.area = sourced_nought(),
                                 .leakage = sourced_nought(),
                                 .clock = sourced_nought(),
                                 .interface = sourced_nought()};
    if (part->count == 0 || (part->is_host && context->scope == SCOPE_CHIP))
        return true;
    if (!on_die_price(context, part, price, err))
        return false;
    if (part->is_off_die) {
        price->area = sourced_nought();
        price->transistors = 0;
    }
    return true;
}
