#include "workloads/primitive.h"

const char *const PRIMITIVE_NAMES[PRIMITIVE_KIND_COUNT] = {"contraction", "sparse-contraction",
                                                           "map",         "reduce",
                                                           "gather",      "scatter",
                                                           "merge",       "chase",
                                                           "stencil",     "move"};
