/* Where generators and importers write a trace, whatever it becomes (a file, memory, a count).
 * Tensors are declared before the operator that uses them; ids are given in order. Every call
 * copies what it needs. Errors are kept by the sink and returned by `finish`. */
#ifndef WORKLOADS_SINK_H
#define WORKLOADS_SINK_H

#include "workloads/operator.h"

struct sink {
    /* Returns the declared tensor (kept until finish). Names must be unique. */
    const struct tensor *(*tensor)(struct sink *sink, const struct tensor *declaration);
    /* is_last_use is filled in by the sink where NULL: it buffers or rewrites as it likes. */
    void (*operator)(struct sink *sink, const struct operator* op);
    bool (*finish)(struct sink *sink, struct error *err);
};

#endif
