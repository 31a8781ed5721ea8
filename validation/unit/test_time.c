/* Do clocks keep their edges for ever, and do cycles of consecutive spans add up? */
#include <check.h>

#include "sim/kernel/event.h"
#include "sim/kernel/time.h"

static const struct ratio MHZ_700 = {700000000, 1}, MHZ_1600 = {1600000000, 1};
static const struct ratio NS_0_63 = {63, UINT64_C(100000000000)};

START_TEST(one_clock_has_ticks_of_its_own)
{
    struct timebase timebase = timebase_choose(&MHZ_700, 1);
    struct clock clock = clock_make(&timebase, MHZ_700);
    ck_assert(timebase.is_exact);
    ck_assert_uint_eq(clock_edge(&clock, 123456789), 123456789);
    ck_assert_uint_eq(clock_cycles_at(&clock, 42), 42);
}
END_TEST

START_TEST(all_edges_of_several_clocks_are_exact)
{
    struct ratio clocks[] = {MHZ_700, MHZ_1600, ratio_invert(NS_0_63)};
    struct timebase timebase = timebase_choose(clocks, 3);
    ck_assert(timebase.is_exact);
    /* By hand: 7e8 = 2^8 5^8 7, 16e8 = 2^12 5^8, and 10^11 / 63 has the numerator 2^11 5^11, so
     * the least common multiple is 2^12 5^11 7 = 1.4e12. */
    ck_assert_uint_eq(timebase.ticks_per_second.num, UINT64_C(1400000000000));
    struct clock fast = clock_make(&timebase, MHZ_1600),
                 dram = clock_make(&timebase, clocks[2]);
    ck_assert_uint_eq(clock_edge(&fast, 16), 16 * 875);
    ck_assert_uint_eq(clock_edge(&dram, 1000), 882000);
    ck_assert_double_eq_tol(timebase_seconds(&timebase, 882000), 630e-9, 1e-18);
}
END_TEST

START_TEST(too_fine_a_tick_gives_way_to_femtoseconds)
{
    struct ratio clocks[] = {{999999937, 1}, {1000000007, 1}};
    struct timebase timebase = timebase_choose(clocks, 2);
    ck_assert(!timebase.is_exact);
    ck_assert_uint_eq(timebase.ticks_per_second.num, UINT64_C(1000000000000000));
    struct clock clock = clock_make(&timebase, clocks[0]);
    /* A whole second later the clock has ticked exactly its hertz: no drift. */
    ck_assert_uint_eq(clock_edge(&clock, 999999937), UINT64_C(1000000000000000));
    ck_assert_uint_eq(clock_cycles_at(&clock, UINT64_C(1000000000000000)), 999999937);
    ck_assert_uint_eq(clock_cycles_at(&clock, UINT64_C(1000000000000000) - 1), 999999936);
}
END_TEST

static uint64_t draw(uint64_t *random)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return *random >> 24;
}

/* edge and cycles are inverse; spans add up; next is the first edge not before. */
START_TEST(edges_and_cycles_agree)
{
    uint64_t random = (uint64_t)_i * 977 + 1;
    struct ratio hz = ratio_make(1 + draw(&random) % 5000000000u, 1 + draw(&random) % 9);
    struct ratio others[] = {hz, {1 + draw(&random) % 3000000000u, 7}};
    struct timebase timebase = timebase_choose(others, 1 + (size_t)_i % 2);
    struct clock clock = clock_make(&timebase, hz);
    for (int i = 0; i < 200; i++) {
        uint64_t n = draw(&random) % (UINT64_C(1) << draw(&random) % 38);
        uint64_t edge = clock_edge(&clock, n);
        if (edge == TIME_NEVER)
            continue;
        ck_assert_msg(clock_cycles_at(&clock, edge) == n, "case %d", _i);
        ck_assert(n == 0 || clock_cycles_at(&clock, edge - 1) == n - 1);
        ck_assert_uint_eq(clock_next(&clock, edge), n);
        ck_assert_uint_eq(clock_next(&clock, edge + 1), n + 1);
        ck_assert_uint_eq(clock_after(&clock, edge, 3), clock_edge(&clock, n + 3));
        uint64_t middle = draw(&random) % (edge + 1);
        ck_assert_uint_eq(clock_cycles_between(&clock, 0, middle) +
                              clock_cycles_between(&clock, middle, edge),
                          n);
    }
}
END_TEST

START_TEST(a_clock_faster_than_the_ticks_keeps_its_rate)
{
    struct timebase timebase = timebase_choose(&MHZ_700, 1);
    struct clock clock = clock_make(&timebase, MHZ_1600); /* 16 edges in 7 ticks */
    ck_assert_uint_eq(clock_edge(&clock, 16000), 7000);
    ck_assert_uint_eq(clock_edge(&clock, 3), 1);
    ck_assert_uint_eq(clock_cycles_at(&clock, 0), 2);
    ck_assert_uint_eq(clock_cycles_at(&clock, 1), 4);
    ck_assert_uint_eq(clock_cycles_between(&clock, 700, 7700), 16000);
}
END_TEST

START_TEST(a_delay_is_rounded_up_to_whole_cycles)
{
    struct ratio ns_13_75 = {1375, UINT64_C(100000000000)};
    ck_assert_uint_eq(cycles_of_delay(ns_13_75, MHZ_1600), 22);
    ck_assert_uint_eq(cycles_of_delay(ns_13_75, MHZ_700), 10); /* 9.625 */
    ck_assert_uint_eq(cycles_of_delay((struct ratio){0, 1}, MHZ_700), 0);
    ck_assert_uint_eq(cycles_of_delay(NS_0_63, ratio_invert(NS_0_63)), 1);
}
END_TEST

START_TEST(the_end_of_time_saturates)
{
    struct timebase timebase = timebase_choose(NULL, 0);
    struct clock clock = clock_make(&timebase, MHZ_700);
    ck_assert_uint_eq(clock_edge(&clock, UINT64_MAX), TIME_NEVER);
    ck_assert_uint_eq(clock_after(&clock, 0, UINT64_MAX), TIME_NEVER);
    ck_assert_uint_eq(timebase_ticks(&timebase, (struct ratio){INT64_MAX, 1}), TIME_NEVER);
    ck_assert_uint_eq(timebase_ticks(&timebase, (struct ratio){1, 1}),
                      UINT64_C(1000000000000000));
}
END_TEST

Suite *time_suite(void)
{
    Suite *suite = suite_create("time");
    TCase *tests = tcase_create("clocks");
    tcase_add_test(tests, one_clock_has_ticks_of_its_own);
    tcase_add_test(tests, all_edges_of_several_clocks_are_exact);
    tcase_add_test(tests, too_fine_a_tick_gives_way_to_femtoseconds);
    tcase_add_loop_test(tests, edges_and_cycles_agree, 0, 200);
    tcase_add_test(tests, a_clock_faster_than_the_ticks_keeps_its_rate);
    tcase_add_test(tests, a_delay_is_rounded_up_to_whole_cycles);
    tcase_add_test(tests, the_end_of_time_saturates);
    suite_add_tcase(suite, tests);
    return suite;
}
