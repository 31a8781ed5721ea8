/* Cycles of a scheduled kernel, from its trip counts. */
#include "arch/vliw/bank_stall.h"
#include "arch/vliw/kernel_walk.h"

struct count {
    struct kernel_plan *plan;
    struct kernel_cycles cycles;
    uint64_t before; /* cycles of the block just run, behind which a loop's set-up hides */
    const struct region **region_of; /* by statement id: loops and ifs */
};

static void add_scaled(struct kernel_cycles *sum, const struct kernel_cycles *more,
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

static void add_block(struct count *count, const struct region *block, uint64_t times)
{
    const struct region_schedule *schedule = block->schedule;
    uint64_t cycles = (uint64_t)schedule->tail_cycles;
    uint64_t least = (uint64_t)schedule->bound.res_mii;
    struct kernel_cycles one = {.total = cycles,
                                .blocks = cycles,
                                .latency = cycles > least ? cycles - least : 0,
                                .bundles_fetched = (uint64_t)schedule->schedule.length,
                                .slots_fetched = (uint64_t)schedule->operations,
                                .operations = (uint64_t)schedule->operations};
    count->before = cycles;
    count->plan->runs[schedule->index] += times;
    add_scaled(&count->cycles, &one, times);
}

static void add_passes(struct count *count, const struct region_schedule *loop, int64_t passes,
                       struct kernel_cycles *sum, uint64_t times)
{
    if (passes <= 0 || loop->operations == 0)
        return;
    uint64_t total = region_loop_cycles(loop, passes);
    uint64_t kernel = (uint64_t)passes * (uint64_t)loop->schedule.ii;
    kernel = kernel < total ? kernel : total;
    uint64_t stalls = (uint64_t)passes * (uint64_t)loop->bank_stalls / BANK_PASSES;
    int64_t above = loop->schedule.ii - loop->bound.res_mii;
    uint64_t operations = (uint64_t)(loop->operations * passes);
    uint64_t fetched = loop->is_buffered ? (uint64_t)loop->schedule.length : total;
    struct kernel_cycles one = {
        .total = total + stalls,
        .kernel = kernel,
        .ramp = total - kernel,
        .stall = stalls,
        .recurrence = above > 0 && loop->is_pipelined ? (uint64_t)(above * passes) : 0,
        .bundles_fetched = fetched,
        .slots_fetched = loop->is_buffered ? (uint64_t)loop->operations : operations,
        .bundles_buffered = total > fetched ? total - fetched : 0,
        .operations = operations};
    count->plan->runs[loop->index] += (uint64_t)passes * times;
    add_scaled(sum, &one, 1);
}

static void add_setup(struct count *count, struct kernel_cycles *sum)
{
    uint64_t setup = (uint64_t)count->plan->machine->params->loop_setup;
    uint64_t hidden = count->before < setup ? count->before : setup;
    sum->setup += setup - hidden;
    sum->total += setup - hidden;
    count->before = 0;
}

static struct kernel_loop *loop_of(struct kernel_plan *plan, const struct region *region)
{
    for (int l = 0; l < plan->loop_count; l++)
        if (plan->loops[l].statement == region->statement &&
            plan->loops[l].main == region->schedule)
            return &plan->loops[l];
    return NULL;
}

static void add_loop(struct count *count, const struct region *region, int64_t trips,
                     uint64_t times)
{
    struct kernel_loop *loop = loop_of(count->plan, region);
    if (trips <= 0)
        return;
    int64_t passes = trips / region->copies, rest = trips % region->copies;
    struct kernel_cycles one = {0};
    const struct region_schedule *main = region->schedule,
                                 *remainder = loop ? loop->remainder : NULL;
    if (passes > 0) {
        add_setup(count, &one);
        add_passes(count, main, passes, &one, times);
    }
    if (rest > 0) {
        add_setup(count, &one);
        add_passes(count, remainder ? remainder : main, remainder ? rest : 1, &one, times);
    }
    add_scaled(&count->cycles, &one, times);
    if (loop) {
        loop->cost.cycles += one.total * times;
        loop->cost.ramp += one.ramp * times;
        loop->cost.entries += times;
        loop->cost.passes += (uint64_t)passes * times;
    }
}

static bool walk(struct count *count, struct arena *arena, struct error *err)
{
    struct kernel_walk walk;
    struct kernel_step step;
    if (!kernel_walk_begin(&walk, count->plan, count->plan->lowered.regions, NULL, true, arena,
                           err))
        return false;
    while (kernel_walk_next(&walk, &step)) {
        if (step.region->kind == REGION_BLOCK)
            add_block(count, step.region, step.times);
        else
            add_loop(count, step.region, step.trips, step.times);
    }
    return !err->is_set;
}

static void add_blocks(struct count *count, const struct region *list, int64_t times)
{
    for (const struct region *r = list; r && times > 0; r = r->next)
        if (r->kind == REGION_BLOCK)
            add_block(count, r, (uint64_t)times);
}

static void loop_done(void *context, const struct loop_statement *loop, int64_t trips)
{
    struct count *count = context;
    const struct region *region = count->region_of[loop->id];
    if (!region)
        return;
    if (region->kind == REGION_LOOP)
        add_loop(count, region, trips, 1);
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

static bool run_on_values(struct count *count, struct arena *arena, struct error *err)
{
    const struct loop_kernel *kernel = count->plan->lowered.kernel;
    struct loop_values values;
    if (!loop_values_init(&values, kernel, true, arena, err))
        return false;
    count->region_of =
        arena_array(arena, (size_t)kernel->statement_count + 1, sizeof *count->region_of);
    map_regions(count, count->plan->lowered.regions);
    values.observer = (struct loop_observer){
        .context = count, .loop_done = loop_done, .path_taken = path_taken};
    add_blocks(count, count->plan->lowered.regions, 1);
    return loop_values_run(&values);
}

bool kernel_count(struct kernel_plan *plan, struct arena *arena, struct error *err)
{
    struct count count = {.plan = plan};
    for (int l = 0; l < plan->loop_count; l++)
        plan->loops[l].cost = (struct kernel_region_cost){0};
    count.cycles.call = (uint64_t)plan->machine->params->call_cycles;
    count.cycles.total = count.cycles.call;
    bool is_done = plan->lowered.needs_values ? run_on_values(&count, arena, err)
                                              : walk(&count, arena, err);
    plan->cycles = count.cycles;
    return is_done;
}

struct cycle_account kernel_account(const struct kernel_plan *plan)
{
    const struct kernel_cycles *cycles = &plan->cycles;
    struct cycle_account account = {0};
    account.cycles[REASON_WORK] =
        cycles->kernel - cycles->recurrence + cycles->blocks - cycles->latency;
    account.cycles[REASON_DEPENDENCY] = cycles->recurrence + cycles->latency;
    account.cycles[REASON_FILL] = cycles->ramp;
    account.cycles[REASON_RECONFIGURE] = cycles->setup + cycles->call;
    account.cycles[REASON_BANK_CONFLICT] = cycles->stall;
    return account;
}
