/* A decimal number with its unit, kept exactly: value = +-mantissa * 10^decimal * 2^binary in
 * SI units, so that "0.63 ns" and "24 MiB" lose nothing. Notation: digits, optional fraction,
 * optional exponent, optional blank, unit; no leading zero, no sign but '-', no hexadecimal,
 * nan or inf. */
#ifndef SIM_CONFIG_QUANTITY_H
#define SIM_CONFIG_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/config/param.h"
#include "sim/kernel/error.h"
#include "sim/kernel/ratio.h"

struct quantity {
    bool is_negative;
    uint64_t mantissa; /* not divisible by ten, or 0 */
    int decimal, binary;
};

/* On failure `flaw` holds what is wanted, without subject: "must have a unit: Hz, kHz, ...". */
bool quantity_parse(const char *text, enum param_unit unit, struct quantity *quantity,
                    struct error *flaw);
/* Nearest double; infinite where it does not fit. */
double quantity_real(struct quantity quantity);
/* Exact; false where it is negative or does not fit a struct ratio. */
bool quantity_ratio(struct quantity quantity, struct ratio *ratio);
/* Exact; false where it is no whole number or does not fit. */
bool quantity_integer(struct quantity quantity, int64_t *integer);
/* Equal for equal values however they were written ("0.7 GHz", "700MHz"). */
uint64_t quantity_hash(struct quantity quantity);
/* A number in the unit that makes it shortest: 7e8 hertz is "700 MHz". */
const char *quantity_print(double value, enum param_unit unit, char *buffer, size_t bytes);

#endif
