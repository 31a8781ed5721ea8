/* Folds as operations: dot products, multiply-accumulates, trees and accumulators. */
#include <string.h>

#include "arch/vliw/packer.h"

/* Passes ago beyond which terms of a recurrence are all early enough. */
enum { LATE_MOST = 4 };

/* What is left: one node per lane, or neighbouring terms of one fold side by side in the lanes,
 * those that are added apart from those taken away. */
static void add_plain(struct packer *packer, struct fold_pack *pack, const bool *is_taken,
                      int inner_lanes)
{
    const struct fold *fold = &packer->folds[pack->folds[0]];
    int width = pack->lanes > 1 ? pack->lanes : inner_lanes;
    /* Terms of old passes before those of newer ones. */
    for (int round = 0; round <= 2 * LATE_MOST + 1; round++) {
        int waiting = 0, *nodes = NULL, age = round / 2;
        bool is_negative = round % 2 == 1;
        for (int t = 0; t < fold->term_count; t++) {
            int late = fold_late_by(packer, fold, t);
            late = late > LATE_MOST ? LATE_MOST : late;
            if (is_taken[t] || fold->negative[t] != is_negative ||
                (age == 0 ? late != 0 : late != LATE_MOST + 1 - age))
                continue;
            pack->late_count += late > 0;
            if (waiting == 0) {
                nodes = arena_array(packer->arena, (size_t)width + 1, sizeof *nodes);
                for (int k = 0; k < width; k++)
                    nodes[k] = NONE;
            }
            if (pack->lanes > 1) {
                for (int lane = 0; lane < pack->lanes; lane++)
                    nodes[lane] = packer->folds[pack->folds[lane]].terms[t];
                waiting = width;
            } else {
                nodes[waiting++] = fold->terms[t];
            }
            if (waiting == width) {
                pack->addends[pack->addend_count++] = (struct addend){NONE, nodes, is_negative};
                waiting = 0;
            }
        }
        if (waiting)
            pack->addends[pack->addend_count++] = (struct addend){NONE, nodes, is_negative};
    }
}

static bool addend_operand(struct packer *packer, const struct addend *addend, int to,
                           int width, struct number_format type, int operand)
{
    if (addend->operation != NONE) {
        packer_lanes_of(packer, to, operand, width, addend->operation, 0);
        graph_add_value(&packer->packed->graph, addend->operation, to, operand, 0);
        return true;
    }
    int count = 0;
    while (count < width && addend->nodes[count] != NONE)
        count++;
    return packer_operand(packer, to, addend->nodes, count, type, operand);
}

/* The operation of two addends; what is negative stands second. Both negative: their sum is. */
static int add_two(struct packer *packer, const struct fold *fold, const struct addend *a,
                   const struct addend *b, int width, bool *is_negative)
{
    const struct flow_node *root = &packer->flow->nodes[fold->root];
    int compare = NONE;
    *is_negative = a->is_negative && b->is_negative;
    bool is_difference = a->is_negative != b->is_negative;
    if (a->is_negative && is_difference) {
        const struct addend *swap = a;
        a = b;
        b = swap;
    }
    int sum = packer_add_pair(packer, fold->meaning, root->type, width, root->line, &compare);
    int targets[2] = {sum, compare};
    if (sum != NONE) {
        packer->packed->operations[sum].is_difference = is_difference;
        packer->packed->operations[sum].result_lanes = width;
    }
    for (int t = 0; t < 2 && sum != NONE; t++)
        if (targets[t] != NONE &&
            (!addend_operand(packer, a, targets[t], width, root->type, 0) ||
             !addend_operand(packer, b, targets[t], width, root->type, 1)))
            return NONE;
    if (compare != NONE)
        packer->packed->graph.operations[compare].strand = root->copy;
    return sum;
}

/* One step of an accumulator: reads its own last value. Its latency is returned. */
static int accumulate(struct packer *packer, const struct fold *fold, const struct addend *sum,
                      int width, int part)
{
    const struct flow_node *root = &packer->flow->nodes[fold->root];
    int compare = NONE;
    int own = packer_add_pair(packer, fold->meaning, root->type, width, root->line, &compare);
    int targets[2] = {own, compare};
    if (own != NONE) {
        packer->packed->operations[own].is_difference = sum->is_negative;
        packer->packed->operations[own].result_lanes = width;
    }
    for (int t = 0; t < 2 && own != NONE; t++) {
        if (targets[t] == NONE)
            continue;
        if (!addend_operand(packer, sum, targets[t], width, root->type, 1))
            return NONE;
        packer_lanes_of(packer, targets[t], 0, width, own, 1);
        const struct vliw_variant *variant = packer->packed->operations[own].variant;
        graph_add_dependence(&packer->packed->graph,
                             (struct dependence){.from = own,
                                                 .to = targets[t],
                                                 .distance = 1,
                                                 .latency_cycles = variant->accumulate_cycles,
                                                 .is_value = true,
                                                 .operand = 0});
        packer->packed->graph.operations[targets[t]].strand = root->copy + part;
    }
    if (own != NONE)
        packer->packed->graph.operations[own].is_live_out = true;
    return own;
}

/* Adds addends pairwise until one is left; that one is returned. */
static bool add_tree(struct packer *packer, const struct fold *fold, struct addend *addends,
                     int count, int width, struct addend *result)
{
    const struct flow_node *root = &packer->flow->nodes[fold->root];
    while (count > 1) {
        int next = 0;
        for (int k = 0; k + 1 < count; k += 2) {
            bool is_negative = false;
            int sum = add_two(packer, fold, &addends[k], &addends[k + 1], width, &is_negative);
            if (sum == NONE)
                return false;
            packer->packed->graph.operations[sum].strand = root->copy;
            addends[next++] = (struct addend){sum, NULL, is_negative};
        }
        if (count % 2)
            addends[next++] = addends[count - 1];
        count = next;
    }
    *result = addends[0];
    return true;
}

/* The sums are in these operations, one accumulator each, or `inside` of them in the lanes of
 * each. */
static void finish(struct packer *packer, const struct fold_pack *pack, const int *operations,
                   int count, int inside)
{
    for (int lane = 0; lane < pack->lanes; lane++) {
        int root = packer->folds[pack->folds[lane]].root, part = 0;
        struct packed_part *parts =
            arena_array(packer->arena, (size_t)(count * inside) + 1, sizeof *parts);
        for (int o = 0; o < count; o++)
            for (int k = 0; k < inside; k++)
                parts[part++] = (struct packed_part){operations[o], lane * inside + k};
        packer->operation_of[root] = operations[0];
        packer->lane_of[root] = lane;
        packer->flow->parts[root] = part;
        packer->parts[root] = parts;
    }
}

/* Accumulators enough that the additions of one pass do not wait for each other, and one for
 * each cluster. */
static int choose_parts(const struct packer *packer, int addends, int latency)
{
    int parts = latency > packer->machine->rules.cluster_count
                    ? latency
                    : packer->machine->rules.cluster_count;
    if (parts > 8)
        parts = 8;
    while (parts > 1 && (addends < parts || addends % parts))
        parts--;
    return parts;
}

/* Terms of the newest values of a recurrence are added last, one after the other, so that
 * everything else is ready before them. */
static bool add_late(struct packer *packer, const struct fold *fold, const struct addend *late,
                     int late_count, int width, struct addend *sum)
{
    for (int k = 0; k < late_count; k++) {
        bool is_negative = false;
        int next = add_two(packer, fold, sum, &late[k], width, &is_negative);
        if (next == NONE)
            return false;
        packer->packed->graph.operations[next].strand = packer->flow->nodes[fold->root].copy;
        *sum = (struct addend){next, NULL, is_negative};
    }
    return true;
}

static bool emit_sums(struct packer *packer, struct fold_pack *pack, int latency, int width)
{
    const struct fold *fold = &packer->folds[pack->folds[0]];
    struct addend sum;
    if (fold->carried == NONE) {
        int early = pack->addend_count - pack->late_count;
        int first = early > 0 ? early : 1;
        if (!add_tree(packer, fold, pack->addends, first, width, &sum) ||
            !add_late(packer, fold, pack->addends + first, pack->addend_count - first, width,
                      &sum))
            return false;
        int operation = sum.operation;
        if (operation == NONE) /* one product operation held all terms */
            operation = packer_operation(packer, sum.nodes[0]);
        finish(packer, pack, &operation, 1, 1);
        return operation != NONE;
    }
    int parts = choose_parts(packer, pack->addend_count, latency);
    int share = pack->addend_count / parts;
    int accumulators[8];
    for (int part = 0; part < parts; part++) {
        if (!add_tree(packer, fold, pack->addends + part * share, share, width, &sum))
            return false;
        accumulators[part] = accumulate(packer, fold, &sum, width, part);
        if (accumulators[part] == NONE)
            return false;
    }
    finish(packer, pack, accumulators, parts, pack->lanes > 1 ? 1 : width);
    packer->flow->accumulators += parts;
    return true;
}

/* acc += a0 b0 + a1 b1 + ... by multiply-accumulates; terms that are no products are added by
 * further ones of the same kind of unit. */
static bool emit_macs(struct packer *packer, struct fold_pack *pack,
                      const struct vliw_variant *variant)
{
    const struct fold *fold = &packer->folds[pack->folds[0]];
    const struct flow_node *root = &packer->flow->nodes[fold->root];
    int *products = arena_array(packer->arena, (size_t)fold->term_count + 1, sizeof *products);
    bool *is_taken = arena_array(packer->arena, (size_t)fold->term_count + 1, sizeof(bool));
    int count = 0;
    for (int t = 0; t < fold->term_count; t++)
        if (packer_joins_sum(packer, fold->terms[t])) {
            is_taken[t] = true;
            products[count++] = t;
        }
    /* Lanes that no other fold fills take further terms of this one, to be added up at the end.
     */
    int inside =
        fold->carried == NONE || count < fold->term_count ? 1 : variant->lanes / pack->lanes;
    while (inside > 1 && count < inside * variant->depth)
        inside /= 2;
    int each = variant->depth * inside;
    int groups = (count + each - 1) / each;
    int parts =
        fold->carried == NONE ? 1 : choose_parts(packer, groups, variant->accumulate_cycles);
    int first[8] = {0}, last[9] = {0};
    for (int g = 0; g < groups; g++) {
        int part = g % parts, depth = count - g * each;
        depth = depth < each ? depth : each;
        int mac =
            fold_add_product(packer, pack, variant, MEANING_MAC, products + g * each, depth);
        if (mac == NONE)
            return false;
        packer->packed->operations[mac].result_lanes = pack->lanes * inside;
        packer->packed->operations[mac].inside = inside;
        packer->packed->graph.operations[mac].strand = root->copy + part;
        if (g < parts)
            first[part] = mac;
        else {
            packer_lanes_of(packer, mac, 0, packer->packed->operations[mac].result_lanes,
                            last[part], 0);
            graph_add_dependence(
                &packer->packed->graph,
                (struct dependence){.from = last[part],
                                    .to = mac,
                                    .latency_cycles = variant->accumulate_cycles,
                                    .is_value = true,
                                    .operand = 0});
        }
        last[part] = mac;
    }
    add_plain(packer, pack, is_taken, 1);
    struct addend sum;
    int held = parts;
    if (pack->addend_count > 0 &&
        !add_tree(packer, fold, pack->addends, pack->addend_count, pack->lanes, &sum))
        return false;
    for (int p = 0; p < parts && fold->carried != NONE; p++) {
        packer_lanes_of(packer, first[p], 0, packer->packed->operations[last[p]].result_lanes,
                        last[p], 1);
        graph_add_dependence(&packer->packed->graph,
                             (struct dependence){.from = last[p],
                                                 .to = first[p],
                                                 .distance = 1,
                                                 .latency_cycles = variant->accumulate_cycles,
                                                 .is_value = true,
                                                 .operand = 0});
        packer->packed->graph.operations[last[p]].is_live_out = true;
    }
    if (fold->carried != NONE) {
        packer->flow->accumulators += parts;
        if (pack->addend_count > 0 && inside == 1) {
            /* What is no product has an accumulator of its own. */
            last[held] = accumulate(packer, fold, &sum, pack->lanes, held);
            if (last[held++] == NONE)
                return false;
            packer->flow->accumulators++;
        }
    } else if (pack->addend_count > 0 && !sum.is_negative) {
        /* The other addends enter the first operation's accumulator input. */
        if (!addend_operand(packer, &sum, first[0], pack->lanes, root->type, 0))
            return false;
    } else if (pack->addend_count > 0) {
        bool is_negative = false;
        struct addend whole = {last[0], NULL, false};
        last[0] = add_two(packer, fold, &whole, &sum, pack->lanes, &is_negative);
        if (last[0] == NONE)
            return false;
    }
    finish(packer, pack, last, held, inside);
    return true;
}

bool packer_emit_fold(struct packer *packer, int index)
{
    enum { LANES_MOST = 256 };
    struct fold *fold = &packer->folds[index];
    const struct flow_node *root = &packer->flow->nodes[fold->root];
    int list[LANES_MOST], matches = packer_matching_folds(packer, index, list, LANES_MOST);
    int products = 0, product = NONE;
    for (int t = 0; t < fold->term_count && fold->meaning == MEANING_ADD; t++)
        if (packer_joins_sum(packer, fold->terms[t])) {
            products++;
            product = product == NONE ? fold->terms[t] : product;
        }
    const struct vliw_variant *mac =
        products ? packer_product_variant(packer, product, MEANING_MAC, matches, products)
                 : NULL;
    const struct vliw_variant *across = vliw_machine_find(
        packer->machine, fold->meaning, root->type, matches, 1, &packer->flow->choice);
    struct fold_pack pack = {.folds = list, .lanes = 1};
    if (mac)
        pack.lanes = mac->lanes < matches ? mac->lanes : matches;
    else if (across)
        pack.lanes = across->lanes < matches ? across->lanes : matches;
    pack.addends =
        arena_array(packer->arena, (size_t)fold->term_count + 1, sizeof *pack.addends);
    int *kept = arena_array(packer->arena, (size_t)pack.lanes + 1, sizeof *kept);
    int own = 0; /* lanes are aligned windows of the list; the one that holds this fold */
    while (list[own] != index)
        own++;
    int window = own / pack.lanes * pack.lanes;
    if (window + pack.lanes > matches)
        window = matches - pack.lanes;
    memcpy(kept, list + window, (size_t)pack.lanes * sizeof *kept);
    pack.folds = kept;
    for (int lane = 0; lane < pack.lanes; lane++)
        packer->folds[kept[lane]].is_done = true;
    if (mac)
        return emit_macs(packer, &pack, mac);
    bool *is_taken = arena_array(packer->arena, (size_t)fold->term_count + 1, sizeof(bool));
    if (products > 1 && !fold_add_dot_products(packer, &pack, is_taken))
        return false;
    int width = pack.lanes, left = 0;
    for (int t = 0; t < fold->term_count; t++)
        left += !is_taken[t];
    if (pack.lanes == 1 && pack.addend_count == 0) {
        const struct vliw_variant *inside = vliw_machine_find(
            packer->machine, fold->meaning, root->type, left, 1, &packer->flow->choice);
        if (inside && fold->carried != NONE && left % inside->lanes == 0)
            width = inside->lanes;
    }
    add_plain(packer, &pack, is_taken, width);
    const struct vliw_variant *variant = vliw_machine_find(
        packer->machine, fold->meaning, root->type, width, 1, &packer->flow->choice);
    return emit_sums(packer, &pack, variant ? variant->accumulate_cycles : 2, width);
}
