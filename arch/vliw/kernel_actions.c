#include "arch/vliw/kernel_actions.h"

#include "arch/vliw/vliw_state.h"

struct tally {
    struct inventory *inventory;
    struct arena *arena;
    struct kernel_work *work;
    size_t room;
};

static void add(struct tally *tally, int32_t meter, uint64_t count)
{
    struct kernel_work *work = tally->work;
    if (meter < 0 || count == 0)
        return;
    for (size_t i = 0; i < work->action_count; i++)
        if (work->actions[i].meter == meter) {
            work->actions[i].count += count;
            return;
        }
    if (work->action_count == tally->room) {
        size_t room = tally->room ? 2 * tally->room : 16;
        work->actions = arena_grow(tally->arena, work->actions, work->action_count, room,
                                   sizeof *work->actions);
        tally->room = room;
    }
    work->actions[work->action_count++] = (struct plan_action){meter, count};
}

/* The widest format that the machine's table lists for an operation, which is as wide as the
 * unit must be; the unit's own where it takes any. */
static struct number_format format_of(const struct vliw_machine *machine,
                                      const struct packed_operation *operation)
{
    struct number_format format = {0};
    for (int r = 0; r < machine->row_count; r++) {
        const struct vliw_row *row = &machine->rows[r];
        if (row->variant == operation->variant && row->meaning == operation->meaning &&
            row->type.class != NUMBER_NONE && row->type.bits > format.bits)
            format = row->type;
    }
    return format;
}

/* Meter of a unit for a format: the unit's first meter stands for its own one. */
static int32_t unit_meter(struct tally *tally, int32_t own, struct number_format format)
{
    const struct meter *meter = &tally->inventory->meters[own];
    if (format.class == NUMBER_NONE || number_format_equal(meter->format, format))
        return own;
    return inventory_meter(tally->inventory, meter->part, ACTION_COMPUTE, format, 0);
}

enum unit { UNIT_MULTIPLY, UNIT_ADD, UNIT_SPECIAL, UNIT_NONE_OF_THEM };

static enum unit unit_of(enum meaning meaning)
{
    switch (meaning) {
    case MEANING_LOAD:
    case MEANING_LOADU:
    case MEANING_STORE:
    case MEANING_STOREU:
    case MEANING_BRANCH:
        return UNIT_NONE_OF_THEM;
    case MEANING_MUL:
    case MEANING_SMUL:
    case MEANING_MULHI:
    case MEANING_MAC:
    case MEANING_DOTP:
        return UNIT_MULTIPLY;
    case MEANING_DIV:
    case MEANING_REM:
    case MEANING_SQRT:
    case MEANING_RSQRT:
    case MEANING_RECIP:
    case MEANING_EXP:
        return UNIT_SPECIAL;
    default:
        return UNIT_ADD;
    }
}

static bool is_move(enum meaning meaning)
{
    return meaning == MEANING_MOVE || meaning == MEANING_PACK || meaning == MEANING_EXTEND;
}

static void add_operation(struct tally *tally, const struct core *core,
                          const struct packed_operation *operation, uint64_t runs)
{
    const struct vliw_state *state = core->state;
    uint64_t lanes = (uint64_t)operation->lanes * runs;
    uint64_t products = lanes * (uint64_t)operation->terms;
    struct number_format format = format_of(&state->machine, operation);
    switch (unit_of(operation->meaning)) {
    case UNIT_MULTIPLY:
        add(tally, unit_meter(tally, state->mac, format), products);
        tally->work->macs += products;
        bool is_sum = operation->meaning == MEANING_MAC || operation->meaning == MEANING_DOTP;
        tally->work->ops += is_sum ? 2 * products : products;
        break;
    case UNIT_SPECIAL:
        add(tally, unit_meter(tally, state->special, format), lanes);
        tally->work->ops += lanes;
        break;
    case UNIT_ADD:
        add(tally, unit_meter(tally, state->adder, format), lanes);
        tally->work->ops += is_move(operation->meaning) ? 0 : lanes;
        break;
    default:
        break;
    }
}

static void add_accesses(struct tally *tally, const struct core *core,
                         const struct packed_operation *operation, uint64_t runs)
{
    const struct vliw_state *state = core->state;
    bool is_load = operation->meaning == MEANING_LOAD || operation->meaning == MEANING_LOADU;
    bool is_store = operation->meaning == MEANING_STORE || operation->meaning == MEANING_STOREU;
    uint64_t bits = operation->bytes ? (uint64_t)operation->bytes * 8 : 1;
    uint64_t accesses = (bits + core->scratch_bits - 1) / core->scratch_bits * runs;
    if (is_load)
        add(tally, state->scratch_read, accesses);
    else if (is_store)
        add(tally, state->scratch_write, accesses);
}

static void add_region(struct tally *tally, const struct core *core,
                       const struct region_schedule *region, uint64_t runs)
{
    const struct vliw_state *state = core->state;
    if (region->operations == 0 || runs == 0)
        return;
    for (int i = 0; i < region->graph.operation_count; i++) {
        const struct packed_operation *operation =
            &region->packed.operations[region->graph.operations[i].meaning];
        add_operation(tally, core, operation, runs);
        add_accesses(tally, core, operation, runs);
    }
    struct vliw_work work = vliw_work_of(region);
    add(tally, state->register_read, work.operands * runs);
    add(tally, state->register_write, work.results * runs);
}

static struct number_format main_format(const struct tally *tally,
                                        const struct vliw_state *state)
{
    const struct meter *meters = tally->inventory->meters;
    struct number_format format = {0};
    uint64_t most = 0;
    int32_t part = meters[tally->work->macs ? state->mac : state->adder].part;
    for (size_t a = 0; a < tally->work->action_count; a++) {
        const struct plan_action *action = &tally->work->actions[a];
        if (meters[action->meter].part != part || action->count <= most)
            continue;
        most = action->count;
        format = meters[action->meter].format;
    }
    return format;
}

void kernel_work(const struct core *core, struct inventory *inventory,
                 const struct kernel_plan *plan, struct arena *arena, struct kernel_work *work)
{
    const struct vliw_state *state = core->state;
    const struct vliw_params *params = core->params;
    const struct kernel_cycles *cycles = &plan->cycles;
    struct tally tally = {inventory, arena, work, 0};
    *work = (struct kernel_work){0};
    for (int s = 0; s < plan->schedule_count; s++)
        add_region(&tally, core, plan->schedules[s], plan->runs[s]);
    /* Stored one by one, operations share fetches; bundles stored whole are fetched whole. */
    uint64_t fetches = cycles->bundles_fetched;
    if (params->instruction_bits > 0)
        fetches = (cycles->slots_fetched * (uint64_t)params->instruction_bits +
                   (uint64_t)params->fetch_bits - 1) /
                  (uint64_t)params->fetch_bits;
    work->format = main_format(&tally, state);
    add(&tally, state->fetch, fetches);
    add(&tally, state->buffer_read, cycles->bundles_buffered);
    add(&tally, state->decode, cycles->bundles_fetched + cycles->bundles_buffered);
}
