/* Operands of packed operations: lanes that come as they stand, extractions, and packing. */
#include <string.h>

#include "arch/vliw/packer.h"

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

bool packer_link(struct packer *packer, int operation, int to, int operand, int distance)
{
    if (operation == NONE)
        return false;
    graph_add_value(&packer->packed->graph, operation, to, operand, distance);
    return true;
}

bool packer_single_operand(struct packer *packer, int to, int node, int operand)
{
    struct lane_source *lane = packer_lanes(packer, to, operand, 1, &node);
    int distance = 0;
    int from = packer_resolve(packer, node, &distance);
    if (!packer_makes_operation(packer, from))
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
        return packer_link(packer, operation, to, operand, 0);
    int extract = extended(packer, from);
    if (extract == NONE) {
        const struct flow_node *n = &packer->flow->nodes[from];
        const struct vliw_variant *variant =
            packer_variant(packer, MEANING_EXTEND, n->type, 1, 1, n->line);
        if (!variant)
            return false;
        extract = packer_add(packer, variant, MEANING_EXTEND, 1, 32, n->line);
        if (extract == NONE || !packer_link(packer, operation, extract, 0, 0))
            return false;
        struct packed_operation *packed = &packer->packed->operations[extract];
        packed->work = WORK_LANES;
        packed->result = n->type;
        packer_lanes(packer, extract, 0, 1, &from)[0] =
            (struct lane_source){NONE, operation, packer->lane_of[from], 0, NONE};
        packer->packed->graph.operations[extract].strand =
            packer->packed->graph.operations[to].strand;
        remember(packer, extract, &from, 1);
    }
    lane->operation = extract;
    return packer_link(packer, extract, to, operand, 0);
}

/* Whether the lanes of one register word come from one register as they stand. */
static bool word_is_direct(struct packer *packer, const int *nodes, int count, int bits)
{
    int first = NONE, first_lane = 0, first_distance = 0;
    for (int k = 0; k < count; k++) {
        int distance = 0, from = packer_resolve(packer, nodes[k], &distance);
        if (!packer_makes_operation(packer, from))
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
            packer_makes_operation(packer, packer_resolve(packer, nodes[k], &distance)))
            return false;
    }
    return true;
}

/* A register word gathered from several registers: count - 1 packing operations. */
static bool packed_word(struct packer *packer, int to, const int *nodes, int count,
                        struct number_format type, int operand, struct lane_source *lanes)
{
    for (int k = 0; k < count; k++)
        lanes[k].lane = k;
    for (int p = 0; p < packer->pack_count; p++)
        if (packer->packs[p].count == count &&
            memcmp(packer->packs[p].nodes, nodes, (size_t)count * sizeof *nodes) == 0) {
            for (int k = 0; k < count; k++)
                lanes[k].operation = packer->packs[p].operation;
            return packer_link(packer, packer->packs[p].operation, to, operand, 0);
        }
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
            packer_link(packer, previous, pack, 0, 0);
        struct packed_operation *packed = &packer->packed->operations[pack];
        packed->work = WORK_LANES;
        packed->result = type;
        struct lane_source *result = packer_lanes(packer, pack, 0, count, nodes);
        for (int k = 0; k < count; k++)
            result[k].part = NONE;
        for (int k = 0; k < next; k++)
            result[k] = (struct lane_source){NONE, previous, k, 0, NONE};
        int end = step == steps - 1 ? count : next + gain + (step == 0);
        for (; next < end && next < count; next++) {
            int distance = 0, from = packer_resolve(packer, nodes[next], &distance);
            if (!packer_makes_operation(packer, from))
                continue;
            if (distance)
                packer_edge(packer, from, pack, 1 + next, distance, LATENCY_OF_PRODUCER);
            else if (!packer_link(packer, packer_operation(packer, from), pack, 1 + next, 0))
                return false;
        }
        packer->packed->operations[pack].operands[0].count = end;
        packer->packed->operations[pack].result_lanes = end;
        previous = pack;
    }
    remember(packer, previous, nodes, count);
    for (int k = 0; k < count; k++)
        lanes[k].operation = previous;
    return packer_link(packer, previous, to, operand, 0);
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
        if (!packer_makes_operation(packer, from))
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
        packer_link(packer, operation, to, operand, 0);
    }
    return true;
}

bool packer_operand(struct packer *packer, int to, const int *nodes, int count,
                    struct number_format type, int operand)
{
    enum { WORD_LANES = 32 };
    if (count == 1 && !packer->machine->params->has_free_shuffle)
        return nodes[0] == NONE || packer_single_operand(packer, to, nodes[0], operand);
    struct lane_source *sources = packer_lanes(packer, to, operand, count, nodes);
    struct packed_operation *reader = &packer->packed->operations[to];
    reader->operands[reader->operand_count - 1].bits = type.bits;
    if (packer->machine->params->has_free_shuffle)
        return any_lanes(packer, to, nodes, count, operand);
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
            is_done = packed_word(packer, to, word, lanes, type, operand, sources + first);
        if (!is_done || packer->err->is_set)
            return false;
    }
    return true;
}
