#include "sim/kernel/ratio.h"

#include <assert.h>

__extension__ typedef unsigned __int128 uint128;

uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

struct ratio ratio_make(uint64_t num, uint64_t den)
{
    assert(den > 0);
    uint64_t divisor = greatest_common_divisor(num, den);
    return (struct ratio){num / divisor, den / divisor};
}

struct ratio ratio_invert(struct ratio a)
{
    assert(a.num > 0);
    return (struct ratio){a.den, a.num};
}

bool ratio_multiply(struct ratio a, struct ratio b, struct ratio *result)
{
    struct ratio left = ratio_make(a.num, b.den), right = ratio_make(b.num, a.den);
    uint128 num = (uint128)left.num * right.num, den = (uint128)left.den * right.den;
    if (num > INT64_MAX || den > INT64_MAX)
        return false;
    *result = (struct ratio){(uint64_t)num, (uint64_t)den};
    return true;
}

double ratio_value(struct ratio a)
{
    return (double)a.num / (double)a.den;
}

/* Do the products fit 64 bits? Most do, and division of 128 bits is a loop. */
static bool is_small(struct ratio a, uint64_t b)
{
    return (a.num >> 20 | b >> 42 | a.den >> 42) == 0;
}

uint64_t ratio_times_down(struct ratio a, uint64_t b)
{
    if (is_small(a, b))
        return a.num * b / a.den;
    uint128 product = (uint128)a.num * b / a.den;
    assert(product <= UINT64_MAX);
    return (uint64_t)product;
}

uint64_t ratio_times_up(struct ratio a, uint64_t b)
{
    if (is_small(a, b))
        return (a.num * b + a.den - 1) / a.den;
    uint128 product = ((uint128)a.num * b + a.den - 1) / a.den;
    assert(product <= UINT64_MAX);
    return (uint64_t)product;
}
