/* Do prices add up to the last digit and follow ledger, process, supply and cap? */
#include <check.h>
#include <math.h>
#include <string.h>

#include "arch/technology/price_swap.h"
#include "reference_inventory.h"
#include "technology_fixture.h"

START_TEST(every_kind_of_part_has_a_price_from_45_to_7_nm)
{
    static const char *const NAMES[] = {"generic-45", "tsmc-40",  "generic-32", "tsmc-28",
                                        "intel-22",   "tsmc-20",  "tsmc-16",    "intel-14",
                                        "samsung-14", "tsmc-n10", "samsung-8",  "tsmc-n7"};
    struct inventory *inventory = reference_inventory(&technology.arena);
    struct price_list *list =
        technology_list(inventory, technology_process(NAMES[_i]), SCOPE_CHIP);
    struct ledger ledger = reference_ledger(&technology.arena, inventory, 1);
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
    struct inventory *inventory = reference_inventory(&technology.arena);
    struct price_list *list =
        technology_list(inventory, technology_process("tsmc-16"), SCOPE_CHIP);
    struct ledger ledger = reference_ledger(&technology.arena, inventory, (uint64_t)_i);
    uint64_t cycles = 1000000007u * (uint64_t)(_i + 1);
    struct bill bill;
    price_bill(list, &ledger, cycles, &technology.arena, &bill);
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
    struct inventory *inventory = reference_inventory(&technology.arena);
    struct price_list *list =
        technology_list(inventory, technology_process("tsmc-28"), SCOPE_CHIP);
    struct ledger total = ledger_make(&technology.arena, inventory);
    attojoules sum = 0;
    uint64_t cycles = 0;
    for (uint64_t i = 0; i < 50; i++) {
        struct ledger one =
            reference_ledger(&technology.arena, inventory, 1000 * (uint64_t)_i + i);
        sum += price_dynamic(list, &one) + price_static(list, 977 * i);
        cycles += 977 * i;
        ledger_add(&total, &one);
    }
    sum += price_static(list, 12345);
    struct bill bill;
    price_bill(list, &total, cycles + 12345, &technology.arena, &bill);
    ck_assert(sum == bill.energy);
}
END_TEST

START_TEST(pricing_again_gives_the_same_bits)
{
    struct inventory *inventory = reference_inventory(&technology.arena);
    struct ledger ledger = reference_ledger(&technology.arena, inventory, 7);
    struct bill first, again;
    price_bill(technology_list(inventory, technology_process("tsmc-n7"), SCOPE_CHIP), &ledger,
               5000, &technology.arena, &first);
    struct price_options options = price_options_default(REFERENCE_CLOCK);
    ck_assert(price(&technology.arena, reference_inventory(&technology.arena), &ledger, 5000,
                    technology_process("tsmc-n7"), &options, &again, &technology.err));
    ck_assert(first.energy == again.energy && first.area_nm2 == again.area_nm2);
    ck_assert(memcmp(&first.transistors, &again.transistors, sizeof(double)) == 0);
    for (size_t i = 0; i < first.component_count; i++)
        ck_assert(first.components[i].dynamic == again.components[i].dynamic);
}
END_TEST

START_TEST(a_newer_process_makes_the_die_smaller_and_its_logic_cheaper)
{
    struct inventory *inventory = reference_inventory(&technology.arena);
    struct price_list *old =
        technology_list(inventory, technology_process("tsmc-28"), SCOPE_CHIP);
    struct price_list *new =
        technology_list(inventory, technology_process("tsmc-n7"), SCOPE_CHIP);
    ck_assert_uint_lt(new->meter_price[0], old->meter_price[0]);
    ck_assert_uint_lt(new->part_area_nm2[0], old->part_area_nm2[0]);
    /* Interfaces and memory devices do not follow the die's process. */
    ck_assert_uint_eq(new->part_area_nm2[17], old->part_area_nm2[17]);
    ck_assert_uint_eq(new->meter_price[16], old->meter_price[16]);
}
END_TEST

START_TEST(an_idle_chip_pays_leakage_clock_and_interfaces_only)
{
    struct inventory *inventory = reference_inventory(&technology.arena);
    struct price_list *list =
        technology_list(inventory, technology_process("tsmc-28"), SCOPE_CHIP);
    struct ledger nothing = ledger_make(&technology.arena, inventory);
    struct bill bill;
    price_bill(list, &nothing, 700000000, &technology.arena, &bill);
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

START_TEST(a_power_cap_is_met_by_the_clocks_it_asks_for)
{
    struct inventory *inventory = reference_inventory(&technology.arena);
    struct price_list *list =
        technology_list(inventory, technology_process("tsmc-28"), SCOPE_CHIP);
    struct ledger ledger = ledger_make(&technology.arena, inventory);
    ledger.counts[0] = 4096 * 100000u;
    struct bill bill;
    price_bill(list, &ledger, 100000, &technology.arena, &bill);
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

START_TEST(swapping_the_table_of_operations_shows_which_ranks_hold)
{
    struct inventory *inventory = reference_inventory(&technology.arena);
    struct price_options options = price_options_default(REFERENCE_CLOCK);
    struct ledger ledger = ledger_make(&technology.arena, inventory);
    ledger.counts[0] = 4096 * 100000u;
    ledger.counts[7] = 1000000;
    struct price_swap *rows;
    size_t count;
    ck_assert_msg(price_swap_tables(&technology.arena, inventory, &ledger, 100000,
                                    technology_process("tsmc-28"), &options, &rows, &count,
                                    &technology.err),
                  "%s", technology.err.text);
    ck_assert_uint_eq(count, 5);
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

START_TEST(a_lower_supply_makes_the_die_cheaper_but_not_its_interfaces)
{
    struct inventory *inventory = reference_inventory(&technology.arena);
    struct price_options options = price_options_default(REFERENCE_CLOCK);
    struct price_list *low,
        *nominal = technology_list(inventory, technology_process("tsmc-n7"), SCOPE_CHIP);
    options.supply_v = 0.6; /* of 0.7 V */
    ck_assert(price_list_make(&technology.arena, inventory, technology_process("tsmc-n7"),
                              &options, &low, &technology.err));
    struct supply_scale scale;
    ck_assert(supply_scale_of(technology_process("tsmc-n7"), 0.6, &scale, &technology.err));
    ck_assert_double_eq_tol((double)low->meter_price[0],
                            (double)nominal->meter_price[0] * scale.energy, 1);
    ck_assert_double_lt(scale.speed, 1);
    for (size_t i = 16; i < 19; i++) /* memory, interface, link */
        ck_assert_uint_eq(low->meter_price[i], nominal->meter_price[i]);
    options.supply_v = 5;
    ck_assert(!price_list_make(&technology.arena, inventory, technology_process("tsmc-n7"),
                               &options, &low, &technology.err));
}
END_TEST

Suite *technology_price_suite(void)
{
    Suite *suite = suite_create("technology_price");
    TCase *tests = tcase_create("price");
    tcase_add_checked_fixture(tests, technology_setup, technology_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, every_kind_of_part_has_a_price_from_45_to_7_nm, 0, 12);
    tcase_add_loop_test(tests, components_add_up_to_the_totals_to_the_last_digit, 0, 20);
    tcase_add_loop_test(tests, operators_and_idle_time_add_up_to_the_run, 0, 10);
    tcase_add_test(tests, pricing_again_gives_the_same_bits);
    tcase_add_test(tests, a_newer_process_makes_the_die_smaller_and_its_logic_cheaper);
    tcase_add_test(tests, an_idle_chip_pays_leakage_clock_and_interfaces_only);
    tcase_add_test(tests, a_power_cap_is_met_by_the_clocks_it_asks_for);
    tcase_add_test(tests, swapping_the_table_of_operations_shows_which_ranks_hold);
    tcase_add_test(tests, a_lower_supply_makes_the_die_cheaper_but_not_its_interfaces);
    suite_add_tcase(suite, tests);
    return suite;
}
