/* What the two halves of the parser of loop files share: declarations and statements in
 * loop_parse.c, expressions and their types in loop_expression.c. */
#ifndef TRACES_LOOP_PARSER_H
#define TRACES_LOOP_PARSER_H

#include "traces/loop_token.h"

enum { LOOP_DEPTH = 64, LOOP_BLOCK_DEPTH = 16, LOOP_TEXT_BYTES = 1 << 20 };

struct loop_scope {
    const struct loop_symbol *symbol;
    const struct loop_scope *outer; /* declared before; inner blocks first */
};

struct loop_parser {
    struct arena *arena;
    struct loop_kernel *kernel;
    struct loop_lexer lexer;
    struct loop_token token; /* the one not yet taken */
    const struct loop_scope *scope;
    struct loop_symbol *last_symbol;
    int depth, block_depth;
    const char *const *sizes;
    struct error *err;
};

/* Each returns false after setting the error. */
bool loop_parser_advance(struct loop_parser *parser);
bool loop_parser_wrong(struct loop_parser *parser, const char *wanted);
bool loop_parser_is(const struct loop_parser *parser, const char *word);
/* Takes the token when it is this word or mark. */
bool loop_parser_take(struct loop_parser *parser, const char *word);
bool loop_parser_expect(struct loop_parser *parser, const char *word);
const struct loop_symbol *loop_parser_find(const struct loop_parser *parser, const char *name);

struct loop_expression *loop_parse_expression(struct loop_parser *parser);
/* A constant integer: numbers, sizes and + - * / % ( ). */
bool loop_parse_constant(struct loop_parser *parser, int64_t *value);
/* The number that an expression of numbers and sizes is; any other expression as it is. */
struct loop_expression *loop_constant_folded(struct loop_parser *parser,
                                             struct loop_expression *expression);
struct loop_expression *loop_expression_make(struct loop_parser *parser,
                                             enum loop_expression_kind kind, int line);
/* The expression as a value of `type`: itself, or a conversion of it. */
struct loop_expression *loop_expression_convert(struct loop_parser *parser,
                                                struct loop_expression *expression,
                                                struct number_format type);
struct loop_expression *loop_expression_binary(struct loop_parser *parser,
                                               enum loop_operator operator_,
                                               struct loop_expression *left,
                                               struct loop_expression *right, int line);
/* NAME followed by its subscripts, if it is an array. */
struct loop_expression *loop_parse_place(struct loop_parser *parser,
                                         const struct loop_symbol *symbol);

enum { LOOP_SIZE_MOST = 1 << 30 };

struct loop_symbol *loop_parser_declare(struct loop_parser *parser, enum loop_symbol_kind kind,
                                        const char *name, int line);
bool loop_parser_name(struct loop_parser *parser, char name[LOOP_NAME_LENGTH + 1],
                      const char *wanted);
bool loop_parser_type(struct loop_parser *parser, struct number_format *type);
bool loop_parser_bounded(struct loop_parser *parser, int64_t low, int64_t high,
                         const char *what, int64_t *value);
bool loop_parse_size(struct loop_parser *parser);
bool loop_parse_array(struct loop_parser *parser);
bool loop_parse_scalar(struct loop_parser *parser);

/* Precedence climbing: operators of at least this level. */
struct loop_expression *loop_parse_binary(struct loop_parser *parser, int level);

#endif
