#include "sim/config/quantity.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/number.h"

/* Smallest first within a unit; the first name of a scale is the one printed. */
static const struct unit_name {
    enum param_unit unit;
    const char *name;
    int decimal, binary;
} UNIT_NAMES[] = {
    {UNIT_HERTZ, "Hz", 0, 0},
    {UNIT_HERTZ, "kHz", 3, 0},
    {UNIT_HERTZ, "MHz", 6, 0},
    {UNIT_HERTZ, "GHz", 9, 0},
    {UNIT_SECOND, "fs", -15, 0},
    {UNIT_SECOND, "ps", -12, 0},
    {UNIT_SECOND, "ns", -9, 0},
    {UNIT_SECOND, "us", -6, 0},
    {UNIT_SECOND, "ms", -3, 0},
    {UNIT_SECOND, "s", 0, 0},
    {UNIT_BYTE, "B", 0, 0},
    {UNIT_BYTE, "kB", 3, 0},
    {UNIT_BYTE, "KiB", 0, 10},
    {UNIT_BYTE, "MB", 6, 0},
    {UNIT_BYTE, "MiB", 0, 20},
    {UNIT_BYTE, "GB", 9, 0},
    {UNIT_BYTE, "GiB", 0, 30},
    {UNIT_BYTE, "TB", 12, 0},
    {UNIT_BYTE, "TiB", 0, 40},
    {UNIT_BYTE_PER_SECOND, "B/s", 0, 0},
    {UNIT_BYTE_PER_SECOND, "kB/s", 3, 0},
    {UNIT_BYTE_PER_SECOND, "KiB/s", 0, 10},
    {UNIT_BYTE_PER_SECOND, "MB/s", 6, 0},
    {UNIT_BYTE_PER_SECOND, "MiB/s", 0, 20},
    {UNIT_BYTE_PER_SECOND, "GB/s", 9, 0},
    {UNIT_BYTE_PER_SECOND, "GiB/s", 0, 30},
    {UNIT_BYTE_PER_SECOND, "TB/s", 12, 0},
    {UNIT_BYTE_PER_SECOND, "TiB/s", 0, 40},
    {UNIT_JOULE, "aJ", -18, 0},
    {UNIT_JOULE, "fJ", -15, 0},
    {UNIT_JOULE, "pJ", -12, 0},
    {UNIT_JOULE, "nJ", -9, 0},
    {UNIT_JOULE, "uJ", -6, 0},
    {UNIT_JOULE, "mJ", -3, 0},
    {UNIT_JOULE, "J", 0, 0},
    {UNIT_WATT, "pW", -12, 0},
    {UNIT_WATT, "nW", -9, 0},
    {UNIT_WATT, "uW", -6, 0},
    {UNIT_WATT, "mW", -3, 0},
    {UNIT_WATT, "W", 0, 0},
    {UNIT_VOLT, "mV", -3, 0},
    {UNIT_VOLT, "V", 0, 0},
    {UNIT_AMPERE, "uA", -6, 0},
    {UNIT_AMPERE, "mA", -3, 0},
    {UNIT_AMPERE, "A", 0, 0},
    {UNIT_SQUARE_METRE, "um2", -12, 0},
    {UNIT_SQUARE_METRE, "mm2", -6, 0},
    {UNIT_SQUARE_METRE, "m2", 0, 0},
    {UNIT_METRE, "nm", -9, 0},
    {UNIT_METRE, "um", -6, 0},
    {UNIT_METRE, "mm", -3, 0},
    {UNIT_METRE, "m", 0, 0},
    {UNIT_DOLLAR, "USD", 0, 0},
    {UNIT_PER_SQUARE_METRE, "/m2", 0, 0},
    {UNIT_PER_SQUARE_METRE, "/cm2", 4, 0},
    {UNIT_PER_SQUARE_METRE, "/mm2", 6, 0},
    {UNIT_BIT, "bit", 0, 0},
    {UNIT_BIT, "bits", 0, 0},
};

enum { UNIT_NAME_COUNT = sizeof UNIT_NAMES / sizeof UNIT_NAMES[0], MOST_DIGITS_EXPONENT = 4 };

/* "Hz, kHz, MHz or GHz" in the caller's buffer; "" for UNIT_NONE. */
static const char *quantity_units(enum param_unit unit, char *buffer, size_t bytes)
{
    int last = -1;
    for (int i = 0; i < UNIT_NAME_COUNT; i++)
        if (UNIT_NAMES[i].unit == unit)
            last = i;
    size_t used = 0;
    buffer[0] = '\0';
    for (int i = 0; i <= last && used < bytes; i++) {
        if (UNIT_NAMES[i].unit != unit)
            continue;
        const char *link = used == 0 ? "" : i == last ? " or " : ", ";
        used += (size_t)snprintf(buffer + used, bytes - used, "%s%s", link, UNIT_NAMES[i].name);
    }
    return buffer;
}

/* Digits into the mantissa; zeros wait, so that trailing ones only move the exponent. */
struct digits {
    uint64_t mantissa;
    int zeros_waiting, decimal;
    bool is_too_long, any;
};

static void take_digit(struct digits *digits, int digit, bool is_fraction)
{
    digits->any = true;
    if (is_fraction)
        digits->decimal--;
    if (digit == 0) {
        digits->zeros_waiting++;
        return;
    }
    for (int i = 0; i <= digits->zeros_waiting; i++) {
        if (digits->mantissa > (INT64_MAX - 9) / 10)
            digits->is_too_long = true;
        else
            digits->mantissa *= 10;
        if (digits->is_too_long || digits->mantissa == 0)
            break;
    }
    digits->mantissa += (uint64_t)digit;
    digits->zeros_waiting = 0;
}

static const char *read_digits(const char *at, struct digits *digits, bool is_fraction)
{
    while (isdigit((unsigned char)*at))
        take_digit(digits, *at++ - '0', is_fraction);
    return at;
}

/* The exponent behind `at`, or `at` itself where there is none ("5 eV" has none). */
static const char *read_exponent(const char *at, int *exponent, bool *is_too_long)
{
    const char *start = at;
    if (*at != 'e' && *at != 'E')
        return start;
    at++;
    bool is_negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    if (!isdigit((unsigned char)*at))
        return start;
    int value = 0;
    const char *first = at;
    for (; isdigit((unsigned char)*at); at++)
        if (at - first < MOST_DIGITS_EXPONENT)
            value = value * 10 + (*at - '0');
    *is_too_long = at - first > MOST_DIGITS_EXPONENT;
    *exponent = is_negative ? -value : value;
    return at;
}

static bool read_unit(const char *at, enum param_unit unit, struct quantity *quantity,
                      struct error *flaw)
{
    char names[160];
    if (unit == UNIT_NONE)
        return !*at || error_set(flaw, "must be a number without unit");
    for (int i = 0; i < UNIT_NAME_COUNT; i++)
        if (UNIT_NAMES[i].unit == unit && strcmp(UNIT_NAMES[i].name, at) == 0) {
            quantity->decimal += quantity->mantissa ? UNIT_NAMES[i].decimal : 0;
            quantity->binary = quantity->mantissa ? UNIT_NAMES[i].binary : 0;
            return true;
        }
    return error_set(flaw, "must have %s: %s", *at ? "another unit" : "a unit",
                     quantity_units(unit, names, sizeof names));
}

bool quantity_parse(const char *text, enum param_unit unit, struct quantity *quantity,
                    struct error *flaw)
{
    struct digits digits = {0};
    int exponent = 0;
    bool is_exponent_too_long = false;
    *quantity = (struct quantity){.is_negative = text[0] == '-'};
    const char *at = text + quantity->is_negative;
    if (!isdigit((unsigned char)*at))
        return error_set(flaw, "must be a number");
    if (at[0] == '0' && isdigit((unsigned char)at[1]))
        return error_set(flaw, "must be a decimal number without leading zeros");
    at = read_digits(at, &digits, false);
    if (*at == '.') {
        if (!isdigit((unsigned char)at[1]))
            return error_set(flaw, "must have digits behind the point");
        at = read_digits(at + 1, &digits, true);
    }
    at = read_exponent(at, &exponent, &is_exponent_too_long);
    if (digits.is_too_long || is_exponent_too_long)
        return error_set(flaw, "must have at most 18 digits and an exponent of 4");
    while (*at == ' ' || *at == '\t')
        at++;
    quantity->mantissa = digits.mantissa;
    if (digits.mantissa)
        quantity->decimal = digits.decimal + digits.zeros_waiting + exponent;
    else
        quantity->is_negative = false;
    return read_unit(at, unit, quantity, flaw);
}

double quantity_real(struct quantity quantity)
{
    char text[48];
    /* No decimal point, so the host's locale cannot matter. */
    snprintf(text, sizeof text, "%" PRIu64 "e%d", quantity.mantissa, quantity.decimal);
    double value = ldexp(strtod(text, NULL), quantity.binary);
    return quantity.is_negative ? -value : value;
}

bool quantity_ratio(struct quantity quantity, struct ratio *ratio)
{
    uint64_t num = quantity.mantissa, den = 1;
    if (quantity.is_negative)
        return false;
    int decimal = num ? quantity.decimal : 0, binary = num ? quantity.binary : 0;
    for (; binary > 0 && num <= INT64_MAX / 2; binary--)
        num *= 2;
    for (; decimal > 0 && num <= INT64_MAX / 10; decimal--)
        num *= 10;
    while (decimal < 0) {
        uint64_t common = greatest_common_divisor(num, 10);
        if (den > INT64_MAX / (10 / common))
            return false;
        num /= common;
        den *= 10 / common;
        decimal++;
    }
    if (decimal > 0 || binary > 0)
        return false;
    *ratio = ratio_make(num, den);
    return true;
}

bool quantity_integer(struct quantity quantity, int64_t *integer)
{
    bool is_negative = quantity.is_negative;
    struct ratio ratio;
    quantity.is_negative = false;
    if (!quantity_ratio(quantity, &ratio) || ratio.den != 1)
        return false;
    *integer = is_negative ? -(int64_t)ratio.num : (int64_t)ratio.num;
    return true;
}

uint64_t quantity_hash(struct quantity quantity)
{
    /* 2^k multiplied into the mantissa makes 1 KiB and 1024 B one value. */
    while (quantity.binary > 0 && quantity.mantissa <= INT64_MAX / 2) {
        quantity.mantissa *= 2;
        quantity.binary--;
        if (quantity.mantissa % 10 == 0) {
            quantity.mantissa /= 10;
            quantity.decimal++;
        }
    }
    uint64_t hash = quantity.mantissa * 0x9e3779b97f4a7c15u;
    hash ^= (uint64_t)(quantity.decimal + 100000) * 0xc2b2ae3d27d4eb4fu;
    hash ^= (uint64_t)quantity.binary * 0x165667b19e3779f9u;
    return quantity.is_negative ? ~hash : hash;
}

const char *quantity_print(double value, enum param_unit unit, char *buffer, size_t bytes)
{
    char best[NUMBER_TEXT_BYTES] = "", number[NUMBER_TEXT_BYTES];
    const char *name = "";
    for (int i = 0; i < UNIT_NAME_COUNT; i++) {
        if (UNIT_NAMES[i].unit != unit)
            continue;
        double scaled = ldexp(value, -UNIT_NAMES[i].binary);
        scaled = UNIT_NAMES[i].decimal < 0 ? scaled * pow(10, -UNIT_NAMES[i].decimal)
                                           : scaled / pow(10, UNIT_NAMES[i].decimal);
        number_text(scaled, number);
        if (!*best || strlen(number) < strlen(best)) {
            memcpy(best, number, sizeof best);
            name = UNIT_NAMES[i].name;
        }
    }
    if (unit == UNIT_NONE)
        number_text(value, best);
    snprintf(buffer, bytes, "%s%s%s", best, *name ? " " : "", name);
    return buffer;
}
