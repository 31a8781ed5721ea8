#include "arch/vliw/flow_pack.h"

#include <assert.h>
#include <string.h>

#include "arch/vliw/packer.h"

int packer_resolve(const struct packer *packer, int node, int *distance)
{
    const struct flow *flow = packer->flow;
    for (int step = 0; step <= flow->node_count; step++) {
        const struct flow_node *n = &flow->nodes[node];
        if (n->kind == FLOW_CARRIED) {
            if (n->arguments[0] == node || n->arguments[0] == NONE)
                return node;
            node = n->arguments[0];
            ++*distance;
        } else if (n->kind == FLOW_OPERATION && n->meaning == MEANING_EXTEND &&
                   n->predicate == NONE) {
            node = n->arguments[0];
        } else {
            return node;
        }
    }
    return node; /* scalars that only exchange values: they are all inputs */
}

bool packer_makes_operation(const struct packer *packer, int node)
{
    enum flow_kind kind = packer->flow->nodes[node].kind;
    return kind == FLOW_LOAD || kind == FLOW_STORE || kind == FLOW_OPERATION ||
           packer->operation_of[node] != NONE;
}

int packer_add(struct packer *packer, const struct vliw_variant *variant, enum meaning meaning,
               int lanes, int lane_bits, int line)
{
    struct packed_flow *packed = packer->packed;
    int count = packed->graph.operation_count;
    if (count >= OPERATION_LIMIT) {
        error_set(packer->err, "%s:%d: more than %d operations in one body; unroll less",
                  packer->flow->path, line, OPERATION_LIMIT);
        return NONE;
    }
    if (count == packed->operation_room) {
        int room = count ? 2 * count : 64;
        packed->operations = arena_grow(packer->arena, packed->operations, (size_t)count,
                                        (size_t)room, sizeof *packed->operations);
        packer->lane_bits = arena_grow(packer->arena, packer->lane_bits, (size_t)count,
                                       (size_t)room, sizeof(int));
        packer->lane_count = arena_grow(packer->arena, packer->lane_count, (size_t)count,
                                        (size_t)room, sizeof(int));
        packed->operation_room = room;
    }
    packed->operations[count] = (struct packed_operation){.meaning = meaning,
                                                          .variant = variant,
                                                          .lanes = lanes,
                                                          .line = line,
                                                          .terms = variant->depth,
                                                          .result_lanes = lanes};
    packer->lane_bits[count] = lane_bits;
    packer->lane_count[count] = lanes;
    bool has_result =
        meaning != MEANING_STORE && meaning != MEANING_STOREU && meaning != MEANING_BRANCH;
    return graph_add_operation(
        &packed->graph, (struct operation){.name = variant->name,
                                           .alternative_count = variant->alternative_count,
                                           .alternatives = variant->alternatives,
                                           .meaning = count,
                                           .has_result = has_result});
}

const struct vliw_variant *packer_variant(struct packer *packer, enum meaning meaning,
                                          struct number_format type, int lanes, int depth,
                                          int line)
{
    const struct vliw_variant *variant =
        vliw_machine_find(packer->machine, meaning, type, lanes, depth, &packer->flow->choice);
    if (!variant) {
        char name[16];
        number_format_name(type, name);
        error_set(packer->err,
                  "%s:%d: the core has no operation for %s.%s that the hints allow",
                  packer->flow->path, line, MEANING_NAMES[meaning], name);
    }
    return variant;
}

void packer_edge(struct packer *packer, int node, int to, int operand, int distance,
                 int latency)
{
    if (packer->pending_count == packer->pending_room) {
        int room = packer->pending_room ? 2 * packer->pending_room : 64;
        packer->pending =
            arena_grow(packer->arena, packer->pending, (size_t)packer->pending_count,
                       (size_t)room, sizeof *packer->pending);
        packer->pending_room = room;
    }
    packer->pending[packer->pending_count++] =
        (struct pending_edge){node, to, operand, distance, latency};
}

/* Products of integers that were only widened for them need no wider multiplier. */
static bool narrow_factors(const struct flow *flow, const struct flow_node *node,
                           struct number_format *type)
{
    struct number_format both = {0};
    for (int a = 0; a < 2; a++) {
        const struct flow_node *factor =
            node->arguments[a] == NONE ? NULL : &flow->nodes[node->arguments[a]];
        if (!factor || factor->kind != FLOW_OPERATION || factor->meaning != MEANING_EXTEND ||
            factor->operands.class == NUMBER_FLOAT || factor->operands.bits > 16)
            return false;
        if (factor->operands.bits > both.bits)
            both.bits = factor->operands.bits;
        if (both.class != NUMBER_SIGNED)
            both.class = factor->operands.class;
    }
    *type = both;
    return true;
}

struct number_format packer_table_type(const struct flow *flow, const struct flow_node *node)
{
    struct number_format type = node->type;
    switch (node->meaning) {
    case MEANING_MUL:
    case MEANING_SMUL:
        if (node->argument_count == 2 && type.class != NUMBER_FLOAT && type.bits <= 32 &&
            narrow_factors(flow, node, &type))
            return type;
        type = node->operands;
        if (node->argument_count > 1 && node->arguments[1] != NONE &&
            flow->nodes[node->arguments[1]].type.bits > type.bits &&
            node->type.class != NUMBER_FLOAT)
            type = flow->nodes[node->arguments[1]].type;
        /* Partial products of wider integers. */
        if (type.class != NUMBER_FLOAT && type.bits > 32 && node->type.bits <= 32)
            return node->type;
        return type;
    case MEANING_CMP:
        return node->operands;
    case MEANING_CONVERT:
        return type.class == NUMBER_FLOAT ? type : node->operands;
    default:
        return type;
    }
}

static void set_work(struct packer *packer, int operation, enum packed_work work,
                     struct number_format result)
{
    packer->packed->operations[operation].work = work;
    packer->packed->operations[operation].result = result;
}

int packer_add_pair(struct packer *packer, enum meaning meaning, struct number_format type,
                    int lanes, int line, int *compare)
{
    *compare = NONE;
    bool is_choice =
        (meaning == MEANING_MIN || meaning == MEANING_MAX) &&
        !vliw_machine_find(packer->machine, meaning, type, lanes, 1, &packer->flow->choice);
    if (!is_choice) {
        const struct vliw_variant *variant =
            packer_variant(packer, meaning, type, lanes, 1, line);
        int operation =
            variant ? packer_add(packer, variant, meaning, lanes, type.bits, line) : NONE;
        if (operation != NONE)
            set_work(packer, operation, WORK_COMBINE, type);
        return operation;
    }
    bool has_select = vliw_machine_find(packer->machine, MEANING_SELECT, type, 1, 1,
                                        &packer->flow->choice) != NULL;
    enum meaning choice = has_select ? MEANING_SELECT : MEANING_MOVE;
    const struct vliw_variant *first = packer_variant(packer, MEANING_CMP, type, 1, 1, line);
    const struct vliw_variant *second =
        first ? packer_variant(packer, choice, type, 1, 1, line) : NULL;
    if (!second)
        return NONE;
    *compare = packer_add(packer, first, MEANING_CMP, 1, 32, line);
    int result = packer_add(packer, second, choice, 1, type.bits, line);
    if (*compare == NONE || result == NONE)
        return NONE;
    graph_add_value(&packer->packed->graph, *compare, result, 2, 0);
    set_work(packer, *compare, WORK_COMPARE, type);
    set_work(packer, result, WORK_CHOICE, type);
    packer->packed->operations[*compare].meaning_of_pair = meaning;
    packer_lanes_of(packer, result, 2, 1, *compare, 0);
    return result;
}

/* The operands of a group, one list per argument; predicates last. */
static bool emit_operands(struct packer *packer, int operation, const int *nodes, int count)
{
    const struct flow *flow = packer->flow;
    const struct flow_node *first = &flow->nodes[nodes[0]];
    int *list = arena_array(packer->arena, (size_t)count + 1, sizeof *list);
    for (int a = 0; a < first->argument_count; a++) {
        for (int k = 0; k < count; k++)
            list[k] = flow->nodes[nodes[k]].arguments[a];
        struct number_format type = first->operands;
        if (list[0] != NONE && first->meaning == MEANING_MUL)
            type = packer_factor_type(packer, list[0]);
        else if (list[0] != NONE && a > 0)
            type = flow->nodes[list[0]].type;
        if (!packer_operand(packer, operation, list, count, type, a))
            return false;
    }
    if (first->predicate == NONE)
        return true;
    return packer_single_operand(packer, operation, first->predicate, FLOW_ARGUMENTS);
}

static int emit_group(struct packer *packer, const int *nodes, int count, int lanes)
{
    const struct flow *flow = packer->flow;
    const struct flow_node *first = &flow->nodes[nodes[0]];
    int compare = NONE;
    int operation = packer_add_pair(packer, first->meaning, packer_table_type(flow, first),
                                    lanes, first->line, &compare);
    if (operation == NONE)
        return NONE;
    packer->lane_bits[operation] = first->type.bits;
    packer->lane_count[operation] = packer->packed->operations[operation].lanes = count;
    packer->packed->graph.operations[operation].strand = first->copy;
    struct packed_operation *packed = &packer->packed->operations[operation];
    if (compare == NONE)
        packed->work = WORK_NODES;
    packed->result = first->type;
    packed->result_lanes = packed->node_count = count;
    int *kept = arena_array(packer->arena, (size_t)count + 1, sizeof *kept);
    memcpy(kept, nodes, (size_t)count * sizeof *kept);
    packed->nodes = kept;
    if (compare != NONE) {
        packer->packed->graph.operations[compare].strand = first->copy;
        if (!emit_operands(packer, compare, nodes, count))
            return NONE;
    }
    for (int k = 0; k < count; k++) {
        packer->operation_of[nodes[k]] = operation;
        packer->lane_of[nodes[k]] = k;
    }
    return emit_operands(packer, operation, nodes, count) ? operation : NONE;
}

int packer_operation(struct packer *packer, int node)
{
    if (packer->err->is_set)
        return NONE;
    if (packer->operation_of[node] != NONE)
        return packer->operation_of[node];
    const struct flow_node *n = &packer->flow->nodes[node];
    if (n->kind == FLOW_LOAD || n->kind == FLOW_STORE)
        return packer_emit_access(packer, node) ? packer->operation_of[node] : NONE;
    if (n->kind != FLOW_OPERATION)
        return NONE;
    if (packer->fold_of[node] != NONE)
        return packer_emit_fold(packer, packer->fold_of[node]) ? packer->operation_of[node]
                                                               : NONE;
    int group = packer->group_of[node];
    if (group != NONE)
        return emit_group(packer, packer->groups[group], packer->group_size[group],
                          packer->group_lanes[group]);
    return emit_group(packer, &node, 1, 1);
}

static void packer_init(struct packer *packer, struct flow *flow)
{
    size_t n = (size_t)flow->node_count + 1;
    packer->operation_of = arena_array(packer->arena, n, sizeof(int));
    packer->lane_of = arena_array(packer->arena, n, sizeof(int));
    packer->group_of = arena_array(packer->arena, n, sizeof(int));
    packer->fold_of = arena_array(packer->arena, n, sizeof(int));
    packer->groups = arena_array(packer->arena, n, sizeof *packer->groups);
    packer->group_size = arena_array(packer->arena, n, sizeof(int));
    packer->group_lanes = arena_array(packer->arena, n, sizeof(int));
    packer->access_start = arena_array(packer->arena, n, sizeof(int64_t));
    packer->access_bits = arena_array(packer->arena, n, sizeof(int));
    packer->is_absorbed = arena_array(packer->arena, n, sizeof(bool));
    packer->folds = arena_array(packer->arena, n, sizeof *packer->folds);
    packer->parts = arena_array(packer->arena, n, sizeof *packer->parts);
    for (size_t i = 0; i < n; i++)
        packer->operation_of[i] = packer->group_of[i] = packer->fold_of[i] = NONE;
    flow->parts = arena_array(packer->arena, n, sizeof(int));
    flow->accumulators = 0;
}

/* Whether dependences within one pass form a circle: then lanes were packed that wait for each
 * other. */
static bool has_circle(const struct dependence_graph *graph)
{
    size_t n = (size_t)graph->operation_count;
    int *left = arena_array(graph->arena, n + 1, sizeof *left);
    int *queue = arena_array(graph->arena, n + 1, sizeof *queue);
    int queued = 0;
    for (int e = 0; e < graph->dependence_count; e++)
        left[graph->dependences[e].to] += graph->dependences[e].distance == 0;
    for (int i = 0; i < graph->operation_count; i++)
        if (left[i] == 0)
            queue[queued++] = i;
    for (int head = 0; head < queued; head++)
        for (int k = graph->out_first[queue[head]]; k < graph->out_first[queue[head] + 1];
             k++) {
            const struct dependence *edge = &graph->dependences[graph->out_edges[k]];
            if (edge->distance == 0 && --left[edge->to] == 0)
                queue[queued++] = edge->to;
        }
    return queued < graph->operation_count;
}

static bool pack_once(struct flow *flow, const struct vliw_machine *machine,
                      const struct pack_options *options, bool is_scalar,
                      struct packed_flow *packed, struct error *err)
{
    *packed = (struct packed_flow){.operation_room = 0};
    graph_init(&packed->graph, flow->arena);
    struct packer packer = {.flow = flow,
                            .machine = machine,
                            .packed = packed,
                            .arena = flow->arena,
                            .err = err,
                            .is_scalar = is_scalar};
    flow_count_uses(flow);
    packer_init(&packer, flow);
    for (int i = 0; i < flow->node_count; i++)
        if (!packer_combine_parts(&packer, i))
            return false;
    if (!is_scalar) {
        packer_find_folds(&packer);
        packer_group_loads(&packer);
        packer_group_stores(&packer);
        packer_group_lanes(&packer);
    }
    for (int i = 0; i < flow->node_count; i++) {
        const struct flow_node *node = &flow->nodes[i];
        if (!packer_makes_operation(&packer, i) || packer.is_absorbed[i] ||
            (node->kind == FLOW_OPERATION && node->meaning == MEANING_EXTEND) ||
            (node->kind != FLOW_STORE && node->uses == 0 && !node->is_live_out &&
             packer.operation_of[i] == NONE))
            continue;
        if (packer_operation(&packer, i) == NONE && err->is_set)
            return false;
    }
    if (err->is_set || !packer_add_control(&packer, options) ||
        !packer_add_address_steps(&packer))
        return false;
    packer_settle_pending(&packer);
    packer_order_memory(&packer);
    packer_finish_lanes(&packer);
    for (int i = 0; i < flow->node_count; i++) {
        int distance = 0, from = packer_resolve(&packer, i, &distance);
        if (flow->nodes[i].is_live_out && packer.operation_of[from] != NONE)
            packed->graph.operations[packer.operation_of[from]].is_live_out = true;
    }
    packed->invariants = packer_count_invariants(&packer);
    graph_freeze(&packed->graph);
    return !err->is_set;
}

bool flow_pack(struct flow *flow, const struct vliw_machine *machine,
               const struct pack_options *options, struct packed_flow *packed,
               struct error *err)
{
    if (!pack_once(flow, machine, options, false, packed, err))
        return false;
    return !has_circle(&packed->graph) || pack_once(flow, machine, options, true, packed, err);
}
