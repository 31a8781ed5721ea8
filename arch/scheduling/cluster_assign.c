#include "arch/scheduling/cluster_assign.h"

#include "arch/scheduling/cluster_state.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

enum start { START_TURNS, START_HALVES, START_COMPONENTS, START_GREEDY, START_COUNT };

/* Connected by values, or by nothing: parts that need no crossing at all. Values that many read
 * (more than a few) do not tie their readers together. */
static void find_components(struct assignment *assignment, int *component)
{
    const struct dependence_graph *graph = assignment->graph;
    int n = graph->operation_count;
    for (int i = 0; i < n; i++)
        component[i] = i;
    bool has_changed = true;
    while (has_changed) {
        has_changed = false;
        for (int e = 0; e < graph->dependence_count; e++) {
            const struct dependence *edge = &graph->dependences[e];
            int a = component[edge->from], b = component[edge->to];
            if (!edge->is_value || a == b)
                continue;
            component[edge->from] = component[edge->to] = a < b ? a : b;
            has_changed = true;
        }
    }
}

/* Where an operation starts: strands in turn, strands in halves, or whole components in turn;
 * -1: where it is cheapest. */
static int wanted_cluster(const struct assignment *assignment, int start, int i,
                          const int *component, int *next, int *cluster_of_component)
{
    int clusters = assignment->rules->cluster_count, most = 0;
    int strand = assignment->graph->operations[i].strand;
    if (start == START_TURNS)
        return strand % clusters;
    if (start == START_HALVES) {
        for (int k = 0; k < assignment->graph->operation_count; k++)
            if (assignment->graph->operations[k].strand > most)
                most = assignment->graph->operations[k].strand;
        return strand * clusters / (most + 1);
    }
    if (start == START_COMPONENTS) {
        int c = component[i];
        if (cluster_of_component[c] < 0)
            cluster_of_component[c] = (*next)++ % clusters;
        return cluster_of_component[c];
    }
    if (start >= START_COUNT) {
        uint64_t mix =
            ((uint64_t)i + 1) * UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(2 * start + 1);
        return (int)((mix >> 40) % (uint64_t)clusters);
    }
    return -1;
}

static double solve(struct assignment *assignment, int start, bool is_improved)
{
    size_t n = (size_t)assignment->graph->operation_count;
    struct arena_mark mark = arena_mark(assignment->graph->arena);
    int *component = arena_array(assignment->graph->arena, n + 1, sizeof *component);
    int *of_component = arena_array(assignment->graph->arena, n + 1, sizeof *of_component);
    int next = 0;
    find_components(assignment, component);
    memset(assignment->load, 0, (size_t)assignment->set_count * sizeof *assignment->load);
    for (size_t i = 0; i < n; i++)
        assignment->cluster[i] = of_component[i] = -1;
    for (int i = 0; i < assignment->graph->operation_count; i++) {
        int wanted = wanted_cluster(assignment, start, i, component, &next, of_component);
        if (wanted >= 0 && cluster_is_allowed(assignment, i, wanted)) {
            assignment->cluster[i] = wanted;
            cluster_shift_load(assignment, i, wanted, 1);
        } else {
            cluster_place_best(assignment, i, -1);
        }
    }
    arena_release(assignment->graph->arena, mark);
    if (is_improved)
        cluster_improve(assignment);
    return cluster_total_cost(assignment);
}

static struct operation filtered(const struct assignment *assignment, int i)
{
    const struct dependence_graph *graph = assignment->graph;
    const struct operation *operation = &graph->operations[i];
    int cluster = assignment->cluster[i], path = assignment->rules->cross_resource[cluster];
    int slots = path >= 0 ? cluster_crossings(assignment, i) : 0;
    struct operation copy = *operation;
    struct alternative *alternatives =
        arena_array(graph->arena, (size_t)operation->alternative_count, sizeof *alternatives);
    copy.alternative_count = 0;
    for (int a = 0; a < operation->alternative_count; a++) {
        const struct alternative *alternative = &operation->alternatives[a];
        if (alternative->cluster >= 0 && alternative->cluster != cluster)
            continue;
        struct alternative *kept = &alternatives[copy.alternative_count++];
        *kept = *alternative;
        if (slots == 0)
            continue;
        struct reservation *reservations = arena_array(
            graph->arena, (size_t)alternative->reservation_count + 1, sizeof *reservations);
        memcpy(reservations, alternative->reservations,
               (size_t)alternative->reservation_count * sizeof *reservations);
        reservations[kept->reservation_count++] = (struct reservation){path, 0, slots};
        kept->reservations = reservations;
    }
    copy.alternatives = alternatives;
    return copy;
}

/* Operations of equal alternatives share one list, so that later counting by class stays cheap.
 */
static void share_lists(struct dependence_graph *graph, const struct assignment *assignment)
{
    for (int i = 0; i < graph->operation_count; i++)
        for (int j = 0; j < i; j++)
            if (assignment->class_of[i] == assignment->class_of[j] &&
                assignment->cluster[i] == assignment->cluster[j] &&
                cluster_crossings(assignment, i) == cluster_crossings(assignment, j)) {
                graph->operations[i].alternatives = graph->operations[j].alternatives;
                break;
            }
}

/* The graph with clusters as assigned. */
static struct dependence_graph apply(const struct assignment *assignment)
{
    const struct dependence_graph *graph = assignment->graph;
    struct dependence_graph result;
    graph_init(&result, graph->arena);
    for (int i = 0; i < graph->operation_count; i++)
        graph_add_operation(&result, filtered(assignment, i));
    share_lists(&result, assignment);
    for (int e = 0; e < graph->dependence_count; e++) {
        struct dependence edge = graph->dependences[e];
        if (edge.is_value && assignment->cluster[edge.from] != assignment->cluster[edge.to])
            edge.extra_cycles += assignment->rules->cross_delay_cycles;
        graph_add_dependence(&result, edge);
    }
    graph_freeze(&result);
    return result;
}

struct initiation_interval cluster_interval(const struct dependence_graph *placed,
                                            const struct resource_set *resources)
{
    struct resource own[RESOURCE_LIMIT];
    for (int r = 0; r < resources->count; r++) {
        own[r] = resources->resources[r];
        own[r].role = r;
    }
    struct resource_set apart = {own, resources->count};
    return initiation_interval(placed, &apart);
}

/* The bound of the placed graph counts cross paths and recurrences exactly; crossings decide
 * between equal bounds. */
static double placed_cost(const struct assignment *assignment,
                          const struct dependence_graph *placed)
{
    double cost = 1000.0 * cluster_interval(placed, assignment->resources).mii;
    for (int i = 0; i < assignment->graph->operation_count; i++)
        cost += cluster_crossings(assignment, i);
    return cost;
}

/* The graph with operation i done a second time, for its readers in `cluster`. */
static struct dependence_graph with_clone(const struct assignment *assignment, int i,
                                          int cluster)
{
    const struct dependence_graph *graph = assignment->graph;
    struct dependence_graph result;
    graph_init(&result, graph->arena);
    for (int k = 0; k < graph->operation_count; k++)
        graph_add_operation(&result, graph->operations[k]);
    int clone = graph_add_operation(&result, graph->operations[i]);
    for (int e = 0; e < graph->dependence_count; e++) {
        struct dependence edge = graph->dependences[e];
        if (edge.is_value && edge.from == i && assignment->cluster[edge.to] == cluster)
            edge.from = clone;
        graph_add_dependence(&result, edge);
        if (edge.is_value || (edge.from != i && edge.to != i))
            continue;
        edge.from = edge.from == i ? clone : edge.from;
        edge.to = edge.to == i ? clone : edge.to;
        graph_add_dependence(&result, edge);
    }
    graph_freeze(&result);
    return result;
}

/* Operations that read no register, such as loads, may be done once for each cluster that needs
 * the result, when slots are cheaper than crossings. Clones come after all other operations. */
static struct dependence_graph replicate(struct assignment *assignment,
                                         struct dependence_graph placed, double *least)
{
    const struct dependence_graph *whole = assignment->graph;
    double cost = *least;
    struct dependence_graph graph = *assignment->graph;
    int count = graph.operation_count, original = count;
    for (int i = 0; i < original && count < original + CLONE_ROOM; i++) {
        bool is_source = graph.operations[i].has_result;
        for (int k = graph.in_first[i]; k < graph.in_first[i + 1]; k++)
            is_source = is_source && !graph.dependences[graph.in_edges[k]].is_value;
        int other = NOWHERE, own = 0;
        for (int k = graph.out_first[i]; k < graph.out_first[i + 1]; k++) {
            const struct dependence *edge = &graph.dependences[graph.out_edges[k]];
            if (!edge->is_value)
                continue;
            if (assignment->cluster[edge->to] != assignment->cluster[i])
                other = assignment->cluster[edge->to];
            else
                own++;
        }
        if (!is_source || other == NOWHERE || own == 0 ||
            !cluster_is_allowed(assignment, i, other))
            continue;
        assignment->graph = &graph;
        struct dependence_graph tried = with_clone(assignment, i, other);
        struct dependence_graph before = graph;
        graph = tried;
        assignment->cluster[count] = other;
        assignment->class_of[count] = assignment->class_of[i];
        struct dependence_graph next = apply(assignment);
        double next_cost = placed_cost(assignment, &next);
        if (next_cost < cost - 1e-9) {
            cost = next_cost;
            placed = next;
            count++;
        } else {
            graph = before;
        }
    }
    assignment->graph = whole;
    *least = cost;
    return placed;
}

/* Keeps a list of candidates sorted by cost. */
static int keep(struct dependence_graph *list, double *costs, int count, int most,
                const struct dependence_graph *placed, double cost)
{
    int at = count < most ? count++ : most - 1;
    if (at == most - 1 && count == most && costs[at] > 0 && costs[at] <= cost)
        return count;
    for (; at > 0 && costs[at - 1] > cost; at--) {
        costs[at] = costs[at - 1];
        list[at] = list[at - 1];
    }
    costs[at] = cost;
    list[at] = *placed;
    return count;
}

struct dependence_graph cluster_assign(const struct dependence_graph *graph,
                                       const struct resource_set *resources,
                                       const struct cluster_rules *rules)
{
    struct dependence_graph best;
    cluster_candidates(graph, resources, rules, &best, 1);
    return best;
}

int cluster_candidates(const struct dependence_graph *graph,
                       const struct resource_set *resources, const struct cluster_rules *rules,
                       struct dependence_graph *list, int most)
{
    list[0] = *graph;
    if (rules->cluster_count <= 1 || graph->operation_count == 0)
        return 1;
    size_t n = (size_t)graph->operation_count;
    struct assignment *assignment = arena_alloc(graph->arena, sizeof *assignment);
    *assignment = (struct assignment){.graph = graph, .resources = resources, .rules = rules};
    cluster_build_sets(assignment);
    cluster_build_classes(assignment);
    assignment->load = arena_array(graph->arena, (size_t)assignment->set_count, sizeof(int));
    assignment->cluster = arena_array(graph->arena, n + CLONE_ROOM, sizeof(int));
    assignment->is_carried =
        arena_array(graph->arena, (size_t)graph->dependence_count + 1, sizeof(bool));
    cluster_mark_carried(assignment);
    double *costs = arena_array(graph->arena, (size_t)most, sizeof *costs);
    int count = 0;
    bool is_small = graph->operation_count <= SMALL_GRAPH;
    int starts = START_COUNT + (is_small ? RANDOM_STARTS : 0);
    /* Large bodies can afford two starts. */
    for (int start = 0; start < starts; start += is_small ? 1 : START_GREEDY)
        for (int is_improved = start < START_GREEDY && is_small ? 0 : 1; is_improved < 2;
             is_improved++) {
            double rough = solve(assignment, start, is_improved);
            struct dependence_graph placed = apply(assignment);
            double cost = placed_cost(assignment, &placed) + rough / 1000;
            if (is_small && start < START_COUNT)
                placed = replicate(assignment, placed, &cost);
            count = keep(list, costs, count, most, &placed, cost);
        }
    return count;
}
