/* Placing on trial: the same steps as place_operator, on a copy of what matters about where
 * tensors are, with the price of each operator by the plans it would get. Private to
 * arch/chip. */
#ifndef ARCH_CHIP_TRIAL_H
#define ARCH_CHIP_TRIAL_H

#include "arch/chip/outlook.h"

/* Of an operator, or of a stretch of them. */
struct trial_cost {
    double seconds;
    uint64_t bytes; /* of main memory */
    /* Of a primitive: what is saved where the first tiles of given operands are there when it
     * begins, and the time at its end in which those of the next one can be fetched. */
    double lead_seconds, slack_seconds;
};

/* Costs of primitives already asked for, and plans made for them. */
struct trial_prices {
    struct plan_cache plans;
    struct price_entry *entries;
};

void trial_prices_init(struct trial_prices *prices, struct arena *arena);
void trial_prices_free(struct trial_prices *prices);
/* By the mapper's own plans: nests that a user pins do not move tensors. One primitive on one
 * core, all members and repetitions; false: no plan fits. `known` names the primitive among all
 * others; `given` has a bit for each input that nobody computes. */
bool trial_price(struct trial_prices *prices, const struct player *player, int32_t core,
                 const struct primitive *primitive, uint64_t known, const struct site *site,
                 uint32_t given, struct trial_cost *cost);

enum { TRIAL_LEAVING_MAX = 8, TRIAL_CHOSEN_MAX = 2 };

/* What is decided at one operator, beyond first come, first served. */
struct trial_choice {
    uint8_t tensors[TRIAL_CHOSEN_MAX]; /* that get their place here; OUTLOOK_NONE */
    struct rest_wish wishes[TRIAL_CHOSEN_MAX];
    uint8_t leaving[TRIAL_LEAVING_MAX]; /* tensors whose copies are taken back before it */
    int32_t leaving_count;
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
};

/* Where things are before the next operator is placed. */
void trial_begin(const struct player *player, const struct outlook *outlook,
                 struct trial_state *state);
/* Places operator `index`. `prices` NULL: what it costs is not asked. False: no plan fits. */
bool trial_operator(struct player *player, const struct outlook *outlook, int32_t index,
                    const struct trial_choice *choice, struct trial_prices *prices,
                    struct trial_state *state, struct trial_cost *cost,
                    struct trial_trace *trace);
/* Seconds and bytes. */
struct trial_cost trial_sum(struct trial_cost a, struct trial_cost b);

#endif
