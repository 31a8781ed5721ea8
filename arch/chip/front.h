/* Per primitive the Pareto set of its plans over time, relative cost and bytes of scratch: what
 * room on chip is worth to it. A core that is given less room makes smaller tiles, so the set
 * is a staircase: a plan stays the choice until the room falls below what it needs. Steps are
 * made when somebody asks for them and kept; families that do not say what their plans need
 * have one step for each sixteenth of the scratch.
 *
 * Plans are the mapper's own (nests that a user pins do not move tensors), priced by walking
 * them. Asking for a smaller room than there is is always allowed: where a smaller tile serves
 * the objective better, it is taken. Private to arch/chip. */
#ifndef ARCH_CHIP_FRONT_H
#define ARCH_CHIP_FRONT_H

#include "arch/chip/digest.h"
#include "arch/chip/place_record.h"
#include "arch/chip/plan_walk.h"
#include "arch/chip/play_state.h"

enum { FRONT_POINTS = PLACED_ROOMS_MAX };

/* All members that take part, all repetitions. */
struct front_point {
    uint64_t room_bytes;  /* of scratch that it was planned in */
    uint64_t needs_bytes; /* that it takes: in all rooms between it is the same plan */
    bool is_planned;      /* false: no plan fits */
    struct walk_cost cost;
};

struct front;

struct front_table {
    struct plan_cache plans;
    struct arena *arena;
    struct front **fronts;
};

/* One primitive on one core, with its operands where `site` says; its scratch is the room that
 * there is. `known` names the primitive among all others; `given` as in plan_walk. */
struct front_question {
    int32_t core;
    const struct primitive *primitive;
    uint64_t known;
    const struct site *site;
    uint32_t given;
};

/* The arena must outlive the table. */
void front_table_init(struct front_table *table, struct arena *arena);
void front_table_free(struct front_table *table);
/* What serves the core's objective best in the room that there is; false: no plan fits. */
bool front_choose(struct front_table *table, const struct player *player,
                  const struct front_question *question, struct front_point *best);
/* What the room that there is comes to when all of it is used. */
struct front_point front_in_room(struct front_table *table, const struct player *player,
                                 const struct front_question *question);
/* From all scratch that the core has down to a sixteenth of it: the points of which no other is
 * as good in time, relative cost and needs alike, most needs first. Returns how many. */
int32_t front_list(struct front_table *table, const struct player *player,
                   const struct front_question *question,
                   struct front_point points[FRONT_POINTS]);
/* What the objective makes of time and relative cost. */
double objective_score(enum mapper_objective objective, double seconds, double relative);

#endif
