/* Numbers and texts as programs read them: doubles in the shortest form that reads back equal,
 * JSON strings, CSV cells. Not a number is null in JSON and empty in CSV. */
#ifndef SIM_REPORT_REPORT_TEXT_H
#define SIM_REPORT_REPORT_TEXT_H

#include <stdio.h>

/* Shortest form that reads back equal; nothing for NAN and infinities. */
void report_number(double value, FILE *out);
/* The same, null for NAN and infinities. */
void report_json_number(double value, FILE *out);
void report_json_text(const char *text, FILE *out);
/* A cell, quoted where it must be, and the comma or the line's end after it. */
void report_cell(const char *text, FILE *out);
void report_last_cell(const char *text, FILE *out);

#endif
