/* The known name nearest to one that nobody knows, for "did you mean". Offer every candidate,
 * then ask for the suggestion: `struct nearest nearest = {.wanted = key}`. Candidates are
 * borrowed until the suggestion has been printed. */
#ifndef SIM_CONFIG_NEAREST_H
#define SIM_CONFIG_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *wanted, *best;
    size_t distance; /* edits between them; meaningless while best is NULL */
};

void nearest_offer(struct nearest *nearest, const char *candidate);
/* ", did you mean 'rows'?" in the caller's buffer, or "" where nothing is near. */
const char *nearest_phrase(const struct nearest *nearest, char *buffer, size_t bytes);

#endif
