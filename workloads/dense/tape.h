/* What a training run remembers of its forward pass, to be walked backwards. Private to
 * workloads/dense. */
#ifndef WORKLOADS_DENSE_TAPE_H
#define WORKLOADS_DENSE_TAPE_H

#include "workloads/dense/build.h"

struct tape_entry {
    struct tape_entry *older;
    struct operator op; /* copied; tensors are the sink's, kept until it finishes */
};

void tape_record(struct builder *b, const struct operator* op);

#endif
