/* Number formats: a class and bits. Names: u8 i8 i16 i32 i64 f16 bf16 f32 f64, otherwise uN, iN
 * (1 to 64 bits) or fEeMm with exponent bits E (1 to 11) and mantissa bits M (0 to 52), sign
 * excluded: f5e10m is f16. Plain values, compared with number_format_equal. */
#ifndef WORKLOADS_NUMBER_FORMAT_H
#define WORKLOADS_NUMBER_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

enum number_class { NUMBER_NONE, NUMBER_UNSIGNED, NUMBER_SIGNED, NUMBER_FLOAT };

struct number_format {
    uint8_t class;              /* enum number_class; NUMBER_NONE: no format, bits 0 */
    uint8_t bits;               /* all of them, the sign included */
    uint8_t exponent, mantissa; /* NUMBER_FLOAT only */
};

struct number_format number_format_integer(bool is_signed, int bits);
struct number_format number_format_float(int exponent, int mantissa);
bool number_format_parse(const char *name, struct number_format *format);
/* Writes the canonical name, at most 15 characters, into text. */
void number_format_name(struct number_format format, char text[16]);
bool number_format_equal(struct number_format a, struct number_format b);
/* Bytes of count values stored back to back, the last byte filled up. */
uint64_t number_format_bytes(struct number_format format, uint64_t count);

#endif
