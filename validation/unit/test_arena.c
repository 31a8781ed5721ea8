/* Arena, errors and exact ratios: what everything else stands on. */
#include <check.h>
#include <setjmp.h>
#include <string.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"
#include "sim/kernel/random.h"
#include "sim/kernel/ratio.h"

START_TEST(memory_is_zeroed_aligned_and_apart)
{
    struct arena arena = {0};
    struct random random = random_make((uint64_t)_i, "arena");
    unsigned char *blocks[200];
    size_t sizes[200];
    for (int i = 0; i < 200; i++) {
        sizes[i] = (size_t)random_below(&random, i % 20 ? 300 : 200000);
        blocks[i] = arena_alloc(&arena, sizes[i]);
        ck_assert_uint_eq((uintptr_t)blocks[i] % 16, 0);
        for (size_t j = 0; j < sizes[i]; j++)
            if (blocks[i][j])
                ck_abort_msg("a byte of block %d is not zero", i);
        memset(blocks[i], i + 1, sizes[i]);
    }
    for (int i = 0; i < 200; i++)
        for (size_t j = 0; j < sizes[i]; j++)
            if (blocks[i][j] != (unsigned char)(i + 1))
                ck_abort_msg("block %d was written by another", i);
    arena_free(&arena);
    ck_assert_uint_eq(arena.bytes_used, 0);
}
END_TEST

START_TEST(release_gives_back_what_came_after_the_mark)
{
    struct arena arena = {0};
    char *kept = arena_copy_text(&arena, "kept");
    for (int round = 0; round < 1000; round++) {
        struct arena_mark mark = arena_mark(&arena);
        memset(arena_alloc(&arena, 100000), 0xff, 100000);
        arena_alloc(&arena, 10);
        arena_release(&arena, mark);
    }
    ck_assert_uint_eq(arena.bytes_used, 5);
    ck_assert_str_eq(kept, "kept");
    char *next = arena_alloc(&arena, 64);
    for (int i = 0; i < 64; i++)
        ck_assert_int_eq(next[i], 0);
    arena_free(&arena);
}
END_TEST

START_TEST(growing_keeps_the_elements)
{
    struct arena arena = {0};
    int *numbers = arena_grow(&arena, NULL, 0, 2, sizeof *numbers);
    numbers[0] = 7, numbers[1] = 8;
    numbers = arena_grow(&arena, numbers, 2, 100, sizeof *numbers);
    ck_assert_int_eq(numbers[1], 8);
    ck_assert_int_eq(numbers[99], 0);
    ck_assert_str_eq(arena_format(&arena, "%s-%d", "core", 3), "core-3");
    arena_free(&arena);
}
END_TEST

static void leave(void *context)
{
    longjmp(*(jmp_buf *)context, 1);
}

START_TEST(too_much_memory_is_told_to_the_owner)
{
    jmp_buf back;
    struct arena arena = {.out_of_memory = leave, .context = &back};
    if (setjmp(back) == 0) {
        arena_array(&arena, SIZE_MAX / 4, 16);
        ck_abort_msg("an impossible size was granted");
    }
    arena_free(&arena);
}
END_TEST

START_TEST(the_first_error_wins)
{
    struct error err = {0};
    ck_assert(!error_set(&err, "line %d", 3));
    ck_assert(!error_set(&err, "line %d", 4));
    ck_assert_str_eq(err.text, "line 3");
    ck_assert(!error_set(NULL, "nobody listens"));
}
END_TEST

START_TEST(ratios_are_in_lowest_terms_and_exact)
{
    struct ratio result = {9, 9};
    ck_assert_uint_eq(ratio_make(1600, 1000).num, 8);
    ck_assert_uint_eq(ratio_make(1600, 1000).den, 5);
    ck_assert_uint_eq(ratio_make(0, 7).den, 1);
    ck_assert(
        ratio_multiply((struct ratio){INT64_MAX, 3}, (struct ratio){3, INT64_MAX}, &result));
    ck_assert_uint_eq(result.num, 1);
    ck_assert_uint_eq(result.den, 1);
    ck_assert(!ratio_multiply((struct ratio){INT64_MAX, 2}, (struct ratio){3, 1}, &result));
    ck_assert_uint_eq(result.num, 1);
    ck_assert_uint_eq(ratio_invert((struct ratio){3, 4}).num, 4);
    ck_assert_uint_eq(ratio_times_up((struct ratio){63, 100}, 10), 7);
    ck_assert_uint_eq(ratio_times_down((struct ratio){63, 100}, 10), 6);
    ck_assert_uint_eq(ratio_times_up((struct ratio){63, 100}, 100), 63);
    ck_assert_uint_eq(ratio_times_down((struct ratio){UINT64_C(1) << 62, 1}, 3),
                      3 * (UINT64_C(1) << 62));
    ck_assert_double_eq(ratio_value((struct ratio){1, 4}), 0.25);
    ck_assert_uint_eq(greatest_common_divisor(0, 5), 5);
    ck_assert_uint_eq(greatest_common_divisor(462, 1071), 21);
}
END_TEST

Suite *arena_suite(void)
{
    Suite *suite = suite_create("arena");
    TCase *tests = tcase_create("foundations");
    tcase_add_loop_test(tests, memory_is_zeroed_aligned_and_apart, 0, 5);
    tcase_add_test(tests, release_gives_back_what_came_after_the_mark);
    tcase_add_test(tests, growing_keeps_the_elements);
    tcase_add_test(tests, too_much_memory_is_told_to_the_owner);
    tcase_add_test(tests, the_first_error_wins);
    tcase_add_test(tests, ratios_are_in_lowest_terms_and_exact);
    suite_add_tcase(suite, tests);
    return suite;
}
