#include "arch/vector/vector.h"

#include <math.h>
#include <string.h>

#include "arch/vector/vector_state.h"

#define FIELD(name) offsetof(struct vector_params, name)

static const struct param PARAMS[] = {
    {"lanes", PARAM_COUNT, UNIT_NONE, FIELD(lanes), NULL, 1, 1e6, NULL,
     "elements worked on at once"},
    {"rate", PARAM_COUNT, UNIT_NONE, FIELD(rate), "1", 1, 64, NULL,
     "simple operations (add, multiply, compare) per lane and cycle"},
    {"special_cycles", PARAM_COUNT, UNIT_NONE, FIELD(special_cycles), "4", 1, 1e4, NULL,
     "cycles of a lane per exp, tanh, division or root"},
    {"latency", PARAM_COUNT, UNIT_NONE, FIELD(latency), "4", 1, 1e5, NULL,
     "cycles from an operand to its dependent use"},
    {"startup", PARAM_COUNT, UNIT_NONE, FIELD(startup), "0", 0, 1e9, NULL,
     "cycles from issuing an operator to its first work"},
    {NULL, PARAM_COUNT, UNIT_NONE, 0, NULL, 0, 0, NULL, NULL}};

#undef FIELD

static const enum reason REASONS_USED[] = {
    REASON_WORK,        REASON_DEPENDENCY,  REASON_RECONFIGURE, REASON_INPUT_WAIT,
    REASON_WEIGHT_WAIT, REASON_OUTPUT_WAIT, REASON_COUNT};

static bool check(struct core *core, struct error *err)
{
    core->state = arena_alloc(core->arena, sizeof(struct vector_state));
    if (core->scratch < 0)
        return error_set(err, "%sscratch is missing: name the SRAM that feeds the lanes",
                         core->place);
    return true;
}

static void parts(struct core *core, struct inventory *inventory)
{
    const struct vector_params *params = core->params;
    struct vector_state *state = core->state;
    struct number_format format =
        core->native.class == NUMBER_NONE ? number_format_float(8, 23) : core->native;
    uint64_t lanes = (uint64_t)(params->lanes * core->count), rate = (uint64_t)params->rate;
    struct part lane = {.name = arena_format(core->arena, "%s.lanes", core->name),
                        .component = core->name,
                        .kind = PART_MAC,
                        .count = lanes * rate,
                        .operand = {format, format},
                        .result = format,
                        .clock = core->clock};
    state->simple =
        inventory_meter(inventory, inventory_add(inventory, &lane), ACTION_COMPUTE, format, 0);
    struct part special = lane;
    special.name = arena_format(core->arena, "%s.special", core->name);
    special.kind = PART_SPECIAL;
    special.count = lanes;
    state->special = inventory_meter(inventory, inventory_add(inventory, &special),
                                     ACTION_COMPUTE, format, 0);
    uint64_t bits = 4u * format.bits;
    struct part registers = {.name = arena_format(core->arena, "%s.registers", core->name),
                             .component = core->name,
                             .kind = PART_REGISTER,
                             .count = lanes,
                             .bits = bits,
                             .clock = core->clock};
    state->registers = inventory_meter(inventory, inventory_add(inventory, &registers),
                                       ACTION_WRITE, (struct number_format){0}, format.bits);
    struct part clock_tree = {.name = arena_format(core->arena, "%s.clock", core->name),
                              .component = core->name,
                              .kind = PART_CLOCK_TREE,
                              .count = 1,
                              .bits = bits * lanes,
                              .clock = core->clock};
    inventory_add(inventory, &clock_tree);
    state->scratch_read = inventory_meter(inventory, core->scratch, ACTION_READ,
                                          (struct number_format){0}, core->scratch_bits);
    state->scratch_write = inventory_meter(inventory, core->scratch, ACTION_WRITE,
                                           (struct number_format){0}, core->scratch_bits);
}

static bool supports(const struct core *core, const struct primitive *primitive)
{
    (void)core;
    (void)primitive;
    return true;
}

static void add_work(struct demand *demand, double elements, struct element_work work)
{
    demand->simple += elements * work.simple;
    demand->special += elements * work.transcendental;
}

/* Dependent steps that run one after the other; `parallel` of them proceed side by side. */
static double serial(const struct vector_params *params, double steps, double parallel)
{
    double waves = ceil(parallel / (double)params->lanes);
    return steps * (double)params->latency * waves;
}

static struct demand find_demand(const struct vector_params *params, const struct primitive *p)
{
    struct demand demand = {.passes = {1, 1, 1, 1}};
    switch (p->kind) {
    case PRIMITIVE_CONTRACTION:
        demand.simple = (double)p->macs;
        break;
    case PRIMITIVE_SPARSE_CONTRACTION: /* of a pattern only the sums */
        demand.simple =
            p->macs ? (double)p->macs : (double)p->sparse.non_zeros * (double)p->sparse.columns;
        break;
    case PRIMITIVE_MAP:
        add_work(&demand, (double)p->map.elements, p->map.work);
        break;
    case PRIMITIVE_REDUCE:
        add_work(&demand, (double)p->reduce.outputs * (double)p->reduce.length, p->reduce.work);
        /* The last halvings of each fold do not fill the lanes. */
        demand.serial_cycles = (double)params->latency * log2((double)params->lanes);
        break;
    case PRIMITIVE_GATHER:
    case PRIMITIVE_SCATTER:
        demand.simple = (double)p->gather.count * (double)p->gather.record;
        break;
    case PRIMITIVE_MERGE:
        demand.simple = (double)(p->merge.left + p->merge.right);
        break;
    case PRIMITIVE_CHASE:
        demand.simple = (double)p->chase.chains * (double)p->chase.depth;
        demand.serial_cycles = serial(params, (double)p->chase.depth, (double)p->chase.chains);
        break;
    case PRIMITIVE_STENCIL:
        demand.simple = (double)p->stencil.points * (double)p->stencil.neighbours *
                        (double)p->stencil.sweeps;
        demand.serial_cycles =
            (double)params->latency *
            (p->stencil.is_wavefront ? 2 * sqrt((double)p->stencil.points) : 1) *
            (double)p->stencil.sweeps;
        break;
    case PRIMITIVE_MOVE:
        demand.simple = (double)p->move.elements;
        break;
    case PRIMITIVE_KIND_COUNT:
        break;
    }
    double counted = demand.simple + demand.special;
    if (counted < (double)p->output.elements) /* each result passes a lane at least once */
        demand.simple += (double)p->output.elements - counted;
    return demand;
}

static double demand_cycles(const struct vector_params *params, const struct demand *demand)
{
    double lanes = (double)params->lanes;
    return ceil(demand->simple / (lanes * (double)params->rate)) +
           ceil(demand->special * (double)params->special_cycles / lanes);
}

static uint64_t bound(const struct core *core, const struct primitive *primitive)
{
    const struct vector_params *params = core->params;
    struct demand demand = find_demand(params, primitive);
    return primitive->repeat * (uint64_t)(demand_cycles(params, &demand) / (double)core->count +
                                          demand.serial_cycles);
}

/* Transfers and work overlap chunk by chunk: at least so many, if they do not get too small for
 * the memory. */
static uint64_t chunks_wanted(uint64_t moved)
{
    enum { PIPELINED = 32, SMALLEST = 1024 };
    uint64_t wanted = moved / SMALLEST;
    wanted = wanted < PIPELINED ? wanted : PIPELINED;
    return wanted ? wanted : 1;
}

/* And as many as the scratch demands. */
static uint64_t chunk_count(uint64_t moved, uint64_t half)
{
    enum { MOST = 4096 };
    uint64_t needed = (2 * moved + half - 1) / half, wanted = chunks_wanted(moved);
    uint64_t count = needed > wanted ? needed : wanted;
    return count < MOST ? count : MOST;
}

static uint64_t active_lanes(const struct vector_params *params, const struct primitive *p)
{
    uint64_t lanes = (uint64_t)params->lanes;
    return p->output.elements < lanes ? p->output.elements : lanes;
}

static bool plan(const struct core *core, const struct primitive *primitive,
                 const struct site *site, const struct nest *pinned, struct arena *arena,
                 struct plan *result, struct error *err)
{
    (void)err;
    (void)pinned;
    const struct vector_params *params = core->params;
    const struct vector_state *state = core->state;
    struct vector_detail *detail = arena_alloc(arena, sizeof *detail);
    detail->demand = find_demand(params, primitive);
    detail->startup = params->startup;
    memcpy(detail->burst, site->burst_bytes, sizeof detail->burst);
    detail->output_burst = site->output_burst_bytes;
    uint64_t half = site->scratch_bytes / 2 > 4096 ? site->scratch_bytes / 2 : 4096;
    /* A product on lanes holds one operand in scratch and streams the other once per part. */
    if (primitive->kind == PRIMITIVE_CONTRACTION && primitive->input_count > 1) {
        uint64_t held = number_format_bytes(site->input[1], primitive->inputs[1].elements);
        detail->demand.passes[0] = (double)((held + half - 1) / half);
    }
    if (primitive->kind == PRIMITIVE_SPARSE_CONTRACTION && primitive->sparse.rows) {
        *result = (struct plan){.primitive = primitive, .detail = detail};
        vector_sparse_plan(core, primitive, site, arena, detail, result);
        result->active_elements = active_lanes(params, primitive);
        return true;
    }
    uint64_t moved = 0, width = core->scratch_bits, read_bits = 0;
    for (uint32_t i = 0; i < primitive->input_count; i++) {
        uint64_t bytes = number_format_bytes(site->input[i], primitive->inputs[i].elements);
        bytes = (uint64_t)((double)bytes * detail->demand.passes[i]);
        read_bits += bytes * 8;
        if (!site->is_resident[i])
            moved += detail->bytes[i] = bytes;
    }
    uint64_t written = number_format_bytes(site->output, primitive->output.elements);
    if (!site->is_output_resident)
        moved += detail->output_bytes = written;
    *result = (struct plan){.primitive = primitive,
                            .description = PRIMITIVE_NAMES[primitive->kind],
                            .is_search_complete = true,
                            .detail = detail};
    result->memory_bytes = moved;
    result->step_count = chunk_count(moved, half);
    for (uint32_t i = 0; i < primitive->input_count && moved; i++)
        result->load_room[i] =
            (uint64_t)((double)half * (double)detail->bytes[i] / (double)moved);
    result->active_elements = active_lanes(params, primitive);
    struct plan_action *actions = arena_array(arena, 5, sizeof *actions);
    uint64_t in = (read_bits + width - 1) / width, out = (written * 8 + width - 1) / width;
    uint64_t loaded =
        (detail->bytes[0] + detail->bytes[1] + detail->bytes[2] + detail->bytes[3]) * 8 / width;
    actions[0] = (struct plan_action){state->simple, (uint64_t)detail->demand.simple};
    actions[1] = (struct plan_action){state->special, (uint64_t)detail->demand.special};
    actions[2] = (struct plan_action){state->registers, (uint64_t)detail->demand.simple};
    actions[3] =
        (struct plan_action){state->scratch_read, in + (detail->output_bytes * 8) / width};
    actions[4] = (struct plan_action){state->scratch_write, out + loaded};
    result->actions = actions;
    result->action_count = 5;
    return true;
}

/* Equal shares of a whole, exact in sum. */
static uint64_t share(uint64_t whole, uint64_t index, uint64_t count)
{
    uint64_t each = whole / count, rest = whole % count;
    return each + (index < rest ? 1 : 0);
}

/* The same in whole bursts, so that chunks do not fetch the burst between them twice. */
static uint64_t share_bytes(uint64_t bytes, uint64_t burst, uint64_t index, uint64_t count)
{
    if (burst < 2)
        return share(bytes, index, count);
    uint64_t bursts = (bytes + burst - 1) / burst, each = bursts / count, rest = bursts % count;
    uint64_t begin = (each * index + (index < rest ? index : rest)) * burst;
    uint64_t end = begin + share(bursts, index, count) * burst;
    return (end < bytes ? end : bytes) - (begin < bytes ? begin : bytes);
}

static void step_equal(const struct core *core, const struct plan *plan, uint64_t index,
                       struct step *result)
{
    const struct vector_detail *detail = plan->detail;
    uint64_t count = plan->step_count;
    for (uint32_t i = 0; i < plan->primitive->input_count; i++)
        result->load_bytes[i] = share_bytes(detail->bytes[i], detail->burst[i], index, count);
    result->store_bytes = share_bytes(detail->output_bytes, detail->output_burst, index, count);
    uint64_t cycles = (uint64_t)demand_cycles(core->params, &detail->demand);
    result->busy.cycles[REASON_WORK] = share(cycles, index, count);
}

static void step(const struct core *core, const struct plan *plan, uint64_t index,
                 struct step *result)
{
    const struct vector_detail *detail = plan->detail;
    *result = (struct step){.setup_reason = REASON_RECONFIGURE};
    if (detail->sparse)
        vector_sparse_step(core, plan, index, result);
    else
        step_equal(core, plan, index, result);
    if (index == 0) {
        result->busy.cycles[REASON_DEPENDENCY] += (uint64_t)detail->demand.serial_cycles;
        result->busy.cycles[REASON_RECONFIGURE] = (uint64_t)detail->startup;
    }
}

static double peak(const struct core *core, bool is_contraction, struct number_format a,
                   struct number_format b)
{
    (void)is_contraction;
    (void)a;
    (void)b;
    const struct vector_params *params = core->params;
    return (double)(params->lanes * params->rate);
}

const struct family VECTOR_FAMILY = {
    .name = "vector",
    .summary = "lanes that do anything element by element",
    .params = PARAMS,
    .params_bytes = sizeof(struct vector_params),
    .reasons = REASONS_USED,
    .check = check,
    .parts = parts,
    .supports = supports,
    .bound = bound,
    .plan = plan,
    .meet = vector_meet,
    .step = step,
    .peak = peak,
};
