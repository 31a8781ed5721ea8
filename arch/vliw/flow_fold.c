/* Folds: sums, minima, ... of many terms. Those carried around the loop are split over several
 * accumulators; products in sums become dot products or multiply-accumulates. */
#include <string.h>

#include "arch/vliw/packer.h"

enum { TERMS_MOST = 1024 };

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

struct terms {
    int nodes[TERMS_MOST + 1], count;
    bool negative[TERMS_MOST + 1]; /* taken away */
};

/* Terms of the tree below `node`; false when there are too many. */
static bool flatten(struct packer *packer, int node, int root, bool is_negative,
                    struct terms *terms)
{
    const struct flow *flow = packer->flow;
    const struct flow_node *n = &flow->nodes[node];
    enum meaning meaning = family(flow->nodes[root].meaning);
    bool is_inner = can_fold(flow, n) && family(n->meaning) == meaning &&
                    number_format_equal(n->type, flow->nodes[root].type) &&
                    (node == root || (n->uses == 1 && !n->is_live_out));
    if (!is_inner) {
        if (terms->count == TERMS_MOST)
            return false;
        /* A widened product is still a product. */
        const struct flow_node *inside = n->argument_count > 0 && n->arguments[0] != NONE
                                             ? &flow->nodes[n->arguments[0]]
                                             : n;
        bool is_widened = n->kind == FLOW_OPERATION && n->meaning == MEANING_EXTEND &&
                          n->uses == 1 && !n->is_live_out && n->predicate == NONE &&
                          inside->kind == FLOW_OPERATION && inside->meaning == MEANING_MUL &&
                          inside->uses == 1 && n->type.bits >= inside->type.bits;
        terms->negative[terms->count] = is_negative;
        terms->nodes[terms->count++] = is_widened ? n->arguments[0] : node;
        return true;
    }
    return flatten(packer, n->arguments[0], root, is_negative, terms) &&
           flatten(packer, n->arguments[1], root, is_negative != (n->function == LOOP_SUB),
                   terms);
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

bool packer_is_product(const struct packer *packer, int node)
{
    const struct flow_node *n = &packer->flow->nodes[node];
    return n->kind == FLOW_OPERATION && n->meaning == MEANING_MUL && n->predicate == NONE &&
           n->uses == 1 && !n->is_live_out && n->argument_count == 2 &&
           n->arguments[0] != NONE && n->arguments[1] != NONE;
}

bool packer_joins_sum(const struct packer *packer, int node)
{
    return packer->is_absorbed[node] && packer_is_product(packer, node);
}

struct number_format packer_factor_type(const struct packer *packer, int node)
{
    const struct flow_node *n = &packer->flow->nodes[node];
    bool is_widened = n->kind == FLOW_OPERATION && n->meaning == MEANING_EXTEND;
    return is_widened ? n->operands : n->type;
}

const struct vliw_variant *packer_product_variant(const struct packer *packer, int term,
                                                  enum meaning meaning, int lanes, int depth)
{
    const struct flow_node *n = &packer->flow->nodes[term];
    struct number_format narrow = packer_factor_type(packer, n->arguments[0]);
    struct number_format other = packer_factor_type(packer, n->arguments[1]);
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
        products += packer_is_product(packer, terms[t]);
    /* The few products of a sum of other things are better made with the others' many lanes. */
    if (2 * products < count)
        return 0;
    for (int t = 0; t < count; t++)
        if (packer_is_product(packer, terms[t]) &&
            (packer_product_variant(packer, terms[t], MEANING_MAC, 1 << 10, products) ||
             (products > 1 &&
              packer_product_variant(packer, terms[t], MEANING_DOTP, 1, products))))
            return products;
    return 0;
}

static void add_fold(struct packer *packer, int root, int carried, const struct terms *terms)
{
    size_t room = (size_t)terms->count + 1;
    int *kept = arena_array(packer->arena, room, sizeof *kept), kept_count = 0;
    bool *negative = arena_array(packer->arena, room, sizeof *negative);
    for (int t = 0; t < terms->count; t++)
        if (terms->nodes[t] != carried) {
            negative[kept_count] = terms->negative[t];
            kept[kept_count++] = terms->nodes[t];
        }
    absorb(packer, root, root);
    /* Products that are made together with their sum are not made alone. */
    if (family(packer->flow->nodes[root].meaning) == MEANING_ADD &&
        count_fusable(packer, kept, kept_count) > 0)
        for (int t = 0; t < kept_count; t++)
            if (packer_is_product(packer, kept[t]))
                packer->is_absorbed[kept[t]] = true;
    packer->fold_of[root] = packer->fold_count;
    packer->folds[packer->fold_count++] =
        (struct fold){.root = root,
                      .carried = carried,
                      .meaning = family(packer->flow->nodes[root].meaning),
                      .term_count = kept_count,
                      .terms = kept,
                      .negative = negative};
}

void packer_find_folds(struct packer *packer)
{
    const struct flow *flow = packer->flow;
    struct terms *terms = arena_alloc(packer->arena, sizeof *terms);
    for (int c = 0; c < flow->node_count; c++) {
        const struct flow_node *carried = &flow->nodes[c];
        if (carried->kind != FLOW_CARRIED || carried->uses != 1 ||
            carried->arguments[0] == NONE)
            continue;
        int root = carried->arguments[0], own = 0;
        terms->count = 0;
        /* The root's own use is the carried value; any other reader sees every partial sum. */
        if (!can_fold(flow, &flow->nodes[root]) || flow->nodes[root].uses != 1 ||
            packer->fold_of[root] != NONE || !flatten(packer, root, root, false, terms))
            continue;
        for (int t = 0; t < terms->count; t++)
            own += terms->nodes[t] == c ? 1 + terms->negative[t] : 0;
        if (own == 1 && terms->count > 1)
            add_fold(packer, root, c, terms);
    }
    /* Sums of products inside one pass, outermost first. */
    for (int i = flow->node_count - 1; i >= 0; i--) {
        terms->count = 0;
        const struct flow_node *node = &flow->nodes[i];
        if (packer->is_absorbed[i] || packer->fold_of[i] != NONE || !can_fold(flow, node) ||
            family(node->meaning) != MEANING_ADD || !flatten(packer, i, i, false, terms) ||
            terms->count < 2)
            continue;
        if (count_fusable(packer, terms->nodes, terms->count) > 0)
            add_fold(packer, i, NONE, terms);
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
            a->negative[t] != b->negative[t] ||
            packer_is_product(packer, a->terms[t]) != packer_is_product(packer, b->terms[t]))
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

int packer_matching_folds(struct packer *packer, int fold, int *list, int most)
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
