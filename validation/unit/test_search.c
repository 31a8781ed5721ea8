/* Is the mapper's nest the best there is, and does it say so truthfully? (How long it takes:
 * validation/bench.) */
#include <check.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "loops.h"
#include "arch/mapping/interpret.h"
#include "reference_space.h"

static struct search_result found(const struct space *space, const struct contraction *c,
                                  enum search_objective objective)
{
    struct search_options options = {.objective = objective};
    struct search_result result;
    struct error err = {0};
    ck_assert_msg(search_best(space, c, &options, &result, &err), "%s", err.text);
    return result;
}

START_TEST(branch_and_bound_equals_exhaustive_search)
{
    struct arena arena = {0};
    int found = 0;
    for (uint64_t k = 0; k < 50; k++) {
        uint64_t seed = (uint64_t)_i * 50 + k, rng = seed * 104729 + 7;
        struct space space = random_space(&rng);
        struct contraction c = random_contraction(&rng, false);
        struct search_options options = {
            .objective = (enum search_objective)space_draw(&rng, 3), .evaluations = UINT64_MAX};
        struct search_result quick, slow;
        struct error err = {0}, err_slow = {0};
        bool is_good = search_best(&space, &c, &options, &quick, &err);
        options.is_exhaustive = true;
        ck_assert_msg(search_best(&space, &c, &options, &slow, &err_slow) == is_good,
                      "seed %" PRIu64 ": %s%s", seed, err.text, err_slow.text);
        if (!is_good)
            continue;
        found++;
        ck_assert(quick.is_complete);
        ck_assert_msg(quick.best[0].score <= slow.best[0].score * (1 + 2e-7),
                      "seed %" PRIu64 ": %.17g, exhaustive %.17g\n%s\n%s", seed,
                      quick.best[0].score, slow.best[0].score,
                      nest_print_line(&quick.best[0].nest, &arena),
                      nest_print_line(&slow.best[0].nest, &arena));
        ck_assert_msg(space_fits(&space, &quick.best[0].nest, &err), "seed %" PRIu64 ": %s\n%s",
                      seed, err.text, nest_print_line(&quick.best[0].nest, &arena));
        struct interpret_counts counts;
        if (contraction_macs(&c) < 5000)
            ck_assert_msg(interpret_verify(&quick.best[0].nest, seed, &arena, &counts, &err),
                          "%s", err.text);
        arena_free(&arena);
    }
    ck_assert_int_gt(found, 25);
}
END_TEST

/* What a search may still miss: nobody could save a cycle, or its cost, in 100,000. */
static const double TIE = 1e-5;

START_TEST(any_core_gets_what_exhaustive_search_finds_and_no_gap_is_too_small)
{
    int found = 0, open = 0;
    for (uint64_t k = 0; k < 100; k++) {
        uint64_t seed = (uint64_t)_i * 100 + k, rng = seed * 179424673 + 11;
        struct space space = wild_space(&rng);
        struct contraction c = random_contraction(&rng, false);
        if (seed % 4 == 0)
            make_square(&space, &c);
        struct search_options options = {
            .objective = (enum search_objective)space_draw(&rng, 3), .evaluations = UINT64_MAX};
        struct search_options brief = options;
        brief.evaluations = 50 + space_draw(&rng, 1000);
        if (contraction_macs(&c) > 1500)
            continue;
        struct search_result quick, cut, slow;
        struct error err = {0};
        bool is_good = search_best(&space, &c, &options, &quick, &err);
        ck_assert(search_best(&space, &c, &brief, &cut, &err) == is_good);
        options.is_exhaustive = true;
        space.accepts = takes_any_tile;
        ck_assert_msg(search_best(&space, &c, &options, &slow, &err) == is_good,
                      "seed %" PRIu64 ": %s", seed, err.text);
        if (!is_good)
            continue;
        found++;
        open += !cut.is_complete;
        double best = slow.best[0].score;
        ck_assert(quick.is_complete);
        ck_assert_msg(quick.best[0].score <= best * (1 + 2e-7) &&
                          quick.best[0].score >= best * (1 - 2e-7),
                      "seed %" PRIu64 ": %.17g, exhaustive %.17g", seed, quick.best[0].score,
                      best);
        ck_assert_msg(best >= cut.best[0].score * (1 - cut.gap) * (1 - TIE),
                      "seed %" PRIu64 ": %.17g with a gap of %g, exhaustive %.17g", seed,
                      cut.best[0].score, cut.gap, best);
    }
    ck_assert_int_gt(found, 50);
    ck_assert_int_gt(open, 0);
}
END_TEST

/* Any permutation at any level, any tiling in whole pieces: sizes are powers of two, so that
 * the model has no edges and must equal nest_fills. */
static bool random_rival(const struct space *space, const struct search_candidate *best,
                         uint64_t *rng, struct nest *rival)
{
    *rival = best->nest;
    int levels = rival->level_count;
    for (int d = 0; d < DIM_COUNT; d++)
        for (int moves = 0; moves < 2; moves++) {
            struct nest_level *from = &rival->levels[space_draw(rng, (uint64_t)levels)];
            struct nest_level *to = &rival->levels[space_draw(rng, (uint64_t)levels)];
            if (from != to && !from->is_spatial && !to->is_spatial &&
                from->factor[d] % 2 == 0) {
                from->factor[d] /= 2;
                to->factor[d] *= 2;
            }
        }
    for (int i = 0; i < levels; i++)
        for (int d = DIM_COUNT - 1; d > 0 && !rival->levels[i].is_spatial; d--) {
            uint64_t other = space_draw(rng, (uint64_t)d + 1);
            uint8_t swap = rival->levels[i].order[d];
            rival->levels[i].order[d] = rival->levels[i].order[other];
            rival->levels[i].order[other] = swap;
        }
    return space_fits(space, rival, NULL);
}

START_TEST(random_tilings_and_permutations_never_beat_the_search)
{
    int rivals = 0;
    struct arena arena = {0};
    for (uint64_t k = 0; k < 40; k++) {
        uint64_t seed = (uint64_t)_i * 40 + k, rng = seed * 15485863 + 3;
        struct space space = random_space(&rng);
        struct contraction c = random_contraction(&rng, true);
        for (int a = 0; a < space.axis_count; a++)
            space.axes[a].fanout = (int64_t)1 << space_draw(&rng, 3);
        struct search_options options = {.objective = SEARCH_COST, .evaluations = UINT64_MAX};
        struct search_result result;
        if (!search_best(&space, &c, &options, &result, NULL))
            continue;
        const struct search_candidate *best = &result.best[0];
        for (int i = 0; i < 100; i++) {
            struct nest rival;
            struct estimate estimate;
            if (!random_rival(&space, best, &rng, &rival))
                continue;
            rivals++;
            space_estimate(&space, &rival, &estimate);
            ck_assert_msg(estimate.cost >= best->estimate.cost * (1 - 1e-5),
                          "seed %" PRIu64 ": cost %g beats %g\n%s\n%s", seed, estimate.cost,
                          best->estimate.cost, nest_print_line(&rival, &arena),
                          nest_print_line(&best->nest, &arena));
        }
    }
    ck_assert_int_gt(rivals, 300);
    arena_free(&arena);
}
END_TEST

static const struct {
    const char *name;
    int64_t n, k, c, pq, rs;
    int32_t stride;
} LAYERS[] = {
    /* Of ResNet-50 at batch 1. */
    {"conv1", 1, 64, 3, 112, 7, 2},       {"conv2 reduce", 1, 64, 256, 56, 1, 1},
    {"conv2 3x3", 1, 64, 64, 56, 3, 1},   {"conv2 expand", 1, 256, 64, 56, 1, 1},
    {"conv3 3x3", 1, 128, 128, 28, 3, 2}, {"conv4 3x3", 1, 256, 256, 14, 3, 1},
    {"conv5 3x3", 1, 512, 512, 7, 3, 1},  {"conv5 shortcut", 1, 2048, 1024, 7, 1, 2},
};

START_TEST(resnet_is_searched_completely_on_a_systolic_array)
{
    const int64_t rows = 256;
    struct space space = systolic_space(&rows);
    struct contraction c = square_convolution(LAYERS[_i].n, LAYERS[_i].k, LAYERS[_i].c,
                                              LAYERS[_i].pq, LAYERS[_i].rs, LAYERS[_i].stride);
    struct search_result result = found(&space, &c, SEARCH_CYCLES);
    ck_assert(result.is_complete);
    ck_assert(result.gap == 0);
    ck_assert_msg(result.evaluations < 100000, "%s took %" PRIu64 " evaluations",
                  LAYERS[_i].name, result.evaluations);
    struct error err = {0};
    ck_assert_msg(space_fits(&space, &result.best[0].nest, &err), "%s", err.text);
    /* No mapping is faster than main memory delivers each byte once. */
    double bytes = 0;
    for (int o = 0; o < OPERAND_COUNT; o++)
        bytes += (double)contraction_elements(&c, o);
    ck_assert_double_ge(result.best[0].estimate.cycles, bytes / 48 * (1 - 1e-12));
}
END_TEST

START_TEST(a_product_of_four_tiles_takes_the_cycles_worked_by_hand)
{
    /* 1000 x 512 by 512 x 512: four weight tiles of 256 x 256, each with 1000 rows streamed,
     * 4 x 1000 cycles; transfers are fewer bytes than 4000 x 1000. */
    const int64_t rows = 256;
    struct space space = systolic_space(&rows);
    for (int o = 0; o < OPERAND_COUNT; o++)
        space.levels[0].read_bytes_per_cycle[o] = 1000;
    space.levels[0].write_bytes_per_cycle = 1000;
    struct contraction c = contraction_product(1, 1000, 512, 512);
    struct search_result result = found(&space, &c, SEARCH_CYCLES);
    ck_assert(result.is_complete);
    ck_assert_double_eq(result.best[0].estimate.cycles, 4000);
    ck_assert_double_eq(result.best[0].estimate.compute_cycles, 4000);
    /* Everything crosses main memory once: 1000 x 512 + 512 x 512 + 1000 x 512 bytes. */
    ck_assert_double_eq(result.best[0].estimate.port_cycles[0], 1286.144);
}
END_TEST

START_TEST(transformers_are_mapped_within_the_limit_and_its_gap_is_stated)
{
    static const int64_t SHAPES[][4] = {{1, 384, 768, 3072},    {12, 384, 64, 384},
                                        {1, 2048, 4096, 16384}, {1, 2048, 4096, 50257},
                                        {1, 1, 4096, 16384},    {32, 1, 128, 2048}};
    const int64_t rows = 256;
    struct space spaces[] = {systolic_space(&rows), spatial_space()};
    const int64_t *shape = SHAPES[_i / 6];
    struct contraction c = contraction_product(shape[0], shape[1], shape[2], shape[3]);
    struct search_result result = found(&spaces[_i % 2], &c, (enum search_objective)(_i % 3));
    ck_assert_uint_lt(result.evaluations, 110000);
    ck_assert(result.is_complete == (result.gap == 0));
}
END_TEST

START_TEST(register_files_are_searched_by_cost_and_product_with_small_gaps)
{
    static const int64_t SHAPES[][4] = {
        {1, 384, 768, 3072}, {12, 384, 64, 384}, {1, 2048, 4096, 16384}, {1, 1, 4096, 16384}};
    struct space space = spatial_space();
    enum { PRODUCTS = sizeof SHAPES / sizeof SHAPES[0] };
    int index = _i / 2;
    struct contraction c;
    if (index < PRODUCTS) {
        const int64_t *s = SHAPES[index];
        c = contraction_product(s[0], s[1], s[2], s[3]);
    } else {
        c = square_convolution(LAYERS[index - PRODUCTS].n, LAYERS[index - PRODUCTS].k,
                               LAYERS[index - PRODUCTS].c, LAYERS[index - PRODUCTS].pq,
                               LAYERS[index - PRODUCTS].rs, LAYERS[index - PRODUCTS].stride);
    }
    struct search_result result = found(&space, &c, _i % 2 ? SEARCH_PRODUCT : SEARCH_COST);
    ck_assert_msg(result.gap <= 0.05, "gap %g", result.gap);
    ck_assert_uint_lt(result.evaluations, 110000);
}
END_TEST

START_TEST(more_room_or_bandwidth_never_makes_the_best_worse)
{
    for (uint64_t k = 0; k < 20; k++) {
        uint64_t seed = (uint64_t)_i * 20 + k, rng = seed * 32452843 + 1;
        struct space space = random_space(&rng);
        struct contraction c = random_contraction(&rng, false);
        struct search_options options = {.objective = (enum search_objective)(seed % 3),
                                         .evaluations = UINT64_MAX};
        struct search_result before, after;
        if (!search_best(&space, &c, &options, &before, NULL))
            continue;
        for (int i = 1; i < space.level_count; i++)
            space.levels[i].capacity_bytes *= 2;
        for (int o = 0; o < OPERAND_COUNT; o++)
            space.levels[0].read_bytes_per_cycle[o] *= 2;
        ck_assert(search_best(&space, &c, &options, &after, NULL));
        ck_assert_msg(after.best[0].score <= before.best[0].score * (1 + 1e-5),
                      "seed %" PRIu64 ": %g, with more %g", seed, before.best[0].score,
                      after.best[0].score);
    }
}
END_TEST

START_TEST(a_search_cut_short_states_a_gap_that_covers_what_it_missed)
{
    uint64_t rng = (uint64_t)_i * 86028121 + 5;
    struct space space = spatial_space();
    struct contraction c = square_convolution(1, 4 + (int64_t)space_draw(&rng, 12),
                                              4 + (int64_t)space_draw(&rng, 12), 7, 3, 1);
    struct search_options options = {.objective = SEARCH_COST, .evaluations = 2000};
    struct search_result cut, full;
    ck_assert(search_best(&space, &c, &options, &cut, NULL));
    options.evaluations = 10000000;
    ck_assert(search_best(&space, &c, &options, &full, NULL));
    ck_assert(full.best[0].score <= cut.best[0].score);
    ck_assert_double_ge(full.best[0].score, cut.best[0].score * (1 - cut.gap) * (1 - 1e-9));
    struct search_result again;
    options.evaluations = 2000;
    ck_assert(search_best(&space, &c, &options, &again, NULL));
    ck_assert(again.evaluations == cut.evaluations && again.gap == cut.gap);
}
END_TEST

Suite *search_suite(void);
Suite *search_suite(void)
{
    Suite *suite = suite_create("search");
    TCase *cases = tcase_create("search");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, branch_and_bound_equals_exhaustive_search, 0, LOOPS(20));
    tcase_add_loop_test(cases,
                        any_core_gets_what_exhaustive_search_finds_and_no_gap_is_too_small, 0,
                        LOOPS(40));
    tcase_add_loop_test(cases, random_tilings_and_permutations_never_beat_the_search, 0, 5);
    tcase_add_loop_test(cases, resnet_is_searched_completely_on_a_systolic_array, 0,
                        (int)(sizeof LAYERS / sizeof LAYERS[0]));
    tcase_add_test(cases, a_product_of_four_tiles_takes_the_cycles_worked_by_hand);
    tcase_add_loop_test(cases, transformers_are_mapped_within_the_limit_and_its_gap_is_stated,
                        0, 36);
    tcase_add_loop_test(cases, register_files_are_searched_by_cost_and_product_with_small_gaps,
                        0, 2 * (4 + (int)(sizeof LAYERS / sizeof LAYERS[0])));
    tcase_add_loop_test(cases, more_room_or_bandwidth_never_makes_the_best_worse, 0, 5);
    tcase_add_loop_test(cases, a_search_cut_short_states_a_gap_that_covers_what_it_missed, 0,
                        5);
    suite_add_tcase(suite, cases);
    return suite;
}
