#include "random_loop.h"

#include "arch/scheduling/bundle_interpret.h"

/* Kinds of meaning; a memory operation of slot m touches cell (iteration * step + m) % 64. */
enum { PURE = 0, LOAD = 1, STORE = 2 };

uint32_t random_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

static int between(uint64_t *state, int low, int high)
{
    return low + (int)(random_next(state) % (uint32_t)(high - low + 1));
}

/* One kind of operation: for each cluster one to three units that can do it. */
static struct operation make_kind(uint64_t *state, int units, int clusters, struct arena *arena)
{
    int choices = between(state, 1, units < 3 ? units : 3),
        first = between(state, 0, units - 1);
    int latency = between(state, 1, 5),
        busy = between(state, 0, 11) == 0 ? between(state, 2, 4) : 1;
    struct alternative *alternatives =
        arena_array(arena, (size_t)(choices * clusters), sizeof *alternatives);
    int count = 0;
    for (int cluster = 0; cluster < clusters; cluster++)
        for (int c = 0; c < choices; c++) {
            struct reservation *reservation = arena_array(arena, 2, sizeof *reservation);
            reservation[0] =
                (struct reservation){cluster * units + (first + c) % units, 0, busy};
            reservation[1] = (struct reservation){clusters * units, 0, 1};
            alternatives[count++] = (struct alternative){.name = "unit",
                                                         .cluster = cluster,
                                                         .latency_cycles = latency,
                                                         .reservation_count = 2,
                                                         .reservations = reservation};
        }
    return (struct operation){.name = "op",
                              .alternative_count = count,
                              .alternatives = alternatives,
                              .has_result = true};
}

static void add_operations(struct random_loop *loop, uint64_t *state, int count,
                           const struct operation *kinds, int kind_count, bool is_typical)
{
    for (int i = 0; i < count; i++) {
        struct operation operation = kinds[between(state, 0, kind_count - 1)];
        int draw = between(state, 0, 9);
        operation.meaning = draw == 0 ? STORE : draw <= 3 ? LOAD : PURE;
        operation.has_result = operation.meaning != STORE;
        operation.strand = i;
        graph_add_operation(&loop->graph, operation);
    }
    for (int to = 0; to < count; to++) {
        int operands = between(state, to ? 1 : 0, 2);
        for (int k = 0; k < operands; k++) {
            bool is_carried = to == 0 || between(state, 0, 9) == 0;
            int near = is_typical && between(state, 0, 4) ? to : between(state, 0, count - 1);
            int from = is_carried ? near : between(state, to > 8 ? to - 8 : 0, to - 1);
            if (loop->graph.operations[from].has_result)
                graph_add_value(&loop->graph, from, to, k,
                                is_carried ? between(state, 1, 3) : 0);
        }
    }
}

/* Pairs of memory operations with a store are kept in order: all of them, or, in typical loops,
 * one pair in eight, those that a compiler cannot tell apart. */
static void add_memory_order(struct random_loop *loop, uint64_t *state, bool is_typical)
{
    struct dependence_graph *graph = &loop->graph;
    for (int a = 0; a < graph->operation_count; a++)
        for (int b = 0; b < graph->operation_count; b++) {
            int first = graph->operations[a].meaning, second = graph->operations[b].meaning;
            if (first == PURE || second == PURE || (first == LOAD && second == LOAD))
                continue;
            if (is_typical && between(state, 0, 7))
                continue;
            int latency = first == STORE ? 1 : 0;
            graph_add_dependence(graph, (struct dependence){.from = a,
                                                            .to = b,
                                                            .distance = a < b ? 0 : 1,
                                                            .latency_cycles = latency,
                                                            .operand = -1});
        }
}

void random_loop_make(struct random_loop *loop, uint64_t seed, int most, enum random_kind kind,
                      struct arena *arena)
{
    bool is_clustered = kind == RANDOM_CLUSTERED || kind == RANDOM_TYPICAL_CLUSTERED;
    bool is_typical = kind == RANDOM_TYPICAL || kind == RANDOM_TYPICAL_CLUSTERED;
    uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    random_next(&state);
    int clusters = is_clustered ? between(&state, 1, 2) : 1, units = between(&state, 2, 5);
    int count = clusters * units + 1 + clusters;
    struct resource *resources = arena_array(arena, (size_t)count, sizeof *resources);
    *loop = (struct random_loop){.resources = {resources, count}, .rules = {clusters, {0}, 0}};
    for (int cluster = 0; cluster < clusters; cluster++)
        for (int u = 0; u < units; u++)
            resources[cluster * units + u] =
                (struct resource){"unit", 1 + (u + (int)seed) % 2, u, cluster};
    resources[clusters * units] = (struct resource){"issue", between(&state, 2, 8), units, -1};
    for (int cluster = 0; cluster < clusters; cluster++) {
        int path = clusters * units + 1 + cluster;
        resources[path] = (struct resource){"cross", 2, units + 1, cluster};
        loop->rules.cross_resource[cluster] = path;
    }
    loop->rules.cross_delay_cycles = between(&state, 0, 1);
    struct operation kinds[6];
    int kind_count = between(&state, 2, 6);
    for (int k = 0; k < kind_count; k++)
        kinds[k] = make_kind(&state, units, clusters, arena);
    graph_init(&loop->graph, arena);
    add_operations(loop, &state, between(&state, 1, most), kinds, kind_count, is_typical);
    add_memory_order(loop, &state, is_typical);
    graph_freeze(&loop->graph);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    a = (a ^ b) * UINT64_C(0xff51afd7ed558ccd);
    return a ^ a >> 29;
}

static uint64_t *memory_cell(struct random_memory *memory, int operation, int64_t iteration)
{
    return &memory->cells[(uint64_t)(iteration * (1 + operation % 3) + operation) % 64];
}

static uint64_t compute(void *context, int operation, int64_t iteration,
                        const uint64_t *operands)
{
    struct random_memory *memory = context;
    const struct dependence_graph *graph = memory->graph;
    uint64_t value = (uint64_t)operation + 1;
    int count = 0;
    for (int k = graph->in_first[operation]; k < graph->in_first[operation + 1]; k++)
        if (graph->dependences[graph->in_edges[k]].is_value)
            value = mix(value, operands[count++]);
    if (graph->operations[operation].meaning == LOAD)
        value = mix(value, *memory_cell(memory, operation, iteration));
    return value;
}

static void commit(void *context, int operation, int64_t iteration, uint64_t result)
{
    struct random_memory *memory = context;
    if (memory->graph->operations[operation].meaning == STORE)
        *memory_cell(memory, operation, iteration) = result;
}

static uint64_t initial(void *context, int operation, int64_t iteration)
{
    (void)context;
    return mix((uint64_t)operation + 77, (uint64_t)(iteration + 1000));
}

struct loop_meaning random_meaning(struct random_memory *memory)
{
    return (struct loop_meaning){memory, compute, commit, initial};
}

void random_body_make(struct dependence_graph *body, const struct random_loop *loop,
                      int operations, uint64_t seed, struct arena *arena)
{
    graph_init(body, arena);
    for (int i = 0; i < operations; i++) {
        struct operation operation =
            loop->graph.operations[random_next(&seed) % (uint32_t)loop->graph.operation_count];
        operation.has_result = true;
        operation.strand = i / 25;
        graph_add_operation(body, operation);
        int near = i < 12 ? i : 12;
        for (int k = 0; i > 0 && k < 2; k++)
            graph_add_value(body, i - near + (int)(random_next(&seed) % (uint32_t)near), i, k,
                            0);
    }
    graph_freeze(body);
}
