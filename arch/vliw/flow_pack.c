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

static bool makes_operation(const struct packer *packer, int node)
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
    packed->operations[count] =
        (struct packed_operation){meaning, variant, lanes, line, NULL, {0}, false, 0};
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

static bool is_register_wide(const struct packer *packer, int bits)
{
    return bits >= packer->machine->params->register_bits;
}

/* A lane of a packed register, alone in a register: made once. */
static int extended(struct packer *packer, int node)
{
    for (int p = 0; p < packer->pack_count; p++)
        if (packer->packs[p].count == 1 && packer->packs[p].nodes[0] == node)
            return packer->packs[p].operation;
    return NONE;
}

static struct packs *remember(struct packer *packer, int operation, const int *nodes, int count)
{
    if (packer->pack_count == packer->pack_room) {
        int room = packer->pack_room ? 2 * packer->pack_room : 32;
        packer->packs = arena_grow(packer->arena, packer->packs, (size_t)packer->pack_count,
                                   (size_t)room, sizeof *packer->packs);
        packer->pack_room = room;
    }
    struct packs *pack = &packer->packs[packer->pack_count++];
    pack->operation = operation;
    pack->count = count;
    memcpy(pack->nodes, nodes, (size_t)count * sizeof *nodes);
    return pack;
}

static bool link(struct packer *packer, int operation, int to, int operand, int distance)
{
    if (operation == NONE)
        return false;
    graph_add_value(&packer->packed->graph, operation, to, operand, distance);
    return true;
}

/* One value: directly, or through an extraction where it shares its register with others. */
static bool single_operand(struct packer *packer, int to, int node, int operand)
{
    int distance = 0;
    int from = packer_resolve(packer, node, &distance);
    if (!makes_operation(packer, from))
        return true;
    /* A value of the previous pass may not be made yet: its lane is looked at afterwards. */
    if (distance > 0) {
        packer_edge(packer, from, to, operand, distance, LATENCY_OF_PRODUCER);
        return true;
    }
    int operation = packer_operation(packer, from);
    if (operation == NONE)
        return false;
    const struct vliw_variant *reader = packer->packed->operations[to].variant;
    bool is_alone = packer->lane_count[operation] == 1 ||
                    is_register_wide(packer, packer->lane_bits[operation]) ||
                    packer->machine->params->has_free_shuffle || reader->picks_lanes;
    if (is_alone)
        return link(packer, operation, to, operand, 0);
    int extract = extended(packer, from);
    if (extract == NONE) {
        const struct flow_node *n = &packer->flow->nodes[from];
        const struct vliw_variant *variant =
            packer_variant(packer, MEANING_EXTEND, n->type, 1, 1, n->line);
        if (!variant)
            return false;
        extract = packer_add(packer, variant, MEANING_EXTEND, 1, 32, n->line);
        if (extract == NONE || !link(packer, operation, extract, 0, 0))
            return false;
        packer->packed->graph.operations[extract].strand =
            packer->packed->graph.operations[to].strand;
        remember(packer, extract, &from, 1);
    }
    return link(packer, extract, to, operand, 0);
}

/* Whether the lanes of one register word come from one register as they stand. */
static bool word_is_direct(struct packer *packer, const int *nodes, int count, int bits)
{
    int first = NONE, first_lane = 0, first_distance = 0;
    for (int k = 0; k < count; k++) {
        int distance = 0, from = packer_resolve(packer, nodes[k], &distance);
        if (!makes_operation(packer, from))
            return false;
        int operation = distance ? packer->operation_of[from] : packer_operation(packer, from);
        if (operation == NONE)
            return false;
        int lane = packer->lane_of[from];
        if (k == 0) {
            first = operation;
            first_lane = lane;
            first_distance = distance;
        }
        if (operation != first || lane != first_lane + k || distance != first_distance ||
            packer->lane_bits[operation] != bits)
            return false;
    }
    return first_lane % count == 0;
}

static bool word_is_input(const struct packer *packer, const int *nodes, int count)
{
    for (int k = 0; k < count; k++) {
        int distance = 0;
        if (nodes[k] != NONE &&
            makes_operation(packer, packer_resolve(packer, nodes[k], &distance)))
            return false;
    }
    return true;
}

/* A register word gathered from several registers: count - 1 packing operations. */
static bool packed_word(struct packer *packer, int to, const int *nodes, int count,
                        struct number_format type, int operand)
{
    for (int p = 0; p < packer->pack_count; p++)
        if (packer->packs[p].count == count &&
            memcmp(packer->packs[p].nodes, nodes, (size_t)count * sizeof *nodes) == 0)
            return link(packer, packer->packs[p].operation, to, operand, 0);
    int line = packer->packed->operations[to].line;
    const struct vliw_variant *variant =
        packer_variant(packer, MEANING_PACK, type, count, 1, line);
    if (!variant)
        return false;
    int gain = variant->lanes > 2 ? variant->lanes - 1 : 1; /* lanes that one more step adds */
    int steps = (count - 1 + gain - 1) / gain;
    int previous = NONE, next = 0;
    for (int step = 0; step < steps; step++) {
        int pack = packer_add(packer, variant, MEANING_PACK, count, type.bits, line);
        if (pack == NONE)
            return false;
        packer->packed->graph.operations[pack].strand =
            packer->packed->graph.operations[to].strand;
        if (previous != NONE)
            link(packer, previous, pack, 0, 0);
        int end = step == steps - 1 ? count : next + gain + (step == 0);
        for (; next < end && next < count; next++) {
            int distance = 0, from = packer_resolve(packer, nodes[next], &distance);
            if (!makes_operation(packer, from))
                continue;
            if (distance)
                packer_edge(packer, from, pack, 1 + next, distance, LATENCY_OF_PRODUCER);
            else if (!link(packer, packer_operation(packer, from), pack, 1 + next, 0))
                return false;
        }
        previous = pack;
    }
    remember(packer, previous, nodes, count);
    return link(packer, previous, to, operand, 0);
}

/* Every producer once, in whatever lanes. */
static bool any_lanes(struct packer *packer, int to, const int *nodes, int count, int operand)
{
    int *seen = arena_array(packer->arena, (size_t)count + 1, sizeof *seen);
    int seen_count = 0;
    for (int k = 0; k < count; k++) {
        int distance = 0;
        if (nodes[k] == NONE)
            continue;
        int from = packer_resolve(packer, nodes[k], &distance);
        if (!makes_operation(packer, from))
            continue;
        if (distance) {
            packer_edge(packer, from, to, operand, distance, LATENCY_OF_PRODUCER);
            continue;
        }
        int operation = packer_operation(packer, from);
        if (operation == NONE)
            return false;
        bool is_seen = false;
        for (int s = 0; s < seen_count; s++)
            is_seen = is_seen || seen[s] == operation;
        if (is_seen)
            continue;
        seen[seen_count++] = operation;
        link(packer, operation, to, operand, 0);
    }
    return true;
}

bool packer_operand(struct packer *packer, int to, const int *nodes, int count,
                    struct number_format type, int operand)
{
    enum { WORD_LANES = 32 };
    if (packer->machine->params->has_free_shuffle)
        return any_lanes(packer, to, nodes, count, operand);
    if (count == 1)
        return nodes[0] == NONE || single_operand(packer, to, nodes[0], operand);
    int per_word = is_register_wide(packer, type.bits)
                       ? 1
                       : (int)packer->machine->params->register_bits / type.bits;
    if (per_word > WORD_LANES)
        per_word = WORD_LANES;
    for (int first = 0; first < count; first += per_word) {
        int lanes = count - first < per_word ? count - first : per_word;
        const int *word = nodes + first;
        if (word_is_input(packer, word, lanes))
            continue;
        bool is_done;
        if (lanes == 1 || word_is_direct(packer, word, lanes, type.bits))
            is_done = any_lanes(packer, to, word, lanes, operand);
        else
            is_done = packed_word(packer, to, word, lanes, type, operand);
        if (!is_done || packer->err->is_set)
            return false;
    }
    return true;
}

struct number_format packer_table_type(const struct flow *flow, const struct flow_node *node)
{
    struct number_format type = node->type;
    switch (node->meaning) {
    case MEANING_MUL:
    case MEANING_SMUL:
        type = node->operands;
        if (node->argument_count > 1 && node->arguments[1] != NONE &&
            flow->nodes[node->arguments[1]].type.bits > type.bits &&
            node->type.class != NUMBER_FLOAT)
            type = flow->nodes[node->arguments[1]].type;
        return type;
    case MEANING_CMP:
        return node->operands;
    case MEANING_CONVERT:
        return type.class == NUMBER_FLOAT ? type : node->operands;
    default:
        return type;
    }
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
        return variant ? packer_add(packer, variant, meaning, lanes, type.bits, line) : NONE;
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
        if (list[0] != NONE && a > 0)
            type = flow->nodes[list[0]].type;
        if (!packer_operand(packer, operation, list, count, type, a))
            return false;
    }
    if (first->predicate == NONE)
        return true;
    return single_operand(packer, operation, first->predicate, FLOW_ARGUMENTS);
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
    for (size_t i = 0; i < n; i++)
        packer->operation_of[i] = packer->group_of[i] = packer->fold_of[i] = NONE;
    flow->parts = arena_array(packer->arena, n, sizeof(int));
    flow->accumulators = 0;
}

/* Edges whose producers exist by now. */
static void settle_pending(struct packer *packer)
{
    for (int e = 0; e < packer->pending_count; e++) {
        const struct pending_edge *edge = &packer->pending[e];
        int from = packer->operation_of[edge->node];
        if (from == NONE || !packer->packed->graph.operations[from].has_result)
            continue;
        graph_add_dependence(&packer->packed->graph,
                             (struct dependence){.from = from,
                                                 .to = edge->to,
                                                 .distance = edge->distance,
                                                 .latency_cycles = edge->latency,
                                                 .is_value = true,
                                                 .operand = edge->operand});
    }
}

/* Inputs that an earlier loop left in several accumulators are combined here. */
static bool combine_parts(struct packer *packer, int node)
{
    const struct flow_node *n = &packer->flow->nodes[node];
    if (n->kind != FLOW_INPUT || !n->source || !n->source->parts ||
        (n->uses == 0 && !n->is_live_out))
        return true;
    int parts = n->source->parts[n->source_node];
    const struct flow_node *root = &n->source->nodes[n->source_node];
    if (parts <= 1)
        return true;
    enum meaning meaning = root->meaning == MEANING_SUB ? MEANING_ADD : root->meaning;
    int *level = arena_array(packer->arena, (size_t)parts + 1, sizeof *level);
    int count = parts;
    for (int k = 0; k < parts; k++)
        level[k] = NONE;
    while (count > 1) {
        int next = 0;
        for (int k = 0; k + 1 < count; k += 2) {
            int compare = NONE;
            int sum = packer_add_pair(packer, meaning, root->type, 1, root->line, &compare);
            if (sum == NONE)
                return false;
            for (int side = 0; side < 2; side++) {
                if (level[k + side] == NONE)
                    continue;
                link(packer, level[k + side], sum, side, 0);
                if (compare != NONE)
                    link(packer, level[k + side], compare, side, 0);
            }
            level[next++] = sum;
        }
        if (count % 2)
            level[next++] = level[count - 1];
        count = next;
    }
    packer->operation_of[node] = level[0];
    return true;
}

static bool add_control(struct packer *packer, const struct pack_options *options)
{
    for (int m = 0; m < options->leading_moves; m++) {
        const struct vliw_variant *variant =
            packer_variant(packer, MEANING_MOVE, number_format_integer(true, 32), 1, 1, 0);
        if (!variant || packer_add(packer, variant, MEANING_MOVE, 1, 32, 0) == NONE)
            return false;
    }
    if (!options->has_control && !options->has_branch)
        return true;
    const struct vliw_variant *variant =
        packer_variant(packer, MEANING_BRANCH, (struct number_format){0}, 1, 1, 0);
    return variant && packer_add(packer, variant, MEANING_BRANCH, 1, 32, 0) != NONE;
}

/* Registers that hold values from outside: inputs in use and one pointer per stream. */
static int count_invariants(const struct packer *packer)
{
    const struct flow *flow = packer->flow;
    int count = 0, bits = 0, width = (int)packer->machine->params->register_bits;
    for (int i = 0; i < flow->node_count; i++)
        if (flow->nodes[i].kind == FLOW_INPUT && flow->nodes[i].uses > 0)
            bits += flow->nodes[i].type.bits;
    count = (bits + width - 1) / width;
    for (int a = 0; a < packer->access_count; a++) {
        const struct flow_node *node = &flow->nodes[packer->accesses[a].node];
        bool is_new = true;
        for (int b = 0; b < a && is_new; b++) {
            const struct flow_node *other = &flow->nodes[packer->accesses[b].node];
            struct affine form = other->affine;
            form.constant = node->affine.constant;
            is_new = other->symbol != node->symbol || !affine_equal(&form, &node->affine);
        }
        count += is_new;
    }
    return count;
}

/* Cores that cannot step addresses spend an addition per stream and pass. */
static bool add_address_steps(struct packer *packer)
{
    if (packer->machine->params->has_free_addressing || !packer->flow->is_loop)
        return true;
    int streams = 0;
    for (int a = 0; a < packer->access_count; a++) {
        const struct flow_node *node = &packer->flow->nodes[packer->accesses[a].node];
        bool is_new =
            node->address == NONE && node->affine.coefficient[packer->flow->level] != 0;
        for (int b = 0; b < a && is_new; b++) {
            const struct flow_node *other = &packer->flow->nodes[packer->accesses[b].node];
            struct affine form = other->affine;
            form.constant = node->affine.constant;
            is_new = other->symbol != node->symbol || !affine_equal(&form, &node->affine);
        }
        streams += is_new;
    }
    const struct vliw_variant *add =
        packer_variant(packer, MEANING_ADD, number_format_integer(true, 32), 1, 1, 0);
    if (!add)
        return false;
    for (int s = 0; s < streams; s++) {
        int step = packer_add(packer, add, MEANING_ADD, 1, 32, 0);
        if (step == NONE)
            return false;
        link(packer, step, step, 0, 1);
    }
    return true;
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
        if (!combine_parts(&packer, i))
            return false;
    if (!is_scalar) {
        packer_find_folds(&packer);
        packer_group_loads(&packer);
        packer_group_stores(&packer);
        packer_group_lanes(&packer);
    }
    for (int i = 0; i < flow->node_count; i++) {
        const struct flow_node *node = &flow->nodes[i];
        if (!makes_operation(&packer, i) || packer.is_absorbed[i] ||
            (node->kind == FLOW_OPERATION && node->meaning == MEANING_EXTEND) ||
            (node->kind != FLOW_STORE && node->uses == 0 && !node->is_live_out &&
             packer.operation_of[i] == NONE))
            continue;
        if (packer_operation(&packer, i) == NONE && err->is_set)
            return false;
    }
    if (err->is_set || !add_control(&packer, options) || !add_address_steps(&packer))
        return false;
    settle_pending(&packer);
    packer_order_memory(&packer);
    for (int i = 0; i < flow->node_count; i++) {
        int distance = 0, from = packer_resolve(&packer, i, &distance);
        if (flow->nodes[i].is_live_out && packer.operation_of[from] != NONE)
            packed->graph.operations[packer.operation_of[from]].is_live_out = true;
    }
    packed->invariants = count_invariants(&packer);
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
