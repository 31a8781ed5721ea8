/* What an assignment of clusters costs, and moves that lower it. */
#include "arch/scheduling/cluster_state.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

static void add_set(struct assignment *assignment, uint64_t set, int cluster)
{
    if (assignment->set_count == SET_LIMIT || set == 0)
        return;
    int s = assignment->set_count++;
    assignment->sets[s] = set;
    assignment->set_cluster[s] = cluster;
    assignment->instances[s] = 0;
    for (int r = 0; r < assignment->resources->count; r++)
        if (set >> r & 1)
            assignment->instances[s] += assignment->resources->resources[r].count;
}

void cluster_build_sets(struct assignment *assignment)
{
    for (int cluster = 0; cluster < assignment->rules->cluster_count; cluster++) {
        int members[RESOURCE_LIMIT], count = 0;
        uint64_t all = 0;
        for (int r = 0; r < assignment->resources->count; r++)
            if (assignment->resources->resources[r].cluster == cluster) {
                members[count++] = r;
                all |= UINT64_C(1) << r;
            }
        if (count > SUBSET_LIMIT || assignment->rules->cluster_count > 4) {
            for (int m = 0; m < count; m++)
                add_set(assignment, UINT64_C(1) << members[m], cluster);
            add_set(assignment, all, cluster);
            continue;
        }
        for (int subset = 1; subset < 1 << count; subset++) {
            uint64_t set = 0;
            for (int m = 0; m < count; m++)
                if (subset >> m & 1)
                    set |= UINT64_C(1) << members[m];
            add_set(assignment, set, cluster);
        }
    }
}

static int least_use(const struct operation *operation, int cluster, uint64_t set)
{
    int least = INT_MAX;
    for (int a = 0; a < operation->alternative_count; a++) {
        const struct alternative *alternative = &operation->alternatives[a];
        if (alternative->cluster >= 0 && alternative->cluster != cluster)
            continue;
        int use = 0;
        for (int r = 0; r < alternative->reservation_count; r++)
            if (set >> alternative->reservations[r].resource & 1)
                use += alternative->reservations[r].cycles;
        if (use < least)
            least = use;
    }
    return least == INT_MAX ? -1 : least;
}

static int *use_of(const struct assignment *assignment, int operation, int cluster)
{
    size_t row =
        (size_t)assignment->class_of[operation] * (size_t)assignment->rules->cluster_count +
        (size_t)cluster;
    return &assignment->use[row * (size_t)assignment->set_count];
}

void cluster_build_classes(struct assignment *assignment)
{
    const struct dependence_graph *graph = assignment->graph;
    size_t n = (size_t)graph->operation_count;
    assignment->class_of = arena_array(graph->arena, n + CLONE_ROOM + 1, sizeof(int));
    assignment->first_of = arena_array(graph->arena, n + 1, sizeof(int));
    for (int i = 0; i < graph->operation_count; i++) {
        int c = 0;
        while (c < assignment->class_count) {
            const struct operation *other = &graph->operations[assignment->first_of[c]];
            if (other->alternatives == graph->operations[i].alternatives &&
                other->alternative_count == graph->operations[i].alternative_count)
                break;
            c++;
        }
        if (c == assignment->class_count)
            assignment->first_of[assignment->class_count++] = i;
        assignment->class_of[i] = c;
    }
    size_t rows = (size_t)assignment->class_count * (size_t)assignment->rules->cluster_count;
    assignment->use =
        arena_array(graph->arena, rows * (size_t)assignment->set_count + 1, sizeof(int));
    for (int c = 0; c < assignment->class_count; c++)
        for (int cluster = 0; cluster < assignment->rules->cluster_count; cluster++)
            for (int s = 0; s < assignment->set_count; s++)
                use_of(assignment, assignment->first_of[c], cluster)[s] = least_use(
                    &graph->operations[assignment->first_of[c]], cluster, assignment->sets[s]);
}

bool cluster_is_allowed(const struct assignment *assignment, int operation, int cluster)
{
    return use_of(assignment, operation, cluster)[0] >= 0;
}

void cluster_shift_load(struct assignment *assignment, int operation, int cluster, int sign)
{
    const int *use = use_of(assignment, operation, cluster);
    for (int s = 0; s < assignment->set_count; s++)
        assignment->load[s] += sign * use[s];
}

int cluster_crossings(const struct assignment *assignment, int operation)
{
    const struct dependence_graph *graph = assignment->graph;
    int count = 0;
    for (int k = graph->in_first[operation]; k < graph->in_first[operation + 1]; k++) {
        const struct dependence *edge = &graph->dependences[graph->in_edges[k]];
        int from = assignment->cluster[edge->from];
        if (edge->is_value && from >= 0 && from != assignment->cluster[operation])
            count++;
    }
    return count;
}

/* What the placement costs around one operation, in hundredths of a cycle per value. */
static double crossing_cost(const struct assignment *assignment, int operation)
{
    const struct dependence_graph *graph = assignment->graph;
    double cost = 0;
    int own = cluster_crossings(assignment, operation);
    cost += own + (own > 1 ? 4.0 * (own - 1) : 0);
    for (int k = graph->in_first[operation]; k < graph->in_first[operation + 1]; k++) {
        int e = graph->in_edges[k];
        int from = assignment->cluster[graph->dependences[e].from];
        if (assignment->is_carried[e] && from >= 0 && from != assignment->cluster[operation])
            cost += 20;
    }
    for (int k = graph->out_first[operation]; k < graph->out_first[operation + 1]; k++) {
        int e = graph->out_edges[k], to = graph->dependences[e].to;
        if (to == operation || assignment->cluster[to] < 0 ||
            assignment->cluster[to] == assignment->cluster[operation])
            continue;
        if (graph->dependences[e].is_value)
            cost += 1 + (cluster_crossings(assignment, to) > 1 ? 4 : 0);
        if (assignment->is_carried[e])
            cost += 20;
    }
    return cost;
}

/* The units' part: the fullest set decides II; the sum of squares guides moves below it. */
static double load_cost(const struct assignment *assignment)
{
    double most = 0, fullest[CLUSTER_LIMIT] = {0}, squares = 0;
    for (int s = 0; s < assignment->set_count; s++) {
        double load = (double)assignment->load[s] / assignment->instances[s];
        if (load > fullest[assignment->set_cluster[s]])
            fullest[assignment->set_cluster[s]] = load;
        if (load > most)
            most = load;
    }
    for (int cluster = 0; cluster < assignment->rules->cluster_count; cluster++)
        squares += fullest[cluster] * fullest[cluster];
    int64_t whole = (int64_t)most;
    if ((double)whole < most)
        whole++;
    return 20.0 * (double)whole + 4.0 * most + squares / (1.0 + most);
}

/* Reads over each cluster's cross path are a load like any other; counted in full only while
 * the graph is small. */
static double cross_cost(const struct assignment *assignment)
{
    int load[CLUSTER_LIMIT] = {0};
    double cost = 0;
    if (assignment->graph->operation_count > SMALL_GRAPH)
        return 0;
    for (int i = 0; i < assignment->graph->operation_count; i++)
        if (assignment->cluster[i] >= 0)
            load[assignment->cluster[i]] += cluster_crossings(assignment, i);
    double units = 0;
    for (int s = 0; s < assignment->set_count; s++) {
        double here = (double)assignment->load[s] / assignment->instances[s];
        units = here > units ? here : units;
    }
    for (int c = 0; c < assignment->rules->cluster_count; c++) {
        int path = assignment->rules->cross_resource[c];
        double over =
            path < 0 ? 0
                     : (double)load[c] / assignment->resources->resources[path].count - units;
        if (over > 0)
            cost += 20 * over;
    }
    return cost;
}

static double try_cluster(struct assignment *assignment, int operation, int cluster)
{
    assignment->cluster[operation] = cluster;
    cluster_shift_load(assignment, operation, cluster, 1);
    double cost =
        load_cost(assignment) + crossing_cost(assignment, operation) + cross_cost(assignment);
    cluster_shift_load(assignment, operation, cluster, -1);
    return cost;
}

void cluster_place_best(struct assignment *assignment, int operation, int now)
{
    int best = -1;
    double best_cost = 0;
    for (int k = 0; k < assignment->rules->cluster_count; k++) {
        /* Stay where it is when another cluster is no better. */
        int cluster = now >= 0 ? (now + k) % assignment->rules->cluster_count : k;
        if (!cluster_is_allowed(assignment, operation, cluster))
            continue;
        double cost = try_cluster(assignment, operation, cluster);
        if (best < 0 || cost < best_cost - 1e-9) {
            best = cluster;
            best_cost = cost;
        }
    }
    assert(best >= 0);
    assignment->cluster[operation] = best;
    cluster_shift_load(assignment, operation, best, 1);
}

double cluster_total_cost(const struct assignment *assignment)
{
    double cost = load_cost(assignment) + cross_cost(assignment);
    for (int i = 0; i < assignment->graph->operation_count; i++) {
        int own = cluster_crossings(assignment, i);
        cost += own + (own > 1 ? 4.0 * (own - 1) : 0);
    }
    for (int e = 0; e < assignment->graph->dependence_count; e++)
        if (assignment->is_carried[e] &&
            assignment->cluster[assignment->graph->dependences[e].from] !=
                assignment->cluster[assignment->graph->dependences[e].to])
            cost += 20;
    return cost;
}

void cluster_improve(struct assignment *assignment)
{
    double before = cluster_total_cost(assignment);
    for (int pass = 0; pass < PASSES; pass++) {
        for (int i = 0; i < assignment->graph->operation_count; i++) {
            cluster_shift_load(assignment, i, assignment->cluster[i], -1);
            cluster_place_best(assignment, i, assignment->cluster[i]);
        }
        double after = cluster_total_cost(assignment);
        if (after >= before - 1e-9)
            break;
        before = after;
    }
}

void cluster_mark_carried(struct assignment *assignment)
{
    const struct dependence_graph *graph = assignment->graph;
    size_t n = (size_t)graph->operation_count;
    int *queue = arena_array(graph->arena, n + 1, sizeof *queue);
    bool *is_after = arena_array(graph->arena, n + 1, sizeof *is_after);
    bool *is_before = arena_array(graph->arena, n + 1, sizeof *is_before);
    for (int e = 0; e < graph->dependence_count; e++) {
        const struct dependence *carried = &graph->dependences[e];
        if (carried->distance == 0 || carried->from == carried->to)
            continue;
        memset(is_after, 0, n);
        memset(is_before, 0, n);
        int queued = 0;
        queue[queued++] = carried->to;
        is_after[carried->to] = true;
        for (int head = 0; head < queued; head++)
            for (int k = graph->out_first[queue[head]]; k < graph->out_first[queue[head] + 1];
                 k++) {
                const struct dependence *edge = &graph->dependences[graph->out_edges[k]];
                if (edge->distance == 0 && !is_after[edge->to]) {
                    is_after[edge->to] = true;
                    queue[queued++] = edge->to;
                }
            }
        if (!is_after[carried->from])
            continue;
        queued = 0;
        queue[queued++] = carried->from;
        is_before[carried->from] = true;
        for (int head = 0; head < queued; head++)
            for (int k = graph->in_first[queue[head]]; k < graph->in_first[queue[head] + 1];
                 k++) {
                int in = graph->in_edges[k], from = graph->dependences[in].from;
                if (graph->dependences[in].distance != 0 || !is_after[from])
                    continue;
                assignment->is_carried[in] = true;
                if (!is_before[from]) {
                    is_before[from] = true;
                    queue[queued++] = from;
                }
            }
        assignment->is_carried[e] = true;
    }
}
