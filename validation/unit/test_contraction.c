/* Closed forms of contractions against counting one by one. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/contraction.h"

static uint32_t random_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static int32_t between(uint32_t *state, int32_t low, int32_t high)
{
    return low + (int32_t)(random_next(state) % (uint32_t)(high - low + 1));
}

static struct contraction random_contraction(uint32_t *state)
{
    struct contraction c = {0};
    for (int d = 0; d < DIM_COUNT; d++)
        c.size[d] = d < DIM_Z ? between(state, 1, 3) : between(state, 1, 7);
    for (int i = 0; i < 3; i++) {
        c.stride[i] = between(state, 1, 6);
        c.dilation[i] = between(state, 1, 6);
        c.pad[i] = between(state, 0, 9);
        c.extent[i] = between(state, 1, 40);
    }
    c.is_weight_shared = random_next(state) % 4 == 0;
    c.is_input_shared = random_next(state) % 4 == 0;
    return c;
}

/* Marks every position along one axis and counts the marks inside [low, high). */
static int64_t touched(int64_t outputs, int64_t taps, int64_t stride, int64_t dilation,
                       int64_t low, int64_t high)
{
    char seen[512] = {0};
    for (int64_t p = 0; p < outputs; p++)
        for (int64_t r = 0; r < taps; r++)
            seen[p * stride + r * dilation] = 1;
    int64_t count = 0;
    for (int64_t x = 0; x < 512; x++)
        count += seen[x] && x >= low && x < high;
    return count;
}

START_TEST(elements_equal_brute_force)
{
    uint32_t seed = (uint32_t)_i * 7919u + 17u, state = seed;
    struct contraction c = random_contraction(&state);
    uint64_t input = (uint64_t)(c.size[DIM_N] * c.size[DIM_C]);
    input *= c.is_input_shared ? 1 : (uint64_t)c.size[DIM_G];
    uint64_t tile_input = input;
    for (int i = 0; i < 3; i++) {
        int64_t outputs = c.size[DIM_Z + i], taps = c.size[DIM_T + i];
        input *= (uint64_t)touched(outputs, taps, c.stride[i], c.dilation[i], c.pad[i],
                                   c.pad[i] + c.extent[i]);
        int64_t free = touched(outputs, taps, c.stride[i], c.dilation[i], 0, 512);
        tile_input *= (uint64_t)(free < c.extent[i] ? free : c.extent[i]);
    }
    ck_assert_msg(contraction_elements(&c, OPERAND_INPUT) == input, "seed %u", seed);
    ck_assert_msg(contraction_tile_elements(&c, OPERAND_INPUT, c.size) == tile_input, "seed %u",
                  seed);
}
END_TEST

START_TEST(operands_depend_on_the_dimensions_they_say)
{
    uint32_t seed = (uint32_t)_i * 104729u + 5u, state = seed;
    struct contraction c = random_contraction(&state);
    for (int operand = 0; operand < OPERAND_COUNT; operand++)
        for (int d = 0; d < DIM_Z; d++) {
            struct contraction twice = c;
            twice.size[d] *= 2;
            uint64_t factor = contraction_relevant(&c, operand) >> d & 1 ? 2 : 1;
            ck_assert_msg(contraction_elements(&twice, operand) ==
                              factor * contraction_elements(&c, operand),
                          "seed %u operand %d dim %d", seed, operand, d);
        }
}
END_TEST

START_TEST(macs_equal_the_product_after_im2col)
{
    uint32_t seed = (uint32_t)_i * 31337u + 3u, state = seed;
    struct contraction c = random_contraction(&state);
    int64_t m, k, n;
    contraction_as_product(&c, &m, &k, &n);
    ck_assert_msg(contraction_macs(&c) == (uint64_t)(m * k * n * c.size[DIM_G]), "seed %u",
                  seed);
}
END_TEST

START_TEST(a_product_has_the_sizes_of_its_matrices)
{
    struct contraction c = contraction_product(3, 5, 7, 11);
    ck_assert_uint_eq(contraction_elements(&c, OPERAND_INPUT), 3 * 5 * 7);
    ck_assert_uint_eq(contraction_elements(&c, OPERAND_WEIGHT), 3 * 7 * 11);
    ck_assert_uint_eq(contraction_elements(&c, OPERAND_OUTPUT), 3 * 5 * 11);
    ck_assert_uint_eq(contraction_macs(&c), 3 * 5 * 7 * 11);
}
END_TEST

/* Sizes a brute force could not visit, whose answer is known by reasoning: stride above the
 * filter touches every window apart; stride 1 touches a run. */
START_TEST(huge_axes_are_counted_at_once)
{
    struct contraction c = contraction_product(1, 1, 1, 1);
    c.size[DIM_P] = 1000000000;
    c.size[DIM_R] = 3;
    c.stride[1] = 5;
    c.extent[1] = 5000000000;
    ck_assert_uint_eq(contraction_elements(&c, OPERAND_INPUT), 3000000000u);
    c.stride[1] = 1;
    c.size[DIM_R] = 900000000;
    c.pad[1] = 450000000;
    c.extent[1] = 1000000000;
    ck_assert_uint_eq(contraction_elements(&c, OPERAND_INPUT), 1000000000u);
}
END_TEST

Suite *contraction_suite(void)
{
    Suite *suite = suite_create("contraction");
    TCase *laws = tcase_create("laws");
    tcase_add_loop_test(laws, elements_equal_brute_force, 0, 400);
    tcase_add_loop_test(laws, operands_depend_on_the_dimensions_they_say, 0, 50);
    tcase_add_loop_test(laws, macs_equal_the_product_after_im2col, 0, 50);
    tcase_add_test(laws, a_product_has_the_sizes_of_its_matrices);
    tcase_add_test(laws, huge_axes_are_counted_at_once);
    suite_add_tcase(suite, laws);
    return suite;
}
