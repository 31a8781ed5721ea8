/* A user's mistake, as one whole sentence: place, what, got, wanted.
 * A function that can fail takes `struct error *err` and returns false (or NULL) after setting
 * it; callers return it unchanged. The first error wins: later ones on the same struct are lost
 * on purpose. Our own mistakes are assertions, never errors. */
#ifndef SIM_KERNEL_ERROR_H
#define SIM_KERNEL_ERROR_H

#include <stdbool.h>

struct error {
    bool is_set;
    char text[512]; /* without newline; the caller prints it after the program's name */
};

/* Formats the sentence unless err already holds one (or is NULL). Always returns false. */
bool error_set(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
