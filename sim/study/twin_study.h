/* Near twins of a benchmark: neighbours with nearly the same work, all run on the same chip. A
 * chip that was tuned to its benchmark's shapes loses on them; one that is fast in general does
 * not. Speed is work per second (multiply-accumulates where there are any, operations
 * otherwise), relative to the benchmark's own. */
#ifndef SIM_STUDY_TWIN_STUDY_H
#define SIM_STUDY_TWIN_STUDY_H

#include "sim/study/run.h"
#include "workloads/twin.h"

enum { TWIN_DIMENSIONS = TWIN_KERNEL + 1 };

struct twin_request {
    const char *chip, *trace;
    const char *const *sets;
    size_t set_count;
    int64_t count;      /* twins wanted */
    bool holds_mapping; /* plan twins in the style found for the benchmark */
    uint64_t seed;
    struct progress *progress; /* counts twins; NULL: nobody waits for news */
};

struct twin_row {
    struct twin twin;      /* macs and ops filled */
    double seconds, speed; /* speed relative to the benchmark */
    double held_speed;     /* with the benchmark's plan style; NAN without holds_mapping */
};

struct twin_result {
    const char *chip, *trace;
    uint64_t work;         /* of the benchmark */
    bool counts_macs;      /* work is multiply-accumulates */
    double seconds;        /* of the benchmark */
    struct twin_row *rows; /* arena; fastest first */
    size_t count;
    double median, tenth, worst; /* of the relative speeds; tenth is the generality score */
    double stack; /* tuned over held, geometric mean; NAN without holds_mapping */
    double by_dimension[TWIN_DIMENSIONS]; /* mean relative speed of twins that moved it; NAN */
    size_t moved[TWIN_DIMENSIONS];
};

/* Work of a twin within this share of the benchmark's. */
#define TWIN_WORK_TOLERANCE 0.03

bool twin_study(struct arena *arena, const struct twin_request *request,
                struct twin_result *result, struct error *err);

#endif
