#include "arch/scheduling/dependence_graph.h"

#include <assert.h>
#include <limits.h>

void graph_init(struct dependence_graph *graph, struct arena *arena)
{
    *graph = (struct dependence_graph){.arena = arena};
}

int graph_add_operation(struct dependence_graph *graph, struct operation operation)
{
    assert(operation.alternative_count >= 1 && !graph->out_first);
    if (graph->operation_count == graph->operation_room) {
        int room = graph->operation_room ? 2 * graph->operation_room : 32;
        graph->operations =
            arena_grow(graph->arena, graph->operations, (size_t)graph->operation_count,
                       (size_t)room, sizeof *graph->operations);
        graph->operation_room = room;
    }
    graph->operations[graph->operation_count] = operation;
    return graph->operation_count++;
}

void graph_add_dependence(struct dependence_graph *graph, struct dependence dependence)
{
    assert(dependence.from >= 0 && dependence.from < graph->operation_count);
    assert(dependence.to >= 0 && dependence.to < graph->operation_count);
    assert(dependence.distance >= 0 && !graph->out_first);
    if (graph->dependence_count == graph->dependence_room) {
        int room = graph->dependence_room ? 2 * graph->dependence_room : 64;
        graph->dependences =
            arena_grow(graph->arena, graph->dependences, (size_t)graph->dependence_count,
                       (size_t)room, sizeof *graph->dependences);
        graph->dependence_room = room;
    }
    graph->dependences[graph->dependence_count++] = dependence;
}

void graph_add_value(struct dependence_graph *graph, int from, int to, int operand,
                     int distance)
{
    graph_add_dependence(graph, (struct dependence){.from = from,
                                                    .to = to,
                                                    .distance = distance,
                                                    .latency_cycles = LATENCY_OF_PRODUCER,
                                                    .is_value = true,
                                                    .operand = operand});
}

/* Counting sort of the edges by one of their ends. */
static void index_edges(const struct dependence_graph *graph, bool by_producer, int **first,
                        int **edges)
{
    int n = graph->operation_count;
    *first = arena_array(graph->arena, (size_t)n + 2, sizeof **first);
    *edges = arena_array(graph->arena, (size_t)graph->dependence_count + 1, sizeof **edges);
    for (int e = 0; e < graph->dependence_count; e++) {
        const struct dependence *edge = &graph->dependences[e];
        (*first)[(by_producer ? edge->from : edge->to) + 2]++;
    }
    for (int i = 0; i < n; i++)
        (*first)[i + 2] += (*first)[i + 1];
    for (int e = 0; e < graph->dependence_count; e++) {
        const struct dependence *edge = &graph->dependences[e];
        int end = by_producer ? edge->from : edge->to;
        (*edges)[(*first)[end + 1]++] = e;
    }
}

static int least_latency(const struct dependence_graph *graph, const struct dependence *edge)
{
    if (edge->latency_cycles != LATENCY_OF_PRODUCER)
        return edge->latency_cycles + edge->extra_cycles;
    const struct operation *producer = &graph->operations[edge->from];
    int least = INT_MAX;
    for (int a = 0; a < producer->alternative_count; a++)
        if (producer->alternatives[a].latency_cycles < least)
            least = producer->alternatives[a].latency_cycles;
    return least + edge->extra_cycles;
}

void graph_freeze(struct dependence_graph *graph)
{
    index_edges(graph, true, &graph->out_first, &graph->out_edges);
    index_edges(graph, false, &graph->in_first, &graph->in_edges);
    graph->least =
        arena_array(graph->arena, (size_t)graph->dependence_count + 1, sizeof *graph->least);
    for (int e = 0; e < graph->dependence_count; e++)
        graph->least[e] = least_latency(graph, &graph->dependences[e]);
}

int graph_edge_latency(const struct dependence_graph *graph, const struct dependence *edge,
                       int alternative)
{
    if (edge->latency_cycles != LATENCY_OF_PRODUCER)
        return edge->latency_cycles + edge->extra_cycles;
    return graph->operations[edge->from].alternatives[alternative].latency_cycles +
           edge->extra_cycles;
}

void schedule_finish(const struct dependence_graph *graph, struct schedule *schedule)
{
    int earliest = INT_MAX;
    for (int i = 0; i < schedule->operation_count; i++)
        if (schedule->time[i] < earliest)
            earliest = schedule->time[i];
    schedule->length = schedule->drain = 0;
    for (int i = 0; i < schedule->operation_count; i++) {
        schedule->time[i] -= earliest;
        const struct operation *operation = &graph->operations[i];
        int latency = operation->alternatives[schedule->alternative[i]].latency_cycles;
        int issue_end = schedule->time[i] + 1;
        int result = schedule->time[i] + latency;
        if (issue_end > schedule->length)
            schedule->length = issue_end;
        if (result > schedule->drain)
            schedule->drain = result;
    }
    if (schedule->drain < schedule->length)
        schedule->drain = schedule->length;
    schedule->stage_count =
        schedule->ii > 0 ? (schedule->length + schedule->ii - 1) / schedule->ii : 1;
}
