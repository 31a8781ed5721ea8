#include "traces/loop_token.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_blanks(struct loop_lexer *lexer)
{
    for (;; lexer->at++) {
        if (*lexer->at == '#')
            while (*lexer->at && *lexer->at != '\n')
                lexer->at++;
        if (*lexer->at == '\n')
            lexer->line++;
        else if (*lexer->at != ' ' && *lexer->at != '\t' && *lexer->at != '\r')
            return;
    }
}

static bool copy_text(struct loop_lexer *lexer, struct loop_token *token, size_t length,
                      struct error *err)
{
    if (length > LOOP_NAME_LENGTH)
        return error_set(err, "%s:%d: '%.20s...' is longer than %d characters", lexer->path,
                         lexer->line, lexer->at, LOOP_NAME_LENGTH);
    memcpy(token->text, lexer->at, length);
    token->text[length] = '\0';
    lexer->at += length;
    return true;
}

/* Integers in decimal or 0x, reals with a point or an exponent. "0..8" is an integer and a
 * mark. */
static bool number(struct loop_lexer *lexer, struct loop_token *token, struct error *err)
{
    const char *c = lexer->at;
    bool is_hex = c[0] == '0' && (c[1] == 'x' || c[1] == 'X');
    bool is_real = false;
    if (is_hex)
        c += 2;
    while (is_digit(*c) || (is_hex && is_letter(*c)))
        c++;
    if (!is_hex && *c == '.' && c[1] != '.') {
        is_real = true;
        for (c++; is_digit(*c); c++)
            ;
    }
    if (!is_hex && (*c == 'e' || *c == 'E')) {
        const char *exponent = c + 1;
        if (*exponent == '+' || *exponent == '-')
            exponent++;
        if (is_digit(*exponent)) {
            is_real = true;
            for (c = exponent; is_digit(*c); c++)
                ;
        }
    }
    if (!copy_text(lexer, token, (size_t)(c - lexer->at), err))
        return false;
    char *end = NULL;
    errno = 0;
    token->kind = is_real ? TOKEN_REAL : TOKEN_INTEGER;
    token->real = strtod(token->text, &end);
    if (!is_real) {
        token->integer = strtoll(token->text, &end, is_hex ? 16 : 10);
        token->real = (double)token->integer;
    }
    if (*end || is_letter(*lexer->at) || (!is_real && errno == ERANGE))
        return error_set(err, "%s:%d: '%s%.1s' is no number", lexer->path, lexer->line,
                         token->text, lexer->at);
    return true;
}

bool loop_token_next(struct loop_lexer *lexer, struct loop_token *token, struct error *err)
{
    static const char *const MARKS[] = {
        "<<=", ">>=", "..", "==", "!=", "<=", ">=", "<<", ">>", "&&",
        "||",  "+=",  "-=", "*=", "/=", "%=", "|=", "&=", "^="};
    skip_blanks(lexer);
    *token = (struct loop_token){.kind = TOKEN_END, .line = lexer->line};
    if (!*lexer->at) {
        strcpy(token->text, "end of file");
        return true;
    }
    if (is_digit(*lexer->at))
        return number(lexer, token, err);
    if (is_letter(*lexer->at)) {
        size_t length = 0;
        while (is_letter(lexer->at[length]) || is_digit(lexer->at[length]))
            length++;
        token->kind = TOKEN_NAME;
        return copy_text(lexer, token, length, err);
    }
    token->kind = TOKEN_MARK;
    for (size_t m = 0; m < sizeof MARKS / sizeof MARKS[0]; m++)
        if (strncmp(lexer->at, MARKS[m], strlen(MARKS[m])) == 0)
            return copy_text(lexer, token, strlen(MARKS[m]), err);
    if (strchr("+-*/%&|^~!<>=?:()[]{},.;", *lexer->at))
        return copy_text(lexer, token, 1, err);
    return error_set(err, "%s:%d: character %d%s%c%s is not part of the language", lexer->path,
                     lexer->line, (unsigned char)*lexer->at,
                     *lexer->at > ' ' && *lexer->at < 127 ? " '" : "",
                     *lexer->at > ' ' && *lexer->at < 127 ? *lexer->at : ' ',
                     *lexer->at > ' ' && *lexer->at < 127 ? "'" : "");
}
