/* Are quantities read exactly, in every unit, and is everything else refused with its sentence?
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "sim/config/config.h"
#include "sim/config/nearest.h"
#include "sim/config/quantity.h"
#include "sim/kernel/random.h"

static struct arena arena;
static struct error err;

static void set_up(void)
{
    arena = (struct arena){0};
    err = (struct error){0};
}

static void tear_down(void)
{
    arena_free(&arena);
}

/* Values in SI units, each by the definition of its prefix. */
static const struct reading {
    const char *text;
    enum param_unit unit;
    double value;
} READINGS[] = {
    {"0", UNIT_NONE, 0},
    {"-3.5", UNIT_NONE, -3.5},
    {"1e3", UNIT_NONE, 1000},
    {"1.25E-3", UNIT_NONE, 0.00125},
    {"0.1", UNIT_NONE, 0.1},
    {"123456789012345678", UNIT_NONE, 123456789012345678.0},
    {"1.000000000000000000000000", UNIT_NONE, 1},
    {"100000000000000000000000", UNIT_NONE, 1e23},
    {"700 MHz", UNIT_HERTZ, 7e8},
    {"0.7GHz", UNIT_HERTZ, 7e8},
    {"32.768 kHz", UNIT_HERTZ, 32768},
    {"1\tHz", UNIT_HERTZ, 1},
    {"0.63 ns", UNIT_SECOND, 0.63e-9},
    {"7.8 us", UNIT_SECOND, 7.8e-6},
    {"64 ms", UNIT_SECOND, 0.064},
    {"350 ps", UNIT_SECOND, 350e-12},
    {"5 fs", UNIT_SECOND, 5e-15},
    {"2 s", UNIT_SECOND, 2},
    {"64 kB", UNIT_BYTE, 64000},
    {"64 KiB", UNIT_BYTE, 65536},
    {"1.5 MiB", UNIT_BYTE, 1572864},
    {"8 GiB", UNIT_BYTE, 8589934592.0},
    {"8 GB", UNIT_BYTE, 8e9},
    {"2 TB", UNIT_BYTE, 2e12},
    {"1 TiB", UNIT_BYTE, 1099511627776.0},
    {"34 GB/s", UNIT_BYTE_PER_SECOND, 34e9},
    {"1.2 TB/s", UNIT_BYTE_PER_SECOND, 1.2e12},
    {"1 GiB/s", UNIT_BYTE_PER_SECOND, 1073741824},
    {"0.2 pJ", UNIT_JOULE, 0.2e-12},
    {"3 aJ", UNIT_JOULE, 3e-18},
    {"1.1 fJ", UNIT_JOULE, 1.1e-15},
    {"4 nJ", UNIT_JOULE, 4e-9},
    {"5 mJ", UNIT_JOULE, 5e-3},
    {"40 W", UNIT_WATT, 40},
    {"12 nW", UNIT_WATT, 12e-9},
    {"0.9 V", UNIT_VOLT, 0.9},
    {"900 mV", UNIT_VOLT, 0.9},
    {"58 mA", UNIT_AMPERE, 0.058},
    {"331 mm2", UNIT_SQUARE_METRE, 331e-6},
    {"0.12 um2", UNIT_SQUARE_METRE, 0.12e-12},
    {"36 nm", UNIT_METRE, 36e-9},
    {"300 mm", UNIT_METRE, 0.3},
    {"16988 USD", UNIT_DOLLAR, 16988},
    {"0.1 /cm2", UNIT_PER_SQUARE_METRE, 1000},
    {"9 bits", UNIT_BIT, 9},
    {"1 bit", UNIT_BIT, 1},
};

START_TEST(a_quantity_is_the_nearest_double)
{
    const struct reading *reading = &READINGS[_i];
    struct param row = {"x", PARAM_REAL, reading->unit, 0, NULL, 0, 0, NULL, "x"};
    double value = NAN;
    ck_assert_msg(param_read(&row, reading->text, &value, &arena, "", &err), "%s", err.text);
    ck_assert_msg(value == reading->value, "%s is %.17g", reading->text, value);
}
END_TEST

static const struct refusal {
    const char *text;
    enum param_type type;
    enum param_unit unit;
    const char *sentence;
} REFUSALS[] = {
    {"", PARAM_COUNT, UNIT_NONE, "x is '', must be a number"},
    {" 1", PARAM_COUNT, UNIT_NONE, "x is ' 1', must be a number"},
    {"+1", PARAM_COUNT, UNIT_NONE, "x is '+1', must be a number"},
    {"0x10", PARAM_COUNT, UNIT_NONE, "x is '0x10', must be a number without unit"},
    {"010", PARAM_COUNT, UNIT_NONE,
     "x is '010', must be a decimal number without leading zeros"},
    {"1.", PARAM_REAL, UNIT_NONE, "x is '1.', must have digits behind the point"},
    {".5", PARAM_REAL, UNIT_NONE, "x is '.5', must be a number"},
    {"1,5", PARAM_REAL, UNIT_NONE, "x is '1,5', must be a number without unit"},
    {"nan", PARAM_REAL, UNIT_NONE, "x is 'nan', must be a number"},
    {"-inf", PARAM_REAL, UNIT_NONE, "x is '-inf', must be a number"},
    {"1e400", PARAM_REAL, UNIT_NONE, "x is '1e400', must be a number below 1e308"},
    {"1e99999", PARAM_REAL, UNIT_NONE,
     "x is '1e99999', must have at most 18 digits and an exponent of 4"},
    {"1234567890123456789012", PARAM_REAL, UNIT_NONE,
     "x is '1234567890123456789012', must have at most 18 digits and an exponent of 4"},
    {"1.5", PARAM_COUNT, UNIT_NONE, "x is '1.5', must be a whole number below 2^63"},
    {"1e30", PARAM_COUNT, UNIT_NONE, "x is '1e30', must be a whole number below 2^63"},
    {"0.3 B", PARAM_BYTES, UNIT_BYTE,
     "x is '0.3 B', must be a whole number of bytes from 0 to below 2^63"},
    {"-1 B", PARAM_BYTES, UNIT_BYTE,
     "x is '-1 B', must be a whole number of bytes from 0 to below 2^63"},
    {"64", PARAM_BYTES, UNIT_BYTE,
     "x is '64', must have a unit: B, kB, KiB, MB, MiB, GB, GiB, TB or TiB"},
    {"64 Kb", PARAM_BYTES, UNIT_BYTE,
     "x is '64 Kb', must have another unit: B, kB, KiB, MB, MiB, GB, GiB, TB or TiB"},
    {"5 s", PARAM_RATIO, UNIT_HERTZ, "x is '5 s', must have another unit: Hz, kHz, MHz or GHz"},
    {"-5 Hz", PARAM_RATIO, UNIT_HERTZ,
     "x is '-5 Hz', must be a positive number that 64 bits hold exactly"},
    {"1e-30 s", PARAM_RATIO, UNIT_SECOND,
     "x is '1e-30 s', must be a positive number that 64 bits hold exactly"},
    {"1", PARAM_BOOL, UNIT_NONE, "x is '1', must be yes or no"},
    {"Yes", PARAM_BOOL, UNIT_NONE, "x is 'Yes', must be yes or no"},
    {"ns", PARAM_CHOICE, UNIT_NONE, "x is 'ns', must be ws, os or is"},
    {"a,,b", PARAM_LIST, UNIT_NONE, "x is 'a,,b', must have no empty item"},
    {"a, ", PARAM_LIST, UNIT_NONE, "x is 'a, ', must have no empty item"},
};

static const char *const DATAFLOWS[] = {"ws", "os", "is", NULL};

START_TEST(a_wrong_value_gets_its_sentence)
{
    const struct refusal *refusal = &REFUSALS[_i];
    struct param row = {"x", refusal->type, refusal->unit, 0, NULL, 0, 0, DATAFLOWS, "x"};
    max_align_t field[4];
    ck_assert(!param_read(&row, refusal->text, field, &arena, "", &err));
    ck_assert_str_eq(err.text, refusal->sentence);
}
END_TEST

START_TEST(exact_numbers_are_exact)
{
    struct param seconds = {"x", PARAM_RATIO, UNIT_SECOND, 0, NULL, 0, 0, NULL, "x"};
    struct param hertz = {"x", PARAM_RATIO, UNIT_HERTZ, 0, NULL, 0, 0, NULL, "x"};
    struct ratio ratio;
    ck_assert(param_read(&seconds, "0.63 ns", &ratio, &arena, "", &err));
    ck_assert_uint_eq(ratio.num, 63);
    ck_assert_uint_eq(ratio.den, UINT64_C(100000000000));
    ck_assert(param_read(&hertz, "933.333333 MHz", &ratio, &arena, "", &err));
    ck_assert_uint_eq(ratio.num, 933333333);
    ck_assert_uint_eq(ratio.den, 1);
    ck_assert(param_read(&hertz, "0.25 Hz", &ratio, &arena, "", &err));
    ck_assert_uint_eq(ratio.num, 1);
    ck_assert_uint_eq(ratio.den, 4);
    struct param count = {"x", PARAM_COUNT, UNIT_NONE, 0, NULL, 0, 0, NULL, "x"};
    int64_t integer;
    ck_assert(param_read(&count, "-9007199254740993", &integer, &arena, "", &err));
    ck_assert_int_eq(integer, -9007199254740993);
}
END_TEST

/* What is printed in a unit reads back as the same double. */
START_TEST(what_is_printed_reads_back)
{
    static const enum param_unit UNITS[] = {UNIT_NONE,         UNIT_HERTZ,
                                            UNIT_SECOND,       UNIT_JOULE,
                                            UNIT_SQUARE_METRE, UNIT_BYTE_PER_SECOND};
    struct random random = random_make((uint64_t)_i, "numbers");
    for (int i = 0; i < 200; i++) {
        char text[64];
        struct quantity quantity;
        enum param_unit unit = UNITS[random_below(&random, 6)];
        double value = (double)random_below(&random, 1000000) *
                       pow(10, (double)random_below(&random, 20) - 14);
        quantity_print(value, unit, text, sizeof text);
        ck_assert_msg(quantity_parse(text, unit, &quantity, &err), "%s %s", text, err.text);
        ck_assert_msg(fabs(quantity_real(quantity) / value - 1) < 1e-15 || value == 0,
                      "%.17g is printed %s", value, text);
    }
}
END_TEST

START_TEST(short_forms_are_preferred)
{
    char text[64];
    ck_assert_str_eq(quantity_print(7e8, UNIT_HERTZ, text, sizeof text), "700 MHz");
    ck_assert_str_eq(quantity_print(65536, UNIT_BYTE, text, sizeof text), "64 KiB");
    ck_assert_str_eq(quantity_print(34e9, UNIT_BYTE_PER_SECOND, text, sizeof text), "34 GB/s");
    ck_assert_str_eq(quantity_print(0.2e-12, UNIT_JOULE, text, sizeof text), "200 fJ");
    ck_assert_str_eq(quantity_print(65536, UNIT_NONE, text, sizeof text), "65536");
    ck_assert_str_eq(quantity_print(0.1, UNIT_NONE, text, sizeof text), "0.1");
}
END_TEST

START_TEST(bounds_are_inclusive_and_told)
{
    struct param row = {"share", PARAM_REAL, UNIT_NONE, 0, NULL, 0, 1, NULL, "x"};
    double value;
    ck_assert(param_read(&row, "0", &value, &arena, "", &err));
    ck_assert(param_read(&row, "1", &value, &arena, "", &err));
    ck_assert(!param_read(&row, "1.0001", &value, &arena, "a.conf:3: ", &err));
    ck_assert_str_eq(err.text, "a.conf:3: share is 1.0001, must be 0 to 1");
}
END_TEST

START_TEST(lists_lose_their_blanks)
{
    struct param row = {"x", PARAM_LIST, UNIT_NONE, 0, NULL, 0, 0, NULL, "x"};
    struct param_list list;
    ck_assert(param_read(&row, " i8 ,bf16, f 32", &list, &arena, "", &err));
    ck_assert_uint_eq(list.count, 3);
    ck_assert_str_eq(list.items[0], "i8");
    ck_assert_str_eq(list.items[2], "f 32");
    ck_assert(param_read(&row, "", &list, &arena, "", &err));
    ck_assert_uint_eq(list.count, 0);
}
END_TEST

static const char *suggest(const char *wanted)
{
    static char phrase[80];
    struct nearest nearest = {.wanted = wanted};
    nearest_offer(&nearest, "dataflow");
    nearest_offer(&nearest, "rows");
    nearest_offer(&nearest, "drain");
    return nearest_phrase(&nearest, phrase, sizeof phrase);
}

START_TEST(a_slip_of_the_finger_is_guessed)
{
    ck_assert_str_eq(suggest("rosw"), ", did you mean 'rows'?");
    ck_assert_str_eq(suggest("datafolw"), ", did you mean 'dataflow'?");
    ck_assert_str_eq(suggest("drian"), ", did you mean 'drain'?");
    ck_assert_str_eq(suggest("process"), "");
    ck_assert_str_eq(suggest(""), "");
    ck_assert_str_eq(suggest("a_word_that_is_much_longer_than_any_key_there_will_ever_be"), "");
}
END_TEST

Suite *param_suite(void)
{
    Suite *suite = suite_create("param");
    TCase *tests = tcase_create("values");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, a_quantity_is_the_nearest_double, 0,
                        (int)(sizeof READINGS / sizeof READINGS[0]));
    tcase_add_loop_test(tests, a_wrong_value_gets_its_sentence, 0,
                        (int)(sizeof REFUSALS / sizeof REFUSALS[0]));
    tcase_add_test(tests, exact_numbers_are_exact);
    tcase_add_loop_test(tests, what_is_printed_reads_back, 0, 20);
    tcase_add_test(tests, short_forms_are_preferred);
    tcase_add_test(tests, bounds_are_inclusive_and_told);
    tcase_add_test(tests, lists_lose_their_blanks);
    tcase_add_test(tests, a_slip_of_the_finger_is_guessed);
    suite_add_tcase(suite, tests);
    return suite;
}
