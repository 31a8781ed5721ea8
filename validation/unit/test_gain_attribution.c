/* Does attribution give what the literature's examples give, and do its laws hold? */
#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "sim/study/gain_attribution.h"

static double factor(double log_value)
{
    return exp(log_value);
}

/* 32-bit mixing of an index, for random cases that do not depend on any library. */
static uint32_t mix(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x7feb352dU;
    x ^= x >> 15;
    x *= 0x846ca68bU;
    return x ^ x >> 16;
}

static double uniform(uint32_t *state)
{
    *state = mix(*state + 0x9e3779b9U);
    return *state / 4294967296.0;
}

START_TEST(roofline_shapley_splits_a_bound_that_moves)
{
    /* 150 flop a byte; compute 125 to 312 TF/s, memory 0.9 to 1.555 TB/s. */
    const double compute[] = {125, 312}, memory[] = {0.9, 1.555};
    double logs[4];
    struct attribution a;
    for (int mask = 0; mask < 4; mask++)
        logs[mask] = log(fmin(compute[mask & 1], memory[mask >> 1] * 150));
    attribution_of(logs, 2, NULL, &a);
    ck_assert_double_eq_tol(factor(logs[3] - logs[0]), 1.866, 1e-3);
    ck_assert_double_eq_tol(factor(a.from_base[0]), 1.08, 1e-3);
    ck_assert_double_eq_tol(factor(a.from_new[1]), 1.728, 1e-3);
    ck_assert_double_eq_tol(factor(a.highest[0]), 1.866, 1e-3);
    ck_assert_double_eq_tol(factor(a.lowest[1]), 1.0, 1e-12);
    ck_assert_double_eq_tol(factor(a.value[0]), 1.42, 1e-3);
    ck_assert_double_eq_tol(factor(a.value[1]), 1.314, 1e-3);
    ck_assert_double_eq_tol(a.interaction[0][1], log(1.866 / 1.08), 1e-3);
}
END_TEST

enum { NODE, AREA, MEMORY, ARCHITECTURE };

/* The toy accelerator of four factors with a power cap: units of thousands of PEs. */
static double toy(uint32_t mask)
{
    bool is_new_node = mask >> NODE & 1, is_new = mask >> ARCHITECTURE & 1;
    double density = is_new_node ? 65.6 : 25.9, speed = is_new_node ? 1.4615 : 1;
    double energy = is_new_node ? 1 / 1.64 : 1, area = mask >> AREA & 1 ? 600 : 815;
    double bandwidth = mask >> MEMORY & 1 ? 1.2 : 0.9;
    double use = is_new ? 0.75 : 0.45, intensity = is_new ? 160 : 60;
    double elements = area * density * 0.35 / (is_new ? 0.06 : 0.11) / 1000;
    double clock = fmin(speed, 300 / (elements * energy * 1.1));
    return fmin(2 * elements * clock * use, bandwidth * intensity);
}

START_TEST(toy_of_four_factors_needs_sixteen_evaluations)
{
    double logs[16];
    struct attribution a;
    for (uint32_t mask = 0; mask < 16; mask++)
        logs[mask] = log(toy(mask));
    attribution_of(logs, 4, NULL, &a);
    ck_assert_double_eq_tol(factor(logs[15] - logs[0]), 3.5556, 1e-3);
    const double wanted[4][5] = {/* lowest, highest, Shapley, from base, from new */
                                 {1.0, 1.618, 1.1795, 1.0, 1.412},
                                 {0.736, 1.0, 0.9011, 0.824, 1.0},
                                 {1.0, 1.333, 1.2126, 1.119, 1.333},
                                 {2.667, 3.056, 2.759, 2.667, 2.667}};
    double one_at_a_time = 0;
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq_tol(factor(a.lowest[i]), wanted[i][0], 1e-3);
        ck_assert_double_eq_tol(factor(a.highest[i]), wanted[i][1], 1e-3);
        ck_assert_double_eq_tol(factor(a.value[i]), wanted[i][2], 1e-3);
        ck_assert_double_eq_tol(factor(a.from_base[i]), wanted[i][3], 1e-3);
        ck_assert_double_eq_tol(factor(a.from_new[i]), wanted[i][4], 1e-3);
        one_at_a_time += a.from_base[i];
    }
    ck_assert_double_eq_tol(factor(one_at_a_time), 2.460, 1e-3);
}
END_TEST

/* Operations of mac, sram, dram, and picojoules of each. */
static const double OLD[] = {1e6, 1.5, 5e5, 20, 1e4, 1300};
static const double NEW[] = {1e6, 0.5, 2.5e5, 8.5, 4e3, 350};

static double energy(uint32_t mask)
{
    double sum = 0;
    for (int i = 0; i < 6; i += 2)
        sum += (mask & 1 ? NEW : OLD)[i] * (mask & 2 ? NEW : OLD)[i + 1];
    return sum;
}

START_TEST(lmdi_splits_an_energy_sum_exactly)
{
    double logs[2], mixtures[4];
    struct attribution a;
    attribution_lmdi(OLD, NEW, 3, 2, logs);
    ck_assert_double_eq_tol(energy(0), 24.5e6, 1e-3);
    ck_assert_double_eq_tol(energy(3), 4.025e6, 1e-3);
    ck_assert_double_eq_tol(factor(logs[0]), 0.4811, 1e-4);
    ck_assert_double_eq_tol(factor(logs[1]), 0.3415, 1e-4);
    ck_assert_double_eq_tol(logs[0] + logs[1], log(energy(3) / energy(0)), 1e-12);
    for (uint32_t mask = 0; mask < 4; mask++)
        mixtures[mask] = log(energy(mask));
    attribution_of(mixtures, 2, NULL, &a);
    ck_assert_double_eq_tol(factor(a.from_base[0]), 0.4776, 1e-4);
    ck_assert_double_eq_tol(factor(a.from_new[1]), 0.3440, 1e-4);
    ck_assert_double_eq_tol(factor(a.from_base[1]), 0.3367, 1e-4);
    ck_assert_double_eq_tol(factor(a.from_new[0]), 0.4879, 1e-4);
    ck_assert_double_eq_tol(factor(a.value[0]), 0.4827, 1e-4);
    ck_assert_double_eq_tol(factor(a.value[1]), 0.3404, 1e-4);
}
END_TEST

START_TEST(lmdi_takes_limits_where_a_count_falls_to_zero)
{
    const double old[] = {2, 3, 4, 5}, new[] = {0, 3, 4, 5};
    double logs[2];
    attribution_lmdi(old, new, 2, 2, logs);
    ck_assert_double_eq_tol(logs[0], log(20.0 / 26.0), 1e-12);
    ck_assert_double_eq_tol(logs[1], 0, 1e-12);
}
END_TEST

START_TEST(lmdi_is_reversible)
{
    double forth[2], back[2];
    attribution_lmdi(OLD, NEW, 3, 2, forth);
    attribution_lmdi(NEW, OLD, 3, 2, back);
    for (int k = 0; k < 2; k++)
        ck_assert_double_eq_tol(forth[k] + back[k], 0, 1e-12);
}
END_TEST

/* Random mixtures of up to seven factors, some of them grouped; the seed is the loop's index.
 */
START_TEST(laws_hold_on_random_games)
{
    uint32_t state = mix((uint32_t)_i + 1);
    int count = 1 + (int)(uniform(&state) * 7), groups[7];
    double logs[128], reversed[128];
    uint32_t all = (1U << count) - 1, dummy = (uint32_t)(uniform(&state) * count);
    struct attribution a, back, plain;
    printf("attribution game %d: %d factors, factor %u idle\n", _i, count, dummy);
    for (int i = 0; i < count; i++)
        groups[i] = (int)(uniform(&state) * count);
    for (uint32_t mask = 0; mask <= all; mask++)
        logs[mask] = 4 * uniform(&state) - 2;
    for (uint32_t mask = 0; mask <= all; mask++) /* one factor never does anything */
        logs[mask | 1U << dummy] = logs[mask & ~(1U << dummy)];
    for (uint32_t mask = 0; mask <= all; mask++)
        reversed[mask] = logs[all & ~mask];
    attribution_of(logs, count, groups, &a);
    attribution_of(reversed, count, groups, &back);
    attribution_of(logs, count, NULL, &plain);
    double sum = 0, plain_sum = 0;
    for (int i = 0; i < count; i++) {
        sum += a.value[i];
        plain_sum += plain.value[i];
        ck_assert_double_eq_tol(a.value[i] + back.value[i], 0, 1e-12);
        ck_assert(a.lowest[i] <= a.value[i] + 1e-12 && a.value[i] <= a.highest[i] + 1e-12);
        ck_assert(plain.lowest[i] <= a.lowest[i] && a.highest[i] <= plain.highest[i]);
    }
    ck_assert_double_eq_tol(sum, logs[all] - logs[0], 1e-12);
    ck_assert_double_eq_tol(plain_sum, logs[all] - logs[0], 1e-12);
    ck_assert_double_eq_tol(a.value[dummy], 0, 1e-12);
}
END_TEST

Suite *gain_attribution_suite(void)
{
    Suite *suite = suite_create("gain_attribution");
    TCase *cases = tcase_create("gain_attribution");
    tcase_add_test(cases, roofline_shapley_splits_a_bound_that_moves);
    tcase_add_test(cases, toy_of_four_factors_needs_sixteen_evaluations);
    tcase_add_test(cases, lmdi_splits_an_energy_sum_exactly);
    tcase_add_test(cases, lmdi_takes_limits_where_a_count_falls_to_zero);
    tcase_add_test(cases, lmdi_is_reversible);
    tcase_add_loop_test(cases, laws_hold_on_random_games, 0, 40);
    suite_add_tcase(suite, cases);
    return suite;
}
