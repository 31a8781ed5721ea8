/* Operations that a machine may lack, made of others. */
#include "arch/vliw/lower_state.h"

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

static int compare(struct lower_state *state, const struct loop_expression *from, int part,
                   int a, int b)
{
    return loop_lower_make(state, from, MEANING_CMP, INT32, part, a, b, NONE);
}

/* Newton's steps y = y (2 - x y), which double the digits of an estimate. */
static int refine(struct lower_state *state, const struct loop_expression *from, int part,
                  int x, int y, int steps)
{
    struct number_format type = from->type;
    for (int s = 0; s < steps; s++) {
        int product = loop_lower_make(state, from, MEANING_MUL, type, part + 3 * s, x, y, NONE);
        int rest = loop_lower_make(state, from, MEANING_SUB, type, part + 3 * s + 1, product,
                                   NONE, NONE);
        y = loop_lower_make(state, from, MEANING_MUL, type, part + 3 * s + 2, y, rest, NONE);
    }
    return y;
}

/* exp by range reduction and a polynomial of degree 5: about single precision. */
static int exponential(struct lower_state *state, const struct loop_expression *from, int x)
{
    int value = loop_lower_make(state, from, MEANING_MUL, from->type, 1, x, NONE, NONE);
    for (int term = 0; term < 5; term++) {
        value =
            loop_lower_make(state, from, MEANING_MUL, from->type, 2 + 2 * term, value, x, NONE);
        value = loop_lower_make(state, from, MEANING_ADD, from->type, 3 + 2 * term, value, NONE,
                                NONE);
    }
    return loop_lower_make(state, from, MEANING_MUL, from->type, 14, value, NONE, NONE);
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

int loop_lower_divide(struct lower_state *state, const struct loop_expression *from, int a,
                      int b)
{
    struct number_format type = from->type;
    bool is_rest = from->operator_ == LOOP_REM;
    const struct flow_node *divisor = &state->flow->nodes[b];
    int exponent = 0;
    if (divisor->kind == FLOW_AFFINE && affine_is_constant(&divisor->affine) &&
        type.class != NUMBER_FLOAT &&
        loop_lower_power_of_two(divisor->affine.constant, &exponent))
        return loop_lower_make(state, from, is_rest ? MEANING_AND : MEANING_SHR, type, 0,
                               loop_lower_as_value(state, a), b, NONE);
    a = loop_lower_as_value(state, a);
    b = loop_lower_as_value(state, b);
    enum meaning meaning = is_rest ? MEANING_REM : MEANING_DIV;
    if (loop_lower_has(state, meaning, type))
        return loop_lower_make(state, from, meaning, type, 0, a, b, NONE);
    if (is_rest || !loop_lower_has(state, MEANING_RECIP, type))
        return loop_lower_missing(state, from, meaning, type);
    int estimate = loop_lower_make(state, from, MEANING_RECIP, type, 0, b, NONE, NONE);
    return loop_lower_make(state, from, MEANING_MUL, type, 30, a,
                           refine(state, from, 1, b, estimate, 2), NONE);
}

/* Bytes within halves, then the halves, word by word; by shifts where nothing swaps. */
static int swap_bytes(struct lower_state *state, const struct loop_expression *from, int a)
{
    struct number_format half = number_format_integer(true, 16), type = from->type;
    if (type.bits < 32 || !loop_lower_has(state, MEANING_BSWAP, half) ||
        !loop_lower_has(state, MEANING_PACK, half))
        return loop_lower_make(
            state, from, MEANING_OR, type, 2,
            loop_lower_make(state, from, MEANING_SHL, type, 0, a, NONE, NONE),
            loop_lower_make(state, from, MEANING_SHR, type, 1, a, NONE, NONE), NONE);
    int result = NONE;
    for (int word = 0; word < type.bits / 32 && !state->err->is_set; word++) {
        int bytes = loop_lower_make(state, from, MEANING_BSWAP, half, 2 * word, a, NONE, NONE);
        result =
            loop_lower_make(state, from, MEANING_PACK, half, 2 * word + 1, bytes, result, NONE);
    }
    return result;
}

/* Integers of two words on a core of one: the low words first, what they carry into the high
 * ones, partial products of both. */
static int in_words(struct lower_state *state, const struct loop_expression *from,
                    enum meaning meaning, int a, int b)
{
    int low = loop_lower_make(state, from, meaning, INT32, 0, a, b, NONE);
    switch (meaning) {
    case MEANING_ADD:
    case MEANING_SUB:
    case MEANING_CMP:
        return loop_lower_make(state, from, meaning, INT32, 1, low, b, NONE);
    case MEANING_AND:
    case MEANING_OR:
    case MEANING_XOR:
        return loop_lower_make(state, from, meaning, INT32, 1, b, a, NONE);
    case MEANING_SHL:
    case MEANING_SHR: {
        int high = loop_lower_make(state, from, meaning, INT32, 1, b, a, NONE);
        int over =
            loop_lower_make(state, from, meaning == MEANING_SHL ? MEANING_SHR : MEANING_SHL,
                            INT32, 2, a, b, NONE);
        return loop_lower_make(
            state, from, MEANING_OR, INT32, 3,
            loop_lower_make(state, from, MEANING_OR, INT32, 4, high, over, NONE), low, NONE);
    }
    default: { /* a product */
        int first = loop_lower_make(state, from, meaning, INT32, 1, b, a, NONE);
        int second = loop_lower_make(state, from, meaning, INT32, 2, a, a, NONE);
        int sum = loop_lower_make(state, from, MEANING_ADD, INT32, 3, first, second, NONE);
        return loop_lower_make(state, from, MEANING_ADD, INT32, 4, sum, low, NONE);
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
    case MEANING_ABS:
        return loop_lower_choose(
            state, from, 2, compare(state, from, 0, a, a),
            loop_lower_make(state, from, MEANING_SUB, type, 1, a, NONE, NONE), a);
    case MEANING_AVG:
        return loop_lower_make(state, from, MEANING_SHR, type, 1,
                               loop_lower_make(state, from, MEANING_ADD, type, 0, a, b, NONE),
                               NONE, NONE);
    case MEANING_SADD:
    case MEANING_SSUB:
        return loop_lower_make(state, from, meaning == MEANING_SADD ? MEANING_ADD : MEANING_SUB,
                               type, 0, a, b, NONE);
    case MEANING_SMUL:
    case MEANING_MULHI:
        return loop_lower_make(
            state, from, meaning == MEANING_SMUL ? MEANING_SHL : MEANING_SHR, type, 1,
            loop_lower_make(state, from, MEANING_MUL, type, 0, a, b, NONE), NONE, NONE);
    case MEANING_SAT:
        a = loop_lower_choose(state, from, 1, compare(state, from, 0, a, a), a, a);
        return loop_lower_choose(state, from, 3, compare(state, from, 2, a, a), a, a);
    case MEANING_SUBC:
        b = loop_lower_make(state, from, MEANING_SUB, type, 1, a, b, NONE);
        return loop_lower_choose(
            state, from, 4, compare(state, from, 0, a, b),
            loop_lower_make(state, from, MEANING_SHL, type, 2, b, NONE, NONE),
            loop_lower_make(state, from, MEANING_SHL, type, 3, a, NONE, NONE));
    case MEANING_BSWAP:
        return swap_bytes(state, from, a);
    case MEANING_RSQRT:
    case MEANING_SQRT:
        if (meaning == MEANING_SQRT && loop_lower_has(state, MEANING_RSQRT, type)) {
            int estimate = loop_lower_make(state, from, MEANING_RSQRT, type, 0, a, NONE, NONE);
            return loop_lower_make(state, from, MEANING_MUL, type, 30, a,
                                   refine(state, from, 1, a, estimate, 2), NONE);
        }
        return loop_lower_missing(state, from, meaning, type);
    case MEANING_EXP:
        return exponential(state, from, a);
    default:
        return loop_lower_missing(state, from, meaning, type);
    }
}
