#include "arch/scheduling/modulo_schedule.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "arch/scheduling/list_schedule.h"
#include "arch/scheduling/reservation_table.h"

/* Small bodies can afford more orders; large ones are kept within milliseconds. */
enum {
    SMALL_BODY = 80,
    SMALL_BUDGET_RATIO = 10,
    SMALL_ATTEMPTS = 12,
    SMALL_SUCCESSES = 4, /* schedules of the least II to choose from */
    BUDGET_RATIO = 4,
    ATTEMPTS = 4,
    LARGE_TABLE = 8000, /* operations x II */
    EVICTION_LIMIT = 64,
    UNPLACED = -1
};

struct attempt {
    const struct dependence_graph *graph;
    const int *preferred;
    struct reservation_table table;
    struct schedule *schedule;
    int ii;
    int64_t *height;
    int *order, *rank; /* order[rank] is the operation; lower rank is placed earlier */
    int *last_time;    /* of the previous placement; -1 before the first */
    int first_open;    /* every rank below is placed */
    bool keeps_to_preferred;
};

void modulo_heights(const struct dependence_graph *graph, int ii, int64_t *height)
{
    memset(height, 0, (size_t)graph->operation_count * sizeof *height);
    bool has_changed = true;
    for (int round = 0; has_changed && round <= graph->operation_count; round++) {
        has_changed = false;
        /* Producers usually stand before consumers, so one backward sweep settles most. */
        for (int i = graph->operation_count - 1; i >= 0; i--)
            for (int k = graph->out_first[i]; k < graph->out_first[i + 1]; k++) {
                int e = graph->out_edges[k];
                const struct dependence *edge = &graph->dependences[e];
                int64_t path =
                    height[edge->to] + graph->least[e] - (int64_t)ii * edge->distance;
                if (path > height[i]) {
                    height[i] = path;
                    has_changed = true;
                }
            }
    }
}

/* Longest reservation of any way to run the operation. */
static int longest_stay(const struct operation *operation)
{
    int longest = 0;
    for (int a = 0; a < operation->alternative_count; a++)
        for (int r = 0; r < operation->alternatives[a].reservation_count; r++)
            if (operation->alternatives[a].reservations[r].cycles > longest)
                longest = operation->alternatives[a].reservations[r].cycles;
    return longest;
}

/* Attempt 0 orders by height; 1 puts long stays on a unit first, which are hard to fit in
 * later; 2 recurrences; later ones break ties at random. */
static int64_t priority(const struct attempt *attempt, int i, int number)
{
    const struct dependence_graph *graph = attempt->graph;
    int64_t value = attempt->height[i] * 16;
    if (number == 1)
        value += (int64_t)longest_stay(&graph->operations[i]) << 24;
    if (number == 2)
        for (int k = graph->in_first[i]; k < graph->in_first[i + 1]; k++)
            if (graph->dependences[graph->in_edges[k]].distance > 0) {
                value += INT64_C(1) << 24;
                break;
            }
    if (number >= 3) {
        uint64_t mix = ((uint64_t)i + 1) * UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)number;
        value += (int64_t)(mix >> 58);
    }
    return value;
}

static void sort_by_priority(struct attempt *attempt, int number)
{
    int n = attempt->graph->operation_count;
    struct arena_mark mark = arena_mark(attempt->graph->arena);
    int64_t *key = arena_array(attempt->graph->arena, (size_t)n + 1, sizeof *key);
    for (int i = 0; i < n; i++) {
        key[i] = priority(attempt, i, number);
        attempt->order[i] = i;
    }
    for (int gap = n / 2; gap > 0; gap /= 2)
        for (int i = gap; i < n; i++)
            for (int j = i - gap; j >= 0; j -= gap) {
                int a = attempt->order[j], b = attempt->order[j + gap];
                if (key[a] > key[b] || (key[a] == key[b] && a < b))
                    break;
                attempt->order[j] = b;
                attempt->order[j + gap] = a;
            }
    for (int r = 0; r < n; r++)
        attempt->rank[attempt->order[r]] = r;
    arena_release(attempt->graph->arena, mark);
}

static const struct alternative *alternative_of(const struct attempt *attempt, int i)
{
    return &attempt->graph->operations[i].alternatives[attempt->schedule->alternative[i]];
}

static int earliest_start(const struct attempt *attempt, int i)
{
    const struct dependence_graph *graph = attempt->graph;
    int64_t earliest = 0;
    for (int k = graph->in_first[i]; k < graph->in_first[i + 1]; k++) {
        const struct dependence *edge = &graph->dependences[graph->in_edges[k]];
        int from = edge->from;
        if (from == i || attempt->schedule->time[from] == UNPLACED)
            continue;
        int64_t time = attempt->schedule->time[from] +
                       graph_edge_latency(graph, edge, attempt->schedule->alternative[from]) -
                       (int64_t)attempt->ii * edge->distance;
        if (time > earliest)
            earliest = time;
    }
    return (int)earliest;
}

/* An operation that feeds itself must be done before it runs again. */
static bool alternative_is_usable(const struct attempt *attempt, int i, int a)
{
    const struct dependence_graph *graph = attempt->graph;
    for (int k = graph->out_first[i]; k < graph->out_first[i + 1]; k++) {
        const struct dependence *edge = &graph->dependences[graph->out_edges[k]];
        if (edge->to == i &&
            graph_edge_latency(graph, edge, a) > (int64_t)attempt->ii * edge->distance)
            return false;
    }
    return true;
}

static void unplace(struct attempt *attempt, int i)
{
    table_give_back(&attempt->table, alternative_of(attempt, i), attempt->schedule->time[i], i);
    attempt->schedule->time[i] = UNPLACED;
    if (attempt->rank[i] < attempt->first_open)
        attempt->first_open = attempt->rank[i];
}

static void settle(struct attempt *attempt, int i, int a, int time)
{
    const struct dependence_graph *graph = attempt->graph;
    attempt->schedule->alternative[i] = a;
    attempt->schedule->time[i] = attempt->last_time[i] = time;
    table_take(&attempt->table, alternative_of(attempt, i), time, i);
    /* Consumers that now come too early are taken out and placed again later. */
    for (int k = graph->out_first[i]; k < graph->out_first[i + 1]; k++) {
        const struct dependence *edge = &graph->dependences[graph->out_edges[k]];
        int to = edge->to;
        if (to != i && attempt->schedule->time[to] != UNPLACED &&
            attempt->schedule->time[to] + (int64_t)attempt->ii * edge->distance <
                time + graph_edge_latency(graph, edge, a))
            unplace(attempt, to);
    }
}

/* Takes the first cycle of the window in which the alternative is free. */
static bool place_as(struct attempt *attempt, int i, int a, int earliest, int window)
{
    const struct alternative *alternative = &attempt->graph->operations[i].alternatives[a];
    if (!alternative_is_usable(attempt, i, a))
        return false;
    for (int time = earliest; time < earliest + window; time++)
        if (table_fits(&attempt->table, alternative, time)) {
            settle(attempt, i, a, time);
            return true;
        }
    return false;
}

/* Early orders take the earliest cycle on any unit; others keep to the units that ResMII gave
 * the operation as long as they have room. */
static bool place_freely(struct attempt *attempt, int i, int earliest)
{
    int count = attempt->graph->operations[i].alternative_count;
    if (attempt->keeps_to_preferred) {
        for (int k = 0; k < count; k++)
            if (place_as(attempt, i, (attempt->preferred[i] + k) % count, earliest,
                         attempt->ii))
                return true;
        return false;
    }
    for (int time = earliest; time < earliest + attempt->ii; time++)
        for (int k = 0; k < count; k++)
            if (place_as(attempt, i, (attempt->preferred[i] + k) % count, time, 1))
                return true;
    return false;
}

static bool place_by_force(struct attempt *attempt, int i, int earliest)
{
    const struct operation *operation = &attempt->graph->operations[i];
    int time = earliest > attempt->last_time[i] ? earliest : attempt->last_time[i] + 1;
    int best = -1, best_count = INT_MAX, evicted[EVICTION_LIMIT], list[EVICTION_LIMIT];
    for (int k = 0; k < operation->alternative_count; k++) {
        int a = (attempt->preferred[i] + k) % operation->alternative_count;
        if (!alternative_is_usable(attempt, i, a))
            continue;
        int count = table_conflicts(&attempt->table, &operation->alternatives[a], time,
                                    attempt->rank, list, EVICTION_LIMIT);
        if (count >= 0 && count < best_count) {
            best = a;
            best_count = count;
            memcpy(evicted, list, sizeof evicted);
        }
    }
    if (best < 0)
        return false;
    for (int e = 0; e < best_count; e++)
        unplace(attempt, evicted[e]);
    if (!table_fits(&attempt->table, &operation->alternatives[best], time))
        return false;
    settle(attempt, i, best, time);
    return true;
}

static bool try_ii(struct attempt *attempt, int number, int64_t budget)
{
    int n = attempt->graph->operation_count;
    table_reset(&attempt->table, attempt->ii);
    sort_by_priority(attempt, number);
    attempt->keeps_to_preferred = number % 2 == 1;
    attempt->first_open = 0;
    for (int i = 0; i < n; i++)
        attempt->schedule->time[i] = attempt->last_time[i] = UNPLACED;
    while (attempt->first_open < n) {
        int i = attempt->order[attempt->first_open];
        if (attempt->schedule->time[i] != UNPLACED) {
            attempt->first_open++;
            continue;
        }
        if (budget-- <= 0)
            return false;
        attempt->schedule->placements++;
        int earliest = earliest_start(attempt, i);
        if (!place_freely(attempt, i, earliest) && !place_by_force(attempt, i, earliest))
            return false;
    }
    return true;
}

/* The list schedule repeated: II large enough for every reservation and carried dependence. */
static struct schedule without_overlap(const struct dependence_graph *graph,
                                       const struct resource_set *resources)
{
    struct schedule schedule = list_schedule(graph, resources);
    int64_t ii = list_schedule_horizon(graph);
    for (int e = 0; e < graph->dependence_count; e++) {
        const struct dependence *edge = &graph->dependences[e];
        if (edge->distance == 0)
            continue;
        int64_t span = schedule.time[edge->from] - schedule.time[edge->to] +
                       graph_edge_latency(graph, edge, schedule.alternative[edge->from]);
        if (span > ii * edge->distance)
            ii = (span + edge->distance - 1) / edge->distance;
    }
    schedule.ii = (int)ii;
    schedule_finish(graph, &schedule);
    return schedule;
}

/* Of schedules with equal II the one that ends first has the shorter prologue and epilogue. */
static int last_issue(const struct schedule *schedule)
{
    int first = INT_MAX, last = 0;
    for (int i = 0; i < schedule->operation_count; i++) {
        first = schedule->time[i] < first ? schedule->time[i] : first;
        last = schedule->time[i] > last ? schedule->time[i] : last;
    }
    return last - first;
}

struct schedule modulo_schedule(const struct dependence_graph *graph,
                                const struct resource_set *resources,
                                const struct initiation_interval *bound,
                                struct modulo_options options)
{
    size_t n = (size_t)graph->operation_count;
    assert(n > 0 && graph->out_first);
    struct schedule schedule = {.operation_count = graph->operation_count,
                                .time = arena_array(graph->arena, n, sizeof(int)),
                                .alternative = arena_array(graph->arena, n, sizeof(int))};
    struct arena_mark mark = arena_mark(graph->arena);
    int least = bound->mii > options.least_ii ? bound->mii : options.least_ii;
    int most = list_schedule(graph, resources).length;
    most = 2 * (most > least ? most : least) + 16;
    struct attempt attempt = {.graph = graph,
                              .preferred = bound->preferred_alternative,
                              .schedule = &schedule,
                              .height = arena_array(graph->arena, n, sizeof(int64_t)),
                              .order = arena_array(graph->arena, n, sizeof(int)),
                              .rank = arena_array(graph->arena, n, sizeof(int)),
                              .last_time = arena_array(graph->arena, n, sizeof(int))};
    table_init(&attempt.table, resources, least, most, true, graph->arena);
    int attempts = options.attempts  ? options.attempts
                   : n <= SMALL_BODY ? SMALL_ATTEMPTS
                                     : ATTEMPTS;
    int ratio = options.budget_ratio ? options.budget_ratio
                : n <= SMALL_BODY    ? SMALL_BUDGET_RATIO
                                     : BUDGET_RATIO;
    if (!options.budget_ratio && (int64_t)n * least > LARGE_TABLE)
        ratio = 1;
    bool is_found = false;
    int best_end = 0;
    int *time = arena_array(graph->arena, n, sizeof *time);
    int *alternative = arena_array(graph->arena, n, sizeof *alternative);
    for (attempt.ii = least; attempt.ii <= most && !is_found; attempt.ii++) {
        modulo_heights(graph, attempt.ii, attempt.height);
        int successes = 0, wanted = n <= SMALL_BODY ? SMALL_SUCCESSES : 1;
        for (int number = 0; number < attempts && successes < wanted; number++) {
            if (!try_ii(&attempt, number, (int64_t)ratio * (int64_t)n))
                continue;
            successes++;
            int end = last_issue(&schedule);
            if (is_found && end >= best_end)
                continue;
            is_found = true;
            best_end = end;
            schedule.ii = attempt.ii;
            memcpy(time, schedule.time, n * sizeof *time);
            memcpy(alternative, schedule.alternative, n * sizeof *alternative);
        }
    }
    memcpy(schedule.time, time, n * sizeof *time);
    memcpy(schedule.alternative, alternative, n * sizeof *alternative);
    arena_release(graph->arena, mark);
    if (!is_found)
        return without_overlap(graph, resources);
    schedule_finish(graph, &schedule);
    return schedule;
}
