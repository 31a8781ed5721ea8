#include "arch/scheduling/cluster_assign.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

/* Loads are watched on sets of resources (Hall's bound): every subset of a cluster's resources
 * when they are few, single ones and the whole otherwise. */
enum { SET_LIMIT = 512, SUBSET_LIMIT = 7, PASSES = 6, SMALL_GRAPH = 64, RANDOM_STARTS = 12 };

enum { NOWHERE = -1, CLONE_ROOM = 8 };

enum start { START_TURNS, START_HALVES, START_COMPONENTS, START_GREEDY, START_COUNT };

struct assignment {
    const struct dependence_graph *graph;
    const struct resource_set *resources;
    const struct cluster_rules *rules;
    int set_count;
    uint64_t sets[SET_LIMIT];
    int instances[SET_LIMIT];
    int set_cluster[SET_LIMIT];
    int class_count;
    int *class_of;    /* per operation: equal alternatives */
    int *first_of;    /* per class: an operation of it */
    int *use;         /* [class][cluster][set]: slots that cannot be avoided; -1: not allowed */
    int *load;        /* [set] */
    int *cluster;     /* per operation */
    bool *is_carried; /* per edge: on a recurrence, where crossing lengthens the cycle */
};

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

static void build_sets(struct assignment *assignment)
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

static void build_classes(struct assignment *assignment)
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

static bool is_allowed(const struct assignment *assignment, int operation, int cluster)
{
    return use_of(assignment, operation, cluster)[0] >= 0;
}

static void shift_load(struct assignment *assignment, int operation, int cluster, int sign)
{
    const int *use = use_of(assignment, operation, cluster);
    for (int s = 0; s < assignment->set_count; s++)
        assignment->load[s] += sign * use[s];
}

/* Distinct values that the operation reads from other clusters. */
static int crossings(const struct assignment *assignment, int operation)
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
    int own = crossings(assignment, operation);
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
            cost += 1 + (crossings(assignment, to) > 1 ? 4 : 0);
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
            load[assignment->cluster[i]] += crossings(assignment, i);
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
    shift_load(assignment, operation, cluster, 1);
    double cost =
        load_cost(assignment) + crossing_cost(assignment, operation) + cross_cost(assignment);
    shift_load(assignment, operation, cluster, -1);
    return cost;
}

static void place_best(struct assignment *assignment, int operation, int now)
{
    int best = -1;
    double best_cost = 0;
    for (int k = 0; k < assignment->rules->cluster_count; k++) {
        /* Stay where it is when another cluster is no better. */
        int cluster = now >= 0 ? (now + k) % assignment->rules->cluster_count : k;
        if (!is_allowed(assignment, operation, cluster))
            continue;
        double cost = try_cluster(assignment, operation, cluster);
        if (best < 0 || cost < best_cost - 1e-9) {
            best = cluster;
            best_cost = cost;
        }
    }
    assert(best >= 0);
    assignment->cluster[operation] = best;
    shift_load(assignment, operation, best, 1);
}

static double total_cost(const struct assignment *assignment)
{
    double cost = load_cost(assignment) + cross_cost(assignment);
    for (int i = 0; i < assignment->graph->operation_count; i++) {
        int own = crossings(assignment, i);
        cost += own + (own > 1 ? 4.0 * (own - 1) : 0);
    }
    for (int e = 0; e < assignment->graph->dependence_count; e++)
        if (assignment->is_carried[e] &&
            assignment->cluster[assignment->graph->dependences[e].from] !=
                assignment->cluster[assignment->graph->dependences[e].to])
            cost += 20;
    return cost;
}

static void improve(struct assignment *assignment)
{
    double before = total_cost(assignment);
    for (int pass = 0; pass < PASSES; pass++) {
        for (int i = 0; i < assignment->graph->operation_count; i++) {
            shift_load(assignment, i, assignment->cluster[i], -1);
            place_best(assignment, i, assignment->cluster[i]);
        }
        double after = total_cost(assignment);
        if (after >= before - 1e-9)
            break;
        before = after;
    }
}

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
        if (wanted >= 0 && is_allowed(assignment, i, wanted)) {
            assignment->cluster[i] = wanted;
            shift_load(assignment, i, wanted, 1);
        } else {
            place_best(assignment, i, -1);
        }
    }
    arena_release(assignment->graph->arena, mark);
    if (is_improved)
        improve(assignment);
    return total_cost(assignment);
}

/* Edges of distance 0 inside a recurrence cannot be told from others cheaply; an edge counts
 * when its ends reach each other through at most one carried edge: both lie on a cycle. */
static void mark_carried(struct assignment *assignment)
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

static struct operation filtered(const struct assignment *assignment, int i)
{
    const struct dependence_graph *graph = assignment->graph;
    const struct operation *operation = &graph->operations[i];
    int cluster = assignment->cluster[i], path = assignment->rules->cross_resource[cluster];
    int slots = path >= 0 ? crossings(assignment, i) : 0;
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
                crossings(assignment, i) == crossings(assignment, j)) {
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
        cost += crossings(assignment, i);
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
        if (!is_source || other == NOWHERE || own == 0 || !is_allowed(assignment, i, other))
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
    build_sets(assignment);
    build_classes(assignment);
    assignment->load = arena_array(graph->arena, (size_t)assignment->set_count, sizeof(int));
    assignment->cluster = arena_array(graph->arena, n + CLONE_ROOM, sizeof(int));
    assignment->is_carried =
        arena_array(graph->arena, (size_t)graph->dependence_count + 1, sizeof(bool));
    mark_carried(assignment);
    double *costs = arena_array(graph->arena, (size_t)most, sizeof *costs);
    int count = 0;
    bool is_small = graph->operation_count <= SMALL_GRAPH;
    int starts = START_COUNT + (is_small ? RANDOM_STARTS : 0);
    for (int start = 0; start < starts; start++)
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
