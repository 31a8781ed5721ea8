/* Random chips and random traces for the suites that hold laws over whole runs: the seed is the
 * whole description. Files are written to the system's temporary folder. */
#ifndef VALIDATION_UNIT_RANDOM_RUN_H
#define VALIDATION_UNIT_RANDOM_RUN_H

#include "sim/kernel/random.h"
#include "sim/study/run.h"

enum { RANDOM_SETS_MAX = 24 };

/* What a trace is made of. */
enum random_trace_kind {
    RANDOM_PRODUCTS,    /* MatMul, Gemm and Conv only, each with operands of its own */
    RANDOM_NETWORK,     /* chains and branches of products, convolutions and element work */
    RANDOM_ELEMENT_WORK /* no contraction at all */
};

struct random_case {
    uint64_t seed;
    struct arena *arena;
    struct random random;
    const char *chip, *trace; /* a shipped name or a path; a path */
    const char *sets[RANDOM_SETS_MAX];
    size_t set_count;
    bool is_chip_file; /* remove it as well */
};

int64_t random_between(struct random *random, int64_t low, int64_t high);
void random_case_begin(struct random_case *c, uint64_t seed, const char *suite,
                       struct arena *arena);
/* A chip of one systolic core, usually lanes beside it, one SRAM and one main memory. */
void random_chip_file(struct random_case *c);
/* A shipped chip with random values of some parameters. */
void random_chip_sets(struct random_case *c);
/* Limits on the way of data: engine, network, ports of buffers; other draws stay as they are. */
void random_path_sets(struct random_case *c);
void random_trace_file(struct random_case *c, enum random_trace_kind kind, int operators);
void random_case_end(struct random_case *c);

/* Runs the case with `more` sets added (NULL-terminated, or NULL). False where the chip cannot
 * hold the smallest tiles: the only failure that random sizes may cause. */
bool random_case_run(const struct random_case *c, const char *const *more,
                     struct run_result *result);
/* One line for failure messages; arena. */
const char *random_case_text(const struct random_case *c);

#endif
