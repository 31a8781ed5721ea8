/* Placing on trial: the same steps as place_operator, on a copy of what matters about where
 * tensors are, with the price of each operator by the plans it would get. Private to
 * arch/chip. */
#ifndef ARCH_CHIP_TRIAL_H
#define ARCH_CHIP_TRIAL_H

#include "arch/chip/front.h"
#include "arch/chip/outlook.h"

enum { TRIAL_LEAVING_MAX = 8, TRIAL_CHOSEN_MAX = 2 };

/* What is decided at one operator, beyond first come, first served. */
struct trial_choice {
    uint8_t tensors[TRIAL_CHOSEN_MAX]; /* that get their place here; OUTLOOK_NONE */
    struct rest_wish wishes[TRIAL_CHOSEN_MAX];
    uint8_t leaving[TRIAL_LEAVING_MAX]; /* tensors whose copies are taken back before it */
    int32_t leaving_count;
    uint64_t rooms[AHEAD_ROOMS]; /* scratch to plan its primitives in; 0: all there is */
};

/* Where tensors are. A tensor lies in a place, named by the first tensor that lay there. */
struct trial_state {
    uint8_t place[OUTLOOK_TENSORS]; /* of a tensor + 1; 0: none yet, or no longer */
    /* Of a place: 1 + memory, 0: none; its copy on chip; tensors in it; and who made it. */
    uint8_t memory[OUTLOOK_TENSORS], copy[OUTLOOK_TENSORS], users[OUTLOOK_TENSORS];
    int8_t producer[OUTLOOK_TENSORS];
    uint64_t occupied[CHIP_MEMORIES_MAX];
    double backlog[CHIP_CORES_MAX];
    double slack_seconds; /* in which the memory had nothing to do but what comes next */
    struct fuse_root root;
    uint8_t passed; /* place of the result of the operator before + 1 */
};

/* What was seen on the way of an operator. */
struct trial_trace {
    bool is_refused; /* something found no room on chip */
    bool is_idle;    /* fused or a view: nothing to choose */
    /* Per primitive: scratch to plan it in; of those beyond all there is. Where priced. */
    uint64_t rooms[AHEAD_ROOMS];
};

/* Where things are before the next operator is placed. */
void trial_begin(const struct player *player, const struct outlook *outlook,
                 struct trial_state *state);
/* Places operator `index`. `fronts` NULL: what it costs is not asked. False: no plan fits. */
bool trial_operator(struct player *player, const struct outlook *outlook, int32_t index,
                    const struct trial_choice *choice, struct front_table *fronts,
                    struct trial_state *state, struct walk_cost *cost,
                    struct trial_trace *trace);
/* Seconds, relative cost and bytes. */
struct walk_cost trial_sum(struct walk_cost a, struct walk_cost b);

#endif
