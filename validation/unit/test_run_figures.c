/* Are the figures of a result what their names say: what an operator is bound by, which are
 * kept, what idles, and of the studies the memory that counts as main and the tenth twin? */
#include <check.h>
#include <math.h>
#include <stdio.h>

#include "path_bench.h"
#include "sim/study/chip_move.h"
#include "sim/study/run_keep.h"
#include "sim/study/twin_study.h"

/* The first of equal classes: work before all others. */
START_TEST(an_operator_is_bound_by_its_largest_class)
{
    struct cycle_account account = {0};
    ck_assert_int_eq(account_bound(&account), CLASS_WORK);
    account.cycles[REASON_WORK] = account.cycles[REASON_INPUT_WAIT] = 5;
    ck_assert_int_eq(account_bound(&account), CLASS_WORK);
    account.cycles[REASON_WEIGHT_WAIT] = 1; /* waits for memory count together */
    ck_assert_int_eq(account_bound(&account), CLASS_MEMORY);
    account.cycles[REASON_HOST] = 6;
    ck_assert_int_eq(account_bound(&account), CLASS_MEMORY);
}
END_TEST

/* Of operators that took equally long, those that came first are kept, in their order. */
START_TEST(the_largest_operators_are_kept_and_the_first_of_equal_ones)
{
    struct run_result result = {0};
    for (uint64_t i = 0; i < RUN_LARGEST + 50; i++) {
        struct run_operator operator= {
            .record = {.index = i, .name = "n", .mapped_as = "m", .cycles = 7}};
        run_keep(&path_arena, &result, RUN_KEEP_LARGEST, &operator);
    }
    ck_assert_uint_eq(result.operator_count, RUN_LARGEST);
    for (size_t i = 0; i < RUN_LARGEST; i++)
        ck_assert_uint_lt(result.operators[i].record.index, RUN_LARGEST);
    struct run_operator longer = {
        .record = {.index = 1000, .name = "n", .mapped_as = "m", .cycles = 8}};
    run_keep(&path_arena, &result, RUN_KEEP_LARGEST, &longer);
    run_keep_order(&result);
    ck_assert_uint_eq(result.operator_count, RUN_LARGEST);
    ck_assert_uint_eq(result.operators[RUN_LARGEST - 1].record.index, 1000);
}
END_TEST

/* A single operator is busy from the first cycle to the last: nothing is left that idles. */
START_TEST(a_run_of_one_operator_has_no_idle_energy)
{
    path_make_trace(PATH_PRODUCT);
    struct run_result result = path_run(_i, NULL);
    ck_assert_uint_eq(result.operator_count, 1);
    ck_assert_uint_eq(result.operators[0].record.cycles, result.totals.cycles);
    ck_assert(run_idle_energy(&result) == 0);
}
END_TEST

START_TEST(the_largest_memory_is_the_main_one_and_the_first_of_equal_ones)
{
    struct chip *chip = arena_alloc(&path_arena, sizeof *chip);
    *chip = (struct chip){.memory_count = 4};
    static const uint64_t BYTES[] = {1 << 20, 1 << 10, 1 << 12, 1 << 12};
    for (int i = 0; i < 4; i++) {
        chip->memories[i].kind = i == 0 ? MEMORY_SRAM : MEMORY_DRAM;
        chip->memories[i].capacity = BYTES[i];
    }
    ck_assert_ptr_eq(chip_main_memory(chip), &chip->memories[2]);
}
END_TEST

/* The tenth percentile has nine tenths of the twins above it, the median half of them. */
START_TEST(percentiles_of_twins_stand_in_their_order)
{
    path_make_trace(PATH_PRODUCT);
    struct error err = {0};
    struct twin_request request = {.chip = "tpu-v1", .trace = path_trace_file(), .count = 12};
    struct twin_result result;
    ck_assert_msg(twin_study(&path_arena, &request, &result, &err), "%s", err.text);
    ck_assert_uint_ge(result.count, 10);
    double best = result.rows[0].speed, worst = result.rows[result.count - 1].speed;
    ck_assert_double_lt(worst, best);
    ck_assert(result.worst == worst);
    size_t below_tenth = 0, below_median = 0;
    for (size_t i = 0; i < result.count; i++) {
        below_tenth += result.rows[i].speed < result.tenth;
        below_median += result.rows[i].speed < result.median;
    }
    ck_assert_uint_le(below_tenth, result.count / 5);
    ck_assert_uint_le(below_median, result.count / 2);
    ck_assert(result.tenth >= worst && result.tenth <= result.median && result.median <= best);
}
END_TEST

Suite *run_figures_suite(void)
{
    Suite *suite = suite_create("run_figures");
    TCase *tests = tcase_create("figures");
    tcase_add_checked_fixture(tests, path_setup, path_teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, an_operator_is_bound_by_its_largest_class);
    tcase_add_test(tests, the_largest_operators_are_kept_and_the_first_of_equal_ones);
    tcase_add_loop_test(tests, a_run_of_one_operator_has_no_idle_energy, 0, PATH_CHIPS);
    tcase_add_test(tests, the_largest_memory_is_the_main_one_and_the_first_of_equal_ones);
    tcase_add_test(tests, percentiles_of_twins_stand_in_their_order);
    suite_add_tcase(suite, tests);
    return suite;
}
