/* Does a gain come apart as measured, and does nothing call software architecture? */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/config/config_place.h"
#include "sim/study/gain_study.h"

static struct arena arena;
static struct gain_facts facts;
static struct error err;

static void set_up(void)
{
    arena = (struct arena){0};
    err = (struct error){0};
    ck_assert_msg(gain_facts_load(&arena, &facts, &err), "%s", err.text);
}

static void tear_down(void)
{
    arena_free(&arena);
}

static struct gain_card card(const char *key, const char *workload, const char *submitter)
{
    struct gain_card made;
    ck_assert_msg(gain_card_mlperf(&arena, &facts, key, workload, submitter, &made, &err), "%s",
                  err.text);
    return made;
}

static struct gain_report compare(const struct gain_card *a, const struct gain_card *b,
                                  uint32_t draws)
{
    struct gain_report report;
    struct gain_options options;
    gain_options_init(&options);
    options.draws = draws;
    ck_assert_msg(gain_measured(&arena, &facts, a, b, &options, &report, &err), "%s", err.text);
    return report;
}

static struct gain_report pair(const char *a, const char *b, const char *workload,
                               uint32_t draws)
{
    struct gain_card *cards = arena_array(&arena, 2, sizeof *cards);
    cards[0] = card(a, workload, NULL);
    cards[1] = card(b, workload, cards[0].submitter);
    return compare(&cards[0], &cards[1], draws);
}

static const struct gain_level *find_level(const struct gain_report *report,
                                           enum gain_level_kind kind, enum gain_lens lens)
{
    for (size_t i = 0; i < report->level_count; i++)
        if (report->levels[i].kind == kind && report->levels[i].lens == lens)
            return &report->levels[i];
    ck_abort_msg("no such level");
    return NULL;
}

/* Product of the factors of a group, 1 without any. */
static double group_value(const struct gain_level *level, enum gain_group group)
{
    double product = 1;
    for (size_t i = 0; i < level->factor_count; i++)
        if (level->factors[i].group == group)
            product *= level->factors[i].value;
    return product;
}

static const struct gain_factor *last_of(const struct gain_level *level)
{
    return &level->factors[level->factor_count - 1];
}

static void check_products(const struct gain_report *report)
{
    for (size_t i = 0; i < report->level_count; i++) {
        double product = 1;
        for (size_t k = 0; k < report->levels[i].factor_count; k++) {
            const struct gain_factor *f = &report->levels[i].factors[k];
            product *= f->value;
            ck_assert(f->low <= f->value && f->value <= f->high);
        }
        ck_assert_double_eq_tol(product / report->total, 1, 1e-9);
    }
}

static struct gain_report study(const char *name, bool rounds)
{
    struct gain_study *s = arena_alloc(&arena, sizeof *s);
    struct gain_options options;
    struct gain_report report;
    const char *path = place_config(&arena, "studies", name, &err);
    ck_assert_msg(path && gain_study_load(&arena, &facts, path, "", s, &err), "%s", err.text);
    gain_options_init(&options);
    options.assume = s->assume;
    options.rounds_as_article = rounds;
    ck_assert_msg(
        gain_measured(&arena, &facts, &s->cards[0], &s->cards[1], &options, &report, &err),
        "%s", err.text);
    return report;
}

START_TEST(article_chain_leaves_what_the_article_leaves)
{
    struct gain_report report = study("article-chain", false);
    const struct gain_level *level = find_level(&report, GAIN_POTENTIAL, LENS_TRANSISTOR);
    ck_assert_double_eq_tol(report.total, 27, 1e-9);
    ck_assert_double_eq_tol(group_value(level, GAIN_COUNT), 5.4, 1e-9);
    ck_assert_double_eq_tol(group_value(level, GAIN_BUDGET), 40 / 21.1, 1e-9);
    ck_assert_double_eq_tol(group_value(level, GAIN_TECHNOLOGY), 1.5, 1e-9);
    ck_assert_double_eq_tol(last_of(level)->value, 1.758, 1e-3);
    report = study("article-chain", true);
    level = find_level(&report, GAIN_POTENTIAL, LENS_TRANSISTOR);
    ck_assert_double_eq_tol(last_of(level)->value, 1.7, 1e-12);
    check_products(&report);
    report = study("article-chain-published", false);
    level = find_level(&report, GAIN_POTENTIAL, LENS_TRANSISTOR);
    ck_assert_double_eq_tol(last_of(level)->value, 3.197, 1e-3);
}
END_TEST

START_TEST(article_chain_has_the_interval_of_the_device_step)
{
    struct gain_report report = study("article-chain-logs", false);
    const struct gain_factor *rest =
        last_of(find_level(&report, GAIN_POTENTIAL, LENS_TRANSISTOR));
    ck_assert_double_eq_tol(rest->value, 1.44, 0.01);
    ck_assert_double_eq_tol(rest->low, 0.93, 0.02);
    ck_assert_double_eq_tol(rest->high, 2.23, 0.05);
    report = study("article-chain-logs-published", false);
    const struct gain_level *level = find_level(&report, GAIN_POTENTIAL, LENS_TRANSISTOR);
    ck_assert_double_eq_tol(last_of(level)->value, 2.62, 0.01);
    ck_assert_double_eq_tol(last_of(level)->low, 1.70, 0.04);
    ck_assert_double_eq_tol(last_of(level)->high, 4.05, 0.09);
    /* With the article's device step the logs leave 3.227. */
    ck_assert_double_eq_tol(last_of(level)->value * group_value(level, GAIN_TECHNOLOGY) / 1.5,
                            3.227, 2e-3);
}
END_TEST

START_TEST(identity_multiplies_to_the_measured_gain)
{
    struct gain_report report =
        pair("mlperf:v0.5/640xV100", "mlperf:v1.0/3456xTPUv4", "resnet50", 200);
    const struct gain_level *level = find_level(&report, GAIN_IDENTITY, LENS_NONE);
    ck_assert_double_eq_tol(report.total / 27.25, 1, 5e-4);
    ck_assert_double_eq_tol(group_value(level, GAIN_COUNT), 5.4, 1e-9);
    ck_assert_double_eq_tol(group_value(level, GAIN_WORK), 1.0125, 1e-9);
    ck_assert_double_eq_tol(group_value(level, GAIN_SCALING) / 1.8815, 1, 5e-4);
    ck_assert_double_eq_tol(group_value(level, GAIN_UNEXPLAINED) / 2.6492, 1, 5e-4);
    check_products(&report);
}
END_TEST

START_TEST(placebo_leaves_nothing_to_the_hardware)
{
    struct gain_report report =
        pair("mlperf:v0.5/8xV100", "mlperf:v0.7/8xV100", "resnet50", 200);
    ck_assert_double_eq_tol(report.total, 1.888, 1e-3);
    ck_assert_uint_eq(report.level_count, 10);
    for (size_t i = 0; i < report.level_count; i++) {
        const struct gain_level *level = &report.levels[i];
        const enum gain_group still[] = {GAIN_TECHNOLOGY, GAIN_MEMORY,       GAIN_BUDGET,
                                         GAIN_FORMAT,     GAIN_ARCHITECTURE, GAIN_CLOCK};
        for (size_t k = 0; k < level->factor_count; k++)
            for (size_t g = 0; g < sizeof still / sizeof still[0]; g++)
                if (level->factors[k].group == still[g]) {
                    ck_assert_double_eq(level->factors[k].value, 1);
                    ck_assert_double_eq(level->factors[k].low, 1);
                    ck_assert_double_eq(level->factors[k].high, 1);
                }
        ck_assert_double_eq_tol(group_value(level, GAIN_WORK), 1.676, 1e-3);
        ck_assert_double_eq_tol(group_value(level, GAIN_SOFTWARE), 1.127, 1e-3);
        if (level->kind == GAIN_POTENTIAL)
            ck_assert_int_eq(last_of(level)->group, GAIN_UNEXPLAINED);
    }
    check_products(&report);
}
END_TEST

static const char *const KEYS[] = {"mlperf:v0.5/640xV100", "mlperf:v0.7/8xTPUv4",
                                   "mlperf:v1.0/16xGC200", "mlperf:v1.1/64xGaudi",
                                   "mlperf:v0.7/8xA100",   "mlperf:v0.7/8x8380H"};
enum { KEY_COUNT = sizeof KEYS / sizeof KEYS[0] };

START_TEST(chip_against_itself_is_one_in_every_factor)
{
    struct gain_report report = pair(KEYS[_i], KEYS[_i], "resnet50", 100);
    for (size_t i = 0; i < report.level_count; i++)
        for (size_t k = 0; k < report.levels[i].factor_count; k++) {
            ck_assert_double_eq(report.levels[i].factors[k].value, 1);
            ck_assert_double_eq(report.levels[i].factors[k].low, 1);
            ck_assert_double_eq(report.levels[i].factors[k].high, 1);
        }
}
END_TEST

START_TEST(swapped_cards_turn_every_factor_over)
{
    for (int j = 0; j < KEY_COUNT; j++) {
        struct gain_card a = card(KEYS[_i], "resnet50", NULL),
                         b = card(KEYS[j], "resnet50", NULL);
        struct gain_report forth = compare(&a, &b, 500), back = compare(&b, &a, 500);
        check_products(&forth);
        ck_assert_uint_eq(forth.level_count, back.level_count);
        for (size_t i = 0; i < forth.level_count; i++)
            for (size_t k = 0; k < forth.levels[i].factor_count; k++) {
                const struct gain_factor *f = &forth.levels[i].factors[k];
                const struct gain_factor *r = &back.levels[i].factors[k];
                ck_assert_int_eq(f->group, r->group);
                ck_assert_double_eq_tol(f->value * r->value, 1, 1e-9);
                ck_assert_double_eq_tol(f->low * r->high, 1, 1e-9);
                ck_assert_double_eq_tol(f->order_low * r->order_high, 1, 1e-9);
            }
    }
}
END_TEST

START_TEST(k80_to_tpu_v1_is_mostly_number_format)
{
    struct gain_report report = study("k80-to-tpu-v1", false);
    const struct gain_level *level = find_level(&report, GAIN_IDENTITY, LENS_AREA);
    ck_assert_double_eq_tol(group_value(level, GAIN_FORMAT), 15.33, 0.01);
    ck_assert_double_eq_tol(group_value(level, GAIN_BUDGET), 0.590, 1e-3);
    ck_assert_double_eq_tol(group_value(level, GAIN_CLOCK), 1.25, 1e-9);
    /* Peak rate per cycle and mm2 beyond the format, times the achieved share of peak. */
    ck_assert_double_eq_tol(last_of(level)->value, 44.55 / 15.33 * 0.402, 5e-3);
    level = find_level(&report, GAIN_POTENTIAL, LENS_AREA);
    for (size_t k = 0; k < level->factor_count; k++)
        if (strcmp(level->factors[k].name, "device speed") == 0)
            ck_assert_double_eq(level->factors[k].value, 1);
}
END_TEST

START_TEST(same_seed_gives_the_same_draws_and_quantiles_are_stable)
{
    struct gain_card a = card("mlperf:v0.7/8xV100", "resnet50", NULL);
    struct gain_card b = card("mlperf:v0.7/8xTPUv4", "resnet50", NULL);
    struct gain_report first = compare(&a, &b, 20000), again = compare(&a, &b, 20000);
    struct gain_options options;
    struct gain_report other;
    gain_options_init(&options);
    options.seed = 7;
    options.draws = 100000;
    ck_assert(gain_measured(&arena, &facts, &a, &b, &options, &other, &err));
    for (size_t i = 0; i < first.level_count; i++) {
        const struct gain_factor *f = last_of(&first.levels[i]), *s = last_of(&again.levels[i]);
        const struct gain_factor *o = last_of(&other.levels[i]);
        ck_assert(f->low == s->low && f->high == s->high);
        ck_assert_double_eq_tol(f->low / o->low, 1, 0.04);
        ck_assert_double_eq_tol(f->high / o->high, 1, 0.04);
    }
}
END_TEST

START_TEST(spellings_of_one_accelerator_are_one_key)
{
    struct gain_card v100 = card("mlperf:v0.7/8xV100", "resnet50", "NVIDIA");
    ck_assert_str_eq(v100.system, "dgx1_ngc20.06_mxnet");
    struct gain_card fastest = card("mlperf:v0.7/8xV100", "resnet50", NULL);
    ck_assert_str_eq(fastest.submitter, "Fujitsu");
    struct gain_card other = card("mlperf:v0.7/8xV100S", "resnet50", NULL);
    ck_assert_str_eq(other.system, "DSS8440");
    ck_assert(!gain_cards_share_chip(&v100, &other));
    ck_assert(gain_cards_share_chip(&v100, &fastest));
    struct gain_card big = card("mlperf:v0.7/512xV100", "resnet50", NULL);
    ck_assert(gain_cards_share_chip(&v100, &big));
    ck_assert_double_eq(big.chip.power_w, 450);
    ck_assert_ptr_nonnull(strstr(big.reference, "dgx1_ngc20.06_mxnet"));
}
END_TEST

START_TEST(work_stays_with_scaling_where_no_epochs_are_known)
{
    struct gain_report report =
        pair("mlperf:v0.7/8xV100", "mlperf:v1.0/3456xTPUv4", "bert", 200);
    const struct gain_level *level = find_level(&report, GAIN_IDENTITY, LENS_NONE);
    check_products(&report);
    for (size_t k = 0; k < level->factor_count; k++)
        ck_assert_int_ne(level->factors[k].group, GAIN_WORK);
    /* 64 x 4.059 chip-minutes against 3456 x 0.276 */
    ck_assert_double_eq_tol(group_value(level, GAIN_SCALING), 64 * 4.059 / (3456 * 0.276),
                            1e-9);
}
END_TEST

static const struct {
    const char *key, *workload, *sentence;
} REFUSED[] = {
    {"mlperf:v0.7", "resnet50", "wanted mlperf:ROUND/NxCHIP"},
    {"mlperf:v0.7/V100", "resnet50", "wanted mlperf:ROUND/NxCHIP"},
    {"mlperf:v9.9/8xV100", "resnet50", "no round 'v9.9'"},
    {"mlperf:v0.7/8xH100", "resnet50", "no entry with chip 'H100'"},
    {"mlperf:v0.7/9xV100", "resnet50", "no closed entry has 9"},
    {"mlperf:v0.6/2048xV100", "resnet50", "no closed entry has 2048"},
    {"mlperf:v0.7/1840xA100", "resnet50", "no time"},
    {"mlperf:v0.7/8xV100/nowhere", "resnet50", "no system 'nowhere'"},
    {"mlperf:v0.7/4xTPU", "resnet50", "no closed entry has 4"},
    {"mlperf:v0.7/8xV100", "gpt3", "not for 'gpt3'"},
};

START_TEST(impossible_keys_are_refused_with_a_sentence)
{
    struct gain_card made;
    ck_assert(!gain_card_mlperf(&arena, &facts, REFUSED[_i].key, REFUSED[_i].workload, NULL,
                                &made, &err));
    ck_assert_msg(strstr(err.text, REFUSED[_i].sentence), "%s", err.text);
}
END_TEST

Suite *gain_suite(void)
{
    Suite *suite = suite_create("gain");
    TCase *cases = tcase_create("gain");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, article_chain_leaves_what_the_article_leaves);
    tcase_add_test(cases, article_chain_has_the_interval_of_the_device_step);
    tcase_add_test(cases, identity_multiplies_to_the_measured_gain);
    tcase_add_test(cases, placebo_leaves_nothing_to_the_hardware);
    tcase_add_loop_test(cases, chip_against_itself_is_one_in_every_factor, 0, KEY_COUNT);
    tcase_add_loop_test(cases, swapped_cards_turn_every_factor_over, 0, KEY_COUNT);
    tcase_add_test(cases, k80_to_tpu_v1_is_mostly_number_format);
    tcase_add_test(cases, same_seed_gives_the_same_draws_and_quantiles_are_stable);
    tcase_add_test(cases, spellings_of_one_accelerator_are_one_key);
    tcase_add_test(cases, work_stays_with_scaling_where_no_epochs_are_known);
    tcase_add_loop_test(cases, impossible_keys_are_refused_with_a_sentence, 0,
                        sizeof REFUSED / sizeof REFUSED[0]);
    suite_add_tcase(suite, cases);
    return suite;
}
