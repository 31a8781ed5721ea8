#include "arch/vliw/kernel_plan.h"

#include <string.h>

#include "arch/vliw/bank_stall.h"
#include "arch/vliw/lower_state.h"

static struct region_schedule *add_schedule(struct kernel_plan *plan, struct arena *arena)
{
    int count = plan->schedule_count;
    if ((count & (count - 1)) == 0)
        plan->schedules = arena_grow(arena, plan->schedules, (size_t)count,
                                     (size_t)(count ? 2 * count : 1), sizeof *plan->schedules);
    struct region_schedule *schedule = arena_alloc(arena, sizeof *schedule);
    plan->schedules[plan->schedule_count++] = schedule;
    return schedule;
}

static struct kernel_loop *add_loop(struct kernel_plan *plan, struct arena *arena)
{
    int count = plan->loop_count;
    if ((count & (count - 1)) == 0) {
        int room = count ? 2 * count : 1;
        plan->loops =
            arena_grow(arena, plan->loops, (size_t)count, (size_t)room, sizeof *plan->loops);
    }
    plan->loops[plan->loop_count++] = (struct kernel_loop){0};
    return &plan->loops[plan->loop_count - 1];
}

/* Bounds first, schedules in a second round, both into the same places. */
static bool settle(struct kernel_plan *plan, struct flow *flow,
                   const struct pack_options *options, bool is_sequential,
                   struct region_schedule *schedule, struct error *err)
{
    return plan->is_bound
               ? region_bound(flow, plan->machine, options, is_sequential, schedule, err)
               : region_schedule(flow, plan->machine, options, is_sequential, schedule, err);
}

static struct region_schedule *schedule_of(struct kernel_plan *plan, struct region *region,
                                           struct arena *arena)
{
    if (!region->schedule)
        region->schedule = add_schedule(plan, arena);
    return region->schedule;
}

static bool schedule_loop(struct kernel_plan *plan, struct region *region, struct arena *arena,
                          struct error *err)
{
    struct pack_options options = {0};
    bool is_sequential =
        region->statement->is_sequential || region->statement->kind == LOOP_WHILE;
    struct region_schedule *main = schedule_of(plan, region, arena), *rest = NULL;
    if (!settle(plan, region->flow, &options, is_sequential, main, err))
        return false;
    if (region->remainder) {
        if (!region->rest_schedule)
            region->rest_schedule = add_schedule(plan, arena);
        rest = region->rest_schedule;
        if (!settle(plan, region->remainder, &options, is_sequential, rest, err))
            return false;
    }
    struct kernel_loop *loop = NULL;
    if (plan->is_bound) {
        loop = add_loop(plan, arena);
        *loop = (struct kernel_loop){.statement = region->statement,
                                     .copies = region->copies,
                                     .main = main,
                                     .remainder = rest};
        return true;
    }
    main->bank_stalls = bank_stalls(main, region->flow, plan->lowered.kernel, plan->machine);
    plan->code_bytes += region_code_bytes(main, plan->machine);
    plan->code_bytes += rest ? region_code_bytes(rest, plan->machine) : 0;
    return true;
}

/* Loops first: blocks combine the accumulators that loops were split into, and set those that
 * the next loop starts from. */
static bool schedule_loops(struct kernel_plan *plan, struct region *list, struct arena *arena,
                           struct error *err)
{
    for (struct region *r = list; r; r = r->next) {
        if (r->kind == REGION_LOOP && !schedule_loop(plan, r, arena, err))
            return false;
        if (!schedule_loops(plan, r->body, arena, err) ||
            !schedule_loops(plan, r->other, arena, err))
            return false;
    }
    return true;
}

/* Bits of array elements that a loop finds in registers. */
static int64_t loaded_bits(const struct flow *flow)
{
    int64_t bits = 0;
    for (int i = 0; i < flow->node_count; i++) {
        const struct flow_node *node = &flow->nodes[i];
        bool is_outside = node->kind == FLOW_INPUT || node->kind == FLOW_CARRIED;
        if (is_outside && node->uses > 0 && node->symbol && node->symbol->kind == LOOP_ARRAY)
            bits += node->type.bits;
    }
    return bits;
}

static bool schedule_blocks(struct kernel_plan *plan, struct region *list, bool is_pass,
                            struct arena *arena, struct error *err)
{
    for (struct region *r = list; r; r = r->next) {
        if (r->kind == REGION_BLOCK) {
            struct region_schedule *block = schedule_of(plan, r, arena);
            struct pack_options options = {.has_branch = is_pass && !r->next};
            if (r->next && r->next->kind == REGION_LOOP) {
                options.leading_moves = r->next->flow->accumulators;
                options.leading_bits = loaded_bits(r->next->flow);
            }
            if (!settle(plan, r->flow, &options, false, block, err))
                return false;
            if (!plan->is_bound)
                plan->code_bytes += region_code_bytes(block, plan->machine);
        }
        bool is_nest = r->kind == REGION_NEST;
        if (!schedule_blocks(plan, r->body, is_nest, arena, err) ||
            !schedule_blocks(plan, r->other, is_nest, arena, err))
            return false;
    }
    return true;
}

static bool is_jammed(const struct region *list)
{
    for (const struct region *r = list; r; r = r->next)
        if ((r->kind == REGION_NEST && r->copies > 1) || is_jammed(r->body) ||
            is_jammed(r->other))
            return true;
    return false;
}

static bool settle_all(struct kernel_plan *plan, bool is_bound, struct arena *arena,
                       struct error *err)
{
    plan->is_bound = is_bound;
    return schedule_loops(plan, plan->lowered.regions, arena, err) &&
           schedule_blocks(plan, plan->lowered.regions, false, arena, err);
}

enum outcome { FAILED, TOO_LARGE, NO_BETTER, BETTER };

/* Bodies that the model makes of its own accord; larger ones only where hints ask for them. */
enum { OWN_OPERATIONS_MOST = 400 };

static bool is_too_large(const struct kernel_plan *plan)
{
    for (int s = 0; s < plan->schedule_count; s++)
        if (plan->schedules[s]->operations > OWN_OPERATIONS_MOST)
            return true;
    return false;
}

/* One choice of copies, from lowering to cycles. With `best` given it is only scheduled where
 * its lower bound is below that. */
static enum outcome try_options(const struct loop_kernel *kernel,
                                const struct lower_options *options, struct arena *arena,
                                const struct kernel_plan *best, struct kernel_plan *plan,
                                struct error *err)
{
    *plan = (struct kernel_plan){.machine = options->machine, .options = *options};
    if (!loop_lower_kernel(kernel, options, arena, &plan->lowered, err))
        return FAILED;
    if (plan->lowered.needs_values && is_jammed(plan->lowered.regions)) {
        error_set(err, "%s: loops whose trip counts depend on data cannot be jammed",
                  kernel->path);
        return FAILED;
    }
    if (!settle_all(plan, true, arena, err))
        return FAILED;
    if (best && is_too_large(plan))
        return TOO_LARGE;
    plan->runs = arena_array(arena, (size_t)plan->schedule_count + 1, sizeof *plan->runs);
    for (int s = 0; s < plan->schedule_count; s++)
        plan->schedules[s]->index = s;
    if (best && !kernel_count(plan, arena, err))
        return FAILED;
    if (best && plan->cycles.total >= best->cycles.total)
        return NO_BETTER;
    memset(plan->runs, 0, (size_t)plan->schedule_count * sizeof *plan->runs);
    if (!settle_all(plan, false, arena, err))
        return FAILED;
    for (int s = 0; s < plan->schedule_count; s++)
        plan->schedules[s]->index = s;
    if (!kernel_count(plan, arena, err))
        return FAILED;
    return best && plan->cycles.total >= best->cycles.total ? NO_BETTER : BETTER;
}

static bool has_free_unroll(const struct loop_statement *list, int64_t expand, bool is_jam)
{
    for (const struct loop_statement *s = list; s; s = s->next) {
        bool is_loop = s->kind == LOOP_FOR || s->kind == LOOP_WHILE;
        bool is_inner = is_loop && !loop_lower_has_loop(s->body, expand);
        if (is_loop && s->unroll == 0 && is_inner != is_jam)
            return true;
        if (!is_inner && (has_free_unroll(s->body, expand, is_jam) ||
                          has_free_unroll(s->other, expand, is_jam)))
            return true;
    }
    return false;
}

/* The next larger trip count below which loops inside others could disappear; 0: there is none.
 */
static int64_t next_expansion(const struct loop_statement *list, int64_t expand, bool is_inside)
{
    int64_t least = 0;
    for (const struct loop_statement *s = list; s; s = s->next) {
        int64_t trips = loop_lower_constant_trips(s);
        bool is_loop = s->kind == LOOP_FOR || s->kind == LOOP_WHILE;
        int64_t found[3] = {next_expansion(s->body, expand, is_inside || is_loop),
                            next_expansion(s->other, expand, is_inside), 0};
        if (is_inside && trips > expand && loop_lower_expands(s, trips) &&
            !loop_lower_expands(s, expand))
            found[2] = trips;
        for (int f = 0; f < 3; f++)
            if (found[f] && (!least || found[f] < least))
                least = found[f];
    }
    return least;
}

/* Unrolling and jamming with inner loops of at most `expand` trips gone. */
static bool try_copies(const struct loop_kernel *kernel, const struct vliw_machine *machine,
                       int64_t expand, struct kernel_limits limits, struct arena *arena,
                       struct kernel_plan *plan, bool *is_found, struct error *err)
{
    bool can_unroll = has_free_unroll(kernel->body, expand, false),
         can_jam = has_free_unroll(kernel->body, expand, true);
    for (int jam = 1; jam <= (can_jam ? limits.jam_most : 1); jam *= 2)
        for (int unroll = 1; unroll <= (can_unroll ? limits.unroll_most : 1); unroll *= 2) {
            struct lower_options options = {
                .unroll = unroll, .jam = jam, .expand = expand, .machine = machine};
            struct kernel_plan next;
            struct error own = {0};
            struct arena_mark mark = arena_mark(arena);
            enum outcome outcome =
                try_options(kernel, &options, arena, *is_found ? plan : NULL, &next, &own);
            /* Only the plainest choice must work; others may be too large. */
            if (outcome == FAILED && jam == 1 && unroll == 1 && expand == 0)
                return error_set(err, "%s", own.text);
            if (outcome == BETTER) {
                *plan = next;
                *is_found = true;
                continue;
            }
            arena_release(arena, mark);
            if (outcome == TOO_LARGE)
                break;
        }
    return true;
}

bool kernel_plan(const struct loop_kernel *kernel, const struct vliw_machine *machine,
                 struct kernel_limits limits, struct arena *arena, struct kernel_plan *plan,
                 struct error *err)
{
    int lanes = 1;
    for (int v = 0; v < machine->variant_count; v++)
        lanes = machine->variants[v].lanes > lanes ? machine->variants[v].lanes : lanes;
    if (!limits.unroll_most)
        limits.unroll_most = lanes > 16 ? lanes : 16;
    if (limits.unroll_most > COPIES_MOST)
        limits.unroll_most = COPIES_MOST;
    if (!limits.jam_most)
        limits.jam_most = 4;
    bool is_found = false;
    int64_t expand = 0;
    do {
        if (!try_copies(kernel, machine, expand, limits, arena, plan, &is_found, err))
            return false;
        expand = limits.keeps_loops ? 0 : next_expansion(kernel->body, expand, false);
    } while (expand);
    return is_found;
}
