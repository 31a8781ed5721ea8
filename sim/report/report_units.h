/* Quantities for people: three significant digits and a unit prefix. */
#ifndef SIM_REPORT_REPORT_UNITS_H
#define SIM_REPORT_REPORT_UNITS_H

#include <stdint.h>

enum { UNIT_TEXT_BYTES = 24 };

/* "12.3 us", "4.56 GB/s", "0 J"; base 1000. The text is written into `text` and returned. */
const char *unit_text(double value, const char *unit, char text[UNIT_TEXT_BYTES]);
/* "24 MiB", base 1024. */
const char *bytes_text(uint64_t bytes, char text[UNIT_TEXT_BYTES]);
/* "1,234,567" */
const char *count_text(uint64_t count, char text[UNIT_TEXT_BYTES + 8]);

#endif
