#include "arch/scheduling/list_schedule.h"

#include <assert.h>
#include <stdlib.h>

#include "arch/scheduling/reservation_table.h"

int list_schedule_horizon(const struct dependence_graph *graph)
{
    int64_t horizon = 1;
    for (int i = 0; i < graph->operation_count; i++) {
        int64_t most = 1;
        for (int a = 0; a < graph->operations[i].alternative_count; a++) {
            const struct alternative *alternative = &graph->operations[i].alternatives[a];
            if (alternative->latency_cycles > most)
                most = alternative->latency_cycles;
            for (int r = 0; r < alternative->reservation_count; r++) {
                const struct reservation *reservation = &alternative->reservations[r];
                if (reservation->first + reservation->cycles > most)
                    most = reservation->first + reservation->cycles;
            }
        }
        horizon += most;
    }
    for (int e = 0; e < graph->dependence_count; e++)
        horizon +=
            graph->dependences[e].extra_cycles + (graph->dependences[e].latency_cycles > 0
                                                      ? graph->dependences[e].latency_cycles
                                                      : 0);
    return (int)horizon;
}

/* Heights over edges of distance 0, which form no cycle: consumers first. */
static void heights(const struct dependence_graph *graph, int64_t *height, int *order)
{
    int n = graph->operation_count, queued = 0;
    int *left = arena_array(graph->arena, (size_t)n + 1, sizeof *left);
    for (int e = 0; e < graph->dependence_count; e++)
        if (graph->dependences[e].distance == 0)
            left[graph->dependences[e].from]++;
    for (int i = 0; i < n; i++)
        if (left[i] == 0)
            order[queued++] = i;
    for (int head = 0; head < queued; head++) {
        int to = order[head];
        for (int k = graph->in_first[to]; k < graph->in_first[to + 1]; k++) {
            const struct dependence *edge = &graph->dependences[graph->in_edges[k]];
            if (edge->distance != 0)
                continue;
            int64_t path = height[to] + graph->least[graph->in_edges[k]];
            if (path > height[edge->from])
                height[edge->from] = path;
            if (--left[edge->from] == 0)
                order[queued++] = edge->from;
        }
    }
    assert(queued == n);
}

/* The highest operation whose producers are all placed by `cycle`, or -1. */
static int pick(const struct dependence_graph *graph, const int *ready, const bool *is_open,
                const int64_t *height, int cycle)
{
    int best = -1;
    for (int i = 0; i < graph->operation_count; i++)
        if (is_open[i] && ready[i] >= 0 && ready[i] <= cycle &&
            (best < 0 || height[i] > height[best]))
            best = i;
    return best;
}

static bool place(const struct dependence_graph *graph, struct reservation_table *table,
                  struct schedule *schedule, int i, int cycle)
{
    const struct operation *operation = &graph->operations[i];
    for (int a = 0; a < operation->alternative_count; a++)
        if (table_fits(table, &operation->alternatives[a], cycle)) {
            table_take(table, &operation->alternatives[a], cycle, i);
            schedule->time[i] = cycle;
            schedule->alternative[i] = a;
            return true;
        }
    return false;
}

static void release_consumers(const struct dependence_graph *graph,
                              const struct schedule *schedule, int i, int *waiting, int *ready,
                              int *earliest)
{
    for (int k = graph->out_first[i]; k < graph->out_first[i + 1]; k++) {
        const struct dependence *edge = &graph->dependences[graph->out_edges[k]];
        if (edge->distance != 0)
            continue;
        int time =
            schedule->time[i] + graph_edge_latency(graph, edge, schedule->alternative[i]);
        if (time > earliest[edge->to])
            earliest[edge->to] = time;
        if (--waiting[edge->to] == 0)
            ready[edge->to] = earliest[edge->to];
    }
}

struct schedule list_schedule(const struct dependence_graph *graph,
                              const struct resource_set *resources)
{
    size_t n = (size_t)graph->operation_count;
    struct schedule schedule = {.operation_count = graph->operation_count,
                                .time = arena_array(graph->arena, n + 1, sizeof(int)),
                                .alternative = arena_array(graph->arena, n + 1, sizeof(int)),
                                .stage_count = 1};
    if (n == 0)
        return schedule;
    struct arena_mark mark = arena_mark(graph->arena);
    int64_t *height = arena_array(graph->arena, n, sizeof *height);
    int *order = arena_array(graph->arena, n, sizeof *order);
    int *waiting = arena_array(graph->arena, n, sizeof *waiting);
    int *ready = arena_array(graph->arena, n, sizeof *ready);
    int *earliest = arena_array(graph->arena, n, sizeof *earliest);
    bool *is_open = arena_array(graph->arena, n, sizeof *is_open);
    struct reservation_table table;
    int horizon = list_schedule_horizon(graph);
    table_init(&table, resources, horizon + 1, horizon + 1, false, graph->arena);
    heights(graph, height, order);
    for (int e = 0; e < graph->dependence_count; e++)
        if (graph->dependences[e].distance == 0)
            waiting[graph->dependences[e].to]++;
    for (size_t i = 0; i < n; i++) {
        ready[i] = waiting[i] == 0 ? 0 : -1;
        is_open[i] = true;
    }
    size_t placed = 0;
    for (int cycle = 0; placed < n; cycle++) {
        assert(cycle <= horizon);
        /* An operation that does not fit in this cycle waits for the next one. */
        for (int i = pick(graph, ready, is_open, height, cycle); i >= 0;
             i = pick(graph, ready, is_open, height, cycle)) {
            if (place(graph, &table, &schedule, i, cycle)) {
                is_open[i] = false;
                placed++;
                release_consumers(graph, &schedule, i, waiting, ready, earliest);
            } else {
                ready[i] = cycle + 1;
            }
        }
    }
    arena_release(graph->arena, mark);
    schedule_finish(graph, &schedule);
    return schedule;
}
