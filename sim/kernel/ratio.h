/* Exact positive rationals: clocks in hertz and times in seconds as the user wrote them
 * ("0.63 ns" is 63 / 10^11 s). Always in lowest terms; num and den below 2^63; den >= 1. */
#ifndef SIM_KERNEL_RATIO_H
#define SIM_KERNEL_RATIO_H

#include <stdbool.h>
#include <stdint.h>

struct ratio {
    uint64_t num, den;
};

struct ratio ratio_make(uint64_t num, uint64_t den);
struct ratio ratio_invert(struct ratio a); /* a > 0 */
/* False when the exact result does not fit; *result is then unchanged. */
bool ratio_multiply(struct ratio a, struct ratio b, struct ratio *result);
double ratio_value(struct ratio a);
/* ceil(a * b) and floor(a * b) in 128-bit arithmetic; results must fit 64 bits (asserted). */
uint64_t ratio_times_up(struct ratio a, uint64_t b);
uint64_t ratio_times_down(struct ratio a, uint64_t b);
uint64_t greatest_common_divisor(uint64_t a, uint64_t b);

#endif
