#include "arch/scheduling/register_lifetime.h"

#include <assert.h>

static int write_time(const struct dependence_graph *graph, const struct schedule *schedule,
                      int i)
{
    return schedule->time[i] +
           graph->operations[i].alternatives[schedule->alternative[i]].latency_cycles;
}

static int lifetime(const struct dependence_graph *graph, const struct schedule *schedule,
                    int i)
{
    int longest = 1, write = write_time(graph, schedule, i);
    for (int k = graph->out_first[i]; k < graph->out_first[i + 1]; k++) {
        const struct dependence *edge = &graph->dependences[graph->out_edges[k]];
        if (!edge->is_value)
            continue;
        int cycles = schedule->time[edge->to] + schedule->ii * edge->distance - write + 1;
        if (cycles > longest)
            longest = cycles;
    }
    return longest;
}

static int cluster_of(const struct dependence_graph *graph, const struct schedule *schedule,
                      int i)
{
    int cluster = graph->operations[i].alternatives[schedule->alternative[i]].cluster;
    assert(cluster < CLUSTER_LIMIT);
    return cluster < 0 ? 0 : cluster;
}

static void count_live(const struct dependence_graph *graph, const struct schedule *schedule,
                       struct register_use *use)
{
    struct arena_mark mark = arena_mark(graph->arena);
    size_t cycles = (size_t)schedule->ii;
    int *live = arena_array(graph->arena, CLUSTER_LIMIT * cycles, sizeof *live);
    for (int i = 0; i < graph->operation_count; i++) {
        int span = use->lifetime_cycles[i], write = write_time(graph, schedule, i);
        size_t base = (size_t)cluster_of(graph, schedule, i) * cycles;
        for (size_t c = 0; c < cycles; c++)
            live[base + c] += span / schedule->ii;
        for (int c = 0; c < span % schedule->ii; c++)
            live[base + (size_t)(write + c) % cycles]++;
    }
    for (size_t c = 0; c < cycles; c++) {
        int all = 0;
        for (size_t cluster = 0; cluster < CLUSTER_LIMIT; cluster++) {
            int here = live[cluster * cycles + c];
            all += here;
            if (here > use->max_live[cluster])
                use->max_live[cluster] = here;
        }
        if (all > use->max_live_all)
            use->max_live_all = all;
    }
    arena_release(graph->arena, mark);
}

struct register_use register_use(const struct dependence_graph *graph,
                                 const struct schedule *schedule, bool is_rotating)
{
    size_t n = (size_t)graph->operation_count + 1;
    struct register_use use = {.lifetime_cycles = arena_array(graph->arena, n, sizeof(int)),
                               .copies = arena_array(graph->arena, n, sizeof(int)),
                               .is_rotating = is_rotating,
                               .kernel_copies = 1};
    assert(schedule->ii > 0);
    for (int i = 0; i < graph->operation_count; i++) {
        if (!graph->operations[i].has_result)
            continue;
        use.lifetime_cycles[i] = lifetime(graph, schedule, i);
        use.copies[i] = (use.lifetime_cycles[i] + schedule->ii - 1) / schedule->ii;
        if (!is_rotating && use.copies[i] > use.kernel_copies)
            use.kernel_copies = use.copies[i];
    }
    for (int i = 0; i < graph->operation_count; i++) {
        if (!is_rotating && use.copies[i] > 0)
            while (use.kernel_copies % use.copies[i] != 0)
                use.copies[i]++;
        use.allocated[cluster_of(graph, schedule, i)] += use.copies[i];
    }
    count_live(graph, schedule, &use);
    return use;
}
