/* Loads and stores: neighbouring elements in one access, widths by alignment, and the order
 * that memory needs between them. */
#include <string.h>

#include "arch/vliw/packer.h"

static bool same_stream(const struct flow_node *a, const struct flow_node *b)
{
    struct affine form = b->affine;
    form.constant = a->affine.constant;
    return a->symbol == b->symbol && a->address == b->address &&
           affine_equal(&form, &a->affine);
}

bool packer_may_meet(const struct flow_node *a, const struct flow_node *b)
{
    if (a->symbol != b->symbol)
        return false;
    return !same_stream(a, b) || a->affine.constant == b->affine.constant;
}

/* Moving a load up to `first`, or a store down to `last`, must not pass an access that it may
 * meet. */
static bool can_move(const struct flow *flow, int node, int first, int last)
{
    const struct flow_node *moved = &flow->nodes[node];
    for (int i = first; i <= last; i++) {
        const struct flow_node *other = &flow->nodes[i];
        if (i == node || (other->kind != FLOW_STORE &&
                          (other->kind != FLOW_LOAD || moved->kind == FLOW_LOAD)))
            continue;
        if (packer_may_meet(moved, other))
            return false;
    }
    return true;
}

/* Largest power of two that divides the byte address in every pass, at most the widest access.
 */
static int64_t alignment_bytes(const struct packer *packer, const struct flow_node *node,
                               int64_t constant)
{
    const struct flow *flow = packer->flow;
    int64_t widest = packer->machine->widest_access_bits / 8;
    int64_t element = node->type.bits / 8 ? node->type.bits / 8 : 1;
    if (node->address != NONE) /* known when running */
        return element;
    int64_t known = node->symbol->aligned_bytes ? node->symbol->aligned_bytes : widest;
    int64_t align = known < widest ? known : widest;
    int64_t first = constant;
    for (int level = 0; level < LOOP_LEVELS; level++) {
        int64_t coefficient = node->affine.coefficient[level];
        if (coefficient == 0)
            continue;
        int64_t step = flow->level_step[level] > 0 ? flow->level_step[level] : 1;
        if (flow->is_from_known[level])
            first += coefficient * flow->level_from[level];
        else
            step = 1; /* a start that is only known when running */
        while (align > 1 && coefficient * step * element % align != 0)
            align /= 2;
    }
    while (align > 1 && first * element % align != 0)
        align /= 2;
    return align;
}

static enum meaning access_meaning(bool is_store, bool is_aligned)
{
    if (is_store)
        return is_aligned ? MEANING_STORE : MEANING_STOREU;
    return is_aligned ? MEANING_LOAD : MEANING_LOADU;
}

/* The widest access at this address that covers at most `bytes`, and its meaning; 0: none. */
static int widest_at(const struct packer *packer, bool is_store, int64_t align, int64_t bytes,
                     int64_t least)
{
    for (int bits = packer->machine->widest_access_bits; bits >= 8; bits /= 2) {
        bool is_aligned = align * 8 >= bits;
        if (bits / 8 > bytes || bits / 8 < least)
            continue;
        if (vliw_machine_access(packer->machine, access_meaning(is_store, is_aligned), bits,
                                &packer->flow->choice))
            return bits;
    }
    return 0;
}

static void sort_by_address(const struct flow *flow, int *nodes, int count)
{
    for (int i = 1; i < count; i++)
        for (int j = i; j > 0 && flow->nodes[nodes[j]].affine.constant <
                                     flow->nodes[nodes[j - 1]].affine.constant;
             j--) {
            int swap = nodes[j];
            nodes[j] = nodes[j - 1];
            nodes[j - 1] = swap;
        }
}

/* Accesses of the stream from `i` on that may move together. */
static int collect(struct packer *packer, int i, enum flow_kind kind, int *bucket,
                   bool *is_seen)
{
    const struct flow *flow = packer->flow;
    int count = 0;
    for (int j = i; j < flow->node_count; j++) {
        const struct flow_node *node = &flow->nodes[j];
        if (node->kind != kind || is_seen[j] || node->predicate != NONE ||
            !same_stream(&flow->nodes[i], node) || (kind == FLOW_LOAD && node->uses == 0))
            continue;
        is_seen[j] = true;
        bucket[count++] = j;
    }
    for (int k = 0; k < count; k++) {
        int first = kind == FLOW_LOAD ? bucket[0] : bucket[k];
        int last = kind == FLOW_LOAD ? bucket[k] : bucket[count - 1];
        if (!can_move(flow, bucket[k], first, last))
            return 0;
    }
    return count;
}

/* Groups a sorted run of elements into accesses. Loads may fetch elements that nobody needs;
 * stores write exactly theirs. */
static void group_run(struct packer *packer, const int *nodes, int count, bool is_store)
{
    const struct flow *flow = packer->flow;
    const struct flow_node *head = &flow->nodes[nodes[0]];
    int64_t element = head->type.bits / 8 ? head->type.bits / 8 : 1;
    for (int next = 0; next < count;) {
        int64_t start = flow->nodes[nodes[next]].affine.constant;
        int64_t widest = packer->machine->widest_access_bits / 8;
        int64_t align = alignment_bytes(packer, head, start);
        /* An aligned window that begins before the element fetches more of its neighbours. */
        int64_t window = widest / element;
        int64_t below = window > 0 ? start % window : 0;
        below = below < 0 ? below + window : below;
        if (!is_store && below > 0 && alignment_bytes(packer, head, start - below) == widest &&
            widest_at(packer, false, widest, widest, widest)) {
            start -= below;
            align = widest;
        }
        int64_t wanted = 0;
        for (int k = next; k < count; k++) {
            int64_t offset = flow->nodes[nodes[k]].affine.constant - start;
            bool is_next = is_store ? offset == k - next : offset < window;
            if (!is_next || offset >= window)
                break;
            wanted = offset + 1;
        }
        /* A load of the next power of two is one access. */
        int64_t bytes = element;
        while (bytes < wanted * element)
            bytes *= 2;
        if (is_store && bytes > wanted * element)
            bytes /= 2;
        int bits = widest_at(packer, is_store, align, bytes, element);
        int64_t covered = bits ? bits / 8 / element : 1;
        int taken = 0;
        int64_t before = flow->nodes[nodes[next]].affine.constant - start;
        if (covered <= before) { /* the window is narrower than hoped: start at the element */
            start = flow->nodes[nodes[next]].affine.constant;
            bits = widest_at(packer, is_store, alignment_bytes(packer, head, start), element,
                             element);
            covered = 1;
        }
        while (next + taken < count &&
               flow->nodes[nodes[next + taken]].affine.constant < start + covered)
            taken++;
        packer_add_group(packer, nodes + next, taken, (int)covered);
        packer->access_start[packer->group_of[nodes[next]]] = start;
        packer->access_bits[packer->group_of[nodes[next]]] = bits;
        next += taken;
    }
}

static void group_accesses(struct packer *packer, enum flow_kind kind)
{
    const struct flow *flow = packer->flow;
    size_t n = (size_t)flow->node_count + 1;
    int *bucket = arena_array(packer->arena, n, sizeof *bucket);
    bool *is_seen = arena_array(packer->arena, n, sizeof *is_seen);
    for (int i = 0; i < flow->node_count; i++) {
        const struct flow_node *node = &flow->nodes[i];
        if (node->kind != kind || is_seen[i] || node->predicate != NONE ||
            (kind == FLOW_LOAD && node->uses == 0))
            continue;
        int count = collect(packer, i, kind, bucket, is_seen);
        if (count == 0)
            continue;
        sort_by_address(flow, bucket, count);
        for (int k = 1; k < count; k++) /* stores to one element twice stay apart */
            if (flow->nodes[bucket[k]].affine.constant ==
                flow->nodes[bucket[k - 1]].affine.constant)
                count = 0;
        if (count > 0)
            group_run(packer, bucket, count, kind == FLOW_STORE);
    }
}

void packer_group_loads(struct packer *packer)
{
    group_accesses(packer, FLOW_LOAD);
}

void packer_group_stores(struct packer *packer)
{
    group_accesses(packer, FLOW_STORE);
}

static void remember_access(struct packer *packer, int operation, int node)
{
    if (packer->access_count == packer->access_room) {
        int room = packer->access_room ? 2 * packer->access_room : 64;
        packer->accesses =
            arena_grow(packer->arena, packer->accesses, (size_t)packer->access_count,
                       (size_t)room, sizeof *packer->accesses);
        packer->access_room = room;
    }
    packer->accesses[packer->access_count++] = (struct memory_access){operation, node};
}

bool packer_emit_access(struct packer *packer, int node)
{
    const struct flow *flow = packer->flow;
    const struct flow_node *n = &flow->nodes[node];
    bool is_store = n->kind == FLOW_STORE;
    int group = packer->group_of[node], count = 1;
    const int *nodes = &node;
    int64_t start = n->affine.constant;
    int bits = 0;
    if (group != NONE) {
        nodes = packer->groups[group];
        count = packer->group_size[group];
        start = packer->access_start[group];
        bits = packer->access_bits[group];
    }
    int64_t element = n->type.bits / 8 ? n->type.bits / 8 : 1;
    int64_t align = alignment_bytes(packer, n, start);
    if (bits == 0)
        bits = widest_at(packer, is_store, align > element ? align : element, element, element);
    if (bits == 0)
        for (int wider = 8; wider <= packer->machine->widest_access_bits && !bits; wider *= 2)
            if (wider >= element * 8 &&
                vliw_machine_access(packer->machine, access_meaning(is_store, true), wider,
                                    &flow->choice))
                bits = wider;
    enum meaning meaning = access_meaning(is_store, align * 8 >= bits || count == 1);
    const struct vliw_variant *variant =
        bits ? vliw_machine_access(packer->machine, meaning, bits, &flow->choice) : NULL;
    if (!variant)
        return error_set(packer->err, "%s:%d: the core cannot %s %d bits of '%s'", flow->path,
                         n->line, is_store ? "store" : "load", (int)(count * element * 8),
                         n->symbol->name);
    int operation = packer_add(packer, variant, meaning, count, n->type.bits, n->line);
    if (operation == NONE)
        return false;
    packer->lane_count[operation] = bits / 8 / element > 0 ? (int)(bits / 8 / element) : 1;
    packer->packed->graph.operations[operation].strand = n->copy;
    struct packed_operation *packed = &packer->packed->operations[operation];
    packed->symbol = n->symbol;
    packed->address = n->affine;
    packed->address.constant = start;
    packed->is_affine = n->address == NONE;
    packed->bytes = bits / 8;
    packed->expression = n->origin == NONE ? NONE : n->origin / 32;
    packed->copy = n->copy;
    packed->work = WORK_ACCESS;
    packed->result = n->type;
    packed->result_lanes = packer->lane_count[operation];
    packed->nodes = nodes == &node ? NULL : nodes;
    packed->node_count = count;
    packed->is_guarded = n->predicate != NONE;
    packed->guard_negated = n->negated;
    for (int k = 0; k < count; k++) {
        packer->operation_of[nodes[k]] = operation;
        packer->lane_of[nodes[k]] = (int)(flow->nodes[nodes[k]].affine.constant - start);
        remember_access(packer, operation, nodes[k]);
    }
    int one[1];
    if (is_store) {
        int *values = arena_array(packer->arena, (size_t)count + 1, sizeof *values);
        for (int k = 0; k < count; k++)
            values[k] = flow->nodes[nodes[k]].arguments[0];
        if (!packer_operand(packer, operation, values, count, n->type, 0))
            return false;
    }
    one[0] = n->address;
    if (n->address != NONE &&
        !packer_operand(packer, operation, one, 1, number_format_integer(true, 32), 1))
        return false;
    one[0] = n->predicate;
    return n->predicate == NONE ||
           packer_operand(packer, operation, one, 1, number_format_integer(true, 32), 2);
}

static void order(struct packer *packer, const struct memory_access *from,
                  const struct memory_access *to, int distance)
{
    const struct flow_node *a = &packer->flow->nodes[from->node];
    if (from->operation == to->operation && distance == 0)
        return;
    graph_add_dependence(&packer->packed->graph,
                         (struct dependence){.from = from->operation,
                                             .to = to->operation,
                                             .distance = distance,
                                             .latency_cycles = a->kind == FLOW_STORE ? 1 : 0,
                                             .operand = -1});
}

/* `early` stands before `late` in the pass. */
static void order_pair(struct packer *packer, const struct memory_access *early,
                       const struct memory_access *late)
{
    const struct flow *flow = packer->flow;
    const struct flow_node *a = &flow->nodes[early->node], *b = &flow->nodes[late->node];
    if (a->symbol != b->symbol || (a->kind == FLOW_LOAD && b->kind == FLOW_LOAD))
        return;
    bool is_independent = flow->is_independent || a->symbol->is_independent;
    if (!same_stream(a, b) || a->address != NONE) {
        if (a->address != NONE && same_stream(a, b) &&
            a->affine.constant != b->affine.constant && is_independent)
            return;
        order(packer, early, late, 0);
        if (flow->is_loop && !is_independent)
            order(packer, late, early, 1);
        return;
    }
    int64_t stride = flow->is_loop ? a->affine.coefficient[flow->level] * flow->stride : 0;
    int64_t gap = a->affine.constant - b->affine.constant; /* late touches early's element */
    if (stride == 0) {
        if (gap == 0) {
            order(packer, early, late, 0);
            if (flow->is_loop)
                order(packer, late, early, 1);
        }
        return;
    }
    if (gap % stride != 0 || (gap != 0 && is_independent))
        return;
    int64_t passes = gap / stride;
    enum { FAR = 64 };
    if (passes >= 0 && passes <= FAR)
        order(packer, early, late, (int)passes);
    else if (passes < 0 && passes >= -FAR)
        order(packer, late, early, (int)-passes);
}

void packer_order_memory(struct packer *packer)
{
    for (int a = 0; a < packer->access_count; a++)
        for (int b = a + 1; b < packer->access_count; b++) {
            const struct memory_access *x = &packer->accesses[a], *y = &packer->accesses[b];
            if (x->node < y->node)
                order_pair(packer, x, y);
            else
                order_pair(packer, y, x);
        }
    if (!packer->flow->is_loop)
        return;
    /* A store meets itself in a later pass when its address does not move. */
    for (int a = 0; a < packer->access_count; a++) {
        const struct memory_access *x = &packer->accesses[a];
        const struct flow_node *node = &packer->flow->nodes[x->node];
        if (node->kind == FLOW_STORE && node->address == NONE &&
            node->affine.coefficient[packer->flow->level] == 0)
            order(packer, x, x, 1);
    }
}
