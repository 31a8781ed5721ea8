/* Does each kind of part cost what its description says: register files as what they are built
 * of, transistors beside the cells of an SRAM, reads, ways between banks, converters between
 * the resolutions of the table? Are supplies, carbon and warnings what they promise? */
#include <check.h>
#include <math.h>
#include <string.h>

#include "arch/technology/memory_price.h"
#include "arch/technology/price_parts.h"
#include "reference_inventory.h"
#include "technology_fixture.h"

static struct part_price price_of(const struct part *part)
{
    struct part_context context = {NULL, technology_process("tsmc-16"), SCOPE_CHIP};
    struct part_price price;
    ck_assert_msg(part_price_of(&context, part, &price, &technology.err), "%s",
                  technology.err.text);
    return price;
}

static struct part store(enum part_kind kind, uint64_t bytes, uint32_t banks)
{
    return (struct part){.name = "store",
                         .component = "store",
                         .kind = kind,
                         .count = 1,
                         .bytes = bytes,
                         .width_bits = 32,
                         .banks = banks,
                         .read_ports = 1,
                         .write_ports = 1};
}

START_TEST(register_files_up_to_64_bytes_are_flip_flops)
{
    struct part small = store(PART_REGISTER_FILE, 64, 1),
                large = store(PART_REGISTER_FILE, 65, 1);
    struct part flip_flops = {.kind = PART_REGISTER, .count = 1, .bits = 8 * 64};
    ck_assert(price_of(&small).area.value == price_of(&flip_flops).area.value);
    ck_assert_str_eq(price_of(&large).table, "cacti7_sram");
}
END_TEST

/* Decoders, sense amplifiers and drivers beside six transistors a bit: no macro has none, and
 * they weigh more the smaller it is. */
START_TEST(an_sram_has_transistors_beside_its_cells)
{
    double share = INFINITY;
    for (uint64_t bytes = 1024; bytes <= 1 << 20; bytes *= 32) {
        struct part sram = store(PART_SRAM, bytes, 1);
        double cells = 6 * 8 * (double)bytes, more = price_of(&sram).transistors / cells - 1;
        ck_assert_msg(more > 0.05 && more < share, "%.0f cells: %.3f more", cells, more);
        share = more;
    }
}
END_TEST

static double action_energy(const struct part *part, enum action_kind action, uint32_t bits,
                            double side_mm)
{
    struct inventory inventory;
    inventory_init(&inventory, &technology.arena);
    struct number_format none = {0};
    int32_t index = inventory_add(&inventory, part);
    int32_t meter = inventory_meter(&inventory, index, action, none, bits);
    struct part_context context = {&inventory, technology_process("tsmc-16"), SCOPE_CHIP};
    struct action_price price;
    ck_assert_msg(
        action_price_of(&context, &inventory.meters[meter], side_mm, &price, &technology.err),
        "%s", technology.err.text);
    return price.energy.value;
}

/* Reading a register moves its output alone. */
START_TEST(reading_a_register_costs_half_of_writing_it)
{
    struct part part = {
        .name = "r", .component = "r", .kind = PART_REGISTER, .count = 1, .bits = 16};
    double write = action_energy(&part, ACTION_WRITE, 16, 0);
    ck_assert_double_gt(write, 0);
    ck_assert_double_eq_tol(action_energy(&part, ACTION_READ, 16, 0), write / 2, write * 1e-12);
    ck_assert(action_energy(&part, ACTION_GATED, 16, 0) == 0);
}
END_TEST

/* On average half the side of all banks, and half of the bits toggle. */
START_TEST(the_way_from_a_bank_is_half_the_side_of_all)
{
    struct part banked = store(PART_SRAM, 65536, 8), whole = store(PART_SRAM, 8192, 1);
    whole.write_ports = 0; /* banks have one port for both */
    double wire = technology_process("tsmc-16")->quantities[QUANTITY_WIRE_ENERGY].value;
    double near = action_energy(&banked, ACTION_READ, 32, 0);
    double way = action_energy(&banked, ACTION_READ, 32, 2) - near;
    ck_assert_double_eq_tol(way, wire * 0.5 * 2 * 0.5 * 32, 1e-9 * way);
    ck_assert_double_eq_tol(action_energy(&whole, ACTION_READ, 32, 2), near, 1e-9 * near);
}
END_TEST

static double conversion(double bits)
{
    struct converter_price price;
    ck_assert_msg(
        converter_price_of(&technology.tables.converters, "adc", bits, &price, &technology.err),
        "%s", technology.err.text);
    return price.energy.value;
}

/* The table has converters of 4, 8 and 9 bits: a resolution between two rows lies on the line
 * between them, log over log; beyond the last it goes on from the two nearest. */
START_TEST(converters_lie_between_the_rows_beside_them)
{
    static const struct {
        double bits, low, high;
    } LINES[] = {{5, 4, 8}, {6, 4, 8}, {7, 4, 8}, {8.5, 8, 9}, {2, 4, 8}, {10, 8, 9}};
    double low = conversion(LINES[_i].low), high = conversion(LINES[_i].high);
    double share = log(LINES[_i].bits / LINES[_i].low) / log(LINES[_i].high / LINES[_i].low);
    double wanted = low * pow(high / low, share);
    ck_assert_double_eq_tol(conversion(LINES[_i].bits), wanted, 1e-9 * wanted);
}
END_TEST

/* The fitted polynomials turn upwards beyond their range: no supply that is served makes a
 * device more than 3 % slower than a lower one. */
START_TEST(no_supply_that_is_served_is_slower_than_a_lower_one)
{
    const struct table *curves = &technology.tables.curves;
    for (size_t row = 0; row < curves->row_count; row++) {
        double least = INFINITY;
        for (int step = 30; step <= 300; step++) {
            struct supply_point point;
            struct error refusal = {0};
            const char *name = table_text(curves, row, "curve");
            if (!supply_curve(curves, name, 0.01 * step, &point, &refusal))
                continue;
            least = fmin(least, point.delay);
            ck_assert_msg(point.delay <= 1.0301 * least, "%s at %.2f V", name, 0.01 * step);
        }
        ck_assert(isfinite(least));
    }
}
END_TEST

/* A wafer's carbon is shared by its good dies: of twice the area, and less yield. */
START_TEST(carbon_is_borne_by_good_dies)
{
    struct process *process = technology_process("tsmc-n7");
    struct yield_options options = yield_options_default();
    struct die_cost small = die_cost_of(process, 1e-4, &options);
    struct die_cost large = die_cost_of(process, 4e-4, &options);
    double wafer_g = small.carbon_g * small.yield; /* of a square centimetre */
    ck_assert_double_gt(wafer_g, 0);
    ck_assert_double_lt(large.yield, small.yield);
    ck_assert_double_eq_tol(large.carbon_g, 4 * wafer_g / large.yield, 1e-9 * large.carbon_g);
    double electricity = process->quantities[QUANTITY_FAB_ENERGY].value / 3.6e6 * 500;
    double gas = process->quantities[QUANTITY_FAB_GAS].value;
    ck_assert_double_eq_tol(wafer_g, electricity + gas, 1e-9 * wafer_g);
}
END_TEST

/* Reads, writes and activates of one memory without a price are one sentence. */
START_TEST(a_part_without_a_price_is_named_once)
{
    struct inventory *inventory = arena_alloc(&technology.arena, sizeof *inventory);
    inventory_init(inventory, &technology.arena);
    struct part dram = {.name = "dram",
                        .component = "dram",
                        .kind = PART_DRAM,
                        .count = 1,
                        .memory = "bubble-memory",
                        .is_off_die = true};
    inventory_add(inventory, &dram);
    inventory_meter(inventory, 0, ACTION_READ, (struct number_format){0}, 256);
    inventory_meter(inventory, 0, ACTION_WRITE, (struct number_format){0}, 256);
    struct ledger ledger = ledger_make(&technology.arena, inventory);
    ledger.counts[0] = ledger.counts[1] = 5;
    struct bill bill;
    price_bill(technology_list(inventory, technology_process("tsmc-16"), SCOPE_CHIP), &ledger,
               100, &technology.arena, &bill);
    int named = 0;
    for (const char *const *warning = bill.warnings; *warning; warning++)
        named += strstr(*warning, "energy of part 'dram' is not known") != NULL;
    ck_assert_int_eq(named, 1);
}
END_TEST

Suite *technology_parts_suite(void)
{
    Suite *suite = suite_create("technology_parts");
    TCase *tests = tcase_create("parts");
    tcase_add_checked_fixture(tests, technology_setup, technology_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, register_files_up_to_64_bytes_are_flip_flops);
    tcase_add_test(tests, an_sram_has_transistors_beside_its_cells);
    tcase_add_test(tests, reading_a_register_costs_half_of_writing_it);
    tcase_add_test(tests, the_way_from_a_bank_is_half_the_side_of_all);
    tcase_add_loop_test(tests, converters_lie_between_the_rows_beside_them, 0, 6);
    tcase_add_test(tests, no_supply_that_is_served_is_slower_than_a_lower_one);
    tcase_add_test(tests, carbon_is_borne_by_good_dies);
    tcase_add_test(tests, a_part_without_a_price_is_named_once);
    suite_add_tcase(suite, tests);
    return suite;
}
