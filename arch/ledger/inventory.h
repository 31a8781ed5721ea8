/* What a chip is made of (parts) and what it did (actions). Names and counts, no picojoule and
 * no mm2: those come from arch/technology, which reads nothing but this header.
 *
 * A part is `count` equal instances. A meter is one kind of action on one part; meters are
 * created while the chip is built, so that a ledger is a plain array of counters and counting
 * an action is one addition. Everything lives in the arena of the inventory. */
#ifndef ARCH_LEDGER_INVENTORY_H
#define ARCH_LEDGER_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/ratio.h"
#include "workloads/number_format.h"

enum part_kind {
    PART_MAC,           /* multiplies operand[0] by operand[1], adds into `result` */
    PART_MULTIPLIER,    /* operand[0] x operand[1] */
    PART_ADDER,         /* of `result` format; compares and selects as well */
    PART_SPECIAL,       /* transcendental function unit of `result` format */
    PART_REGISTER,      /* `bits` of flip-flops each */
    PART_REGISTER_FILE, /* `bytes`, `width_bits`, read_ports, write_ports */
    PART_SRAM,          /* `bytes` in `banks` banks, `width_bits` an access and bank, ports */
    PART_WIRE,          /* `width_bits` across the part `across` (its side sets the length);
                           `bits` equal stretches reach across it, 0: one */
    PART_CROSSBAR,      /* read_ports inputs x write_ports outputs of width_bits */
    PART_SCHEDULER,     /* sequencing, decode, issue: `bits` of instruction a cycle */
    PART_LOGIC,         /* any other logic, counted from its description: `bits` of gates, each
                           as large as a two-input NAND */
    PART_CLOCK_TREE,    /* drives `bits` of registers */
    PART_DAC,           /* `bits` of resolution */
    PART_ADC,           /* `bits` of resolution */
    PART_CELL_ARRAY, /* analogue crossbar: read_ports rows x write_ports columns of `bits` cells
                      */
    PART_DRAM, /* memory device(s): `memory` names the memory file; bytes each; `bits` of a
                  channel's data bus, `clock` of its commands (0: not known) */
    PART_PHY,  /* die-edge interface to `memory` (or link), width_bits */
    PART_LINK, /* chip-to-chip or host link named by `memory` */
    PART_KIND_COUNT
};

enum action_kind {
    ACTION_COMPUTE, /* one multiply-accumulate, addition, conversion, ... of the part */
    ACTION_READ,    /* one access of width_bits (DRAM: one burst) */
    ACTION_WRITE,
    ACTION_TRANSFER,       /* one bit across a wire, crossbar, PHY or link */
    ACTION_ACTIVATE,       /* DRAM: one row opened and later closed (activate + precharge) */
    ACTION_REFRESH,        /* DRAM: one refresh command on one rank */
    ACTION_STANDBY_ACTIVE, /* DRAM: one memory clock of one rank with an open row */
    ACTION_STANDBY_PRECHARGED, /* DRAM: one memory clock of one rank, all rows closed */
    ACTION_DECODE,             /* one instruction or bundle sequenced */
    ACTION_GATED,              /* operand known zero: clocked or skipped without computing */
    ACTION_KIND_COUNT
};

struct part {
    const char *name;      /* unique: "mxu.macs", "ub.sram" */
    const char *component; /* row of the energy and area tables: "mxu", "ub", "dram", "host" */
    enum part_kind kind;
    uint64_t count;
    struct number_format operand[2], result;
    uint64_t bytes, bits;
    uint32_t width_bits, banks, read_ports, write_ports;
    int32_t across;      /* PART_WIRE: index of a part, -1: the whole die */
    const char *memory;  /* PART_DRAM, PART_PHY, PART_LINK: name of the memory or link file */
    struct ratio clock;  /* hertz of its clock domain; num 0: none */
    bool is_off_die;     /* no die area; energy counted by scope */
    bool is_host;        /* belongs to scope `system` only */
    bool is_clock_gated; /* clocked only in cycles in which it acts */
    bool is_low_leakage; /* SRAM of low-standby-power cells; large buffers */
};

struct meter {
    int32_t part;
    enum action_kind action;
    struct number_format format; /* NUMBER_NONE where the part says it all */
    uint32_t bits;               /* moved by one action of READ, WRITE, TRANSFER; else 0 */
    const char *name;            /* filled when inventory_meter_name is first asked */
};

struct inventory {
    struct arena *arena;
    struct part *parts;
    struct meter *meters;
    size_t part_count, part_capacity, meter_count, meter_capacity;
};

extern const char *const PART_KIND_NAMES[PART_KIND_COUNT];
extern const char *const ACTION_NAMES[ACTION_KIND_COUNT]; /* "compute" "read" ... */

void inventory_init(struct inventory *inventory, struct arena *arena);
/* Copies the part; count 0 is allowed (nothing there). Returns its index. */
int32_t inventory_add(struct inventory *inventory, const struct part *part);
/* Index of the meter, created on first use. */
int32_t inventory_meter(struct inventory *inventory, int32_t part, enum action_kind action,
                        struct number_format format, uint32_t bits);
/* "part.action" or "part.action.format", arena. */
const char *inventory_meter_name(const struct inventory *inventory, int32_t meter);

/* A ledger: one counter per meter. */
struct ledger {
    uint64_t *counts;
    size_t count;
};

struct ledger ledger_make(struct arena *arena, const struct inventory *inventory);
void ledger_add(struct ledger *sum, const struct ledger *more);

#endif
