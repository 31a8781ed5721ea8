/* What pricing costs: a network's worth of operators on a chip of the size of TPU v1. */
#include <stdbool.h>
#include <stdio.h>

#include "arch/technology/price.h"
#include "benchmark.h"

/* ResNet-50 as exported has 122 operators; a systolic chip keeps about thirty meters. */
enum { OPERATORS = 122, METERS = 30, ROUNDS = 200 };

struct subject {
    struct arena arena;
    struct inventory inventory;
    struct process *process;
    struct price_options options;
    struct price_list *list;
    struct ledger ledgers[OPERATORS], total;
};

static void add_parts(struct subject *subject)
{
    struct number_format i8 = number_format_integer(true, 8), none = {0};
    struct ratio clock = ratio_make(700000000, 1);
    const struct part parts[] = {
        {.name = "macs", .component = "mxu", .kind = PART_MAC, .count = 65536, .clock = clock},
        {.name = "registers",
         .component = "mxu",
         .kind = PART_REGISTER,
         .count = 65536,
         .bits = 56},
        {.name = "clock",
         .component = "mxu",
         .kind = PART_CLOCK_TREE,
         .count = 1,
         .bits = 56 * 65536,
         .clock = clock},
        {.name = "buffer",
         .component = "buffer",
         .kind = PART_SRAM,
         .count = 1,
         .bytes = 24 << 20,
         .width_bits = 2048,
         .banks = 16},
        {.name = "sums",
         .component = "sums",
         .kind = PART_SRAM,
         .count = 1,
         .bytes = 4 << 20,
         .width_bits = 8192,
         .banks = 2},
        {.name = "dram",
         .component = "dram",
         .kind = PART_DRAM,
         .count = 1,
         .memory = "ddr3",
         .is_off_die = true},
    };
    inventory_init(&subject->inventory, &subject->arena);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct part part = parts[i];
        part.operand[0] = part.operand[1] = i8;
        part.result = number_format_integer(true, 32);
        int32_t index = inventory_add(&subject->inventory, &part);
        for (uint32_t bits = 1; bits <= METERS / 6; bits++)
            inventory_meter(&subject->inventory, index,
                            part.kind == PART_MAC ? ACTION_COMPUTE : ACTION_READ, none,
                            part.kind == PART_MAC ? bits : 64 * bits);
    }
}

static bool set_up(struct subject *subject)
{
    struct error err = {0};
    *subject = (struct subject){0};
    add_parts(subject);
    subject->options = price_options_default(ratio_make(700000000, 1));
    if (!process_load(&subject->arena, "tsmc-28", NULL, NULL, &subject->process, &err) ||
        !price_list_make(&subject->arena, &subject->inventory, subject->process,
                         &subject->options, &subject->list, &err))
        return false;
    subject->total = ledger_make(&subject->arena, &subject->inventory);
    for (int i = 0; i < OPERATORS; i++) {
        subject->ledgers[i] = ledger_make(&subject->arena, &subject->inventory);
        for (size_t j = 0; j < subject->ledgers[i].count; j++)
            subject->ledgers[i].counts[j] = (uint64_t)(i + 1) * 7919 * (j + 1);
        ledger_add(&subject->total, &subject->ledgers[i]);
    }
    return true;
}

/* Every operator and the whole bill. */
static double microseconds_a_network(int unused)
{
    (void)unused;
    struct subject subject;
    if (!set_up(&subject)) {
        arena_free(&subject.arena);
        return -1;
    }
    attojoules sum = 0;
    double start = bench_cpu_seconds();
    for (int round = 0; round < ROUNDS; round++) {
        struct arena_mark mark = arena_mark(&subject.arena);
        for (int i = 0; i < OPERATORS; i++)
            sum += price_dynamic(subject.list, &subject.ledgers[i]) +
                   price_static(subject.list, 1000 * (uint64_t)i);
        struct bill bill;
        price_bill(subject.list, &subject.total, 7381000, &subject.arena, &bill);
        sum += bill.energy;
        arena_release(&subject.arena, mark);
    }
    double each = (bench_cpu_seconds() - start) / ROUNDS * 1e6;
    arena_free(&subject.arena);
    return sum > 0 ? each : -1;
}

/* A price list, the process and its tables loaded. */
static double microseconds_a_list(int unused)
{
    (void)unused;
    struct subject subject;
    struct error err = {0};
    bool is_good = set_up(&subject);
    double start = bench_cpu_seconds();
    for (int round = 0; round < ROUNDS && is_good; round++) {
        struct arena_mark mark = arena_mark(&subject.arena);
        struct price_list *list;
        is_good = price_list_make(&subject.arena, &subject.inventory, subject.process,
                                  &subject.options, &list, &err);
        arena_release(&subject.arena, mark);
    }
    double each = (bench_cpu_seconds() - start) / ROUNDS * 1e6;
    arena_free(&subject.arena);
    return is_good ? each : -1;
}

static double microseconds_a_load(int unused)
{
    (void)unused;
    enum { LOADS = 20 };
    bool is_good = true;
    double start = bench_cpu_seconds();
    for (int round = 0; round < LOADS && is_good; round++) {
        struct arena arena = {0};
        struct error err = {0};
        struct process *process;
        is_good = process_load(&arena, "tsmc-28", NULL, NULL, &process, &err);
        arena_free(&arena);
    }
    return is_good ? (bench_cpu_seconds() - start) / LOADS * 1e6 : -1;
}

const struct bench_row price_rows[] = {
    {"pricing 122 operators and the bill", "us", microseconds_a_network, 0, BAR_AT_MOST, 50},
    {"price list of a chip", "us", microseconds_a_list, 0, BAR_NONE, 0},
    {"loading a process and its tables", "us", microseconds_a_load, 0, BAR_NONE, 0},
    {0},
};
