#include "arch/vliw/flow.h"

#include <string.h>

int flow_add(struct flow *flow, struct flow_node node)
{
    if (flow->node_count == flow->node_room) {
        int room = flow->node_room ? 2 * flow->node_room : 64;
        flow->nodes = arena_grow(flow->arena, flow->nodes, (size_t)flow->node_count,
                                 (size_t)room, sizeof *flow->nodes);
        flow->node_room = room;
    }
    flow->nodes[flow->node_count] = node;
    return flow->node_count++;
}

bool affine_equal(const struct affine *a, const struct affine *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

bool affine_is_constant(const struct affine *a)
{
    for (int level = 0; level < LOOP_LEVELS; level++)
        if (a->coefficient[level])
            return false;
    return true;
}

void flow_count_uses(struct flow *flow)
{
    for (int i = 0; i < flow->node_count; i++)
        flow->nodes[i].uses = 0;
    for (int i = 0; i < flow->node_count; i++) {
        const struct flow_node *node = &flow->nodes[i];
        for (int a = 0; a < node->argument_count; a++)
            if (node->arguments[a] != NONE)
                flow->nodes[node->arguments[a]].uses++;
        if (node->predicate != NONE)
            flow->nodes[node->predicate].uses++;
        if (node->address != NONE)
            flow->nodes[node->address].uses++;
    }
}
