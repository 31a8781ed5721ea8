/* How fast loops are scheduled: the worst of forty random bodies, cluster assignment and bounds
 * included. */
#include "arch/scheduling/cluster_assign.h"
#include "arch/scheduling/modulo_schedule.h"
#include "benchmark.h"
#include "validation/unit/random_loop.h"

static double longest_milliseconds(int operations)
{
    double longest = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct arena arena = {0};
        struct random_loop loop;
        struct dependence_graph body;
        random_loop_make(&loop, seed, 20, RANDOM_CLUSTERED, &arena);
        random_body_make(&body, &loop, operations, seed, &arena);
        double start = bench_cpu_seconds();
        struct dependence_graph placed = cluster_assign(&body, &loop.resources, &loop.rules);
        struct initiation_interval bound = initiation_interval(&placed, &loop.resources);
        modulo_schedule(&placed, &loop.resources, &bound, (struct modulo_options){0});
        double taken = 1e3 * (bench_cpu_seconds() - start);
        longest = taken > longest ? taken : longest;
        arena_free(&arena);
    }
    return longest;
}

const struct bench_row scheduling_rows[] = {
    {"scheduling a body of 200 operations, worst of 40", "ms", longest_milliseconds, 200,
     BAR_AT_MOST, 10},
    {"scheduling a body of 1000 operations, worst of 40", "ms", longest_milliseconds, 1000,
     BAR_NONE, 0},
    {0},
};
