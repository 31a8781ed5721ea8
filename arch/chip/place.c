/* Place: an operator becomes a job. It is lowered to primitives, each gets the core that would
 * finish it first by its lower bound, operands get the memory where they rest, equal members of
 * a core share the work, and plans come from the cache. Program order decides everything here,
 * so that placing never depends on how far the events have come. */
#include <stdio.h>
#include <string.h>

#include "arch/chip/address.h"
#include "arch/chip/place.h"

/* Where a tensor is that an operator reads. */
static struct held *place_input(struct player *player, const struct tensor *tensor,
                                const struct rest_wish *wish)
{
    struct held *held = held_find(&player->held, tensor);
    if (held)
        return held;
    held = held_place(&player->held, tensor, wish);
    held->is_ready = true; /* nobody computes it: it is there from the start */
    return held;
}

void place_pin(struct job *job, struct held *held)
{
    if (job->pin_count == sizeof job->pinned / sizeof job->pinned[0])
        return;
    held_pin(held);
    job->pinned[job->pin_count++] = held;
}

struct sited {
    struct site site;
    struct held *inputs[STEP_LOADS_MAX], *output;
};

/* Where an operand is: NULL for a value between two primitives that stays in scratch. */
static struct held *locate(struct player *player, struct job *job, int32_t core,
                           const struct primitive_operand *operand)
{
    if (operand->tensor)
        return held_find(&player->held, operand->tensor);
    if (site_keeps_unnamed(player->chip, player->held.occupied, core, operand))
        return NULL;
    struct held *held = held_place_unnamed(
        &player->held, number_format_bytes(operand->format, operand->elements));
    held->is_ready = true;
    place_pin(job, held);
    return held;
}

/* Addresses for all that is not on chip, layouts for the operands of a contraction. */
static void lay_out(struct player *player, const struct chip_core *core,
                    const struct primitive *primitive, struct sited *sited)
{
    bool is_contraction = primitive->kind == PRIMITIVE_CONTRACTION;
    const struct contraction *c = &primitive->contraction;
    for (uint32_t i = 0; i <= primitive->input_count; i++) {
        bool is_output = i == primitive->input_count;
        struct held *held = is_output ? sited->output : sited->inputs[i];
        const struct primitive_operand *operand =
            is_output ? &primitive->output : &primitive->inputs[i];
        if (!held || held->is_resident)
            continue;
        enum contraction_operand as = is_output ? OPERAND_OUTPUT : (enum contraction_operand)i;
        bool is_weight = operand->tensor && tensor_owner(operand->tensor)->role == ROLE_CONST;
        struct site *site = &sited->site;
        if (is_contraction && (is_output || i < 2)) {
            site->layout[as] =
                address_lay_out(&player->held, held, &core->core, c, as, operand->format,
                                is_weight, site->is_channel_inside);
            /* The input decides, the weights only where it rests on chip. */
            if (i == 0 || (i == 1 && site->layout[OPERAND_INPUT].form == FORM_NONE))
                site->is_channel_inside = operand_is_packed(c, &site->layout[as]);
        }
        address_reserve(&player->held, held, held->bytes);
    }
}

static struct sited find_site(struct player *player, struct job *job, int32_t core,
                              const struct primitive *primitive)
{
    struct sited sited = {0};
    struct site_memories memories;
    for (uint32_t i = 0; i < primitive->input_count; i++) {
        sited.inputs[i] = held_nearest(locate(player, job, core, &primitive->inputs[i]));
        memories.inputs[i] = sited.inputs[i] ? sited.inputs[i]->memory : -1;
    }
    sited.output = locate(player, job, core, &primitive->output);
    memories.output = sited.output ? sited.output->memory : -1;
    site_make(player, core, primitive, &memories, player->held.occupied, &sited.site);
    lay_out(player, &player->chip->cores[core], primitive, &sited);
    return sited;
}

static struct task *add_task(struct player *player, struct job *job)
{
    if (job->task_count == job->task_capacity) {
        uint32_t capacity = job->task_capacity ? 2 * job->task_capacity : 8;
        job->tasks = arena_grow(player->arena, job->tasks, job->task_count, capacity,
                                sizeof(struct task));
        job->task_capacity = capacity;
    }
    struct task *task = &job->tasks[job->task_count++];
    *task = (struct task){.job = job};
    return task;
}

static void add_actions(struct job *job, const struct plan *plan, uint64_t repeat)
{
    for (size_t i = 0; i < plan->action_count; i++)
        job->ledger.counts[plan->actions[i].meter] += plan->actions[i].count * repeat;
}

/* Plans are made from shapes; what the trace's index contents say is seen here. */
static const struct plan *meet_contents(const struct core *core, const struct plan *plan,
                                        const struct primitive *primitive, uint64_t first,
                                        struct job *job)
{
    bool has_contents = false;
    for (int i = 0; i < PRIMITIVE_STREAMS_MAX; i++)
        has_contents =
            has_contents || (primitive->streams[i] && primitive->streams[i]->contents);
    const struct plan *met = has_contents && core->family->meet
                                 ? core->family->meet(core, plan, primitive, first, &job->met)
                                 : NULL;
    return met ? met : plan;
}

static uint32_t list_given(const struct primitive *primitive, const struct sited *sited)
{
    uint32_t given = 0;
    for (uint32_t i = 0; i < primitive->input_count; i++)
        if (sited->inputs[i] && sited->inputs[i]->producer < 0)
            given |= 1u << i;
    return given;
}

static bool place_primitive(struct player *player, struct job *job,
                            const struct ahead_operator *ahead, uint32_t group, int32_t part,
                            struct placed_part *note)
{
    const struct primitive *primitive = &ahead->list.items[group];
    uint64_t room = ahead->rooms && group < AHEAD_ROOMS ? ahead->rooms[group] : 0;
    struct chip *chip = player->chip;
    int32_t core_index = core_choose(chip, player->backlog, primitive);
    if (note)
        core_list(player, primitive, core_index, note);
    struct sited sited = find_site(player, job, core_index, primitive);
    if (room && room < sited.site.scratch_bytes)
        sited.site.scratch_bytes = room;
    if (note && primitive->kind == PRIMITIVE_CONTRACTION) {
        struct front_question question = {core_index, primitive, ahead->hash + group,
                                          &sited.site, list_given(primitive, &sited)};
        place_note_rooms(player, &question, note);
    }
    job->is_fallback = job->is_fallback || core_is_fallback(chip, core_index, primitive);
    const struct nest *pinned =
        place_find_pinned(player, job->name, core_index, part, primitive, player->err);
    if (player->err->is_set)
        return pinned ? place_blame(player, job, pinned, part) : false;
    if (note && pinned)
        note->room_played = -1;
    struct sharing sharing;
    if (!share_primitive(chip, &player->plans, core_index, primitive, &sited.site, pinned,
                         &sharing, player->err))
        return place_blame(player, job, pinned, part);
    const struct plan *first = NULL;
    uint32_t first_task = job->task_count,
             shared = slice_shared_inputs(primitive, sharing.slicing);
    for (int64_t i = 0; i < sharing.slicing.count; i++) {
        struct primitive share = *primitive;
        slice_primitive(&share, sharing.slicing, i);
        const struct plan *plan = plan_cache_get(&player->plans, chip, core_index, &share,
                                                 &sharing.site, pinned, player->err);
        if (!plan)
            return place_blame(player, job, pinned, part);
        uint64_t start = slice_first(primitive, sharing.slicing, i);
        plan = meet_contents(&chip->cores[core_index].core, plan, &share, start, job);
        first = first ? first : plan;
        struct task *task = add_task(player, job);
        task->plan = plan;
        task->place = slice_place(primitive, sharing.slicing, i);
        task->group = group;
        task->gather = gather_make(primitive, &share, start, &job->met);
        task->repeat = primitive->repeat;
        task->first_peer = first_task;
        task->shared_loads = plan == first ? shared : 0;
        task->steps = plan->step_count * primitive->repeat;
        memcpy(task->inputs, sited.inputs, sizeof task->inputs);
        task->output = sited.output;
        task->worker = &player->workers[player->first_worker[core_index] + i];
        add_actions(job, plan, primitive->repeat);
    }
    if (sited.output) {
        sited.output->producer = core_index;
        sited.output->lineage = job->lineage;
    }
    if (!job->main_plan || primitive->macs) {
        job->main_plan = first;
        job->main_repeat = primitive->repeat;
        job->main_core = core_index;
        job->precision = primitive->inputs[0].format;
        job->weight_precision = primitive->inputs[primitive->input_count > 1 ? 1 : 0].format;
    }
    size_t used = strlen(job->mapped_as);
    snprintf(job->mapped_as + used, sizeof job->mapped_as - used, "%s%s", used ? "+" : "",
             PRIMITIVE_NAMES[primitive->kind]);
    return true;
}

static void reset_job(struct player *player, struct job *job,
                      const struct ahead_operator *ahead)
{
    const struct operator* op = & ahead->op;
    struct task *tasks = job->tasks;
    uint32_t capacity = job->task_capacity;
    struct ledger ledger = job->ledger;
    arena_free(&job->met);
    memset(ledger.counts, 0, ledger.count * sizeof *ledger.counts);
    *job = (struct job){.player = player,
                        .index = op->index,
                        .lineage = {.index = op->index},
                        .spec = op->spec,
                        .tasks = tasks,
                        .task_capacity = capacity,
                        .ledger = ledger,
                        .is_converted = ahead->is_converted,
                        .macs = ahead->macs,
                        .ops = ahead->ops,
                        .main_core = -1};
    snprintf(job->name, sizeof job->name, "%s", op->name);
}

/* Outputs that nobody else holds yet. An operator without primitives renames its first input.
 */
static void place_outputs(struct player *player, const struct ahead_operator *ahead,
                          struct job *job)
{
    const struct operator* op = & ahead->op;
    bool is_view = ahead->list.count == 0;
    for (uint32_t i = 0; i < op->output_count; i++) {
        const struct tensor *tensor = op->outputs[i];
        if (!tensor || held_find(&player->held, tensor))
            continue;
        struct held *held = NULL;
        if (is_view && op->input_count && op->inputs[0]) {
            held = held_find(&player->held, op->inputs[0]);
            held_alias(&player->held, tensor, held);
        } else
            held =
                held_place(&player->held, tensor, ahead->outputs ? &ahead->outputs[i] : NULL);
        place_pin(job, held);
        if (!is_view) {
            job->outputs[job->output_count++] = held;
            if (held->copy) {
                place_pin(job, held->copy);
                job->copies[job->copy_count++] = held->copy;
            }
        } else if (op->input_count == 0)
            held->is_ready = true;
    }
}

/* Model inputs that are read for the first time and results cross the host link. */
static void count_host(struct player *player, const struct operator* op, struct job *job)
{
    const struct chip *chip = player->chip;
    const struct chip_memory *link = &chip->memories[chip->host_memory];
    uint64_t in = 0, out = 0;
    for (uint32_t i = 0; i < op->input_count; i++) {
        struct held *held = op->inputs[i] ? held_find(&player->held, op->inputs[i]) : NULL;
        if (held && held->counts_host) {
            in += held->bytes;
            held->counts_host = false;
        }
    }
    for (uint32_t i = 0; i < op->output_count; i++)
        if (op->outputs[i] && tensor_owner(op->outputs[i])->role == ROLE_OUTPUT)
            out += number_format_bytes(chip_stored_format(chip, op->outputs[i]->format),
                                       tensor_elements(op->outputs[i]));
    job->ledger.counts[link->transfer] += 8 * (in + out);
    if (chip->host_overlap == HOST_OVERLAP_FULL || job->task_count == 0)
        return;
    struct task *first = &job->tasks[0], *last = &job->tasks[job->task_count - 1];
    const struct core *first_core = &chip->cores[first->worker->core].core;
    const struct core *last_core = &chip->cores[last->worker->core].core;
    double bandwidth = ratio_value(link->bandwidth), latency = ratio_value(link->latency);
    if (in)
        first->host_in_cycles =
            (uint64_t)(((double)in / bandwidth + latency) * ratio_value(first_core->clock));
    if (out)
        last->host_out_cycles =
            (uint64_t)(((double)out / bandwidth + latency) * ratio_value(last_core->clock));
}

/* Primitive by primitive; `notes` is NULL or has room for all of them. */
static bool place_parts(struct player *player, struct job *job,
                        const struct ahead_operator *ahead, struct placed_part *notes)
{
    const struct primitive_list *list = &ahead->list;
    int32_t part = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!place_primitive(player, job, ahead, (uint32_t)i, part, notes ? &notes[i] : NULL))
            return false;
        part += list->items[i].kind == PRIMITIVE_CONTRACTION;
    }
    job->group_count = (uint32_t)list->count;
    return true;
}

/* Room is given back after the last use, and at once where nobody reads a result. */
static void drop_used(struct player *player, const struct ahead_operator *ahead)
{
    const struct operator* op = & ahead->op;
    for (uint32_t i = 0; i < op->input_count; i++)
        if (op->inputs[i] && op->is_last_use[i])
            held_drop(&player->held, op->inputs[i]);
    for (uint32_t i = 0; i < op->output_count; i++)
        if (op->outputs[i] && ahead->is_unread[i])
            held_drop(&player->held, op->outputs[i]);
}

static void place_inputs(struct player *player, const struct ahead_operator *ahead,
                         struct job *job)
{
    const struct operator* op = & ahead->op;
    for (uint32_t i = 0; i < ahead->leaving_count; i++)
        held_leave(&player->held, ahead->leaving[i]);
    for (uint32_t i = 0; i < op->input_count; i++) {
        if (!op->inputs[i])
            continue;
        struct held *held =
            place_input(player, op->inputs[i], ahead->inputs ? &ahead->inputs[i] : NULL);
        place_pin(job, held);
        if (held->copy)
            place_pin(job, held->copy);
        if (held->producer >= 0)
            lineage_add(&job->lineage, held->lineage);
    }
}

bool place_operator(struct player *player, const struct ahead_operator *ahead, struct job *job)
{
    const struct operator* op = & ahead->op;
    const struct primitive_list *list = &ahead->list;
    reset_job(player, job, ahead);
    place_inputs(player, ahead, job);
    struct arena_mark mark = arena_mark(&player->scratch);
    struct placed_part *notes = player->observer->placed
                                    ? arena_array(&player->scratch, list->count, sizeof *notes)
                                    : NULL;
    struct held *passed = NULL;
    struct job *root = fuse_find(player, op, list, &passed);
    bool is_placed = true;
    if (root)
        is_placed = fuse_into(player, op, job, root, passed, &list->items[0]);
    else {
        place_outputs(player, ahead, job);
        if (list->count == 0)
            snprintf(job->mapped_as, sizeof job->mapped_as, "view");
        is_placed = place_parts(player, job, ahead, notes);
    }
    if (notes && is_placed)
        place_report(player, ahead, job, notes, root ? 0 : (uint32_t)list->count);
    arena_release(&player->scratch, mark);
    if (!is_placed)
        return false;
    count_host(player, op, job);
    drop_used(player, ahead);
    job->tasks_left = job->task_count;
    for (uint32_t i = 0; i < job->task_count; i++)
        worker_enqueue(job->tasks[i].worker, &job->tasks[i]);
    return true;
}
