/* Names of operators, and constants of numbers and sizes. */
#include "traces/loop_parser.h"

const char *const LOOP_OPERATOR_NAMES[LOOP_OPERATOR_COUNT] = {
    [LOOP_ADD] = "+",         [LOOP_SUB] = "-",         [LOOP_MUL] = "*",
    [LOOP_DIV] = "/",         [LOOP_REM] = "%",         [LOOP_AND] = "&",
    [LOOP_OR] = "|",          [LOOP_XOR] = "^",         [LOOP_SHL] = "<<",
    [LOOP_SHR] = ">>",        [LOOP_LT] = "<",          [LOOP_LE] = "<=",
    [LOOP_EQ] = "==",         [LOOP_NE] = "!=",         [LOOP_MIN] = "min",
    [LOOP_MAX] = "max",       [LOOP_SADD] = "sadd",     [LOOP_SSUB] = "ssub",
    [LOOP_SMUL] = "smul",     [LOOP_MULHI] = "mulhi",   [LOOP_AVG] = "avg",
    [LOOP_NEG] = "neg",       [LOOP_NOT] = "~",         [LOOP_ABS] = "abs",
    [LOOP_NORM] = "norm",     [LOOP_CLZ] = "clz",       [LOOP_POPCOUNT] = "popcount",
    [LOOP_BSWAP] = "bswap",   [LOOP_BITREV] = "bitrev", [LOOP_SQRT] = "sqrt",
    [LOOP_RSQRT] = "rsqrt",   [LOOP_RECIP] = "recip",   [LOOP_EXP] = "exp",
    [LOOP_SELECT] = "select", [LOOP_CAST] = "cast",     [LOOP_SAT] = "sat",
    [LOOP_ROUND] = "round",
};

static bool fold(struct loop_parser *parser, const struct loop_expression *expression,
                 int64_t *value)
{
    if (expression->kind == LOOP_NUMBER && expression->real == (double)expression->integer) {
        *value = expression->integer;
        return true;
    }
    int64_t a = 0, b = 0;
    bool is_foldable = expression->kind == LOOP_OPERATION && expression->argument_count == 2 &&
                       expression->operator_ <= LOOP_REM;
    if (!is_foldable)
        return error_set(parser->err, "%s:%d: a constant of numbers and sizes was wanted",
                         parser->lexer.path, expression->line);
    if (!fold(parser, expression->arguments[0], &a) ||
        !fold(parser, expression->arguments[1], &b))
        return false;
    if (expression->operator_ >= LOOP_DIV && b == 0)
        return error_set(parser->err, "%s:%d: division by zero", parser->lexer.path,
                         expression->line);
    bool is_over = false;
    switch (expression->operator_) {
    case LOOP_ADD:
        is_over = __builtin_add_overflow(a, b, value);
        break;
    case LOOP_SUB:
        is_over = __builtin_sub_overflow(a, b, value);
        break;
    case LOOP_MUL:
        is_over = __builtin_mul_overflow(a, b, value);
        break;
    case LOOP_DIV:
        is_over = a == INT64_MIN && b == -1;
        *value = is_over ? 0 : a / b;
        break;
    default:
        *value = b == -1 ? 0 : a % b;
    }
    if (is_over)
        return error_set(parser->err, "%s:%d: the constant does not fit 64 bits",
                         parser->lexer.path, expression->line);
    return true;
}

bool loop_parse_constant(struct loop_parser *parser, int64_t *value)
{
    struct loop_expression *expression = loop_parse_binary(parser, 8);
    return expression && fold(parser, expression, value);
}

struct loop_expression *loop_constant_folded(struct loop_parser *parser,
                                             struct loop_expression *expression)
{
    struct error own = {0};
    struct loop_parser quiet = *parser;
    int64_t value = 0;
    quiet.err = &own;
    if (expression->kind == LOOP_NUMBER || !fold(&quiet, expression, &value))
        return expression;
    struct loop_expression *number =
        loop_expression_make(parser, LOOP_NUMBER, expression->line);
    number->integer = value;
    number->real = (double)value;
    return number;
}
