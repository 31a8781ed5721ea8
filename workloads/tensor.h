/* A tensor as a trace declares it: name, shape, stored type, role. Tensors are values of one
 * program: `id` counts declarations from 0 and never repeats. A view shares the bytes of
 * another tensor (reshape, transpose that nobody has to carry out, slice). */
#ifndef WORKLOADS_TENSOR_H
#define WORKLOADS_TENSOR_H

#include <stdint.h>

#include "workloads/number_format.h"

enum { TENSOR_RANK_MAX = 8 };

enum tensor_role {
    ROLE_CONST,  /* weights: the same for every input of the model */
    ROLE_STATE,  /* kept from one run of the model to the next (key/value cache, optimiser) */
    ROLE_INPUT,  /* the model's data */
    ROLE_OUTPUT, /* the model's result */
    ROLE_TEMP    /* everything between */
};

/* Index contents (row pointers, gather indices, frontiers) that come with the trace. */
struct tensor_contents {
    uint64_t count;        /* values */
    const int64_t *values; /* kept while the tensor lives */
};

struct tensor {
    const char *name;
    uint64_t id;
    int32_t rank;
    int64_t shape[TENSOR_RANK_MAX]; /* each >= 0; rank 0 is one element */
    struct number_format format;
    enum tensor_role role;
    double density;                         /* share of non-zeros, 0 to 1; 1 when dense */
    const struct tensor *view_of;           /* NULL: owns its bytes */
    const struct tensor_contents *contents; /* NULL: values unknown */
};

uint64_t tensor_elements(
    const struct tensor *tensor); /* product of the shape; below 2^62, checked by readers */
uint64_t tensor_bytes(const struct tensor *tensor);             /* dense, back to back */
const struct tensor *tensor_owner(const struct tensor *tensor); /* follows views */
const char *tensor_role_name(enum tensor_role role);

#endif
