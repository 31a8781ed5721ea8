/* Does a loop nest say what it means: tiles, fills, lines that read back equal? Expected
 * numbers are worked by hand; validation/unit/test_interpret.c holds the closed forms to
 * counting. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "arch/mapping/model.h"

static struct nest parsed(const char *line, struct contraction c, struct arena *arena)
{
    struct nest nest;
    struct error err = {0};
    ck_assert_msg(nest_parse_line(line, &c, arena, &nest, &err), "%s", err.text);
    return nest;
}

/* 8 x 6 x 4 product in 4 x 3 x 4 tiles: A (8 x 6) is cut in 4 tiles of 12, B (6 x 4) in 2. */
START_TEST(the_tile_of_a_level_is_the_product_of_its_own_and_inner_factors)
{
    struct arena arena = {0};
    struct nest nest =
        parsed("dram:IWO[P2 C2] buf:IWO[P4 C3 K4]", contraction_product(1, 8, 6, 4), &arena);
    int64_t tile[DIM_COUNT];
    nest_tile(&nest, 0, tile);
    ck_assert_int_eq(tile[DIM_P], 8);
    nest_tile(&nest, 1, tile);
    ck_assert_int_eq(tile[DIM_C], 3);
    nest_tile(&nest, 2, tile);
    ck_assert_int_eq(tile[DIM_K], 1);
    arena_free(&arena);
}
END_TEST

START_TEST(an_operand_is_held_still_by_the_innermost_loops_it_does_not_depend_on)
{
    struct arena arena = {0};
    struct contraction c = contraction_product(1, 8, 6, 4);
    struct nest a = parsed("dram:IWO[P2 C2] buf:IWO[P4 C3 K4]", c, &arena);
    ck_assert_uint_eq(nest_fills(&a, 1, OPERAND_INPUT), 48);      /* every tile once */
    ck_assert_uint_eq(nest_fills(&a, 1, OPERAND_WEIGHT), 2 * 24); /* B again for each P */
    ck_assert_uint_eq(nest_fills(&a, 1, OPERAND_OUTPUT), 32);     /* C innermost: stays */
    ck_assert_uint_eq(nest_partial_refills(&a, 1), 0);
    struct nest b = parsed("dram:IWO[C2 P2] buf:IWO[P4 C3 K4]", c, &arena);
    ck_assert_uint_eq(nest_fills(&b, 1, OPERAND_WEIGHT), 24);
    ck_assert_uint_eq(nest_fills(&b, 1, OPERAND_OUTPUT), 64);
    ck_assert_uint_eq(nest_partial_refills(&b, 1), 32);
    arena_free(&arena);
}
END_TEST

START_TEST(neighbouring_windows_fetch_their_halo_again_and_never_the_padding)
{
    struct arena arena = {0};
    struct contraction c = contraction_product(1, 1, 1, 1);
    c.size[DIM_Q] = 6;
    c.size[DIM_S] = 3;
    c.pad[2] = 1;
    c.extent[2] = 6;
    struct nest nest = parsed("dram:IWO[Q2] buf:I[Q3 S3]", c, &arena);
    /* Outputs 0-2 read pixels -1..3, of which four exist; outputs 3-5 read 2..6, four exist. */
    ck_assert_uint_eq(nest_fills(&nest, 1, OPERAND_INPUT), 8);
    ck_assert_uint_eq(nest_fills(&nest, 1, OPERAND_WEIGHT), 0); /* bypassed */
    arena_free(&arena);
}
END_TEST

START_TEST(an_axis_hands_one_element_to_many)
{
    struct arena arena = {0};
    struct nest nest =
        parsed("dram:IWO[P4] rows{C6} cols{K4}", contraction_product(1, 4, 6, 4), &arena);
    ck_assert_uint_eq(nest_fills(&nest, 3, OPERAND_INPUT), 4 * 6 * 4);
    ck_assert_uint_eq(nest_reads(&nest, 3, OPERAND_INPUT), 4 * 6);
    ck_assert_uint_eq(nest_fills(&nest, 3, OPERAND_WEIGHT), 24); /* stays for all P */
    ck_assert_uint_eq(nest_reads(&nest, 3, OPERAND_OUTPUT), 16); /* summed along the rows */
    arena_free(&arena);
}
END_TEST

/* Pixels that the tile at (p0, r0) touches inside the tensor, one by one. */
static uint64_t pixels_counted(const struct contraction *c, int64_t tile_p, int64_t tile_r)
{
    uint64_t sum = 0;
    for (int64_t p0 = 0; p0 < c->size[DIM_Q]; p0 += tile_p)
        for (int64_t r0 = 0; r0 < c->size[DIM_S]; r0 += tile_r)
            for (int64_t pixel = 0; pixel < c->extent[2]; pixel++) {
                bool is_touched = false;
                for (int64_t p = p0; p < p0 + tile_p && p < c->size[DIM_Q]; p++)
                    for (int64_t r = r0; r < r0 + tile_r && r < c->size[DIM_S]; r++)
                        is_touched = is_touched ||
                                     p * c->stride[2] + r * c->dilation[2] == pixel + c->pad[2];
                sum += is_touched;
            }
    return sum;
}

START_TEST(pixels_of_all_tiles_are_summed_in_closed_form)
{
    uint64_t rng = (uint64_t)_i + 77;
    for (int k = 0; k < 200; k++) {
        struct contraction c = contraction_product(1, 1, 1, 1);
        int64_t values[6];
        static const int64_t LIMITS[] = {20, 6, 4, 4, 12, 40};
        for (int i = 0; i < 6; i++) {
            rng = rng * 6364136223846793005u + 1442695040888963407u;
            values[i] = 1 + (int64_t)((rng >> 33) % (uint64_t)LIMITS[i]);
        }
        c.size[DIM_Q] = values[0];
        c.size[DIM_S] = values[1];
        c.stride[2] = (int32_t)values[2];
        c.dilation[2] = (int32_t)values[3];
        c.pad[2] = (int32_t)values[4] - 1;
        c.extent[2] = values[5];
        int64_t tile_p = 1 + k % values[0], tile_r = 1 + k % values[1];
        ck_assert_uint_eq(axis_pixels(&c, 2, tile_p, tile_r),
                          pixels_counted(&c, tile_p, tile_r));
    }
    /* Padding without end costs no time. */
    struct contraction c = contraction_product(1, 1, 1, 1);
    c.size[DIM_Q] = INT64_C(1) << 40;
    c.size[DIM_S] = 3;
    c.pad[2] = 1 << 30;
    c.extent[2] = 5;
    ck_assert_uint_eq(axis_pixels(&c, 2, 1, 3), 15);
}
END_TEST

static void check_equal(const struct nest *a, const struct nest *b)
{
    ck_assert_int_eq(a->level_count, b->level_count);
    for (int i = 0; i < a->level_count; i++) {
        ck_assert_str_eq(a->levels[i].name, b->levels[i].name);
        ck_assert(a->levels[i].is_spatial == b->levels[i].is_spatial);
        ck_assert_uint_eq(a->levels[i].keep, b->levels[i].keep);
        ck_assert_mem_eq(a->levels[i].factor, b->levels[i].factor, sizeof a->levels[i].factor);
        ck_assert_mem_eq(a->levels[i].order, b->levels[i].order, sizeof a->levels[i].order);
    }
}

START_TEST(a_printed_line_reads_back_equal)
{
    struct arena arena = {0};
    uint64_t rng = (uint64_t)_i + 1;
    struct contraction c = contraction_product(1, 1, 1, 1);
    for (int k = 0; k < 200; k++) {
        struct nest nest = {.contraction = c, .level_count = 1 + k % 4};
        for (int i = 0; i < nest.level_count; i++) {
            struct nest_level *l = &nest.levels[i];
            *l = (struct nest_level){.name = i % 2 ? "x-1_b" : "dram"};
            rng = rng * 6364136223846793005u + 1442695040888963407u;
            l->is_spatial = i > 0 && (rng >> 60) % 3 == 0;
            l->keep = i == 0 ? 7 : l->is_spatial ? 0 : (uint8_t)(rng >> 40 & 7);
            for (int d = 0; d < DIM_COUNT; d++) {
                l->factor[d] = (rng >> (20 + d) & 1) ? 1 + (int64_t)(rng >> 45) % 300 : 1;
                l->order[d] = (uint8_t)d;
            }
            for (int d = DIM_COUNT - 1; d > 0 && !l->is_spatial && (rng >> 33 & 1); d--) {
                uint8_t swap = l->order[d], other = (uint8_t)((rng >> d) % (unsigned)(d + 1));
                l->order[d] = l->order[other];
                l->order[other] = swap;
            }
        }
        struct nest again = parsed(nest_print_line(&nest, &arena), c, &arena);
        check_equal(&nest, &again);
    }
    arena_free(&arena);
}
END_TEST

static const struct {
    const char *line, *sentence;
} MISTAKES[] = {
    {"dram:IWO[P2", "column 12"},
    {"dram:IWO[P2] rows{C6 | GN}", "no order on an axis"},
    {"dram:IWO[P1]", "a factor of 2"},
    {"dram:IWO[P2 P2]", "every dimension once"},
    {"dram:IWO[M4]", "G N K C Z P Q T R S"},
    {"dram[P4]", "operands kept"},
    {"DRAM:IWO[P4]", "lower case"},
    {"dram:IW[P4]", "must be a memory that keeps all"},
    {"dram:IWO[P4 K4]",
     "the factors of C cover 1 of its 6 values; raise its factor at 'dram' to 6"},
    {"dram:IWO[P4 C6 K4 | GNKCZPQTRG]", "must name every dimension once"},
    {"dram:IWO[P99999999999999999999]", "a factor of 2"},
    {"dram:IWO[P4611686018427387904 C6 K4] a:I[P4]", "beyond 2^63"},
    {"", "0 levels"},
};

START_TEST(a_mistake_in_a_line_gets_a_sentence_with_its_place)
{
    struct arena arena = {0};
    struct error err = {0};
    struct nest nest;
    struct contraction c = contraction_product(1, 4, 6, 4);
    ck_assert(!nest_parse_line(MISTAKES[_i].line, &c, &arena, &nest, &err));
    ck_assert_msg(strstr(err.text, MISTAKES[_i].sentence) != NULL, "'%s' lacks '%s'", err.text,
                  MISTAKES[_i].sentence);
    arena_free(&arena);
}
END_TEST

START_TEST(a_student_reads_loops_tiles_and_reuse)
{
    struct arena arena = {0};
    struct nest nest = parsed("dram:IWO[P2 C2] buf:IO[P4 C3] rows{K4}",
                              contraction_product(1, 8, 6, 4), &arena);
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    nest_print(&nest, out);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "for P in 2, 4 each"));
    ck_assert_ptr_nonnull(strstr(text, "parallel K in 4 along rows"));
    ck_assert_ptr_nonnull(strstr(text, "input  holds 12, receives 48, uses each 4 times"));
    ck_assert_ptr_nonnull(strstr(text, "output += input * weight"));
    free(text);
    arena_free(&arena);
}
END_TEST

Suite *nest_suite(void);
Suite *nest_suite(void)
{
    Suite *suite = suite_create("nest");
    TCase *cases = tcase_create("nest");
    tcase_add_test(cases, the_tile_of_a_level_is_the_product_of_its_own_and_inner_factors);
    tcase_add_test(cases,
                   an_operand_is_held_still_by_the_innermost_loops_it_does_not_depend_on);
    tcase_add_test(cases, neighbouring_windows_fetch_their_halo_again_and_never_the_padding);
    tcase_add_test(cases, an_axis_hands_one_element_to_many);
    tcase_add_loop_test(cases, pixels_of_all_tiles_are_summed_in_closed_form, 0, 5);
    tcase_add_loop_test(cases, a_printed_line_reads_back_equal, 0, 5);
    tcase_add_loop_test(cases, a_mistake_in_a_line_gets_a_sentence_with_its_place, 0,
                        (int)(sizeof MISTAKES / sizeof MISTAKES[0]));
    tcase_add_test(cases, a_student_reads_loops_tiles_and_reuse);
    suite_add_tcase(suite, cases);
    return suite;
}
