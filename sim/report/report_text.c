#include "sim/report/report_text.h"

#include <math.h>
#include <string.h>

#include "sim/kernel/number.h"

void report_number(double value, FILE *out)
{
    char text[NUMBER_TEXT_BYTES];
    fputs(number_text(value, text), out);
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
