/* Does playing the candidates alone choose the plan that is fastest in the run itself? */
#include <check.h>
#include <math.h>

#include "random_run.h"

enum { SEEDS = 60 };

static const struct {
    const char *name, *fidelity;
} CHIPS[] = {{"edge", "memory.dram.fidelity=ideal"},
             {"gemmini", "memory.dram.fidelity=ideal"},
             {"tpu-v1", "memory.weights.fidelity=ideal"},
             {"edge", "memory.dram.fidelity=command"},
             {"edge", "memory.dram.fidelity=bank"}};

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

/* One product on a chip of its own, with so many candidates played. */
static bool run_one(int index, const char *rerank, const char *objective,
                    struct run_result *result)
{
    int chip = index % 5;
    const char *sets[] = {CHIPS[chip].fidelity, rerank, objective, NULL};
    c.chip = CHIPS[chip].name;
    return random_case_run(&c, sets, result);
}

static const struct run_operator *only(const struct run_result *result)
{
    ck_assert_uint_eq(result->operator_count, 1);
    return &result->operators[0];
}

START_TEST(a_product_is_never_slower_for_having_its_candidates_played)
{
    random_case_begin(&c, (uint64_t)_i, "rerank", &arena);
    random_trace_file(&c, RANDOM_PRODUCTS, 1);
    struct run_result off, on;
    const char *cycles = "mapper.objective=cycles";
    if (!run_one(_i, "mapper.rerank=0", cycles, &off))
        return;
    ck_assert(run_one(_i, "mapper.rerank=4", cycles, &on));
    ck_assert(!only(&off)->record.ranking);
    ck_assert_msg(only(&on)->record.cycles <= only(&off)->record.cycles,
                  "%s: %llu cycles, without %llu", random_case_text(&c),
                  (unsigned long long)only(&on)->record.cycles,
                  (unsigned long long)only(&off)->record.cycles);
}
END_TEST

START_TEST(what_a_candidate_took_alone_is_what_the_run_takes)
{
    random_case_begin(&c, (uint64_t)_i, "alone", &arena);
    random_trace_file(&c, RANDOM_PRODUCTS, 1);
    struct run_result result;
    if (!run_one(_i, "mapper.rerank=4", "mapper.objective=cycles", &result))
        return;
    const struct operator_record *record = &only(&result)->record;
    const struct plan_ranking *ranking = record->ranking;
    if (!ranking)
        return;
    ck_assert_uint_ge(ranking->count, 2);
    ck_assert_uint_le(ranking->count, PLAN_CANDIDATES);
    const struct plan_played *chosen = &ranking->candidates[ranking->chosen];
    for (uint32_t i = 0; i < ranking->count; i++) {
        const struct plan_played *other = &ranking->candidates[i];
        ck_assert_double_le(other->estimate_cycles,
                            1.02 * ranking->candidates[0].estimate_cycles + 1e-6);
        if (other->cycles && i < ranking->chosen)
            ck_assert_uint_gt(other->cycles, chosen->cycles);
        else if (other->cycles)
            ck_assert_uint_ge(other->cycles, chosen->cycles);
    }
    ck_assert_str_eq(record->mapping, chosen->description);
    /* Banks and commands see the addresses that the run gives out; alone there are others. */
    bool is_repeated = record->estimate_cycles > 1.5 * chosen->estimate_cycles;
    double apart = _i % 5 < 3 ? 0 : 0.02 * (double)chosen->cycles + 8;
    if (!is_repeated)
        ck_assert_msg(fabs((double)record->cycles - (double)chosen->cycles) <= apart,
                      "%s: alone %llu, in the run %llu", random_case_text(&c),
                      (unsigned long long)chosen->cycles, (unsigned long long)record->cycles);
}
END_TEST

START_TEST(by_cost_the_cheapest_candidate_stays_and_by_product_the_best_product)
{
    random_case_begin(&c, (uint64_t)_i, "objective", &arena);
    random_trace_file(&c, RANDOM_PRODUCTS, 1);
    bool is_cost = _i % 2;
    struct run_result result;
    if (!run_one(_i, "mapper.rerank=4",
                 is_cost ? "mapper.objective=cost" : "mapper.objective=product", &result))
        return;
    const struct plan_ranking *ranking = only(&result)->record.ranking;
    if (!ranking)
        return;
    const struct plan_played *chosen = &ranking->candidates[ranking->chosen];
    ck_assert_double_gt(chosen->estimate_cost, 0);
    for (uint32_t i = 0; i < ranking->count; i++) {
        const struct plan_played *other = &ranking->candidates[i];
        double time = is_cost ? 1 : (double)other->cycles;
        double best = is_cost ? 1 : (double)chosen->cycles;
        if (other->cycles)
            ck_assert_double_ge(other->estimate_cost * time, chosen->estimate_cost * best);
    }
}
END_TEST

Suite *rerank_suite(void);
Suite *rerank_suite(void)
{
    Suite *suite = suite_create("rerank");
    TCase *cases = tcase_create("rerank");
    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, a_product_is_never_slower_for_having_its_candidates_played, 0,
                        SEEDS);
    tcase_add_loop_test(cases, what_a_candidate_took_alone_is_what_the_run_takes, 0, SEEDS);
    tcase_add_loop_test(
        cases, by_cost_the_cheapest_candidate_stays_and_by_product_the_best_product, 0, SEEDS);
    suite_add_tcase(suite, cases);
    return suite;
}
