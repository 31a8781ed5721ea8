/* Plans of the systolic family: the chosen or pinned tiling, also as a loop nest. */
#include <stdlib.h>
#include <string.h>

#include "arch/systolic/tiling_space.h"
#include "arch/systolic/systolic_detail.h"

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* Cycles that a path of `width` bytes a cycle needs for `lanes` operands; width 0 is wide
 * enough. */
static int64_t path_cycles(int64_t width, int64_t lanes, uint32_t bits)
{
    return width ? divide_up(divide_up(lanes * bits, 8), width) : 1;
}

/* Groups of so many become one product with a block-diagonal weight. */
static void pack_groups(const struct core *core, struct tiling_problem *problem)
{
    problem->packed = systolic_packed(core, problem->contraction);
    problem->groups = divide_up(problem->groups, problem->packed);
    problem->k *= problem->packed;
    problem->n *= problem->packed;
}

static void state_problem(const struct core *core, const struct primitive *primitive,
                          struct systolic_detail *detail)
{
    const struct systolic_params *params = core->params;
    struct tiling_problem *problem = &detail->problem;
    *problem = (struct tiling_problem){.core = core,
                                       .contraction = &detail->contraction,
                                       .groups = detail->contraction.size[DIM_G],
                                       .site = &detail->site,
                                       .loads_input = !detail->site.is_resident[0],
                                       .loads_weight = !detail->site.is_resident[1],
                                       .stores_output = !detail->site.is_output_resident,
                                       .has_fifo = params->weight_fifo > 0};
    if (params->tiles == TILES_WHOLE)
        detail->site.scratch_bytes = UINT64_MAX;
    contraction_as_product(&detail->contraction, &problem->m, &problem->k, &problem->n);
    pack_groups(core, problem);
    int64_t inputs = detail->contraction.is_input_shared ? 1 : detail->contraction.size[DIM_G];
    problem->input_elements = contraction_elements(&detail->contraction, OPERAND_INPUT) /
                              (uint64_t)inputs * (uint64_t)problem->packed;
    int64_t beat =
        systolic_beat(core, primitive->inputs[0].format, primitive->inputs[1].format);
    bool streams_input = params->dataflow != DATAFLOW_IS;
    int64_t in = path_cycles(streams_input ? params->input_path : params->weight_path,
                             params->rows, detail->site.input[streams_input ? 0 : 1].bits);
    int64_t out =
        params->dataflow == DATAFLOW_OS
            ? path_cycles(params->weight_path, params->cols, detail->site.input[1].bits)
            : path_cycles(params->output_path, params->cols, detail->site.output.bits);
    problem->beat = larger(beat, larger(in, out));
    problem->port_cycles = (uint64_t)(problem->beat - beat);
    problem->load_beat = path_cycles(
        params->dataflow == DATAFLOW_IS ? params->input_path : params->weight_path,
        params->cols, detail->site.input[params->dataflow == DATAFLOW_IS ? 0 : 1].bits);
}

/* The plan as a loop nest over the product that the array sees. */
const struct nest *systolic_nest(const struct core *core, const struct tiling_problem *problem,
                                 const struct tiling *tiling, struct arena *arena)
{
    const struct systolic_params *params = core->params;
    struct nest *nest = arena_alloc(arena, sizeof *nest);
    nest->contraction =
        contraction_product(problem->groups, problem->m, problem->k, problem->n);
    nest->level_count = 5;
    for (int i = 0; i < 5; i++) {
        struct nest_level *level = &nest->levels[i];
        for (int d = 0; d < DIM_COUNT; d++) {
            level->factor[d] = 1;
            level->order[d] = (uint8_t)d;
        }
    }
    struct nest_level *outer = &nest->levels[0], *inner = &nest->levels[1];
    struct nest_level *rows = &nest->levels[2], *cols = &nest->levels[3],
                      *time = &nest->levels[4];
    outer->name = "memory";
    outer->keep = 7;
    outer->factor[DIM_G] = tiling->group.count;
    outer->factor[DIM_K] = tiling->n.count;
    outer->factor[DIM_P] = tiling->m.count;
    outer->factor[DIM_C] = tiling->k.count;
    static const uint8_t COLUMN_OUTER[] = {DIM_N, DIM_Z, DIM_Q, DIM_T, DIM_R,
                                           DIM_S, DIM_G, DIM_K, DIM_P, DIM_C};
    memcpy(outer->order, COLUMN_OUTER, sizeof COLUMN_OUTER);
    if (!tiling->is_column_outer) {
        outer->order[7] = DIM_P;
        outer->order[8] = DIM_K;
    }
    inner->name = "scratch";
    inner->keep = 7;
    rows->name = "rows";
    rows->is_spatial = true;
    cols->name = "cols";
    cols->is_spatial = true;
    time->name = "array";
    time->keep = params->dataflow == DATAFLOW_WS   ? 1u << OPERAND_WEIGHT
                 : params->dataflow == DATAFLOW_OS ? 1u << OPERAND_OUTPUT
                                                   : 1u << OPERAND_INPUT;
    enum dim row_dim = params->dataflow == DATAFLOW_OS ? DIM_P : DIM_C;
    enum dim col_dim = params->dataflow == DATAFLOW_IS ? DIM_P : DIM_K;
    enum dim time_dim = params->dataflow == DATAFLOW_OS   ? DIM_C
                        : params->dataflow == DATAFLOW_WS ? DIM_P
                                                          : DIM_K;
    int64_t tile[DIM_COUNT] = {0};
    tile[DIM_P] = tiling->m.tile;
    tile[DIM_C] = tiling->k.tile;
    tile[DIM_K] = tiling->n.tile;
    rows->factor[row_dim] = tile[row_dim] < params->rows ? tile[row_dim] : params->rows;
    cols->factor[col_dim] = tile[col_dim] < params->cols ? tile[col_dim] : params->cols;
    time->factor[time_dim] = tile[time_dim];
    inner->factor[DIM_G] = tiling->group.tile;
    inner->factor[row_dim] = divide_up(tile[row_dim], rows->factor[row_dim]);
    inner->factor[col_dim] = divide_up(tile[col_dim], cols->factor[col_dim]);
    static const uint8_t ROWS_INSIDE[] = {DIM_N, DIM_Z, DIM_Q, DIM_T, DIM_R, DIM_S, DIM_G};
    memcpy(inner->order, ROWS_INSIDE, sizeof ROWS_INSIDE);
    inner->order[7] = (uint8_t)col_dim;
    inner->order[8] = (uint8_t)row_dim;
    inner->order[9] = (uint8_t)time_dim;
    return nest;
}

/* The bias comes once, in one piece. */
static double bias_bytes(const struct systolic_detail *detail,
                         const struct primitive *primitive)
{
    if (primitive->input_count < 3 || detail->site.is_resident[2])
        return 0;
    uint64_t burst = detail->site.burst_bytes[2] ? detail->site.burst_bytes[2] : 1;
    uint64_t bytes = number_format_bytes(detail->site.input[2], primitive->inputs[2].elements);
    return (double)((bytes + burst - 1) / burst * burst);
}

/* Everything that follows from the tiling. */
static void finish_plan(const struct core *core, struct systolic_detail *detail,
                        struct arena *arena, struct plan *plan)
{
    const struct systolic_params *params = core->params;
    const struct tiling *tiling = &detail->tiling;
    struct tiling_pieces *ends = detail->pieces;
    plan->detail = detail;
    for (int side = 0; side < 2; side++)
        ends[side] = tiling_pieces(&detail->problem, tiling, side);
    uint64_t tiles = tiling_count(tiling);
    plan->step_count = (uint64_t)(ends[0].rows * ends[0].cols);
    if (tiles > 1)
        plan->step_count += tiles - 2 + (uint64_t)(ends[1].rows * ends[1].cols);
    struct tiling_estimate estimate = tiling_judge(&detail->problem, tiling);
    plan->estimate_cycles = tiling_total(&estimate);
    plan->scratch_bytes = estimate.scratch_bytes;
    plan->estimate_bytes = estimate.bytes + bias_bytes(detail, plan->primitive);
    plan->nest = systolic_nest(core, &detail->problem, tiling, arena);
    plan->description = nest_print_line(plan->nest, arena);
    const struct tiling_axis *k = &tiling->k, *n = &tiling->n;
    plan->load_room[0] = 2 * (uint64_t)tiling->group.tile * tiling->input_bytes[0][0];
    plan->bypasses_scratch[1] = detail->problem.has_fifo;
    plan->load_room[1] =
        (params->weight_fifo ? (uint64_t)params->weight_fifo : 2) *
        tiling_weight_bytes(&detail->problem, tiling->group.tile, k->tile, n->tile);
    plan->store_room =
        2 * tiling_output_bytes(&detail->problem, tiling->group.tile, tiling->m.tile, n->tile);
    int64_t rows, cols, time;
    struct array_block block = {tiling->m.tile, tiling->k.tile, tiling->n.tile, 1, 1};
    array_axes((enum array_dataflow)params->dataflow, &block, &rows, &cols, &time);
    plan->active_elements = (uint64_t)((rows < params->rows ? rows : params->rows) *
                                       (cols < params->cols ? cols : params->cols));
    systolic_count_actions(core, detail, arena, plan);
}

bool systolic_plan(const struct core *core, const struct primitive *primitive,
                   const struct site *site, const struct nest *pinned, struct arena *arena,
                   struct plan *plan, struct error *err)
{
    const struct systolic_params *params = core->params;
    struct systolic_detail *detail = arena_alloc(arena, sizeof *detail);
    detail->site = *site;
    detail->contraction = primitive->contraction;
    detail->startup = params->startup;
    detail->command = params->command;
    state_problem(core, primitive, detail);
    const struct tiling_problem *problem = &detail->problem;
    struct tiling_choice *choice = &detail->choice;
    choice->is_complete = true;
    if (pinned) {
        if (!systolic_apply_pinned(core, pinned, problem, arena, &detail->tiling, err))
            return false;
    } else if (params->tiles == TILES_WHOLE)
        tiling_set(problem, &detail->tiling, problem->groups, problem->m, problem->k,
                   problem->n, true);
    else if (tiling_choose(problem, choice, err))
        detail->tiling = choice->tilings[0];
    else
        return false;
    *plan = (struct plan){.primitive = primitive,
                          .is_search_complete = choice->is_complete,
                          .search_gap = choice->gap,
                          .rival_count = choice->count ? (uint32_t)choice->count - 1 : 0};
    finish_plan(core, detail, arena, plan);
    return true;
}

void systolic_rival(const struct core *core, const struct plan *plan, uint32_t index,
                    struct arena *arena, struct plan *rival)
{
    const struct systolic_detail *detail = plan->detail;
    struct systolic_detail *other = arena_alloc(arena, sizeof *other);
    *other = *detail;
    other->problem.contraction = &other->contraction;
    other->problem.site = &other->site;
    other->tiling = detail->choice.tilings[index + 1];
    *rival = (struct plan){.primitive = plan->primitive,
                           .is_search_complete = plan->is_search_complete,
                           .search_gap = plan->search_gap};
    finish_plan(core, other, arena, rival);
}
