#include "arch/vliw/kernel_record.h"

struct recorder {
    struct kernel_record *record;
    struct arena *arena;
    struct error *err;
    struct loop_values values;
    const struct region **region_of; /* per statement id: loops and ifs */
    int64_t index[LOOP_LEVELS];
    size_t step_room, index_count, index_room, element_count, element_room;
    const struct region *loop; /* the innermost loop that runs */
    int64_t first, pass;
    size_t elements; /* of the entry at hand */
    bool is_too_long;
    bool *is_ambiguous; /* per expression: several elements in one trip */
};

bool kernel_record_is_of_use(const struct kernel_plan *plan)
{
    for (int s = 0; s < plan->schedule_count; s++) {
        const struct region_schedule *schedule = plan->schedules[s];
        for (int i = 0; schedule->operations > 0 && i < schedule->graph.operation_count; i++) {
            const struct packed_operation *operation =
                &schedule->packed.operations[schedule->graph.operations[i].meaning];
            if (operation->symbol && !operation->is_affine)
                return true;
        }
    }
    return false;
}

/* Room for so many more in an array that doubles. */
static void *grown(struct recorder *recorder, void *old, size_t count, size_t more,
                   size_t *room, size_t bytes)
{
    if (count + more <= *room)
        return old;
    size_t next = *room ? *room : 256;
    while (next < count + more)
        next *= 2;
    void *made = arena_grow(recorder->arena, old, count, next, bytes);
    *room = next;
    return made;
}

static void add_step(struct recorder *recorder, const struct region *region, int64_t first,
                     int64_t trips, size_t elements)
{
    struct kernel_record *record = recorder->record;
    if (record->step_count >= RECORD_STEPS_MOST) {
        recorder->is_too_long = true;
        return;
    }
    size_t levels = (size_t)region->level;
    record->steps = grown(recorder, record->steps, record->step_count, 1, &recorder->step_room,
                          sizeof *record->steps);
    record->indices = grown(recorder, record->indices, recorder->index_count, levels,
                            &recorder->index_room, sizeof *record->indices);
    record->steps[record->step_count++] =
        (struct recorded_step){{region, first, trips, 1}, recorder->index_count, elements};
    for (size_t level = 0; level < levels; level++)
        record->indices[recorder->index_count++] = recorder->index[level];
}

/* Blocks from here up to the next loop or if. */
static void add_blocks(struct recorder *recorder, const struct region *from)
{
    for (const struct region *r = from; r && r->kind == REGION_BLOCK; r = r->next)
        add_step(recorder, r, 0, 1, 0);
}

static void pass_begun(void *context, const struct loop_statement *loop, int64_t pass)
{
    struct recorder *recorder = context;
    struct kernel_record *record = recorder->record;
    const struct region *region = recorder->region_of[loop->id];
    if (!region || recorder->is_too_long)
        return;
    int64_t index = loop->index ? recorder->values.scalars[loop->index->id].integer : pass;
    if (region->kind == REGION_NEST) {
        recorder->index[region->level] = index;
        recorder->loop = NULL;
        add_blocks(recorder, region->body);
        return;
    }
    size_t slots = (size_t)record->slots[loop->id];
    if (pass == 0) {
        recorder->loop = region;
        recorder->first = index;
        recorder->elements = recorder->element_count;
    }
    recorder->pass = pass;
    if (recorder->element_count + slots > RECORD_ELEMENTS_MOST) {
        recorder->is_too_long = true;
        return;
    }
    record->elements = grown(recorder, record->elements, recorder->element_count, slots,
                             &recorder->element_room, sizeof *record->elements);
    for (size_t s = 0; s < slots; s++)
        record->elements[recorder->element_count++] = -1;
}

static void element(void *context, const struct loop_expression *expression, int64_t index)
{
    struct recorder *recorder = context;
    struct kernel_record *record = recorder->record;
    if (!recorder->loop || recorder->is_too_long || record->slot_of[expression->id] == NONE)
        return;
    size_t slots = (size_t)record->slots[recorder->loop->statement->id];
    size_t at = recorder->elements + (size_t)recorder->pass * slots +
                (size_t)record->slot_of[expression->id];
    if (at >= recorder->element_count)
        return;
    if (record->elements[at] >= 0 && record->elements[at] != (int32_t)index)
        recorder->is_ambiguous[expression->id] = true;
    record->elements[at] = (int32_t)index;
}

static void loop_done(void *context, const struct loop_statement *loop, int64_t trips)
{
    struct recorder *recorder = context;
    const struct region *region = recorder->region_of[loop->id];
    if (!region || recorder->is_too_long)
        return;
    if (region->kind == REGION_LOOP && trips > 0)
        add_step(recorder, region, recorder->first, trips, recorder->elements);
    recorder->loop = NULL;
    add_blocks(recorder, region->next);
}

static void path_taken(void *context, const struct loop_statement *statement, bool is_body)
{
    struct recorder *recorder = context;
    const struct region *region = recorder->region_of[statement->id];
    if (!region || region->kind != REGION_IF || recorder->is_too_long)
        return;
    add_blocks(recorder, is_body ? region->body : region->other);
    add_blocks(recorder, region->next);
}

static void add_slots(struct recorder *recorder, const struct loop_statement *loop,
                      const struct region_schedule *schedule)
{
    struct kernel_record *record = recorder->record;
    for (int i = 0; schedule && schedule->operations > 0 && i < schedule->graph.operation_count;
         i++) {
        const struct packed_operation *operation =
            &schedule->packed.operations[schedule->graph.operations[i].meaning];
        if (!operation->symbol || operation->is_affine || operation->expression == NONE ||
            record->slot_of[operation->expression] != NONE)
            continue;
        record->slot_of[operation->expression] = record->slots[loop->id]++;
    }
}

static void map_regions(struct recorder *recorder, const struct region *list)
{
    for (const struct region *r = list; r; r = r->next) {
        if (r->statement)
            recorder->region_of[r->statement->id] = r;
        if (r->kind == REGION_LOOP)
            add_slots(recorder, r->statement, r->schedule);
        map_regions(recorder, r->body);
        if (r->kind == REGION_IF)
            map_regions(recorder, r->other);
    }
}

bool kernel_record_make(struct kernel_record *record, const struct kernel_plan *plan,
                        struct arena *arena, struct error *err)
{
    const struct loop_kernel *kernel = plan->lowered.kernel;
    size_t expressions = (size_t)kernel->expression_count + 1,
           statements = (size_t)kernel->statement_count + 1;
    *record = (struct kernel_record){
        .plan = plan,
        .slot_of = arena_array(arena, expressions, sizeof *record->slot_of),
        .slots = arena_array(arena, statements, sizeof *record->slots)};
    struct recorder recorder = {.record = record,
                                .arena = arena,
                                .err = err,
                                .region_of =
                                    arena_array(arena, statements, sizeof *recorder.region_of),
                                .is_ambiguous = arena_array(arena, expressions, sizeof(bool))};
    for (size_t e = 0; e < expressions; e++)
        record->slot_of[e] = NONE;
    map_regions(&recorder, plan->lowered.regions);
    if (!loop_values_init(&recorder.values, kernel, true, arena, err))
        return false;
    recorder.values.observer = (struct loop_observer){.context = &recorder,
                                                      .loop_done = loop_done,
                                                      .path_taken = path_taken,
                                                      .pass_begun = pass_begun,
                                                      .element = element};
    add_blocks(&recorder, plan->lowered.regions);
    if (!loop_values_run(&recorder.values))
        return false;
    if (recorder.is_too_long)
        return error_set(err,
                         "%s: more than %d loops entered or %d addresses computed from data: "
                         "too long to follow every address (data = flat follows none)",
                         kernel->path, RECORD_STEPS_MOST, RECORD_ELEMENTS_MOST);
    for (size_t e = 0; e < expressions; e++)
        if (recorder.is_ambiguous[e])
            record->slot_of[e] = NONE;
    return true;
}
