/* Is a stored result, priced again at another process, what a fresh run there would have been?
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "sim/study/cases.h"
#include "sim/study/run.h"
#include "sim/study/sample.h"

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

static struct run_result run_at(const char *chip, const char *trace, const char *set)
{
    struct run_result result;
    struct run_request request = {
        .chip = chip, .trace = trace, .sets = &set, .set_count = set ? 1 : 0};
    ck_assert_msg(study_run(&arena, &request, &result, &err), "%s", err.text);
    return result;
}

static const char *products(void)
{
    struct number_format i8 = number_format_integer(true, 8);
    struct sample_product shapes[3] = {
        {100, 300, 500, i8, i8, i8}, {100, 500, 70, i8, i8, i8}, {100, 70, 1000, i8, i8, i8}};
    const char *trace = sample_products(&arena, shapes, 3, &err);
    ck_assert_msg(trace != NULL, "%s", err.text);
    return trace;
}

static const struct {
    const char *chip, *process;
} MOVES[] = {{"tpu-v1", "tsmc-n7"},  {"tpu-v1", "generic-45"}, {"edge", "tsmc-16"},
             {"edge", "samsung-14"}, {"gemmini", "tsmc-28"},   {"gemmini", "tsmc-n10"}};

START_TEST(pricing_again_elsewhere_equals_a_fresh_run_there_to_the_bit)
{
    const char *trace = products();
    struct run_result stored = run_at(MOVES[_i].chip, trace, NULL);
    struct run_result fresh =
        run_at(MOVES[_i].chip, trace, arena_format(&arena, "process=%s", MOVES[_i].process));
    sample_remove(trace);
    ck_assert_msg(run_price(&arena, &stored, MOVES[_i].process, &err), "%s", err.text);
    ck_assert_uint_eq(stored.totals.cycles, fresh.totals.cycles);
    ck_assert(stored.bill.energy == fresh.bill.energy);
    ck_assert_uint_eq(stored.bill.area_nm2, fresh.bill.area_nm2);
    ck_assert_uint_eq(stored.bill.component_count, fresh.bill.component_count);
    for (size_t i = 0; i < fresh.bill.component_count; i++) {
        ck_assert(stored.bill.components[i].dynamic == fresh.bill.components[i].dynamic);
        ck_assert(stored.bill.components[i].leakage == fresh.bill.components[i].leakage);
        ck_assert(stored.bill.components[i].clock == fresh.bill.components[i].clock);
    }
    for (size_t i = 0; i < fresh.operator_count; i++)
        ck_assert(memcmp(&stored.operators[i].energy_j, &fresh.operators[i].energy_j,
                         sizeof(double)) == 0);
}
END_TEST

static const char *const INSIDE[] = {"generic-45", "tsmc-40",  "generic-32", "tsmc-28",
                                     "intel-22",   "tsmc-20",  "tsmc-16",    "intel-14",
                                     "samsung-14", "tsmc-n10", "samsung-8",  "tsmc-n7"};

START_TEST(digital_chips_are_priced_from_45_to_7_nm_without_extrapolation)
{
    const char *trace = products();
    const char *chips[] = {"tpu-v1", "edge", "gemmini"};
    for (int i = 0; i < 3; i++) {
        struct run_result result =
            run_at(chips[i], trace, arena_format(&arena, "process=%s", INSIDE[_i]));
        ck_assert(result.bill.is_energy_known && result.bill.is_area_known);
        ck_assert(result.bill.energy > 0 && isfinite(result.bill.die.cost_usd));
        for (size_t k = 0; k < result.bill.line_count; k++)
            ck_assert_int_ne(result.bill.lines[k].value.mark, MARK_EXTRAPOLATED);
    }
    sample_remove(trace);
}
END_TEST

struct tally {
    struct validation_sink sink;
    int compared, fitted;
};

static void within_a_fifth(struct validation_sink *sink, const struct validation_value *value)
{
    struct tally *tally = (struct tally *)sink;
    tally->compared += !value->is_report;
    tally->fitted += value->is_fitted;
    ck_assert_msg(value->is_report || fabs(value->got / value->want - 1) <= 0.2,
                  "%s: %g, wanted %g", value->key, value->got, value->want);
}

START_TEST(the_die_of_tpu_v1_is_met_within_a_fifth_and_two_of_its_figures_are_fitted)
{
    struct table table;
    struct tally tally = {.sink = {within_a_fifth}};
    ck_assert(
        table_load(&arena, CLEAVE_SOURCE_DIR "/validation/cases/tpuv1_die.csv", &table, &err));
    for (size_t row = 0; row < table.row_count; row++)
        ck_assert_msg(CASE_DENSITY.run(&table, row, &arena, &tally.sink, &err), "%s", err.text);
    ck_assert_int_eq(tally.compared, 6);
    ck_assert_int_eq(tally.fitted, 2);
}
END_TEST

Suite *technology_reprice_suite(void)
{
    Suite *suite = suite_create("technology_reprice");
    TCase *tests = tcase_create("reprice");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, pricing_again_elsewhere_equals_a_fresh_run_there_to_the_bit, 0,
                        sizeof MOVES / sizeof MOVES[0]);
    tcase_add_loop_test(tests, digital_chips_are_priced_from_45_to_7_nm_without_extrapolation,
                        0, sizeof INSIDE / sizeof INSIDE[0]);
    tcase_add_test(tests,
                   the_die_of_tpu_v1_is_met_within_a_fifth_and_two_of_its_figures_are_fitted);
    suite_add_tcase(suite, tests);
    return suite;
}
