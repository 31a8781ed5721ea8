/* Verifies a schedule from the definition alone: it shares no code with the schedulers. */
#ifndef ARCH_SCHEDULING_SCHEDULE_CHECK_H
#define ARCH_SCHEDULING_SCHEDULE_CHECK_H

#include "arch/scheduling/dependence_graph.h"
#include "sim/kernel/error.h"

/* False with a sentence naming the first dependence or resource that is violated. */
bool schedule_check(const struct dependence_graph *graph, const struct resource_set *resources,
                    const struct schedule *schedule, struct error *err);

#endif
