#include <string.h>

#include "traces/loop_parser.h"

/* Functions by name with their number of arguments. */
static const struct {
    const char *name;
    enum loop_operator operator_;
    int arguments;
} FUNCTIONS[] = {
    {"min", LOOP_MIN, 2},       {"max", LOOP_MAX, 2},       {"sadd", LOOP_SADD, 2},
    {"ssub", LOOP_SSUB, 2},     {"smul", LOOP_SMUL, 2},     {"mulhi", LOOP_MULHI, 2},
    {"avg", LOOP_AVG, 2},       {"subc", LOOP_SUBC, 2},     {"abs", LOOP_ABS, 1},
    {"norm", LOOP_NORM, 1},     {"clz", LOOP_CLZ, 1},       {"popcount", LOOP_POPCOUNT, 1},
    {"bswap", LOOP_BSWAP, 1},   {"bitrev", LOOP_BITREV, 1}, {"sqrt", LOOP_SQRT, 1},
    {"rsqrt", LOOP_RSQRT, 1},   {"recip", LOOP_RECIP, 1},   {"exp", LOOP_EXP, 1},
    {"select", LOOP_SELECT, 3},
};

enum { FUNCTION_COUNT = sizeof FUNCTIONS / sizeof FUNCTIONS[0] };

static const struct number_format INT32 = {NUMBER_SIGNED, 32, 0, 0};
static const struct number_format FLOAT32 = {NUMBER_FLOAT, 32, 8, 23};

struct loop_expression *loop_expression_make(struct loop_parser *parser,
                                             enum loop_expression_kind kind, int line)
{
    struct loop_expression *expression = arena_alloc(parser->arena, sizeof *expression);
    expression->kind = kind;
    expression->line = line;
    expression->id = parser->kernel->expression_count++;
    return expression;
}

static bool is_free_number(const struct loop_expression *expression)
{
    return expression->kind == LOOP_NUMBER && expression->type.class == NUMBER_NONE;
}

/* A literal takes the type it meets; an integer literal beside a float becomes one. */
static void settle_number(struct loop_expression *number, struct number_format type)
{
    bool is_real = number->real != (double)number->integer;
    number->type = is_real && type.class != NUMBER_FLOAT ? FLOAT32 : type;
    if (number->type.class != NUMBER_FLOAT)
        number->real = (double)number->integer;
}

static struct number_format settle(struct loop_expression *expression)
{
    if (is_free_number(expression))
        settle_number(expression, INT32);
    return expression->type;
}

struct loop_expression *loop_expression_convert(struct loop_parser *parser,
                                                struct loop_expression *expression,
                                                struct number_format type)
{
    if (is_free_number(expression))
        settle_number(expression, type);
    if (number_format_equal(expression->type, type))
        return expression;
    struct loop_expression *cast =
        loop_expression_make(parser, LOOP_OPERATION, expression->line);
    cast->operator_ = LOOP_CAST;
    cast->type = type;
    cast->argument_count = 1;
    cast->arguments[0] = expression;
    return cast;
}

/* The wider of two types; a float beside an integer wins; signed wins at equal width. */
static struct number_format wider(struct number_format a, struct number_format b)
{
    bool is_float = a.class == NUMBER_FLOAT;
    if (is_float != (b.class == NUMBER_FLOAT))
        return is_float ? a : b;
    if (a.bits != b.bits)
        return a.bits > b.bits ? a : b;
    return a.class == NUMBER_SIGNED ? a : b;
}

static bool is_comparison(enum loop_operator operator_)
{
    return operator_ == LOOP_LT || operator_ == LOOP_LE || operator_ == LOOP_EQ ||
           operator_ == LOOP_NE;
}

struct loop_expression *loop_expression_binary(struct loop_parser *parser,
                                               enum loop_operator operator_,
                                               struct loop_expression *left,
                                               struct loop_expression *right, int line)
{
    struct loop_expression *result = loop_expression_make(parser, LOOP_OPERATION, line);
    result->operator_ = operator_;
    result->argument_count = 2;
    if (is_free_number(left) && is_free_number(right) && operator_ <= LOOP_REM) {
        result->arguments[0] = left;
        result->arguments[1] = right;
        struct loop_expression *number = loop_constant_folded(parser, result);
        if (number != result)
            return number;
    }
    if (operator_ == LOOP_SHL || operator_ == LOOP_SHR) {
        result->type = settle(left);
        settle(right);
    } else {
        if (is_free_number(left) && !is_free_number(right))
            settle_number(left, right->type);
        if (is_free_number(right) && !is_free_number(left))
            settle_number(right, left->type);
        struct number_format a = settle(left), b = settle(right), both = wider(a, b);
        bool is_product = operator_ == LOOP_MUL || operator_ == LOOP_SMUL;
        /* Factors keep their own types: a 16-bit multiplier takes them as they are. */
        if (is_product && both.class != NUMBER_FLOAT && both.bits <= 16) {
            result->type = both;
            result->type.bits = (uint8_t)(2 * both.bits);
        } else {
            left = loop_expression_convert(parser, left, both);
            right = loop_expression_convert(parser, right, both);
            result->type = is_comparison(operator_) ? INT32 : both;
        }
    }
    result->arguments[0] = left;
    result->arguments[1] = right;
    return result;
}

static struct loop_expression *unary(struct loop_parser *parser, enum loop_operator operator_,
                                     struct loop_expression *operand, int line)
{
    if (!operand)
        return NULL;
    if (operator_ == LOOP_NEG && is_free_number(operand)) {
        operand->integer = operand->integer == INT64_MIN ? INT64_MIN : -operand->integer;
        operand->real = -operand->real;
        return operand;
    }
    struct loop_expression *result = loop_expression_make(parser, LOOP_OPERATION, line);
    result->operator_ = operator_;
    result->type = settle(operand);
    result->argument_count = 1;
    result->arguments[0] = operand;
    return result;
}

struct loop_expression *loop_parse_place(struct loop_parser *parser,
                                         const struct loop_symbol *symbol)
{
    int line = parser->token.line;
    struct loop_expression *place = loop_expression_make(
        parser, symbol->kind == LOOP_ARRAY ? LOOP_ELEMENT : LOOP_NAME, line);
    place->symbol = symbol;
    place->type = symbol->type;
    if (symbol->kind != LOOP_ARRAY)
        return place;
    for (int d = 0; d < symbol->dimension_count; d++) {
        if (!loop_parser_expect(parser, "["))
            return NULL;
        struct loop_expression *subscript = loop_parse_expression(parser);
        if (!subscript)
            return NULL;
        settle(subscript);
        if (subscript->type.class == NUMBER_FLOAT) {
            error_set(parser->err, "%s:%d: a subscript of '%s' is a float, must be an integer",
                      parser->lexer.path, line, symbol->name);
            return NULL;
        }
        place->arguments[place->argument_count++] = subscript;
        if (!loop_parser_expect(parser, "]"))
            return NULL;
    }
    return place;
}

/* Arguments of a function, the name being taken already. */
static struct loop_expression *call(struct loop_parser *parser, enum loop_operator operator_,
                                    int count, struct number_format type, int line)
{
    struct loop_expression *arguments[LOOP_ARGUMENTS] = {NULL};
    if (!loop_parser_expect(parser, "("))
        return NULL;
    for (int a = 0; a < count; a++) {
        if (a > 0 && !loop_parser_expect(parser, ","))
            return NULL;
        arguments[a] = loop_parse_expression(parser);
        if (!arguments[a])
            return NULL;
    }
    if (!loop_parser_expect(parser, ")"))
        return NULL;
    if (operator_ == LOOP_CAST)
        return loop_expression_convert(parser, arguments[0], type);
    if (count == 1) {
        struct loop_expression *result = unary(parser, operator_, arguments[0], line);
        if (result && type.class != NUMBER_NONE)
            result->type = type;
        return result;
    }
    if (count == 2)
        return loop_expression_binary(parser, operator_, arguments[0], arguments[1], line);
    struct loop_expression *select =
        loop_expression_binary(parser, LOOP_SELECT, arguments[1], arguments[2], line);
    settle(arguments[0]);
    select->arguments[2] = select->arguments[1];
    select->arguments[1] = select->arguments[0];
    select->arguments[0] = arguments[0];
    select->argument_count = 3;
    return select;
}

static struct loop_expression *named(struct loop_parser *parser)
{
    char name[LOOP_NAME_LENGTH + 1];
    int line = parser->token.line;
    strcpy(name, parser->token.text);
    const struct loop_symbol *symbol = loop_parser_find(parser, name);
    if (!loop_parser_advance(parser))
        return NULL;
    if (symbol && symbol->kind == LOOP_SIZE) {
        struct loop_expression *number = loop_expression_make(parser, LOOP_NUMBER, line);
        number->integer = symbol->value;
        number->real = (double)symbol->value;
        return number;
    }
    if (symbol)
        return loop_parse_place(parser, symbol);
    struct number_format type = {0};
    for (int f = 0; f < FUNCTION_COUNT; f++)
        if (strcmp(FUNCTIONS[f].name, name) == 0)
            return call(parser, FUNCTIONS[f].operator_, FUNCTIONS[f].arguments, type, line);
    if (number_format_parse(name, &type))
        return call(parser, LOOP_CAST, 1, type, line);
    if (strncmp(name, "sat_", 4) == 0 && number_format_parse(name + 4, &type))
        return call(parser, LOOP_SAT, 1, type, line);
    if (strncmp(name, "round_", 6) == 0 && number_format_parse(name + 6, &type))
        return call(parser, LOOP_ROUND, 1, type, line);
    error_set(parser->err, "%s:%d: '%s' is neither declared nor a function", parser->lexer.path,
              line, name);
    return NULL;
}

static struct loop_expression *primary(struct loop_parser *parser)
{
    struct loop_token token = parser->token;
    if (token.kind == TOKEN_INTEGER || token.kind == TOKEN_REAL) {
        struct loop_expression *number = loop_expression_make(parser, LOOP_NUMBER, token.line);
        number->integer = token.kind == TOKEN_INTEGER ? token.integer
                          : token.real < 9e18         ? (int64_t)token.real
                                                      : 0;
        number->real = token.real;
        if (token.kind == TOKEN_REAL)
            number->type = FLOAT32;
        return loop_parser_advance(parser) ? number : NULL;
    }
    if (token.kind == TOKEN_NAME)
        return named(parser);
    if (loop_parser_is(parser, "(")) {
        if (!loop_parser_advance(parser))
            return NULL;
        struct loop_expression *inner = loop_parse_expression(parser);
        return inner && loop_parser_expect(parser, ")") ? inner : NULL;
    }
    loop_parser_wrong(parser, "a number, a name or '('");
    return NULL;
}

/* 0 or 1: what is no comparison yet is compared with 0. */
static struct loop_expression *truth(struct loop_parser *parser,
                                     struct loop_expression *expression,
                                     enum loop_operator operator_, int line)
{
    bool is_truth = expression->kind == LOOP_OPERATION && is_comparison(expression->operator_);
    if (operator_ == LOOP_NE &&
        (is_truth || (expression->kind == LOOP_OPERATION && expression->is_truth)))
        return expression;
    struct loop_expression *zero = loop_expression_make(parser, LOOP_NUMBER, line);
    return loop_expression_binary(parser, operator_, expression, zero, line);
}

static struct loop_expression *signed_primary(struct loop_parser *parser)
{
    int line = parser->token.line;
    if (++parser->depth > LOOP_DEPTH) {
        error_set(parser->err, "%s:%d: expressions are nested deeper than %d",
                  parser->lexer.path, line, LOOP_DEPTH);
        return NULL;
    }
    struct loop_expression *result = NULL;
    if (loop_parser_take(parser, "!")) {
        struct loop_expression *operand = signed_primary(parser);
        result = operand ? truth(parser, operand, LOOP_EQ, line) : NULL;
    } else if (loop_parser_is(parser, "-") || loop_parser_is(parser, "~")) {
        enum loop_operator operator_ = loop_parser_is(parser, "-") ? LOOP_NEG : LOOP_NOT;
        if (loop_parser_advance(parser))
            result = unary(parser, operator_, signed_primary(parser), line);
    } else {
        result = primary(parser);
    }
    parser->depth--;
    return result;
}

/* Operators by level, loosest first; `swaps` marks a > b, which is b < a. */
static const struct {
    const char *mark;
    enum loop_operator operator_;
    int level;
    bool swaps;
} OPERATORS[] = {
    {"||", LOOP_OR, 0, false},  {"&&", LOOP_AND, 1, false}, {"|", LOOP_OR, 2, false},
    {"^", LOOP_XOR, 3, false},  {"&", LOOP_AND, 4, false},  {"==", LOOP_EQ, 5, false},
    {"!=", LOOP_NE, 5, false},  {"<", LOOP_LT, 6, false},   {"<=", LOOP_LE, 6, false},
    {">", LOOP_LT, 6, true},    {">=", LOOP_LE, 6, true},   {"<<", LOOP_SHL, 7, false},
    {">>", LOOP_SHR, 7, false}, {"+", LOOP_ADD, 8, false},  {"-", LOOP_SUB, 8, false},
    {"*", LOOP_MUL, 9, false},  {"/", LOOP_DIV, 9, false},  {"%", LOOP_REM, 9, false},
};

enum { OPERATOR_MARKS = sizeof OPERATORS / sizeof OPERATORS[0], LEVELS = 10 };

struct loop_expression *loop_parse_binary(struct loop_parser *parser, int level)
{
    struct loop_expression *left = signed_primary(parser);
    while (left) {
        int found = -1, line = parser->token.line;
        for (int o = 0; o < OPERATOR_MARKS && found < 0; o++)
            if (OPERATORS[o].level >= level && loop_parser_is(parser, OPERATORS[o].mark))
                found = o;
        if (found < 0)
            return left;
        if (!loop_parser_advance(parser))
            return NULL;
        struct loop_expression *right = loop_parse_binary(parser, OPERATORS[found].level + 1);
        if (!right)
            return NULL;
        if (OPERATORS[found].swaps) {
            struct loop_expression *swap = left;
            left = right;
            right = swap;
        }
        bool is_bitwise = OPERATORS[found].level >= 2 && OPERATORS[found].level <= 4;
        if ((is_bitwise || OPERATORS[found].level == 7) &&
            (settle(left).class == NUMBER_FLOAT || settle(right).class == NUMBER_FLOAT)) {
            error_set(parser->err, "%s:%d: '%s' of floats has no meaning", parser->lexer.path,
                      line, OPERATORS[found].mark);
            return NULL;
        }
        bool is_logical = OPERATORS[found].level < 2;
        if (is_logical) {
            left = truth(parser, left, LOOP_NE, line);
            right = truth(parser, right, LOOP_NE, line);
        }
        left = loop_expression_binary(parser, OPERATORS[found].operator_, left, right, line);
        left->is_truth = is_logical;
    }
    return NULL;
}

struct loop_expression *loop_parse_expression(struct loop_parser *parser)
{
    int line = parser->token.line;
    if (++parser->depth > LOOP_DEPTH) {
        error_set(parser->err, "%s:%d: expressions are nested deeper than %d",
                  parser->lexer.path, line, LOOP_DEPTH);
        return NULL;
    }
    struct loop_expression *condition = loop_parse_binary(parser, 0);
    if (condition && loop_parser_is(parser, "?")) {
        struct loop_expression *yes = NULL, *no = NULL;
        if (loop_parser_advance(parser))
            yes = loop_parse_expression(parser);
        if (yes && loop_parser_expect(parser, ":"))
            no = loop_parse_expression(parser);
        if (!no)
            return NULL;
        struct loop_expression *select =
            loop_expression_binary(parser, LOOP_SELECT, yes, no, line);
        settle(condition);
        select->arguments[2] = select->arguments[1];
        select->arguments[1] = select->arguments[0];
        select->arguments[0] = condition;
        select->argument_count = 3;
        condition = select;
    }
    parser->depth--;
    return condition;
}
