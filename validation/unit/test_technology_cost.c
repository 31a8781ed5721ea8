/* Do yield, dies, cost and supply curves agree with values worked out elsewhere? */
#include <check.h>
#include <math.h>
#include <string.h>

#include "arch/technology/cost.h"
#include "arch/technology/supply.h"
#include "sim/study/cases.h"

static struct arena arena;
static struct error err;

static void setup(void)
{
    arena_init(&arena);
    err = (struct error){0};
}

static void teardown(void)
{
    arena_free(&arena);
}

struct tally {
    struct validation_sink sink;
    int yields, dies, dollars;
};

static void check_value(struct validation_sink *sink, const struct validation_value *value)
{
    struct tally *tally = (struct tally *)sink;
    double away = fabs(value->got - value->want);
    if (strcmp(value->unit, "USD") == 0) {
        tally->dollars++;
        ck_assert_msg(away <= 0.006, "%s: %g, wanted %g", value->key, value->got, value->want);
    } else if (strcmp(value->unit, "dies") == 0) {
        tally->dies++;
        ck_assert_msg(away <= 0.06, "%s: %g, wanted %g", value->key, value->got, value->want);
    } else {
        tally->yields++;
        ck_assert_msg(away <= 1e-4, "%s: %g, wanted %g", value->key, value->got, value->want);
    }
}

START_TEST(the_reference_table_is_met_to_a_ten_thousandth_and_the_last_cent)
{
    struct table table;
    struct tally tally = {.sink = {check_value}};
    ck_assert(
        table_load(&arena, CLEAVE_SOURCE_DIR "/validation/cases/yield.csv", &table, &err));
    for (size_t row = 0; row < table.row_count; row++)
        ck_assert_msg(CASE_YIELD.run(&table, row, &arena, &tally.sink, &err), "%s", err.text);
    ck_assert_int_eq(tally.yields, 42);
    ck_assert_int_eq(tally.dies, 42);
    ck_assert_int_eq(tally.dollars, 42);
}
END_TEST

START_TEST(a_die_without_defects_is_good_and_more_defects_are_never_better)
{
    for (int model = 0; model < YIELD_MODEL_COUNT; model++) {
        ck_assert_double_eq_tol(yield_of((enum yield_model)model, 3, 0), 1, 1e-12);
        for (double x = 0.01; x < 20; x *= 1.5)
            ck_assert_double_lt(yield_of((enum yield_model)model, 3, 1.5 * x),
                                yield_of((enum yield_model)model, 3, x));
    }
}
END_TEST

START_TEST(without_clustering_the_negative_binomial_is_poissons)
{
    ck_assert_double_eq_tol(yield_of(YIELD_NEGATIVE_BINOMIAL, 1e7, 0.7), exp(-0.7), 1e-6);
}
END_TEST

START_TEST(a_die_larger_than_the_wafer_is_no_die)
{
    ck_assert_double_eq(gross_dies(0.3, 0.09), 0);
}
END_TEST

START_TEST(what_a_process_does_not_know_is_not_made_up)
{
    struct process *process;
    ck_assert(process_load(&arena, "tsmc-90", NULL, NULL, &process, &err));
    struct yield_options options = yield_options_default();
    struct die_cost cost = die_cost_of(process, 1e-4, &options);
    ck_assert(isnan(cost.yield) && isnan(cost.cost_usd) && isnan(cost.carbon_g));
    ck_assert_double_gt(cost.gross_dies, 600);
}
END_TEST

/* Source of the wanted values: Stillmaker and Baas 2017, coefficients at two supplies. */
START_TEST(supply_curves_give_the_published_points)
{
    struct technology_tables tables;
    struct supply_point point;
    ck_assert(technology_tables_load(&arena, &tables, &err));
    ck_assert(supply_curve(&tables.curves, "HP45", 1.0, &point, &err));
    ck_assert_double_eq_tol(point.delay, 12.50, 0.005);
    ck_assert_double_eq_tol(point.energy, 0.8612, 5e-5);
    ck_assert(supply_curve(&tables.curves, "HP7", 0.7, &point, &err));
    ck_assert_double_eq_tol(point.delay, 3.24, 0.005);
    ck_assert_double_eq_tol(point.energy, 0.0478, 5e-5);
    ck_assert(!supply_curve(&tables.curves, "HP6", 0.7, &point, &err));
}
END_TEST

START_TEST(a_lower_supply_is_slower_and_cheaper_and_found_again_by_speed)
{
    static const char *const NAMES[] = {"generic-45", "tsmc-28",  "tsmc-20",
                                        "tsmc-16",    "tsmc-n10", "tsmc-n7"};
    struct process *process;
    struct supply_scale nominal, low;
    ck_assert(process_load(&arena, NAMES[_i], NULL, NULL, &process, &err));
    double volt = process->quantities[QUANTITY_SUPPLY].value;
    ck_assert_msg(supply_scale_of(process, volt, &nominal, &err), "%s", err.text);
    ck_assert_double_eq_tol(nominal.speed, 1, 1e-12);
    ck_assert_double_eq_tol(nominal.energy, 1, 1e-12);
    ck_assert(supply_scale_of(process, 0.85 * volt, &low, &err));
    ck_assert_double_lt(low.speed, 1);
    ck_assert_double_lt(low.energy, 1);
    double found;
    ck_assert_msg(supply_for_speed(process, low.speed, &found, &err), "%s", err.text);
    ck_assert_double_eq_tol(found, 0.85 * volt, 1e-6);
    ck_assert(!supply_for_speed(process, 100, &found, &err));
}
END_TEST

Suite *technology_cost_suite(void)
{
    Suite *suite = suite_create("technology_cost");
    TCase *tests = tcase_create("cost");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, the_reference_table_is_met_to_a_ten_thousandth_and_the_last_cent);
    tcase_add_test(tests, a_die_without_defects_is_good_and_more_defects_are_never_better);
    tcase_add_test(tests, without_clustering_the_negative_binomial_is_poissons);
    tcase_add_test(tests, a_die_larger_than_the_wafer_is_no_die);
    tcase_add_test(tests, what_a_process_does_not_know_is_not_made_up);
    tcase_add_test(tests, supply_curves_give_the_published_points);
    tcase_add_loop_test(tests, a_lower_supply_is_slower_and_cheaper_and_found_again_by_speed, 0,
                        6);
    suite_add_tcase(suite, tests);
    return suite;
}
