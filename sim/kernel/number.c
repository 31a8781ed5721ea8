#include "sim/kernel/number.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double WHOLE_MAX = 1e15; /* whole numbers below never have an exponent */
static const double PLAIN_MAX = 1e21; /* from here on an exponent is shorter in any case */

/* `%g` drops zeros at the end, so DBL_DIG digits find every shorter form as well; only numbers
 * that have lost bits to underflow must be asked for each length. */
static void print_shortest(double value, char text[NUMBER_TEXT_BYTES])
{
    int digits = fabs(value) < DBL_MIN ? 1 : DBL_DIG;
    for (; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(text, NUMBER_TEXT_BYTES, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return;
    }
}

const char *number_text(double value, char text[NUMBER_TEXT_BYTES])
{
    char plain[NUMBER_TEXT_BYTES];
    text[0] = '\0';
    if (!isfinite(value))
        return text;
    print_shortest(value, text);
    if (value != floor(value) || fabs(value) >= PLAIN_MAX)
        return text;
    snprintf(plain, sizeof plain, "%.0f", value);
    if (fabs(value) < WHOLE_MAX || strlen(plain) <= strlen(text))
        memcpy(text, plain, sizeof plain);
    return text;
}

const char *number_rounded(double value, int digits, char text[NUMBER_TEXT_BYTES])
{
    bool is_long = fabs(value) >= pow(10, digits - 1) && fabs(value) < WHOLE_MAX;
    snprintf(text, NUMBER_TEXT_BYTES, "%.*g", digits, value);
    if (is_long && strchr(text, 'e'))
        snprintf(text, NUMBER_TEXT_BYTES, "%.0f", value);
    return text;
}
