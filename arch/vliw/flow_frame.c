/* What surrounds the operations of a body: accumulators of earlier loops, branches, address
 * steps, and the edges that close its circles. */
#include "arch/vliw/packer.h"

void packer_settle_pending(struct packer *packer)
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

bool packer_combine_parts(struct packer *packer, int node)
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
        level[k] = -2 - k; /* accumulator k, not yet read */
    while (count > 1) {
        int next = 0;
        for (int k = 0; k + 1 < count; k += 2) {
            int compare = NONE;
            int sum = packer_add_pair(packer, meaning, root->type, 1, root->line, &compare);
            if (sum == NONE)
                return false;
            int targets[2] = {sum, compare};
            for (int side = 0; side < 4; side++) {
                int from = level[k + side % 2], to = targets[side / 2];
                if (to == NONE)
                    continue;
                if (from >= 0) {
                    packer_lanes_of(packer, to, side % 2, 1, from, 0);
                    packer_link(packer, from, to, side % 2, 0);
                } else {
                    packer_lanes(packer, to, side % 2, 1, &node)[0] =
                        (struct lane_source){node, NONE, 0, 0, -2 - from};
                }
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

bool packer_add_control(struct packer *packer, const struct pack_options *options)
{
    for (int m = 0; m < options->leading_moves; m++) {
        const struct vliw_variant *variant =
            packer_variant(packer, MEANING_MOVE, number_format_integer(true, 32), 1, 1, 0);
        if (!variant || packer_add(packer, variant, MEANING_MOVE, 1, 32, 0) == NONE)
            return false;
    }
    int widest = packer->machine->widest_access_bits;
    for (int64_t bits = options->leading_bits; bits > 0; bits -= widest) {
        const struct vliw_variant *load =
            vliw_machine_access(packer->machine, MEANING_LOAD, widest, &packer->flow->choice);
        if (!load || packer_add(packer, load, MEANING_LOAD, 1, widest, 0) == NONE)
            return !packer->err->is_set;
    }
    if (!options->has_control && !options->has_branch)
        return true;
    const struct vliw_variant *variant =
        packer_variant(packer, MEANING_BRANCH, (struct number_format){0}, 1, 1, 0);
    return variant && packer_add(packer, variant, MEANING_BRANCH, 1, 32, 0) != NONE;
}

int packer_count_invariants(const struct packer *packer)
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

bool packer_add_address_steps(struct packer *packer)
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
        packer_link(packer, step, step, 0, 1);
    }
    return true;
}
