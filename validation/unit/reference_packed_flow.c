/* One block or loop on values: see packed_kernel.h. */
#include <stdio.h>
#include <string.h>

#include "arch/scheduling/bundle_interpret.h"
#include "packed_flow.h"

struct flow_state *packed_state(struct packed_run *run, const struct flow *flow)
{
    for (struct flow_state *s = run->states; s; s = s->next)
        if (s->flow == flow)
            return s;
    struct flow_state *state = arena_alloc(run->arena, sizeof *state);
    size_t n = (size_t)flow->node_count + 1;
    *state = (struct flow_state){.flow = flow, .next = run->states};
    state->values = arena_array(run->arena, n, sizeof *state->values);
    state->parts = arena_array(run->arena, n, sizeof *state->parts);
    run->states = state;
    return state;
}

/* One entry of a flow. */
struct entry {
    struct packed_run *run;
    const struct flow *flow;
    const struct region_schedule *region;
    const struct packed_flow *packed;
    struct loop_number *inputs;   /* per node: INPUT and CARRIED as found at entry */
    struct loop_number ***result; /* [operation][pass]: lanes */
    int64_t first, passes;
};

static void broken(struct packed_run *run, const char *what, int line)
{
    if (!run->is_broken)
        snprintf(run->reason, 160, "%s, line %d", what, line);
    run->is_broken = true;
}

static int64_t affine_at(const struct entry *entry, const struct affine *affine, int64_t pass)
{
    int64_t value = affine->constant;
    for (int level = 0; level < LOOP_LEVELS; level++) {
        int64_t index = entry->run->index[level];
        if (entry->flow->is_loop && level == entry->flow->level)
            index = entry->first + pass * entry->flow->stride;
        value += affine->coefficient[level] * index;
    }
    return value;
}

static struct loop_number *element(const struct entry *entry, const struct loop_symbol *symbol,
                                   int64_t index)
{
    if (index < 0 || index >= symbol->elements)
        return NULL;
    return &entry->run->values->arrays[symbol->id][index];
}

/* Inputs, and what carried values are before the first pass. */
static void take_inputs(struct entry *entry)
{
    for (int i = 0; i < entry->flow->node_count; i++) {
        const struct flow_node *n = &entry->flow->nodes[i];
        struct loop_number *value = &entry->inputs[i];
        if (n->kind != FLOW_INPUT && n->kind != FLOW_CARRIED)
            continue;
        if (n->converted != NONE) {
            const struct flow_node *from = &entry->flow->nodes[n->converted];
            struct loop_number known =
                from->kind == FLOW_AFFINE
                    ? (struct loop_number){affine_at(entry, &from->affine, 0), 0}
                    : entry->inputs[n->converted];
            *value = flow_value_as(known, from->type, n->type);
        } else if (n->symbol && n->symbol->kind == LOOP_ARRAY) {
            const struct loop_number *at =
                element(entry, n->symbol, affine_at(entry, &n->affine, 0));
            *value = at ? *at : (struct loop_number){0, 0};
        } else if (n->source) {
            *value = packed_state(entry->run, n->source)->values[n->source_node];
        } else if (n->symbol) {
            *value = entry->run->values->scalars[n->symbol->id];
        } else {
            *value = flow_value_as((struct loop_number){0, n->real},
                                   number_format_float(11, 52), n->type);
        }
    }
}

static struct loop_number node_value(struct entry *entry, int node, int64_t pass);

static struct loop_number part_value(const struct entry *entry, struct packed_part part,
                                     int64_t pass)
{
    return entry->result[part.operation][pass][part.lane];
}

static struct loop_number whole_sum(const struct entry *entry, int node, int64_t pass)
{
    const struct flow_node *n = &entry->flow->nodes[node];
    enum meaning meaning = n->meaning == MEANING_SUB ? MEANING_ADD : n->meaning;
    const struct packed_part *parts = entry->packed->parts[node];
    struct loop_number sum = part_value(entry, parts[0], pass);
    for (int p = 1; p < entry->flow->parts[node]; p++)
        sum = flow_value_join(meaning, n->type, sum, part_value(entry, parts[p], pass));
    return sum;
}

/* A node's value in a pass, from what the operations have left. */
static struct loop_number node_value(struct entry *entry, int node, int64_t pass)
{
    const struct flow_node *n = &entry->flow->nodes[node];
    if (n->kind == FLOW_CARRIED)
        return pass == 0 || n->arguments[0] == NONE
                   ? entry->inputs[node]
                   : node_value(entry, n->arguments[0], pass - 1);
    if (n->kind == FLOW_OPERATION && n->meaning == MEANING_EXTEND && n->predicate == NONE)
        return flow_value_as(node_value(entry, n->arguments[0], pass),
                             entry->flow->nodes[n->arguments[0]].type, n->type);
    if (n->kind == FLOW_AFFINE)
        return flow_value_as((struct loop_number){affine_at(entry, &n->affine, pass), 0},
                             number_format_integer(true, 64), n->type);
    int operation = entry->packed->operation_of[node];
    if (operation == NONE)
        return entry->inputs[node];
    if (entry->result[operation][pass] == NULL)
        return (struct loop_number){0, 0};
    if (entry->packed->parts[node])
        return whole_sum(entry, node, pass);
    return entry->result[operation][pass][entry->packed->lane_of[node]];
}

/* A lane's content as the value of the node that is wanted: casts on the way. */
static struct loop_number cast_up(const struct entry *entry, int node, struct loop_number raw)
{
    if (node == NONE)
        return raw;
    const struct flow_node *n = &entry->flow->nodes[node];
    if (n->kind == FLOW_CARRIED && n->arguments[0] != NONE)
        return cast_up(entry, n->arguments[0], raw);
    if (n->kind == FLOW_OPERATION && n->meaning == MEANING_EXTEND && n->predicate == NONE)
        return flow_value_as(cast_up(entry, n->arguments[0], raw),
                             entry->flow->nodes[n->arguments[0]].type, n->type);
    return raw;
}

/* What an accumulator holds before the first pass: the scalar in one of them, nothing in the
 * others. */
static struct loop_number accumulator_start(const struct entry *entry, int operation, int lane)
{
    for (int i = 0; i < entry->flow->node_count; i++) {
        const struct packed_part *parts = entry->packed->parts[i];
        const struct flow_node *root = &entry->flow->nodes[i];
        for (int p = 0; parts && p < entry->flow->parts[i]; p++) {
            if (parts[p].operation != operation || parts[p].lane != lane)
                continue;
            for (int c = 0; p == 0 && c < entry->flow->node_count; c++)
                if (entry->flow->nodes[c].kind == FLOW_CARRIED &&
                    entry->flow->nodes[c].arguments[0] == i)
                    return entry->inputs[c];
            return flow_value_identity(
                root->meaning == MEANING_SUB ? MEANING_ADD : root->meaning, root->type);
        }
    }
    return (struct loop_number){0, 0};
}

struct reading {
    struct entry *entry;
    int operation; /* of the placed graph */
    int64_t pass;
    const uint64_t *operands;
};

static struct loop_number read_lane(const struct reading *reading,
                                    const struct lane_source *lane)
{
    struct entry *entry = reading->entry;
    const struct dependence_graph *graph = &entry->region->graph;
    if (lane->operation == NONE) {
        if (lane->part != NONE && lane->node != NONE) {
            const struct flow_node *n = &entry->flow->nodes[lane->node];
            return packed_state(entry->run, n->source)->parts[n->source_node][lane->part];
        }
        return lane->node == NONE ? (struct loop_number){0, 0}
                                  : node_value(entry, lane->node, reading->pass);
    }
    if (reading->pass < lane->distance)
        return lane->node == NONE ? accumulator_start(entry, lane->operation, lane->lane)
                                  : node_value(entry, lane->node, reading->pass);
    int at = 0;
    for (int k = graph->in_first[reading->operation];
         k < graph->in_first[reading->operation + 1]; k++) {
        const struct dependence *edge = &graph->dependences[graph->in_edges[k]];
        if (!edge->is_value)
            continue;
        if (graph->operations[edge->from].meaning == lane->operation &&
            edge->distance == lane->distance) {
            const struct loop_number *vector =
                (const struct loop_number *)(uintptr_t)reading->operands[at];
            return cast_up(entry, lane->node, vector[lane->lane]);
        }
        at++;
    }
    broken(entry->run, "a lane is read that no edge brings",
           entry->packed->operations[graph->operations[reading->operation].meaning].line);
    return (struct loop_number){0, 0};
}

/* Lane k of an operand; false where there is none. */
static bool operand_lane(const struct reading *reading, const struct packed_operation *packed,
                         int operand, int k, struct loop_number *value)
{
    for (int o = 0; o < packed->operand_count; o++)
        if (packed->operands[o].operand == operand && k < packed->operands[o].count) {
            *value = read_lane(reading, &packed->operands[o].lanes[k]);
            return true;
        }
    *value = (struct loop_number){0, 0};
    return false;
}

static struct loop_number compute_node(const struct reading *reading,
                                       const struct packed_operation *packed, int k)
{
    struct entry *entry = reading->entry;
    const struct flow_node *n = &entry->flow->nodes[packed->nodes[k]];
    struct loop_number arguments[FLOW_ARGUMENTS], guard = {0, 0};
    if (n->function == FLOW_OPAQUE)
        entry->run->is_opaque = true;
    for (int a = 0; a < n->argument_count; a++)
        operand_lane(reading, packed, a, k, &arguments[a]);
    if (n->is_counter) {
        if (reading->pass == 0)
            return (struct loop_number){affine_at(entry, &n->affine, 0), 0};
        arguments[0].integer += n->affine.coefficient[entry->flow->level] * entry->flow->stride;
        return arguments[0];
    }
    if (n->predicate == NONE)
        return flow_value_of(entry->flow, n, arguments);
    operand_lane(reading, packed, FLOW_ARGUMENTS, 0, &guard);
    if (flow_value_holds(guard, entry->flow->nodes[n->predicate].type, n->negated,
                         NEGATED_PREDICATE))
        return flow_value_of(entry->flow, n, arguments);
    int old = n->arguments[n->argument_count - 1];
    return flow_value_as(arguments[n->argument_count - 1], entry->flow->nodes[old].type,
                         n->type);
}

static struct loop_number compute_products(const struct reading *reading,
                                           const struct packed_operation *packed, int lane)
{
    const struct entry *entry = reading->entry;
    struct loop_number sum;
    operand_lane(reading, packed, 0, lane, &sum);
    int each = packed->inside > 1 ? packed->variant->depth : packed->terms;
    int begin = lane / packed->inside * packed->terms + lane % packed->inside * each;
    int end = (lane / packed->inside + 1) * packed->terms;
    end = begin + each < end ? begin + each : end;
    for (int d = begin; d < end; d++) {
        const struct flow_node *n = &entry->flow->nodes[packed->nodes[d]];
        struct loop_number factors[FLOW_ARGUMENTS] = {{0, 0}};
        operand_lane(reading, packed, 1, d, &factors[0]);
        operand_lane(reading, packed, 2, d, &factors[1]);
        struct loop_number product =
            flow_value_as(flow_value_of(entry->flow, n, factors), n->type, packed->result);
        sum = flow_value_join(packed->negative[d] ? MEANING_SUB : MEANING_ADD, packed->result,
                              sum, product);
    }
    return sum;
}

static struct loop_number compute_lane(const struct reading *reading,
                                       const struct packed_operation *packed, int k)
{
    struct loop_number a, b, choice;
    bool has_a = operand_lane(reading, packed, 0, k, &a);
    bool is_float = packed->result.class == NUMBER_FLOAT;
    switch (packed->work) {
    case WORK_LANES:
        return a;
    case WORK_COMBINE:
        if (!operand_lane(reading, packed, 1, k, &b))
            return a;
        return has_a ? flow_value_join(packed->is_difference ? MEANING_SUB : packed->meaning,
                                       packed->result, a, b)
                     : b;
    case WORK_COMPARE:
        operand_lane(reading, packed, 1, k, &b);
        choice.integer = packed->meaning_of_pair == MEANING_MIN
                             ? (is_float ? a.real < b.real : a.integer < b.integer)
                             : (is_float ? a.real > b.real : a.integer > b.integer);
        choice.real = 0;
        return choice;
    case WORK_CHOICE:
        operand_lane(reading, packed, 1, k, &b);
        operand_lane(reading, packed, 2, k, &choice);
        return choice.integer ? a : b;
    case WORK_PRODUCTS:
        return compute_products(reading, packed, k);
    default:
        return compute_node(reading, packed, k);
    }
}

static bool is_store(const struct packed_operation *packed)
{
    return packed->meaning == MEANING_STORE || packed->meaning == MEANING_STOREU;
}

/* Loads fill the lanes; stores keep address, guard and lanes for the commit. */
static void compute_access(const struct reading *reading, const struct packed_operation *packed,
                           struct loop_number *lanes)
{
    const struct entry *entry = reading->entry;
    struct loop_number base, guard = {1, 0};
    operand_lane(reading, packed, 1, 0, &base);
    int64_t address = affine_at(entry, &packed->address, reading->pass) + base.integer;
    if (!is_store(packed)) {
        for (int k = 0; k < packed->result_lanes; k++) {
            const struct loop_number *at = element(entry, packed->symbol, address + k);
            lanes[k] = at ? *at : (struct loop_number){0, 0};
        }
        return;
    }
    if (packed->is_guarded) {
        operand_lane(reading, packed, 2, 0, &guard);
        guard.integer =
            (guard.integer != 0) != ((packed->guard_negated & NEGATED_PREDICATE) != 0);
    }
    lanes[0].integer = address;
    lanes[1] = guard;
    for (int k = 0; k < packed->node_count; k++)
        operand_lane(reading, packed, 0, k, &lanes[2 + k]);
}

static uint64_t compute(void *context, int operation, int64_t pass, const uint64_t *operands)
{
    struct entry *entry = context;
    int index = entry->region->graph.operations[operation].meaning;
    const struct packed_operation *packed = &entry->packed->operations[index];
    struct reading reading = {entry, operation, pass, operands};
    int lanes =
        packed->result_lanes > packed->node_count ? packed->result_lanes : packed->node_count;
    struct loop_number *result =
        arena_array(entry->run->arena, (size_t)lanes + 4, sizeof *result);
    if (packed->work == WORK_ACCESS)
        compute_access(&reading, packed, result);
    else if (packed->work != WORK_NONE)
        for (int k = 0; k < packed->result_lanes; k++)
            result[k] = compute_lane(&reading, packed, k);
    entry->result[index][pass] = result;
    return (uint64_t)(uintptr_t)result;
}

static void commit(void *context, int operation, int64_t pass, uint64_t result)
{
    struct entry *entry = context;
    (void)pass;
    const struct packed_operation *packed =
        &entry->packed->operations[entry->region->graph.operations[operation].meaning];
    const struct loop_number *lanes = (const struct loop_number *)(uintptr_t)result;
    if (packed->work != WORK_ACCESS || !is_store(packed) || !lanes[1].integer)
        return;
    for (int k = 0; k < packed->node_count; k++) {
        struct loop_number *at = element(entry, packed->symbol, lanes[0].integer + k);
        if (at)
            *at = lanes[2 + k];
        else
            broken(entry->run, "a store leaves its array", packed->line);
    }
}

static uint64_t initial(void *context, int operation, int64_t pass)
{
    static const struct loop_number NOTHING[256];
    (void)context;
    (void)operation;
    (void)pass;
    return (uint64_t)(uintptr_t)NOTHING;
}

static void keep_values(struct entry *entry)
{
    struct flow_state *state = packed_state(entry->run, entry->flow);
    int64_t last = entry->passes - 1;
    for (int i = 0; i < entry->flow->node_count; i++) {
        const struct packed_part *parts = entry->packed->parts ? entry->packed->parts[i] : NULL;
        state->values[i] = node_value(entry, i, last);
        if (!parts)
            continue;
        if (!state->parts[i])
            state->parts[i] = arena_array(entry->run->arena, (size_t)entry->flow->parts[i] + 1,
                                          sizeof *state->parts[i]);
        for (int p = 0; p < entry->flow->parts[i]; p++)
            state->parts[i][p] = part_value(entry, parts[p], last);
    }
}

static void count(struct packed_tally *tally, const struct entry *entry)
{
    for (int i = 0; i < entry->packed->graph.operation_count; i++) {
        const struct packed_operation *packed = &entry->packed->operations[i];
        tally->wide_operations += packed->result_lanes > 1 && packed->work != WORK_ACCESS;
        tally->shuffles += packed->work == WORK_LANES;
        tally->unaligned +=
            packed->meaning == MEANING_LOADU || packed->meaning == MEANING_STOREU;
        tally->guarded += packed->is_guarded;
        tally->products += packed->work == WORK_PRODUCTS;
    }
    tally->accumulators += entry->flow->accumulators;
}

void packed_flow_run(struct packed_run *run, const struct flow *flow,
                     const struct region_schedule *region, int64_t first, int64_t passes)
{
    enum { COPIES_MOST_RUN = 64 };
    struct entry entry = {.run = run,
                          .flow = flow,
                          .region = region,
                          .packed = &region->packed,
                          .first = first,
                          .passes = passes};
    const struct dependence_graph *graph = &region->graph;
    entry.inputs = arena_array(run->arena, (size_t)flow->node_count + 1, sizeof *entry.inputs);
    take_inputs(&entry);
    if (region->operations > 0) {
        size_t n = (size_t)region->packed.graph.operation_count;
        entry.result = arena_array(run->arena, n + 1, sizeof *entry.result);
        for (size_t i = 0; i < n; i++)
            entry.result[i] =
                arena_array(run->arena, (size_t)passes + 1, sizeof *entry.result[i]);
        struct loop_meaning meaning = {&entry, compute, commit, initial};
        uint64_t *last = arena_array(run->arena, (size_t)graph->operation_count + 1, 8);
        bool is_bundled = region->is_pipelined && passes >= region->schedule.stage_count &&
                          region->registers.kernel_copies <= COPIES_MOST_RUN;
        if (is_bundled) {
            struct bundle_code code = bundle_code(graph, &region->schedule, &region->registers);
            bundle_interpret(graph, &region->schedule, &code, &meaning, passes, last);
        } else
            loop_interpret(graph, &meaning, passes, last);
        *(is_bundled ? &run->tally->bundled_passes : &run->tally->plain_passes) +=
            flow->is_loop ? passes : 0;
        count(run->tally, &entry);
    }
    keep_values(&entry);
}
