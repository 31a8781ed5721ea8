/* Best first over the tiles of one level. */
#include <math.h>
#include <string.h>

#include "arch/mapping/inward.h"

/* Least bound first; of equal ones that which is nearer to a tile. */
static bool is_before(const struct front_node *a, const struct front_node *b)
{
    return a->bound != b->bound ? a->bound < b->bound : a->fixed > b->fixed;
}

/* A binary heap. */
static void push(struct front *f, const struct front_node *node)
{
    struct front_node *nodes = f->nodes;
    int at = f->count++;
    for (int up; at > 0 && is_before(node, &nodes[up = (at - 1) / 2]); at = up)
        nodes[at] = nodes[up];
    nodes[at] = *node;
}

static struct front_node pop(struct front *f)
{
    struct front_node *nodes = f->nodes, top = nodes[0], last = nodes[--f->count];
    int at = 0;
    for (int child; (child = 2 * at + 1) < f->count; at = child) {
        if (child + 1 < f->count && is_before(&nodes[child + 1], &nodes[child]))
            child++;
        if (!is_before(&nodes[child], &last))
            break;
        nodes[at] = nodes[child];
    }
    nodes[at] = last;
    return top;
}

/* Could this tile fit, or one with larger dimensions where they are not known? */
static bool fits(const struct front *f)
{
    return model_may_hold(&f->b->model, f->level, f->held, f->known);
}

/* Fixed dimensions before `from` as they are, the others at their smallest. */
static void set_room(struct front *f, const struct front_node *node, int from)
{
    f->known = branch_known(f->b, from);
    for (int k = 0; k < f->b->dim_count; k++) {
        int at = k < from ? node->index[k] : 0;
        f->held[f->b->dims[k]] = f->ranges[k]->low[at];
        if (k < from && f->ranges[k]->low[at] < f->ranges[k]->high[at])
            f->known &= ~(1u << f->b->dims[k]);
    }
}

/* Dimensions that are not fixed are as large as fits beside the others at their smallest. */
static void cap_tiles(struct front *f, struct front_node *node)
{
    for (int k = node->fixed; k < f->b->dim_count; k++) {
        int64_t *held = &f->held[f->b->dims[k]], smallest = *held;
        for (; node->index[k] > 0; node->index[k]--) {
            *held = f->ranges[k]->low[node->index[k]];
            if (fits(f))
                break;
        }
        *held = smallest;
    }
}

static void judge(struct front *f, struct front_node *node)
{
    for (int k = 0; k < f->b->dim_count; k++)
        f->tile[f->b->dims[k]] = f->ranges[k]->high[node->index[k]];
    f->fixed = node->fixed;
    f->tried++;
    f->b->evaluations++;
    double bound = f->judge(f);
    node->bound = bound > node->bound ? bound : node->bound;
}

/* The node with the last of its tiles at `index` or the next smaller that fits; false: none.
 * Where siblings are to come after it, its bound is one for them, too. */
static bool make_node(struct front *f, struct front_node *node, int index)
{
    for (; index >= 0; index--) {
        node->index[node->fixed - 1] = (uint8_t)index;
        set_room(f, node, node->fixed);
        if (fits(f))
            break;
    }
    if (index < 0)
        return false;
    node->is_rough = f->is_lazy;
    if (f->is_lazy)
        set_room(f, node, node->fixed - 1);
    else
        cap_tiles(f, node);
    judge(f, node);
    return true;
}

/* Where there is no room for more nodes: all tiles below this one, depth first. */
static bool run_deep(struct front *f, const struct front_node *node)
{
    if (node->fixed == f->b->dim_count)
        return !f->visit || f->visit(f, node);
    for (int index = node->index[node->fixed]; index >= 0; index--) {
        struct front_node child = *node;
        child.fixed++;
        if (!make_node(f, &child, index))
            break;
        index = child.index[child.fixed - 1];
        if (!branch_is_cut(f->b, child.bound) && !run_deep(f, &child))
            return false;
        if (f->b->evaluations >= f->b->limit)
            return false;
    }
    return true;
}

/* The next smaller tile of a node's last dimension; and the node with a bound of its own. */
static void refine(struct front *f, struct front_node *node)
{
    struct front_node next = *node;
    if (node->index[node->fixed - 1] > 0 &&
        make_node(f, &next, node->index[node->fixed - 1] - 1))
        push(f, &next);
    set_room(f, node, node->fixed);
    cap_tiles(f, node);
    judge(f, node);
    node->is_rough = false;
    push(f, node);
}

static void expand(struct front *f, const struct front_node *node)
{
    struct front_node next = *node;
    if (node->fixed == f->b->dim_count)
        return;
    next.fixed++;
    for (int index = node->index[node->fixed]; index >= 0; index--) {
        struct front_node child = next;
        if (!make_node(f, &child, index))
            break;
        index = child.index[child.fixed - 1];
        push(f, &child);
        if (f->is_lazy)
            break;
    }
}

double front_run(struct front *f)
{
    struct branch *b = f->b;
    f->tried = 0;
    f->count = 0;
    struct front_node root = {.bound = 0};
    for (int k = 0; k < b->dim_count; k++)
        root.index[k] = (uint8_t)(f->ranges[k]->count - 1);
    set_room(f, &root, 0);
    if (!fits(f))
        return INFINITY;
    cap_tiles(f, &root);
    push(f, &root);
    while (f->count) {
        double bound = f->nodes[0].bound;
        if (branch_is_cut(b, bound) && f->visit)
            return INFINITY;
        if (f->tried >= f->trials || b->evaluations >= b->limit)
            return bound;
        struct front_node node = pop(f);
        if (node.is_rough) {
            refine(f, &node);
            continue;
        }
        bool is_tile = node.fixed == b->dim_count;
        if (is_tile && !f->visit)
            return bound;
        if (f->count + RANGES_MAX + 2 > f->capacity) {
            if (!f->visit || !run_deep(f, &node))
                return bound;
            continue;
        }
        if (is_tile && !f->visit(f, &node))
            return bound;
        expand(f, &node);
    }
    return INFINITY;
}
