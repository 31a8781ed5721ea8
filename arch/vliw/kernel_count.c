/* Cycles of a scheduled kernel, from its trip counts. */
#include "arch/vliw/kernel_tally.h"

#include "arch/vliw/bank_stall.h"

void kernel_cycles_add(struct kernel_cycles *sum, const struct kernel_cycles *more,
                       uint64_t times)
{
    sum->total += more->total * times;
    sum->call += more->call * times;
    sum->blocks += more->blocks * times;
    sum->latency += more->latency * times;
    sum->kernel += more->kernel * times;
    sum->ramp += more->ramp * times;
    sum->setup += more->setup * times;
    sum->stall += more->stall * times;
    sum->recurrence += more->recurrence * times;
    sum->bundles_fetched += more->bundles_fetched * times;
    sum->slots_fetched += more->slots_fetched * times;
    sum->bundles_buffered += more->bundles_buffered * times;
    sum->operations += more->operations * times;
}

static void add_block(struct kernel_tally *tally, const struct region_schedule *schedule,
                      uint64_t stalls, uint64_t times)
{
    uint64_t cycles = (uint64_t)schedule->tail_cycles;
    uint64_t least = (uint64_t)schedule->bound.res_mii;
    struct kernel_cycles one = {.total = cycles + stalls,
                                .blocks = cycles,
                                .stall = stalls,
                                .latency = cycles > least ? cycles - least : 0,
                                .bundles_fetched = (uint64_t)schedule->schedule.length,
                                .slots_fetched = (uint64_t)schedule->operations,
                                .operations = (uint64_t)schedule->operations};
    tally->before = cycles;
    kernel_cycles_add(&tally->cycles, &one, times);
}

static struct kernel_cycles passes_of(const struct region_schedule *loop, int64_t passes,
                                      uint64_t stalls)
{
    if (loop->operations == 0)
        return (struct kernel_cycles){0};
    uint64_t total = region_loop_cycles(loop, passes);
    uint64_t kernel = (uint64_t)passes * (uint64_t)loop->schedule.ii;
    kernel = kernel < total ? kernel : total;
    int64_t above = loop->schedule.ii - loop->bound.res_mii;
    uint64_t operations = (uint64_t)(loop->operations * passes);
    uint64_t fetched = loop->is_buffered ? (uint64_t)loop->schedule.length : total;
    return (struct kernel_cycles){
        .total = total + stalls,
        .kernel = kernel,
        .ramp = total - kernel,
        .stall = stalls,
        .recurrence = above > 0 && loop->is_pipelined ? (uint64_t)(above * passes) : 0,
        .bundles_fetched = fetched,
        .slots_fetched = loop->is_buffered ? (uint64_t)loop->operations : operations,
        .bundles_buffered = total > fetched ? total - fetched : 0,
        .operations = operations};
}

static struct kernel_loop *loop_of(struct kernel_plan *plan, const struct region *region)
{
    for (int l = 0; l < plan->loop_count; l++)
        if (plan->loops[l].statement == region->statement &&
            plan->loops[l].main == region->schedule)
            return &plan->loops[l];
    return NULL;
}

int kernel_step_parts(const struct kernel_plan *plan, const struct kernel_step *step,
                      struct kernel_part parts[2])
{
    const struct region *region = step->region;
    if (region->kind == REGION_BLOCK) {
        parts[0] = (struct kernel_part){region->schedule, region->flow, 0, 1};
        return 1;
    }
    int64_t passes = step->trips / region->copies, rest = step->trips % region->copies;
    int count = 0;
    if (passes > 0)
        parts[count++] =
            (struct kernel_part){region->schedule, region->flow, step->first, passes};
    if (rest <= 0)
        return count;
    const struct region_schedule *remainder = NULL;
    for (int l = 0; l < plan->loop_count && !remainder; l++)
        if (plan->loops[l].main == region->schedule)
            remainder = plan->loops[l].remainder;
    int64_t first = step->first + passes * region->copies * region->statement->step;
    /* Without code for leftover passes the last one is not full. */
    parts[count++] = remainder ? (struct kernel_part){remainder, region->remainder, first, rest}
                               : (struct kernel_part){region->schedule, region->flow, first, 1};
    return count;
}

void kernel_tally_enter(struct kernel_tally *tally, const struct kernel_step *step,
                        int part_count)
{
    struct kernel_loop *loop =
        step->region->kind == REGION_LOOP ? loop_of(tally->plan, step->region) : NULL;
    if (loop && part_count > 0)
        loop->cost.entries += step->times;
}

uint64_t kernel_tally_add(struct kernel_tally *tally, const struct region *region,
                          const struct kernel_part *part, uint64_t stalls, uint64_t times)
{
    struct kernel_plan *plan = tally->plan;
    plan->runs[part->schedule->index] += (uint64_t)part->passes * times;
    if (region->kind == REGION_BLOCK) {
        add_block(tally, part->schedule, stalls, times);
        return 0;
    }
    uint64_t setup = (uint64_t)plan->machine->params->loop_setup;
    setup -= tally->before < setup ? tally->before : setup;
    tally->before = 0;
    struct kernel_cycles one = passes_of(part->schedule, part->passes, stalls);
    one.setup += setup;
    one.total += setup;
    kernel_cycles_add(&tally->cycles, &one, times);
    struct kernel_loop *loop = loop_of(plan, region);
    if (loop) {
        bool is_main = part->schedule == region->schedule;
        loop->cost.cycles += one.total * times;
        loop->cost.ramp += one.ramp * times;
        loop->cost.passes += is_main ? (uint64_t)part->passes * times : 0;
    }
    return setup;
}

static void add_step(struct kernel_tally *tally, const struct kernel_step *step)
{
    struct kernel_part parts[2];
    int count = kernel_step_parts(tally->plan, step, parts);
    kernel_tally_enter(tally, step, count);
    for (int p = 0; p < count; p++) {
        uint64_t stalls =
            (uint64_t)parts[p].passes * (uint64_t)parts[p].schedule->bank_stalls / BANK_PASSES;
        kernel_tally_add(tally, step->region, &parts[p], stalls, step->times);
    }
}

static bool walk(struct kernel_tally *tally, struct arena *arena, struct error *err)
{
    struct kernel_walk walk;
    struct kernel_step step;
    if (!kernel_walk_begin(&walk, tally->plan, tally->plan->lowered.regions, NULL, true, arena,
                           err))
        return false;
    while (kernel_walk_next(&walk, &step))
        add_step(tally, &step);
    return !err->is_set;
}

struct count {
    struct kernel_tally tally;
    const struct region **region_of; /* by statement id: loops and ifs */
};

/* Blocks from here up to the next loop or if. */
static void add_blocks(struct count *count, const struct region *from)
{
    for (const struct region *r = from; r && r->kind == REGION_BLOCK; r = r->next)
        add_step(&count->tally, &(struct kernel_step){r, 0, 1, 1});
}

static void pass_begun(void *context, const struct loop_statement *loop, int64_t pass)
{
    struct count *count = context;
    const struct region *region = count->region_of[loop->id];
    (void)pass;
    if (region && region->kind == REGION_NEST)
        add_blocks(count, region->body);
}

static void loop_done(void *context, const struct loop_statement *loop, int64_t trips)
{
    struct count *count = context;
    const struct region *region = count->region_of[loop->id];
    if (!region)
        return;
    if (region->kind == REGION_LOOP && trips > 0)
        add_step(&count->tally, &(struct kernel_step){region, 0, trips, 1});
    add_blocks(count, region->next);
}

static void path_taken(void *context, const struct loop_statement *statement, bool is_body)
{
    struct count *count = context;
    const struct region *region = count->region_of[statement->id];
    if (!region || region->kind != REGION_IF)
        return;
    add_blocks(count, is_body ? region->body : region->other);
    add_blocks(count, region->next);
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

static bool run_on_values(struct count *count, struct arena *arena, struct error *err)
{
    const struct loop_kernel *kernel = count->tally.plan->lowered.kernel;
    struct loop_values values;
    if (!loop_values_init(&values, kernel, true, arena, err))
        return false;
    count->region_of =
        arena_array(arena, (size_t)kernel->statement_count + 1, sizeof *count->region_of);
    map_regions(count, count->tally.plan->lowered.regions);
    values.observer = (struct loop_observer){.context = count,
                                             .loop_done = loop_done,
                                             .path_taken = path_taken,
                                             .pass_begun = pass_begun};
    add_blocks(count, count->tally.plan->lowered.regions);
    return loop_values_run(&values);
}

void kernel_tally_clear(struct kernel_plan *plan)
{
    for (int l = 0; l < plan->loop_count; l++)
        plan->loops[l].cost = (struct kernel_region_cost){0};
    for (int s = 0; s < plan->schedule_count; s++)
        plan->runs[s] = 0;
}

struct kernel_tally kernel_tally_begin(struct kernel_plan *plan)
{
    struct kernel_tally tally = {.plan = plan};
    tally.cycles.total = tally.cycles.call = (uint64_t)plan->machine->params->call_cycles;
    return tally;
}

bool kernel_count(struct kernel_plan *plan, struct arena *arena, struct error *err)
{
    kernel_tally_clear(plan);
    struct count count = {.tally = kernel_tally_begin(plan)};
    bool is_done = plan->lowered.needs_values ? run_on_values(&count, arena, err)
                                              : walk(&count.tally, arena, err);
    plan->cycles = count.tally.cycles;
    return is_done;
}

struct cycle_account kernel_account(const struct kernel_cycles *cycles)
{
    struct cycle_account account = {0};
    account.cycles[REASON_WORK] =
        cycles->kernel - cycles->recurrence + cycles->blocks - cycles->latency;
    account.cycles[REASON_DEPENDENCY] = cycles->recurrence + cycles->latency;
    account.cycles[REASON_FILL] = cycles->ramp;
    account.cycles[REASON_RECONFIGURE] = cycles->setup + cycles->call;
    account.cycles[REASON_BANK_CONFLICT] = cycles->stall;
    return account;
}
