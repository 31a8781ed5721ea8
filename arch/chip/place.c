/* Place: an operator becomes a job. It is lowered to primitives, each gets the core that would
 * finish it first by its lower bound, operands get the memory where they rest, equal members of
 * a core share the work, and plans come from the cache. Program order decides everything here,
 * so that placing never depends on how far the events have come. */
#include <stdio.h>
#include <string.h>

#include "arch/chip/address.h"
#include "arch/chip/place.h"

struct held *place_input(struct player *player, const struct tensor *tensor)
{
    struct held *held = held_find(&player->held, tensor);
    if (held)
        return held;
    held = held_place(&player->held, tensor);
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

static double bytes_per_cycle(const struct player *player, const struct core *core,
                              int32_t memory)
{
    double bandwidth =
        player->memories[memory] ? memory_peak_bandwidth(player->memories[memory]) : 1e18;
    return bandwidth / ratio_value(core->clock);
}

/* Room for tiles, in sixteenths of the capacity so that equal operators stay equal. */
static uint64_t scratch_room(const struct player *player, const struct chip_core *core)
{
    if (core->scratch_memory < 0)
        return core->core.scratch_bytes;
    uint64_t grain = core->core.scratch_bytes / 16;
    uint64_t room = held_room(&player->held, core->scratch_memory);
    return grain ? room / grain * grain : room;
}

struct sited {
    struct site site;
    struct held *inputs[STEP_LOADS_MAX], *output;
};

static struct held *hold_unnamed(struct player *player, struct job *job, uint64_t bytes,
                                 const struct chip_core *core)
{
    if (core->is_host) /* in its own memory, on its side of the link */
        return NULL;
    if (core->scratch_memory >= 0 && bytes <= scratch_room(player, core) / 2)
        return NULL;
    struct held *held = held_place_unnamed(&player->held, bytes);
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

static struct sited find_site(struct player *player, struct job *job, int32_t core_index,
                              const struct primitive *primitive)
{
    struct sited sited = {0};
    const struct chip_core *core = &player->chip->cores[core_index];
    for (uint32_t i = 0; i < primitive->input_count; i++) {
        const struct primitive_operand *operand = &primitive->inputs[i];
        struct held *held =
            operand->tensor
                ? held_find(&player->held, operand->tensor)
                : hold_unnamed(player, job,
                               number_format_bytes(operand->format, operand->elements), core);
        sited.inputs[i] = held;
        sited.site.is_resident[i] = !core->is_host && (!held || held->is_resident);
        sited.site.input[i] = operand->format;
        sited.site.memory[i] = held ? held->memory : -1;
        sited.site.bytes_per_cycle[i] =
            held ? bytes_per_cycle(player, &core->core, held->memory) : 1e9;
        if (held) {
            const struct chip_memory *memory = &player->chip->memories[held->memory];
            sited.site.latency_cycles[i] =
                ratio_value(memory->latency) * ratio_value(core->core.clock);
            sited.site.burst_bytes[i] = memory->burst;
        }
    }
    const struct primitive_operand *output = &primitive->output;
    struct held *held =
        output->tensor
            ? held_find(&player->held, output->tensor)
            : hold_unnamed(player, job, number_format_bytes(output->format, output->elements),
                           core);
    sited.output = held;
    sited.site.is_output_resident = !core->is_host && (!held || held->is_resident);
    sited.site.output = output->format;
    sited.site.output_memory = held ? held->memory : -1;
    sited.site.output_bytes_per_cycle =
        held ? bytes_per_cycle(player, &core->core, held->memory) : 1e9;
    sited.site.output_burst_bytes = held ? player->chip->memories[held->memory].burst : 0;
    sited.site.scratch_bytes = scratch_room(player, core);
    lay_out(player, core, primitive, &sited);
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

/* Formats as stored here; results of products leave in the stored format, too. */
static void convert_formats(const struct chip *chip, struct primitive *primitive,
                            bool *is_converted)
{
    for (uint32_t i = 0; i < primitive->input_count; i++) {
        struct number_format *format = &primitive->inputs[i].format;
        struct number_format stored = chip_stored_format(chip, *format);
        *is_converted = *is_converted || !number_format_equal(stored, *format);
        *format = stored;
    }
    primitive->output.format = chip_stored_format(chip, primitive->output.format);
}

static void add_actions(struct job *job, const struct plan *plan, uint64_t repeat)
{
    for (size_t i = 0; i < plan->action_count; i++)
        job->ledger.counts[plan->actions[i].meter] += plan->actions[i].count * repeat;
}

/* The user's nest for a contraction, in the dimensions that its family plans in. */
static const struct nest *find_pinned(struct player *player, const struct job *job,
                                      const struct family *family, int32_t part,
                                      const struct primitive *primitive)
{
    if (!player->pins || primitive->kind != PRIMITIVE_CONTRACTION)
        return NULL;
    struct contraction view = primitive->contraction;
    if (family->plans_products) {
        int64_t m, k, n;
        contraction_as_product(&primitive->contraction, &m, &k, &n);
        view = contraction_product(primitive->contraction.size[DIM_G], m, k, n);
    }
    return player->pins->find(player->pins, job->name, part, &view, player->err);
}

/* Says which operator has no plan, or where the nest stands that does not fit. */
static bool blame(struct player *player, const struct job *job, const struct nest *pinned,
                  int32_t part)
{
    struct error why = *player->err;
    if (pinned && player->pins->blame)
        player->pins->blame(player->pins, job->name, part, player->err);
    else {
        *player->err = (struct error){0};
        error_set(player->err, "operator '%s': %s", job->name, why.text);
    }
    return false;
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

static bool place_primitive(struct player *player, struct job *job, struct primitive *primitive,
                            uint32_t group, int32_t part, struct placed_part *note)
{
    struct chip *chip = player->chip;
    int32_t core_index = core_choose(player, primitive);
    if (note)
        core_list(player, primitive, core_index, note);
    const struct core *core = &chip->cores[core_index].core;
    struct sited sited = find_site(player, job, core_index, primitive);
    job->is_fallback = job->is_fallback || core_is_fallback(chip, core_index, primitive);
    const struct nest *pinned = find_pinned(player, job, core->family, part, primitive);
    if (player->err->is_set)
        return false;
    struct sharing sharing;
    if (!share_primitive(player, core_index, primitive, &sited.site, pinned, &sharing))
        return blame(player, job, pinned, part);
    const struct plan *first = NULL;
    uint32_t first_task = job->task_count,
             shared = slice_shared_inputs(primitive, sharing.slicing);
    for (int64_t i = 0; i < sharing.slicing.count; i++) {
        struct primitive share = *primitive;
        slice_primitive(&share, sharing.slicing, i);
        const struct plan *plan = plan_cache_get(&player->plans, chip, core_index, &share,
                                                 &sharing.site, pinned, player->err);
        if (!plan)
            return blame(player, job, pinned, part);
        uint64_t start = slice_first(primitive, sharing.slicing, i);
        plan = meet_contents(core, plan, &share, start, job);
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
    if (sited.output)
        sited.output->producer = core_index;
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

static void reset_job(struct player *player, struct job *job, const struct operator* op)
{
    struct task *tasks = job->tasks;
    uint32_t capacity = job->task_capacity;
    struct ledger ledger = job->ledger;
    arena_free(&job->met);
    memset(ledger.counts, 0, ledger.count * sizeof *ledger.counts);
    *job = (struct job){.player = player,
                        .index = op->index,
                        .spec = op->spec,
                        .tasks = tasks,
                        .task_capacity = capacity,
                        .ledger = ledger,
                        .main_core = -1};
    snprintf(job->name, sizeof job->name, "%s", op->name);
}

/* Outputs that nobody else holds yet. An operator without primitives renames its first input.
 */
static void place_outputs(struct player *player, const struct operator* op, struct job *job,
                          bool is_view)
{
    for (uint32_t i = 0; i < op->output_count; i++) {
        const struct tensor *tensor = op->outputs[i];
        if (!tensor || held_find(&player->held, tensor))
            continue;
        struct held *held = NULL;
        if (is_view && op->input_count && op->inputs[0]) {
            held = place_input(player, op->inputs[0]);
            held_alias(&player->held, tensor, held);
        } else
            held = held_place(&player->held, tensor);
        place_pin(job, held);
        if (!is_view)
            job->outputs[job->output_count++] = held;
        else if (op->input_count == 0)
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
        if (held && held->counts_host && tensor_owner(op->inputs[i])->role == ROLE_INPUT) {
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
static bool place_parts(struct player *player, struct job *job, struct primitive_list *list,
                        struct placed_part *notes)
{
    int32_t part = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!place_primitive(player, job, &list->items[i], (uint32_t)i, part,
                             notes ? &notes[i] : NULL))
            return false;
        part += list->items[i].kind == PRIMITIVE_CONTRACTION;
    }
    job->group_count = (uint32_t)list->count;
    return true;
}

bool place_operator(struct player *player, const struct operator* op, struct job *job)
{
    struct chip *chip = player->chip;
    reset_job(player, job, op);
    struct arena_mark mark = arena_mark(&player->scratch);
    struct primitive_list list = {.arena = &player->scratch};
    op->spec->lower(op, &list);
    for (uint32_t i = 0; i < op->input_count; i++)
        if (op->inputs[i])
            place_pin(job, place_input(player, op->inputs[i]));
    for (size_t i = 0; i < list.count; i++) {
        struct primitive *primitive = &list.items[i];
        job->macs += op->spec->is_contraction ? primitive->macs * primitive->repeat : 0;
        job->ops += primitive->ops * primitive->repeat;
        convert_formats(chip, primitive, &job->is_converted);
    }
    struct placed_part *notes = player->observer->placed
                                    ? arena_array(&player->scratch, list.count, sizeof *notes)
                                    : NULL;
    struct held *passed = NULL;
    struct job *root = fuse_find(player, op, &list, &passed);
    bool is_placed = true;
    if (root)
        is_placed = fuse_into(player, op, job, root, passed, &list.items[0]);
    else {
        place_outputs(player, op, job, list.count == 0);
        if (list.count == 0)
            snprintf(job->mapped_as, sizeof job->mapped_as, "view");
        is_placed = place_parts(player, job, &list, notes);
    }
    if (notes && is_placed)
        place_report(player, op, job, notes, root ? 0 : (uint32_t)list.count);
    arena_release(&player->scratch, mark);
    if (!is_placed)
        return false;
    count_host(player, op, job);
    for (uint32_t i = 0; i < op->input_count; i++)
        if (op->inputs[i] && op->is_last_use[i])
            held_drop(&player->held, op->inputs[i]);
    job->tasks_left = job->task_count;
    for (uint32_t i = 0; i < job->task_count; i++)
        worker_enqueue(job->tasks[i].worker, &job->tasks[i]);
    return true;
}
