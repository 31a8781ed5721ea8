/* Reading one line of a trace from left to right. A line ends in '\n', which no token contains,
 * so a cursor never runs off; every function leaves it behind what it took, or returns false
 * and leaves it at the place that did not fit. */
#ifndef TRACES_TRACE_TEXT_H
#define TRACES_TRACE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/number_format.h"

struct cursor {
    const char *at;
};

/* Exactly these characters. (In the header: it is most of the reader's time.) */
static inline bool cursor_take(struct cursor *cursor, const char *text)
{
    const char *at = cursor->at;
    for (; *text; text++, at++)
        if (*at != *text)
            return false;
    cursor->at = at;
    return true;
}

static inline bool cursor_at_end(const struct cursor *cursor)
{
    return *cursor->at == '\n';
}

bool cursor_integer(struct cursor *cursor,
                    int64_t *value);                    /* -2^63 to 2^63-1, no leading zeros */
bool cursor_real(struct cursor *cursor, double *value); /* finite; has '.' or 'e' */
bool cursor_word(struct cursor *cursor, char *into, size_t room); /* [A-Za-z0-9_.-]+ */
/* "..." with \" \\ and \xHH; into must hold as many bytes as the line. *length without the
 * final zero. */
bool cursor_quoted(struct cursor *cursor, char *into, size_t *length);
bool cursor_shape(struct cursor *cursor, int32_t *rank, int64_t *shape, int32_t rank_max);
bool cursor_format(struct cursor *cursor, struct number_format *format);

#endif
