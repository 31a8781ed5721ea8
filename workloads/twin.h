/* Near twins: the same program with a shape or two nudged. A twin is written by passing every
 * operator of the original through a filter: the sizes a designer chooses freely (output
 * channels, widths, image and sequence length, batch, heads, kernels) are changed by its moves,
 * and everything else follows: weights fit what reaches them, reshapes keep their meaning,
 * shapes are inferred anew. A move that does not fit the program is found out and refused. */
#ifndef WORKLOADS_TWIN_H
#define WORKLOADS_TWIN_H

#include "workloads/sink.h"

enum twin_dimension {
    TWIN_BATCH,    /* the first size of the inputs */
    TWIN_EXTENT,   /* pixels of an image, tokens of a sequence */
    TWIN_CHANNELS, /* output channels and widths of one value */
    TWIN_WIDTH,    /* the same, all multiples of the value in proportion */
    TWIN_HEADS,    /* the width of all heads together stays */
    TWIN_KERNEL    /* filter size of one operator; the output stays as large */
};

enum { TWIN_MOVES_MAX = 2 };

struct twin_move {
    enum twin_dimension dimension;
    int64_t from, to;
    uint64_t index; /* TWIN_KERNEL: of the operator */
};

struct twin {
    struct twin_move moves[TWIN_MOVES_MAX];
    int move_count;
    uint64_t macs, ops; /* filled by who counts them */
};

extern const char *const TWIN_DIMENSION_NAMES[];

struct twin_filter {
    const struct twin *twin;
    struct sink *sink;
    struct arena arena;        /* of the map; freed by twin_filter_free */
    const struct tensor **map; /* by tensor id of the original: the twin's */
    size_t map_count;
};

void twin_filter_init(struct twin_filter *filter, const struct twin *twin, struct sink *sink);
/* False: the moves do not fit this operator; err says why. */
bool twin_filter_operator(struct twin_filter *filter, const struct operator* op,
                          struct error *err);
void twin_filter_free(struct twin_filter *filter);

/* The free sizes of an operator, for who looks for moves: calls `found` for each. */
void twin_free_sizes(const struct operator* op,
                     void (*found)(void *context, enum twin_dimension dimension, int64_t value,
                                   uint64_t index),
                     void *context);

#endif
