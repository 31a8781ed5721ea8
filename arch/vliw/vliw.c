#include "arch/vliw/vliw.h"

#include "arch/vliw/vliw_ragged.h"

static const enum reason REASONS_USED[] = {
    REASON_WORK,        REASON_DEPENDENCY,    REASON_FILL,
    REASON_RECONFIGURE, REASON_BANK_CONFLICT, REASON_INPUT_WAIT,
    REASON_WEIGHT_WAIT, REASON_OUTPUT_WAIT,   REASON_COUNT};

/* At least one set; what is left of the capacity beyond whole sets lies idle. */
static bool check_cache(const struct core *core, struct error *err)
{
    const struct vliw_params *params = core->params;
    uint64_t set = (uint64_t)params->cache_ways * params->cache_line;
    if (set <= core->scratch_bytes)
        return true;
    return error_set(err,
                     "%scache_ways x cache_line is %llu bytes, must be at most the %llu bytes "
                     "of scratch",
                     core->place, (unsigned long long)set,
                     (unsigned long long)core->scratch_bytes);
}

static bool check(struct core *core, struct error *err)
{
    struct vliw_state *state = arena_alloc(core->arena, sizeof *state);
    core->state = state;
    if (core->scratch < 0)
        return error_set(err, "%sscratch is missing: name the SRAM that holds its data",
                         core->place);
    if (!check_cache(core, err))
        return false;
    return vliw_machine_build(&state->machine, core->params, core->place, core->arena, err);
}

const struct vliw_machine *vliw_core_machine(const struct core *core)
{
    const struct vliw_state *state = core->state;
    return &state->machine;
}

static bool is_multiplier(enum meaning meaning)
{
    return meaning == MEANING_MUL || meaning == MEANING_MAC || meaning == MEANING_DOTP;
}

/* Most lanes x depth that operations of a kind and type reach in a cycle, over all units. */
static double rate(const struct vliw_machine *machine, bool is_contraction,
                   struct number_format format)
{
    double best = 0;
    for (int r = 0; r < machine->row_count; r++) {
        const struct vliw_row *row = &machine->rows[r];
        const struct vliw_variant *variant = row->variant;
        bool is_kind =
            is_contraction ? is_multiplier(row->meaning) : row->meaning == MEANING_ADD;
        if (!is_kind || row->type.class != format.class || row->type.bits != format.bits)
            continue;
        int units = 0;
        for (int a = 0; a < variant->alternative_count; a++)
            units +=
                machine->resources.resources[variant->alternatives[a].reservations[0].resource]
                    .count;
        double value = (double)variant->lanes * variant->depth * units / variant->busy_cycles;
        best = value > best ? value : best;
    }
    return best;
}

/* The format that the core computes a traced one in: floats in its native one, integers of odd
 * widths in the next register width. */
static struct number_format held_as(const struct core *core, struct number_format traced)
{
    bool is_float = traced.class == NUMBER_FLOAT || traced.class == NUMBER_NONE;
    struct number_format format =
        is_float && core->native.class != NUMBER_NONE ? core->native : traced;
    if (format.class == NUMBER_NONE)
        format = number_format_float(8, 23);
    if (format.class != NUMBER_FLOAT) {
        int bits = format.bits <= 8 ? 8 : format.bits <= 16 ? 16 : 32;
        format = number_format_integer(format.class == NUMBER_SIGNED, bits);
    }
    return format;
}

static double peak(const struct core *core, bool is_contraction, struct number_format a,
                   struct number_format b)
{
    (void)b;
    const struct vliw_state *state = core->state;
    struct number_format format = held_as(core, a);
    double value = rate(&state->machine, is_contraction, format);
    if (value > 0)
        return value;
    value = rate(&state->machine, is_contraction, number_format_integer(true, 32));
    return value > 0 ? value : 1;
}

struct number_format vliw_compute_format(const struct core *core,
                                         const struct primitive *primitive)
{
    struct number_format traced =
        primitive->input_count ? primitive->inputs[0].format : primitive->output.format;
    return held_as(core, traced);
}

/* Whether the machine can do the work at all. */
static bool vliw_can(const struct vliw_state *state, const struct primitive *primitive,
                     struct number_format format)
{
    const struct vliw_machine *machine = &state->machine;
    enum { ANY = 1 << 10 };
    if (primitive->kind == PRIMITIVE_CONTRACTION)
        return vliw_machine_find(machine, MEANING_MAC, format, ANY, ANY, NULL) ||
               vliw_machine_find(machine, MEANING_MUL, format, ANY, ANY, NULL);
    return vliw_machine_find(machine, MEANING_ADD, format, ANY, ANY, NULL) != NULL;
}

static bool supports(const struct core *core, const struct primitive *primitive)
{
    struct vliw_state *state = core->state;
    struct number_format format = vliw_compute_format(core, primitive);
    if (!vliw_can(state, primitive, format))
        return false;
    if (primitive->kind == PRIMITIVE_CONTRACTION)
        return true;
    struct vliw_ragged ragged;
    if (vliw_ragged_make(state, primitive, format, &ragged))
        return ragged.unit->loop != NULL;
    uint64_t steps = 0, entries = 0;
    return vliw_loop_unit(state, primitive, format, &steps, &entries)->loop != NULL;
}

static uint64_t bound(const struct core *core, const struct primitive *primitive)
{
    struct number_format format = vliw_compute_format(core, primitive);
    bool is_contraction = primitive->kind == PRIMITIVE_CONTRACTION;
    double work = (double)(is_contraction ? primitive->macs : primitive->ops);
    double cycles = work / peak(core, is_contraction, format, format) / (double)core->count;
    return primitive->repeat * (uint64_t)cycles;
}

static struct part part(const struct core *core, enum part_kind kind, const char *name,
                        uint64_t count)
{
    return (struct part){.name = arena_format(core->arena, "%s.%s", core->name, name),
                         .component = core->name,
                         .kind = kind,
                         .count = count * (uint64_t)core->count,
                         .clock = core->clock};
}

static void add_units(struct core *core, struct inventory *inventory)
{
    struct vliw_state *state = core->state;
    struct number_format format =
        core->native.class != NUMBER_NONE ? core->native : number_format_float(8, 23);
    if (rate(&state->machine, true, format) <= 0)
        format = number_format_integer(true, 16);
    double macs = rate(&state->machine, true, format),
           adds = rate(&state->machine, false, format);
    struct part mac = part(core, PART_MAC, "multipliers", macs > 1 ? (uint64_t)macs : 1);
    mac.operand[0] = mac.operand[1] = format;
    mac.result = format.class == NUMBER_FLOAT ? format : number_format_integer(true, 32);
    state->mac =
        inventory_meter(inventory, inventory_add(inventory, &mac), ACTION_COMPUTE, format, 0);
    struct part adder = part(core, PART_ADDER, "alus", adds > 1 ? (uint64_t)adds : 1);
    adder.operand[0] = adder.operand[1] = adder.result = format;
    state->adder =
        inventory_meter(inventory, inventory_add(inventory, &adder), ACTION_COMPUTE, format, 0);
    struct part special = part(core, PART_SPECIAL, "special", 1);
    special.operand[0] = special.operand[1] = special.result = format;
    state->special = inventory_meter(inventory, inventory_add(inventory, &special),
                                     ACTION_COMPUTE, format, 0);
}

/* Every slot reads two registers and writes one: the file's ports, and with them its area, grow
 * with the slots of a cluster. */
static void add_registers(struct core *core, struct inventory *inventory)
{
    struct vliw_state *state = core->state;
    const struct vliw_params *params = core->params;
    uint32_t slots = (uint32_t)((params->issue + params->clusters - 1) / params->clusters);
    struct part file = part(core, PART_REGISTER_FILE, "registers", (uint64_t)params->clusters);
    file.bytes = (uint64_t)(params->registers * params->register_bits / 8);
    file.width_bits = (uint32_t)params->register_bits;
    file.read_ports = 2 * slots;
    file.write_ports = slots;
    int32_t index = inventory_add(inventory, &file);
    struct number_format none = {0};
    state->register_read =
        inventory_meter(inventory, index, ACTION_READ, none, file.width_bits);
    state->register_write =
        inventory_meter(inventory, index, ACTION_WRITE, none, file.width_bits);
    if (params->clusters > 1) {
        struct part cross = part(core, PART_CROSSBAR, "cross-paths", 1);
        cross.width_bits = (uint32_t)params->register_bits;
        cross.read_ports = (uint32_t)params->clusters;
        cross.write_ports = (uint32_t)(params->clusters * params->cross_paths);
        inventory_add(inventory, &cross);
    }
}

/* Bundles of a loop that repeats are read from flip-flops beside the dispatch. */
static void add_loop_buffer(struct core *core, struct inventory *inventory)
{
    struct vliw_state *state = core->state;
    const struct vliw_params *params = core->params;
    struct number_format none = {0};
    state->buffer_read = -1;
    if (params->loop_buffer == 0)
        return;
    struct part buffer = part(core, PART_REGISTER_FILE, "loop-buffer", 1);
    buffer.bytes = (uint64_t)(params->loop_buffer * params->fetch_bits / 8);
    buffer.width_bits = (uint32_t)params->fetch_bits;
    buffer.read_ports = buffer.write_ports = 1;
    state->buffer_read = inventory_meter(inventory, inventory_add(inventory, &buffer),
                                         ACTION_READ, none, buffer.width_bits);
}

static void parts(struct core *core, struct inventory *inventory)
{
    struct vliw_state *state = core->state;
    const struct vliw_params *params = core->params;
    struct number_format none = {0};
    add_units(core, inventory);
    add_registers(core, inventory);
    struct part memory = part(core, PART_SRAM, "instructions", 1);
    memory.bytes = params->instruction_memory;
    memory.width_bits = (uint32_t)params->fetch_bits;
    memory.banks = memory.read_ports = 1;
    state->fetch = inventory_meter(inventory, inventory_add(inventory, &memory), ACTION_READ,
                                   none, memory.width_bits);
    add_loop_buffer(core, inventory);
    struct part scheduler = part(core, PART_SCHEDULER, "dispatch", 1);
    scheduler.bits = (uint64_t)params->fetch_bits;
    state->decode = inventory_meter(inventory, inventory_add(inventory, &scheduler),
                                    ACTION_DECODE, none, 0);
    struct part tree = part(core, PART_CLOCK_TREE, "clock", 1);
    tree.bits = (uint64_t)(params->clusters * params->registers * params->register_bits) +
                (uint64_t)(params->issue * params->register_bits * 4);
    inventory_add(inventory, &tree);
    state->scratch_read =
        inventory_meter(inventory, core->scratch, ACTION_READ, none, core->scratch_bits);
    state->scratch_write =
        inventory_meter(inventory, core->scratch, ACTION_WRITE, none, core->scratch_bits);
}

const struct family VLIW_FAMILY = {
    .name = "vliw",
    .summary = "issue slots and units filled by list and modulo scheduling",
    .params = VLIW_PARAMS,
    .params_bytes = sizeof(struct vliw_params),
    .reasons = REASONS_USED,
    .check = check,
    .parts = parts,
    .supports = supports,
    .bound = bound,
    .plan = vliw_plan,
    .meet = vliw_meet,
    .step = vliw_step,
    .peak = peak,
};
