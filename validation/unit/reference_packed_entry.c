/* Values at one entry of a block or loop: see packed_kernel.h. */
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

int64_t packed_affine_at(const struct entry *entry, const struct affine *affine, int64_t pass)
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

struct loop_number *packed_element(const struct entry *entry, const struct loop_symbol *symbol,
                                   int64_t index)
{
    if (index < 0 || index >= symbol->elements)
        return NULL;
    return &entry->run->values->arrays[symbol->id][index];
}

/* Inputs, and what carried values are before the first pass. */
void packed_take_inputs(struct entry *entry)
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
                    ? (struct loop_number){packed_affine_at(entry, &from->affine, 0), 0}
                    : entry->inputs[n->converted];
            *value = flow_value_as(known, from->type, n->type);
        } else if (n->symbol && n->symbol->kind == LOOP_ARRAY) {
            const struct loop_number *at =
                packed_element(entry, n->symbol, packed_affine_at(entry, &n->affine, 0));
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

struct loop_number packed_part_value(const struct entry *entry, struct packed_part part,
                                     int64_t pass)
{
    return entry->result[part.operation][pass][part.lane];
}

static struct loop_number whole_sum(const struct entry *entry, int node, int64_t pass)
{
    const struct flow_node *n = &entry->flow->nodes[node];
    enum meaning meaning = n->meaning == MEANING_SUB ? MEANING_ADD : n->meaning;
    const struct packed_part *parts = entry->packed->parts[node];
    struct loop_number sum = packed_part_value(entry, parts[0], pass);
    for (int p = 1; p < entry->flow->parts[node]; p++)
        sum = flow_value_join(meaning, n->type, sum, packed_part_value(entry, parts[p], pass));
    return sum;
}

/* A node's value in a pass, from what the operations have left. */
struct loop_number packed_node_value(struct entry *entry, int node, int64_t pass)
{
    const struct flow_node *n = &entry->flow->nodes[node];
    if (n->kind == FLOW_CARRIED)
        return pass == 0 || n->arguments[0] == NONE
                   ? entry->inputs[node]
                   : packed_node_value(entry, n->arguments[0], pass - 1);
    if (n->kind == FLOW_OPERATION && n->meaning == MEANING_EXTEND && n->predicate == NONE)
        return flow_value_as(packed_node_value(entry, n->arguments[0], pass),
                             entry->flow->nodes[n->arguments[0]].type, n->type);
    if (n->kind == FLOW_AFFINE)
        return flow_value_as((struct loop_number){packed_affine_at(entry, &n->affine, pass), 0},
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
struct loop_number packed_cast_up(const struct entry *entry, int node, struct loop_number raw)
{
    if (node == NONE)
        return raw;
    const struct flow_node *n = &entry->flow->nodes[node];
    if (n->kind == FLOW_CARRIED && n->arguments[0] != NONE)
        return packed_cast_up(entry, n->arguments[0], raw);
    if (n->kind == FLOW_OPERATION && n->meaning == MEANING_EXTEND && n->predicate == NONE)
        return flow_value_as(packed_cast_up(entry, n->arguments[0], raw),
                             entry->flow->nodes[n->arguments[0]].type, n->type);
    return raw;
}

/* What an accumulator holds before the first pass: the scalar in one of them, nothing in the
 * others. */
struct loop_number packed_accumulator_start(const struct entry *entry, int operation, int lane)
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
