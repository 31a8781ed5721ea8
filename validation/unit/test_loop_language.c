/* Does the loop language mean what its page says, refuse what it should with a place, and stand
 * any text whatever? */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "random_loop.h"
#include "traces/loop_value.h"

static bool parse(struct arena *arena, const char *text, struct loop_kernel *kernel,
                  struct error *err)
{
    return loop_parse(arena, "k.loop", text, NULL, kernel, err);
}

/* Value of scalar `r` after the kernel ran. */
static struct loop_number run(const char *text)
{
    struct arena arena = {0};
    struct loop_kernel kernel;
    struct loop_values values;
    struct error err = {0};
    struct loop_number result = {0, 0};
    ck_assert_msg(parse(&arena, text, &kernel, &err), "%s", err.text);
    ck_assert_msg(loop_values_init(&values, &kernel, true, &arena, &err), "%s", err.text);
    ck_assert_msg(loop_values_run(&values), "%s", err.text);
    for (const struct loop_symbol *s = kernel.symbols; s; s = s->next)
        if (strcmp(s->name, "r") == 0)
            result = values.scalars[s->id];
    arena_free(&arena);
    return result;
}

static const struct {
    const char *text;
    int64_t integer;
} MEANINGS[] = {
    {"kernel k size N = 10 scalar r : i32 for i in 0 .. N by 3 { r += i }", 0 + 3 + 6 + 9},
    {"kernel k array x[8] : i16 = ramp 1 by 2 scalar r : i32 for i in 0 .. 8 { r += x[i] * "
     "x[i] }",
     1 + 9 + 25 + 49 + 81 + 121 + 169 + 225},
    {"kernel k scalar r : i32 a : i8 = 100 r = a + a", -56},
    {"kernel k scalar r : i32 a : i16 = 300 b : i16 = 300 r = a * b", 90000},
    {"kernel k scalar r : i32 r = 2 + 3 * 4 - 7 % 4 << 1", 22},
    {"kernel k scalar r : i32 a : i32 = -9 r = a < 0 ? -a : a", 9},
    {"kernel k scalar r : i32 a : i32 = 100000 r = i32(sat_i16(a))", 32767},
    {"kernel k scalar r : i32 a : i32 = 255 r = norm(a) * 100 + clz(a)", 2324},
    {"kernel k scalar r : i32 r = i32(bswap(i16(258)))", 513},
    {"kernel k scalar r : i32 if 3 > 4 { r = 1 } else if 2 >= 2 { r = 2 } else { r = 3 }", 2},
    {"kernel k array row[4] : i32 = {0, 2, 2, 5} scalar r : i32\n"
     "for i in 0 .. 3 { for j in row[i] .. row[i + 1] { r += j } }",
     0 + 1 + 2 + 3 + 4},
    {"kernel k scalar r : i32 = 40 while r > 30 { r = r - 3 }", 28},
    {"kernel k scalar r : i32 r = max(min(7, 9), 3) + abs(-4)", 11},
    {"kernel k array x[2][3] : i32 = ramp 0 by 1 scalar r : i32 r = x[1][2]", 5},
    {"kernel k scalar r : i32 a : i32 = 6 r = (a & 2) && (a & 4)", 1},
    {"kernel k scalar r : i32 a : i32 = 6 r = !a || a == 7", 0},
    {"kernel k array x[4] : i32 = ramp 1 by 1 scalar r : i32\n"
     "for i in 0 .. 4 { r += i < 3 ? x[i + 1] : 100 if i > 0 && x[i - 1] > 2 { r /= 2 } }",
     54},
};

START_TEST(kernels_run_as_the_page_says)
{
    ck_assert_int_eq(run(MEANINGS[_i].text).integer, MEANINGS[_i].integer);
}
END_TEST

/* Every mistake names its line and says what was wanted. */
static const struct {
    const char *text, *part;
} MISTAKES[] = {
    {"", "k.loop:1: got 'end of file', wanted 'kernel'"},
    {"kernel k", "kernel 'k' has no statement"},
    {"kernel k\narray x[0] : i16\n", "k.loop:2: an array's extent is 0, must be 1 to"},
    {"kernel k\narray x[4] : int\n", "k.loop:2: got 'int', wanted a type"},
    {"kernel k\nscalar r : i32\n\nr = y\n", "k.loop:4: 'y' is neither declared nor a function"},
    {"kernel k\nscalar r : i32\nr = (1 + 2\n", "wanted ')'"},
    {"kernel k\narray x[4] : i16\nfor i in 0 .. 4 {\n i = 3\n}", "k.loop:4: loop index 'i'"},
    {"kernel k\nscalar r : i32\nscalar r : i16\n",
     "k.loop:3: 'r' is declared already, in line 2"},
    {"kernel k\nscalar r : i32\nfor i in 0 .. 4 unrol 2 { r += i }",
     "k.loop:3: got 'unrol', wanted"},
    {"kernel k\narray x[4] : f32\nscalar r : f32\nr = x[1.5]\n", "subscript of 'x' is a float"},
    {"kernel k\nscalar r : i32\nr = 1 $ 2\n", "k.loop:3: character 36 '$' is not part"},
    {"kernel k\nsize N = 1 / 0\n", "division by zero"},
    {"kernel k\narray x[4] : i16 aligned 3\n", "must be a power of two"},
    {"kernel k\nscalar r : f32\nr = r << 2\n", "'<<' of floats has no meaning"},
    {"kernel k\narray x[10] : i16\nfor i in 0 .. 16 { x[i] = 0 }",
     "k.loop:3: subscript of 'x' becomes 15, must be 0 to 9"},
    {"kernel k\narray x[4][8] : i16\nfor i in 0 .. 4 {\n for j in i .. 8 by 2 { x[j - i - "
     "1][j] = "
     "0 } }",
     "k.loop:4: subscript of 'x' becomes -1, must be 0 to 3"},
    {"kernel k\nsize N = 12\narray x[N] : i16\nfor i in 0 .. N - 3 multiple 4 { x[i] = 0 }",
     "k.loop:4: the loop runs 9 times, which is not the multiple of 4 that is promised"},
};

START_TEST(mistakes_are_told_with_their_place)
{
    struct arena arena = {0};
    struct loop_kernel kernel;
    struct error err = {0};
    ck_assert(!parse(&arena, MISTAKES[_i].text, &kernel, &err));
    ck_assert_msg(strstr(err.text, MISTAKES[_i].part) != NULL, "got: %s", err.text);
    arena_free(&arena);
}
END_TEST

/* What looks wrong but never happens. */
static const char *const LEGAL[] = {
    "kernel k array x[8] : i16 for i in 0 .. 8 { if i < 7 { x[i + 1] = x[i] } }",
    "kernel k array x[8] : i16 for i in 0 .. 8 { if i == 0 { x[i] = 1 } else { x[i - 1] = 2 } "
    "}",
    "kernel k array x[8] : i16 for i in 0 .. 9 { for j in 0 .. 8 - i { x[7 - i - j] = 1 } }",
    "kernel k array x[8] : i16 for i in 0 .. 9 { for j in 0 .. 4 - i { x[4 - i] = 1 } }",
    "kernel k array x[8] : i16 for i in 9 .. 3 { x[i] = 1 }",
    "kernel k array x[8] : i16 scalar r : i32 for i in 0 .. 9 { r += i < 8 ? x[i] : 0 }",
    "kernel k array x[8] : i16 scalar n : i32 = 3 for i in 0 .. n { x[i] = 1 }",
};

START_TEST(subscripts_that_stay_inside_are_not_refused)
{
    struct arena arena = {0};
    struct loop_kernel kernel;
    struct error err = {0};
    ck_assert_msg(parse(&arena, LEGAL[_i], &kernel, &err), "%s", err.text);
    arena_free(&arena);
}
END_TEST

START_TEST(sizes_can_be_set_from_outside)
{
    struct arena arena = {0};
    struct loop_kernel kernel;
    struct error err = {0};
    const char *text =
        "kernel k size N = 4 size M = 2 * N array x[M] : i8 scalar r : i32 r = M";
    const char *sizes[] = {"N=100", NULL}, *unknown[] = {"Q=1", NULL};
    ck_assert(loop_parse(&arena, "k.loop", text, sizes, &kernel, &err));
    ck_assert_int_eq(kernel.symbols->next->value, 200);
    ck_assert(!loop_parse(&arena, "k.loop", text, unknown, &kernel, &err));
    ck_assert_str_eq(err.text, "k.loop: 'Q=1' sets no size of kernel 'k'");
    arena_free(&arena);
}
END_TEST

START_TEST(subscripts_outside_an_array_are_refused_when_run)
{
    struct arena arena = {0};
    struct loop_kernel kernel;
    struct loop_values values;
    struct error err = {0};
    ck_assert(parse(&arena, "kernel k array x[4] : i32 scalar r : i32 = 4\nr = x[r]\n", &kernel,
                    &err));
    ck_assert(loop_values_init(&values, &kernel, true, &arena, &err));
    ck_assert(!loop_values_run(&values));
    ck_assert_str_eq(err.text, "k.loop:2: subscript of 'x' is 4, must be 0 to 3");
    arena_free(&arena);
}
END_TEST

START_TEST(any_mutation_is_accepted_or_refused_in_a_sentence)
{
    static const char SPLICES[][12] = {
        "for ",       "{",  "}",    "[",   "]",     "(",     ")",     "..", "unroll ",
        "9999999999", "-",  "x",    "if ", "else ", ":",     "i16",   "\n", "0x",
        "1e",         "\"", "\x80", "=",   "?",     "size ", "while "};
    const char *seed_text =
        "kernel k size N = 8 array x[N][4] : i16 aligned 8 = random 0 .. 3\n"
        "scalar r : i32 = 1 for i in 0 .. N unroll 2 avoid A, B {\n"
        " t : i32 = x[i][1] * 3 if t > 2 { r += t } else { r -= 1 }\n"
        " for j in 0 .. 4 { x[i][j] = i16(r >> 2) } }\n";
    for (int k = 0; k < 400; k++) {
        struct arena arena = {0};
        struct loop_kernel kernel;
        struct error err = {0};
        char text[2048];
        uint64_t state = (uint64_t)_i * 1000 + (uint64_t)k;
        size_t length = strlen(seed_text);
        memcpy(text, seed_text, length + 1);
        random_next(&state);
        for (int edits = 1 + (int)(random_next(&state) % 4); edits > 0; edits--) {
            const char *splice =
                SPLICES[random_next(&state) % (sizeof SPLICES / sizeof SPLICES[0])];
            size_t at = random_next(&state) % length, cut = random_next(&state) % 6;
            cut = at + cut > length ? length - at : cut;
            size_t add = strlen(splice);
            memmove(text + at + add, text + at + cut, length - at - cut + 1);
            memcpy(text + at, splice, add);
            length = length + add - cut;
        }
        bool is_parsed = parse(&arena, text, &kernel, &err);
        ck_assert_msg(is_parsed == !err.is_set, "seed %llu", (unsigned long long)state);
        ck_assert(is_parsed || strstr(err.text, "k.loop") || strstr(err.text, "size "));
        arena_free(&arena);
    }
}
END_TEST

Suite *loop_language_suite(void)
{
    Suite *suite = suite_create("loop_language");
    TCase *cases = tcase_create("language");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, kernels_run_as_the_page_says, 0,
                        (int)(sizeof MEANINGS / sizeof MEANINGS[0]));
    tcase_add_loop_test(cases, mistakes_are_told_with_their_place, 0,
                        (int)(sizeof MISTAKES / sizeof MISTAKES[0]));
    tcase_add_loop_test(cases, subscripts_that_stay_inside_are_not_refused, 0,
                        (int)(sizeof LEGAL / sizeof LEGAL[0]));
    tcase_add_test(cases, sizes_can_be_set_from_outside);
    tcase_add_test(cases, subscripts_outside_an_array_are_refused_when_run);
    tcase_add_loop_test(cases, any_mutation_is_accepted_or_refused_in_a_sentence, 0, 10);
    suite_add_tcase(suite, cases);
    return suite;
}
