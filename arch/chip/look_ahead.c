#include "arch/chip/look_join.h"

#include <string.h>

static bool can_rest(const struct chip *chip)
{
    for (int32_t i = 0; i < chip->memory_count; i++)
        if (chip->memories[i].kind == MEMORY_SRAM &&
            chip->memories[i].residency != RESIDENCY_NONE)
            return true;
    return false;
}

struct look_ahead *look_ahead_make(struct player *player, struct arena *arena)
{
    const struct chip *chip = player->chip;
    if (chip->look_ahead < 2 || !can_rest(chip))
        return NULL;
    struct look_ahead *look = arena_alloc(arena, sizeof *look);
    look->player = player;
    look->horizon = (int32_t)chip->look_ahead;
    look->objective = chip->cores[0].core.objective;
    look->states = arena_array(arena, OUTLOOK_OPERATORS + 1, sizeof *look->states);
    for (int i = 0; i < 2; i++)
        look->labels[i] = arena_array(arena, LOOK_LABELS, sizeof *look->labels[i]);
    look->stretches = arena_array(arena, LOOK_STRETCHES, sizeof *look->stretches);
    return look;
}

void look_ahead_free(struct look_ahead *look)
{
    if (!look)
        return;
    arena_free(&look->memory);
}

/* First come, first served over the stretch, priced or not. True: there is something to decide,
 * as a tensor found no room or tensors leave less than half of a memory to tiles. */
static bool walk_plain(struct look_ahead *look, bool is_priced)
{
    const struct chip *chip = look->player->chip;
    bool is_tight = false;
    trial_begin(look->player, &look->outlook, &look->states[0]);
    look->costs[0] = (struct walk_cost){0};
    for (int32_t i = 0; i < look->outlook.operator_count; i++) {
        struct trial_state *state = &look->states[i + 1];
        struct trial_trace trace;
        *state = look->states[i];
        look->costs[i + 1] = look->costs[i];
        if (!trial_operator(look->player, &look->outlook, i, NULL,
                            is_priced ? look->player->fronts : NULL, state, &look->costs[i + 1],
                            &trace))
            return false; /* placing it will say why */
        look_plain(&look->plain[i]);
        memcpy(look->plain[i].rooms, trace.rooms, sizeof trace.rooms);
        is_tight = is_tight || trace.is_refused;
        for (int32_t k = 0; k < chip->memory_count; k++)
            is_tight = is_tight || (chip->memories[k].kind == MEMORY_SRAM &&
                                    2 * state->occupied[k] > chip->memories[k].capacity);
    }
    return is_tight;
}

static struct rest_wish *make_wishes(struct arena *arena, const struct trial_choice *choice,
                                     const uint8_t *tensors, uint32_t count)
{
    struct rest_wish *wishes = arena_array(arena, count, sizeof *wishes);
    for (uint32_t i = 0; i < count; i++) {
        wishes[i].memory = REST_ANYWHERE;
        for (int k = 0; k < TRIAL_CHOSEN_MAX; k++)
            if (tensors[i] != OUTLOOK_NONE && choice->tensors[k] == tensors[i])
                wishes[i] = choice->wishes[k];
    }
    return wishes;
}

/* What was chosen becomes what place_operator reads. */
static void hand_over(struct look_ahead *look, const struct look_stretch *stretch)
{
    for (int32_t i = 0; i < stretch->count; i++) {
        struct ahead_operator *ahead = ahead_at(&look->player->ahead, (uint64_t)i);
        const struct outlook_operator *seen = &look->outlook.operators[i];
        ahead->is_decided = true;
        if (!stretch->choices)
            continue;
        const struct trial_choice *choice = &stretch->choices[i];
        if (choice->tensors[0] != OUTLOOK_NONE) {
            ahead->inputs =
                make_wishes(&ahead->arena, choice, seen->inputs, ahead->op.input_count);
            ahead->outputs =
                make_wishes(&ahead->arena, choice, seen->outputs, ahead->op.output_count);
        }
        uint64_t *leaving =
            arena_array(&ahead->arena, (size_t)choice->leaving_count, sizeof *leaving);
        for (int32_t k = 0; k < choice->leaving_count; k++)
            leaving[k] = look->outlook.tensors[choice->leaving[k]].id;
        ahead->rooms = arena_array(&ahead->arena, AHEAD_ROOMS, sizeof *choice->rooms);
        memcpy(ahead->rooms, choice->rooms, sizeof choice->rooms);
        ahead->leaving = leaving;
        ahead->leaving_count = (uint32_t)choice->leaving_count;
    }
    look->leaving_count = stretch->leaving_count;
    for (int32_t i = 0; i < stretch->leaving_count; i++)
        look->leaving[i] = look->outlook.tensors[stretch->leaving[i]].id;
}

static struct look_stretch *find_stretch(struct look_ahead *look, const struct digest *digest)
{
    size_t at = (size_t)(digest->a % LOOK_STRETCHES);
    while (look->stretches[at].count && (look->stretches[at].digest.a != digest->a ||
                                         look->stretches[at].digest.b != digest->b))
        at = (at + 1) % LOOK_STRETCHES;
    return &look->stretches[at];
}

static const struct look_stretch *remember(struct look_ahead *look, const struct digest *digest,
                                           const struct look_stretch *found)
{
    if (++look->stretch_count > LOOK_STRETCHES / 2) {
        memset(look->stretches, 0, LOOK_STRETCHES * sizeof *look->stretches);
        arena_free(&look->memory);
        look->stretch_count = 1;
    }
    struct look_stretch *stretch = find_stretch(look, digest);
    *stretch = *found;
    stretch->digest = *digest;
    if (found->choices) {
        size_t count = (size_t)found->count;
        stretch->choices = arena_array(&look->memory, count, sizeof *stretch->choices);
        memcpy(stretch->choices, found->choices, count * sizeof *stretch->choices);
    }
    return stretch;
}

/* Where nothing is to be gained half of the stretch is decided: a way may begin in the other.
 */
static struct look_stretch first_half(const struct look_ahead *look)
{
    int32_t count = look->outlook.operator_count;
    bool is_whole = look->outlook.is_end || count < 4;
    return (struct look_stretch){.count = is_whole ? count : count / 2};
}

static void count_stretch(struct look_ahead *look, const struct look_stretch *stretch)
{
    struct look_totals *totals = &look->player->totals->look;
    totals->stretches++;
    totals->complete += stretch->is_complete;
    totals->changed += stretch->is_changed;
    if (stretch->gap > totals->worst_gap)
        totals->worst_gap = stretch->gap;
}

void look_ahead_decide(struct look_ahead *look)
{
    for (int32_t i = 0; i < look->leaving_count; i++)
        held_leave(&look->player->held, look->leaving[i]);
    look->leaving_count = 0;
    outlook_make(&look->outlook, look->player, look->horizon);
    struct look_stretch found = first_half(look);
    if (!walk_plain(look, false)) {
        hand_over(look, &found);
        return;
    }
    struct digest digest = {3, 4};
    outlook_digest(&look->outlook, &digest);
    look_digest_state(look, &look->states[0], &digest);
    const struct look_stretch *known = find_stretch(look, &digest);
    if (!known->count) {
        found.is_complete = true;
        if (walk_plain(look, true)) {
            int32_t count = found.count;
            look_search(look);
            found = look->found;
            found.is_changed = found.count > 0;
            found.choices = found.count ? look->chosen : look->plain;
            found.count = found.count ? found.count : count;
        }
        known = remember(look, &digest, &found);
    }
    count_stretch(look, known);
    hand_over(look, known);
}
