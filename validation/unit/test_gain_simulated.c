/* Do counterfactual gains keep the laws: one design is 1, products, reversal, and a chip that
 * only moves has an architecture of 1? */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/study/compare.h"
#include "sim/study/gain_simulated.h"

static struct arena arena;
static struct gain_facts facts;
static struct study_traces traces;
static struct study_trace trace, twin;
static struct error err;

static void set_up(void)
{
    arena = (struct arena){0};
    err = (struct error){0};
    traces = (struct study_traces){0};
    ck_assert_msg(gain_facts_load(&arena, &facts, &err) &&
                      study_trace_find(&arena, &traces, "alexnet", &trace, &err) &&
                      study_trace_find(&arena, &traces, "resnet50", &twin, &err),
                  "%s", err.text);
}

static void tear_down(void)
{
    study_traces_remove(&traces);
    arena_free(&arena);
}

static struct gain_simulation design(const char *const *sets, size_t count)
{
    return (struct gain_simulation){"edge", {"edge", sets, count}, trace, 1};
}

static struct gain_report compare(const struct gain_simulation *a,
                                  const struct gain_simulation *b, enum move_hold hold)
{
    struct gain_report report;
    struct gain_simulated_options options = {.hold = hold};
    gain_options_init(&options.common);
    options.common.draws = 500;
    ck_assert_msg(gain_simulated(&arena, &facts, a, b, &options, &report, &err), "%s",
                  err.text);
    return report;
}

static const struct gain_level *counterfactual(const struct gain_report *report)
{
    const struct gain_level *level = &report->levels[report->level_count - 1];
    ck_assert_int_eq(level->kind, GAIN_COUNTERFACTUAL);
    return level;
}

static double group_value(const struct gain_level *level, enum gain_group group)
{
    double product = 1;
    for (size_t i = 0; i < level->factor_count; i++)
        if (level->factors[i].group == group)
            product *= level->factors[i].value;
    return product;
}

START_TEST(one_design_on_one_trace_is_one)
{
    struct gain_simulation a = design(NULL, 0);
    struct gain_report report = compare(&a, &a, HOLD_CHIP_AREA);
    ck_assert_double_eq(report.total, 1);
    for (size_t i = 0; i < report.level_count; i++)
        for (size_t k = 0; k < report.levels[i].factor_count; k++)
            ck_assert_double_eq(report.levels[i].factors[k].value, 1);
    ck_assert_double_eq(report.energy.total, 1);
    ck_assert_double_eq_tol(report.energy.architecture, 1, 1e-12);
}
END_TEST

/* The same design, four times as fast a memory, 7 nm and a clock of its own. */
static const char *const MOVED[] = {"process=tsmc-n7", "core.clock=1 GHz",
                                    "memory.dram.bandwidth=12.8 GB/s"};

/* Returns whether it was mapped anew where it went. */
static bool check_moved(const char *bandwidth)
{
    const char *moved[] = {MOVED[0], MOVED[1], bandwidth};
    struct gain_simulation a = design(NULL, 0), b = design(moved, 3);
    a.trace = b.trace = twin; /* less bound by memory than the other */
    struct gain_report report = compare(&a, &b, HOLD_CHIP_SHAPE);
    const struct gain_level *level = counterfactual(&report);
    ck_assert_double_eq_tol(group_value(level, GAIN_ARCHITECTURE), 1, 1e-9);
    ck_assert(group_value(level, GAIN_TECHNOLOGY) > 1.5);
    ck_assert(group_value(level, GAIN_MEMORY) > 1);
    ck_assert(group_value(level, GAIN_CLOCK) < 1); /* 7 nm would have allowed 1.8 GHz */
    bool is_remapped = false;
    for (size_t i = 0; i < report.interaction_count; i++)
        if (strcmp(report.interactions[i].second, "re-mapping") == 0) {
            is_remapped = true; /* mapped anew, a design is about as fast as mapped for home */
            ck_assert(report.interactions[i].value > 0.95);
        }
    return is_remapped;
}

START_TEST(a_chip_that_only_moves_has_no_architecture_gain)
{
    static const char *const BANDWIDTHS[] = {
        "memory.dram.bandwidth=6.4 GB/s", "memory.dram.bandwidth=12.8 GB/s",
        "memory.dram.bandwidth=25.6 GB/s", "memory.dram.bandwidth=51.2 GB/s"};
    bool is_remapped = false;
    for (int i = 0; i < 4 && !is_remapped; i++)
        is_remapped = check_moved(BANDWIDTHS[i]);
    ck_assert(is_remapped);
}
END_TEST

START_TEST(factors_multiply_to_the_total_and_turn_over_when_swapped)
{
    static const char *const WIDE[] = {"core.array.rows=32", "core.array.cols=64"};
    struct gain_simulation a = design(MOVED, 3), b = design(WIDE, 2);
    enum move_hold hold = _i ? HOLD_CHIP_AREA : HOLD_CHIP_SHAPE;
    struct gain_report forth = compare(&a, &b, hold), back = compare(&b, &a, hold);
    const struct gain_level *f = counterfactual(&forth), *r = counterfactual(&back);
    double product = 1;
    ck_assert_uint_eq(f->factor_count, r->factor_count);
    for (size_t i = 0; i < f->factor_count; i++) {
        product *= f->factors[i].value;
        ck_assert_double_eq_tol(f->factors[i].value * r->factors[i].value, 1, 1e-9);
        ck_assert(f->factors[i].order_low <= f->factors[i].value * (1 + 1e-9));
        ck_assert(f->factors[i].order_high >= f->factors[i].value * (1 - 1e-9));
    }
    ck_assert_double_eq_tol(product / forth.total, 1, 1e-9);
    ck_assert_double_eq_tol(
        forth.energy.architecture * forth.energy.technology / forth.energy.total, 1, 1e-9);
}
END_TEST

START_TEST(twice_the_chips_are_a_factor_of_two)
{
    struct gain_simulation a = design(NULL, 0), b = a;
    b.count = 2;
    struct gain_report report = compare(&a, &b, HOLD_CHIP_SHAPE);
    ck_assert_double_eq_tol(group_value(counterfactual(&report), GAIN_COUNT), 2, 1e-12);
    ck_assert_double_eq_tol(report.total, 2, 1e-12);
}
END_TEST

START_TEST(other_workloads_are_a_factor_of_their_own)
{
    struct gain_simulation a = design(NULL, 0), b = a;
    b.trace = twin;
    struct gain_report report = compare(&a, &b, HOLD_CHIP_SHAPE);
    ck_assert_double_eq_tol(group_value(counterfactual(&report), GAIN_WORKLOAD), report.total,
                            1e-12);
}
END_TEST

START_TEST(compared_chips_meet_the_budgets_asked_for)
{
    static const char *const CHIPS[] = {"edge", "edge"};
    struct compare_iso iso;
    struct comparison comparison;
    ck_assert_msg(
        compare_read_iso(&arena, "area=20 mm2,process=tsmc-n7,bandwidth=6.4 GB/s", &iso,
                         &err) &&
            compare_chips(&arena, &facts, CHIPS, 2, &trace, 1, &iso, &comparison, &err),
        "%s", err.text);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_str_eq(comparison.rows[i].process, "tsmc-n7");
        ck_assert_double_eq_tol(comparison.rows[i].area_mm2, 20, 0.2);
        ck_assert_double_eq(comparison.rows[i].speed, 1);
    }
    ck_assert(!compare_read_iso(&arena, "area=20", &iso, &err));
    ck_assert(strstr(err.text, "must have a unit"));
}
END_TEST

START_TEST(power_is_held_by_scale_or_by_clock)
{
    static const char *const CHIPS[] = {"edge"};
    struct compare_iso iso;
    struct comparison comparison;
    ck_assert(compare_read_iso(&arena, "power=12 W", &iso, &err));
    ck_assert_msg(compare_chips(&arena, &facts, CHIPS, 1, &trace, 1, &iso, &comparison, &err),
                  "%s", err.text);
    ck_assert_double_eq_tol(comparison.rows[0].cells[0].power_w, 12, 0.3);
    ck_assert(compare_read_iso(&arena, "area=60 mm2,power=9 W", &iso, &err));
    ck_assert_msg(compare_chips(&arena, &facts, CHIPS, 1, &trace, 1, &iso, &comparison, &err),
                  "%s", err.text);
    ck_assert(comparison.rows[0].cells[0].power_w <= 9 * 1.002);
    /* What is said of the clocks is what was done to them, to a megahertz. */
    struct chip *own = chip_load(&arena, "edge", NULL, 0, &err);
    double clock_hz = comparison.rows[0].clock_factor * ratio_value(own->main_clock.hz);
    ck_assert_double_lt(comparison.rows[0].clock_factor, 1);
    ck_assert_double_eq_tol(comparison.rows[0].clock_hz, clock_hz, 1e6);
}
END_TEST

Suite *gain_simulated_suite(void)
{
    Suite *suite = suite_create("gain_simulated");
    TCase *cases = tcase_create("gain_simulated");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, one_design_on_one_trace_is_one);
    tcase_add_test(cases, a_chip_that_only_moves_has_no_architecture_gain);
    tcase_add_loop_test(cases, factors_multiply_to_the_total_and_turn_over_when_swapped, 0, 2);
    tcase_add_test(cases, twice_the_chips_are_a_factor_of_two);
    tcase_add_test(cases, other_workloads_are_a_factor_of_their_own);
    tcase_add_test(cases, compared_chips_meet_the_budgets_asked_for);
    tcase_add_test(cases, power_is_held_by_scale_or_by_clock);
    suite_add_tcase(suite, cases);
    return suite;
}
