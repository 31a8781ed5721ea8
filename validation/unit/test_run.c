/* Do the laws of accounts, energies and bounds hold on random chips and traces? */
#include <check.h>
#include <string.h>

#include "random_run.h"

enum { SEEDS = 120, OPERATORS = 12 };

static struct arena arena;
static struct random_case c;

static void setup(void)
{
    arena_init(&arena);
}

static void teardown(void)
{
    random_case_end(&c);
    arena_free(&arena);
}

/* Odd seeds: chips of their own; even ones: shipped chips with values changed. */
static bool begin(int seed, enum random_trace_kind kind, struct run_result *result)
{
    random_case_begin(&c, (uint64_t)seed, "run", &arena);
    if (seed % 2)
        random_chip_file(&c);
    else
        random_chip_sets(&c);
    random_path_sets(&c);
    random_trace_file(&c, kind, OPERATORS);
    return random_case_run(&c, NULL, result);
}

static enum random_trace_kind kind_of(int seed)
{
    return seed % 5 == 0 ? RANDOM_PRODUCTS : RANDOM_NETWORK;
}

START_TEST(accounts_add_up_to_the_cycles_they_explain)
{
    struct run_result result;
    if (!begin(_i, kind_of(_i), &result))
        return;
    const struct play_totals *totals = &result.totals;
    ck_assert_uint_eq(totals->operators, result.operator_count);
    for (size_t i = 0; i < result.operator_count; i++) {
        const struct operator_record *record = &result.operators[i].record;
        ck_assert_msg(cycle_account_total(&record->account) == record->cycles,
                      "%s: operator %zu", random_case_text(&c), i);
        ck_assert_msg(record->start_cycle + record->cycles <= totals->cycles,
                      "%s: operator %zu ends after the run", random_case_text(&c), i);
        if (strncmp(record->mapped_as, "fused:", 6) == 0)
            ck_assert_uint_eq(record->cycles, 0);
    }
    for (int32_t i = 0; i < totals->core_count; i++)
        ck_assert_msg(cycle_account_total(&totals->cores[i].account) == totals->cycles,
                      "%s: core %s has %llu cycles of %llu", random_case_text(&c),
                      totals->cores[i].name,
                      (unsigned long long)cycle_account_total(&totals->cores[i].account),
                      (unsigned long long)totals->cycles);
}
END_TEST

START_TEST(operators_add_up_to_the_totals)
{
    struct run_result result;
    if (!begin(_i, kind_of(_i), &result))
        return;
    uint64_t macs = 0, ops = 0, read = 0, written = 0, without_cycles = 0;
    for (size_t i = 0; i < result.operator_count; i++) {
        const struct operator_record *record = &result.operators[i].record;
        macs += record->macs;
        ops += record->ops;
        read += record->dram_read_bytes;
        written += record->dram_write_bytes;
        without_cycles += record->cycles == 0;
    }
    ck_assert_uint_eq(macs, result.totals.macs);
    ck_assert_uint_eq(ops, result.totals.ops);
    ck_assert_uint_eq(read, result.totals.dram_read_bytes);
    ck_assert_uint_eq(written, result.totals.dram_write_bytes);
    ck_assert_uint_eq(without_cycles, result.idle_operators);
}
END_TEST

START_TEST(components_add_up_to_energy_and_area)
{
    struct run_result result;
    if (!begin(_i, kind_of(_i), &result))
        return;
    attojoules energy = 0, idle = run_idle_energy(&result);
    uint64_t area = 0;
    for (size_t i = 0; i < result.bill.component_count; i++) {
        energy += run_component_energy(&result, i);
        area += result.bill.components[i].area_nm2;
    }
    ck_assert(energy + idle == result.bill.energy);
    ck_assert_uint_eq(area, result.bill.area_nm2);
    double operators = 0;
    for (size_t i = 0; i < result.operator_count; i++)
        operators += result.operators[i].energy_j;
    ck_assert(operators > 0 && (double)idle >= 0);
}
END_TEST

START_TEST(nothing_is_faster_than_peak_and_bandwidth)
{
    struct run_result result;
    if (!begin(_i, kind_of(_i), &result))
        return;
    for (size_t i = 0; i < result.operator_count; i++) {
        /* Cycles are edges of the main clock: a core of another one may gain one of them. */
        const struct operator_record *record = &result.operators[i].record;
        double work = record->macs ? (double)record->macs : (double)record->ops;
        double possible = (double)(record->cycles + 1) * record->peak_per_cycle;
        ck_assert_msg(record->cycles == 0 || work <= possible,
                      "%s: operator %zu (%s) is used by %g", random_case_text(&c), i,
                      record->op, result.operators[i].utilization);
    }
    ck_assert_msg(result.utilization <= 1 + 1e-9, "%s: used by %g", random_case_text(&c),
                  result.utilization);
    double bandwidth = 0;
    for (int32_t i = 0; i < result.chip->memory_count; i++)
        if (result.chip->memories[i].kind == MEMORY_DRAM)
            bandwidth += ratio_value(result.chip->memories[i].bandwidth);
    double bytes = (double)(result.totals.dram_read_bytes + result.totals.dram_write_bytes);
    double seconds = bytes / bandwidth;
    ck_assert_msg(result.seconds >= seconds * (1 - 1e-6), "%s: %g s for %g bytes, at least %g",
                  random_case_text(&c), result.seconds, bytes, seconds);
}
END_TEST

Suite *run_suite(void)
{
    Suite *suite = suite_create("run");
    TCase *tests = tcase_create("laws");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, accounts_add_up_to_the_cycles_they_explain, 0, SEEDS);
    tcase_add_loop_test(tests, operators_add_up_to_the_totals, 0, SEEDS);
    tcase_add_loop_test(tests, components_add_up_to_energy_and_area, 0, SEEDS);
    tcase_add_loop_test(tests, nothing_is_faster_than_peak_and_bandwidth, 0, SEEDS);
    suite_add_tcase(suite, tests);
    return suite;
}
