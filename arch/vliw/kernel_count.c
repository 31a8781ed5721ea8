/* Cycles of a scheduled kernel, from its trip counts. */
#include <string.h>

#include "arch/vliw/bank_stall.h"
#include "traces/loop_value.h"

enum { WALK_MOST = 20000000 };

struct count {
    struct kernel_plan *plan;
    struct loop_values values;
    struct error *err;
    struct kernel_cycles cycles;
    int64_t walked;
    uint64_t before; /* cycles of the block just run, behind which a loop's set-up hides */
    const struct region **region_of; /* by statement id: loops and ifs */
};

static int64_t trips_of(const struct loop_statement *loop, int64_t from, int64_t to)
{
    int64_t span = to - from;
    return span <= 0 ? 0 : (span + loop->step - 1) / loop->step;
}

static void add_scaled(struct kernel_cycles *sum, const struct kernel_cycles *more,
                       uint64_t times)
{
    sum->total += more->total * times;
    sum->call += more->call * times;
    sum->blocks += more->blocks * times;
    sum->kernel += more->kernel * times;
    sum->ramp += more->ramp * times;
    sum->setup += more->setup * times;
    sum->stall += more->stall * times;
    sum->recurrence += more->recurrence * times;
    sum->bundles_fetched += more->bundles_fetched * times;
    sum->operations += more->operations * times;
}

static void add_block(struct count *count, const struct region *block)
{
    const struct region_schedule *schedule = block->schedule;
    uint64_t cycles = (uint64_t)schedule->tail_cycles;
    count->before = cycles;
    count->cycles.blocks += cycles;
    count->cycles.total += cycles;
    count->cycles.bundles_fetched += (uint64_t)schedule->schedule.length;
    count->cycles.operations += (uint64_t)schedule->operations;
}

static void add_passes(struct count *count, const struct region_schedule *loop, int64_t passes)
{
    if (passes <= 0 || loop->operations == 0)
        return;
    uint64_t total = region_loop_cycles(loop, passes);
    uint64_t kernel = (uint64_t)passes * (uint64_t)loop->schedule.ii;
    kernel = kernel < total ? kernel : total;
    count->cycles.total += total;
    count->cycles.kernel += kernel;
    count->cycles.ramp += total - kernel;
    uint64_t stalls = (uint64_t)passes * (uint64_t)loop->bank_stalls / BANK_PASSES;
    count->cycles.stall += stalls;
    count->cycles.total += stalls;
    int64_t above = loop->schedule.ii - loop->bound.res_mii;
    if (above > 0 && loop->is_pipelined)
        count->cycles.recurrence += (uint64_t)(above * passes);
    count->cycles.operations += (uint64_t)(loop->operations * passes);
    count->cycles.bundles_fetched +=
        loop->is_buffered ? (uint64_t)loop->schedule.length : total;
}

static void add_setup(struct count *count)
{
    uint64_t setup = (uint64_t)count->plan->machine->params->loop_setup;
    uint64_t hidden = count->before < setup ? count->before : setup;
    count->cycles.setup += setup - hidden;
    count->cycles.total += setup - hidden;
    count->before = 0;
}

static void add_loop(struct count *count, const struct region *region, int64_t trips)
{
    struct kernel_loop *loop = NULL;
    for (int l = 0; l < count->plan->loop_count; l++)
        if (count->plan->loops[l].statement == region->statement &&
            count->plan->loops[l].main == region->schedule)
            loop = &count->plan->loops[l];
    if (trips <= 0)
        return;
    int64_t passes = trips / region->copies, rest = trips % region->copies;
    uint64_t before = count->cycles.total;
    const struct region_schedule *main = region->schedule, *remainder = NULL;
    if (loop)
        remainder = loop->remainder;
    if (passes > 0) {
        add_setup(count);
        add_passes(count, main, passes);
    }
    if (rest > 0) {
        add_setup(count);
        add_passes(count, remainder ? remainder : main, remainder ? rest : 1);
    }
    if (loop) {
        loop->cost.cycles += count->cycles.total - before;
        loop->cost.entries++;
        loop->cost.passes += (uint64_t)passes;
    }
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

static bool walk(struct count *count, const struct region *list);

/* The same pass `times` over: counted once, except for the loops' own tallies. */
static bool walk_times(struct count *count, const struct region *list, int64_t times)
{
    if (times <= 0)
        return true;
    struct kernel_cycles before = count->cycles;
    struct kernel_plan *plan = count->plan;
    struct kernel_region_cost tallies[64];
    int tallied = plan->loop_count < 64 ? plan->loop_count : 64;
    for (int l = 0; l < tallied; l++)
        tallies[l] = plan->loops[l].cost;
    count->cycles = (struct kernel_cycles){0};
    if (!walk(count, list))
        return false;
    struct kernel_cycles once = count->cycles;
    count->cycles = before;
    add_scaled(&count->cycles, &once, (uint64_t)times);
    for (int l = 0; l < tallied; l++) {
        struct kernel_region_cost *cost = &plan->loops[l].cost;
        cost->cycles = tallies[l].cycles + (cost->cycles - tallies[l].cycles) * (uint64_t)times;
        cost->entries =
            tallies[l].entries + (cost->entries - tallies[l].entries) * (uint64_t)times;
        cost->passes = tallies[l].passes + (cost->passes - tallies[l].passes) * (uint64_t)times;
    }
    return true;
}

static bool bounds(struct count *count, const struct loop_statement *loop, int64_t *from,
                   int64_t *to)
{
    struct loop_number first, end;
    if (!loop_value_of(&count->values, loop->from, &first) ||
        !loop_value_of(&count->values, loop->to, &end))
        return false;
    *from = first.integer;
    *to = end.integer;
    return true;
}

static bool walk_nest(struct count *count, const struct region *nest)
{
    int64_t from = 0, to = 0;
    if (!bounds(count, nest->statement, &from, &to))
        return false;
    int64_t trips = trips_of(nest->statement, from, to);
    int64_t passes = trips / nest->copies, rest = trips % nest->copies;
    if (!nest->other) { /* no body of one copy: the last pass is not full */
        passes += rest > 0;
        rest = 0;
    }
    if (is_constant(nest->body) && is_constant(nest->other))
        return walk_times(count, nest->body, passes) && walk_times(count, nest->other, rest);
    int64_t index = from;
    for (int64_t p = 0; p < passes + rest; p++) {
        if (++count->walked > WALK_MOST)
            return error_set(
                count->err, "%s:%d: more than %d passes of loops whose trip counts vary",
                count->plan->lowered.kernel->path, nest->statement->line, WALK_MOST);
        count->values.scalars[nest->statement->index->id] = (struct loop_number){index, 0};
        if (!walk(count, p < passes ? nest->body : nest->other))
            return false;
        index += nest->statement->step * (p < passes ? nest->copies : 1);
    }
    return true;
}

static bool walk(struct count *count, const struct region *list)
{
    for (const struct region *r = list; r; r = r->next) {
        int64_t from = 0, to = 0;
        if (r->kind == REGION_BLOCK) {
            add_block(count, r);
        } else if (r->kind == REGION_NEST) {
            if (!walk_nest(count, r))
                return false;
        } else if (r->kind == REGION_LOOP) {
            if (!bounds(count, r->statement, &from, &to))
                return false;
            add_loop(count, r, trips_of(r->statement, from, to));
        }
    }
    return true;
}

static void add_blocks(struct count *count, const struct region *list, int64_t times)
{
    for (const struct region *r = list; r; r = r->next)
        for (int64_t t = 0; r->kind == REGION_BLOCK && t < times; t++)
            add_block(count, r);
}

static void loop_done(void *context, const struct loop_statement *loop, int64_t trips)
{
    struct count *count = context;
    const struct region *region = count->region_of[loop->id];
    if (!region)
        return;
    if (region->kind == REGION_LOOP)
        add_loop(count, region, trips);
    else
        add_blocks(count, region->body, trips);
}

static void path_taken(void *context, const struct loop_statement *statement, bool is_body)
{
    struct count *count = context;
    const struct region *region = count->region_of[statement->id];
    if (region && region->kind == REGION_IF)
        add_blocks(count, is_body ? region->body : region->other, 1);
}

static void map_regions(struct count *count, const struct region *list)
{
    for (const struct region *r = list; r; r = r->next) {
        if (r->statement)
            count->region_of[r->statement->id] = r;
        map_regions(count, r->body);
        if (r->kind == REGION_IF)
            map_regions(count, r->other);
    }
}

bool kernel_count(struct kernel_plan *plan, struct arena *arena, struct error *err)
{
    struct count count = {.plan = plan, .err = err};
    const struct loop_kernel *kernel = plan->lowered.kernel;
    bool has_values = plan->lowered.needs_values;
    for (int l = 0; l < plan->loop_count; l++)
        plan->loops[l].cost = (struct kernel_region_cost){0};
    if (!loop_values_init(&count.values, kernel, has_values, arena, err))
        return false;
    count.cycles.call = (uint64_t)plan->machine->params->call_cycles;
    count.cycles.total = count.cycles.call;
    if (!has_values) {
        if (!walk(&count, plan->lowered.regions))
            return false;
    } else {
        count.region_of =
            arena_array(arena, (size_t)kernel->statement_count + 1, sizeof *count.region_of);
        map_regions(&count, plan->lowered.regions);
        count.values.observer = (struct loop_observer){&count, loop_done, path_taken};
        add_blocks(&count, plan->lowered.regions, 1);
        if (!loop_values_run(&count.values))
            return false;
    }
    plan->cycles = count.cycles;
    return true;
}
