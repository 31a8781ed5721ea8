/* States are carried from operator to operator; of those that differ in where tensors rest the
 * cheapest are kept. A way counts once it has come back to where first come, first served
 * would be: what follows is then the same, and nothing is promised that the future could
 * break. */
#include "arch/chip/look_beam.h"

#include <math.h>
#include <string.h>

enum { BACK = 2 };

static double score(const struct look_ahead *look, const struct trial_cost *cost)
{
    switch (look->objective) {
    case MAPPER_COST:
        return (double)cost->bytes; /* main memory costs most by far */
    case MAPPER_PRODUCT:
        return cost->seconds * (double)cost->bytes;
    default:
        return cost->seconds;
    }
}

/* Bytes decide between equals; times are sums of doubles. */
static bool is_better(const struct look_ahead *look, struct trial_cost a, struct trial_cost b)
{
    double left = score(look, &a), right = score(look, &b);
    if (isinf(right) || fabs(left - right) > 1e-9 * right)
        return left < right;
    return a.bytes < b.bytes;
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
    look->least_seconds[count] = 0;
    look->least_bytes[count] = 0;
    for (int32_t i = count - 1; i >= 0; i--) {
        look->least_seconds[i] =
            look->least_seconds[i + 1] + look->outlook.operators[i].least_seconds;
        look->least_bytes[i] =
            look->least_bytes[i + 1] + look->outlook.operators[i].least_bytes;
    }
}

/* Puts the label on trial into the beam, or leaves it out. */
static void add_label(struct look_ahead *look, int32_t side)
{
    struct label *labels = look->labels[side], *label = &look->trial;
    int32_t count = look->label_count[side], at = count;
    struct trial_cost total = trial_sum(label->cost, label->pending);
    for (int32_t i = 0; i < count; i++)
        if (labels[i].digest.a == label->digest.a && labels[i].digest.b == label->digest.b) {
            if (!is_better(look, label->cost, labels[i].cost))
                return;
            count--; /* the same state, cheaper: the old one goes */
            memmove(&labels[i], &labels[i + 1], (size_t)(count - i) * sizeof *labels);
            break;
        }
    for (at = count; at > 0; at--)
        if (!is_better(look, total, trial_sum(labels[at - 1].cost, labels[at - 1].pending)))
            break;
    if (at == LOOK_BEAM)
        return;
    if (count == LOOK_BEAM)
        count--;
    memmove(&labels[at + 1], &labels[at], (size_t)(count - at) * sizeof *labels);
    look->label_count[side] = count + 1;
    labels[at] = *label;
}

/* The way back to first come, first served: what rests on chip there and here not has to be
 * read, and what rests here alone to be written. */
static struct trial_cost find_pending(const struct look_ahead *look,
                                      const struct trial_state *plain,
                                      const struct trial_state *state)
{
    const struct chip *chip = look->player->chip;
    struct trial_cost cost = {0};
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
    if (!trial_operator(look->player, &look->outlook, index, choice, &look->prices,
                        &label->state, &label->cost, &trace))
        return !trace.is_idle;
    const struct trial_cost *end = &look->costs[look->outlook.operator_count];
    if (label->cost.seconds + look->least_seconds[index + 1] > end->seconds * (1 + 1e-9) ||
        label->cost.bytes + look->least_bytes[index + 1] > end->bytes)
        return !trace.is_idle; /* it can no longer come back at no loss */
    label->pending = find_pending(look, &look->states[index + 1], &label->state);
    label->digest = (struct digest){1, 2};
    look_digest_state(look, &label->state, &label->digest);
    label->step = (struct look_step){before, *choice};
    add_label(look, (index + 1) % 2);
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

/* What is saved by a way, if it loses nothing, when it has come back: twice the way that is
 * left, as what is in the wrong place is in the way of others, too. What the memory could have
 * fetched meanwhile for later ones counts as time. */
static bool find_saved(const struct look_ahead *look, int32_t next, const struct label *label,
                       struct trial_cost *saved)
{
    const struct trial_cost *plain = &look->costs[next];
    double slack = look->states[next].slack_seconds - label->state.slack_seconds;
    double seconds =
        label->cost.seconds + (slack > 0 ? slack : 0) + BACK * label->pending.seconds;
    uint64_t bytes = label->cost.bytes + BACK * label->pending.bytes;
    if (seconds > plain->seconds * (1 + 1e-9) || bytes > plain->bytes)
        return false;
    *saved =
        (struct trial_cost){.seconds = plain->seconds - seconds, .bytes = plain->bytes - bytes};
    saved->seconds = saved->seconds > 1e-9 * plain->seconds ? saved->seconds : 0;
    return saved->seconds > 0 || saved->bytes > 0;
}

/* More saved, by the mapper's objective; differences of a thousandth of the time are none. */
static bool saves_more(const struct look_ahead *look, struct trial_cost a, struct trial_cost b)
{
    double grain = 1e-3 * look->costs[look->outlook.operator_count].seconds;
    bool is_by_time = fabs(a.seconds - b.seconds) > grain;
    if (look->objective != MAPPER_CYCLES || !is_by_time)
        return a.bytes != b.bytes ? a.bytes > b.bytes : a.seconds > b.seconds;
    return a.seconds > b.seconds;
}

/* The choices that led to label number `at` behind operator `count` - 1. */
static void trace_back(struct look_ahead *look, int32_t count, int32_t at)
{
    for (int32_t i = count - 1; i >= 0; at = look->steps[i][at].before, i--)
        look->chosen[i] = look->steps[i][at].choice;
    look->found.count = count;
}

bool look_search(struct look_ahead *look)
{
    int32_t count = look->outlook.operator_count;
    struct trial_cost best = {0};
    struct look_stretch found = {0};
    sum_least(look);
    look->labels[0][0] = (struct label){.state = look->states[0]};
    look->label_count[0] = 1;
    for (int32_t i = 0; i < count; i++) {
        int32_t side = (i + 1) % 2;
        look->label_count[side] = 0;
        for (int32_t k = 0; k < look->label_count[i % 2]; k++)
            look_choices(look, i, &look->labels[i % 2][k].state, try_choice, k);
        for (int32_t k = 0; k < look->label_count[side]; k++) {
            const struct label *label = &look->labels[side][k];
            struct trial_cost saved;
            look->steps[i][k] = label->step;
            if (!find_saved(look, i + 1, label, &saved) || !saves_more(look, saved, best) ||
                !is_alike(look, i + 1, &label->state))
                continue;
            list_beyond(look, i + 1, &label->state);
            trace_back(look, i + 1, k);
            found = look->found;
            best = saved;
        }
    }
    look->found = found;
    return found.count > 0;
}
