/* One block or loop body: packed, clusters assigned, scheduled. */
#include "arch/scheduling/list_schedule.h"
#include "arch/vliw/kernel_plan.h"

enum { REGISTER_TRIES = 8, CANDIDATES = 5 };

/* Cycles from the last pass's first issue until its results are there for what follows. */
static int64_t tail(const struct dependence_graph *graph, const struct schedule *schedule,
                    bool is_loop)
{
    int64_t last = schedule->length;
    for (int i = 0; i < graph->operation_count; i++) {
        const struct operation *operation = &graph->operations[i];
        int64_t ready = schedule->time[i] +
                        operation->alternatives[schedule->alternative[i]].latency_cycles;
        if ((!is_loop || operation->is_live_out) && ready > last)
            last = ready;
    }
    return last;
}

/* Values for the next pass must be there when it starts to need them. */
static int64_t sequential_length(const struct dependence_graph *graph,
                                 const struct schedule *schedule)
{
    int64_t length = schedule->length;
    for (int e = 0; e < graph->dependence_count; e++) {
        const struct dependence *edge = &graph->dependences[e];
        if (edge->distance == 0)
            continue;
        int64_t span = schedule->time[edge->from] - schedule->time[edge->to] +
                       graph_edge_latency(graph, edge, schedule->alternative[edge->from]);
        span = (span + edge->distance - 1) / edge->distance;
        if (span > length)
            length = span;
    }
    return length;
}

static int64_t registers_over(const struct region_schedule *result,
                              const struct vliw_machine *machine)
{
    int clusters = machine->rules.cluster_count;
    int64_t over = 0;
    for (int c = 0; c < clusters; c++) {
        int64_t live = result->registers.max_live[c] + result->packed.invariants / clusters;
        if (live - machine->params->registers > over)
            over = live - machine->params->registers;
    }
    return over;
}

/* A shorter II, then a shorter pass. */
static bool is_better(const struct region_schedule *a, const struct region_schedule *b)
{
    if (a->schedule.ii != b->schedule.ii)
        return a->schedule.ii < b->schedule.ii;
    return a->tail_cycles < b->tail_cycles;
}

static void schedule_straight(struct region_schedule *result,
                              const struct vliw_machine *machine, bool is_loop)
{
    result->schedule = list_schedule(&result->graph, &machine->resources);
    result->tail_cycles = tail(&result->graph, &result->schedule, false);
    if (is_loop) {
        int64_t length = sequential_length(&result->graph, &result->schedule);
        /* The branch at the end of the pass takes effect after its delay. */
        length = result->tail_cycles > length ? result->tail_cycles : length;
        result->schedule.ii = (int)length;
        result->schedule.stage_count = 1;
        result->tail_cycles = length;
        result->binding = "sequential";
    }
    result->bundles = result->schedule.length;
    result->code_slots = result->graph.operation_count;
}

static void schedule_pipelined(struct region_schedule *result,
                               const struct vliw_machine *machine, int least_ii)
{
    result->is_pipelined = true;
    result->binding =
        initiation_interval_binding(&result->bound, &machine->resources, result->graph.arena);
    struct modulo_options options = {.least_ii = least_ii};
    for (int attempt = 0; attempt < REGISTER_TRIES; attempt++) {
        result->schedule =
            modulo_schedule(&result->graph, &machine->resources, &result->bound, options);
        result->registers =
            register_use(&result->graph, &result->schedule, machine->params->is_rotating);
        if (registers_over(result, machine) == 0)
            break;
        result->binding = "registers";
        options.least_ii = result->schedule.ii + 1;
    }
    result->tail_cycles = tail(&result->graph, &result->schedule, true);
    int64_t ramp = (int64_t)(result->schedule.stage_count - 1) * result->schedule.ii;
    int64_t copies = result->registers.kernel_copies;
    result->bundles = ramp + copies * result->schedule.ii + copies * ramp;
    result->code_slots = result->graph.operation_count * (2 * copies + 1);
}

bool region_bound(struct flow *flow, const struct vliw_machine *machine,
                  const struct pack_options *options, bool is_sequential,
                  struct region_schedule *result, struct error *err)
{
    *result = (struct region_schedule){.binding = "none"};
    struct pack_options actual = *options;
    actual.has_control = flow->is_loop && (is_sequential || machine->params->loop_buffer == 0);
    if (!flow_pack(flow, machine, &actual, &result->packed, err))
        return false;
    result->graph = result->packed.graph;
    result->operations = result->graph.operation_count;
    if (result->operations == 0)
        return true;
    result->bound = initiation_interval(&result->graph, &machine->resources);
    result->schedule.ii = result->bound.mii;
    result->schedule.length = result->bound.res_mii;
    struct arena_mark mark = arena_mark(flow->arena);
    int64_t *height = arena_array(flow->arena, (size_t)result->operations + 1, sizeof *height);
    modulo_heights(&result->graph, result->bound.mii, height);
    for (int64_t i = 0; i < result->operations; i++)
        if (height[i] + 1 > result->tail_cycles)
            result->tail_cycles = height[i] + 1;
    arena_release(flow->arena, mark);
    bool is_straight = !flow->is_loop || is_sequential;
    if (is_straight && result->bound.res_mii > result->tail_cycles)
        result->tail_cycles = result->bound.res_mii;
    if (flow->is_loop && is_sequential)
        result->schedule.ii = (int)result->tail_cycles;
    return true;
}

/* Large bodies have no time for placements that can at best equal another. */
static bool can_be_better(const struct region_schedule *best, int mii, int64_t operations)
{
    enum { SMALL = 80 };
    return mii < best->schedule.ii || (mii == best->schedule.ii && operations <= SMALL);
}

bool region_schedule(struct flow *flow, const struct vliw_machine *machine,
                     const struct pack_options *options, bool is_sequential,
                     struct region_schedule *result, struct error *err)
{
    struct packed_flow packed = result->packed; /* of the bound, or none */
    *result = (struct region_schedule){.binding = "none"};
    struct pack_options actual = *options;
    bool is_loop = flow->is_loop;
    int64_t buffer = machine->params->loop_buffer;
    for (int round = 0; round < 2; round++) {
        if (is_loop && (is_sequential || buffer == 0 || round == 1))
            actual.has_control = true;
        if (round == 0 && packed.graph.arena)
            result->packed = packed;
        else if (!flow_pack(flow, machine, &actual, &result->packed, err))
            return false;
        result->operations = result->packed.graph.operation_count;
        if (result->operations == 0)
            return true;
        struct dependence_graph candidates[CANDIDATES];
        int count = cluster_candidates(&result->packed.graph, &machine->resources,
                                       &machine->rules, candidates, CANDIDATES);
        struct initiation_interval bound =
            initiation_interval(&result->packed.graph, &machine->resources);
        bool is_straight = !is_loop || is_sequential;
        struct region_schedule best = {0};
        for (int c = 0; c < count; c++) {
            result->graph = candidates[c];
            result->bound = bound;
            struct initiation_interval placed =
                cluster_interval(&result->graph, &machine->resources);
            result->bound.preferred_alternative = placed.preferred_alternative;
            if (c > 0 && !is_straight && !can_be_better(&best, placed.mii, result->operations))
                continue;
            if (is_straight)
                schedule_straight(result, machine, is_loop);
            else
                schedule_pipelined(result, machine, placed.mii);
            if (c == 0 || is_better(result, &best))
                best = *result;
        }
        *result = best;
        if (is_straight)
            return true;
        result->is_buffered = !actual.has_control;
        /* A loop of one iteration's code in the buffer needs neither branch nor more copies. */
        if (actual.has_control ||
            (int64_t)result->schedule.ii * result->registers.kernel_copies <= buffer)
            break;
    }
    if (result->is_buffered)
        result->bundles = result->schedule.length;
    if (result->is_buffered)
        result->code_slots = result->graph.operation_count;
    return true;
}

uint64_t region_loop_cycles(const struct region_schedule *loop, int64_t passes)
{
    if (passes <= 0 || loop->operations == 0)
        return 0;
    return (uint64_t)(passes - 1) * (uint64_t)loop->schedule.ii + (uint64_t)loop->tail_cycles;
}

int64_t region_code_bytes(const struct region_schedule *region,
                          const struct vliw_machine *machine)
{
    int64_t bits = machine->params->instruction_bits;
    return (bits ? region->code_slots * bits : region->bundles * machine->params->fetch_bits) /
           8;
}

struct plan_loop region_loop_record(const struct region_schedule *loop,
                                    const struct vliw_machine *machine)
{
    double slots = (double)machine->params->issue * loop->schedule.ii;
    return (struct plan_loop){.initiation_interval = loop->schedule.ii,
                              .resource_bound = loop->bound.res_mii,
                              .recurrence_bound = loop->bound.rec_mii,
                              .binding = loop->binding,
                              .stages = loop->schedule.stage_count,
                              .code_bytes = region_code_bytes(loop, machine),
                              .occupancy = slots > 0 ? (double)loop->operations / slots : 0,
                              .operations = (uint64_t)loop->operations,
                              .length = loop->schedule.length,
                              .kernel_copies = loop->registers.kernel_copies,
                              .max_live = loop->registers.max_live_all,
                              .is_buffered = loop->is_buffered};
}
