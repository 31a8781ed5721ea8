/* Is a loop kernel's run complete: do its cycles add up, are its actions those counted by hand,
 * and does only the price follow the process? */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loop_fixture.h"

static struct loop_fixture f;

static void setup(void)
{
    loop_fixture_begin(&f);
}

static void teardown(void)
{
    loop_fixture_end(&f);
}

static const char SCALE[] = "kernel k array x[100] : i32\n"
                            "for i in 0 .. 100 unroll 1 { x[i] = x[i] * x[i] + 1 }";

/* 100 loads, products, sums and stores; no loop buffer: every bundle is fetched, and a branch
 * goes with every pass. */
START_TEST(actions_are_those_counted_by_hand)
{
    struct loop_result result;
    loop_fixture_run(&f, "vliw-teaching", SCALE, NULL, 0, &result);
    ck_assert_uint_eq(loop_fixture_count(&result, "local.sram.read"), 100);
    ck_assert_uint_eq(loop_fixture_count(&result, "local.sram.write"), 100);
    ck_assert_uint_eq(loop_fixture_count(&result, "small.multipliers.compute.i32"), 100);
    uint64_t sums = loop_fixture_count(&result, "small.alus.compute.i32");
    ck_assert_uint_ge(sums, 100);
    ck_assert_uint_eq(result.run.totals.macs, 100);
    const struct kernel_cycles *cycles = &result.plan.cycles;
    ck_assert_uint_eq(loop_fixture_count(&result, "small.instructions.read"),
                      cycles->bundles_fetched);
    ck_assert_uint_eq(cycles->bundles_buffered, 0);
    ck_assert_uint_eq(loop_fixture_count(&result, "small.dispatch.decode"),
                      cycles->bundles_fetched);
}
END_TEST

/* Operations of 32 bits each in packets of 256: eight in a fetch; bundles of the loop buffer
 * are fetched once and then repeated. */
START_TEST(stored_operations_share_fetches)
{
    struct loop_result result;
    loop_fixture_run(&f, "c64x-plus",
                     "kernel k array x[4096] : i16 array y[4096] : i16\n"
                     "for i in 0 .. 4096 unroll 8 { y[i] = x[i] }",
                     NULL, 0, &result);
    const struct kernel_cycles *cycles = &result.plan.cycles;
    ck_assert_uint_eq(loop_fixture_count(&result, "dsp.instructions.read"),
                      (cycles->slots_fetched * 32 + 255) / 256);
    uint64_t length = (uint64_t)result.plan.loops[0].main->schedule.length;
    ck_assert_uint_eq(loop_fixture_count(&result, "dsp.loop-buffer.read"),
                      cycles->kernel + cycles->ramp - length);
    /* 64 bits an access */
    ck_assert_uint_eq(loop_fixture_count(&result, "l1d.sram.read"), 1024);
    ck_assert_uint_eq(loop_fixture_count(&result, "l1d.sram.write"), 1024);
}
END_TEST

START_TEST(only_the_price_follows_the_process)
{
    static const char *const SETS[] = {"process=tsmc-40", "process=tsmc-n7"};
    struct loop_result results[2];
    for (int p = 0; p < 2; p++) {
        loop_fixture_run(&f, "c674x", SCALE, &SETS[p], 1, &results[p]);
        const struct run_result *run = &results[p].run;
        ck_assert_uint_eq(cycle_account_total(&run->operators[0].record.account),
                          run->totals.cycles);
        attojoules sum = run_idle_energy(run);
        for (size_t i = 0; i < run->bill.component_count; i++)
            sum += run_component_energy(run, i);
        ck_assert(sum == run->bill.energy);
        ck_assert(run->bill.is_energy_known && run->bill.is_area_known);
    }
    ck_assert_uint_eq(results[0].cycles, results[1].cycles);
    ck_assert_int_eq(0, memcmp(results[0].run.totals.ledger.counts,
                               results[1].run.totals.ledger.counts,
                               results[0].run.totals.ledger.count * sizeof(uint64_t)));
    ck_assert(results[0].run.bill.energy > results[1].run.bill.energy);
}
END_TEST

static double component_mm2(const struct loop_result *result, const char *name)
{
    const struct bill *bill = &result->run.bill;
    for (size_t i = 0; i < bill->component_count; i++)
        if (strcmp(bill->components[i].name, name) == 0)
            return (double)bill->components[i].area_nm2 * 1e-12;
    return NAN;
}

/* Twice the slots are twice the ports: what they add to the register file grows fourfold, and
 * with it the energy of the same work; the cycles of a loop bound by memory stay. */
START_TEST(register_files_grow_with_the_square_of_their_ports)
{
    double area[3];
    attojoules energy[3];
    uint64_t cycles[3];
    for (int k = 0; k < 3; k++) {
        const char *sets[] = {arena_format(&f.arena, "core.small.issue=%d", 8 << k)};
        struct loop_result result;
        loop_fixture_run(&f, "vliw-teaching", SCALE, sets, 1, &result);
        area[k] = component_mm2(&result, "small");
        energy[k] = result.run.bill.dynamic;
        cycles[k] = result.cycles;
    }
    double growth = (area[2] - area[1]) / (area[1] - area[0]);
    ck_assert_msg(growth > 3 && growth < 4.2, "grows %.2f times", growth);
    ck_assert(energy[0] < energy[1] && energy[1] < energy[2]);
    ck_assert_uint_eq(cycles[0], cycles[2]);
}
END_TEST

/* Wider bundles cost fetches whether their slots are filled or not. */
START_TEST(empty_slots_cost_energy_and_no_cycles)
{
    const char *wide[] = {"core.small.fetch_bits=512"};
    struct loop_result narrow_result, wide_result;
    loop_fixture_run(&f, "vliw-teaching", SCALE, NULL, 0, &narrow_result);
    loop_fixture_run(&f, "vliw-teaching", SCALE, wide, 1, &wide_result);
    ck_assert_uint_eq(narrow_result.cycles, wide_result.cycles);
    ck_assert(wide_result.run.bill.dynamic > narrow_result.run.bill.dynamic);
    ck_assert_uint_eq(loop_fixture_count(&narrow_result, "small.instructions.read"),
                      loop_fixture_count(&wide_result, "small.instructions.read"));
    ck_assert_int_gt(wide_result.plan.code_bytes, narrow_result.plan.code_bytes);
}
END_TEST

/* What moves between the chip and its memory is in the totals, over pins and wires alike. */
START_TEST(traffic_of_a_kernel_is_in_its_ledger)
{
    struct loop_result result;
    loop_fixture_run(&f, _i ? "aie" : "vliw-teaching",
                     "kernel k array x[65536] : i32\nfor i in 0 .. 65536 { x[i] = x[i] + 1 }",
                     NULL, 0, &result);
    uint64_t bytes = result.run.totals.dram_read_bytes + result.run.totals.dram_write_bytes;
    ck_assert_uint_ge(bytes, 2 * 4 * 65536);
    ck_assert_uint_eq(loop_fixture_count(&result, "dram.phy.transfer"), 8 * bytes);
    ck_assert_uint_eq(loop_fixture_count(&result, "dram.wires.transfer"), 8 * bytes);
}
END_TEST

/* A chip whose main clock is another core's: cycles are its edges, rounded to the nearest. */
START_TEST(cycles_are_edges_of_the_main_clock)
{
    char chip[64];
    FILE *from = fopen(CLEAVE_SOURCE_DIR "/configs/chips/vliw-teaching.conf", "r");
    ck_assert_ptr_nonnull(from);
    snprintf(chip, sizeof chip, "/tmp/cleave-main-clock-%d.conf", (int)getpid());
    FILE *to = fopen(chip, "w");
    for (char line[512]; fgets(line, sizeof line, from);) {
        if (strncmp(line, "core small", 10) == 0)
            fputs("core lanes {\n    family = \"vector\"\n    clock = \"300 MHz\"\n"
                  "    native = \"f32\"\n    lanes = 4\n    scratch = \"local\"\n}\n",
                  to);
        fputs(line, to);
    }
    fclose(from);
    fclose(to);
    for (int passes = 100; passes < 110; passes++) {
        struct loop_result result;
        const char *text = arena_format(
            &f.arena, "kernel k array x[200] : i32\nfor i in 0 .. %d { x[i] = x[i] * 3 }",
            passes);
        loop_fixture_run(&f, chip, text, NULL, 0, &result);
        ck_assert(ratio_value(result.chip->main_clock.hz) == 300e6);
        double edges = (double)result.cycles * 300 / 500;
        ck_assert_msg(fabs((double)result.run.totals.cycles - edges) <= 0.5 + 1e-9,
                      "%d passes: %llu cycles of %.1f", passes,
                      (unsigned long long)result.run.totals.cycles, edges);
        ck_assert_uint_eq(cycle_account_total(&result.run.operators[0].record.account),
                          result.run.totals.cycles);
    }
    remove(chip);
}
END_TEST

Suite *loop_run_suite(void)
{
    Suite *suite = suite_create("loop_run");
    TCase *cases = tcase_create("loop_run");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, actions_are_those_counted_by_hand);
    tcase_add_test(cases, stored_operations_share_fetches);
    tcase_add_test(cases, only_the_price_follows_the_process);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, register_files_grow_with_the_square_of_their_ports);
    tcase_add_test(cases, empty_slots_cost_energy_and_no_cycles);
    tcase_add_loop_test(cases, traffic_of_a_kernel_is_in_its_ledger, 0, 2);
    tcase_add_test(cases, cycles_are_edges_of_the_main_clock);
    suite_add_tcase(suite, cases);
    return suite;
}
