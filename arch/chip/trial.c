#include "arch/chip/address.h"
#include "arch/chip/trial.h"

#include <string.h>

struct trial_run {
    struct player *player;
    const struct outlook *outlook;
    const struct outlook_operator *seen;
    const struct trial_choice *choice;
    struct front_table *fronts;
    struct trial_state *state;
    struct walk_cost *cost;
    struct trial_trace *trace;
};

static uint8_t place_of(const struct held *const *known, int32_t count, const struct held *held)
{
    for (int32_t i = 0; i < count; i++)
        if (known[i] == held)
            return (uint8_t)(i + 1);
    return 0;
}

void trial_begin(const struct player *player, const struct outlook *outlook,
                 struct trial_state *state)
{
    const struct held *known[OUTLOOK_TENSORS];
    memset(state, 0, sizeof *state);
    for (int32_t i = 0; i < outlook->tensor_count; i++) {
        const struct held *held = held_find_id(&player->held, outlook->tensors[i].id);
        uint8_t place = held ? place_of(known, i, held) : 0;
        known[i] = held;
        if (!held)
            continue;
        state->place[i] = place ? place : (uint8_t)(i + 1);
        if (place)
            continue;
        state->memory[i] = (uint8_t)(held->memory + 1);
        state->copy[i] = held->copy ? (uint8_t)(held->copy->memory + 1) : 0;
        state->users[i] = (uint8_t)(held->users < UINT8_MAX ? held->users : UINT8_MAX);
        state->producer[i] = (int8_t)held->producer;
    }
    memcpy(state->occupied, player->held.occupied, sizeof state->occupied);
    memcpy(state->backlog, player->backlog, sizeof state->backlog);
    const struct held *passed = NULL;
    state->root = fuse_root_of(player, &passed);
    state->passed = passed ? place_of(known, outlook->tensor_count, passed) : 0;
}

static const struct rest_wish *find_wish(const struct trial_choice *choice, uint8_t tensor)
{
    for (int i = 0; choice && i < TRIAL_CHOSEN_MAX; i++)
        if (choice->tensors[i] == tensor)
            return &choice->wishes[i];
    return NULL;
}

static void take_place(struct trial_run *run, uint8_t tensor)
{
    const struct chip *chip = run->player->chip;
    struct trial_state *state = run->state;
    const struct outlook_tensor *held = &run->outlook->tensors[tensor];
    struct rest_place place;
    int32_t copy = rest_grant(chip, state->occupied, held->role, held->bytes,
                              find_wish(run->choice, tensor), &place);
    run->trace->is_refused = run->trace->is_refused || place.refused_by >= 0;
    state->place[tensor] = (uint8_t)(tensor + 1);
    state->memory[tensor] = (uint8_t)(place.memory + 1);
    state->copy[tensor] = (uint8_t)(copy + 1);
    state->users[tensor] = 1;
    state->producer[tensor] = -1;
    state->occupied[place.memory] += held->bytes;
    if (copy >= 0)
        state->occupied[copy] += held->bytes;
}

static void leave(struct trial_run *run, uint8_t place)
{
    struct trial_state *state = run->state;
    if (state->copy[place])
        state->occupied[state->copy[place] - 1] -= run->outlook->tensors[place].place_bytes;
    state->copy[place] = 0;
}

static void drop(struct trial_run *run, uint8_t tensor)
{
    struct trial_state *state = run->state;
    if (!state->place[tensor])
        return;
    uint8_t place = (uint8_t)(state->place[tensor] - 1);
    state->place[tensor] = 0;
    if (--state->users[place] > 0)
        return;
    leave(run, place);
    state->occupied[state->memory[place] - 1] -= run->outlook->tensors[place].place_bytes;
    state->memory[place] = 0;
    state->producer[place] = 0;
}

/* Where readers find it. */
static int32_t nearest(const struct trial_state *state, uint8_t place)
{
    return (state->copy[place] ? state->copy[place] : state->memory[place]) - 1;
}

static bool is_fused(const struct trial_run *run)
{
    const struct trial_state *state = run->state;
    const struct chip *chip = run->player->chip;
    const struct operator* op = & run->seen->ahead->op;
    if (op->output_count != 1 || !op->outputs[0])
        return false;
    struct fuse_operand operands[OPERATOR_TENSORS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < op->input_count; i++) {
        if (!op->inputs[i])
            continue;
        uint8_t place = (uint8_t)(state->place[run->seen->inputs[i]] - 1);
        operands[count++] = (struct fuse_operand){
            .is_passed = state->root.output_count == 1 && place + 1 == state->passed &&
                         op->is_last_use[i],
            .is_resident = chip->memories[nearest(state, place)].kind == MEMORY_SRAM,
            .producer = state->producer[place],
            .maker = run->outlook->tensors[run->seen->inputs[i]].lineage.index,
            .bytes = run->outlook->tensors[place].place_bytes,
            .elements = tensor_elements(op->inputs[i])};
    }
    uint64_t bytes = number_format_bytes(chip_stored_format(chip, op->outputs[0]->format),
                                         tensor_elements(op->outputs[0]));
    return fuse_allows(chip, &state->root, &run->seen->ahead->list, operands, count, bytes);
}

static void alias(struct trial_state *state, uint8_t tensor, uint8_t place)
{
    state->place[tensor] = (uint8_t)(place + 1);
    state->users[place]++;
}

/* Returns how many outputs are the operator's own. */
static uint32_t place_outputs(struct trial_run *run)
{
    struct trial_state *state = run->state;
    const struct operator* op = & run->seen->ahead->op;
    bool is_view = run->seen->ahead->list.count == 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < op->output_count; i++) {
        uint8_t tensor = run->seen->outputs[i];
        if (!op->outputs[i] || state->place[tensor])
            continue;
        if (is_view && op->input_count && op->inputs[0])
            alias(state, tensor, (uint8_t)(state->place[run->seen->inputs[0]] - 1));
        else
            take_place(run, tensor);
        if (is_view)
            continue;
        if (count++ == 0)
            state->passed = (uint8_t)(tensor + 1);
    }
    return count;
}

/* Memory of an operand for the site; -1: it stays in scratch. */
static int32_t locate(const struct trial_run *run, int32_t core, uint8_t tensor,
                      const struct primitive_operand *operand, bool is_output)
{
    const struct trial_state *state = run->state;
    if (tensor != OUTLOOK_NONE) {
        uint8_t place = (uint8_t)(state->place[tensor] - 1);
        return is_output ? state->memory[place] - 1 : nearest(state, place);
    }
    const struct chip *chip = run->player->chip;
    if (site_keeps_unnamed(chip, state->occupied, core, operand))
        return -1;
    return rest_choose(chip, state->occupied, ROLE_BIT_ACTIVATIONS,
                       number_format_bytes(operand->format, operand->elements))
        .memory;
}

/* Layouts of what a contraction would find in main memory. */
static void lay_out(const struct trial_run *run, int32_t core,
                    const struct primitive *primitive, const struct outlook_part *part,
                    const struct site_memories *memories, struct site *site)
{
    const struct chip *chip = run->player->chip;
    for (uint32_t i = 0; i <= primitive->input_count; i++) {
        bool is_output = i == primitive->input_count;
        uint8_t tensor = is_output ? part->output : part->inputs[i];
        int32_t memory = is_output ? memories->output : memories->inputs[i];
        const struct primitive_operand *operand =
            is_output ? &primitive->output : &primitive->inputs[i];
        if (memory < 0 || chip->memories[memory].kind != MEMORY_DRAM || (!is_output && i > 1))
            continue;
        enum contraction_operand as = is_output ? OPERAND_OUTPUT : (enum contraction_operand)i;
        const struct outlook_tensor *held =
            tensor == OUTLOOK_NONE ? NULL : &run->outlook->tensors[tensor];
        uint64_t bytes = held ? run->outlook->tensors[run->state->place[tensor] - 1].place_bytes
                              : number_format_bytes(operand->format, operand->elements);
        site->layout[as] = address_would_lie(
            chip, memory, bytes, held && held->is_laid_out ? &held->storage : NULL,
            &chip->cores[core].core, &primitive->contraction, as, operand->format,
            held && held->role == ROLE_BIT_WEIGHTS, site->is_channel_inside);
        /* The input decides, the weights only where it rests on chip. */
        if (i == 0 || (i == 1 && site->layout[OPERAND_INPUT].form == FORM_NONE))
            site->is_channel_inside =
                operand_is_packed(&primitive->contraction, &site->layout[as]);
    }
}

/* First tiles come while the one before works, as far as it leaves the memory alone. */
static void charge(struct trial_run *run, const struct walk_cost *cost)
{
    struct trial_state *state = run->state;
    double slack = state->slack_seconds, lead = cost->lead_seconds;
    run->cost->seconds += cost->seconds - (lead < slack ? lead : slack);
    if (lead > 0)
        state->slack_seconds = 0;
    state->slack_seconds += cost->slack_seconds;
    run->cost->bytes += cost->bytes;
    run->cost->relative += cost->relative;
}

static bool place_part(struct trial_run *run, int32_t index)
{
    struct trial_state *state = run->state;
    const struct primitive *primitive = &run->seen->ahead->list.items[index];
    const struct outlook_part *part = &run->seen->parts[index];
    int32_t core = core_choose(run->player->chip, state->backlog, primitive);
    if (state->root.core < 0 || primitive->macs)
        state->root.core = core;
    if (run->fronts) {
        struct site_memories memories;
        struct site site;
        struct front_point point;
        for (uint32_t i = 0; i < primitive->input_count; i++)
            memories.inputs[i] =
                locate(run, core, part->inputs[i], &primitive->inputs[i], false);
        memories.output = locate(run, core, part->output, &primitive->output, true);
        site_make(run->player, core, primitive, &memories, state->occupied, &site);
        if (primitive->kind == PRIMITIVE_CONTRACTION)
            lay_out(run, core, primitive, part, &memories, &site);
        uint32_t given = 0;
        for (uint32_t i = 0; i < primitive->input_count; i++)
            if (part->inputs[i] != OUTLOOK_NONE &&
                state->producer[state->place[part->inputs[i]] - 1] < 0)
                given |= 1u << i;
        struct front_question question = {
            core, primitive, run->seen->ahead->hash + (uint64_t)index, &site, given};
        if (!front_choose(run->fronts, run->player, &question, &point))
            return false;
        if (index < AHEAD_ROOMS)
            run->trace->rooms[index] = point.room_bytes;
        charge(run, &point.cost);
    }
    if (part->output != OUTLOOK_NONE)
        state->producer[state->place[part->output] - 1] = (int8_t)core;
    return true;
}

static bool place_parts(struct trial_run *run)
{
    const struct primitive_list *list = &run->seen->ahead->list;
    run->state->root.core = -1;
    for (size_t i = 0; i < list->count; i++) {
        if (!place_part(run, (int32_t)i))
            return false;
    }
    return true;
}

bool trial_operator(struct player *player, const struct outlook *outlook, int32_t index,
                    const struct trial_choice *choice, struct front_table *fronts,
                    struct trial_state *state, struct walk_cost *cost,
                    struct trial_trace *trace)
{
    const struct outlook_operator *seen = &outlook->operators[index];
    const struct operator* op = & seen->ahead->op;
    struct trial_run run = {player, outlook, seen, choice, fronts, state, cost, trace};
    *trace = (struct trial_trace){0};
    for (int32_t i = 0; choice && i < choice->leaving_count; i++)
        if (state->place[choice->leaving[i]])
            leave(&run, (uint8_t)(state->place[choice->leaving[i]] - 1));
    for (uint32_t i = 0; i < op->input_count; i++)
        if (op->inputs[i] && !state->place[seen->inputs[i]])
            take_place(&run, seen->inputs[i]);
    if (is_fused(&run)) {
        alias(state, seen->outputs[0], (uint8_t)(state->passed - 1));
        state->root.output_count = 1;
        trace->is_idle = true;
    } else {
        uint32_t outputs = place_outputs(&run);
        trace->is_idle = seen->ahead->list.count == 0;
        if (!place_parts(&run))
            return false;
        state->root.group_count = (uint32_t)seen->ahead->list.count;
        state->root.output_count = outputs;
        state->root.lineage = seen->lineage;
    }
    for (uint32_t i = 0; i < op->input_count; i++)
        if (op->inputs[i] && op->is_last_use[i])
            drop(&run, seen->inputs[i]);
    for (uint32_t i = 0; i < op->output_count; i++)
        if (op->outputs[i] && seen->ahead->is_unread[i])
            drop(&run, seen->outputs[i]);
    return true;
}

struct walk_cost trial_sum(struct walk_cost a, struct walk_cost b)
{
    return (struct walk_cost){.seconds = a.seconds + b.seconds,
                              .relative = a.relative + b.relative,
                              .bytes = a.bytes + b.bytes};
}
