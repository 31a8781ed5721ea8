/* What one action of a meter costs. */
#include "arch/technology/price_parts.h"

#include <math.h>

#include "arch/technology/logic.h"
#include "arch/technology/memory_price.h"
#include "arch/technology/sram.h"

/* A multiplier whose operand is known to be nought: 0.066 of 2.200 pJ (mac_gated, mac_random of
 * micro22-sparseloop-artifact@de0374a table7_eyeriss_setup). */
static const double GATED_SHARE = 0.03;
/* Random data changes half of the bits from one transfer to the next. */
static const double TOGGLE_SHARE = 0.5;

static struct number_format meter_format(const struct meter *meter, struct number_format other)
{
    return meter->format.class == NUMBER_NONE ? other : meter->format;
}

static bool special_price(const struct process *process, struct number_format format,
                          struct logic_price *unit, struct error *err)
{
    struct logic_price sum;
    if (!logic_multiply(process, format, format, unit, err) ||
        !logic_add(process, format, &sum, err))
        return false;
    unit->energy = sourced_weaken(sourced_scaled(sourced_plus(unit->energy, sum.energy), 2),
                                  MARK_DERIVED, 0.5);
    return true;
}

static bool arithmetic_action(const struct process *process, const struct part *part,
                              const struct meter *meter, struct action_price *price,
                              struct error *err)
{
    /* A meter's format stands for both operands unless the part mixes formats itself. */
    struct number_format a = meter_format(meter, part->operand[0]);
    struct number_format b = meter_format(meter, part->operand[1]);
    if (number_format_equal(a, part->operand[0]))
        b = part->operand[1];
    struct logic_price unit;
    bool is_good = false;
    switch (part->kind) {
    case PART_MAC:
        is_good = logic_mac(process, a, b, part->result, &unit, err);
        break;
    case PART_MULTIPLIER:
        is_good = logic_multiply(process, a, b, &unit, err);
        break;
    case PART_ADDER:
        is_good = logic_add(process, meter_format(meter, part->result), &unit, err);
        break;
    default:
        is_good = special_price(process, meter_format(meter, part->result), &unit, err);
    }
    if (!is_good)
        return false;
    price->energy = unit.energy;
    price->table = unit.table;
    if (meter->action == ACTION_GATED)
        price->energy =
            sourced_weaken(sourced_scaled(unit.energy, GATED_SHARE), MARK_DERIVED, 0.5);
    return true;
}

static bool register_action(const struct process *process, double bits,
                            const struct meter *meter, struct action_price *price,
                            struct error *err)
{
    struct logic_price bit;
    if (!logic_register(process, &bit, err))
        return false;
    /* Reading moves the output net alone: about half of a write (from memory). */
    double share = meter->action == ACTION_READ ? 0.5 : meter->action == ACTION_GATED ? 0 : 1;
    price->energy = sourced_scaled(bit.energy, share * (meter->bits ? meter->bits : bits));
    if (meter->action == ACTION_READ)
        price->energy = sourced_weaken(price->energy, MARK_DERIVED, 0.3);
    price->table = bit.table;
    return true;
}

static bool wire_energy(const struct process *process, double side_mm, double bits,
                        struct sourced *energy, struct error *err)
{
    if (!process_need(process, QUANTITY_WIRE_ENERGY, energy, err))
        return false;
    *energy = sourced_weaken(sourced_scaled(*energy, side_mm * TOGGLE_SHARE * bits),
                             MARK_DERIVED, 0.2);
    return true;
}

/* One access of one bank, and the way from it: on average half the side of all banks. */
static bool sram_action(const struct process *process, const struct part *part,
                        const struct meter *meter, double side_mm, struct action_price *price,
                        struct error *err)
{
    struct sram_macro macro = part_macro(part);
    if (meter->bits)
        macro.width_bits = meter->bits;
    struct sram_price bank;
    if (!sram_price_of(process, &macro, &bank, err))
        return false;
    price->energy = meter->action == ACTION_WRITE ? bank.write : bank.read;
    if (part->banks > 1) {
        struct sourced way;
        if (!wire_energy(process, side_mm / 2, macro.width_bits, &way, err))
            return false;
        price->energy = sourced_plus(price->energy, way);
    }
    if (meter->action == ACTION_GATED)
        price->energy = sourced_nought();
    price->table = "cacti7_sram";
    return true;
}

static bool crossbar_action(const struct process *process, const struct part *part, double bits,
                            double side_mm, struct action_price *price, struct error *err)
{
    struct logic_price bit;
    struct sourced wire;
    if (!logic_register(process, &bit, err) || !wire_energy(process, side_mm, bits, &wire, err))
        return false;
    /* A multiplexer switches half a flip-flop's capacitance (1.05 of 2.1 fF:
     * KULeuven-MICAS/zigzag@3d12a96e imc_unit.py); a transfer passes log2(inputs) of them. */
    double levels = part->read_ports > 1 ? ceil(log2(part->read_ports)) : 0;
    struct sourced multiplexers = sourced_scaled(bit.energy, 0.5 * levels * bits);
    price->energy = sourced_weaken(sourced_plus(wire, multiplexers), MARK_DERIVED, 0.4);
    price->table = "process";
    return true;
}

static bool scheduler_action(const struct process *process, const struct part *part,
                             const struct meter *meter, struct action_price *price,
                             struct error *err)
{
    struct logic_price bit;
    if (!logic_register(process, &bit, err))
        return false;
    /* The instruction register and about two flip-flops' worth of decode a bit (from memory).
     */
    double bits = meter->bits ? meter->bits : (double)part->bits;
    price->energy = sourced_weaken(sourced_scaled(bit.energy, 3 * bits), MARK_DERIVED, 0.7);
    price->table = "process";
    return true;
}

/* A tenth of the gates switch, each driving about two inverters' capacitance (from memory). */
static bool logic_action(const struct process *process, const struct part *part,
                         struct action_price *price, struct error *err)
{
    struct sourced gate;
    if (!process_need(process, QUANTITY_GATE_ENERGY, &gate, err))
        return false;
    price->energy =
        sourced_weaken(sourced_scaled(gate, 0.2 * (double)part->bits), MARK_DERIVED, 0.7);
    price->table = "process";
    return true;
}

/* One cycle of a gated clock tree. */
static bool clock_action(const struct process *process, const struct part *part,
                         struct action_price *price, struct error *err)
{
    if (!part->is_clock_gated)
        price->energy = sourced_nought(); /* paid every cycle already */
    else if (!process_need(process, QUANTITY_CLOCK_ENERGY, &price->energy, err))
        return false;
    else
        price->energy = sourced_scaled(price->energy, (double)part->bits);
    price->table = "process";
    return true;
}

static bool converter_action(const struct process *process, const struct part *part,
                             const struct meter *meter, struct action_price *price,
                             struct error *err)
{
    const char *kind = part->kind == PART_ADC ? "adc" : part->kind == PART_DAC ? "dac" : "cell";
    struct converter_price row;
    if (!converter_price_of(&process->shared->converters, kind, (double)part->bits, &row, err))
        return false;
    price->table = "converters";
    if (part->kind != PART_CELL_ARRAY)
        price->energy = row.energy;
    else if (meter->action == ACTION_COMPUTE)
        price->energy =
            sourced_scaled(row.energy, (double)part->read_ports * (double)part->write_ports);
    return true;
}

static struct sourced dram_bits(const struct memory_price *row, struct sourced core,
                                double bits)
{
    struct sourced bit =
        sourced_is_known(&row->io_bit) ? sourced_plus(core, row->io_bit) : core;
    return sourced_scaled(bit, bits);
}

static bool memory_action(const struct part_context *context, const struct part *part,
                          const struct meter *meter, struct action_price *price,
                          struct error *err)
{
    struct memory_price row;
    bool found;
    if (!memory_price_of(&context->process->shared->memories, part->memory, &row, &found, err))
        return false;
    price->table = "memories";
    if (!found)
        return true;
    bool is_data = meter->action == ACTION_READ || meter->action == ACTION_WRITE ||
                   meter->action == ACTION_TRANSFER;
    double bits = meter->bits ? meter->bits : part->width_bits ? part->width_bits : 1;
    bool is_system = context->scope == SCOPE_SYSTEM;
    bool is_split = part_counts_rows(context->inventory, part) &&
                    sourced_is_known(&row.activate) && sourced_is_known(&row.read_bit);
    if (is_system || !is_split) {
        /* All in, per bit: commands and background are inside the figure. */
        struct sourced bit = is_system ? row.system_bit : row.device_bit;
        price->energy = is_data ? sourced_scaled(bit, bits) : sourced_nought();
        if (!sourced_is_known(&bit))
            price->energy = (struct sourced){0};
        return true;
    }
    /* The table's row is a channel or rank of so many bits. */
    double width = part->bits && row.width_bits > 0 ? (double)part->bits / row.width_bits : 1;
    double clock = part->clock.num ? ratio_value(part->clock) : row.clock_hz;
    switch (meter->action) {
    case ACTION_READ:
        price->energy = dram_bits(&row, row.read_bit, bits);
        break;
    case ACTION_WRITE:
        price->energy = dram_bits(&row, row.write_bit, bits);
        break;
    case ACTION_ACTIVATE:
        price->energy = sourced_scaled(row.activate, width);
        break;
    case ACTION_REFRESH:
        price->energy = sourced_scaled(row.refresh, width);
        break;
    case ACTION_STANDBY_ACTIVE:
        price->energy = sourced_scaled(row.standby_active, width / clock);
        break;
    case ACTION_STANDBY_PRECHARGED:
        price->energy = sourced_scaled(row.standby_precharged, width / clock);
        break;
    default:
        break;
    }
    return true;
}

static bool interface_action(const struct part_context *context, const struct part *part,
                             double bits, struct action_price *price, struct error *err)
{
    struct interface_price row;
    struct memory_price memory;
    bool found, is_memory;
    if (!interface_price_of(&context->process->shared->interfaces, part->memory, &row, &found,
                            err) ||
        !memory_price_of(&context->process->shared->memories, part->memory, &memory, &is_memory,
                         err))
        return false;
    price->table = "interfaces";
    if (context->scope == SCOPE_SYSTEM && is_memory && sourced_is_known(&memory.system_bit))
        price->energy = sourced_nought(); /* inside the memory's measured energy */
    else if (found)
        price->energy = sourced_scaled(row.transfer_bit, bits);
    return true;
}

static bool price_action(const struct part_context *context, const struct part *part,
                         const struct meter *meter, double side_mm, struct action_price *price,
                         struct error *err)
{
    const struct process *process = context->process;
    double bits = meter->bits ? meter->bits : 1;
    switch (part->kind) {
    case PART_MAC:
    case PART_MULTIPLIER:
    case PART_ADDER:
    case PART_SPECIAL:
        return arithmetic_action(process, part, meter, price, err);
    case PART_REGISTER:
        return register_action(process, (double)part->bits, meter, price, err);
    case PART_REGISTER_FILE:
        if (part->bytes <= 64)
            return register_action(process, part->width_bits, meter, price, err);
        return sram_action(process, part, meter, side_mm, price, err);
    case PART_SRAM:
        return sram_action(process, part, meter, side_mm, price, err);
    case PART_WIRE:
        price->table = "process";
        return wire_energy(process, side_mm, bits, &price->energy, err);
    case PART_CROSSBAR:
        return crossbar_action(process, part, bits, side_mm, price, err);
    case PART_SCHEDULER:
        return scheduler_action(process, part, meter, price, err);
    case PART_LOGIC:
        return logic_action(process, part, price, err);
    case PART_CLOCK_TREE:
        return clock_action(process, part, price, err);
    case PART_DAC:
    case PART_ADC:
    case PART_CELL_ARRAY:
        return converter_action(process, part, meter, price, err);
    case PART_DRAM:
        return memory_action(context, part, meter, price, err);
    default: /* PART_PHY, PART_LINK */
        return interface_action(context, part, bits, price, err);
    }
}

bool action_price_of(const struct part_context *context, const struct meter *meter,
                     double side_mm, struct action_price *price, struct error *err)
{
    const struct part *part = &context->inventory->parts[meter->part];
    *price = (struct action_price){.table = ""};
    if (part->count == 0 || (part->is_host && context->scope == SCOPE_CHIP)) {
        price->energy = sourced_nought();
        return true;
    }
    return price_action(context, part, meter, side_mm, price, err);
}
