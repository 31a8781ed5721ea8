/* Do doubles become the text that reads back equal, and whole numbers digits alone? */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/number.h"

static const struct written {
    double value;
    const char *text;
} SHORTEST[] = {
    {0, "0"},
    {50, "50"},
    {1e6, "1000000"},
    {-1e14, "-100000000000000"},
    {999999999999999, "999999999999999"},
    {1e15, "1e+15"},
    {1234567890123456, "1234567890123456"}, /* no longer than with an exponent */
    {1152921504606846976, "1152921504606846976"},
    {1e21, "1e+21"},
    {0.1, "0.1"},
    {0.30000000000000004, "0.30000000000000004"}, /* 0.1 + 0.2 */
    {1234567.5, "1234567.5"},
    {0.00025, "0.00025"},
    {1e-5, "1e-05"},
    {-2.5e-9, "-2.5e-09"},
    {5e-324, "5e-324"}, /* the smallest of all: one digit is enough */
    {1.7976931348623157e308, "1.7976931348623157e+308"},
};

START_TEST(a_number_has_its_shortest_form)
{
    char text[NUMBER_TEXT_BYTES];
    ck_assert_str_eq(number_text(SHORTEST[_i].value, text), SHORTEST[_i].text);
}
END_TEST

START_TEST(what_is_no_number_is_an_empty_text)
{
    char text[NUMBER_TEXT_BYTES];
    ck_assert_str_eq(number_text(NAN, text), "");
    ck_assert_str_eq(number_text(INFINITY, text), "");
    ck_assert_str_eq(number_text(-INFINITY, text), "");
}
END_TEST

static double any_double(uint64_t *state)
{
    double value;
    do {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        uint64_t bits = *state ^ *state >> 29;
        memcpy(&value, &bits, sizeof value);
    } while (!isfinite(value));
    return value;
}

START_TEST(every_number_reads_back_equal)
{
    uint64_t state = (uint64_t)_i + 7100;
    for (int i = 0; i < 200; i++) {
        char text[NUMBER_TEXT_BYTES];
        double value = any_double(&state), whole = floor(fmod(value, 1e15));
        ck_assert_msg(strtod(number_text(value, text), NULL) == value, "seed %d: %s", _i + 7100,
                      text);
        ck_assert_msg(strtod(number_text(whole, text), NULL) == whole && !strpbrk(text, "e."),
                      "seed %d: %s", _i + 7100, text);
    }
}
END_TEST

START_TEST(rounding_keeps_the_whole_part)
{
    char text[NUMBER_TEXT_BYTES];
    ck_assert_str_eq(number_rounded(12345.6, 4, text), "12346");
    ck_assert_str_eq(number_rounded(20000, 4, text), "20000");
    ck_assert_str_eq(number_rounded(9999.7, 4, text), "10000");
    ck_assert_str_eq(number_rounded(-9999.7, 4, text), "-10000");
    ck_assert_str_eq(number_rounded(1.23456, 4, text), "1.235");
    ck_assert_str_eq(number_rounded(0.0000123456, 4, text), "1.235e-05");
    ck_assert_str_eq(number_rounded(2e15, 4, text), "2e+15");
}
END_TEST

Suite *number_suite(void)
{
    Suite *suite = suite_create("number");
    TCase *cases = tcase_create("number");
    tcase_add_loop_test(cases, a_number_has_its_shortest_form, 0,
                        (int)(sizeof SHORTEST / sizeof SHORTEST[0]));
    tcase_add_test(cases, what_is_no_number_is_an_empty_text);
    tcase_add_loop_test(cases, every_number_reads_back_equal, 0, 20);
    tcase_add_test(cases, rounding_keeps_the_whole_part);
    suite_add_tcase(suite, cases);
    return suite;
}
