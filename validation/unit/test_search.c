/* Is the mapper's nest the best there is, and does it say so truthfully? (How long it takes:
 * validation/bench.) */
#include <check.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "arch/mapping/interpret.h"
#include "arch/mapping/search.h"

enum {
    N = 1 << DIM_N,
    K = 1 << DIM_K,
    C = 1 << DIM_C,
    Z = 1 << DIM_Z,
    P = 1 << DIM_P,
    Q = 1 << DIM_Q,
    T = 1 << DIM_T,
    R = 1 << DIM_R,
    S = 1 << DIM_S
};

static uint64_t draw(uint64_t *state, uint64_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 33) % below;
}

static struct contraction convolution(int64_t n, int64_t k, int64_t c, int64_t pq, int64_t rs,
                                      int32_t stride)
{
    struct contraction conv = contraction_product(1, 1, 1, 1);
    conv.size[DIM_N] = n;
    conv.size[DIM_K] = k;
    conv.size[DIM_C] = c;
    for (int axis = 1; axis < 3; axis++) {
        conv.size[DIM_Z + axis] = pq;
        conv.size[DIM_T + axis] = rs;
        conv.stride[axis] = stride;
        conv.pad[axis] = (int32_t)(rs / 2);
        conv.extent[axis] = pq * stride;
    }
    return conv;
}

/* Cycles of a weight-stationary array for m rows of inputs: the weights shift in behind the
 * stream of the tile before, so a short stream exposes them; refilling costs the rows. */
static uint64_t pass_cycles(const void *context, const int64_t tile[DIM_COUNT], bool is_still)
{
    const int64_t *rows = context;
    int64_t m = tile[DIM_N] * tile[DIM_Z] * tile[DIM_P] * tile[DIM_Q];
    return (uint64_t)(is_still || m > *rows ? m : *rows);
}

/* The space of space.h's example: 256 x 256, 24 MiB, accumulators of 4096 x 256 x 4 bytes. */
static struct space systolic_space(const int64_t *rows)
{
    struct space s = {.level_count = 3, .axis_count = 2};
    s.levels[0] = (struct space_level){.name = "dram", .port_shared = SPACE_ALL};
    for (int o = 0; o < OPERAND_COUNT; o++)
        s.levels[0].read_bytes_per_cycle[o] = 48;
    s.levels[0].write_bytes_per_cycle = 48;
    s.levels[1] = (struct space_level){.name = "ub",
                                       .capacity_bytes = 24u << 20,
                                       .double_buffered = SPACE_INPUT,
                                       .keep_masks = SPACE_KEEP(SPACE_INPUT | SPACE_OUTPUT)};
    s.levels[2] = (struct space_level){.name = "array",
                                       .partition_bytes = {0, 65536 * 2, 4096 * 256 * 4},
                                       .double_buffered = SPACE_WEIGHT,
                                       .keep_masks = SPACE_KEEP(SPACE_WEIGHT | SPACE_OUTPUT),
                                       .holds_partials = true,
                                       .loops = N | Z | P | Q,
                                       .limit_dims = N | Z | P | Q,
                                       .limit = 4096};
    s.axes[0] = (struct space_axis){"rows", 3, *rows, C | T | R | S, 0};
    s.axes[1] = (struct space_axis){"cols", 3, *rows, K, 0};
    s.element_bytes[OPERAND_INPUT] = s.element_bytes[OPERAND_WEIGHT] = 1;
    s.element_bytes[OPERAND_OUTPUT] = 1;
    s.partial_bytes = 4;
    s.cycles = pass_cycles;
    s.context = rows;
    s.cycles_level = 2;
    s.cycles_operand = OPERAND_WEIGHT;
    space_default_costs(&s);
    return s;
}

/* 12 x 14 elements with register files behind a shared buffer, as the Eyeriss chip has. */
static struct space spatial_space(void)
{
    struct space s = {.level_count = 3, .axis_count = 2};
    s.levels[0] = (struct space_level){.name = "dram",
                                       .holds_partials = true,
                                       .read_bytes_per_cycle = {8, 8, 8},
                                       .write_bytes_per_cycle = 8,
                                       .port_shared = SPACE_ALL};
    s.levels[1] = (struct space_level){.name = "glb",
                                       .capacity_bytes = 128 << 10,
                                       .holds_partials = true,
                                       .keep_masks = SPACE_KEEP(SPACE_INPUT | SPACE_OUTPUT)};
    s.levels[2] = (struct space_level){.name = "pe",
                                       .partition_bytes = {24, 448, 48},
                                       .holds_partials = true,
                                       .keep_masks = SPACE_KEEP(SPACE_ALL)};
    s.axes[0] = (struct space_axis){"rows", 2, 12, C | R | S, 0};
    s.axes[1] = (struct space_axis){"cols", 2, 14, K | P | Q, 0};
    for (int o = 0; o < OPERAND_COUNT; o++)
        s.element_bytes[o] = 2;
    s.partial_bytes = 2;
    space_default_costs(&s);
    return s;
}

/* A small core drawn at random: two or three memories, up to two axes. */
static struct space random_space(uint64_t *rng)
{
    static const char *const NAMES[] = {"dram", "buf", "pe"};
    struct space s = {.level_count = 2 + (int32_t)draw(rng, 2),
                      .axis_count = (int32_t)draw(rng, 3)};
    for (int i = 0; i < s.level_count; i++) {
        struct space_level *l = &s.levels[i];
        l->name = NAMES[i];
        l->holds_partials = draw(rng, 4) > 0;
        l->port_shared = (uint8_t)draw(rng, 8);
        l->keep_masks = (uint8_t)(SPACE_KEEP(SPACE_ALL) | draw(rng, 256));
        l->capacity_bytes = i ? 8u << draw(rng, i == 1 ? 9 : 6) : 0;
        l->double_buffered = (uint8_t)draw(rng, 8);
        if (i == 2 && draw(rng, 3) == 0)
            l->partition_bytes[OPERAND_WEIGHT] = 2u << draw(rng, 5);
        if (draw(rng, 4) == 0)
            l->loops = i ? (uint32_t)draw(rng, 1 << DIM_COUNT) : 0;
        for (int o = 0; o < OPERAND_COUNT; o++)
            l->read_bytes_per_cycle[o] = (double)draw(rng, 9);
        l->write_bytes_per_cycle = (double)draw(rng, 9);
    }
    for (int a = 0; a < s.axis_count; a++)
        s.axes[a] = (struct space_axis){a ? "cols" : "rows", 0, 1 + (int64_t)draw(rng, 8),
                                        (uint32_t)draw(rng, 1 << DIM_COUNT), 0};
    for (int a = 0; a < s.axis_count; a++)
        s.axes[a].inside = 1 + (int32_t)draw(rng, (uint64_t)s.level_count);
    if (s.axis_count == 2 && s.axes[1].inside < s.axes[0].inside)
        s.axes[1].inside = s.axes[0].inside;
    for (int o = 0; o < OPERAND_COUNT; o++)
        s.element_bytes[o] = 1 + (double)draw(rng, 2);
    s.partial_bytes = 4;
    if (draw(rng, 4) == 0)
        s.home[draw(rng, 3)] = 1;
    space_default_costs(&s);
    return s;
}

static struct contraction random_contraction(uint64_t *rng, bool is_binary)
{
    struct contraction c = contraction_product(1, 1, 1, 1);
    static const uint8_t DIMS[] = {DIM_G, DIM_N, DIM_K, DIM_C, DIM_P, DIM_Q, DIM_R, DIM_S};
    for (int i = 0; i < 4; i++) {
        int d = DIMS[draw(rng, sizeof DIMS)];
        int64_t limit = d >= DIM_T ? 4 : 13;
        c.size[d] = is_binary ? (int64_t)1 << draw(rng, d >= DIM_T ? 2 : 4)
                              : 1 + (int64_t)draw(rng, (uint64_t)limit);
    }
    c.is_weight_shared = draw(rng, 4) == 0;
    for (int axis = 1; axis < 3; axis++) {
        c.stride[axis] = 1 + (int32_t)draw(rng, 2);
        c.extent[axis] = (c.size[DIM_Z + axis] - 1) * c.stride[axis] + c.size[DIM_T + axis];
    }
    return c;
}

START_TEST(branch_and_bound_equals_exhaustive_search)
{
    struct arena arena = {0};
    int found = 0;
    for (uint64_t k = 0; k < 50; k++) {
        uint64_t seed = (uint64_t)_i * 50 + k, rng = seed * 104729 + 7;
        struct space space = random_space(&rng);
        struct contraction c = random_contraction(&rng, false);
        struct search_options options = {.objective = (enum search_objective)draw(&rng, 3),
                                         .evaluations = UINT64_MAX};
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

/* Any permutation at any level, any tiling in whole pieces: sizes are powers of two, so that
 * the model has no edges and must equal nest_fills. */
static bool random_rival(const struct space *space, const struct search_candidate *best,
                         uint64_t *rng, struct nest *rival)
{
    *rival = best->nest;
    int levels = rival->level_count;
    for (int d = 0; d < DIM_COUNT; d++)
        for (int moves = 0; moves < 2; moves++) {
            struct nest_level *from = &rival->levels[draw(rng, (uint64_t)levels)];
            struct nest_level *to = &rival->levels[draw(rng, (uint64_t)levels)];
            if (from != to && !from->is_spatial && !to->is_spatial &&
                from->factor[d] % 2 == 0) {
                from->factor[d] /= 2;
                to->factor[d] *= 2;
            }
        }
    for (int i = 0; i < levels; i++)
        for (int d = DIM_COUNT - 1; d > 0 && !rival->levels[i].is_spatial; d--) {
            uint64_t other = draw(rng, (uint64_t)d + 1);
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
            space.axes[a].fanout = (int64_t)1 << draw(&rng, 3);
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

static struct search_result found(const struct space *space, const struct contraction *c,
                                  enum search_objective objective)
{
    struct search_options options = {.objective = objective};
    struct search_result result;
    struct error err = {0};
    ck_assert_msg(search_best(space, c, &options, &result, &err), "%s", err.text);
    return result;
}

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
    struct contraction c = convolution(LAYERS[_i].n, LAYERS[_i].k, LAYERS[_i].c, LAYERS[_i].pq,
                                       LAYERS[_i].rs, LAYERS[_i].stride);
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
    struct contraction c =
        convolution(1, 4 + (int64_t)draw(&rng, 12), 4 + (int64_t)draw(&rng, 12), 7, 3, 1);
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

START_TEST(a_template_holds_its_operand_still)
{
    struct contraction c = contraction_product(1, 64, 64, 64);
    for (int t = 0; t < 3; t++) {
        struct space space = spatial_space();
        struct error err = {0};
        ck_assert(space_restrict(&space, SPACE_TEMPLATES[t], &err));
        struct search_result result = found(&space, &c, SEARCH_COST);
        enum contraction_operand still[] = {OPERAND_WEIGHT, OPERAND_OUTPUT, OPERAND_INPUT};
        int last = result.best[0].nest.level_count - 1; /* "pe": the innermost memory */
        ck_assert_uint_eq(nest_reads(&result.best[0].nest, last, still[t]),
                          contraction_elements(&c, still[t]));
    }
    struct space space = spatial_space();
    struct error err = {0};
    ck_assert(!space_restrict(&space, "zs", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "there are ws, os, is, rs"));
}
END_TEST

START_TEST(row_stationary_lays_filter_rows_and_output_rows_on_the_axes)
{
    struct space space = spatial_space();
    struct error err = {0};
    ck_assert_msg(space_restrict(&space, "rs", &err), "%s", err.text);
    struct contraction c = convolution(1, 32, 16, 14, 3, 1);
    struct search_result result = found(&space, &c, SEARCH_CYCLES);
    const struct nest *nest = &result.best[0].nest;
    ck_assert_int_eq(nest->levels[2].factor[DIM_R], 3);
    ck_assert_int_gt(nest->levels[3].factor[DIM_P], 1);
    ck_assert_int_eq(nest->levels[4].factor[DIM_S], 3);
}
END_TEST

START_TEST(a_nest_that_does_not_fit_is_told_what_would)
{
    static const struct {
        const char *line, *sentence;
    } REFUSED[] = {
        {"dram:IWO[P16] ub:IO[P512 C16] array:WO[] rows{C256} cols{K512}",
         "axis 'cols' would need 512 instances of its 256, 256 too many; K 256 instead of 512"},
        {"dram:IWO[K2] ub:IO[C16] array:WO[P8192] rows{C256} cols{K256}",
         "level 'ub' would hold 35651584 bytes of its 25165824, 10485760 too many; P 2978 "
         "instead "
         "of 8192 at 'array' fits"},
        {"dram:IWO[P2 C16] ub:IO[K2] array:WO[P4097] rows{C256} cols{K256}",
         "would hold 4195328 bytes of the output in a store of 4194304, 1024 too many; P 4096 "
         "instead of 4097 at 'array' fits"},
        {"dram:IWO[P2 C16] ub:IO[K2] array:WO[P4096] rows{C256} cols{K256}",
         "partial sums would rest in 'ub', which takes finished outputs only"},
        {"dram:IWO[P8 K2] ub:IO[] array:WO[P1024 C16] rows{C256} cols{K256}",
         "level 'array' cannot loop over C; C 1 instead of 16 fits"},
        {"dram:IWO[P8 K2] ub:WO[C16] array:WO[P1024] rows{C256} cols{K256}",
         "level 'ub' cannot keep just these operands"},
        {"dram:IWO[P2 K2 C16] array:WO[P4096] rows{C256} cols{K256}",
         "level 2 is 'array', the core has the memory 'ub' there"},
    };
    const int64_t rows = 256;
    struct arena arena = {0};
    struct space space = systolic_space(&rows);
    struct contraction c = contraction_product(1, 8192, 4096, 512);
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
        struct nest nest;
        struct error err = {0};
        ck_assert_msg(nest_parse_line(REFUSED[i].line, &c, &arena, &nest, &err), "%s",
                      err.text);
        ck_assert(!space_fits(&space, &nest, &err));
        ck_assert_msg(strstr(err.text, REFUSED[i].sentence) != NULL, "'%s' lacks '%s'",
                      err.text, REFUSED[i].sentence);
    }
    arena_free(&arena);
}
END_TEST

START_TEST(a_core_too_small_for_any_tile_is_refused)
{
    struct space space = spatial_space();
    space.levels[1].capacity_bytes = 3;
    struct contraction c = contraction_product(1, 64, 64, 64);
    struct search_options options = {0};
    struct search_result result;
    struct error err = {0};
    ck_assert(!search_best(&space, &c, &options, &result, &err));
    ck_assert_msg(strstr(err.text, "level 'glb' is too small") != NULL, "%s", err.text);
}
END_TEST

START_TEST(an_operand_that_rests_on_chip_costs_no_main_memory)
{
    const int64_t rows = 256;
    struct space space = systolic_space(&rows);
    struct contraction c = contraction_product(1, 384, 768, 768);
    double before = found(&space, &c, SEARCH_CYCLES).best[0].estimate.port_cycles[0];
    space.home[OPERAND_INPUT] = space.home[OPERAND_OUTPUT] = 1;
    struct search_result after = found(&space, &c, SEARCH_CYCLES);
    ck_assert_double_eq(before, (384 * 768 * 2 + 768 * 768) / 48.0);
    ck_assert_double_eq(after.best[0].estimate.port_cycles[0], 768 * 768 / 48.0);
    ck_assert_uint_eq(after.best[0].estimate.resident_bytes, 0);
}
END_TEST

START_TEST(several_cores_are_the_outermost_axis)
{
    /* Four cores share a product of 1024 columns: each multiplies 1000 x 256 by 256 x 256, the
     * input reaches all of them once over the shared memory. */
    const int64_t rows = 256;
    struct space space = systolic_space(&rows);
    space.axes[2] = space.axes[1];
    space.axes[1] = space.axes[0];
    space.axes[0] = (struct space_axis){"cores", 1, 4, N | K | P, 0};
    space.axis_count = 3;
    for (int o = 0; o < OPERAND_COUNT; o++)
        space.levels[0].read_bytes_per_cycle[o] = 10000;
    space.levels[0].write_bytes_per_cycle = 10000;
    struct contraction c = contraction_product(1, 1000, 256, 1024);
    struct search_result result = found(&space, &c, SEARCH_CYCLES);
    const struct nest *nest = &result.best[0].nest;
    ck_assert_str_eq(nest->levels[1].name, "cores");
    ck_assert(result.is_complete);
    ck_assert_double_eq(result.best[0].estimate.compute_cycles, 1000);
    ck_assert_int_eq(nest->levels[1].factor[DIM_K], 4);
    ck_assert_uint_eq(nest_reads(nest, 2, OPERAND_INPUT), 1000 * 256);
    ck_assert_uint_eq(nest_fills(nest, 2, OPERAND_INPUT), 4 * 1000 * 256);
}
END_TEST

static bool takes_few_rows(const void *context, int level, const int64_t tile[DIM_COUNT])
{
    (void)context;
    return level != 2 || tile[DIM_P] * ((tile[DIM_K] + 255) / 256) <= 100;
}

START_TEST(a_core_may_refuse_tiles_for_reasons_of_its_own)
{
    const int64_t rows = 256;
    struct space space = systolic_space(&rows);
    space.accepts = takes_few_rows;
    struct contraction c = contraction_product(1, 1000, 256, 256);
    struct search_result result = found(&space, &c, SEARCH_CYCLES);
    int64_t tile[DIM_COUNT];
    nest_tile(&result.best[0].nest, 2, tile);
    ck_assert_int_le(tile[DIM_P], 100);
    ck_assert(result.is_complete);
}
END_TEST

START_TEST(a_tile_without_a_successor_needs_no_second_buffer)
{
    /* Room for the input (384 x 768) once and the output, not for the input twice. */
    const int64_t rows = 256;
    struct space space = systolic_space(&rows);
    space.levels[1].capacity_bytes = 384 * 768 * 2 + 100;
    struct contraction c = contraction_product(1, 384, 768, 768);
    struct search_result result = found(&space, &c, SEARCH_CYCLES);
    ck_assert_uint_eq(result.best[0].estimate.resident_bytes, 384 * 768 * 2);
    ck_assert_double_eq(result.best[0].estimate.port_cycles[0],
                        (384 * 768 * 2 + 768 * 768) / 48.0);
}
END_TEST

START_TEST(padded_tiles_move_whole)
{
    /* Weights of 300 x 10 in tiles of 256 x 256: two tiles, 131,072 bytes at 48 a cycle; input
     * 20 x 300 and output 20 x 10 besides. */
    const int64_t rows = 256;
    struct space space = systolic_space(&rows);
    space.padded = SPACE_WEIGHT;
    struct contraction c = contraction_product(1, 20, 300, 10);
    struct search_result result = found(&space, &c, SEARCH_CYCLES);
    ck_assert_double_eq_tol(result.best[0].estimate.port_cycles[0],
                            (131072 + 20 * 300 + 20 * 10) / 48.0, 1e-6);
}
END_TEST

START_TEST(the_pareto_set_trades_bytes_for_cycles_or_cost)
{
    struct space space = spatial_space();
    struct contraction c = convolution(1, 64, 64, 28, 3, 1);
    struct search_options options = {.objective = SEARCH_COST, .evaluations = 20000};
    struct search_candidate set[SEARCH_PARETO_MAX];
    struct error err = {0};
    int32_t count = search_pareto(&space, &c, &options, set, &err);
    ck_assert_int_gt(count, 2);
    for (int32_t i = 0; i < count; i++)
        for (int32_t k = 0; k < count; k++)
            ck_assert(i == k || set[i].estimate.cycles < set[k].estimate.cycles ||
                      set[i].estimate.cost < set[k].estimate.cost ||
                      set[i].estimate.resident_bytes < set[k].estimate.resident_bytes);
    ck_assert(set[count - 1].estimate.resident_bytes < set[0].estimate.resident_bytes / 2);
}
END_TEST

START_TEST(a_sparse_tile_gets_room_for_all_but_one_in_a_thousand)
{
    struct space space = spatial_space();
    struct contraction c = contraction_product(1, 10, 10, 10);
    space.density[OPERAND_WEIGHT] = 0.5;
    space.position_bytes[OPERAND_WEIGHT] = 1;
    /* Of 100 weights 50 are non-zero. In a tile of two, both may be; P(both) = 50/100 x 49/99,
     * far above 1/1000. In a tile of all 100 there are 50. Each takes 2 + 1 bytes. */
    ck_assert_uint_eq(space_bytes(&space, &c, 2, OPERAND_WEIGHT, 2), 6);
    ck_assert_uint_eq(space_bytes(&space, &c, 2, OPERAND_WEIGHT, 100), 150);
    /* Of 50 drawn, 25 are expected with a standard deviation of sqrt(50/4 x 50/99) = 2.51:
     * three of them above is 32.5. */
    uint64_t half = space_bytes(&space, &c, 2, OPERAND_WEIGHT, 50) / 3;
    ck_assert_uint_ge(half, 31);
    ck_assert_uint_le(half, 34);
}
END_TEST

Suite *search_suite(void);
Suite *search_suite(void)
{
    Suite *suite = suite_create("search");
    TCase *cases = tcase_create("search");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, branch_and_bound_equals_exhaustive_search, 0, 20);
    tcase_add_loop_test(cases, random_tilings_and_permutations_never_beat_the_search, 0, 5);
    tcase_add_loop_test(cases, resnet_is_searched_completely_on_a_systolic_array, 0,
                        (int)(sizeof LAYERS / sizeof LAYERS[0]));
    tcase_add_test(cases, a_product_of_four_tiles_takes_the_cycles_worked_by_hand);
    tcase_add_loop_test(cases, transformers_are_mapped_within_the_limit_and_its_gap_is_stated,
                        0, 36);
    tcase_add_loop_test(cases, more_room_or_bandwidth_never_makes_the_best_worse, 0, 5);
    tcase_add_loop_test(cases, a_search_cut_short_states_a_gap_that_covers_what_it_missed, 0,
                        5);
    tcase_add_test(cases, a_template_holds_its_operand_still);
    tcase_add_test(cases, row_stationary_lays_filter_rows_and_output_rows_on_the_axes);
    tcase_add_test(cases, a_nest_that_does_not_fit_is_told_what_would);
    tcase_add_test(cases, a_core_too_small_for_any_tile_is_refused);
    tcase_add_test(cases, an_operand_that_rests_on_chip_costs_no_main_memory);
    tcase_add_test(cases, several_cores_are_the_outermost_axis);
    tcase_add_test(cases, padded_tiles_move_whole);
    tcase_add_test(cases, a_core_may_refuse_tiles_for_reasons_of_its_own);
    tcase_add_test(cases, a_tile_without_a_successor_needs_no_second_buffer);
    tcase_add_test(cases, the_pareto_set_trades_bytes_for_cycles_or_cost);
    tcase_add_test(cases, a_sparse_tile_gets_room_for_all_but_one_in_a_thousand);
    suite_add_tcase(suite, cases);
    return suite;
}
