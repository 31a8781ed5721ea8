/* Who holds which resource instance in which cycle: modulo II for loops, or a plain stretch of
 * cycles for straight-line code. Rows are resource instances, so that an operation that is busy
 * for several cycles keeps one instance throughout. */
#ifndef ARCH_SCHEDULING_RESERVATION_TABLE_H
#define ARCH_SCHEDULING_RESERVATION_TABLE_H

#include "arch/scheduling/dependence_graph.h"

struct reservation_table {
    int cycles; /* II, or the end of the stretch */
    bool is_modulo;
    int row_count;
    int row_first[RESOURCE_LIMIT + 1]; /* by resource */
    int *occupant;                     /* [row][cycle]: operation + 1, or 0 */
};

/* cycles >= 1. `limit_cycles` (>= cycles) is the room for table_reset. */
void table_init(struct reservation_table *table, const struct resource_set *resources,
                int cycles, int limit_cycles, bool is_modulo, struct arena *arena);
void table_reset(struct reservation_table *table, int cycles);
/* True when every reservation of the alternative fits at time >= 0. */
bool table_fits(struct reservation_table *table, const struct alternative *alternative,
                int time);
/* Takes the slots for an operation; the caller knows that they fit. */
void table_take(struct reservation_table *table, const struct alternative *alternative,
                int time, int operation);
void table_give_back(struct reservation_table *table, const struct alternative *alternative,
                     int time, int operation);
/* Lists the operations that must leave so that the alternative fits, the cheapest instances
 * chosen by `rank` (larger: sooner evicted); -1 when it can never fit (longer than II). */
int table_conflicts(const struct reservation_table *table,
                    const struct alternative *alternative, int time, const int *rank,
                    int *evicted, int limit);

#endif
