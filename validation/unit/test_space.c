/* Does the mapper take a core as it is stated: templates, cores, residency, padding, refusals?
 */
#include <check.h>
#include <string.h>

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
    struct contraction c = square_convolution(1, 32, 16, 14, 3, 1);
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
    space.axes[0] =
        (struct space_axis){"cores", 1, 4, 1u << DIM_N | 1u << DIM_K | 1u << DIM_P, 0};
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
    struct arena arena = {0};
    struct error err = {0};
    struct nest nest;
    struct estimate estimate;
    ck_assert(nest_parse_line("dram:IWO[] ub:IO[K3 C3] array:WO[P384] rows{C256} cols{K256}",
                              &c, &arena, &nest, &err));
    ck_assert_msg(space_fits(&space, &nest, &err), "%s", err.text);
    space_estimate(&space, &nest, &estimate);
    ck_assert_uint_eq(estimate.resident_bytes, 384 * 768 * 2);
    arena_free(&arena);
    struct search_result result = found(&space, &c, SEARCH_CYCLES);
    ck_assert_double_eq(result.best[0].estimate.port_cycles[0],
                        (384 * 768 * 2 + 768 * 768) / 48.0);
}
END_TEST

/* A block of m x k by k x n on a 16 x 16 array, fold by fold: weights shift in behind the
 * stream before unless that is short; fill and drain once a fold. */
static uint64_t block_cycles(const void *context, const int64_t tile[DIM_COUNT], bool is_still)
{
    (void)context;
    (void)is_still;
    int64_t folds = ((tile[DIM_C] - 1) / 16 + 1) * ((tile[DIM_K] - 1) / 16 + 1);
    int64_t stream = tile[DIM_P] > 16 ? tile[DIM_P] : 16;
    return (uint64_t)(tile[DIM_G] * folds * (stream + 30));
}

START_TEST(a_product_is_cut_in_two_levels_with_time_from_whole_blocks)
{
    /* How a family that plans products uses the mapper: main memory and a scratchpad, the axes
     * inside the scratchpad so that blocks are cut in whole folds, time in closed form for a
     * block; output tiles stay put while k is walked. */
    struct space s = {
        .level_count = 2, .axis_count = 2, .cycles = block_cycles, .cycles_level = 1};
    s.levels[0] = (struct space_level){.name = "memory",
                                       .read_bytes_per_cycle = {16, 16, 16},
                                       .write_bytes_per_cycle = 16,
                                       .port_shared = SPACE_ALL};
    s.levels[1] = (struct space_level){.name = "scratch",
                                       .capacity_bytes = 64 << 10,
                                       .partition_bytes = {0, 0, 1024 * 16 * 4},
                                       .double_buffered = SPACE_INPUT | SPACE_WEIGHT,
                                       .holds_partials = true,
                                       .keep_masks = SPACE_KEEP(SPACE_ALL)};
    s.axes[0] = (struct space_axis){"rows", 2, 16, 1 << DIM_C, 0};
    s.axes[1] = (struct space_axis){"cols", 2, 16, 1 << DIM_K, 0};
    s.element_bytes[OPERAND_INPUT] = s.element_bytes[OPERAND_WEIGHT] = 1;
    s.element_bytes[OPERAND_OUTPUT] = 1;
    s.partial_bytes = 4;
    space_default_costs(&s);
    struct contraction c = contraction_product(1, 512, 512, 512);
    struct search_result result = found(&s, &c, SEARCH_CYCLES);
    ck_assert(result.is_complete);
    const struct nest *nest = &result.best[0].nest;
    int64_t tile[DIM_COUNT]; /* m, k, n of a block, and the order of the loops over blocks */
    nest_tile(nest, 1, tile);
    ck_assert_int_le(tile[DIM_P] * tile[DIM_K], 1024 * 16);
    ck_assert_int_eq(tile[DIM_C] % 16, 0);
    ck_assert_uint_eq(nest_partial_refills(nest, 1), 0);
    /* 32 x 32 folds of 512 rows each, in streams of as many rows as the accumulators take:
     * at least 1024 x (512 + 30) cycles, and nothing but longer streams comes nearer. */
    ck_assert_double_eq(result.best[0].estimate.compute_cycles,
                        1024.0 * (512 / (double)tile[DIM_P]) * ((double)tile[DIM_P] + 30));
    ck_assert_int_eq(tile[DIM_P], 512);
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

START_TEST(a_sparse_operand_is_given_larger_tiles)
{
    struct space space = spatial_space();
    struct contraction c = contraction_product(1, 256, 512, 256);
    struct search_result dense = found(&space, &c, SEARCH_COST);
    space.density[OPERAND_INPUT] = 0.1;
    space.position_bytes[OPERAND_INPUT] = 1;
    struct search_result sparse = found(&space, &c, SEARCH_COST);
    int64_t before[DIM_COUNT], after[DIM_COUNT];
    nest_tile(&dense.best[0].nest, 1, before);
    nest_tile(&sparse.best[0].nest, 1, after);
    ck_assert_double_lt(sparse.best[0].estimate.cost, dense.best[0].estimate.cost);
    ck_assert_int_gt(after[DIM_P] * after[DIM_C], before[DIM_P] * before[DIM_C]);
}
END_TEST

Suite *space_suite(void);
Suite *space_suite(void)
{
    Suite *suite = suite_create("space");
    TCase *cases = tcase_create("space");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, a_template_holds_its_operand_still);
    tcase_add_test(cases, row_stationary_lays_filter_rows_and_output_rows_on_the_axes);
    tcase_add_test(cases, a_nest_that_does_not_fit_is_told_what_would);
    tcase_add_test(cases, a_core_too_small_for_any_tile_is_refused);
    tcase_add_test(cases, an_operand_that_rests_on_chip_costs_no_main_memory);
    tcase_add_test(cases, several_cores_are_the_outermost_axis);
    tcase_add_test(cases, a_product_is_cut_in_two_levels_with_time_from_whole_blocks);
    tcase_add_test(cases, padded_tiles_move_whole);
    tcase_add_test(cases, a_core_may_refuse_tiles_for_reasons_of_its_own);
    tcase_add_test(cases, a_tile_without_a_successor_needs_no_second_buffer);
    tcase_add_test(cases, a_sparse_tile_gets_room_for_all_but_one_in_a_thousand);
    tcase_add_test(cases, a_sparse_operand_is_given_larger_tiles);
    suite_add_tcase(suite, cases);
    return suite;
}
