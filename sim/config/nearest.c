#include "sim/config/nearest.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST = 48 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap of neighbours) that turn a into b; both at most LONGEST.
 */
static size_t count_edits(const char *a, const char *b)
{
    size_t rows[3][LONGEST + 1];
    size_t *older = rows[0], *above = rows[1], *row = rows[2];
    size_t length = strlen(b);
    for (size_t j = 0; j <= length; j++)
        above[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], older[j - 2] + 1);
        }
        size_t *recycled = older;
        older = above;
        above = row;
        row = recycled;
    }
    return above[length];
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
    if (strlen(nearest->wanted) > LONGEST || strlen(candidate) > LONGEST)
        return;
    size_t distance = count_edits(nearest->wanted, candidate);
    if (nearest->best && distance >= nearest->distance)
        return;
    nearest->best = candidate;
    nearest->distance = distance;
}

const char *nearest_phrase(const struct nearest *nearest, char *buffer, size_t bytes)
{
    buffer[0] = '\0';
    /* Further than a third of the word is a guess, not a slip of the finger. */
    if (nearest->best && nearest->distance <= 1 + strlen(nearest->wanted) / 3)
        snprintf(buffer, bytes, ", did you mean '%s'?", nearest->best);
    return buffer;
}
