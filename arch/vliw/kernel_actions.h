/* What a kernel did, as actions on the core's parts: arithmetic by class and format, registers
 * read and written, bundles fetched (empty slots included where bundles are stored whole) or
 * repeated by the loop buffer, accesses of the data memory beside the core. */
#ifndef ARCH_VLIW_KERNEL_ACTIONS_H
#define ARCH_VLIW_KERNEL_ACTIONS_H

#include "arch/family/family.h"
#include "arch/vliw/kernel_plan.h"

struct kernel_work {
    struct plan_action *actions; /* arena */
    size_t action_count;
    uint64_t macs;               /* products */
    struct number_format format; /* of most products; of most arithmetic where there are none */
    uint64_t ops; /* arithmetic: a product and its sum are two; no moves, no accesses */
};

/* Meters that the inventory lacks are created. `core` is of the family vliw. */
void kernel_work(const struct core *core, struct inventory *inventory,
                 const struct kernel_plan *plan, struct arena *arena, struct kernel_work *work);

#endif
