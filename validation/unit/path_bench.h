/* Where every shipped chip with a memory meets a small trace: what the suites of a tile's way
 * share. A trace is a temporary file, one at a time; all else lives in path_arena. */
#ifndef VALIDATION_UNIT_PATH_BENCH_H
#define VALIDATION_UNIT_PATH_BENCH_H

#include "sim/study/run.h"
#include "traces/trace.h"

enum { PATH_CHIPS = 12, PATH_TRACES = 7, PATH_SETS_MOST = 8 };

struct path_chip {
    const char *name, *dram, *sram, *core; /* of the shipped file, and of its sections */
};
extern const struct path_chip PATH_CHIP[PATH_CHIPS];

/* A layer of each kind that a chip meets. */
enum path_trace {
    PATH_PRODUCT,
    PATH_CONVOLUTION,
    PATH_DEPTHWISE,
    PATH_ATTENTION, /* softmax(Q K) V of one head: 48 queries, 64 wide, over 80 keys */
    PATH_RECURRENT,
    PATH_TALL_PRODUCT, /* 512 rows, 16 columns */
    PATH_IRREGULAR
};

extern struct arena path_arena;

/* Of a suite: the arena before each test; the arena and the trace after it. */
void path_setup(void);
void path_teardown(void);
/* The trace that runs from here on. */
void path_make_trace(enum path_trace trace);
const char *path_trace_name(enum path_trace trace);
/* Its file. */
const char *path_trace_file(void);
/* A trace that the caller fills and finishes. */
struct sink *path_open_trace(void);
/* A matrix of f32. */
const struct tensor *path_tensor(struct sink *sink, const char *name, enum tensor_role role,
                                 int64_t rows, int64_t columns);
/* Runs the trace. `sets` ends with NULL; "memory.D!key=value", "memory.S!..." and "core.C!..."
 * are about the chip's main memory, its buffer and its core. Fails the test with the sentence
 * of an error. */
struct run_result path_run(int chip, const char *const *sets);
/* Every operator's account adds up to its cycles, every core's to the run's. */
void path_check_accounts(const struct run_result *result, const char *what);
/* What a meter counts in the whole run. */
uint64_t path_count(const struct run_result *result, const char *meter);

#endif
