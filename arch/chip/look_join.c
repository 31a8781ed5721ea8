/* Dynamic programming along a stretch. A state is where tensors rest; to each the ways to it
 * are kept of which no other is as good in time, relative cost and bytes of main memory alike.
 * An operator adds the point of its Pareto set (front.h) that fits into the room which a state
 * leaves. Where there are more ways than LOOK_LABELS those that promise least are left out, and
 * the best that they could have come to bounds what was lost.
 *
 * A way counts once it has come back to where first come, first served would be: what follows
 * is then the same, and nothing is promised that the future could break. */
#include "arch/chip/look_join.h"

#include <math.h>
#include <string.h>

enum { BACK = 2 };

/* What a stretch comes to that took `cost` up to operator `next` and goes on as first come,
 * first served does. */
static double score_of(const struct look_ahead *look, int32_t next, struct walk_cost cost)
{
    const struct walk_cost *end = &look->costs[look->outlook.operator_count];
    const struct walk_cost *plain = &look->costs[next];
    return objective_score(look->objective, cost.seconds + end->seconds - plain->seconds,
                           cost.relative + end->relative - plain->relative);
}

/* Relative cost and bytes decide between equals; times and costs are sums of doubles. */
static bool is_better(const struct label *a, const struct label *b)
{
    if (fabs(a->score - b->score) > 1e-9 * b->score)
        return a->score < b->score;
    if (fabs(a->total.relative - b->total.relative) > 1e-9 * b->total.relative)
        return a->total.relative < b->total.relative;
    return a->total.bytes < b->total.bytes;
}

/* In nothing worse. What the memory could have fetched meanwhile is part of the state. */
static bool is_as_good(const struct label *a, const struct label *b)
{
    return a->cost.seconds <= b->cost.seconds * (1 + 1e-12) &&
           a->cost.relative <= b->cost.relative * (1 + 1e-12) &&
           a->cost.bytes <= b->cost.bytes &&
           a->state.slack_seconds >= b->state.slack_seconds * (1 - 1e-12);
}

void look_digest_state(const struct look_ahead *look, const struct trial_state *state,
                       struct digest *digest)
{
    size_t count = (size_t)look->outlook.tensor_count;
    digest_bytes(digest, state->place, count);
    digest_bytes(digest, state->memory, count);
    digest_bytes(digest, state->copy, count);
    digest_bytes(digest, state->users, count);
    digest_bytes(digest, state->producer, count);
    digest_bytes(digest, state->occupied, sizeof state->occupied);
    digest_add(digest, (uint64_t)(uint32_t)state->root.core << 32 | state->root.group_count);
    digest_add(digest, (uint64_t)state->root.output_count << 32 | state->passed);
    digest_add(digest, look->outlook.operators[0].ahead->op.index - state->root.lineage.index);
    digest_add(digest, state->root.lineage.before);
}

static void sum_least(struct look_ahead *look)
{
    int32_t count = look->outlook.operator_count;
    const struct relative_costs *costs = &look->player->chip->cores[0].core.costs;
    look->least[count] = (struct walk_cost){0};
    for (int32_t i = count - 1; i >= 0; i--) {
        const struct outlook_operator *seen = &look->outlook.operators[i];
        struct walk_cost own = {.seconds = seen->least_seconds,
                                .relative = (double)seen->least_bytes / 2 * costs->memory,
                                .bytes = seen->least_bytes};
        look->least[i] = trial_sum(look->least[i + 1], own);
    }
}

/* The least that it can still come to. */
static double bound_of(const struct look_ahead *look, int32_t next, const struct label *label)
{
    struct walk_cost least = trial_sum(label->cost, look->least[next]);
    return objective_score(look->objective, least.seconds, least.relative);
}

static void leave_out(struct look_ahead *look, int32_t next, const struct label *label)
{
    double bound = bound_of(look, next, label);
    if (bound < look->cut_bound)
        look->cut_bound = bound;
}

static void remove_label(struct look_ahead *look, int32_t side, int32_t at)
{
    struct label *labels = look->labels[side];
    int32_t after = --look->label_count[side] - at;
    memmove(&labels[at], &labels[at + 1], (size_t)after * sizeof *labels);
}

/* Puts the label on trial among those in front of operator `next`, or leaves it out. */
static void add_label(struct look_ahead *look, int32_t next)
{
    int32_t side = next % 2;
    struct label *labels = look->labels[side], *label = &look->trial;
    for (int32_t i = 0; i < look->label_count[side]; i++) {
        if (labels[i].digest.a != label->digest.a || labels[i].digest.b != label->digest.b)
            continue;
        if (is_as_good(&labels[i], label))
            return;
        if (is_as_good(label, &labels[i]))
            remove_label(look, side, i--);
    }
    int32_t count = look->label_count[side], at = count;
    while (at > 0 && is_better(label, &labels[at - 1]))
        at--;
    if (count == LOOK_LABELS)
        leave_out(look, next, at == count ? label : &labels[--count]);
    if (at == LOOK_LABELS)
        return;
    memmove(&labels[at + 1], &labels[at], (size_t)(count - at) * sizeof *labels);
    look->label_count[side] = count + 1;
    labels[at] = *label;
}

struct walk_cost look_pending(const struct look_ahead *look, const struct trial_state *plain,
                              const struct trial_state *state)
{
    const struct chip *chip = look->player->chip;
    struct walk_cost cost = {0};
    for (int32_t i = 0; i < look->outlook.tensor_count; i++) {
        if (!state->place[i] || !plain->place[i])
            continue;
        int32_t mine = state->place[i] - 1, other = plain->place[i] - 1;
        int32_t memory = state->memory[mine] - 1, wanted = plain->memory[other] - 1;
        bool is_here = chip->memories[memory].kind == MEMORY_SRAM;
        bool is_there = chip->memories[wanted].kind == MEMORY_SRAM;
        if (is_here == is_there || (is_there && state->copy[mine]))
            continue;
        int32_t main_memory = is_here ? wanted : memory;
        cost.bytes += look->outlook.tensors[mine].place_bytes;
        cost.relative += (double)look->outlook.tensors[mine].place_bytes / 2 *
                         chip->cores[0].core.costs.memory;
        if (look->player->memories[main_memory])
            cost.seconds += (double)look->outlook.tensors[mine].place_bytes /
                            memory_peak_bandwidth(look->player->memories[main_memory]);
    }
    return cost;
}

/* Operator `index` behind label number `before` of the other side; true: it can choose. */
static bool try_choice(struct look_ahead *look, int32_t index, int32_t before,
                       const struct trial_choice *choice)
{
    const struct label *from = &look->labels[index % 2][before];
    struct label *label = &look->trial;
    struct trial_trace trace;
    label->state = from->state;
    label->cost = from->cost;
    if (!trial_operator(look->player, &look->outlook, index, choice, look->player->fronts,
                        &label->state, &label->cost, &trace))
        return !trace.is_idle;
    int32_t next = index + 1;
    const struct walk_cost *end = &look->costs[look->outlook.operator_count];
    double most = objective_score(look->objective, end->seconds, end->relative);
    if (bound_of(look, next, label) > most * (1 + 1e-9) ||
        label->cost.bytes + look->least[next].bytes > end->bytes)
        return !trace.is_idle; /* it can no longer come back at no loss */
    label->pending = look_pending(look, &look->states[next], &label->state);
    label->total = trial_sum(label->cost, label->pending);
    label->score = score_of(look, next, label->total);
    label->digest = (struct digest){1, 2};
    look_digest_state(look, &label->state, &label->digest);
    label->step = (struct look_step){before, *choice};
    memcpy(label->step.choice.rooms, trace.rooms, sizeof trace.rooms);
    add_label(look, next);
    return !trace.is_idle;
}

/* Made by another core: the same to whoever comes later where that core alone has an epilogue,
 * as only its results are fused upon. */
static bool is_maker_as_good(const struct chip *chip, int32_t core, int32_t other)
{
    if (core == other)
        return true;
    for (int32_t i = 0; i < chip->core_count; i++)
        if ((chip->cores[i].epilogue != EPILOGUE_NONE) != (i == core))
            return false;
    return true;
}

/* The operator before matters to the next one only if that may be fused. */
static bool is_root_equal(const struct look_ahead *look, int32_t next,
                          const struct trial_state *a, const struct trial_state *b)
{
    if (next < look->outlook.operator_count) {
        const struct primitive_list *list = &look->outlook.operators[next].ahead->list;
        if (list->count != 1 || list->items[0].kind != PRIMITIVE_MAP)
            return true;
    }
    for (int32_t i = 0; i < look->outlook.tensor_count; i++)
        if (a->place[i] && (a->place[i] == a->passed) != (b->place[i] == b->passed))
            return false;
    return a->root.core == b->root.core && a->root.group_count == b->root.group_count &&
           a->root.output_count == b->root.output_count;
}

/* Copies beyond what rests on chip by first come, first served in front of operator `next`:
 * they are taken back where they stand in its way. */
static void list_beyond(struct look_ahead *look, int32_t next, const struct trial_state *state)
{
    const struct trial_state *plain = &look->states[next];
    look->found.leaving_count = 0;
    for (int32_t i = 0; i < look->outlook.tensor_count; i++) {
        if (!state->place[i] || !plain->place[i])
            continue;
        uint8_t mine = (uint8_t)(state->place[i] - 1), other = (uint8_t)(plain->place[i] - 1);
        bool is_on_chip =
            look->player->chip->memories[plain->memory[other] - 1].kind == MEMORY_SRAM;
        if (state->copy[mine] && !plain->copy[other] && !is_on_chip)
            look->found.leaving[look->found.leaving_count++] = (uint8_t)i;
    }
}

/* May what comes next be fused as it would be? */
static bool is_alike(const struct look_ahead *look, int32_t next,
                     const struct trial_state *state)
{
    const struct trial_state *plain = &look->states[next];
    for (int32_t i = 0; i < look->outlook.tensor_count; i++) {
        if (!state->place[i] != !plain->place[i])
            return false;
        if (state->place[i] &&
            !is_maker_as_good(look->player->chip, state->producer[state->place[i] - 1],
                              plain->producer[plain->place[i] - 1]))
            return false;
    }
    return is_root_equal(look, next, state, plain);
}

/* What the stretch comes to by a way that has come back, if it loses nothing: twice the way
 * that is left, as what is in the wrong place is in the way of others, too. What the memory
 * could have fetched meanwhile for later ones counts as time. */
static bool find_end(const struct look_ahead *look, int32_t next, const struct label *label,
                     struct look_end *end)
{
    const struct walk_cost *plain = &look->costs[look->outlook.operator_count];
    double slack = look->states[next].slack_seconds - label->state.slack_seconds;
    struct walk_cost cost = label->cost;
    cost.seconds += (slack > 0 ? slack : 0) + BACK * label->pending.seconds;
    cost.relative += BACK * label->pending.relative;
    cost.bytes += BACK * label->pending.bytes + plain->bytes - look->costs[next].bytes;
    double most = objective_score(look->objective, plain->seconds, plain->relative);
    *end = (struct look_end){score_of(look, next, cost), cost.bytes};
    return end->score <= most * (1 + 1e-9) && end->bytes <= plain->bytes;
}

bool look_may_end(const struct look_ahead *look, int32_t next, const struct label *label,
                  struct look_end *end)
{
    return find_end(look, next, label, end) && is_alike(look, next, &label->state);
}

/* Differences of a thousandth are none, bytes decide there. */
static bool is_better_end(const struct look_end *a, const struct look_end *b)
{
    if (fabs(a->score - b->score) > 1e-3 * b->score)
        return a->score < b->score;
    return a->bytes != b->bytes ? a->bytes < b->bytes : a->score < b->score * (1 - 1e-9);
}

/* The choices that led to label number `at` behind operator `count` - 1. */
static void trace_back(struct look_ahead *look, int32_t count, int32_t at)
{
    for (int32_t i = count - 1; i >= 0; at = look->steps[i][at].before, i--)
        look->chosen[i] = look->steps[i][at].choice;
    look->found.count = count;
}

/* What the ways left out could have been better by, at most. */
static void certify(const struct look_ahead *look, const struct look_end *best,
                    struct look_stretch *found)
{
    found->is_complete = look->cut_bound >= best->score;
    found->gap = found->is_complete ? 0 : 1 - look->cut_bound / best->score;
}

bool look_search(struct look_ahead *look)
{
    int32_t count = look->outlook.operator_count;
    const struct walk_cost *plain = &look->costs[count];
    struct look_end best = {objective_score(look->objective, plain->seconds, plain->relative),
                            plain->bytes};
    struct look_stretch found = {0};
    sum_least(look);
    look->cut_bound = INFINITY;
    look->labels[0][0] = (struct label){.state = look->states[0]};
    look->label_count[0] = 1;
    for (int32_t i = 0; i < count; i++) {
        int32_t side = (i + 1) % 2;
        look->label_count[side] = 0;
        for (int32_t k = 0; k < look->label_count[i % 2]; k++)
            look_choices(look, i, &look->labels[i % 2][k].state, try_choice, k);
        for (int32_t k = 0; k < look->label_count[side]; k++) {
            const struct label *label = &look->labels[side][k];
            struct look_end end;
            look->steps[i][k] = label->step;
            if (!look_may_end(look, i + 1, label, &end) || !is_better_end(&end, &best))
                continue;
            list_beyond(look, i + 1, &label->state);
            trace_back(look, i + 1, k);
            found = look->found;
            best = end;
        }
    }
    certify(look, &best, &found);
    look->found = found;
    return found.count > 0;
}
