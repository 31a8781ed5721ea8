/* A sink that writes nothing and counts: work of everything that passes. */
#ifndef WORKLOADS_TALLY_H
#define WORKLOADS_TALLY_H

#include "workloads/sink.h"

struct tally {
    struct sink sink; /* first */
    struct arena arena, scratch;
    uint64_t tensors, operators, macs, ops;
    struct error error; /* of the first operator that does not fit its definition */
};

/* Kept where it is: the sink points into it. `finish` returns the error and frees the memory.
 */
void tally_init(struct tally *tally);

#endif
