#include "traces/trace_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool cursor_integer(struct cursor *cursor, int64_t *value)
{
    const char *at = cursor->at;
    bool is_negative = *at == '-';
    at += is_negative;
    if (!is_digit(*at) || (*at == '0' && (is_digit(at[1]) || is_negative)))
        return false;
    uint64_t sum = 0, most = (uint64_t)INT64_MAX + is_negative;
    const char *first = at;
    for (; is_digit(*at) && at - first < 19; at++) /* 19 digits stay below 2^64 */
        sum = sum * 10 + (uint64_t)(*at - '0');
    if (is_digit(*at) || sum > most)
        return false;
    *value = is_negative ? (int64_t)(0 - sum) : (int64_t)sum;
    cursor->at = at;
    return true;
}

/* strtod without its extras: no hexadecimal, no names, no leading space. */
bool cursor_real(struct cursor *cursor, double *value)
{
    const char *at = cursor->at;
    at += *at == '-';
    if (!is_digit(*at))
        return false;
    size_t length = strspn(cursor->at, "0123456789.eE+-");
    char text[64], *end;
    if (length >= sizeof text)
        return false;
    memcpy(text, cursor->at, length);
    text[length] = '\0';
    if (!strpbrk(text, ".eE"))
        return false;
    *value = strtod(text, &end);
    if (*end || !isfinite(*value))
        return false;
    cursor->at += length;
    return true;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           c == '-' || c == '.';
}

bool cursor_word(struct cursor *cursor, char *into, size_t room)
{
    size_t length = 0;
    while (is_word(cursor->at[length])) {
        if (length + 1 == room)
            return false;
        into[length] = cursor->at[length];
        length++;
    }
    into[length] = '\0';
    cursor->at += length;
    return length > 0;
}

static int hexadecimal(char c)
{
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool cursor_quoted(struct cursor *cursor, char *into, size_t *length)
{
    if (*cursor->at != '"')
        return false;
    const char *at = cursor->at + 1;
    char *to = into;
    for (; *at != '"'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c < 0x20 || c == 0x7f) {
            cursor->at = at;
            return false;
        }
        if (c != '\\') {
            *to++ = *at;
            continue;
        }
        at++;
        if (*at == '"' || *at == '\\')
            *to++ = *at;
        else if (*at == 'x' && hexadecimal(at[1]) >= 0 && hexadecimal(at[2]) >= 0 &&
                 (at[1] != '0' || at[2] != '0')) {
            *to++ = (char)(hexadecimal(at[1]) * 16 + hexadecimal(at[2]));
            at += 2;
        } else {
            cursor->at = at;
            return false;
        }
    }
    *to = '\0';
    *length = (size_t)(to - into);
    cursor->at = at + 1;
    return true;
}

bool cursor_shape(struct cursor *cursor, int32_t *rank, int64_t *shape, int32_t rank_max)
{
    *rank = 0;
    if (!cursor_take(cursor, "["))
        return false;
    if (cursor_take(cursor, "]"))
        return true;
    do {
        if (*rank == rank_max || !cursor_integer(cursor, &shape[*rank]) || shape[*rank] < 0)
            return false;
        ++*rank;
    } while (cursor_take(cursor, ","));
    return cursor_take(cursor, "]");
}

bool cursor_format(struct cursor *cursor, struct number_format *format)
{
    char name[16];
    struct cursor before = *cursor;
    if (cursor_word(cursor, name, sizeof name) && number_format_parse(name, format))
        return true;
    *cursor = before;
    return false;
}
