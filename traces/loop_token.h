/* Words of a loop file. One token at a time, without allocation except for names. */
#ifndef TRACES_LOOP_TOKEN_H
#define TRACES_LOOP_TOKEN_H

#include "traces/loop.h"

enum loop_token_kind { TOKEN_END, TOKEN_NAME, TOKEN_INTEGER, TOKEN_REAL, TOKEN_MARK };

struct loop_token {
    enum loop_token_kind kind;
    char text[LOOP_NAME_LENGTH + 1]; /* name, or the mark's characters, or the number */
    int64_t integer;
    double real;
    int line;
};

struct loop_lexer {
    const char *path, *at;
    int line;
};

/* False with a sentence: a character outside the language, a name or number too long. */
bool loop_token_next(struct loop_lexer *lexer, struct loop_token *token, struct error *err);

#endif
