/* Are memories, hosts, wires and doubts priced by what they are, and the unknown named? */
#include <check.h>
#include <math.h>
#include <string.h>

#include "reference_inventory.h"
#include "technology_fixture.h"

static struct inventory *memory_of(const char *device, bool counts_rows)
{
    struct inventory *inventory = arena_alloc(&technology.arena, sizeof *inventory);
    struct number_format none = {0};
    inventory_init(inventory, &technology.arena);
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
    struct price_list *chip =
        technology_list(inventory, technology_process("tsmc-16"), SCOPE_CHIP);
    struct price_list *whole =
        technology_list(inventory, technology_process("tsmc-16"), SCOPE_SYSTEM);
    /* 3.97 pJ/bit at the device, 13.11 for the system with its controller. */
    ck_assert_uint_eq(chip->meter_price[0], 256u * 3970000u);
    ck_assert_uint_eq(whole->meter_price[0], 256u * 13110000u);
    ck_assert_uint_gt(chip->meter_price[1], 0);
    ck_assert_uint_eq(whole->meter_price[1], 0);
}
END_TEST

START_TEST(rows_counted_are_paid_apart_from_bits)
{
    struct price_list *list =
        technology_list(memory_of("hbm2", true), technology_process("tsmc-16"), SCOPE_CHIP);
    ck_assert_uint_eq(list->meter_price[0], 256 * 2540000); /* 2.24 + 0.30 pJ/bit */
    ck_assert_uint_eq(list->meter_price[2], 909000000);
}
END_TEST

START_TEST(a_memory_that_nobody_knows_makes_the_total_unknown_and_is_named)
{
    struct inventory *inventory = memory_of("bubble-memory", false);
    struct price_list *list =
        technology_list(inventory, technology_process("tsmc-16"), SCOPE_CHIP);
    struct ledger ledger = reference_ledger(&technology.arena, inventory, 3);
    struct bill bill;
    price_bill(list, &ledger, 100, &technology.arena, &bill);
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
    inventory_init(&inventory, &technology.arena);
    struct number_format f32 = number_format_float(8, 23);
    struct part lanes = {.name = "host.lanes",
                         .component = "host",
                         .kind = PART_MAC,
                         .count = 8,
                         .operand = {f32, f32},
                         .result = f32,
                         .clock = REFERENCE_CLOCK,
                         .is_off_die = true,
                         .is_host = true};
    inventory_add(&inventory, &lanes);
    inventory_meter(&inventory, 0, ACTION_COMPUTE, f32, 0);
    ck_assert_uint_eq(
        technology_list(&inventory, technology_process("tsmc-28"), SCOPE_CHIP)->meter_price[0],
        0);
    ck_assert_uint_gt(technology_list(&inventory, technology_process("tsmc-28"), SCOPE_SYSTEM)
                          ->meter_price[0],
                      0);
}
END_TEST

START_TEST(weak_figures_are_confessed)
{
    struct inventory *inventory = reference_inventory(&technology.arena);
    struct ledger ledger = reference_ledger(&technology.arena, inventory, 5);
    struct bill bill;
    price_bill(technology_list(inventory, technology_process("tsmc-28"), SCOPE_CHIP), &ledger,
               10, &technology.arena, &bill);
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

START_TEST(a_longer_wire_and_a_larger_part_cost_more)
{
    struct inventory inventory;
    inventory_init(&inventory, &technology.arena);
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
    struct price_list *list =
        technology_list(&inventory, technology_process("tsmc-28"), SCOPE_CHIP);
    /* 256 times the area is 16 times the side. */
    ck_assert_double_eq_tol((double)list->meter_price[1] / (double)list->meter_price[0], 16,
                            0.01);
}
END_TEST

START_TEST(a_narrower_channel_opens_rows_for_less)
{
    struct inventory *inventory = memory_of("ddr4-2400", true);
    uint64_t whole =
        technology_list(inventory, technology_process("tsmc-16"), SCOPE_CHIP)->meter_price[2];
    inventory->parts[0].bits = 16;
    ck_assert_uint_eq(
        technology_list(inventory, technology_process("tsmc-16"), SCOPE_CHIP)->meter_price[2],
        whole / 4);
}
END_TEST

START_TEST(a_buffer_beyond_any_chip_makes_the_area_unknown)
{
    struct inventory inventory;
    inventory_init(&inventory, &technology.arena);
    struct part buffer = {.name = "moon",
                          .component = "buffer",
                          .kind = PART_SRAM,
                          .count = 4096,
                          .bytes = 1ull << 50,
                          .width_bits = 64,
                          .banks = 2};
    inventory_add(&inventory, &buffer);
    struct price_list *list =
        technology_list(&inventory, technology_process("tsmc-28"), SCOPE_CHIP);
    struct ledger ledger = ledger_make(&technology.arena, &inventory);
    struct bill bill;
    price_bill(list, &ledger, 1, &technology.arena, &bill);
    ck_assert(!bill.is_area_known && bill.warnings[0] && strstr(bill.warnings[0], "moon"));
}
END_TEST

Suite *technology_scope_suite(void)
{
    Suite *suite = suite_create("technology_scope");
    TCase *tests = tcase_create("price");
    tcase_add_checked_fixture(tests, technology_setup, technology_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, device_and_system_scope_of_a_memory_never_mix);
    tcase_add_test(tests, rows_counted_are_paid_apart_from_bits);
    tcase_add_test(tests, a_memory_that_nobody_knows_makes_the_total_unknown_and_is_named);
    tcase_add_test(tests, the_host_is_free_in_scope_chip);
    tcase_add_test(tests, weak_figures_are_confessed);
    tcase_add_test(tests, a_longer_wire_and_a_larger_part_cost_more);
    tcase_add_test(tests, a_narrower_channel_opens_rows_for_less);
    tcase_add_test(tests, a_buffer_beyond_any_chip_makes_the_area_unknown);
    suite_add_tcase(suite, tests);
    return suite;
}
