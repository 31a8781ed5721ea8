/* Keeps, for every packed operation, what it computes and where each lane of its operands comes
 * from, so that packed code can be run on values. */
#include <assert.h>

#include "arch/vliw/packer.h"

enum { LATER = -2 };

static struct packed_operand *operand_of(struct packer *packer, int operation, int operand)
{
    struct packed_operation *packed = &packer->packed->operations[operation];
    for (int o = 0; o < packed->operand_count; o++)
        if (packed->operands[o].operand == operand)
            return &packed->operands[o];
    assert(packed->operand_count < PACKED_OPERANDS);
    packed->operands[packed->operand_count] = (struct packed_operand){.operand = operand};
    return &packed->operands[packed->operand_count++];
}

struct lane_source *packer_lanes(struct packer *packer, int operation, int operand, int count,
                                 const int *nodes)
{
    struct packed_operand *list = operand_of(packer, operation, operand);
    list->count = count;
    list->lanes = arena_array(packer->arena, (size_t)count + 1, sizeof *list->lanes);
    for (int k = 0; k < count; k++)
        list->lanes[k] = (struct lane_source){
            .node = nodes ? nodes[k] : NONE, .operation = LATER, .part = NONE};
    return list->lanes;
}

void packer_lanes_of(struct packer *packer, int operation, int operand, int count, int from,
                     int distance)
{
    struct lane_source *lanes = packer_lanes(packer, operation, operand, count, NULL);
    for (int k = 0; k < count; k++)
        lanes[k] = (struct lane_source){NONE, from, k, distance, NONE};
}

static void finish_lane(struct packer *packer, struct lane_source *lane)
{
    if (lane->operation != LATER)
        return;
    lane->operation = NONE;
    if (lane->node == NONE)
        return;
    int distance = 0, from = packer_resolve(packer, lane->node, &distance);
    if (!packer_makes_operation(packer, from) || packer->operation_of[from] == NONE)
        return;
    lane->operation = packer->operation_of[from];
    lane->lane = packer->lane_of[from];
    lane->distance = distance;
}

void packer_finish_lanes(struct packer *packer)
{
    struct packed_flow *packed = packer->packed;
    for (int i = 0; i < packed->graph.operation_count; i++) {
        struct packed_operation *operation = &packed->operations[i];
        for (int o = 0; o < operation->operand_count; o++)
            for (int k = 0; k < operation->operands[o].count; k++)
                finish_lane(packer, &operation->operands[o].lanes[k]);
    }
    packed->operation_of = packer->operation_of;
    packed->lane_of = packer->lane_of;
    packed->parts = packer->parts;
}
