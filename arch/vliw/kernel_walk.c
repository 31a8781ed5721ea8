#include "arch/vliw/kernel_walk.h"

#include "traces/loop_check.h"

static int64_t trips_of(const struct loop_statement *loop, int64_t from, int64_t to)
{
    int64_t span = to - from;
    return span <= 0 ? 0 : (span + loop->step - 1) / loop->step;
}

bool kernel_walk_trips(struct kernel_walk *walk, const struct loop_statement *loop,
                       int64_t *from, int64_t *trips)
{
    struct loop_number first, end;
    if (!loop_value_of(&walk->values, loop->from, &first) ||
        !loop_value_of(&walk->values, loop->to, &end))
        return false;
    *from = first.integer;
    *trips = trips_of(loop, first.integer, end.integer);
    if (!loop_check_promise(walk->plan->lowered.kernel, loop, *trips, walk->err))
        return false;
    if (loop == walk->part) {
        int64_t last = walk->part_last < *trips ? walk->part_last : *trips;
        *from += walk->part_first * loop->step;
        *trips = last > walk->part_first ? last - walk->part_first : 0;
    }
    return true;
}

static bool is_constant(const struct region *list)
{
    for (const struct region *r = list; r; r = r->next) {
        if (r->kind == REGION_IF)
            return false;
        if (r->kind != REGION_LOOP && r->kind != REGION_NEST)
            continue;
        if (r->statement->kind != LOOP_FOR || r->statement->from->kind != LOOP_NUMBER ||
            r->statement->to->kind != LOOP_NUMBER || !is_constant(r->body) ||
            !is_constant(r->other))
            return false;
    }
    return true;
}

static void set_index(struct kernel_walk *walk, const struct region *nest, int64_t index)
{
    walk->index[nest->level] = index;
    walk->values.scalars[nest->statement->index->id] = (struct loop_number){index, 0};
}

/* Sets the frame to the list of its present pass; false when there is none left. */
static bool begin_pass(struct kernel_walk *walk, struct walk_frame *frame, uint64_t times)
{
    const struct region *nest = frame->nest;
    if (frame->is_merged) {
        if (frame->pass == 0 && frame->passes == 0)
            frame->pass = 1;
        if (frame->pass > 1 || (frame->pass == 1 && frame->rest == 0))
            return false;
        frame->at = frame->pass == 0 ? nest->body : nest->other;
        frame->times = times * (uint64_t)(frame->pass == 0 ? frame->passes : frame->rest);
        set_index(walk, nest, frame->from);
        return true;
    }
    if (frame->pass >= frame->passes + frame->rest)
        return false;
    if (++walk->walked > WALK_MOST)
        return error_set(walk->err,
                         "%s:%d: more than %d passes of loops around loops to be walked one by "
                         "one",
                         walk->plan->lowered.kernel->path, nest->statement->line, WALK_MOST);
    int64_t full = frame->pass < frame->passes ? frame->pass : frame->passes;
    set_index(walk, nest,
              frame->from +
                  nest->statement->step * (full * nest->copies + (frame->pass - full)));
    frame->at = frame->pass < frame->passes ? nest->body : nest->other;
    frame->times = times;
    return true;
}

static bool enter(struct kernel_walk *walk, const struct region *nest, uint64_t times)
{
    struct walk_frame *frame = &walk->frames[walk->depth];
    int64_t trips = 0;
    *frame = (struct walk_frame){.nest = nest};
    if (!kernel_walk_trips(walk, nest->statement, &frame->from, &trips))
        return false;
    frame->passes = trips / nest->copies;
    frame->rest = trips % nest->copies;
    if (!nest->other) { /* no body of one copy: the last pass is not full */
        frame->passes += frame->rest > 0;
        frame->rest = 0;
    }
    frame->is_merged = walk->is_merged && is_constant(nest->body) && is_constant(nest->other);
    if (begin_pass(walk, frame, times))
        walk->depth++;
    return !walk->err->is_set;
}

bool kernel_walk_next(struct kernel_walk *walk, struct kernel_step *step)
{
    while (walk->depth > 0 && !walk->err->is_set) {
        struct walk_frame *frame = &walk->frames[walk->depth - 1];
        if (!frame->at || (walk->depth == 1 && frame->at == walk->end)) {
            uint64_t times = walk->depth > 1 ? walk->frames[walk->depth - 2].times : 1;
            frame->pass++;
            if (!frame->nest || !begin_pass(walk, frame, times))
                walk->depth--;
            continue;
        }
        const struct region *region = frame->at;
        frame->at = region->next;
        *step = (struct kernel_step){.region = region, .times = frame->times};
        if (region->kind == REGION_BLOCK)
            return true;
        if (region->kind == REGION_NEST && !enter(walk, region, frame->times))
            return false;
        if (region->kind != REGION_LOOP)
            continue;
        return kernel_walk_trips(walk, region->statement, &step->first, &step->trips);
    }
    return false;
}

void kernel_walk_restart(struct kernel_walk *walk, const struct region *from,
                         const struct loop_statement *part, int64_t first, int64_t last)
{
    walk->part = part;
    walk->part_first = first;
    walk->part_last = last;
    walk->depth = 1;
    walk->frames[0] = (struct walk_frame){.at = from, .times = 1};
}

bool kernel_walk_begin(struct kernel_walk *walk, const struct kernel_plan *plan,
                       const struct region *first, const struct region *end, bool is_merged,
                       struct arena *arena, struct error *err)
{
    *walk = (struct kernel_walk){.plan = plan, .is_merged = is_merged, .end = end, .err = err};
    if (!loop_values_init(&walk->values, plan->lowered.kernel, false, arena, err))
        return false;
    kernel_walk_restart(walk, first, NULL, 0, 0);
    return true;
}
