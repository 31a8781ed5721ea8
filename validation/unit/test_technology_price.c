/* Do prices add up to the last digit, follow their ledger, and say what is not known? */
#include <check.h>
#include <math.h>
#include <string.h>

#include "arch/technology/price_swap.h"

static struct arena arena;
static struct technology_tables tables;
static struct error err;

static void setup(void)
{
    arena_init(&arena);
    err = (struct error){0};
    ck_assert_msg(technology_tables_load(&arena, &tables, &err), "%s", err.text);
}

static void teardown(void)
{
    arena_free(&arena);
}

static struct process *load(const char *name)
{
    struct process *process;
    ck_assert_msg(process_load(&arena, name, NULL, &tables, &process, &err), "%s", err.text);
    return process;
}

static const struct ratio CLOCK = {700000000, 1};

static struct price_list *list_of(const struct inventory *inventory,
                                  const struct process *process, enum price_scope scope)
{
    struct price_options options = price_options_default(CLOCK);
    struct price_list *list;
    options.scope = scope;
    ck_assert_msg(price_list_make(&arena, inventory, process, &options, &list, &err), "%s",
                  err.text);
    return list;
}

/* One part of every kind, each with a meter or two. */
static struct inventory *everything(void)
{
    struct inventory *inventory = arena_alloc(&arena, sizeof *inventory);
    struct number_format i8 = number_format_integer(true, 8), none = {0};
    struct number_format i32 = number_format_integer(true, 32),
                         f16 = number_format_float(5, 10);
    inventory_init(inventory, &arena);
    const struct part parts[] = {
        {.name = "macs",
         .component = "core",
         .kind = PART_MAC,
         .count = 4096,
         .operand = {i8, i8},
         .result = i32,
         .clock = CLOCK},
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
         .clock = CLOCK},
        {.name = "gated",
         .component = "vector",
         .kind = PART_CLOCK_TREE,
         .count = 1,
         .bits = 1024,
         .clock = CLOCK,
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
    };
    const struct {
        enum action_kind action;
        uint32_t bits;
    } actions[] = {
        {ACTION_COMPUTE, 0},  {ACTION_COMPUTE, 0},  {ACTION_COMPUTE, 0}, {ACTION_COMPUTE, 0},
        {ACTION_WRITE, 40},   {ACTION_READ, 16},    {ACTION_READ, 16},   {ACTION_READ, 256},
        {ACTION_TRANSFER, 1}, {ACTION_TRANSFER, 1}, {ACTION_DECODE, 96}, {ACTION_COMPUTE, 0},
        {ACTION_COMPUTE, 0},  {ACTION_COMPUTE, 0},  {ACTION_COMPUTE, 0}, {ACTION_COMPUTE, 0},
        {ACTION_ACTIVATE, 0}, {ACTION_TRANSFER, 1}, {ACTION_TRANSFER, 1}};
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

/* Counts from a seed; the seed is the whole description. */
static struct ledger random_ledger(const struct inventory *inventory, uint64_t seed)
{
    struct ledger ledger = ledger_make(&arena, inventory);
    uint64_t state = seed * 2862933555777941757u + 3037000493u;
    for (size_t i = 0; i < ledger.count; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        ledger.counts[i] = (state >> 33) << (state >> 61);
    }
    return ledger;
}

START_TEST(every_kind_of_part_has_a_price_from_45_to_7_nm)
{
    static const char *const NAMES[] = {"generic-45", "tsmc-40",  "generic-32", "tsmc-28",
                                        "intel-22",   "tsmc-20",  "tsmc-16",    "intel-14",
                                        "samsung-14", "tsmc-n10", "samsung-8",  "tsmc-n7"};
    struct inventory *inventory = everything();
    struct price_list *list = list_of(inventory, load(NAMES[_i]), SCOPE_CHIP);
    struct ledger ledger = random_ledger(inventory, 1);
    ck_assert(price_is_known(list, &ledger));
    for (size_t i = 0; i < inventory->meter_count; i++) {
        bool is_paid_each_cycle = inventory->meters[i].part == 11;
        ck_assert_msg((list->meter_price[i] > 0) != is_paid_each_cycle, "%s",
                      inventory_meter_name(inventory, (int32_t)i));
    }
}
END_TEST

START_TEST(components_add_up_to_the_totals_to_the_last_digit)
{
    struct inventory *inventory = everything();
    struct price_list *list = list_of(inventory, load("tsmc-16"), SCOPE_CHIP);
    struct ledger ledger = random_ledger(inventory, (uint64_t)_i);
    uint64_t cycles = 1000000007u * (uint64_t)(_i + 1);
    struct bill bill;
    price_bill(list, &ledger, cycles, &arena, &bill);
    attojoules energy = 0;
    uint64_t area = 0;
    for (size_t i = 0; i < bill.component_count; i++) {
        const struct bill_component *c = &bill.components[i];
        energy += c->dynamic + c->leakage + c->clock + c->interface;
        area += c->area_nm2;
    }
    ck_assert(energy == bill.energy);
    ck_assert_uint_eq(area, bill.area_nm2);
    ck_assert(bill.energy == price_dynamic(list, &ledger) + price_static(list, cycles));
}
END_TEST

START_TEST(operators_and_idle_time_add_up_to_the_run)
{
    struct inventory *inventory = everything();
    struct price_list *list = list_of(inventory, load("tsmc-28"), SCOPE_CHIP);
    struct ledger total = ledger_make(&arena, inventory);
    attojoules sum = 0;
    uint64_t cycles = 0;
    for (uint64_t i = 0; i < 50; i++) {
        struct ledger one = random_ledger(inventory, 1000 * (uint64_t)_i + i);
        sum += price_dynamic(list, &one) + price_static(list, 977 * i);
        cycles += 977 * i;
        ledger_add(&total, &one);
    }
    sum += price_static(list, 12345);
    struct bill bill;
    price_bill(list, &total, cycles + 12345, &arena, &bill);
    ck_assert(sum == bill.energy);
}
END_TEST

START_TEST(pricing_again_gives_the_same_bits)
{
    struct inventory *inventory = everything();
    struct ledger ledger = random_ledger(inventory, 7);
    struct bill first, again;
    price_bill(list_of(inventory, load("tsmc-n7"), SCOPE_CHIP), &ledger, 5000, &arena, &first);
    struct price_options options = price_options_default(CLOCK);
    ck_assert(
        price(&arena, everything(), &ledger, 5000, load("tsmc-n7"), &options, &again, &err));
    ck_assert(first.energy == again.energy && first.area_nm2 == again.area_nm2);
    ck_assert(memcmp(&first.transistors, &again.transistors, sizeof(double)) == 0);
    for (size_t i = 0; i < first.component_count; i++)
        ck_assert(first.components[i].dynamic == again.components[i].dynamic);
}
END_TEST

START_TEST(a_newer_process_makes_the_die_smaller_and_its_logic_cheaper)
{
    struct inventory *inventory = everything();
    struct price_list *old = list_of(inventory, load("tsmc-28"), SCOPE_CHIP);
    struct price_list *new = list_of(inventory, load("tsmc-n7"), SCOPE_CHIP);
    ck_assert_uint_lt(new->meter_price[0], old->meter_price[0]);
    ck_assert_uint_lt(new->part_area_nm2[0], old->part_area_nm2[0]);
    /* Interfaces and memory devices do not follow the die's process. */
    ck_assert_uint_eq(new->part_area_nm2[17], old->part_area_nm2[17]);
    ck_assert_uint_eq(new->meter_price[16], old->meter_price[16]);
}
END_TEST

START_TEST(an_idle_chip_pays_leakage_clock_and_interfaces_only)
{
    struct inventory *inventory = everything();
    struct price_list *list = list_of(inventory, load("tsmc-28"), SCOPE_CHIP);
    struct ledger nothing = ledger_make(&arena, inventory);
    struct bill bill;
    price_bill(list, &nothing, 700000000, &arena, &bill);
    ck_assert(bill.dynamic == 0 && bill.energy == bill.idle);
    ck_assert_double_eq_tol(bill.power_w, price_static_power_w(list), 1e-9);
    /* 56 x 4096 register bits clocked at 700 MHz for 3.402 fJ each. */
    attojoules clock = 0;
    for (size_t i = 0; i < bill.component_count; i++)
        if (strcmp(bill.components[i].name, "floorplan") != 0)
            clock += bill.components[i].clock;
    ck_assert_double_eq_tol(attojoules_in_joules(clock), 56 * 4096 * 700e6 * 3.402e-15, 1e-6);
}
END_TEST

static struct inventory *memory_of(const char *device, bool counts_rows)
{
    struct inventory *inventory = arena_alloc(&arena, sizeof *inventory);
    struct number_format none = {0};
    inventory_init(inventory, &arena);
    struct part dram = {.name = "dram",
                        .component = "dram",
                        .kind = PART_DRAM,
                        .count = 1,
                        .memory = device,
                        .is_off_die = true};
    struct part phy = {.name = "phy",
                       .component = "phy",
                       .kind = PART_PHY,
                       .count = 1,
                       .memory = device,
                       .width_bits = 1024};
    inventory_add(inventory, &dram);
    inventory_add(inventory, &phy);
    inventory_meter(inventory, 0, ACTION_READ, none, 256);
    inventory_meter(inventory, 1, ACTION_TRANSFER, none, 1);
    if (counts_rows)
        inventory_meter(inventory, 0, ACTION_ACTIVATE, none, 0);
    return inventory;
}

START_TEST(device_and_system_scope_of_a_memory_never_mix)
{
    struct inventory *inventory = memory_of("hbm2", false);
    struct price_list *chip = list_of(inventory, load("tsmc-16"), SCOPE_CHIP);
    struct price_list *whole = list_of(inventory, load("tsmc-16"), SCOPE_SYSTEM);
    /* 3.97 pJ/bit at the device, 13.11 for the system with its controller. */
    ck_assert_uint_eq(chip->meter_price[0], 256u * 3970000u);
    ck_assert_uint_eq(whole->meter_price[0], 256u * 13110000u);
    ck_assert_uint_gt(chip->meter_price[1], 0);
    ck_assert_uint_eq(whole->meter_price[1], 0);
}
END_TEST

START_TEST(rows_counted_are_paid_apart_from_bits)
{
    struct price_list *list = list_of(memory_of("hbm2", true), load("tsmc-16"), SCOPE_CHIP);
    ck_assert_uint_eq(list->meter_price[0], 256 * 2540000); /* 2.24 + 0.30 pJ/bit */
    ck_assert_uint_eq(list->meter_price[2], 909000000);
}
END_TEST

START_TEST(a_memory_that_nobody_knows_makes_the_total_unknown_and_is_named)
{
    struct inventory *inventory = memory_of("bubble-memory", false);
    struct price_list *list = list_of(inventory, load("tsmc-16"), SCOPE_CHIP);
    struct ledger ledger = random_ledger(inventory, 3);
    struct bill bill;
    price_bill(list, &ledger, 100, &arena, &bill);
    ck_assert(!bill.is_energy_known && !bill.is_area_known && isnan(bill.die.cost_usd));
    bool is_named = false;
    for (const char *const *warning = bill.warnings; *warning; warning++)
        is_named |= strstr(*warning, "bubble-memory") != NULL;
    ck_assert(is_named);
}
END_TEST

START_TEST(the_host_is_free_in_scope_chip)
{
    struct inventory inventory;
    inventory_init(&inventory, &arena);
    struct number_format f32 = number_format_float(8, 23);
    struct part lanes = {.name = "host.lanes",
                         .component = "host",
                         .kind = PART_MAC,
                         .count = 8,
                         .operand = {f32, f32},
                         .result = f32,
                         .clock = CLOCK,
                         .is_off_die = true,
                         .is_host = true};
    inventory_add(&inventory, &lanes);
    inventory_meter(&inventory, 0, ACTION_COMPUTE, f32, 0);
    ck_assert_uint_eq(list_of(&inventory, load("tsmc-28"), SCOPE_CHIP)->meter_price[0], 0);
    ck_assert_uint_gt(list_of(&inventory, load("tsmc-28"), SCOPE_SYSTEM)->meter_price[0], 0);
}
END_TEST

START_TEST(weak_figures_are_confessed)
{
    struct inventory *inventory = everything();
    struct ledger ledger = random_ledger(inventory, 5);
    struct bill bill;
    price_bill(list_of(inventory, load("tsmc-28"), SCOPE_CHIP), &ledger, 10, &arena, &bill);
    bool memory = false, derived = false, fitted = false;
    for (const char *const *warning = bill.warnings; *warning; warning++) {
        memory |= strstr(*warning, "from memory") != NULL;
        derived |= strstr(*warning, "derived") != NULL;
        fitted |= strstr(*warning, "fitted") != NULL;
    }
    ck_assert(memory && derived && fitted);
    for (size_t i = 0; i < bill.line_count; i++)
        ck_assert(bill.lines[i].value.source && *bill.lines[i].value.source);
}
END_TEST

START_TEST(a_power_cap_is_met_by_the_clocks_it_asks_for)
{
    struct inventory *inventory = everything();
    struct price_list *list = list_of(inventory, load("tsmc-28"), SCOPE_CHIP);
    struct ledger ledger = ledger_make(&arena, inventory);
    ledger.counts[0] = 4096 * 100000u;
    struct bill bill;
    price_bill(list, &ledger, 100000, &arena, &bill);
    ck_assert_double_eq(price_check_power(&bill, bill.power_w * 2).clock_factor, 1);
    double cap = bill.power_w * 0.98;
    struct power_check check = price_check_power(&bill, cap);
    ck_assert_double_eq_tol(check.excess_w, bill.power_w * 0.02, 1e-9);
    ck_assert(check.clock_factor > 0 && check.clock_factor < 1);
    /* The same work and clocks, stretched: leakage and interfaces go on. */
    double fixed = 0, moving = 0;
    for (size_t i = 0; i < bill.component_count; i++) {
        fixed +=
            attojoules_in_joules(bill.components[i].leakage + bill.components[i].interface);
        moving += attojoules_in_joules(bill.components[i].dynamic + bill.components[i].clock);
    }
    ck_assert_double_eq_tol((fixed + moving * check.clock_factor) / bill.seconds, cap, 1e-9);
    ck_assert_double_eq(price_check_power(&bill, 0.1).clock_factor, 0);
}
END_TEST

START_TEST(a_longer_wire_and_a_larger_part_cost_more)
{
    struct inventory inventory;
    inventory_init(&inventory, &arena);
    struct number_format i8 = number_format_integer(true, 8), none = {0};
    struct part mac = {.name = "few",
                       .component = "c",
                       .kind = PART_MAC,
                       .count = 256,
                       .operand = {i8, i8},
                       .result = i8};
    inventory_add(&inventory, &mac);
    mac.name = "many";
    mac.count = 65536;
    inventory_add(&inventory, &mac);
    struct part wire = {
        .name = "short", .component = "c", .kind = PART_WIRE, .count = 1, .across = 0};
    inventory_meter(&inventory, inventory_add(&inventory, &wire), ACTION_TRANSFER, none, 1);
    wire.name = "long";
    wire.across = 1;
    inventory_meter(&inventory, inventory_add(&inventory, &wire), ACTION_TRANSFER, none, 1);
    struct price_list *list = list_of(&inventory, load("tsmc-28"), SCOPE_CHIP);
    /* 256 times the area is 16 times the side. */
    ck_assert_double_eq_tol((double)list->meter_price[1] / (double)list->meter_price[0], 16,
                            0.01);
}
END_TEST

START_TEST(swapping_the_table_of_operations_shows_which_ranks_hold)
{
    struct inventory *inventory = everything();
    struct price_options options = price_options_default(CLOCK);
    struct ledger ledger = ledger_make(&arena, inventory);
    ledger.counts[0] = 4096 * 100000u;
    ledger.counts[7] = 1000000;
    struct price_swap *rows;
    size_t count;
    ck_assert_msg(price_swap_tables(&arena, inventory, &ledger, 100000, load("tsmc-28"),
                                    &options, &rows, &count, &err),
                  "%s", err.text);
    ck_assert_uint_eq(count, 4);
    ck_assert_str_eq(rows[0].table, "horowitz");
    ck_assert_uint_eq(rows[0].moved, 0);
    for (size_t i = 0; i < count; i++) {
        attojoules sum = 0;
        for (size_t j = 0; j < rows[i].component_count; j++) {
            sum += rows[i].energies[j];
            ck_assert(j == 0 || rows[i].energies[j] <= rows[i].energies[j - 1]);
        }
        ck_assert(sum == rows[i].energy);
        ck_assert(i == 0 || rows[i].dynamic != rows[0].dynamic);
    }
}
END_TEST

START_TEST(a_narrower_channel_opens_rows_for_less)
{
    struct inventory *inventory = memory_of("ddr4-2400", true);
    uint64_t whole = list_of(inventory, load("tsmc-16"), SCOPE_CHIP)->meter_price[2];
    inventory->parts[0].bits = 16;
    ck_assert_uint_eq(list_of(inventory, load("tsmc-16"), SCOPE_CHIP)->meter_price[2],
                      whole / 4);
}
END_TEST

Suite *technology_price_suite(void)
{
    Suite *suite = suite_create("technology_price");
    TCase *tests = tcase_create("price");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, every_kind_of_part_has_a_price_from_45_to_7_nm, 0, 12);
    tcase_add_loop_test(tests, components_add_up_to_the_totals_to_the_last_digit, 0, 20);
    tcase_add_loop_test(tests, operators_and_idle_time_add_up_to_the_run, 0, 10);
    tcase_add_test(tests, pricing_again_gives_the_same_bits);
    tcase_add_test(tests, a_newer_process_makes_the_die_smaller_and_its_logic_cheaper);
    tcase_add_test(tests, an_idle_chip_pays_leakage_clock_and_interfaces_only);
    tcase_add_test(tests, device_and_system_scope_of_a_memory_never_mix);
    tcase_add_test(tests, rows_counted_are_paid_apart_from_bits);
    tcase_add_test(tests, a_memory_that_nobody_knows_makes_the_total_unknown_and_is_named);
    tcase_add_test(tests, the_host_is_free_in_scope_chip);
    tcase_add_test(tests, weak_figures_are_confessed);
    tcase_add_test(tests, a_power_cap_is_met_by_the_clocks_it_asks_for);
    tcase_add_test(tests, a_longer_wire_and_a_larger_part_cost_more);
    tcase_add_test(tests, swapping_the_table_of_operations_shows_which_ranks_hold);
    tcase_add_test(tests, a_narrower_channel_opens_rows_for_less);
    suite_add_tcase(suite, tests);
    return suite;
}
