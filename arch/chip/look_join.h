/* Inside the look-ahead: dynamic programming over one stretch of operators. Private to
 * arch/chip. */
#ifndef ARCH_CHIP_LOOK_JOIN_H
#define ARCH_CHIP_LOOK_JOIN_H

#include "arch/chip/look_ahead.h"

/* How a label came about, at one operator. */
struct look_step {
    int32_t before; /* number of the label before it */
    struct trial_choice choice;
};

/* One way to come so far: a state, and what it took to get there. `total`: with the way back to
 * first come, first served, once; `score`: what the objective makes of that and of the rest of
 * the stretch as it would be then. */
struct label {
    struct trial_state state;
    struct digest digest; /* of the state */
    struct walk_cost cost, pending, total;
    double score;
    struct look_step step;
};

/* What the whole stretch comes to. */
struct look_end {
    double score;
    uint64_t bytes;
};

/* What was found for a stretch: choices for its first `count` operators, and the copies to be
 * taken back behind them. */
struct look_stretch {
    struct digest digest;
    struct trial_choice *choices; /* NULL: nothing was priced, all as first come */
    bool is_complete, is_changed; /* is_changed: to other places than first come */
    double gap;
    uint8_t leaving[OUTLOOK_TENSORS];
    int32_t leaving_count, count;
};

struct look_ahead {
    struct player *player;
    struct outlook outlook;
    /* First come, first served: state and cost in front of each operator and behind the last.
     */
    struct trial_state *states;
    struct walk_cost costs[OUTLOOK_OPERATORS + 1];
    struct walk_cost least[OUTLOOK_OPERATORS + 1]; /* of all from there on */
    double cut_bound; /* the least that a way left out for want of room could have come to */
    struct label *labels[2], trial; /* trial: being made */
    int32_t label_count[2], horizon;
    enum mapper_objective objective;
    struct look_step steps[OUTLOOK_OPERATORS][LOOK_LABELS];
    struct trial_choice chosen[OUTLOOK_OPERATORS];
    struct trial_choice
        plain[OUTLOOK_OPERATORS]; /* first come, with the rooms it was priced in */
    struct look_stretch found;
    struct arena memory; /* of the stretches */
    struct look_stretch *stretches;
    int32_t stretch_count;
    uint64_t leaving[OUTLOOK_TENSORS]; /* ids, before the next look */
    int32_t leaving_count;
};

/* look_choice.c */
void look_plain(struct trial_choice *choice); /* first come, first served */
/* Calls `visit` with every choice worth a try at operator `index` from a state, the plain one
 * first; visit says whether there was anything to choose. */
void look_choices(struct look_ahead *look, int32_t index, const struct trial_state *state,
                  bool (*visit)(struct look_ahead *look, int32_t index, int32_t before,
                                const struct trial_choice *choice),
                  int32_t before);

/* look_join.c: all that the future of a state depends on, what is sunk apart. */
void look_digest_state(const struct look_ahead *look, const struct trial_state *state,
                       struct digest *digest);
/* From a state to the one of first come, first served at the same operator: what rests on chip
 * there and not here has to be read, and what rests here alone to be written. */
struct walk_cost look_pending(const struct look_ahead *look, const struct trial_state *plain,
                              const struct trial_state *state);
/* May a way end in front of operator `next`, as it loses nothing and what comes next goes on as
 * it would? */
bool look_may_end(const struct look_ahead *look, int32_t next, const struct label *label,
                  struct look_end *end);
/* The way that leaves first come, first served and comes back to it, to the greatest profit by
 * the objective and with no more bytes of main memory; into `found` and `chosen`. False: there
 * is none. Either way `found` says whether all ways were weighed. */
bool look_search(struct look_ahead *look);

#endif
