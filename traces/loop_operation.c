#include "traces/loop_operation.h"

#include <math.h>

__extension__ typedef __int128 wide_integer;

int64_t loop_wrap(int64_t value, struct number_format type)
{
    if (type.bits >= 64)
        return value;
    uint64_t mask = (UINT64_C(1) << type.bits) - 1, low = (uint64_t)value & mask;
    bool is_negative = type.class == NUMBER_SIGNED && low >> (type.bits - 1);
    return (int64_t)(is_negative ? low | ~mask : low);
}

int64_t loop_saturate(int64_t value, struct number_format type)
{
    int bits = type.bits >= 63 ? 62 : type.bits;
    int64_t high =
        type.class == NUMBER_SIGNED ? (INT64_C(1) << (bits - 1)) - 1 : (INT64_C(1) << bits) - 1;
    int64_t low = type.class == NUMBER_SIGNED ? -high - 1 : 0;
    return value > high ? high : value < low ? low : value;
}

double loop_float_operation(enum loop_operator operator_, double a, double b, double c)
{
    switch (operator_) {
    case LOOP_ADD:
    case LOOP_SADD:
        return a + b;
    case LOOP_SUB:
    case LOOP_SSUB:
        return a - b;
    case LOOP_MUL:
    case LOOP_SMUL:
    case LOOP_MULHI:
        return a * b;
    case LOOP_DIV:
        return a / b;
    case LOOP_REM:
        return fmod(a, b);
    case LOOP_MIN:
        return a < b ? a : b;
    case LOOP_MAX:
        return a > b ? a : b;
    case LOOP_AVG:
        return (a + b) / 2;
    case LOOP_NEG:
        return -a;
    case LOOP_ABS:
        return fabs(a);
    case LOOP_SQRT:
        return sqrt(a);
    case LOOP_RSQRT:
        return 1 / sqrt(a);
    case LOOP_RECIP:
        return 1 / a;
    case LOOP_EXP:
        return exp(a);
    case LOOP_SELECT:
        return a != 0 ? b : c;
    default:
        return a;
    }
}

bool loop_compares(enum loop_operator operator_, double a, double b, int64_t i, int64_t j,
                   bool is_float)
{
    switch (operator_) {
    case LOOP_LT:
        return is_float ? a < b : i < j;
    case LOOP_LE:
        return is_float ? a <= b : i <= j;
    case LOOP_EQ:
        return is_float ? !(a < b) && !(b < a) : i == j;
    default:
        return is_float ? a < b || b < a : i != j;
    }
}

static int64_t leading_zeros(int64_t value, int bits)
{
    uint64_t low = bits >= 64 ? (uint64_t)value : (uint64_t)value & ((UINT64_C(1) << bits) - 1);
    int64_t zeros = bits;
    for (; low; low >>= 1)
        zeros--;
    return zeros;
}

static int64_t reversed(int64_t value, int bits, int unit)
{
    uint64_t result = 0, mask = (UINT64_C(1) << unit) - 1;
    for (int b = 0; b + unit <= bits; b += unit)
        result = result << unit | ((uint64_t)value >> b & mask);
    return (int64_t)result;
}

static int64_t shifted(int64_t value, int64_t by, bool is_left)
{
    by = by < 0 ? 0 : by > 63 ? 63 : by;
    return is_left ? (int64_t)((uint64_t)value << by) : value >> by;
}

int64_t loop_integer_operation(enum loop_operator operator_, int64_t a, int64_t b, int64_t c,
                               struct number_format type, struct number_format operands)
{
    switch (operator_) {
    case LOOP_ADD:
        return (int64_t)((uint64_t)a + (uint64_t)b);
    case LOOP_SUB:
        return (int64_t)((uint64_t)a - (uint64_t)b);
    case LOOP_MUL:
        return (int64_t)((uint64_t)a * (uint64_t)b);
    case LOOP_DIV:
        return b == -1 ? (int64_t) - (uint64_t)a : a / b;
    case LOOP_REM:
        return b == -1 ? 0 : a % b;
    case LOOP_AND:
        return a & b;
    case LOOP_OR:
        return a | b;
    case LOOP_XOR:
        return a ^ b;
    case LOOP_SHL:
        return shifted(a, b, true);
    case LOOP_SHR:
        return shifted(a, b, false);
    case LOOP_MIN:
        return a < b ? a : b;
    case LOOP_MAX:
        return a > b ? a : b;
    case LOOP_SADD:
        return loop_saturate((int64_t)((uint64_t)a + (uint64_t)b), type);
    case LOOP_SSUB:
        return loop_saturate((int64_t)((uint64_t)a - (uint64_t)b), type);
    case LOOP_SMUL:
        return loop_saturate((int64_t)((uint64_t)a * (uint64_t)b * 2), type);
    case LOOP_MULHI:
        return (int64_t)(((wide_integer)a * b) >> operands.bits);
    case LOOP_SUBC:
        return a >= b ? shifted((int64_t)((uint64_t)a - (uint64_t)b), 1, true) + 1
                      : shifted(a, 1, true);
    case LOOP_AVG:
        return shifted((int64_t)((uint64_t)a + (uint64_t)b + 1), 1, false);
    case LOOP_NEG:
        return (int64_t) - (uint64_t)a;
    case LOOP_NOT:
        return ~a;
    case LOOP_ABS:
        return a < 0 ? (int64_t) - (uint64_t)a : a;
    case LOOP_NORM:
        return leading_zeros(a < 0 ? ~a : a, operands.bits) - 1;
    case LOOP_CLZ:
        return leading_zeros(a, operands.bits);
    case LOOP_POPCOUNT: {
        int64_t ones = 0;
        for (uint64_t rest = (uint64_t)a; rest; rest &= rest - 1)
            ones++;
        return a < 0 ? ones - (64 - operands.bits) : ones;
    }
    case LOOP_BSWAP:
        return reversed(a, operands.bits, 8);
    case LOOP_BITREV:
        return reversed(a, operands.bits, 1);
    case LOOP_SELECT:
        return a ? b : c;
    case LOOP_SAT:
        return loop_saturate(a, type);
    default:
        return a;
    }
}
