/* Plans of the systolic family: the chosen or pinned tiling as a loop nest, its actions, and
 * the steps that the player asks for. */
#include <stdlib.h>
#include <string.h>

#include "arch/systolic/tiling.h"

struct systolic_detail {
    struct tiling_problem problem;
    struct site site;
    struct contraction contraction;
    struct tiling tiling;
    int64_t startup, command;
    /* The first and the last tile go fold by fold, so that work starts with the first operands
     * and results leave with the last ones; tiles between them are whole. 1: whole, too. */
    int64_t row_folds[2], col_folds[2];
};

/* Where a step stands: its tile, and the folds of it that it covers. */
struct position {
    uint64_t tile;
    bool is_split;
    int64_t k_fold, n_fold; /* of a split tile */
};

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

/* As many groups as rows and columns allow become one product with a block-diagonal weight. */
static void pack_groups(const struct systolic_params *params, struct tiling_problem *problem)
{
    problem->packed = 1;
    if (params->groups != GROUPS_PACKED || params->dataflow != DATAFLOW_WS ||
        problem->contraction->is_input_shared || problem->contraction->is_weight_shared)
        return;
    int64_t fit = params->rows / problem->k, across = params->cols / problem->n;
    fit = fit < across ? fit : across;
    fit = fit < problem->groups ? fit : problem->groups;
    if (fit < 2)
        return;
    problem->packed = fit;
    problem->groups = divide_up(problem->groups, fit);
    problem->k *= fit;
    problem->n *= fit;
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
    pack_groups(params, problem);
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
static const struct nest *make_nest(const struct core *core,
                                    const struct tiling_problem *problem,
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

/* Takes the outer tiles and loop order from a nest of the mapping file. */
static bool apply_pinned(const struct core *core, const struct nest *pinned,
                         const struct tiling_problem *problem, struct tiling *tiling,
                         struct error *err)
{
    int64_t tile[DIM_COUNT];
    nest_tile(pinned, 1, tile);
    int64_t m = tile[DIM_P], k = tile[DIM_C], n = tile[DIM_K];
    const struct systolic_params *params = core->params;
    if (problem->has_fifo && (k > params->rows || n > params->cols))
        return error_set(
            err,
            "%sthe pinned weight tile is %lld x %lld, the array takes %lld x %lld; "
            "use tiles of at most that",
            core->place, (long long)k, (long long)n, (long long)params->rows,
            (long long)params->cols);
    if (params->accumulator_rows) {
        int64_t need = m * divide_up(n, params->cols), have = params->accumulator_rows;
        if (need > have)
            return error_set(
                err,
                "%sthe pinned tile needs %lld accumulator rows, there are %lld; cut "
                "P to %lld",
                core->place, (long long)need, (long long)have,
                (long long)(have / divide_up(n, params->cols)));
    }
    int columns_at = 0, rows_at = 0;
    for (int i = 0; i < DIM_COUNT; i++) {
        columns_at = pinned->levels[0].order[i] == DIM_K ? i : columns_at;
        rows_at = pinned->levels[0].order[i] == DIM_P ? i : rows_at;
    }
    tiling_set(problem, tiling, tile[DIM_G], m, k, n, columns_at < rows_at);
    struct tiling_estimate estimate = tiling_judge(problem, tiling);
    if (estimate.scratch_bytes > problem->site->scratch_bytes)
        return error_set(err, "%sthe pinned tiles need %llu bytes of scratch, there are %llu",
                         core->place, (unsigned long long)estimate.scratch_bytes,
                         (unsigned long long)problem->site->scratch_bytes);
    return true;
}

struct action_sum {
    struct plan_action *items;
    size_t count;
};

static void add_action(struct action_sum *sum, int32_t meter, uint64_t count)
{
    if (meter < 0 || count == 0)
        return;
    for (size_t i = 0; i < sum->count; i++)
        if (sum->items[i].meter == meter) {
            sum->items[i].count += count;
            return;
        }
    sum->items[sum->count++] = (struct plan_action){meter, count};
}

static uint64_t accesses(uint64_t bits, uint64_t width)
{
    return (bits + width - 1) / width;
}

/* Actions of `times` blocks of one size. */
static void count_block(const struct core *core, const struct tiling_problem *problem,
                        int64_t m, int64_t k, int64_t n, uint64_t times, struct action_sum *sum)
{
    const struct systolic_state *state = core->state;
    const struct systolic_params *params = core->params;
    struct array_block block = {m, k, n, problem->beat, problem->load_beat};
    int64_t rows, cols, time;
    array_axes(state->array.dataflow, &block, &rows, &cols, &time);
    uint64_t row_folds = (uint64_t)divide_up(rows, params->rows);
    uint64_t col_folds = (uint64_t)divide_up(cols, params->cols);
    uint64_t folds = row_folds * col_folds, macs = (uint64_t)(m * k * n / problem->packed);
    uint64_t streamed = (uint64_t)time * (uint64_t)rows * col_folds; /* from the left */
    uint32_t in_bits = problem->site->input[0].bits, weight_bits = problem->site->input[1].bits;
    uint32_t stream_bits = params->dataflow == DATAFLOW_IS ? weight_bits : in_bits;
    uint64_t width = state->scratch_bits;

    add_action(sum, state->mac, times * macs);
    add_action(sum, state->element_write, times * macs);
    add_action(sum, state->decode, times * folds);
    add_action(sum, state->row_wire, times * streamed * stream_bits);
    add_action(sum, state->scratch_read, times * accesses(streamed * stream_bits, width));
    if (params->dataflow == DATAFLOW_OS) {
        uint64_t down = (uint64_t)(k * n) * row_folds;
        add_action(sum, state->scratch_read, times * accesses(down * weight_bits, width));
        add_action(sum, state->col_wire,
                   times * (down * weight_bits + (uint64_t)(m * n) * state->accumulator.bits));
        return;
    }
    uint64_t held = (uint64_t)(rows * cols);
    uint32_t held_bits = params->dataflow == DATAFLOW_WS ? weight_bits : in_bits;
    add_action(sum, state->element_write, times * held);
    if (problem->has_fifo)
        add_action(sum, state->fifo_read, times * folds * (uint64_t)params->rows);
    else
        add_action(sum, state->scratch_read, times * accesses(held * held_bits, width));
    uint64_t sums = (uint64_t)time * (uint64_t)cols * row_folds; /* leave at the bottom */
    add_action(sum, state->col_wire, times * sums * state->accumulator.bits);
    uint64_t vectors = (uint64_t)time * folds;
    add_action(sum, state->accumulator_write, times * vectors);
}

static void count_actions(const struct core *core, const struct systolic_detail *detail,
                          struct arena *arena, struct plan *plan)
{
    const struct systolic_state *state = core->state;
    const struct tiling_problem *problem = &detail->problem;
    const struct tiling *tiling = &detail->tiling;
    const struct tiling_axis *m = &tiling->m, *k = &tiling->k, *n = &tiling->n;
    struct action_sum sum = {arena_array(arena, 16, sizeof *sum.items), 0};
    uint64_t width = state->scratch_bits, groups = (uint64_t)tiling->group.size;
    uint64_t result_vectors = 0, sum_vectors = 0;
    for (int i = 0; i < EDGE_KINDS; i++)
        for (int j = 0; j < EDGE_KINDS; j++)
            for (int l = 0; l < EDGE_KINDS; l++) {
                int64_t times =
                    (i ? 1 : m->count - 1) * (j ? 1 : k->count - 1) * (l ? 1 : n->count - 1);
                if (times == 0)
                    continue;
                int64_t rows = tiling_axis_extent(m, i ? m->count - 1 : 0);
                int64_t depth = tiling_axis_extent(k, j ? k->count - 1 : 0);
                int64_t columns = tiling_axis_extent(n, l ? n->count - 1 : 0);
                count_block(core, problem, rows, depth, columns, (uint64_t)times * groups,
                            &sum);
                uint64_t vectors = (uint64_t)(times * rows) *
                                   (uint64_t)divide_up(columns, state->array.cols) * groups;
                result_vectors += vectors;
                sum_vectors += vectors * (uint64_t)divide_up(depth, state->array.rows);
            }
    /* Every partial sum but the first is read back; each result is read once as it leaves. */
    if (state->accumulator_read >= 0 && state->array.dataflow != DATAFLOW_OS)
        add_action(&sum, state->accumulator_read, sum_vectors);
    else if (state->array.dataflow != DATAFLOW_OS) {
        uint64_t bits = state->accumulator.bits * (uint64_t)state->array.cols;
        uint64_t again = sum_vectors > result_vectors / (uint64_t)k->count
                             ? sum_vectors - result_vectors / (uint64_t)k->count
                             : 0;
        add_action(&sum, state->scratch_read, again * accesses(bits, width));
        add_action(&sum, state->scratch_write, again * accesses(bits, width));
    }
    uint64_t out_bits =
        (uint64_t)(problem->groups * problem->m * problem->n) * problem->site->output.bits;
    add_action(&sum, state->scratch_write, accesses(out_bits, width));
    /* What arrives from memory is written to scratch or FIFO, what leaves is read again. */
    struct step step;
    uint64_t arrived = 0, weights = 0, left = 0;
    for (uint64_t i = 0; i < plan->step_count; i++) {
        systolic_step(core, plan, i, &step);
        arrived += step.load_bytes[0];
        weights += step.load_bytes[1];
        left += step.store_bytes;
    }
    add_action(&sum, state->scratch_write, accesses(arrived * 8, width));
    add_action(&sum, state->scratch_read, accesses(left * 8, width));
    if (problem->has_fifo)
        add_action(&sum, state->fifo_write,
                   accesses(weights * 8, (uint64_t)state->array.cols * core->native.bits));
    else
        add_action(&sum, state->scratch_write, accesses(weights * 8, width));
    plan->actions = sum.items;
    plan->action_count = sum.count;
}

static uint64_t tile_count(const struct tiling *tiling)
{
    return (uint64_t)(tiling->group.count * tiling->m.count * tiling->k.count *
                      tiling->n.count);
}

static void split_ends(const struct core *core, struct systolic_detail *detail)
{
    const struct systolic_params *params = core->params;
    const struct tiling *tiling = &detail->tiling;
    for (int side = 0; side < 2; side++) {
        detail->row_folds[side] = detail->col_folds[side] = 1;
        if (!tiling_splits_ends(&detail->problem, tiling))
            continue;
        const struct tiling_axis *k = &tiling->k, *n = &tiling->n;
        detail->row_folds[side] =
            divide_up(tiling_axis_extent(k, side ? k->count - 1 : 0), params->rows);
        detail->col_folds[side] =
            divide_up(tiling_axis_extent(n, side ? n->count - 1 : 0), params->cols);
    }
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
    if (params->tiles == TILES_WHOLE)
        tiling_set(problem, &detail->tiling, problem->groups, problem->m, problem->k,
                   problem->n, true);
    else if (pinned ? !apply_pinned(core, pinned, problem, &detail->tiling, err)
                    : !tiling_search(problem, &detail->tiling, err))
        return false;
    const struct tiling *tiling = &detail->tiling;
    *plan = (struct plan){.primitive = primitive, .detail = detail, .is_search_complete = true};
    split_ends(core, detail);
    uint64_t tiles = tile_count(tiling);
    plan->step_count = (uint64_t)(detail->row_folds[0] * detail->col_folds[0]);
    if (tiles > 1)
        plan->step_count += tiles - 2 + (uint64_t)(detail->row_folds[1] * detail->col_folds[1]);
    struct tiling_estimate estimate = tiling_judge(&detail->problem, tiling);
    plan->estimate_cycles = tiling_total(&estimate);
    plan->nest = make_nest(core, &detail->problem, tiling, arena);
    plan->description = nest_print_line(plan->nest, arena);
    const struct tiling_axis *k = &tiling->k, *n = &tiling->n;
    plan->load_room[0] = 2 * (uint64_t)tiling->group.tile * tiling->input_bytes[0][0];
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
    count_actions(core, detail, arena, plan);
    return true;
}

static struct position find_position(const struct systolic_detail *detail, uint64_t index)
{
    uint64_t tiles = tile_count(&detail->tiling);
    uint64_t first = (uint64_t)(detail->row_folds[0] * detail->col_folds[0]);
    if (index >= first && index < first + tiles - 2 && tiles > 1)
        return (struct position){.tile = index - first + 1};
    int side = index >= first;
    uint64_t inside = side ? index - (first + tiles - 2) : index;
    int64_t rows = detail->row_folds[side], cols = detail->col_folds[side];
    return (struct position){side ? tiles - 1 : 0, rows * cols > 1, (int64_t)inside % rows,
                             (int64_t)inside / rows};
}

/* The tile's indices along each axis. */
struct tile_index {
    int64_t g, m, k, n;
    int64_t inner; /* of the inner one of m and n */
};

static struct tile_index find_tile(const struct tiling *tiling, uint64_t number)
{
    const struct tiling_axis *inner = tiling->is_column_outer ? &tiling->m : &tiling->n;
    const struct tiling_axis *outer = tiling->is_column_outer ? &tiling->n : &tiling->m;
    struct tile_index index;
    index.k = (int64_t)(number % (uint64_t)tiling->k.count);
    number /= (uint64_t)tiling->k.count;
    index.inner = (int64_t)(number % (uint64_t)inner->count);
    number /= (uint64_t)inner->count;
    int64_t outside = (int64_t)(number % (uint64_t)outer->count);
    index.g = (int64_t)(number / (uint64_t)outer->count);
    index.m = tiling->is_column_outer ? index.inner : outside;
    index.n = tiling->is_column_outer ? outside : index.inner;
    return index;
}

/* Whether the operand's tile differs from the one of the tile before. */
static bool is_new(const struct tiling *tiling, const struct tile_index *at, bool is_weight)
{
    if (tiling->k.count > 1)
        return true;
    bool is_outer = is_weight == tiling->is_column_outer; /* its own axis is the outer loop */
    if (is_outer)
        return at->inner == 0;
    int64_t count = is_weight ? tiling->n.count : tiling->m.count;
    int64_t outside = is_weight ? at->m : at->n;
    return count > 1 || outside == 0;
}

static uint64_t divide_bytes(uint64_t bytes, int64_t part, int64_t whole)
{
    return (bytes * (uint64_t)part + (uint64_t)whole - 1) / (uint64_t)whole;
}

/* Loads and stores of a step whose block is k x n of a tile of depth x columns. */
static void set_transfers(const struct systolic_detail *detail, const struct position *position,
                          const struct tile_index *at, int64_t k, int64_t n, struct step *step)
{
    const struct tiling_problem *problem = &detail->problem;
    const struct tiling *tiling = &detail->tiling;
    int64_t groups = tiling_axis_extent(&tiling->group, at->g);
    int64_t depth = tiling_axis_extent(&tiling->k, at->k);
    int64_t m = tiling_axis_extent(&tiling->m, at->m);
    bool again = at->g > 0; /* an operand shared between groups may be there already */
    bool shares_input = again && problem->contraction->is_input_shared &&
                        tiling->m.count * tiling->k.count == 1;
    bool shares_weight = again && problem->contraction->is_weight_shared &&
                         tiling->n.count * tiling->k.count == 1;
    if (problem->loads_input && is_new(tiling, at, false) && !shares_input &&
        position->n_fold == 0)
        step->load_bytes[0] =
            (uint64_t)groups *
            divide_bytes(
                tiling->input_bytes[at->m == tiling->m.count - 1][at->k == tiling->k.count - 1],
                k, depth);
    if (problem->loads_weight && is_new(tiling, at, true) && !shares_weight)
        step->load_bytes[1] = tiling_weight_bytes(
            problem, problem->contraction->is_weight_shared ? 1 : groups, k, n);
    bool is_deepest =
        at->k == tiling->k.count - 1 &&
        (!position->is_split || position->k_fold == detail->row_folds[position->tile != 0] - 1);
    if (problem->stores_output && is_deepest)
        step->store_bytes = tiling_output_bytes(problem, groups, m, n);
}

/* Extent of fold `index` of `size` cut by `hardware`. */
static int64_t fold_extent(int64_t size, int64_t hardware, int64_t index)
{
    int64_t rest = size - index * hardware;
    return rest < hardware ? rest : hardware;
}

void systolic_step(const struct core *core, const struct plan *plan, uint64_t index,
                   struct step *step)
{
    const struct systolic_detail *detail = plan->detail;
    const struct tiling_problem *problem = &detail->problem;
    const struct tiling *tiling = &detail->tiling;
    const struct systolic_state *state = core->state;
    struct position position = find_position(detail, index);
    struct tile_index at = find_tile(tiling, position.tile);
    int64_t m = tiling_axis_extent(&tiling->m, at.m), k = tiling_axis_extent(&tiling->k, at.k);
    int64_t n = tiling_axis_extent(&tiling->n, at.n);
    if (position.is_split) {
        k = fold_extent(k, state->array.rows, position.k_fold);
        n = fold_extent(n, state->array.cols, position.n_fold);
    }
    *step = (struct step){.setup_reason = REASON_WEIGHT_LOAD};
    set_transfers(detail, &position, &at, k, n, step);

    bool is_last = index == plan->step_count - 1;
    struct array_cycles cycles = tiling_block(problem, m, k, n, is_last);
    struct array_block block = {m, k, n, 1, 1};
    uint64_t times = (uint64_t)tiling_axis_extent(&tiling->group, at.g);
    uint64_t folds = array_folds(&state->array, &block);
    uint64_t ports = problem->port_cycles * cycles.work / (uint64_t)problem->beat;
    uint64_t later_loads =
        cycles.first_load > cycles.overlap ? cycles.first_load - cycles.overlap : 0;
    bool reloads = state->array.dataflow != DATAFLOW_OS &&
                   (is_new(tiling, &at, true) || position.is_split || folds > 1 ||
                    state->array.dataflow == DATAFLOW_IS);
    step->setup_cycles = reloads || index == 0 ? cycles.first_load : 0;
    step->overlap_cycles = cycles.overlap;
    step->busy.cycles[REASON_WORK] = times * (cycles.work - ports);
    step->busy.cycles[REASON_PORT] = times * ports;
    step->busy.cycles[REASON_FILL] = times * cycles.fill;
    step->busy.cycles[REASON_DRAIN] = times * cycles.drain;
    step->busy.cycles[REASON_WEIGHT_LOAD] = times * cycles.load + (times - 1) * later_loads;
    step->busy.cycles[REASON_RECONFIGURE] = times * folds * (uint64_t)detail->command +
                                            (index == 0 ? (uint64_t)detail->startup : 0);
}
