/* One block or loop on values: see packed_kernel.h. */
#include <stdio.h>
#include <string.h>

#include "arch/scheduling/bundle_interpret.h"
#include "packed_flow.h"

static void broken(struct packed_run *run, const char *what, int line)
{
    if (!run->is_broken)
        snprintf(run->reason, 160, "%s, line %d", what, line);
    run->is_broken = true;
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
                                  : packed_node_value(entry, lane->node, reading->pass);
    }
    if (reading->pass < lane->distance)
        return lane->node == NONE ? packed_accumulator_start(entry, lane->operation, lane->lane)
                                  : packed_node_value(entry, lane->node, reading->pass);
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
            return packed_cast_up(entry, lane->node, vector[lane->lane]);
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
            return (struct loop_number){packed_affine_at(entry, &n->affine, 0), 0};
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
    int64_t address = packed_affine_at(entry, &packed->address, reading->pass) + base.integer;
    if (!is_store(packed)) {
        for (int k = 0; k < packed->result_lanes; k++) {
            const struct loop_number *at = packed_element(entry, packed->symbol, address + k);
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

/* Registers without a network that shuffles: the lanes of every word of an operand lie in one
 * register, in order, at a place of their size; a single value stands alone in its register. */
static void check_words(struct entry *entry, const struct packed_operation *packed)
{
    const struct vliw_params *params = entry->run->plan->machine->params;
    if (params->has_free_shuffle || packed->work == WORK_LANES || packed->work == WORK_NONE)
        return;
    for (int o = 0; o < packed->operand_count; o++) {
        const struct packed_operand *operand = &packed->operands[o];
        int words = operand->bits > 0 && operand->bits < params->register_bits
                        ? (int)params->register_bits / operand->bits
                        : 1;
        for (int k = 0; k < operand->count && words > 1 && operand->count > 1; k++) {
            int first = k / words * words;
            int lanes = operand->count - first < words ? operand->count - first : words;
            const struct lane_source *head = &operand->lanes[first], *lane = &operand->lanes[k];
            if (head->operation == NONE || lane->operation == NONE || lanes == 1)
                continue; /* set up before the loop */
            if (lane->operation != head->operation || lane->distance != head->distance ||
                lane->lane != head->lane + (k - first) || head->lane % lanes != 0)
                broken(entry->run, "lanes of a word are out of order", packed->line);
        }
    }
}

static uint64_t compute(void *context, int operation, int64_t pass, const uint64_t *operands)
{
    struct entry *entry = context;
    int index = entry->region->graph.operations[operation].meaning;
    const struct packed_operation *packed = &entry->packed->operations[index];
    struct reading reading = {entry, operation, pass, operands};
    if (pass == 0)
        check_words(entry, packed);
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
        struct loop_number *at = packed_element(entry, packed->symbol, lanes[0].integer + k);
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
        state->values[i] = packed_node_value(entry, i, last);
        if (!parts)
            continue;
        if (!state->parts[i])
            state->parts[i] = arena_array(entry->run->arena, (size_t)entry->flow->parts[i] + 1,
                                          sizeof *state->parts[i]);
        for (int p = 0; p < entry->flow->parts[i]; p++)
            state->parts[i][p] = packed_part_value(entry, parts[p], last);
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
    packed_take_inputs(&entry);
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
