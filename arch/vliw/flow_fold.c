/* Folds: sums, minima, ... of many terms. Those carried around the loop are split over several
 * accumulators; products in sums become dot products or multiply-accumulates. */
#include <string.h>

#include "arch/vliw/packer.h"

enum { TERMS_MOST = 1024, LATE_MOST = 4 };

static enum meaning family(enum meaning meaning)
{
    return meaning == MEANING_SUB ? MEANING_ADD : meaning;
}

static bool can_fold(const struct flow *flow, const struct flow_node *node)
{
    if (node->kind != FLOW_OPERATION || node->predicate != NONE || node->is_counter ||
        node->argument_count != 2 || node->arguments[0] == NONE || node->arguments[1] == NONE)
        return false;
    if (node->type.class == NUMBER_FLOAT && !flow->is_reassociable)
        return false;
    switch (node->meaning) {
    case MEANING_ADD:
    case MEANING_SUB:
    case MEANING_MIN:
    case MEANING_MAX:
    case MEANING_AND:
    case MEANING_OR:
    case MEANING_XOR:
        return true;
    case MEANING_MUL: /* only where the product has the type of its factors */
        return number_format_equal(node->type, node->operands);
    default:
        return false;
    }
}

/* Terms of the tree below `node`; false when there are too many. */
static bool flatten(struct packer *packer, int node, int root, int *terms, int *count)
{
    const struct flow *flow = packer->flow;
    const struct flow_node *n = &flow->nodes[node];
    enum meaning meaning = family(flow->nodes[root].meaning);
    bool is_inner = can_fold(flow, n) && family(n->meaning) == meaning &&
                    number_format_equal(n->type, flow->nodes[root].type) &&
                    (node == root || (n->uses == 1 && !n->is_live_out));
    if (!is_inner) {
        if (*count == TERMS_MOST)
            return false;
        terms[(*count)++] = node;
        return true;
    }
    return flatten(packer, n->arguments[0], root, terms, count) &&
           flatten(packer, n->arguments[1], root, terms, count);
}

static void absorb(struct packer *packer, int node, int root)
{
    const struct flow *flow = packer->flow;
    const struct flow_node *n = &flow->nodes[node];
    bool is_inner = can_fold(flow, n) &&
                    family(n->meaning) == family(flow->nodes[root].meaning) &&
                    number_format_equal(n->type, flow->nodes[root].type) &&
                    (node == root || (n->uses == 1 && !n->is_live_out));
    if (!is_inner)
        return;
    packer->is_absorbed[node] = node != root;
    absorb(packer, n->arguments[0], root);
    absorb(packer, n->arguments[1], root);
}

static bool is_product(const struct packer *packer, int node)
{
    const struct flow_node *n = &packer->flow->nodes[node];
    return n->kind == FLOW_OPERATION && n->meaning == MEANING_MUL && n->predicate == NONE &&
           n->uses == 1 && !n->is_live_out && n->argument_count == 2 &&
           n->arguments[0] != NONE && n->arguments[1] != NONE;
}

/* Type of a factor before it was widened to the other one's. */
static struct number_format factor_type(const struct packer *packer, int node)
{
    const struct flow_node *n = &packer->flow->nodes[node];
    bool is_widened = n->kind == FLOW_OPERATION && n->meaning == MEANING_EXTEND;
    return is_widened ? n->operands : n->type;
}

static const struct vliw_variant *product_variant(const struct packer *packer, int term,
                                                  enum meaning meaning, int lanes, int depth)
{
    const struct flow_node *n = &packer->flow->nodes[term];
    struct number_format narrow = factor_type(packer, n->arguments[0]);
    struct number_format other = factor_type(packer, n->arguments[1]);
    narrow = other.bits < narrow.bits ? other : narrow;
    return vliw_machine_find_product(packer->machine, meaning,
                                     packer_table_type(packer->flow, n), narrow, lanes, depth,
                                     &packer->flow->choice);
}

/* Products of a sum that the machine can multiply and add in one operation. */
static int count_fusable(const struct packer *packer, const int *terms, int count)
{
    int products = 0;
    for (int t = 0; t < count; t++)
        products += is_product(packer, terms[t]);
    for (int t = 0; t < count; t++)
        if (is_product(packer, terms[t]) &&
            (product_variant(packer, terms[t], MEANING_MAC, 1 << 10, products) ||
             (products > 1 && product_variant(packer, terms[t], MEANING_DOTP, 1, products))))
            return products;
    return 0;
}

static void add_fold(struct packer *packer, int root, int carried, const int *terms, int count)
{
    int *kept = arena_array(packer->arena, (size_t)count + 1, sizeof *kept);
    int kept_count = 0;
    for (int t = 0; t < count; t++)
        if (terms[t] != carried)
            kept[kept_count++] = terms[t];
    absorb(packer, root, root);
    /* Products that are made together with their sum are not made alone. */
    if (family(packer->flow->nodes[root].meaning) == MEANING_ADD &&
        count_fusable(packer, kept, kept_count) > 0)
        for (int t = 0; t < kept_count; t++)
            if (is_product(packer, kept[t]))
                packer->is_absorbed[kept[t]] = true;
    packer->fold_of[root] = packer->fold_count;
    packer->folds[packer->fold_count++] =
        (struct fold){.root = root,
                      .carried = carried,
                      .meaning = family(packer->flow->nodes[root].meaning),
                      .term_count = kept_count,
                      .terms = kept};
}

void packer_find_folds(struct packer *packer)
{
    const struct flow *flow = packer->flow;
    int *terms = arena_array(packer->arena, TERMS_MOST + 1, sizeof *terms);
    for (int c = 0; c < flow->node_count; c++) {
        const struct flow_node *carried = &flow->nodes[c];
        if (carried->kind != FLOW_CARRIED || carried->uses != 1 ||
            carried->arguments[0] == NONE)
            continue;
        int root = carried->arguments[0], count = 0, own = 0;
        /* The root's own use is the carried value; any other reader sees every partial sum. */
        if (!can_fold(flow, &flow->nodes[root]) || flow->nodes[root].uses != 1 ||
            packer->fold_of[root] != NONE || !flatten(packer, root, root, terms, &count))
            continue;
        for (int t = 0; t < count; t++)
            own += terms[t] == c;
        if (own == 1 && count > 1)
            add_fold(packer, root, c, terms, count);
    }
    /* Sums of products inside one pass, outermost first. */
    for (int i = flow->node_count - 1; i >= 0; i--) {
        int count = 0;
        const struct flow_node *node = &flow->nodes[i];
        if (packer->is_absorbed[i] || packer->fold_of[i] != NONE || !can_fold(flow, node) ||
            family(node->meaning) != MEANING_ADD || !flatten(packer, i, i, terms, &count) ||
            count < 2)
            continue;
        if (count_fusable(packer, terms, count) > 0)
            add_fold(packer, i, NONE, terms, count);
    }
}

static bool folds_match(const struct packer *packer, const struct fold *a, const struct fold *b)
{
    const struct flow_node *nodes = packer->flow->nodes;
    if (a->meaning != b->meaning || a->term_count != b->term_count ||
        (a->carried == NONE) != (b->carried == NONE) ||
        nodes[a->root].origin != nodes[b->root].origin)
        return false;
    for (int t = 0; t < a->term_count; t++)
        if (nodes[a->terms[t]].origin != nodes[b->terms[t]].origin ||
            is_product(packer, a->terms[t]) != is_product(packer, b->terms[t]))
            return false;
    return true;
}

/* Folds in the lanes of one operation must not need one another. */
static bool is_apart(struct packer *packer, const int *list, int count, int fold)
{
    for (int k = 0; k < count; k++) {
        int roots[2] = {packer->folds[list[k]].root, packer->folds[fold].root};
        if (!packer_are_independent(packer, roots, 2))
            return false;
    }
    return true;
}

/* Equal folds of other copies and this one, in program order, at most `most`. */
static int matching(struct packer *packer, int fold, int *list, int most)
{
    int count = 0;
    list[count++] = fold;
    for (int f = 0; f < packer->fold_count && count < most; f++) {
        if (f == fold || packer->folds[f].is_done ||
            !folds_match(packer, &packer->folds[fold], &packer->folds[f]) ||
            !is_apart(packer, list, count, f))
            continue;
        int at = count++;
        for (; at > 0 && packer->folds[list[at - 1]].root > packer->folds[f].root; at--)
            list[at] = list[at - 1];
        list[at] = f;
    }
    return count;
}

struct fold_pack {
    const int *folds; /* one per lane */
    int lanes;
    struct addend *addends;
    int addend_count, late_count; /* the late ones stand last */
};

/* Operands of products [first, first + depth): for each lane its factors in order. */
static bool multiply_operands(struct packer *packer, const struct fold_pack *pack,
                              const int *products, int depth, int operation, int first_operand)
{
    int *list = arena_array(packer->arena, (size_t)(pack->lanes * depth) + 1, sizeof *list);
    const struct flow_node *nodes = packer->flow->nodes;
    for (int side = 0; side < 2; side++) {
        struct number_format type = {0};
        int count = 0;
        for (int lane = 0; lane < pack->lanes; lane++)
            for (int d = 0; d < depth; d++) {
                int term = packer->folds[pack->folds[lane]].terms[products[d]];
                list[count] = nodes[term].arguments[side];
                type = side ? nodes[list[count]].type : nodes[term].operands;
                count++;
            }
        if (!packer_operand(packer, operation, list, count, type, first_operand + side))
            return false;
    }
    return true;
}

static int add_product(struct packer *packer, const struct fold_pack *pack,
                       const struct vliw_variant *variant, enum meaning meaning,
                       const int *products, int depth)
{
    const struct fold *fold = &packer->folds[pack->folds[0]];
    const struct flow_node *root = &packer->flow->nodes[fold->root];
    int operation =
        packer_add(packer, variant, meaning, pack->lanes, root->type.bits, root->line);
    if (operation == NONE)
        return NONE;
    packer->packed->graph.operations[operation].strand =
        packer->flow->nodes[fold->terms[products[0]]].copy;
    return multiply_operands(packer, pack, products, depth, operation, 1) ? operation : NONE;
}

/* Whether a node needs, in the same pass, what the fold computes: then the carried value that
 * it leads to is part of a recurrence through the fold. */
static bool depends(const struct packer *packer, int node, int root, int budget)
{
    const struct flow_node *n = &packer->flow->nodes[node];
    if (node == root)
        return true;
    if (n->kind != FLOW_OPERATION || budget == 0 || node < root)
        return false;
    for (int a = 0; a < n->argument_count; a++)
        if (n->arguments[a] != NONE && depends(packer, n->arguments[a], root, budget - 1))
            return true;
    return false;
}

/* How many passes ago the sum was made that this term reads; 0: it reads none of them. */
static int late_by(const struct packer *packer, const struct fold *fold, int t)
{
    enum { STEPS = 12 };
    if (fold->carried != NONE)
        return 0;
    const struct flow_node *term = &packer->flow->nodes[fold->terms[t]];
    int own = fold->terms[t], *list = &own, count = 1, nearest = 0;
    int factors[2];
    if (is_product(packer, own)) {
        factors[0] = term->arguments[0];
        factors[1] = term->arguments[1];
        list = factors;
        count = 2;
    }
    for (int k = 0; k < count; k++) {
        int distance = 0, from = packer_resolve(packer, list[k], &distance);
        if (distance > 0 && depends(packer, from, fold->root, STEPS) &&
            (nearest == 0 || distance < nearest))
            nearest = distance;
    }
    return nearest;
}

/* Products become dot products, as deep as the machine and the hints allow. */
static bool add_dot_products(struct packer *packer, struct fold_pack *pack, bool *is_taken)
{
    const struct fold *fold = &packer->folds[pack->folds[0]];
    for (int t = 0; t < fold->term_count; t++) {
        if (is_taken[t] || !is_product(packer, fold->terms[t]) || late_by(packer, fold, t) > 0)
            continue;
        int products[64], count = 0;
        struct number_format type =
            packer_table_type(packer->flow, &packer->flow->nodes[fold->terms[t]]);
        for (int k = t; k < fold->term_count && count < 64; k++)
            if (!is_taken[k] && is_product(packer, fold->terms[k]) &&
                late_by(packer, fold, k) == 0 &&
                number_format_equal(
                    type,
                    packer_table_type(packer->flow, &packer->flow->nodes[fold->terms[k]])))
                products[count++] = k;
        const struct vliw_variant *variant =
            product_variant(packer, fold->terms[t], MEANING_DOTP, pack->lanes, count);
        if (!variant || variant->depth < 2)
            continue;
        int operation =
            add_product(packer, pack, variant, MEANING_DOTP, products, variant->depth);
        if (operation == NONE)
            return false;
        for (int d = 0; d < variant->depth; d++)
            is_taken[products[d]] = true;
        pack->addends[pack->addend_count++] = (struct addend){operation, NULL};
    }
    return true;
}

/* What is left: one node per lane, or neighbouring terms of one fold side by side in the lanes.
 */
static void add_plain(struct packer *packer, struct fold_pack *pack, const bool *is_taken,
                      int inner_lanes)
{
    const struct fold *fold = &packer->folds[pack->folds[0]];
    int waiting = 0, *nodes = NULL;
    int width = pack->lanes > 1 ? pack->lanes : inner_lanes;
    /* Terms of old passes before those of newer ones. */
    for (int round = 0; round <= LATE_MOST; round++)
        for (int t = 0; t < fold->term_count; t++) {
            int late = late_by(packer, fold, t);
            late = late > LATE_MOST ? LATE_MOST : late;
            if (is_taken[t] || (round == 0 ? late != 0 : late != LATE_MOST + 1 - round))
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
                pack->addends[pack->addend_count++] = (struct addend){NONE, nodes};
                waiting = 0;
            }
        }
    if (waiting)
        pack->addends[pack->addend_count++] = (struct addend){NONE, nodes};
}

static bool addend_operand(struct packer *packer, const struct addend *addend, int to,
                           int width, struct number_format type, int operand)
{
    if (addend->operation != NONE) {
        graph_add_value(&packer->packed->graph, addend->operation, to, operand, 0);
        return true;
    }
    int count = 0;
    while (count < width && addend->nodes[count] != NONE)
        count++;
    return packer_operand(packer, to, addend->nodes, count, type, operand);
}

static int add_two(struct packer *packer, const struct fold *fold, const struct addend *a,
                   const struct addend *b, int width)
{
    const struct flow_node *root = &packer->flow->nodes[fold->root];
    int compare = NONE;
    int sum = packer_add_pair(packer, fold->meaning, root->type, width, root->line, &compare);
    int targets[2] = {sum, compare};
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
    for (int t = 0; t < 2 && own != NONE; t++) {
        if (targets[t] == NONE)
            continue;
        if (!addend_operand(packer, sum, targets[t], width, root->type, 1))
            return NONE;
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
            int sum = add_two(packer, fold, &addends[k], &addends[k + 1], width);
            if (sum == NONE)
                return false;
            packer->packed->graph.operations[sum].strand = root->copy;
            addends[next++] = (struct addend){sum, NULL};
        }
        if (count % 2)
            addends[next++] = addends[count - 1];
        count = next;
    }
    *result = addends[0];
    return true;
}

static void finish(struct packer *packer, const struct fold_pack *pack, int operation,
                   int parts)
{
    for (int lane = 0; lane < pack->lanes; lane++) {
        int root = packer->folds[pack->folds[lane]].root;
        packer->operation_of[root] = operation;
        packer->lane_of[root] = lane;
        packer->flow->parts[root] = parts;
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
        int next = add_two(packer, fold, sum, &late[k], width);
        if (next == NONE)
            return false;
        packer->packed->graph.operations[next].strand = packer->flow->nodes[fold->root].copy;
        *sum = (struct addend){next, NULL};
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
        finish(packer, pack, operation, 1);
        return operation != NONE;
    }
    int parts = choose_parts(packer, pack->addend_count, latency);
    int share = pack->addend_count / parts;
    int horizontal = pack->lanes > 1 ? 1 : width;
    for (int part = 0; part < parts; part++) {
        if (!add_tree(packer, fold, pack->addends + part * share, share, width, &sum))
            return false;
        int accumulator = accumulate(packer, fold, &sum, width, part);
        if (accumulator == NONE)
            return false;
        if (part == 0)
            finish(packer, pack, accumulator, parts * horizontal);
    }
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
        if (is_product(packer, fold->terms[t])) {
            is_taken[t] = true;
            products[count++] = t;
        }
    int groups = (count + variant->depth - 1) / variant->depth;
    int parts =
        fold->carried == NONE ? 1 : choose_parts(packer, groups, variant->accumulate_cycles);
    int first[8] = {0}, last[8] = {0};
    for (int g = 0; g < groups; g++) {
        int part = g % parts, depth = count - g * variant->depth;
        depth = depth < variant->depth ? depth : variant->depth;
        int mac = add_product(packer, pack, variant, MEANING_MAC, products + g * variant->depth,
                              depth);
        if (mac == NONE)
            return false;
        packer->packed->graph.operations[mac].strand = root->copy + part;
        if (g < parts)
            first[part] = mac;
        else
            graph_add_dependence(
                &packer->packed->graph,
                (struct dependence){.from = last[part],
                                    .to = mac,
                                    .latency_cycles = variant->accumulate_cycles,
                                    .is_value = true,
                                    .operand = 0});
        last[part] = mac;
    }
    add_plain(packer, pack, is_taken, 1);
    for (int p = 0; p < parts && fold->carried != NONE; p++) {
        graph_add_dependence(&packer->packed->graph,
                             (struct dependence){.from = last[p],
                                                 .to = first[p],
                                                 .distance = 1,
                                                 .latency_cycles = variant->accumulate_cycles,
                                                 .is_value = true,
                                                 .operand = 0});
        packer->packed->graph.operations[last[p]].is_live_out = true;
    }
    /* The starting value or other addends enter the first operation's accumulator input. */
    for (int a = 0; a < pack->addend_count; a++)
        if (!addend_operand(packer, &pack->addends[a], first[0], pack->lanes, root->type, 0))
            return false;
    if (fold->carried != NONE)
        packer->flow->accumulators += parts;
    finish(packer, pack, last[0], parts);
    return true;
}

bool packer_emit_fold(struct packer *packer, int index)
{
    enum { LANES_MOST = 256 };
    struct fold *fold = &packer->folds[index];
    const struct flow_node *root = &packer->flow->nodes[fold->root];
    int list[LANES_MOST], matches = matching(packer, index, list, LANES_MOST);
    int products = 0, product = NONE;
    for (int t = 0; t < fold->term_count && fold->meaning == MEANING_ADD; t++)
        if (is_product(packer, fold->terms[t])) {
            products++;
            product = product == NONE ? fold->terms[t] : product;
        }
    const struct vliw_variant *mac =
        products ? product_variant(packer, product, MEANING_MAC, matches, products) : NULL;
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
    if (products > 1 && !add_dot_products(packer, &pack, is_taken))
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
