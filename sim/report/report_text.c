#include "sim/report/report_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void report_number(double value, FILE *out)
{
    char text[32];
    if (!isfinite(value))
        return;
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    fputs(text, out);
}

void report_json_number(double value, FILE *out)
{
    if (isfinite(value))
        report_number(value, out);
    else
        fputs("null", out);
}

void report_json_text(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void put_cell(const char *text, FILE *out)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void report_cell(const char *text, FILE *out)
{
    put_cell(text, out);
    fputc(',', out);
}

void report_last_cell(const char *text, FILE *out)
{
    put_cell(text, out);
    fputc('\n', out);
}
