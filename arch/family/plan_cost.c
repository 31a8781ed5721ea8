#include "arch/family/plan_cost.h"

static const double ACCESS_BITS = 16;

/* Of `count` actions on a meter. Arithmetic costs as a multiply-accumulate each; registers,
 * networks and buffers cost per 16 bits moved; sequencing and clocks cost nothing. */
static double action_cost(const struct core *core, int32_t meter, uint64_t count)
{
    const struct meter *action = &core->inventory->meters[meter];
    const struct relative_costs *costs = &core->costs;
    double accesses = (double)count * action->bits / ACCESS_BITS;
    switch (core->inventory->parts[action->part].kind) {
    case PART_MAC:
    case PART_MULTIPLIER:
    case PART_ADDER:
    case PART_SPECIAL:
        return (double)count * costs->mac;
    case PART_REGISTER:
    case PART_REGISTER_FILE:
        return accesses * costs->register_access;
    case PART_WIRE:
    case PART_CROSSBAR:
        return (double)count / ACCESS_BITS * costs->network; /* counted in bits */
    case PART_SRAM:
        return accesses * costs->buffer;
    default:
        return 0;
    }
}

double plan_cost(const struct core *core, const struct plan *plan)
{
    double cost = (double)plan->memory_bytes * 8 / ACCESS_BITS * core->costs.memory;
    for (size_t i = 0; i < plan->action_count; i++)
        cost += action_cost(core, plan->actions[i].meter, plan->actions[i].count);
    return cost;
}
