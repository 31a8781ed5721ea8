/* RecMII by bisection: II is enough when no cycle has latency - II * distance above 0. */
#include <assert.h>
#include <string.h>

#include "arch/scheduling/initiation_interval.h"

/* Marks the edges that may lie on a cycle: operations without (remaining) producers or
 * consumers are peeled off until none is left to peel. */
static int edges_on_cycles(const struct dependence_graph *graph, int *edges)
{
    size_t n = (size_t)graph->operation_count;
    struct arena *arena = graph->arena;
    int *in = arena_array(arena, n + 1, sizeof *in),
        *out = arena_array(arena, n + 1, sizeof *out);
    int *queue = arena_array(arena, n + 1, sizeof *queue);
    bool *is_gone = arena_array(arena, n + 1, sizeof *is_gone);
    int queued = 0;
    for (int e = 0; e < graph->dependence_count; e++) {
        in[graph->dependences[e].to]++;
        out[graph->dependences[e].from]++;
    }
    for (int i = 0; i < graph->operation_count; i++)
        if (in[i] == 0 || out[i] == 0) {
            is_gone[i] = true;
            queue[queued++] = i;
        }
    for (int head = 0; head < queued; head++) {
        int i = queue[head];
        for (int k = graph->out_first[i]; k < graph->out_first[i + 1]; k++) {
            int j = graph->dependences[graph->out_edges[k]].to;
            if (--in[j] == 0 && !is_gone[j]) {
                is_gone[j] = true;
                queue[queued++] = j;
            }
        }
        for (int k = graph->in_first[i]; k < graph->in_first[i + 1]; k++) {
            int j = graph->dependences[graph->in_edges[k]].from;
            if (--out[j] == 0 && !is_gone[j]) {
                is_gone[j] = true;
                queue[queued++] = j;
            }
        }
    }
    int count = 0;
    for (int e = 0; e < graph->dependence_count; e++)
        if (!is_gone[graph->dependences[e].from] && !is_gone[graph->dependences[e].to])
            edges[count++] = e;
    return count;
}

static bool has_positive_cycle(const struct dependence_graph *graph, const int *edges,
                               int count, int64_t ii, int64_t *height)
{
    memset(height, 0, (size_t)graph->operation_count * sizeof *height);
    for (int round = 0; round <= graph->operation_count; round++) {
        bool has_changed = false;
        for (int k = 0; k < count; k++) {
            const struct dependence *edge = &graph->dependences[edges[k]];
            int64_t weight = graph->least[edges[k]] - ii * edge->distance;
            if (height[edge->from] + weight > height[edge->to]) {
                height[edge->to] = height[edge->from] + weight;
                has_changed = true;
            }
        }
        if (!has_changed)
            return false;
    }
    return true;
}

int recurrence_mii(const struct dependence_graph *graph)
{
    struct arena_mark mark = arena_mark(graph->arena);
    int *edges = arena_array(graph->arena, (size_t)graph->dependence_count + 1, sizeof *edges);
    int64_t *height =
        arena_array(graph->arena, (size_t)graph->operation_count + 1, sizeof *height);
    int count = edges_on_cycles(graph, edges);
    int64_t enough = 0;
    for (int k = 0; k < count; k++)
        enough += graph->least[edges[k]];
    assert(!has_positive_cycle(graph, edges, count, enough + 1, height));
    int64_t low = 0, high = enough; /* low: known too small, or 0; high: known enough */
    if (count == 0 || !has_positive_cycle(graph, edges, count, 0, height))
        high = 0;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (has_positive_cycle(graph, edges, count, middle, height))
            low = middle;
        else
            high = middle;
    }
    arena_release(graph->arena, mark);
    return (int)high;
}
