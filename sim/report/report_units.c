#include "sim/report/report_units.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *digits(double value, char *text, size_t room, const char *prefix,
                          const char *unit)
{
    int decimals = fabs(value) >= 99.95 ? 0 : fabs(value) >= 9.995 ? 1 : 2;
    snprintf(text, room, "%.*f %s%s", decimals, value, prefix, unit);
    return text;
}

const char *unit_text(double value, const char *unit, char text[UNIT_TEXT_BYTES])
{
    static const struct {
        double factor;
        const char *prefix;
    } PREFIXES[] = {{1e15, "P"}, {1e12, "T"}, {1e9, "G"},  {1e6, "M"},  {1e3, "k"},
                    {1, ""},     {1e-3, "m"}, {1e-6, "u"}, {1e-9, "n"}, {1e-12, "p"}};
    enum { COUNT = sizeof PREFIXES / sizeof PREFIXES[0] };
    if (isnan(value)) {
        snprintf(text, UNIT_TEXT_BYTES, "unknown");
        return text;
    }
    if (value == 0) {
        snprintf(text, UNIT_TEXT_BYTES, "0 %s", unit);
        return text;
    }
    int i = 0;
    while (i < COUNT - 1 && fabs(value) < 0.9995 * PREFIXES[i].factor)
        i++;
    return digits(value / PREFIXES[i].factor, text, UNIT_TEXT_BYTES, PREFIXES[i].prefix, unit);
}

const char *bytes_text(uint64_t bytes, char text[UNIT_TEXT_BYTES])
{
    static const char *const PREFIXES[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi"};
    double value = (double)bytes;
    int i = 0;
    for (; value >= 1024 && i < 5; i++)
        value /= 1024;
    if (i == 0)
        snprintf(text, UNIT_TEXT_BYTES, "%" PRIu64 " B", bytes);
    else
        digits(value, text, UNIT_TEXT_BYTES, PREFIXES[i], "B");
    return text;
}

const char *count_text(uint64_t count, char text[UNIT_TEXT_BYTES + 8])
{
    char plain[24];
    int length = snprintf(plain, sizeof plain, "%" PRIu64, count), at = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = plain[i];
    }
    text[at] = '\0';
    return text;
}
