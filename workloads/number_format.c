#include "workloads/number_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct number_format number_format_integer(bool is_signed, int bits)
{
    return (struct number_format){is_signed ? NUMBER_SIGNED : NUMBER_UNSIGNED, (uint8_t)bits, 0,
                                  0};
}

struct number_format number_format_float(int exponent, int mantissa)
{
    return (struct number_format){NUMBER_FLOAT, (uint8_t)(1 + exponent + mantissa),
                                  (uint8_t)exponent, (uint8_t)mantissa};
}

/* The floats that have a name of their own. */
static const struct {
    const char *name;
    uint8_t exponent, mantissa;
} NAMED_FLOATS[] = {{"f16", 5, 10}, {"bf16", 8, 7}, {"f32", 8, 23}, {"f64", 11, 52}};

enum { NAMED_FLOAT_COUNT = sizeof NAMED_FLOATS / sizeof NAMED_FLOATS[0] };

bool number_format_parse(const char *name, struct number_format *format)
{
    for (int i = 0; i < NAMED_FLOAT_COUNT; i++)
        if (strcmp(name, NAMED_FLOATS[i].name) == 0) {
            *format = number_format_float(NAMED_FLOATS[i].exponent, NAMED_FLOATS[i].mantissa);
            return true;
        }
    int bits = 0, exponent = 0, mantissa = 0, used = 0;
    if ((name[0] == 'u' || name[0] == 'i') && sscanf(name + 1, "%2d%n", &bits, &used) == 1 &&
        name[1 + used] == '\0' && bits >= 1 && bits <= 64 && name[1] >= '1') {
        *format = number_format_integer(name[0] == 'i', bits);
        return true;
    }
    if (sscanf(name, "f%2de%2dm%n", &exponent, &mantissa, &used) == 2 && used > 0 &&
        name[used] == '\0' && exponent >= 1 && exponent <= 11 && mantissa >= 0 &&
        mantissa <= 52) {
        *format = number_format_float(exponent, mantissa);
        return true;
    }
    return false;
}

void number_format_name(struct number_format format, char text[16])
{
    if (format.class == NUMBER_FLOAT) {
        for (int i = 0; i < NAMED_FLOAT_COUNT; i++)
            if (format.exponent == NAMED_FLOATS[i].exponent &&
                format.mantissa == NAMED_FLOATS[i].mantissa) {
                snprintf(text, 16, "%s", NAMED_FLOATS[i].name);
                return;
            }
        snprintf(text, 16, "f%ue%um", format.exponent, format.mantissa);
    } else if (format.class == NUMBER_NONE)
        snprintf(text, 16, "none");
    else
        snprintf(text, 16, "%c%u", format.class == NUMBER_SIGNED ? 'i' : 'u', format.bits);
}

bool number_format_equal(struct number_format a, struct number_format b)
{
    return a.class == b.class && a.bits == b.bits && a.exponent == b.exponent &&
           a.mantissa == b.mantissa;
}

uint64_t number_format_bytes(struct number_format format, uint64_t count)
{
    uint64_t whole = count / 8, rest = count % 8;
    return whole * format.bits + (rest * format.bits + 7) / 8;
}
