/* Division and remainder: by powers of two, by units that divide, by estimates. */
#include "arch/vliw/lower_state.h"

/* Known to be 0 or more: counters that start there, what comes from unsigned types, and what is
 * masked. Sums and products of such are taken not to leave their type. */
static bool is_natural(const struct flow *flow, int index, int budget)
{
    const struct flow_node *node = &flow->nodes[index];
    if (node->type.class == NUMBER_UNSIGNED)
        return true;
    if (node->kind == FLOW_AFFINE || node->is_counter) {
        bool is_known = node->affine.constant >= 0;
        for (int level = 0; level < LOOP_LEVELS; level++)
            if (node->affine.coefficient[level])
                is_known = is_known && node->affine.coefficient[level] > 0 &&
                           flow->is_from_known[level] && flow->level_from[level] >= 0;
        return is_known;
    }
    if (node->kind != FLOW_OPERATION || node->predicate != NONE || budget == 0)
        return false;
    bool first = is_natural(flow, node->arguments[0], budget - 1);
    bool second = node->argument_count > 1 && is_natural(flow, node->arguments[1], budget - 1);
    switch (node->function) {
    case LOOP_AND:
        return first || second;
    case LOOP_ADD:
    case LOOP_MUL:
    case LOOP_OR:
        return first && second;
    case LOOP_SHR:
        return first;
    case LOOP_CAST:
        return flow->nodes[node->arguments[0]].type.bits < node->type.bits && first;
    default:
        return false;
    }
}

/* Towards 0, as the language divides: what is negative is moved up first. */
static int divide_by_power(struct lower_state *state, const struct loop_expression *from, int a,
                           int exponent, bool is_rest)
{
    struct number_format type = from->type;
    int mask = loop_lower_whole(state, from, (INT64_C(1) << exponent) - 1, type);
    bool is_unsigned = is_natural(state->flow, a, 8);
    if (is_unsigned && is_rest)
        return loop_lower_make(state, from, MEANING_AND, type, 0, a, mask, NONE);
    int by = loop_lower_whole(state, from, exponent, type);
    if (is_unsigned)
        return loop_lower_make(state, from, MEANING_SHR, type, 0, a, by, NONE);
    int sign = loop_lower_make(state, from, MEANING_SHR, type, 1, a,
                               loop_lower_whole(state, from, type.bits - 1, type), NONE);
    int bias = loop_lower_make(state, from, MEANING_AND, type, 2, sign, mask, NONE);
    int moved = loop_lower_make(state, from, MEANING_ADD, type, 3, a, bias, NONE);
    if (!is_rest)
        return loop_lower_make(state, from, MEANING_SHR, type, 4, moved, by, NONE);
    int kept = loop_lower_make(state, from, MEANING_AND, type, 5, moved, mask, NONE);
    return loop_lower_make(state, from, MEANING_SUB, type, 6, kept, bias, NONE);
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
        return divide_by_power(state, from, loop_lower_as_value(state, a), exponent, is_rest);
    a = loop_lower_as_value(state, a);
    b = loop_lower_as_value(state, b);
    enum meaning meaning = is_rest ? MEANING_REM : MEANING_DIV;
    if (loop_lower_has(state, meaning, type))
        return loop_lower_make(state, from, meaning, type, 0, a, b, NONE);
    if (is_rest || !loop_lower_has(state, MEANING_RECIP, type))
        return loop_lower_missing(state, from, meaning, type);
    int estimate = loop_lower_make(state, from, MEANING_RECIP, type, 0, b, NONE, NONE);
    return loop_lower_make(state, from, MEANING_MUL, type, 30, a,
                           loop_lower_refine(state, from, 1, b, estimate, 2), NONE);
}
