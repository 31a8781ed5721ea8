#include "arch/systolic/systolic.h"

#include <stdlib.h>
#include <string.h>

static const char *const DATAFLOWS[] = {"ws", "os", "is", NULL};
static const char *const DRAINS[] = {"in-place", "serial", "overlapped", NULL};
static const char *const EDGES[] = {"full", "used", NULL};
static const char *const GROUPS[] = {"apart", "packed", NULL};
static const char *const TILES[] = {"fitted", "whole", NULL};
static const char *const PRELOADS[] = {"single", "double", NULL};

#define FIELD(name) offsetof(struct systolic_params, name)

static const struct param PARAMS[] = {
    {"rows", PARAM_COUNT, UNIT_NONE, FIELD(rows), NULL, 1, 65536, NULL,
     "processing elements along a column"},
    {"cols", PARAM_COUNT, UNIT_NONE, FIELD(cols), NULL, 1, 65536, NULL,
     "processing elements along a row"},
    {"dataflow", PARAM_CHOICE, UNIT_NONE, FIELD(dataflow), "ws", 0, 0, DATAFLOWS,
     "stationary operand: weights, outputs or inputs"},
    {"drain", PARAM_CHOICE, UNIT_NONE, FIELD(drain), "overlapped", 0, 0, DRAINS,
     "what happens between two folds"},
    {"edges", PARAM_CHOICE, UNIT_NONE, FIELD(edges), "full", 0, 0, EDGES,
     "rows and columns that a partial fold occupies"},
    {"preload", PARAM_CHOICE, UNIT_NONE, FIELD(preload), "double", 0, 0, PRELOADS,
     "stationary operands an element can hold"},
    {"accumulator_rows", PARAM_COUNT, UNIT_NONE, FIELD(accumulator_rows), "0", 0, 1e9, NULL,
     "partial sums kept per column, both halves together; 0: in scratch"},
    {"weight_fifo", PARAM_COUNT, UNIT_NONE, FIELD(weight_fifo), "0", 0, 1024, NULL,
     "weight tiles between memory and array; 0: in scratch"},
    {"weight_tile", PARAM_BYTES, UNIT_BYTE, FIELD(weight_tile), "0 B", 0, 1e9, NULL,
     "bytes fetched per tile of the FIFO; 0: rows x cols operands, padded"},
    {"input_path", PARAM_COUNT, UNIT_NONE, FIELD(input_path), "0", 0, 1e6, NULL,
     "bytes a cycle from buffer to array; 0: follows the array"},
    {"weight_path", PARAM_COUNT, UNIT_NONE, FIELD(weight_path), "0", 0, 1e6, NULL,
     "bytes a cycle of weights shifting in; 0: follows the array"},
    {"output_path", PARAM_COUNT, UNIT_NONE, FIELD(output_path), "0", 0, 1e6, NULL,
     "bytes a cycle of results leaving; 0: follows the array"},
    {"groups", PARAM_CHOICE, UNIT_NONE, FIELD(groups), "apart", 0, 0, GROUPS,
     "ws: groups of a convolution one by one, or on the diagonal of a tile"},
    {"tiles", PARAM_CHOICE, UNIT_NONE, FIELD(tiles), "fitted", 0, 0, TILES,
     "tiles that fit scratch, or whole operands streaming through it"},
    {"startup", PARAM_COUNT, UNIT_NONE, FIELD(startup), "0", 0, 1e9, NULL,
     "cycles from issuing an operator to its first work"},
    {"command", PARAM_COUNT, UNIT_NONE, FIELD(command), "0", 0, 1e6, NULL,
     "cycles of control per fold that the array does not hide"},
    {"formats", PARAM_LIST, UNIT_NONE, FIELD(formats), "", 0, 0, NULL,
     "operand formats beside the native one with cycles a beat: i8*i16=2"},
    {"accumulator", PARAM_TEXT, UNIT_NONE, FIELD(accumulator), "", 0, 0, NULL,
     "format of partial sums; empty: i32 for integers, f32 for floats"},
    {NULL, PARAM_COUNT, UNIT_NONE, 0, NULL, 0, 0, NULL, NULL}};

#undef FIELD

static const enum reason REASONS_USED[] = {
    REASON_WORK,        REASON_FILL,        REASON_DRAIN,      REASON_WEIGHT_LOAD,
    REASON_RECONFIGURE, REASON_WEIGHT_WAIT, REASON_INPUT_WAIT, REASON_OUTPUT_WAIT,
    REASON_PORT,        REASON_COUNT};

int64_t systolic_beat(const struct core *core, struct number_format a, struct number_format b)
{
    const struct systolic_state *state = core->state;
    for (size_t i = 0; i < state->rate_count; i++) {
        const struct systolic_rate *rate = &state->rates[i];
        if ((number_format_equal(rate->a, a) && number_format_equal(rate->b, b)) ||
            (number_format_equal(rate->a, b) && number_format_equal(rate->b, a)))
            return rate->beat;
    }
    return 0;
}

/* "i8*i16=2" */
static bool read_rate(const char *text, struct systolic_rate *rate)
{
    char a[16], b[16];
    const char *star = strchr(text, '*'), *equals = strchr(text, '=');
    if (!star || !equals || equals < star || star - text > 15 || equals - star > 16)
        return false;
    memcpy(a, text, (size_t)(star - text));
    a[star - text] = '\0';
    memcpy(b, star + 1, (size_t)(equals - star - 1));
    b[equals - star - 1] = '\0';
    char *end;
    rate->beat = strtol(equals + 1, &end, 10);
    return *end == '\0' && rate->beat >= 1 && rate->beat <= 64 &&
           number_format_parse(a, &rate->a) && number_format_parse(b, &rate->b);
}

static bool check(struct core *core, struct error *err)
{
    struct systolic_params *params = core->params;
    struct systolic_state *state = arena_alloc(core->arena, sizeof *state);
    core->state = state;
    state->array = (struct array){params->rows,
                                  params->cols,
                                  (enum array_dataflow)params->dataflow,
                                  (enum array_drain)params->drain,
                                  (enum array_edges)params->edges,
                                  (enum array_preload)params->preload};
    if (core->native.class == NUMBER_NONE)
        return error_set(err, "%sa systolic array needs a native format, e.g. native = \"i8\"",
                         core->place);
    if (params->weight_fifo && params->dataflow != DATAFLOW_WS)
        return error_set(err, "%sweight_fifo is %lld, but only a ws array takes weight tiles",
                         core->place, (long long)params->weight_fifo);
    if (core->mode == MAPPER_STATIONARY && strcmp(core->template, "ws") != 0 &&
        strcmp(core->template, "os") != 0 && strcmp(core->template, "is") != 0)
        return error_set(
            err, "%smapper.template is '%s', a systolic array can be mapped ws, os or is",
            core->place, core->template);
    if (params->tiles == TILES_WHOLE && (params->weight_fifo || params->accumulator_rows))
        return error_set(err,
                         "%stiles are whole, which weight_fifo and accumulator_rows forbid",
                         core->place);
    if (core->scratch < 0)
        return error_set(err, "%sscratch is missing: name the SRAM that feeds the array",
                         core->place);
    state->rates = arena_array(core->arena, params->formats.count + 1, sizeof *state->rates);
    state->rates[state->rate_count++] = (struct systolic_rate){core->native, core->native, 1};
    for (size_t i = 0; i < params->formats.count; i++)
        if (!read_rate(params->formats.items[i], &state->rates[state->rate_count++]))
            return error_set(err,
                             "%sformats has '%s', wanted FORMAT*FORMAT=CYCLES like i8*i16=2",
                             core->place, params->formats.items[i]);
    state->accumulator = core->native.class == NUMBER_FLOAT ? number_format_float(8, 23)
                                                            : number_format_integer(true, 32);
    if (params->accumulator[0] &&
        !number_format_parse(params->accumulator, &state->accumulator))
        return error_set(err, "%saccumulator is '%s', wanted a number format like i32",
                         core->place, params->accumulator);
    if (!params->weight_tile)
        params->weight_tile =
            number_format_bytes(core->native, (uint64_t)(params->rows * params->cols));
    return true;
}

static uint64_t path_bits(const struct core *core, int64_t lanes)
{
    return (uint64_t)lanes * core->native.bits;
}

static void parts(struct core *core, struct inventory *inventory)
{
    const struct systolic_params *params = core->params;
    struct systolic_state *state = core->state;
    struct arena *arena = core->arena;
    const char *name = core->name;
    uint64_t members = (uint64_t)core->count;
    uint64_t elements = (uint64_t)(params->rows * params->cols);
    struct number_format none = {0};
    bool holds = params->dataflow != DATAFLOW_OS;
    uint32_t operand = core->native.bits, sum = state->accumulator.bits;

    struct part mac = {.name = arena_format(arena, "%s.macs", name),
                       .component = name,
                       .kind = PART_MAC,
                       .count = elements * members,
                       .operand = {core->native, core->native},
                       .result = state->accumulator,
                       .clock = core->clock};
    int32_t mac_part = inventory_add(inventory, &mac);
    state->mac = inventory_meter(inventory, mac_part, ACTION_COMPUTE, core->native, 0);

    /* Passing operand, stationary operand(s) and the travelling or resident partial sum. */
    uint64_t held = holds ? (params->preload == PRELOAD_DOUBLE ? 2u : 1u) * operand : operand;
    uint64_t bits = operand + held + sum;
    if (!holds && params->drain == DRAIN_OVERLAPPED)
        bits += sum;
    struct part registers = {.name = arena_format(arena, "%s.registers", name),
                             .component = name,
                             .kind = PART_REGISTER,
                             .count = elements * members,
                             .bits = bits,
                             .clock = core->clock};
    int32_t register_part = inventory_add(inventory, &registers);
    state->element_write =
        inventory_meter(inventory, register_part, ACTION_WRITE, none, operand + sum);
    struct part clock_tree = {.name = arena_format(arena, "%s.clock", name),
                              .component = name,
                              .kind = PART_CLOCK_TREE,
                              .count = members,
                              .bits = bits * elements,
                              .clock = core->clock};
    inventory_add(inventory, &clock_tree);

    struct part row_wire = {.name = arena_format(arena, "%s.row-wires", name),
                            .component = name,
                            .kind = PART_WIRE,
                            .count = members,
                            .width_bits = (uint32_t)path_bits(core, params->rows),
                            .across = mac_part};
    state->row_wire = inventory_meter(inventory, inventory_add(inventory, &row_wire),
                                      ACTION_TRANSFER, none, 1);
    struct part col_wire = row_wire;
    col_wire.name = arena_format(arena, "%s.column-wires", name);
    col_wire.width_bits = (uint32_t)((uint64_t)params->cols * sum);
    state->col_wire = inventory_meter(inventory, inventory_add(inventory, &col_wire),
                                      ACTION_TRANSFER, none, 1);
    struct part control = {.name = arena_format(arena, "%s.control", name),
                           .component = name,
                           .kind = PART_SCHEDULER,
                           .count = members,
                           .bits = 96,
                           .clock = core->clock};
    state->decode =
        inventory_meter(inventory, inventory_add(inventory, &control), ACTION_DECODE, none, 96);

    state->accumulator_read = state->accumulator_write = -1;
    if (params->accumulator_rows) {
        uint64_t width = (uint64_t)params->cols * sum;
        struct part accumulators = {.name = arena_format(arena, "%s.accumulators", name),
                                    .component = arena_format(arena, "%s-accumulators", name),
                                    .kind = PART_SRAM,
                                    .count = members,
                                    .bytes = (uint64_t)params->accumulator_rows * width / 8,
                                    .width_bits = (uint32_t)width,
                                    .banks = 1,
                                    .read_ports = 1,
                                    .write_ports = 1,
                                    .clock = core->clock,
                                    .is_clock_gated = true};
        int32_t part = inventory_add(inventory, &accumulators);
        state->accumulator_read =
            inventory_meter(inventory, part, ACTION_READ, none, (uint32_t)width);
        state->accumulator_write =
            inventory_meter(inventory, part, ACTION_WRITE, none, (uint32_t)width);
    }
    state->fifo_read = state->fifo_write = -1;
    if (params->weight_fifo) {
        uint32_t width = (uint32_t)path_bits(core, params->cols);
        struct part fifo = {.name = arena_format(arena, "%s.weight-fifo", name),
                            .component = arena_format(arena, "%s-weight-fifo", name),
                            .kind = PART_SRAM,
                            .count = members,
                            .bytes = (uint64_t)params->weight_fifo * params->weight_tile,
                            .width_bits = width,
                            .banks = 1,
                            .read_ports = 1,
                            .write_ports = 1,
                            .clock = core->clock,
                            .is_clock_gated = true};
        int32_t part = inventory_add(inventory, &fifo);
        state->fifo_read = inventory_meter(inventory, part, ACTION_READ, none, width);
        state->fifo_write = inventory_meter(inventory, part, ACTION_WRITE, none, width);
    }
    state->scratch_bits = core->scratch_bits;
    state->scratch_read =
        inventory_meter(inventory, core->scratch, ACTION_READ, none, core->scratch_bits);
    state->scratch_write =
        inventory_meter(inventory, core->scratch, ACTION_WRITE, none, core->scratch_bits);
}

static bool supports(const struct core *core, const struct primitive *primitive)
{
    return primitive->kind == PRIMITIVE_CONTRACTION &&
           systolic_beat(core, primitive->inputs[0].format, primitive->inputs[1].format) > 0;
}

static uint64_t bound(const struct core *core, const struct primitive *primitive)
{
    const struct systolic_params *params = core->params;
    uint64_t elements = (uint64_t)(params->rows * params->cols * core->count);
    uint64_t beat =
        (uint64_t)systolic_beat(core, primitive->inputs[0].format, primitive->inputs[1].format);
    return primitive->repeat * ((primitive->macs + elements - 1) / elements) * beat;
}

/* A FIFO of weight tiles takes them whole, so that they lie padded; where the file gives its
 * tiles another size, nobody says how. Other constant weights lie in the order in which the
 * plan asks for them, because both are known before the model runs. */
static struct storage storage(const struct core *core, enum contraction_operand operand,
                              bool is_constant)
{
    const struct systolic_params *params = core->params;
    struct storage wanted = {STORAGE_ROW_MAJOR, (int32_t)params->rows, (int32_t)params->cols};
    if (operand != OPERAND_WEIGHT)
        return wanted;
    uint64_t whole = number_format_bytes(core->native, (uint64_t)(params->rows * params->cols));
    if (params->weight_fifo && params->weight_tile == whole)
        wanted.kind = STORAGE_TILE_PADDED;
    else if (params->weight_fifo || is_constant)
        wanted.kind = STORAGE_TILED;
    return wanted;
}

static double peak(const struct core *core, bool is_contraction, struct number_format a,
                   struct number_format b)
{
    const struct systolic_params *params = core->params;
    int64_t beat = systolic_beat(core, a, b);
    return is_contraction && beat ? (double)(params->rows * params->cols) / (double)beat : 0;
}

const struct family SYSTOLIC_FAMILY = {
    .name = "systolic",
    .summary = "an array of multiply-accumulators fed from its edges",
    .product = systolic_product,
    .params = PARAMS,
    .params_bytes = sizeof(struct systolic_params),
    .reasons = REASONS_USED,
    .check = check,
    .parts = parts,
    .supports = supports,
    .bound = bound,
    .plan = systolic_plan,
    .rival = systolic_rival,
    .step = systolic_step,
    .storage = storage,
    .peak = peak,
};
