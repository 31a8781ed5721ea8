#include "sim/config/config_scan.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A mark is at most 24 characters. Every section costs libconfuse a copy of its schema. */
enum { MARK_BYTES = 24, MOST_SECTIONS = 4096, MOST_DEPTH = 32 };

enum token { TOKEN_NONE, TOKEN_WORD, TOKEN_EQUALS, TOKEN_VALUE, TOKEN_OTHER };

struct scan {
    const char *path, *at, *end;
    char *out;
    int line, sections, depth;
    int opened[MOST_DEPTH]; /* lines of the braces that are open */
    enum token last;
    int last_line; /* of the last token */
    /* A word behind a value on its line: the start of the next statement, or a unit that was
     * meant to belong to the value. What follows will tell. */
    const char *suspect;
    size_t suspect_length, words_behind;
    int suspect_line;
    struct error *err;
};

static bool refuse(struct scan *scan, const char *what)
{
    return error_set(scan->err, "%s:%d: %s", scan->path, scan->line, what);
}

static char peek(const struct scan *scan)
{
    return scan->at + 1 < scan->end ? scan->at[1] : '\0';
}

/* A statement goes on with '=' or '{' behind its first word, or with '{' behind its second. */
static bool judge_suspect(struct scan *scan, enum token token, char sign)
{
    if (!scan->suspect)
        return true;
    if (token == TOKEN_WORD && scan->words_behind++ == 0)
        return true;
    const char *word = scan->suspect;
    bool is_statement = sign == '{' || (sign == '=' && scan->words_behind == 0);
    scan->suspect = NULL;
    if (is_statement)
        return true;
    return error_set(scan->err, "%s:%d: a value of several words needs quotes, before '%.*s'",
                     scan->path, scan->suspect_line,
                     (int)(scan->suspect_length > 40 ? 40 : scan->suspect_length), word);
}

/* Records a token that starts at `start` and ends here. */
static bool note(struct scan *scan, enum token token, const char *start)
{
    if (!judge_suspect(scan, token, *start))
        return false;
    if (token == TOKEN_WORD && scan->last == TOKEN_VALUE && scan->last_line == scan->line) {
        scan->suspect = start;
        scan->suspect_length = (size_t)(scan->at - start);
        scan->suspect_line = scan->line;
        scan->words_behind = 0;
    }
    scan->last = token == TOKEN_WORD && scan->last == TOKEN_EQUALS ? TOKEN_VALUE : token;
    scan->last_line = scan->line;
    return true;
}

static bool skip_line_comment(struct scan *scan)
{
    while (scan->at < scan->end && *scan->at != '\n')
        scan->at++;
    return true;
}

/* Keeps the newlines, so that libconfuse counts lines as we do. */
static bool skip_block_comment(struct scan *scan)
{
    int opened = scan->line;
    for (scan->at += 2; scan->at < scan->end; scan->at++) {
        if (*scan->at == '*' && peek(scan) == '/') {
            scan->at += 2;
            *scan->out++ = ' ';
            return true;
        }
        if (*scan->at == '\n') {
            scan->line++;
            *scan->out++ = '\n';
        }
    }
    scan->line = opened;
    return refuse(scan, "comment is not closed");
}

static bool check_character(struct scan *scan)
{
    unsigned char c = (unsigned char)*scan->at;
    if (c == '\\')
        return refuse(scan, "unexpected backslash");
    if (c == '$' && peek(scan) == '{')
        return refuse(scan, "unexpected '${': the environment is not read");
    if (c == 127 || (c < ' ' && c != '\t'))
        return error_set(scan->err, "%s:%d: unexpected control character %d", scan->path,
                         scan->line, c);
    return true;
}

static bool copy_string(struct scan *scan)
{
    char quote = *scan->at;
    const char *start = scan->at;
    *scan->out++ = *scan->at++;
    while (scan->at < scan->end && *scan->at != quote) {
        if (*scan->at == '\n')
            return refuse(scan, "quoted text is not closed on its line");
        if (!check_character(scan))
            return false;
        *scan->out++ = *scan->at++;
    }
    if (scan->at == scan->end)
        return refuse(scan, "quoted text is not closed");
    *scan->out++ = *scan->at++;
    return note(scan, TOKEN_WORD, start);
}

static bool is_word_character(char c)
{
    return c != '\0' && !strchr(" \t\r\n\"'#={},", c);
}

static bool copy_word(struct scan *scan)
{
    const char *word = scan->at;
    while (scan->at < scan->end && is_word_character(*scan->at)) {
        if (!check_character(scan))
            return false;
        if (*scan->at == '/' && (peek(scan) == '/' || peek(scan) == '*'))
            return refuse(scan, "'//' and '/*' inside a word need quotes");
        if (strchr("+*()|@", *scan->at))
            return error_set(scan->err, "%s:%d: unexpected '%c' outside quotes", scan->path,
                             scan->line, *scan->at);
        *scan->out++ = *scan->at++;
    }
    return note(scan, TOKEN_WORD, word);
}

static bool open_brace(struct scan *scan)
{
    bool is_list = scan->last == TOKEN_EQUALS;
    if (scan->depth == MOST_DEPTH)
        return refuse(scan, "sections are nested too deeply");
    if (!is_list && ++scan->sections > MOST_SECTIONS)
        return refuse(scan, "more than 4096 sections");
    scan->opened[scan->depth++] = scan->line;
    scan->out += is_list ? sprintf(scan->out, "{\"%c%d\",", CONFIG_LIST_MARK, scan->line)
                         : sprintf(scan->out, "{ %s=\"%d\" ", CONFIG_MARK, scan->line);
    scan->at++;
    return note(scan, TOKEN_OTHER, "{");
}

static bool check_value(struct scan *scan)
{
    if (scan->last != TOKEN_EQUALS)
        return true;
    scan->line = scan->last_line;
    return refuse(scan, "'=' has no value behind it");
}

static bool copy_sign(struct scan *scan)
{
    if (*scan->at == '{')
        return open_brace(scan);
    if (!check_value(scan))
        return false;
    if (*scan->at == '}' && scan->depth-- == 0)
        return refuse(scan, "'}' closes nothing");
    const char *sign = scan->at;
    *scan->out++ = *scan->at++;
    return note(scan, *sign == '=' ? TOKEN_EQUALS : TOKEN_OTHER, sign);
}

static bool scan_one(struct scan *scan)
{
    char c = *scan->at;
    if (c == '#' || (c == '/' && peek(scan) == '/'))
        return skip_line_comment(scan);
    if (c == '/' && peek(scan) == '*')
        return skip_block_comment(scan);
    if (c == '"' || c == '\'')
        return copy_string(scan);
    if (strchr("={},", c) && c)
        return copy_sign(scan);
    if (c == '\n' || c == ' ' || c == '\t' || c == '\r') {
        scan->line += c == '\n';
        *scan->out++ = c == '\n' ? '\n' : ' ';
        scan->at++;
        return true;
    }
    return check_character(scan) && copy_word(scan);
}

char *config_scan(struct arena *arena, const char *path, const char *text, size_t length,
                  struct error *err)
{
    size_t bytes = length + 2 * (size_t)MARK_BYTES;
    for (size_t i = 0; i < length; i++)
        bytes += text[i] == '{' ? MARK_BYTES : 0;
    char *result = arena_alloc(arena, bytes);
    struct scan scan = {
        .path = path, .at = text, .end = text + length, .out = result, .line = 1};
    scan.err = err;
    while (scan.at < scan.end)
        if (!scan_one(&scan))
            return NULL;
    if (scan.depth) {
        scan.line = scan.opened[scan.depth - 1];
        refuse(&scan, "'{' is not closed");
        return NULL;
    }
    if (!check_value(&scan) || !judge_suspect(&scan, TOKEN_OTHER, '\0'))
        return NULL;
    sprintf(scan.out, " %s=\"end\"\n", CONFIG_MARK);
    return result;
}
