/* Declarations of a loop file: sizes, arrays, scalars. */
#include <stdlib.h>
#include <string.h>

#include "traces/loop_parser.h"

/* Words that stand where a name could stand as well; "in", "by" and hints do not. */
static const char *const RESERVED[] = {"kernel", "size",    "array",      "scalar",
                                       "for",    "while",   "if",         "else",
                                       "strict", "aligned", "independent"};

struct loop_symbol *loop_parser_declare(struct loop_parser *parser, enum loop_symbol_kind kind,
                                        const char *name, int line)
{
    struct number_format type;
    bool is_taken = number_format_parse(name, &type);
    for (size_t r = 0; r < sizeof RESERVED / sizeof RESERVED[0]; r++)
        is_taken = is_taken || strcmp(RESERVED[r], name) == 0;
    if (is_taken) {
        error_set(parser->err, "%s:%d: '%s' is a word of the language and cannot be declared",
                  parser->lexer.path, line, name);
        return NULL;
    }
    if (loop_parser_find(parser, name)) {
        error_set(parser->err, "%s:%d: '%s' is declared already, in line %d",
                  parser->lexer.path, line, name, loop_parser_find(parser, name)->line);
        return NULL;
    }
    struct loop_symbol *symbol = arena_alloc(parser->arena, sizeof *symbol);
    *symbol = (struct loop_symbol){.kind = kind,
                                   .name = arena_copy_text(parser->arena, name),
                                   .line = line,
                                   .id = parser->kernel->symbol_count++};
    if (parser->last_symbol)
        parser->last_symbol->next = symbol;
    else
        parser->kernel->symbols = symbol;
    parser->last_symbol = symbol;
    struct loop_scope *scope = arena_alloc(parser->arena, sizeof *scope);
    *scope = (struct loop_scope){symbol, parser->scope};
    parser->scope = scope;
    return symbol;
}

bool loop_parser_name(struct loop_parser *parser, char name[LOOP_NAME_LENGTH + 1],
                      const char *wanted)
{
    if (parser->token.kind != TOKEN_NAME)
        return loop_parser_wrong(parser, wanted);
    strcpy(name, parser->token.text);
    return loop_parser_advance(parser);
}

bool loop_parser_type(struct loop_parser *parser, struct number_format *type)
{
    if (parser->token.kind != TOKEN_NAME || !number_format_parse(parser->token.text, type))
        return loop_parser_wrong(parser, "a type such as i16 or f32");
    return loop_parser_advance(parser);
}

bool loop_parser_bounded(struct loop_parser *parser, int64_t low, int64_t high,
                         const char *what, int64_t *value)
{
    int line = parser->token.line;
    if (!loop_parse_constant(parser, value))
        return false;
    if (*value < low || *value > high)
        return error_set(parser->err, "%s:%d: %s is %lld, must be %lld to %lld",
                         parser->lexer.path, line, what, (long long)*value, (long long)low,
                         (long long)high);
    return true;
}

/* The value given from outside, or NULL. */
static const char *given_size(const struct loop_parser *parser, const char *name)
{
    size_t length = strlen(name);
    for (const char *const *size = parser->sizes; size && *size; size++)
        if (strncmp(*size, name, length) == 0 && (*size)[length] == '=')
            return *size + length + 1;
    return NULL;
}

bool loop_parse_size(struct loop_parser *parser)
{
    char name[LOOP_NAME_LENGTH + 1];
    int line = parser->token.line;
    if (!loop_parser_name(parser, name, "the name of a size"))
        return false;
    int64_t value = 0;
    if (!loop_parser_expect(parser, "=") || !loop_parse_constant(parser, &value))
        return false;
    const char *given = given_size(parser, name);
    if (given) {
        char *end = NULL;
        value = strtoll(given, &end, 10);
        if (end == given || *end)
            return error_set(parser->err, "size %s is '%s', must be an integer", name, given);
    }
    if (value < -LOOP_SIZE_MOST || value > LOOP_SIZE_MOST)
        return error_set(parser->err, "%s:%d: size %s is %lld, must be %d to %d",
                         parser->lexer.path, line, name, (long long)value, -LOOP_SIZE_MOST,
                         LOOP_SIZE_MOST);
    struct loop_symbol *symbol = loop_parser_declare(parser, LOOP_SIZE, name, line);
    if (!symbol)
        return false;
    symbol->value = value;
    return true;
}

static bool take_real(struct loop_parser *parser, double *value)
{
    double sign = loop_parser_is(parser, "-") ? -1 : 1;
    if (sign < 0 && !loop_parser_advance(parser))
        return false;
    if (parser->token.kind == TOKEN_REAL) {
        *value = sign * parser->token.real;
        return loop_parser_advance(parser);
    }
    int64_t integer = 0;
    if (!loop_parse_constant(parser, &integer))
        return false;
    *value = sign * (double)integer;
    return true;
}

static bool take_list(struct loop_parser *parser, struct loop_symbol *symbol)
{
    enum { LIST_MOST = 65536 };
    double *list = NULL;
    int64_t room = 0;
    do {
        if (symbol->list_count == LIST_MOST)
            return error_set(parser->err, "%s:%d: a list has more than %d values",
                             parser->lexer.path, parser->token.line, LIST_MOST);
        if (symbol->list_count == room) {
            list = arena_grow(parser->arena, list, (size_t)room, (size_t)(2 * room + 16),
                              sizeof *list);
            room = 2 * room + 16;
        }
        if (!take_real(parser, &list[symbol->list_count++]))
            return false;
    } while (loop_parser_take(parser, ","));
    symbol->list = list;
    symbol->initial = LOOP_INITIAL_LIST;
    return loop_parser_expect(parser, "}");
}

/* = random A .. B   = ramp A .. STEP   = { values }   = value */
static bool take_initial(struct loop_parser *parser, struct loop_symbol *symbol)
{
    if (loop_parser_take(parser, "{"))
        return take_list(parser, symbol);
    bool is_ramp = loop_parser_is(parser, "ramp");
    if (is_ramp || loop_parser_is(parser, "random")) {
        symbol->initial = is_ramp ? LOOP_INITIAL_RAMP : LOOP_INITIAL_RANDOM;
        if (!loop_parser_advance(parser) || !take_real(parser, &symbol->low) ||
            !loop_parser_expect(parser, is_ramp ? "by" : ".."))
            return false;
        int line = parser->token.line;
        if (!take_real(parser, &symbol->high))
            return false;
        return is_ramp || symbol->low <= symbol->high ||
               error_set(parser->err, "%s:%d: random range of '%s' is empty",
                         parser->lexer.path, line, symbol->name);
    }
    symbol->initial = LOOP_INITIAL_RAMP;
    symbol->high = 0;
    return take_real(parser, &symbol->low);
}

static bool array_words(struct loop_parser *parser, struct loop_symbol *symbol)
{
    for (;;) {
        if (loop_parser_take(parser, "aligned")) {
            int line = parser->token.line;
            if (!loop_parser_bounded(parser, 1, 4096, "alignment in bytes",
                                     &symbol->aligned_bytes))
                return false;
            if (symbol->aligned_bytes & (symbol->aligned_bytes - 1))
                return error_set(parser->err,
                                 "%s:%d: alignment is %lld bytes, must be a power of two",
                                 parser->lexer.path, line, (long long)symbol->aligned_bytes);
        } else if (loop_parser_take(parser, "independent")) {
            symbol->is_independent = true;
        } else if (loop_parser_take(parser, "=")) {
            return take_initial(parser, symbol);
        } else {
            return true;
        }
    }
}

bool loop_parse_array(struct loop_parser *parser)
{
    char name[LOOP_NAME_LENGTH + 1];
    int line = parser->token.line;
    if (!loop_parser_name(parser, name, "the name of an array"))
        return false;
    struct loop_symbol *symbol = loop_parser_declare(parser, LOOP_ARRAY, name, line);
    if (!symbol)
        return false;
    symbol->elements = 1;
    if (!loop_parser_is(parser, "["))
        return loop_parser_wrong(parser, "'[' and the number of elements");
    while (loop_parser_take(parser, "[")) {
        int64_t extent = 0;
        if (symbol->dimension_count == LOOP_DIMENSIONS)
            return error_set(parser->err, "%s:%d: '%s' has more than %d dimensions",
                             parser->lexer.path, line, name, LOOP_DIMENSIONS);
        if (!loop_parser_bounded(parser, 1, LOOP_SIZE_MOST, "an array's extent", &extent) ||
            !loop_parser_expect(parser, "]"))
            return false;
        symbol->extent[symbol->dimension_count++] = extent;
        if (__builtin_mul_overflow(symbol->elements, extent, &symbol->elements) ||
            symbol->elements > LOOP_SIZE_MOST)
            return error_set(parser->err, "%s:%d: '%s' has more than %d elements",
                             parser->lexer.path, line, name, LOOP_SIZE_MOST);
    }
    if (!loop_parser_expect(parser, ":") || !loop_parser_type(parser, &symbol->type))
        return false;
    symbol->low = symbol->type.class == NUMBER_SIGNED  ? -50
                  : symbol->type.class == NUMBER_FLOAT ? -1
                                                       : 0;
    symbol->high = symbol->type.class == NUMBER_FLOAT ? 1 : 50;
    return array_words(parser, symbol);
}

bool loop_parse_scalar(struct loop_parser *parser)
{
    char name[LOOP_NAME_LENGTH + 1];
    int line = parser->token.line;
    if (!loop_parser_name(parser, name, "the name of a scalar"))
        return false;
    struct loop_symbol *symbol = loop_parser_declare(parser, LOOP_SCALAR, name, line);
    if (!symbol || !loop_parser_expect(parser, ":") || !loop_parser_type(parser, &symbol->type))
        return false;
    symbol->initial = LOOP_INITIAL_RAMP;
    return !loop_parser_take(parser, "=") || take_real(parser, &symbol->low);
}
