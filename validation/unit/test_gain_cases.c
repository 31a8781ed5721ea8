/* Do the published chains and specialisation returns come out of our tables and models? */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/config/config_place.h"
#include "sim/study/cases.h"
#include "sim/study/gain_rankine.h"

struct tally {
    struct validation_sink sink;
    double worst, got[200];
    int count;
};

static struct arena arena;
static struct error err;
static struct tally tally;

static void take(struct validation_sink *sink, const struct validation_value *value)
{
    struct tally *t = (struct tally *)sink;
    if (!isnan(value->want))
        t->worst = fmax(t->worst, fabs(value->got / value->want - 1));
    t->got[t->count++] = value->got;
    if (!isnan(value->want) && fabs(value->got / value->want - 1) > 0.01)
        printf("%s: got %g, want %g\n", value->key, value->got, value->want);
}

static void set_up(void)
{
    arena = (struct arena){0};
    err = (struct error){0};
    tally = (struct tally){{take}, 0, {0}, 0};
}

static void tear_down(void)
{
    arena_free(&arena);
}

static void run_path(const struct validation_case *which, const char *path)
{
    struct table table;
    ck_assert_msg(table_load(&arena, path, &table, &err), "%s", err.text);
    for (size_t row = 0; row < table.row_count; row++)
        ck_assert_msg(which->run(&table, row, &arena, &tally.sink, &err), "%s", err.text);
}

static void run(const struct validation_case *which, const char *name)
{
    run_path(which, arena_format(&arena, "%s/validation/cases/%s", place_root(&arena), name));
}

START_TEST(chain_comes_out_within_a_percent)
{
    run(&CASE_CHAIN, "article_chain.csv");
    ck_assert_int_eq(tally.count, 21);
    ck_assert(tally.worst <= 0.01);
}
END_TEST

START_TEST(chain_follows_its_inputs)
{
    char path[] = "chain-XXXXXX";
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    FILE *out = fdopen(file, "w");
    fputs("step,quantity,value,unit,kind,source_or_formula\n"
          "1,a,12,min,measured,elsewhere\n2,b,3,min,measured,elsewhere\n"
          "3,raw speedup,,x,derived,row 1 / row 2\n4,chips,,x,derived,8 / 4\n"
          "5,per chip,,x,derived,\"row 3 / row 4: so much, they say\"\n",
          out);
    fclose(out);
    struct table table;
    ck_assert_msg(table_load(&arena, path, &table, &err), "%s", err.text);
    for (size_t row = 2; row < 5; row++)
        ck_assert_msg(CASE_CHAIN.run(&table, row, &arena, &tally.sink, &err), "%s", err.text);
    unlink(path);
    ck_assert_double_eq_tol(tally.got[0], 4, 1e-12);
    ck_assert_double_eq_tol(tally.got[2], 2, 1e-12);
}
END_TEST

START_TEST(specialisation_returns_come_out_within_a_percent)
{
    run(&CASE_CSR, "csr_reference.csv");
    ck_assert_int_eq(tally.count, 3 * (44 + 11));
    ck_assert(tally.worst <= 0.01);
}
END_TEST

START_TEST(power_limited_potentials_come_out_within_a_percent)
{
    run(&CASE_CSR, "rankine_tdp_potential.csv");
    ck_assert_int_eq(tally.count, 66);
    ck_assert(tally.worst <= 0.01);
}
END_TEST

START_TEST(rankine_gives_its_own_example_to_six_digits)
{
    struct rankine rankine;
    struct rankine_potential potential;
    const struct rankine_chip chip = {40, 45, 1, 300};
    ck_assert_msg(rankine_load(&arena, &rankine, &err), "%s", err.text);
    ck_assert_msg(rankine_potential(&rankine, &chip, &potential, &err), "%s", err.text);
    ck_assert_double_eq_tol(potential.transistors / 159.974e6, 1, 5e-6);
    ck_assert_double_eq_tol(potential.throughput / 1.5997e11, 1, 5e-5);
    ck_assert_double_eq_tol(potential.throughput / potential.power_w / 1.60256e8, 1, 5e-6);
}
END_TEST

Suite *gain_cases_suite(void)
{
    Suite *suite = suite_create("gain_cases");
    TCase *cases = tcase_create("gain_cases");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, chain_comes_out_within_a_percent);
    tcase_add_test(cases, chain_follows_its_inputs);
    tcase_add_test(cases, specialisation_returns_come_out_within_a_percent);
    tcase_add_test(cases, power_limited_potentials_come_out_within_a_percent);
    tcase_add_test(cases, rankine_gives_its_own_example_to_six_digits);
    suite_add_tcase(suite, cases);
    return suite;
}
