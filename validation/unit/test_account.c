/* Do cycles add up, whatever the spans? Is news of a long run rare, and are random streams
 * apart? */
#include <check.h>
#include <stdlib.h>

#include "sim/kernel/account.h"
#include "sim/kernel/progress.h"
#include "sim/kernel/random.h"

enum { REASONS = 4 };

/* Spans cut at random times, many of them within a cycle, on clocks that are no whole ticks. */
START_TEST(charges_of_spans_add_up_to_the_whole)
{
    struct random random = random_make((uint64_t)_i, "spans");
    struct ratio hz = ratio_make(1 + random_below(&random, 4000000000u), 1 + (uint64_t)_i % 7);
    struct timebase timebase = timebase_choose(NULL, 0);
    struct clock clock = clock_make(&timebase, hz);
    uint64_t cycles[REASONS] = {7, 7, 7, 7}, time = 0, charged = 0;
    struct account account = account_make(cycles, REASONS, &clock);
    for (int i = 0; i < 300; i++) {
        time += random_below(&random, 1 + clock.period_ticks.num / clock.period_ticks.den * 3);
        charged += account_charge_until(&account, time, (size_t)random_below(&random, REASONS));
        ck_assert_uint_eq(charged, clock_cycles_between(&clock, 0, time));
    }
    ck_assert_uint_eq(account_total(&account), charged);
    ck_assert(account_adds_up(&account));
    cycles[0]++;
    ck_assert(!account_adds_up(&account));
}
END_TEST

START_TEST(a_cycle_is_charged_once)
{
    struct clock clock = {{1, 1}, {10, 1}};
    uint64_t cycles[REASONS];
    struct account account = account_make(cycles, REASONS, &clock);
    ck_assert_uint_eq(account_charge_until(&account, 35, 1), 3);
    ck_assert_uint_eq(account_charge_until(&account, 39, 2), 0);
    ck_assert_uint_eq(account_charge_until(&account, 20, 2), 0);
    ck_assert_uint_eq(account_charge_until(&account, 99, 2), 6);
    ck_assert_uint_eq(cycles[1], 3);
    ck_assert_uint_eq(cycles[2], 6);
    ck_assert_uint_eq(account_total(&account), 9);
}
END_TEST

/* First numbers of xoshiro256** from the state 1, 2, 3, 4, as published with other
 * implementations of the generator. */
START_TEST(the_generator_is_the_published_one)
{
    static const uint64_t PUBLISHED[] = {11520u,
                                         0u,
                                         1509978240u,
                                         1215971899390074240u,
                                         1216172134540287360u,
                                         607988272756665600u,
                                         16172922978634559625u,
                                         8476171486693032832u};
    struct random random = {{1, 2, 3, 4}};
    for (int i = 0; i < 8; i++)
        ck_assert_uint_eq(random_bits(&random), PUBLISHED[i]);
}
END_TEST

START_TEST(streams_differ_by_seed_and_by_name)
{
    struct random same[2] = {random_make(1, "a"), random_make(1, "a")};
    struct random others[3] = {random_make(2, "a"), random_make(1, "b"), random_make(1, "")};
    uint64_t first = random_bits(&same[0]);
    ck_assert_uint_eq(first, random_bits(&same[1]));
    for (int i = 0; i < 3; i++)
        ck_assert_uint_ne(first, random_bits(&others[i]));
}
END_TEST

/* 120000 draws below 6: each face within five standard deviations (646) of 20000. */
START_TEST(draws_below_a_bound_are_even)
{
    struct random random = random_make(7, "dice");
    uint64_t faces[6] = {0}, order[6], seen = 0;
    double sum = 0;
    for (int i = 0; i < 120000; i++) {
        faces[random_below(&random, 6)]++;
        double unit = random_unit(&random);
        ck_assert(unit >= 0 && unit < 1);
        sum += unit;
    }
    for (int i = 0; i < 6; i++)
        ck_assert(faces[i] > 19354 && faces[i] < 20646);
    ck_assert(sum > 60000 - 500 && sum < 60000 + 500); /* 100 is a standard deviation */
    ck_assert_uint_eq(random_below(&random, 1), 0);
    random_permutation(&random, order, 6);
    for (int i = 0; i < 6; i++)
        seen |= UINT64_C(1) << order[i];
    ck_assert_uint_eq(seen, 63);
}
END_TEST

struct news {
    int calls;
    uint64_t done, total;
};

static void hear(void *context, uint64_t done, uint64_t total, double seconds)
{
    struct news *news = context;
    ck_assert(seconds >= 0);
    news->calls++;
    news->done = done;
    news->total = total;
}

START_TEST(news_is_rare_and_nothing_goes_uncounted)
{
    struct news news = {0};
    struct progress progress = {.report = hear, .context = &news, .interval_seconds = 0.01};
    struct progress silent = {0};
    progress_start(&progress, 10000000);
    progress_start(&silent, 10000000);
    for (int i = 0; i < 10000000; i++) {
        progress_step(&progress, 1);
        progress_step(&silent, 1);
    }
    int calls = news.calls;
    ck_assert_int_ge(calls, 1);
    ck_assert_int_lt(calls, 1000);
    ck_assert_uint_le(news.done, 10000000);
    ck_assert_uint_eq(news.total, 10000000);
    ck_assert_uint_eq(progress.done, 10000000);
}
END_TEST

Suite *account_suite(void)
{
    Suite *suite = suite_create("account");
    TCase *tests = tcase_create("accounts");
    tcase_add_loop_test(tests, charges_of_spans_add_up_to_the_whole, 0, 100);
    tcase_add_test(tests, a_cycle_is_charged_once);
    suite_add_tcase(suite, tests);
    TCase *random = tcase_create("random");
    tcase_add_test(random, the_generator_is_the_published_one);
    tcase_add_test(random, streams_differ_by_seed_and_by_name);
    tcase_add_test(random, draws_below_a_bound_are_even);
    suite_add_tcase(suite, random);
    TCase *news = tcase_create("progress");
    tcase_add_test(news, news_is_rare_and_nothing_goes_uncounted);
    suite_add_tcase(suite, news);
    return suite;
}
