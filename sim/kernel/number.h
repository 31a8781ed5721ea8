/* Doubles as text: the one place where numbers that programs read, and rounded ones that people
 * read, become digits. Whole numbers below 1e15 never have an exponent; any other number has
 * one only where that is shorter, or where it is below 1e-4. The text does not hang on the
 * locale as long as nobody calls setlocale. */
#ifndef SIM_KERNEL_NUMBER_H
#define SIM_KERNEL_NUMBER_H

enum { NUMBER_TEXT_BYTES = 32 };

/* The fewest digits that read back equal: "50", "0.1", "1e-05", "1e+21"; "" for NAN and
 * infinities. Written into `text` and returned. */
const char *number_text(double value, char text[NUMBER_TEXT_BYTES]);

/* At most `digits` (1 to 15) significant digits, and no exponent before 1e15, whatever stands
 * behind the point there: 12345.6 in four digits is "12346". */
const char *number_rounded(double value, int digits, char text[NUMBER_TEXT_BYTES]);

#endif
