#include "arch/scheduling/schedule_check.h"

#include <string.h>

/* One stay on a resource, in cycles modulo the table. */
struct stay {
    int operation, first, cycles, instance;
};

static bool dependences_hold(const struct dependence_graph *graph,
                             const struct schedule *schedule, struct error *err)
{
    for (int e = 0; e < graph->dependence_count; e++) {
        const struct dependence *edge = &graph->dependences[e];
        if (schedule->ii == 0 && edge->distance > 0)
            continue;
        const struct operation *from = &graph->operations[edge->from];
        int latency =
            edge->latency_cycles >= 0
                ? edge->latency_cycles
                : from->alternatives[schedule->alternative[edge->from]].latency_cycles;
        latency += edge->extra_cycles;
        int64_t gap = (int64_t)schedule->time[edge->to] +
                      (int64_t)schedule->ii * edge->distance - schedule->time[edge->from];
        if (gap < latency)
            return error_set(err,
                             "schedule: operation %d follows operation %d after %lld cycles, "
                             "must wait %d",
                             edge->to, edge->from, (long long)gap, latency);
    }
    return true;
}

static bool overlap(const struct stay *a, const struct stay *b, int cycles)
{
    for (int i = 0; i < a->cycles; i++)
        for (int j = 0; j < b->cycles; j++)
            if ((a->first + i) % cycles == (b->first + j) % cycles)
                return true;
    return false;
}

/* Gives instances to stays [next, count) by backtracking. */
static bool give_instances(struct stay *stays, int next, int count, int instances, int cycles,
                           int *budget)
{
    if (next == count)
        return true;
    if (--*budget < 0)
        return false;
    for (int instance = 0; instance < instances; instance++) {
        bool is_free = true;
        for (int s = 0; s < next && is_free; s++)
            is_free =
                stays[s].instance != instance || !overlap(&stays[s], &stays[next], cycles);
        if (!is_free)
            continue;
        stays[next].instance = instance;
        if (give_instances(stays, next + 1, count, instances, cycles, budget))
            return true;
    }
    return false;
}

static int collect_stays(const struct dependence_graph *graph, const struct schedule *schedule,
                         int resource, struct stay *stays, int *longest)
{
    int count = 0;
    for (int i = 0; i < graph->operation_count; i++) {
        const struct alternative *alternative =
            &graph->operations[i].alternatives[schedule->alternative[i]];
        for (int r = 0; r < alternative->reservation_count; r++) {
            const struct reservation *reservation = &alternative->reservations[r];
            if (reservation->resource != resource)
                continue;
            if (reservation->cycles > *longest)
                *longest = reservation->cycles;
            if (stays)
                stays[count] = (struct stay){i, schedule->time[i] + reservation->first,
                                             reservation->cycles, 0};
            count++;
        }
    }
    return count;
}

static bool resource_holds(const struct dependence_graph *graph,
                           const struct resource *resource, int index,
                           const struct schedule *schedule, struct error *err)
{
    int longest = 0;
    int count = collect_stays(graph, schedule, index, NULL, &longest);
    struct stay *stays = arena_array(graph->arena, (size_t)count + 1, sizeof *stays);
    collect_stays(graph, schedule, index, stays, &longest);
    int cycles = schedule->ii;
    if (cycles == 0)
        for (int s = 0; s < count; s++)
            if (stays[s].first + stays[s].cycles > cycles)
                cycles = stays[s].first + stays[s].cycles;
    if (longest > cycles)
        return error_set(err, "schedule: %s is held for %d cycles of %d", resource->name,
                         longest, cycles);
    int *load = arena_array(graph->arena, (size_t)cycles + 1, sizeof *load);
    for (int s = 0; s < count; s++)
        for (int c = 0; c < stays[s].cycles; c++)
            if (++load[(stays[s].first + c) % cycles] > resource->count)
                return error_set(err, "schedule: %s is used more than %d times in cycle %d",
                                 resource->name, resource->count,
                                 (stays[s].first + c) % cycles);
    int budget = 100000;
    if (longest > 1 && resource->count > 1 &&
        !give_instances(stays, 0, count, resource->count, cycles, &budget) && budget >= 0)
        return error_set(err, "schedule: %s cannot serve its operations on whole instances",
                         resource->name);
    return true;
}

bool schedule_check(const struct dependence_graph *graph, const struct resource_set *resources,
                    const struct schedule *schedule, struct error *err)
{
    if (!dependences_hold(graph, schedule, err))
        return false;
    for (int r = 0; r < resources->count; r++) {
        struct arena_mark mark = arena_mark(graph->arena);
        bool holds = resource_holds(graph, &resources->resources[r], r, schedule, err);
        arena_release(graph->arena, mark);
        if (!holds)
            return false;
    }
    return true;
}
