/* A Timeloop problem in memory. Private to traces/import_timeloop*.c. */
#ifndef TRACES_IMPORT_TIMELOOP_H
#define TRACES_IMPORT_TIMELOOP_H

#include "traces/import_build.h"
#include "traces/import_yaml.h"

enum { DIMENSIONS_MAX = 24, SPACES_MAX = 8, TERMS_MAX = 2, SPACE_NAME_MAX = 40 };

struct problem_dimension {
    const char *name;
    int64_t size;
    bool is_written, is_read[SPACES_MAX]; /* by the output; by each operand */
};

struct problem_term {
    int dimension;
    int64_t factor;
};

struct problem_axis {
    struct problem_term terms[TERMS_MAX];
    int count;
};

struct problem_space {
    const char *name;
    struct problem_axis axes[TENSOR_RANK_MAX];
    int rank;
    bool is_output;
    double density;
    const yaml_node_t *node;
};

struct timeloop_problem {
    struct import_yaml yaml;
    struct import_context *context;
    yaml_node_t *shape, *instance;
    struct problem_dimension dimensions[DIMENSIONS_MAX];
    int dimension_count;
    struct problem_space spaces[SPACES_MAX]; /* operands first, then the output */
    int space_count;
    const char *name;
};

/* Reads dimensions, sizes and data spaces of an open document. */
bool timeloop_read(struct timeloop_problem *problem, struct error *err);

#endif
