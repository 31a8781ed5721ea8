#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/loop_check.h"
#include "traces/loop_parser.h"

bool loop_parser_advance(struct loop_parser *parser)
{
    return loop_token_next(&parser->lexer, &parser->token, parser->err);
}

bool loop_parser_wrong(struct loop_parser *parser, const char *wanted)
{
    return error_set(parser->err, "%s:%d: got '%s', wanted %s", parser->lexer.path,
                     parser->token.line, parser->token.text, wanted);
}

bool loop_parser_is(const struct loop_parser *parser, const char *word)
{
    return (parser->token.kind == TOKEN_NAME || parser->token.kind == TOKEN_MARK) &&
           strcmp(parser->token.text, word) == 0;
}

bool loop_parser_take(struct loop_parser *parser, const char *word)
{
    return loop_parser_is(parser, word) && loop_parser_advance(parser);
}

bool loop_parser_expect(struct loop_parser *parser, const char *word)
{
    if (loop_parser_is(parser, word))
        return loop_parser_advance(parser);
    char wanted[LOOP_NAME_LENGTH + 8];
    snprintf(wanted, sizeof wanted, "'%s'", word);
    return loop_parser_wrong(parser, wanted);
}

const struct loop_symbol *loop_parser_find(const struct loop_parser *parser, const char *name)
{
    for (const struct loop_scope *scope = parser->scope; scope; scope = scope->outer)
        if (strcmp(scope->symbol->name, name) == 0)
            return scope->symbol;
    return NULL;
}

static struct loop_statement *parse_statement(struct loop_parser *parser);

static bool parse_block(struct loop_parser *parser, struct loop_statement **first)
{
    const struct loop_scope *scope = parser->scope;
    if (++parser->block_depth > LOOP_BLOCK_DEPTH)
        return error_set(parser->err, "%s:%d: blocks are nested deeper than %d",
                         parser->lexer.path, parser->token.line, LOOP_BLOCK_DEPTH);
    if (!loop_parser_expect(parser, "{"))
        return false;
    while (!loop_parser_is(parser, "}")) {
        struct loop_statement *statement = parse_statement(parser);
        if (!statement)
            return false;
        *first = statement;
        first = &statement->next;
    }
    parser->block_depth--;
    parser->scope = scope;
    return loop_parser_advance(parser);
}

static bool take_words(struct loop_parser *parser, struct loop_words *words)
{
    const char **list = NULL;
    int room = 0;
    do {
        char name[LOOP_NAME_LENGTH + 1];
        if (!loop_parser_name(parser, name, "the name of an operation"))
            return false;
        if (words->count == room) {
            list =
                arena_grow(parser->arena, list, (size_t)room, (size_t)room + 8, sizeof *list);
            room += 8;
        }
        list[words->count++] = arena_copy_text(parser->arena, name);
        words->words = list;
    } while (loop_parser_take(parser, ","));
    return true;
}

static bool loop_hints(struct loop_parser *parser, struct loop_statement *loop)
{
    for (;;) {
        if (loop_parser_take(parser, "by")) {
            if (!loop_parser_bounded(parser, 1, LOOP_SIZE_MOST, "a step", &loop->step))
                return false;
        } else if (loop_parser_take(parser, "unroll")) {
            if (!loop_parser_bounded(parser, 1, 256, "unroll", &loop->unroll))
                return false;
        } else if (loop_parser_take(parser, "multiple")) {
            if (!loop_parser_bounded(parser, 1, 65536, "multiple", &loop->multiple))
                return false;
        } else if (loop_parser_take(parser, "sequential")) {
            loop->is_sequential = true;
        } else if (loop_parser_take(parser, "independent")) {
            loop->is_independent = true;
        } else if (loop_parser_take(parser, "use")) {
            if (!take_words(parser, &loop->use))
                return false;
        } else if (loop_parser_take(parser, "avoid")) {
            if (!take_words(parser, &loop->avoid))
                return false;
        } else {
            return loop_parser_is(parser, "{") ||
                   loop_parser_wrong(parser, "'{' or one of by, unroll, multiple, sequential, "
                                             "independent, use, avoid");
        }
    }
}

static struct loop_statement *make_statement(struct loop_parser *parser,
                                             enum loop_statement_kind kind, int line)
{
    struct loop_statement *statement = arena_alloc(parser->arena, sizeof *statement);
    *statement = (struct loop_statement){.kind = kind,
                                         .line = line,
                                         .id = parser->kernel->statement_count++,
                                         .step = 1,
                                         .multiple = 1};
    return statement;
}

static bool parse_for(struct loop_parser *parser, struct loop_statement *loop)
{
    const struct loop_scope *scope = parser->scope;
    char name[LOOP_NAME_LENGTH + 1];
    int line = parser->token.line;
    if (!loop_parser_name(parser, name, "the name of a loop index") ||
        !loop_parser_expect(parser, "in"))
        return false;
    loop->from = loop_parse_expression(parser);
    if (!loop->from || !loop_parser_expect(parser, ".."))
        return false;
    loop->to = loop_parse_expression(parser);
    if (!loop->to)
        return false;
    struct number_format int32 = number_format_integer(true, 32);
    loop->from = loop_constant_folded(parser, loop->from);
    loop->to = loop_constant_folded(parser, loop->to);
    loop->from = loop_expression_convert(parser, loop->from, int32);
    loop->to = loop_expression_convert(parser, loop->to, int32);
    if (!loop_hints(parser, loop))
        return false;
    loop->index = loop_parser_declare(parser, LOOP_INDEX, name, line);
    if (!loop->index)
        return false;
    loop->index->type = int32;
    if (!parse_block(parser, &loop->body))
        return false;
    parser->scope = scope;
    return true;
}

static bool parse_condition(struct loop_parser *parser, struct loop_statement *statement)
{
    statement->value = loop_parse_expression(parser);
    if (!statement->value)
        return false;
    if (statement->value->type.class == NUMBER_NONE)
        statement->value =
            loop_expression_convert(parser, statement->value, number_format_integer(true, 32));
    if (statement->kind == LOOP_WHILE && !loop_hints(parser, statement))
        return false;
    if (!parse_block(parser, &statement->body))
        return false;
    if (statement->kind == LOOP_IF && loop_parser_take(parser, "else")) {
        if (!loop_parser_is(parser, "if"))
            return parse_block(parser, &statement->other);
        if (++parser->depth > LOOP_DEPTH)
            return error_set(parser->err, "%s:%d: 'else if' is repeated more than %d times",
                             parser->lexer.path, parser->token.line, LOOP_DEPTH);
        statement->other = parse_statement(parser);
        parser->depth--;
        return statement->other != NULL;
    }
    return true;
}

static bool assignment_value(struct loop_parser *parser, struct loop_statement *statement,
                             int line)
{
    static const struct {
        const char *mark;
        enum loop_operator operator_;
    } UPDATES[] = {{"+=", LOOP_ADD}, {"-=", LOOP_SUB}, {"*=", LOOP_MUL},  {"|=", LOOP_OR},
                   {"&=", LOOP_AND}, {"^=", LOOP_XOR}, {"<<=", LOOP_SHL}, {">>=", LOOP_SHR},
                   {"/=", LOOP_DIV}, {"%=", LOOP_REM}};
    int update = -1;
    for (size_t u = 0; u < sizeof UPDATES / sizeof UPDATES[0]; u++)
        if (loop_parser_is(parser, UPDATES[u].mark))
            update = (int)u;
    if (update < 0 && !loop_parser_is(parser, "="))
        return loop_parser_wrong(parser, "'=', '+=' or another assignment");
    if (!loop_parser_advance(parser))
        return false;
    struct loop_expression *value = loop_parse_expression(parser);
    if (!value)
        return false;
    if (update >= 0) {
        struct loop_expression *old =
            loop_expression_make(parser, statement->target->kind, line);
        int id = old->id;
        *old = *statement->target;
        old->id = id;
        value = loop_expression_binary(parser, UPDATES[update].operator_, old, value, line);
    }
    statement->value = loop_expression_convert(parser, value, statement->target->type);
    return true;
}

/* NAME [: TYPE] = ..., NAME[..] = ..., NAME += ... */
static bool parse_assignment(struct loop_parser *parser, struct loop_statement *statement)
{
    char name[LOOP_NAME_LENGTH + 1];
    int line = parser->token.line;
    if (!loop_parser_name(parser, name, "a statement"))
        return false;
    const struct loop_symbol *symbol = loop_parser_find(parser, name);
    if (symbol && (symbol->kind == LOOP_SIZE || symbol->kind == LOOP_INDEX))
        return error_set(parser->err, "%s:%d: %s '%s' cannot be assigned to",
                         parser->lexer.path, line,
                         symbol->kind == LOOP_SIZE ? "size" : "loop index", name);
    if (symbol) {
        statement->target = loop_parse_place(parser, symbol);
        return statement->target && assignment_value(parser, statement, line);
    }
    struct number_format type = {0};
    if (loop_parser_take(parser, ":")) {
        if (!loop_parser_type(parser, &type))
            return false;
    }
    if (!loop_parser_is(parser, "=")) {
        if (parser->err->is_set)
            return false;
        return error_set(parser->err, "%s:%d: '%s' is not declared", parser->lexer.path, line,
                         name);
    }
    if (!loop_parser_advance(parser))
        return false;
    struct loop_expression *value = loop_parse_expression(parser);
    if (!value)
        return false;
    if (type.class == NUMBER_NONE)
        type = value->type.class == NUMBER_NONE ? number_format_integer(true, 32) : value->type;
    struct loop_symbol *local = loop_parser_declare(parser, LOOP_LOCAL, name, line);
    if (!local)
        return false;
    local->type = type;
    statement->target = loop_parse_place(parser, local);
    if (!statement->target)
        return false;
    statement->value = loop_expression_convert(parser, value, type);
    return true;
}

static struct loop_statement *parse_statement(struct loop_parser *parser)
{
    int line = parser->token.line;
    if (loop_parser_take(parser, "for")) {
        struct loop_statement *loop = make_statement(parser, LOOP_FOR, line);
        return parse_for(parser, loop) ? loop : NULL;
    }
    bool is_while = loop_parser_is(parser, "while");
    if (is_while || loop_parser_is(parser, "if")) {
        struct loop_statement *statement =
            make_statement(parser, is_while ? LOOP_WHILE : LOOP_IF, line);
        return loop_parser_advance(parser) && parse_condition(parser, statement) ? statement
                                                                                 : NULL;
    }
    struct loop_statement *statement = make_statement(parser, LOOP_ASSIGN, line);
    if (!parse_assignment(parser, statement))
        return NULL;
    while (loop_parser_take(parser, ";"))
        ;
    return parser->err->is_set ? NULL : statement;
}

static bool parse_kernel(struct loop_parser *parser)
{
    char name[LOOP_NAME_LENGTH + 1];
    if (!loop_parser_advance(parser) || !loop_parser_expect(parser, "kernel") ||
        !loop_parser_name(parser, name, "the kernel's name"))
        return false;
    parser->kernel->name = arena_copy_text(parser->arena, name);
    parser->kernel->is_reassociable = !loop_parser_take(parser, "strict");
    struct loop_statement **next = &parser->kernel->body;
    while (parser->token.kind != TOKEN_END && !parser->err->is_set) {
        if (loop_parser_take(parser, "size")) {
            if (!loop_parse_size(parser))
                return false;
        } else if (loop_parser_take(parser, "array")) {
            if (!loop_parse_array(parser))
                return false;
        } else if (loop_parser_take(parser, "scalar")) {
            if (!loop_parse_scalar(parser))
                return false;
        } else if (!parser->err->is_set) {
            *next = parse_statement(parser);
            if (!*next)
                return false;
            next = &(*next)->next;
        }
    }
    if (parser->err->is_set)
        return false;
    return parser->kernel->body || error_set(parser->err, "%s:%d: kernel '%s' has no statement",
                                             parser->lexer.path, parser->token.line, name);
}

static bool sizes_are_known(const struct loop_parser *parser)
{
    for (const char *const *size = parser->sizes; size && *size; size++) {
        const char *equals = strchr(*size, '=');
        bool is_known = false;
        for (const struct loop_symbol *s = parser->kernel->symbols; s && equals; s = s->next)
            is_known = is_known ||
                       (s->kind == LOOP_SIZE && strlen(s->name) == (size_t)(equals - *size) &&
                        strncmp(s->name, *size, strlen(s->name)) == 0);
        if (!is_known)
            return error_set(parser->err, "%s: '%s' sets no size of kernel '%s'",
                             parser->lexer.path, *size, parser->kernel->name);
    }
    return true;
}

bool loop_parse(struct arena *arena, const char *path, const char *text,
                const char *const *sizes, struct loop_kernel *kernel, struct error *err)
{
    struct error own = {0};
    struct error *target = err ? err : &own;
    *kernel = (struct loop_kernel){.path = arena_copy_text(arena, path)};
    struct loop_parser parser = {.arena = arena,
                                 .kernel = kernel,
                                 .lexer = {kernel->path, text, 1},
                                 .sizes = sizes,
                                 .err = target};
    return parse_kernel(&parser) && sizes_are_known(&parser) &&
           loop_check(kernel, arena, target);
}

bool loop_load(struct arena *arena, const char *path, const char *const *sizes,
               struct loop_kernel *kernel, struct error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return error_set(err, "%s: cannot be read", path);
    char *text = arena_alloc(arena, LOOP_TEXT_BYTES + 1);
    size_t length = fread(text, 1, LOOP_TEXT_BYTES, file);
    bool is_whole = !ferror(file) && fgetc(file) == EOF;
    fclose(file);
    if (!is_whole)
        return error_set(err, "%s: is larger than %d bytes, or cannot be read", path,
                         LOOP_TEXT_BYTES);
    if (memchr(text, '\0', length))
        return error_set(err, "%s: holds a NUL byte and is no text", path);
    text[length] = '\0';
    return loop_parse(arena, path, text, sizes, kernel, err);
}
