/* Which scalar operations are done side by side in the lanes of one register. */
#include <string.h>

#include "arch/vliw/packer.h"

void packer_add_group(struct packer *packer, const int *nodes, int count, int lanes)
{
    int g = packer->group_count++;
    packer->groups[g] = arena_array(packer->arena, (size_t)count, sizeof(int));
    memcpy(packer->groups[g], nodes, (size_t)count * sizeof(int));
    packer->group_size[g] = count;
    packer->group_lanes[g] = lanes;
    for (int k = 0; k < count; k++)
        packer->group_of[nodes[k]] = g;
}

/* Whether `node` needs `other` in the same pass. Nodes stand in program order. */
static bool needs(const struct flow *flow, int node, int other, uint8_t *seen)
{
    if (node == other)
        return true;
    if (node < other || seen[node])
        return false;
    seen[node] = 1;
    const struct flow_node *n = &flow->nodes[node];
    if (n->kind == FLOW_CARRIED)
        return false;
    for (int a = 0; a < n->argument_count; a++)
        if (n->arguments[a] != NONE && needs(flow, n->arguments[a], other, seen))
            return true;
    /* A load may read what an earlier store of the pass wrote. */
    for (int s = other; n->kind == FLOW_LOAD && s < node; s++)
        if (flow->nodes[s].kind == FLOW_STORE && packer_may_meet(n, &flow->nodes[s]) &&
            needs(flow, s, other, seen))
            return true;
    return (n->predicate != NONE && needs(flow, n->predicate, other, seen)) ||
           (n->address != NONE && needs(flow, n->address, other, seen));
}

bool packer_are_independent(struct packer *packer, const int *nodes, int count)
{
    const struct flow *flow = packer->flow;
    uint8_t *seen = arena_array(packer->arena, (size_t)flow->node_count + 1, 1);
    for (int a = 1; a < count; a++)
        for (int b = 0; b < a; b++) {
            memset(seen, 0, (size_t)flow->node_count);
            int late = nodes[a] > nodes[b] ? nodes[a] : nodes[b];
            int early = nodes[a] > nodes[b] ? nodes[b] : nodes[a];
            if (needs(flow, late, early, seen))
                return false;
        }
    return true;
}

/* Packing operations that the argument of a group would need: none when the lanes are loaded
 * side by side, computed side by side, or known before. */
static int packing_cost(const struct packer *packer, const int *nodes, int count, int argument,
                        int bits)
{
    const struct flow *flow = packer->flow;
    int per_word = (int)packer->machine->params->register_bits / (bits ? bits : 1);
    if (packer->machine->params->has_free_shuffle || per_word <= 1)
        return 0;
    int inputs = 0, group = NONE, loads = 0, same = 0;
    int64_t offset = 0;
    const struct flow_node *first_load = NULL;
    for (int k = 0; k < count; k++) {
        int distance = 0, from = flow->nodes[nodes[k]].arguments[argument];
        if (from == NONE)
            return 0;
        from = packer_resolve(packer, from, &distance);
        const struct flow_node *n = &flow->nodes[from];
        if (n->kind == FLOW_INPUT || n->kind == FLOW_AFFINE || n->kind == FLOW_CARRIED) {
            inputs++;
        } else if (n->kind == FLOW_LOAD && n->address == NONE && n->type.bits == bits) {
            if (!first_load) {
                first_load = n;
                offset = n->affine.constant - k;
            }
            loads += n->symbol == first_load->symbol && n->affine.constant == offset + k;
        } else if (packer->group_of[from] != NONE && n->type.bits == bits) {
            if (group == NONE)
                group = packer->group_of[from];
            same += packer->group_of[from] == group;
        }
    }
    if (inputs == count || loads == count || same == count)
        return 0;
    return (count + per_word - 1) / per_word;
}

/* Whether an argument comes from a group of lanes: a wide load or a packed operation. */
static bool has_packed_source(const struct packer *packer, int node, int argument)
{
    int distance = 0, from = packer->flow->nodes[node].arguments[argument];
    if (from == NONE)
        return false;
    from = packer_resolve(packer, from, &distance);
    return packer->group_of[from] != NONE && packer->group_size[packer->group_of[from]] > 1;
}

static bool pays(struct packer *packer, const int *nodes, int count)
{
    const struct flow *flow = packer->flow;
    const struct flow_node *first = &flow->nodes[nodes[0]];
    int cost = 0, gain = count - 1;
    for (int a = 0; a < first->argument_count; a++) {
        int bits = a == 0                        ? first->operands.bits
                   : first->arguments[a] == NONE ? 0
                                                 : flow->nodes[first->arguments[a]].type.bits;
        int packing = packing_cost(packer, nodes, count, a, bits);
        cost += packing;
        /* One by one, every lane of a packed operand would be taken out first. */
        if (packing == 0 && bits && bits < packer->machine->params->register_bits &&
            has_packed_source(packer, nodes[0], a))
            gain += count;
    }
    /* Saturating into lanes packs by itself. */
    return cost < gain || first->meaning == MEANING_SAT;
}

static bool is_alike(const struct flow_node *a, const struct flow_node *b)
{
    return a->kind == FLOW_OPERATION && b->kind == FLOW_OPERATION && a->origin == b->origin &&
           a->origin != NONE && a->meaning == b->meaning &&
           number_format_equal(a->type, b->type) &&
           number_format_equal(a->operands, b->operands) && a->predicate == NONE &&
           b->predicate == NONE && a->argument_count == b->argument_count;
}

static void group_bucket(struct packer *packer, const int *nodes, int count)
{
    const struct flow_node *first = &packer->flow->nodes[nodes[0]];
    struct number_format type = packer_table_type(packer->flow, first);
    int next = 0;
    while (count - next > 1) {
        const struct vliw_variant *variant = vliw_machine_find(
            packer->machine, first->meaning, type, count - next, 1, &packer->flow->choice);
        if (!variant || variant->lanes < 2)
            return;
        int lanes = variant->lanes < count - next ? variant->lanes : count - next;
        if (packer_are_independent(packer, nodes + next, lanes) &&
            pays(packer, nodes + next, lanes))
            packer_add_group(packer, nodes + next, lanes, lanes);
        next += lanes;
    }
}

void packer_group_lanes(struct packer *packer)
{
    const struct flow *flow = packer->flow;
    int *bucket = arena_array(packer->arena, (size_t)flow->node_count + 1, sizeof *bucket);
    bool *is_seen = arena_array(packer->arena, (size_t)flow->node_count + 1, sizeof *is_seen);
    for (int i = 0; i < flow->node_count; i++) {
        const struct flow_node *node = &flow->nodes[i];
        if (is_seen[i] || node->kind != FLOW_OPERATION || node->predicate != NONE ||
            node->is_counter || packer->is_absorbed[i] || packer->fold_of[i] != NONE ||
            node->meaning == MEANING_EXTEND)
            continue;
        int count = 0;
        for (int j = i; j < flow->node_count; j++)
            if (!is_seen[j] && is_alike(node, &flow->nodes[j]) && !packer->is_absorbed[j] &&
                packer->fold_of[j] == NONE) {
                is_seen[j] = true;
                bucket[count++] = j;
            }
        if (count > 1)
            group_bucket(packer, bucket, count);
    }
}
