/* Is a loop kernel's run complete: do its cycles add up, are its actions those counted by hand,
 * and does only the price follow the process? */
#define _POSIX_C_SOURCE 200809L
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/study/loop_run.h"

static struct arena arena;
static char path[64];

static void setup(void)
{
    arena_init(&arena);
    snprintf(path, sizeof path, "/tmp/cleave-loop-%d.loop", (int)getpid());
}

static void teardown(void)
{
    remove(path);
    arena_free(&arena);
}

static void run(const char *chip, const char *text, const char *const *sets, size_t set_count,
                struct loop_result *result)
{
    struct error err = {0};
    FILE *file = fopen(path, "w");
    ck_assert(file != NULL);
    fputs(text, file);
    fclose(file);
    bool is_done = loop_run(&arena, chip, path, sets, set_count, result, &err) &&
                   loop_price(&arena, result, &err);
    ck_assert_msg(is_done, "%s", err.text);
}

static uint64_t count_of(const struct loop_result *result, const char *name)
{
    const struct inventory *inventory = &result->chip->inventory;
    const struct ledger *ledger = &result->run.totals.ledger;
    for (size_t m = 0; m < ledger->count; m++)
        if (strcmp(inventory_meter_name(inventory, (int32_t)m), name) == 0)
            return ledger->counts[m];
    return 0;
}

static const char SCALE[] = "kernel k array x[100] : i32\n"
                            "for i in 0 .. 100 unroll 1 { x[i] = x[i] * x[i] + 1 }";

/* 100 loads, products, sums and stores; no loop buffer: every bundle is fetched, and a branch
 * goes with every pass. */
START_TEST(actions_are_those_counted_by_hand)
{
    struct loop_result result;
    run("vliw-teaching", SCALE, NULL, 0, &result);
    ck_assert_uint_eq(count_of(&result, "local.sram.read"), 100);
    ck_assert_uint_eq(count_of(&result, "local.sram.write"), 100);
    ck_assert_uint_eq(count_of(&result, "small.multipliers.compute.i32"), 100);
    uint64_t sums = count_of(&result, "small.alus.compute.i32");
    ck_assert_uint_ge(sums, 100);
    ck_assert_uint_eq(result.run.totals.macs, 100);
    const struct kernel_cycles *cycles = &result.plan.cycles;
    ck_assert_uint_eq(count_of(&result, "small.instructions.read"), cycles->bundles_fetched);
    ck_assert_uint_eq(cycles->bundles_buffered, 0);
    ck_assert_uint_eq(count_of(&result, "small.dispatch.decode"), cycles->bundles_fetched);
}
END_TEST

/* Operations of 32 bits each in packets of 256: eight in a fetch; bundles of the loop buffer
 * are fetched once and then repeated. */
START_TEST(stored_operations_share_fetches)
{
    struct loop_result result;
    run("c64x-plus",
        "kernel k array x[4096] : i16 array y[4096] : i16\n"
        "for i in 0 .. 4096 unroll 8 { y[i] = x[i] }",
        NULL, 0, &result);
    const struct kernel_cycles *cycles = &result.plan.cycles;
    ck_assert_uint_eq(count_of(&result, "dsp.instructions.read"),
                      (cycles->slots_fetched * 32 + 255) / 256);
    uint64_t length = (uint64_t)result.plan.loops[0].main->schedule.length;
    ck_assert_uint_eq(count_of(&result, "dsp.loop-buffer.read"),
                      cycles->kernel + cycles->ramp - length);
    /* 64 bits an access */
    ck_assert_uint_eq(count_of(&result, "l1d.sram.read"), 1024);
    ck_assert_uint_eq(count_of(&result, "l1d.sram.write"), 1024);
}
END_TEST

START_TEST(only_the_price_follows_the_process)
{
    static const char *const SETS[] = {"process=tsmc-40", "process=tsmc-n7"};
    struct loop_result results[2];
    for (int p = 0; p < 2; p++) {
        run("c674x", SCALE, &SETS[p], 1, &results[p]);
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

Suite *loop_run_suite(void)
{
    Suite *suite = suite_create("loop_run");
    TCase *cases = tcase_create("loop_run");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, actions_are_those_counted_by_hand);
    tcase_add_test(cases, stored_operations_share_fetches);
    tcase_add_test(cases, only_the_price_follows_the_process);
    suite_add_tcase(suite, cases);
    return suite;
}
