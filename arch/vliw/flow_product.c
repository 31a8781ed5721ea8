/* Products in folds: which of them go into one dot product, and which must wait. */
#include "arch/vliw/packer.h"

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
                type = packer_factor_type(packer, list[count]);
                count++;
            }
        if (!packer_operand(packer, operation, list, count, type, first_operand + side))
            return false;
    }
    return true;
}

/* Sum by sum, each with its products in order. */
static void note_products(struct packer *packer, const struct fold_pack *pack, int operation,
                          const int *products, int depth)
{
    struct packed_operation *packed = &packer->packed->operations[operation];
    size_t count = (size_t)(pack->lanes * depth);
    int *nodes = arena_array(packer->arena, count + 1, sizeof *nodes), at = 0;
    bool *negative = arena_array(packer->arena, count + 1, sizeof *negative);
    for (int lane = 0; lane < pack->lanes; lane++)
        for (int d = 0; d < depth; d++, at++) {
            const struct fold *fold = &packer->folds[pack->folds[lane]];
            nodes[at] = fold->terms[products[d]];
            negative[at] = fold->negative[products[d]];
        }
    packed->work = WORK_PRODUCTS;
    packed->result = packer->flow->nodes[packer->folds[pack->folds[0]].root].type;
    packed->nodes = nodes;
    packed->node_count = at;
    packed->negative = negative;
    packed->terms = depth;
    packed->result_lanes = pack->lanes;
    packed->inside = 1;
}

int fold_add_product(struct packer *packer, const struct fold_pack *pack,
                     const struct vliw_variant *variant, enum meaning meaning,
                     const int *products, int depth)
{
    const struct fold *fold = &packer->folds[pack->folds[0]];
    const struct flow_node *root = &packer->flow->nodes[fold->root];
    int operation =
        packer_add(packer, variant, meaning, pack->lanes, root->type.bits, root->line);
    if (operation == NONE)
        return NONE;
    packer->packed->operations[operation].terms = depth;
    packer->packed->graph.operations[operation].strand =
        packer->flow->nodes[fold->terms[products[0]]].copy;
    note_products(packer, pack, operation, products, depth);
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

int fold_late_by(const struct packer *packer, const struct fold *fold, int t)
{
    enum { STEPS = 12 };
    if (fold->carried != NONE)
        return 0;
    const struct flow_node *term = &packer->flow->nodes[fold->terms[t]];
    int own = fold->terms[t], *list = &own, count = 1, nearest = 0;
    int factors[2];
    if (packer_is_product(packer, own)) {
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

bool fold_add_dot_products(struct packer *packer, struct fold_pack *pack, bool *is_taken)
{
    const struct fold *fold = &packer->folds[pack->folds[0]];
    for (int t = 0; t < fold->term_count; t++) {
        if (is_taken[t] || !packer_joins_sum(packer, fold->terms[t]) ||
            fold_late_by(packer, fold, t) > 0)
            continue;
        int products[64], count = 0;
        struct number_format type =
            packer_table_type(packer->flow, &packer->flow->nodes[fold->terms[t]]);
        for (int k = t; k < fold->term_count && count < 64; k++)
            if (!is_taken[k] && packer_joins_sum(packer, fold->terms[k]) &&
                fold_late_by(packer, fold, k) == 0 &&
                number_format_equal(
                    type,
                    packer_table_type(packer->flow, &packer->flow->nodes[fold->terms[k]])))
                products[count++] = k;
        const struct vliw_variant *variant =
            packer_product_variant(packer, fold->terms[t], MEANING_DOTP, pack->lanes, count);
        if (!variant || variant->depth < 2)
            continue;
        int operation =
            fold_add_product(packer, pack, variant, MEANING_DOTP, products, variant->depth);
        if (operation == NONE)
            return false;
        for (int d = 0; d < variant->depth; d++)
            is_taken[products[d]] = true;
        pack->addends[pack->addend_count++] = (struct addend){operation, NULL, false};
    }
    return true;
}
