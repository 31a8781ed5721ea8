#include "arch/vliw/kernel_stream.h"

static void emit(struct kernel_stream *stream, struct kernel_event event)
{
    if (stream->event_count == stream->event_room) {
        size_t room = stream->event_room ? 2 * stream->event_room : 64;
        stream->events = arena_grow(stream->arena, stream->events, stream->event_count, room,
                                    sizeof *stream->events);
        stream->event_room = room;
    }
    stream->events[stream->event_count++] = event;
}

static void fetch_line(struct kernel_stream *stream, const struct kernel_access *access,
                       uint64_t line, uint64_t cycle)
{
    const struct cache_rules *rules = &stream->rules;
    uint64_t victim, bytes = (uint64_t)rules->line_bytes;
    bool has_victim = line_cache_fill(&stream->cache, line, access->is_write, &victim);
    emit(stream, (struct kernel_event){cycle, access->is_write ? KERNEL_FETCH : KERNEL_READ,
                                       line * bytes, rules->line_bytes, access->latency});
    if (has_victim)
        emit(stream,
             (struct kernel_event){cycle, KERNEL_WRITE, victim * bytes, rules->line_bytes, 0});
}

static void touch(struct kernel_stream *stream, const struct kernel_access *access,
                  int64_t pass, uint64_t cycle)
{
    const struct cache_rules *rules = &stream->rules;
    int64_t byte = access_address(access, pass), end = byte + access->bytes;
    if (byte == ACCESS_NOWHERE)
        return;
    for (int64_t line = byte / rules->line_bytes; line * rules->line_bytes < end; line++) {
        bool is_through = access->is_write && rules->writes == CACHE_THROUGH;
        bool is_hit =
            line_cache_use(&stream->cache, (uint64_t)line, access->is_write && !is_through);
        if (is_through || (!is_hit && access->is_write && rules->writes == CACHE_AROUND)) {
            int64_t from = line * rules->line_bytes, to = from + rules->line_bytes;
            from = byte > from ? byte : from;
            to = end < to ? end : to;
            emit(stream,
                 (struct kernel_event){cycle, KERNEL_WRITE, (uint64_t)from, to - from, 0});
        } else if (!is_hit) {
            fetch_line(stream, access, (uint64_t)line, cycle);
        }
    }
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* First pass after this one in which a stream lies in other lines. */
static int64_t next_change(const struct kernel_access *access, int64_t pass, int64_t line)
{
    int64_t step = access->step, low = access->offset, high = low + access->bytes - 1;
    int64_t first = (low + step * pass) / line, last = (high + step * pass) / line;
    if (!access->is_affine)
        return pass + 1;
    if (step == 0)
        return INT64_MAX;
    int64_t a, b;
    if (step > 0) {
        a = divide_up((first + 1) * line - low, step);
        b = divide_up((last + 1) * line - high, step);
    } else {
        a = divide_up(low - first * line + 1, -step);
        b = divide_up(high - last * line + 1, -step);
    }
    a = a < b ? a : b;
    return a > pass ? a : pass + 1;
}

/* The iteration from which something new may happen, when this one has missed nothing. */
static int64_t next_iteration(const struct kernel_stream *stream)
{
    const struct access_list *list = stream->list;
    int64_t k = stream->iteration, passes = stream->parts[stream->part_at].passes;
    int64_t next = stream->iterations;
    for (int a = 0; a < list->count; a++) {
        const struct kernel_access *access = &list->accesses[a];
        int64_t pass = k - access->stage;
        if (pass < 0 || pass >= passes)
            return k + 1; /* ramps: not all of them work */
        int64_t change = next_change(access, pass, stream->rules.line_bytes);
        change = change < passes ? change : passes;
        next = change + access->stage < next ? change + access->stage : next;
    }
    return next;
}

static void play_iteration(struct kernel_stream *stream)
{
    const struct access_list *list = stream->list;
    int64_t passes = stream->parts[stream->part_at].passes;
    uint64_t cycle = stream->start + (uint64_t)(stream->iteration * list->ii);
    size_t before = stream->event_count;
    for (int a = 0; a < list->count; a++) {
        const struct kernel_access *access = &list->accesses[a];
        int64_t pass = stream->iteration - access->stage;
        if (pass >= 0 && pass < passes)
            touch(stream, access, pass, cycle + (uint64_t)access->slot);
    }
    bool is_calm = stream->event_count == before;
    stream->iteration = is_calm ? next_iteration(stream) : stream->iteration + 1;
    if (stream->iteration >= stream->iterations) {
        stream->list = NULL;
        stream->part_at++;
    }
}

/* One iteration's bundles, one after the other. */
static void emit_bundles(struct kernel_stream *stream)
{
    const struct access_list *list = stream->list;
    uint64_t cycle = stream->start + (uint64_t)(stream->iteration * list->ii);
    for (int from = 0, to = 0; from < list->count; from = to) {
        int slot = list->accesses[from].slot;
        while (to < list->count && list->accesses[to].slot == slot)
            to++;
        emit(stream, (struct kernel_event){.cycle = cycle + (uint64_t)slot,
                                           .kind = KERNEL_BUNDLE,
                                           .accesses = list->accesses + from,
                                           .access_count = to - from,
                                           .iteration = stream->iteration,
                                           .passes = stream->parts[stream->part_at].passes});
    }
    if (++stream->iteration >= stream->iterations) {
        stream->list = NULL;
        stream->part_at++;
    }
}

/* Arrays whose elements a loop finds in registers were read before it starts. */
static void touch_inputs(struct kernel_stream *stream, const struct flow *flow)
{
    for (int n = 0; n < flow->node_count && flow->is_loop; n++) {
        const struct flow_node *node = &flow->nodes[n];
        if (node->kind != FLOW_INPUT || node->uses == 0 || !node->symbol ||
            node->symbol->kind != LOOP_ARRAY || node->address != NONE)
            continue;
        int64_t element = node->symbol->type.bits >= 8 ? node->symbol->type.bits / 8 : 1;
        struct kernel_access access = {.is_affine = true,
                                       .bytes = element,
                                       .offset = stream->layout.base[node->symbol->id] +
                                                 node->affine.constant * element};
        for (int level = 0; level < flow->level; level++)
            access.offset +=
                node->affine.coefficient[level] * stream->walk.index[level] * element;
        touch(stream, &access, 0, stream->start);
    }
}

static struct access_list *list_of(struct kernel_stream *stream, const struct kernel_part *part)
{
    struct access_list **list = &stream->lists[part->schedule->index];
    if (!*list) {
        *list = arena_alloc(stream->arena, sizeof **list);
        access_list_init(*list, part->schedule, part->flow, &stream->layout, stream->arena);
    }
    return *list;
}

/* Where the addresses that were computed in this entry stand. */
static void find_elements(struct kernel_stream *stream, struct access_list *list,
                          const struct kernel_part *part)
{
    const struct kernel_record *record = stream->record;
    const struct region *region = stream->step.region;
    if (!record || region->kind != REGION_LOOP)
        return;
    const struct recorded_step *step = &record->steps[stream->recorded - 1];
    int64_t slots = record->slots[region->statement->id], copies = part->flow->copies;
    int64_t skipped = region->statement->kind == LOOP_FOR
                          ? (part->first - stream->step.first) / region->statement->step
                          : 0;
    for (int a = 0; a < list->count; a++) {
        struct kernel_access *access = &list->accesses[a];
        int slot = access->is_affine || access->expression == NONE
                       ? NONE
                       : record->slot_of[access->expression];
        access->elements = NULL;
        if (slot == NONE)
            continue;
        int64_t first = skipped + access->copy;
        access->elements = record->elements + step->elements + first * slots + slot;
        access->element_step = copies * slots;
        access->element_passes =
            stream->step.trips > first ? (stream->step.trips - first - 1) / copies + 1 : 0;
    }
}

/* The next step of the record or of the walk; false at the end. */
static bool take_step(struct kernel_stream *stream)
{
    const struct kernel_record *record = stream->record;
    if (!record)
        return kernel_walk_next(&stream->walk, &stream->step);
    if (stream->recorded == record->step_count)
        return false;
    const struct recorded_step *step = &record->steps[stream->recorded++];
    stream->step = step->step;
    for (int level = 0; level < step->step.region->level; level++)
        stream->walk.index[level] = record->indices[step->indices + (size_t)level];
    return true;
}

static void begin_part(struct kernel_stream *stream)
{
    const struct kernel_part *part = &stream->parts[stream->part_at];
    struct access_list *list = list_of(stream, part);
    access_list_enter(list, part->flow, stream->walk.index, part->first);
    find_elements(stream, list, part);
    uint64_t stalls =
        stream->is_bundled ? 0 : bank_count_entry(stream->banks, list, part->passes);
    uint64_t before = stream->tally.cycles.total;
    uint64_t setup = kernel_tally_add(&stream->tally, stream->step.region, part, stalls, 1);
    stream->start = before + setup;
    if (!stream->is_bundled && (stream->rules.sets == 0 || stream->is_quiet)) {
        stream->part_at++;
        return;
    }
    if (!stream->is_bundled)
        touch_inputs(stream, part->flow);
    stream->list = list;
    stream->iteration = 0;
    stream->iterations = part->passes + list->stages - 1;
    if (list->count == 0) {
        stream->list = NULL;
        stream->part_at++;
    }
}

static bool all_lines_are_there(const struct kernel_stream *stream)
{
    const struct cache_rules *rules = &stream->rules;
    int64_t first = stream->layout.first / rules->line_bytes;
    int64_t count = (stream->layout.end - 1) / rules->line_bytes - first + 1;
    return rules->writes == CACHE_ALLOCATE && count <= rules->sets * rules->ways &&
           stream->cache.resident >= count;
}

/* Goes on by an iteration or by a part; false with err. */
static bool advance(struct kernel_stream *stream)
{
    if (stream->list && stream->is_bundled) {
        emit_bundles(stream);
        return true;
    }
    if (stream->list) {
        play_iteration(stream);
        return true;
    }
    if (stream->part_at < stream->part_count) {
        begin_part(stream);
        return true;
    }
    if (stream->rules.sets > 0 && !stream->is_quiet)
        stream->is_quiet = all_lines_are_there(stream);
    if (take_step(stream)) {
        stream->part_at = 0;
        stream->part_count =
            kernel_step_parts(stream->tally.plan, &stream->step, stream->parts);
        kernel_tally_enter(&stream->tally, &stream->step, stream->part_count);
        return true;
    }
    stream->is_ended = true;
    emit(stream,
         (struct kernel_event){.cycle = stream->tally.cycles.total, .kind = KERNEL_END});
    return !stream->walk.err->is_set;
}

bool kernel_stream_next(struct kernel_stream *stream, struct kernel_event *event)
{
    if (stream->event_at == stream->event_count)
        stream->event_at = stream->event_count = 0;
    while (stream->event_count == 0)
        if (!advance(stream))
            return false;
    *event = stream->events[stream->event_at++];
    return true;
}

void kernel_stream_restart(struct kernel_stream *stream, const struct region *first,
                           const struct loop_statement *part, int64_t from, int64_t to)
{
    struct kernel_plan *plan = stream->tally.plan;
    kernel_walk_restart(&stream->walk, first, part, from, to);
    stream->tally = kernel_tally_begin(plan);
    stream->part_at = stream->part_count = 0;
    stream->list = NULL;
    stream->event_at = stream->event_count = 0;
    stream->is_ended = false;
    stream->recorded = 0;
}

bool kernel_stream_begin(struct kernel_stream *stream, struct kernel_plan *plan,
                         const struct region *first, const struct region *end,
                         const struct cache_rules *rules, struct arena *arena,
                         struct error *err)
{
    *stream = (struct kernel_stream){.arena = arena, .rules = *rules, .tally = {.plan = plan}};
    if (!kernel_walk_begin(&stream->walk, plan, first, end, false, arena, err))
        return false;
    data_layout_init(&stream->layout, plan->lowered.kernel, plan->machine, arena);
    stream->lists = arena_array(arena, (size_t)plan->schedule_count + 1, sizeof *stream->lists);
    stream->banks = bank_count_make(plan->machine, arena);
    if (rules->sets > 0)
        line_cache_init(&stream->cache, rules->sets, rules->ways, arena);
    kernel_stream_restart(stream, first, NULL, 0, 0);
    return true;
}
