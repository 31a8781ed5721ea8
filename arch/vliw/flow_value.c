#include "arch/vliw/flow_value.h"

#include <math.h>

#include "traces/loop_operation.h"

static struct loop_number integer(int64_t value, struct number_format type)
{
    return (struct loop_number){loop_wrap(value, type), 0};
}

static struct loop_number real(double value, struct number_format type)
{
    return (struct loop_number){0, type.bits <= 32 ? (double)(float)value : value};
}

struct loop_number flow_value_as(struct loop_number value, struct number_format from,
                                 struct number_format to)
{
    bool was_float = from.class == NUMBER_FLOAT;
    if (to.class == NUMBER_FLOAT)
        return real(was_float ? value.real : (double)value.integer, to);
    if (!was_float)
        return integer(value.integer, to);
    double limit = 9.2e18, kept = trunc(value.real);
    kept = kept > limit ? limit : kept < -limit ? -limit : kept;
    return integer(isnan(kept) ? 0 : (int64_t)kept, to);
}

bool flow_value_holds(struct loop_number value, struct number_format type, uint8_t negated,
                      int bit)
{
    bool is_true =
        type.class == NUMBER_FLOAT ? value.real < 0 || value.real > 0 : value.integer != 0;
    return is_true != ((negated & bit) != 0);
}

/* Arguments of an operator of the language in the type in which it works. */
static struct loop_number work(const struct flow_node *node, struct number_format operands,
                               const struct loop_number *a)
{
    enum loop_operator operator_ = (enum loop_operator)node->function;
    bool was_float = operands.class == NUMBER_FLOAT;
    if (operator_ >= LOOP_LT && operator_ <= LOOP_NE)
        return integer(loop_compares(operator_, a[0].real, a[1].real, a[0].integer,
                                     a[1].integer, was_float),
                       node->type);
    if (operator_ == LOOP_CAST)
        return flow_value_as(a[0], operands, node->type);
    if (operator_ == LOOP_ROUND)
        return flow_value_as(was_float ? (struct loop_number){0, rint(a[0].real)} : a[0],
                             operands, node->type);
    if (operator_ == LOOP_SAT)
        return was_float ? flow_value_as(a[0], operands, node->type)
                         : integer(loop_saturate(a[0].integer, node->type), node->type);
    if (node->type.class == NUMBER_FLOAT)
        return real(loop_float_operation(operator_, a[0].real, a[1].real, a[2].real),
                    node->type);
    if ((operator_ == LOOP_DIV || operator_ == LOOP_REM) && a[1].integer == 0)
        return integer(0, node->type);
    return integer(loop_integer_operation(operator_, a[0].integer, a[1].integer, a[2].integer,
                                          node->type, operands),
                   node->type);
}

struct loop_number flow_value_of(const struct flow *flow, const struct flow_node *node,
                                 const struct loop_number *arguments)
{
    struct loop_number a[3] = {{0, 0}, {0, 0}, {0, 0}};
    struct number_format types[3] = {{0}};
    for (int k = 0; k < 3 && k < node->argument_count; k++) {
        a[k] = arguments[k];
        types[k] = flow->nodes[node->arguments[k]].type;
    }
    uint64_t low = (uint64_t)a[0].integer;
    switch (node->function) {
    case FLOW_KEEP:
        return flow_value_as(a[0], types[0], node->type);
    case FLOW_BOTH:
        return integer(flow_value_holds(a[0], types[0], node->negated, 1) &&
                           flow_value_holds(a[1], types[1], node->negated, 2),
                       node->type);
    case FLOW_SHIFT_RIGHT:
        if (types[0].bits < 64)
            low &= (UINT64_C(1) << types[0].bits) - 1;
        return integer((int64_t)(low >> (a[1].integer & 63)), node->type);
    case FLOW_SWAP_BYTES:
        return integer(
            (int64_t)((low & UINT64_C(0xff00ff)) << 8 | (low >> 8 & UINT64_C(0xff00ff))),
            types[0]);
    case FLOW_SWAP_HALVES:
        low &= UINT64_C(0xffffffff);
        return integer((int64_t)(low << 16 | low >> 16), node->type);
    case LOOP_SELECT:
        return flow_value_holds(a[0], types[0], node->negated, 1)
                   ? flow_value_as(a[1], types[1], node->type)
                   : flow_value_as(a[2], types[2], node->type);
    default:
        return work(node, types[0], a);
    }
}

struct loop_number flow_value_join(enum meaning meaning, struct number_format type,
                                   struct loop_number a, struct loop_number b)
{
    static const enum loop_operator OPERATORS[MEANING_COUNT] = {
        [MEANING_ADD] = LOOP_ADD, [MEANING_SUB] = LOOP_SUB, [MEANING_MUL] = LOOP_MUL,
        [MEANING_MIN] = LOOP_MIN, [MEANING_MAX] = LOOP_MAX, [MEANING_AND] = LOOP_AND,
        [MEANING_OR] = LOOP_OR,   [MEANING_XOR] = LOOP_XOR};
    struct flow_node node = {.function = OPERATORS[meaning], .type = type};
    struct loop_number both[3] = {a, b, {0, 0}};
    return work(&node, type, both);
}

struct loop_number flow_value_identity(enum meaning meaning, struct number_format type)
{
    bool is_float = type.class == NUMBER_FLOAT;
    int64_t most = loop_saturate(INT64_MAX / 2, type),
            least = loop_saturate(-INT64_MAX / 2, type);
    switch (meaning) {
    case MEANING_MUL:
        return is_float ? real(1, type) : integer(1, type);
    case MEANING_MIN:
        return is_float ? (struct loop_number){0, INFINITY} : integer(most, type);
    case MEANING_MAX:
        return is_float ? (struct loop_number){0, -INFINITY} : integer(least, type);
    case MEANING_AND:
        return integer(-1, type);
    default:
        return (struct loop_number){0, 0};
    }
}
