/* Operations that a machine may lack, made of others. */
#include "arch/vliw/lower_state.h"
#include "traces/loop_operation.h"

static const struct number_format INT32 = {NUMBER_SIGNED, 32, 0, 0};

int loop_lower_choose(struct lower_state *state, const struct loop_expression *from, int part,
                      int condition, int yes, int no)
{
    if (state->err->is_set)
        return NONE;
    struct number_format type = state->flow->nodes[yes].type;
    if (loop_lower_has(state, MEANING_SELECT, type) ||
        !state->options->machine->params->is_predicated)
        return loop_lower_make(state, from, MEANING_SELECT, type, part, condition, yes, no);
    int move = loop_lower_make(state, from, MEANING_MOVE, type, part, yes, no, NONE);
    if (move != NONE)
        state->flow->nodes[move].predicate = condition;
    return move;
}

int loop_lower_guard(struct lower_state *state, const struct loop_expression *from, int part,
                     int yes, int no)
{
    if (!state->is_negated)
        return loop_lower_choose(state, from, part, state->predicate, yes, no);
    return loop_lower_choose(state, from, part, state->predicate, no, yes);
}

static int compare(struct lower_state *state, const struct loop_expression *from, int part,
                   enum loop_operator operator_, int a, int b)
{
    return loop_lower_make_as(state, from, MEANING_CMP, (int)operator_, INT32, part, a, b,
                              NONE);
}

int loop_lower_whole(struct lower_state *state, const struct loop_expression *from,
                     int64_t value, struct number_format type)
{
    return loop_lower_number(state, (double)value, value, type, from->line);
}

static int real(struct lower_state *state, const struct loop_expression *from, double value)
{
    return loop_lower_number(state, value, (int64_t)value, from->type, from->line);
}

/* Newton's steps y = y (2 - x y), which double the digits of an estimate of 1 / x. */
int loop_lower_refine(struct lower_state *state, const struct loop_expression *from, int part,
                      int x, int y, int steps)
{
    struct number_format type = from->type;
    for (int s = 0; s < steps; s++) {
        int product = loop_lower_make(state, from, MEANING_MUL, type, part + 3 * s, x, y, NONE);
        int rest = loop_lower_make(state, from, MEANING_SUB, type, part + 3 * s + 1,
                                   real(state, from, 2), product, NONE);
        y = loop_lower_make(state, from, MEANING_MUL, type, part + 3 * s + 2, y, rest, NONE);
    }
    return y;
}

/* y = y (3/2 - x/2 y y), the same for 1 / sqrt x. */
static int refine_root(struct lower_state *state, const struct loop_expression *from, int part,
                       int x, int y, int steps)
{
    struct number_format type = from->type;
    int half =
        loop_lower_make(state, from, MEANING_MUL, type, part, x, real(state, from, 0.5), NONE);
    for (int s = 0; s < steps; s++) {
        int at = part + 1 + 4 * s;
        int square = loop_lower_make(state, from, MEANING_MUL, type, at, y, y, NONE);
        int product =
            loop_lower_make(state, from, MEANING_MUL, type, at + 1, half, square, NONE);
        int rest = loop_lower_make(state, from, MEANING_SUB, type, at + 2,
                                   real(state, from, 1.5), product, NONE);
        y = loop_lower_make(state, from, MEANING_MUL, type, at + 3, y, rest, NONE);
    }
    return y;
}

static int step_of(struct lower_state *state, const struct loop_expression *from,
                   enum meaning meaning, struct number_format type, int part, int a, int b,
                   int c)
{
    return loop_lower_make_as(state, from, meaning, FLOW_OPAQUE, type, part, a, b, c);
}

/* exp by range reduction and a polynomial of degree 5: about single precision. */
static int exponential(struct lower_state *state, const struct loop_expression *from, int x)
{
    int value = step_of(state, from, MEANING_MUL, from->type, 1, x, NONE, NONE);
    for (int term = 0; term < 5; term++) {
        value = step_of(state, from, MEANING_MUL, from->type, 2 + 2 * term, value, x, NONE);
        value = step_of(state, from, MEANING_ADD, from->type, 3 + 2 * term, value, NONE, NONE);
    }
    return step_of(state, from, MEANING_MUL, from->type, 14, value, NONE, NONE);
}

int loop_lower_missing(struct lower_state *state, const struct loop_expression *from,
                       enum meaning meaning, struct number_format type)
{
    char name[16];
    number_format_name(type, name);
    error_set(state->err,
              "%s:%d: the core has no operation for '%s' (%s.%s), and it cannot be "
              "made of others",
              state->kernel->path, from->line, LOOP_OPERATOR_NAMES[from->operator_],
              MEANING_NAMES[meaning], name);
    return NONE;
}

bool loop_lower_power_of_two(int64_t value, int *exponent)
{
    if (value <= 0 || (value & (value - 1)))
        return false;
    for (*exponent = 0; value > 1; value >>= 1)
        ++*exponent;
    return true;
}

/* Bytes within halves, then the halves; by shifts and masks where nothing swaps. */
static int swap_bytes(struct lower_state *state, const struct loop_expression *from, int a)
{
    struct number_format half = number_format_integer(true, 16), type = from->type;
    if (type.bits >= 32 && loop_lower_has(state, MEANING_BSWAP, half) &&
        loop_lower_has(state, MEANING_PACK, half)) {
        int result = NONE;
        for (int word = 0; word < type.bits / 32 && !state->err->is_set; word++) {
            int function = type.bits == 32 ? (int)LOOP_BSWAP : (int)FLOW_OPAQUE;
            int bytes = loop_lower_make_as(state, from, MEANING_BSWAP, function, half, 2 * word,
                                           a, NONE, NONE);
            if (bytes != NONE && type.bits == 32)
                state->flow->nodes[bytes].function = FLOW_SWAP_BYTES;
            result =
                loop_lower_make_as(state, from, MEANING_PACK,
                                   type.bits == 32 ? (int)FLOW_SWAP_HALVES : (int)FLOW_OPAQUE,
                                   half, 2 * word + 1, bytes, result, NONE);
        }
        return result;
    }
    if (type.bits <= 8)
        return a;
    int result = a;
    for (int unit = 8; unit < type.bits; unit *= 2) {
        int64_t mask = 0;
        for (int bit = 0; bit < type.bits; bit++)
            mask |= (int64_t)((uint64_t)(bit / unit % 2 == 0) << bit);
        int by = loop_lower_whole(state, from, unit, type), part = unit;
        int low = result, high = result;
        if (2 * unit < type.bits)
            low = loop_lower_make(state, from, MEANING_AND, type, part, low,
                                  loop_lower_whole(state, from, mask, type), NONE);
        low = loop_lower_make(state, from, MEANING_SHL, type, part + 1, low, by, NONE);
        high = loop_lower_make_as(state, from, MEANING_SHR, FLOW_SHIFT_RIGHT, type, part + 2,
                                  high, by, NONE);
        if (2 * unit < type.bits)
            high = loop_lower_make(state, from, MEANING_AND, type, part + 3, high,
                                   loop_lower_whole(state, from, mask, type), NONE);
        result = loop_lower_make(state, from, MEANING_OR, type, part + 4, low, high, NONE);
    }
    return result;
}

/* Integers of two words on a core of one: the low words first, what they carry into the high
 * ones, partial products of both. */
static int in_words(struct lower_state *state, const struct loop_expression *from,
                    enum meaning meaning, int a, int b)
{
    int low = step_of(state, from, meaning, INT32, 0, a, b, NONE);
    switch (meaning) {
    case MEANING_ADD:
    case MEANING_SUB:
    case MEANING_CMP:
        return step_of(state, from, meaning, INT32, 1, low, b, NONE);
    case MEANING_AND:
    case MEANING_OR:
    case MEANING_XOR:
        return step_of(state, from, meaning, INT32, 1, low, b, a);
    case MEANING_SHL:
    case MEANING_SHR: {
        int high = step_of(state, from, meaning, INT32, 1, b, a, NONE);
        int over = step_of(state, from, meaning == MEANING_SHL ? MEANING_SHR : MEANING_SHL,
                           INT32, 2, a, b, NONE);
        return step_of(state, from, MEANING_OR, INT32, 3,
                       step_of(state, from, MEANING_OR, INT32, 4, high, over, NONE), low, NONE);
    }
    default: { /* a product */
        int first = step_of(state, from, meaning, INT32, 1, b, a, NONE);
        int second = step_of(state, from, meaning, INT32, 2, a, a, NONE);
        int sum = step_of(state, from, MEANING_ADD, INT32, 3, first, second, NONE);
        return step_of(state, from, MEANING_ADD, INT32, 4, sum, low, NONE);
    }
    }
}

static bool goes_in_words(const struct lower_state *state, enum meaning meaning,
                          struct number_format type)
{
    bool is_wide = type.class != NUMBER_FLOAT && type.bits > 32 && type.bits <= 64;
    bool is_basic = (meaning >= MEANING_ADD && meaning <= MEANING_MUL) ||
                    (meaning >= MEANING_AND && meaning <= MEANING_CMP);
    return is_wide && is_basic && loop_lower_has(state, meaning, INT32);
}

/* Into the range of a narrower type. */
static int clamp(struct lower_state *state, const struct loop_expression *from, int a,
                 struct number_format type)
{
    struct number_format wide = state->flow->nodes[a].type;
    int64_t most = loop_saturate(INT64_MAX / 2, type),
            least = loop_saturate(-INT64_MAX / 2, type);
    int high = loop_lower_whole(state, from, most, wide),
        low = loop_lower_whole(state, from, least, wide);
    a = loop_lower_choose(state, from, 16, compare(state, from, 17, LOOP_LT, high, a), high, a);
    a = loop_lower_choose(state, from, 18, compare(state, from, 19, LOOP_LT, a, low), low, a);
    return loop_lower_make(state, from, MEANING_EXTEND, type, 20, a, NONE, NONE);
}

/* Narrow sums are made in a whole register and clamped; of whole registers, a sum whose sign
 * differs from those of both operands has left the range. */
static int saturating_sum(struct lower_state *state, const struct loop_expression *from,
                          enum meaning meaning, int a, int b)
{
    struct number_format type = from->type;
    if (type.class == NUMBER_FLOAT)
        return loop_lower_make(state, from, meaning, type, 0, a, b, NONE);
    if (type.bits < 32)
        return clamp(state, from, loop_lower_make(state, from, meaning, INT32, 0, a, b, NONE),
                     type);
    if (type.bits > 32 || type.class != NUMBER_SIGNED)
        return step_of(state, from, meaning, type, 0, a, b, NONE);
    int sum = loop_lower_make(state, from, meaning, type, 0, a, b, NONE);
    int other = meaning == MEANING_ADD ? sum : b;
    int left = loop_lower_make(state, from, MEANING_XOR, type, 1, a, sum, NONE);
    int right = loop_lower_make(state, from, MEANING_XOR, type, 2,
                                meaning == MEANING_ADD ? b : a, other, NONE);
    int both = loop_lower_make(state, from, MEANING_AND, type, 3, left, right, NONE);
    int sign = loop_lower_make(state, from, MEANING_SHR, type, 4, a,
                               loop_lower_whole(state, from, 31, type), NONE);
    int limit = loop_lower_make(state, from, MEANING_XOR, type, 5, sign,
                                loop_lower_whole(state, from, INT32_MAX, type), NONE);
    return loop_lower_choose(
        state, from, 6,
        compare(state, from, 7, LOOP_LT, both, loop_lower_whole(state, from, 0, type)), limit,
        sum);
}

/* (a * b) << 1, which only the square of the least number leaves. */
static int saturating_product(struct lower_state *state, const struct loop_expression *from,
                              int a, int b)
{
    struct number_format type = from->type;
    if (type.class != NUMBER_SIGNED || type.bits > 32)
        return step_of(state, from, MEANING_SHL, type, 1,
                       step_of(state, from, MEANING_MUL, type, 0, a, b, NONE), NONE, NONE);
    int product = loop_lower_make(state, from, MEANING_MUL, type, 0, a, b, NONE);
    int twice = loop_lower_make(state, from, MEANING_SHL, type, 1, product,
                                loop_lower_whole(state, from, 1, type), NONE);
    int edge = loop_lower_whole(state, from, INT64_C(1) << (type.bits - 2), type);
    int most = loop_lower_whole(state, from, (INT64_C(1) << (type.bits - 1)) - 1, type);
    return loop_lower_choose(state, from, 2, compare(state, from, 3, LOOP_EQ, product, edge),
                             most, twice);
}

/* In a register that holds the carry. */
static int average(struct lower_state *state, const struct loop_expression *from, int a, int b)
{
    struct number_format type = from->type;
    struct number_format wide = type.class != NUMBER_FLOAT && type.bits < 32 ? INT32 : type;
    if (type.class == NUMBER_FLOAT || type.bits >= 32)
        return step_of(state, from, MEANING_SHR, type, 1,
                       step_of(state, from, MEANING_ADD, type, 0, a, b, NONE), NONE, NONE);
    int one = loop_lower_whole(state, from, 1, wide);
    int sum = loop_lower_make(state, from, MEANING_ADD, wide, 0, a, b, NONE);
    int up = loop_lower_make(state, from, MEANING_ADD, wide, 1, sum, one, NONE);
    int half = loop_lower_make(state, from, MEANING_SHR, wide, 2, up, one, NONE);
    return loop_lower_make(state, from, MEANING_EXTEND, type, 3, half, NONE, NONE);
}

int loop_lower_expand(struct lower_state *state, const struct loop_expression *from,
                      enum meaning meaning, int a, int b)
{
    struct number_format type = from->type;
    if (goes_in_words(state, meaning,
                      meaning == MEANING_CMP ? state->flow->nodes[a].type : type))
        return in_words(state, from, meaning, a, b);
    switch (meaning) {
    case MEANING_MIN:
    case MEANING_MAX: /* a compare and a choice, made when packing so that folds stay folds */
        if (!loop_lower_has(state, MEANING_CMP, type))
            return loop_lower_missing(state, from, meaning, type);
        return loop_lower_make(state, from, meaning, type, 0, a, b, NONE);
    case MEANING_ABS: {
        int zero = loop_lower_whole(state, from, 0, type);
        return loop_lower_choose(
            state, from, 2, compare(state, from, 0, LOOP_LT, a, zero),
            loop_lower_make(state, from, MEANING_SUB, type, 1, a, NONE, NONE), a);
    }
    case MEANING_AVG:
        return average(state, from, a, b);
    case MEANING_SADD:
    case MEANING_SSUB:
        return saturating_sum(state, from, meaning == MEANING_SADD ? MEANING_ADD : MEANING_SUB,
                              a, b);
    case MEANING_SMUL:
        return saturating_product(state, from, a, b);
    case MEANING_MULHI:
        return step_of(state, from, MEANING_SHR, type, 1,
                       step_of(state, from, MEANING_MUL, type, 0, a, b, NONE), NONE, NONE);
    case MEANING_SAT:
        return clamp(state, from, a, type);
    case MEANING_SUBC: {
        int one = loop_lower_whole(state, from, 1, type);
        int difference = loop_lower_make(state, from, MEANING_SUB, type, 1, a, b, NONE);
        int yes = loop_lower_make(
            state, from, MEANING_OR, type, 4,
            loop_lower_make(state, from, MEANING_SHL, type, 2, difference, one, NONE), one,
            NONE);
        int no = loop_lower_make(state, from, MEANING_SHL, type, 3, a, one, NONE);
        return loop_lower_choose(state, from, 5, compare(state, from, 0, LOOP_LT, a, b), no,
                                 yes);
    }
    case MEANING_BSWAP:
        return swap_bytes(state, from, a);
    case MEANING_RSQRT:
    case MEANING_SQRT:
        if (meaning == MEANING_SQRT && loop_lower_has(state, MEANING_RSQRT, type)) {
            int estimate = loop_lower_make(state, from, MEANING_RSQRT, type, 0, a, NONE, NONE);
            return loop_lower_make(state, from, MEANING_MUL, type, 30, a,
                                   refine_root(state, from, 1, a, estimate, 2), NONE);
        }
        return loop_lower_missing(state, from, meaning, type);
    case MEANING_EXP:
        return exponential(state, from, a);
    default:
        return loop_lower_missing(state, from, meaning, type);
    }
}
