/* The steps that the player asks for: loads, cycles and stores of a tile, or of one piece of
 * the first and the last tile. */
#include "arch/systolic/systolic_detail.h"

/* Where a step stands: its tile, and the piece of it. */
struct position {
    uint64_t tile;
    const struct tiling_pieces *pieces; /* NULL: the tile goes whole */
    int64_t row, col;                   /* piece of the tile */
};

static struct position find_position(const struct systolic_detail *detail, uint64_t index)
{
    const struct tiling_pieces *ends = detail->pieces;
    uint64_t tiles = tiling_count(&detail->tiling);
    uint64_t first = (uint64_t)(ends[0].rows * ends[0].cols);
    if (index >= first && index < first + tiles - 2 && tiles > 1)
        return (struct position){.tile = index - first + 1};
    int side = index >= first;
    uint64_t inside = side ? index - (first + tiles - 2) : index;
    int64_t rows = ends[side].rows;
    bool is_split = rows * ends[side].cols > 1;
    return (struct position){side ? tiles - 1 : 0, is_split ? &ends[side] : NULL,
                             (int64_t)inside % rows, (int64_t)inside / rows};
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
        position->col == 0)
        step->load_bytes[0] =
            (uint64_t)groups *
            divide_bytes(
                tiling->input_bytes[at->m == tiling->m.count - 1][at->k == tiling->k.count - 1],
                k, depth);
    if (problem->loads_weight && is_new(tiling, at, true) && !shares_weight)
        step->load_bytes[1] = tiling_weight_bytes(
            problem, problem->contraction->is_weight_shared ? 1 : groups, k, n);
    bool is_deepest = at->k == tiling->k.count - 1 &&
                      (!position->pieces || position->row == position->pieces->rows - 1);
    if (problem->stores_output && is_deepest)
        step->store_bytes = tiling_output_bytes(problem, groups, m, n);
}

/* Where the step's block lies in the product: from (k, n) of the tile's corner on. */
static void set_tile(const struct systolic_detail *detail, const struct tile_index *at,
                     int64_t k, int64_t n, struct step *step)
{
    const struct tiling_problem *problem = &detail->problem;
    const struct tiling *tiling = &detail->tiling;
    struct product_tile *tile = &step->tile;
    tile->is_channel_inside = detail->site.is_channel_inside;
    tile->start[TILE_GROUP] = at->g * tiling->group.tile;
    tile->extent[TILE_GROUP] = tiling_axis_extent(&tiling->group, at->g);
    tile->start[TILE_M] = at->m * tiling->m.tile;
    tile->extent[TILE_M] = tiling_axis_extent(&tiling->m, at->m);
    tile->start[TILE_K] = at->k * tiling->k.tile + k;
    tile->start[TILE_N] = at->n * tiling->n.tile + n;
    step->tiled = 1u << OPERAND_INPUT | 1u << OPERAND_WEIGHT | 1u << OPERAND_OUTPUT;
    if (problem->packed == 1)
        return;
    /* Groups side by side: their weights lie in a tile of their own making. */
    step->tiled &= ~(1u << OPERAND_WEIGHT);
    int64_t groups = detail->contraction.size[DIM_G];
    tile->start[TILE_GROUP] *= problem->packed;
    tile->extent[TILE_GROUP] *= problem->packed;
    if (tile->extent[TILE_GROUP] > groups - tile->start[TILE_GROUP])
        tile->extent[TILE_GROUP] = groups - tile->start[TILE_GROUP];
    tile->start[TILE_K] = tile->start[TILE_N] = 0;
    tile->extent[TILE_K] = problem->k / problem->packed;
    tile->extent[TILE_N] = problem->n / problem->packed;
}

/* Where a piece begins along an axis of `size`, and how far it reaches. */
static int64_t cut(int64_t *size, int64_t hardware, int64_t folds, int64_t pieces,
                   int64_t index)
{
    int64_t begin = tiling_piece_begin(folds, pieces, index) * hardware;
    int64_t end = tiling_piece_begin(folds, pieces, index + 1) * hardware;
    *size = (end < *size ? end : *size) - begin;
    return begin;
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
    int64_t row = 0, col = 0; /* of the tile's corner */
    if (position.pieces) {
        const struct tiling_pieces *pieces = position.pieces;
        row = cut(&k, state->array.rows, pieces->row_folds, pieces->rows, position.row);
        col = cut(&n, state->array.cols, pieces->col_folds, pieces->cols, position.col);
    }
    *step = (struct step){.setup_reason = REASON_WEIGHT_LOAD,
                          .setup_load = state->array.dataflow == DATAFLOW_IS ? 0 : 1};
    step->tile.extent[TILE_K] = k;
    step->tile.extent[TILE_N] = n;
    set_tile(detail, &at, row, col, step);
    set_transfers(detail, &position, &at, k, n, step);
    if (index == 0 && plan->primitive->input_count > 2 && !detail->site.is_resident[2])
        step->load_bytes[2] = /* the bias, once */
            number_format_bytes(detail->site.input[2], plan->primitive->inputs[2].elements);

    bool is_last = index == plan->step_count - 1;
    struct array_cycles cycles = tiling_block(problem, m, k, n, is_last);
    struct array_block block = {m, k, n, 1, 1};
    uint64_t times = (uint64_t)tiling_axis_extent(&tiling->group, at.g);
    uint64_t folds = array_folds(&state->array, &block);
    uint64_t ports = problem->port_cycles * cycles.work / (uint64_t)problem->beat;
    uint64_t later_loads =
        cycles.first_load > cycles.overlap ? cycles.first_load - cycles.overlap : 0;
    bool reloads = state->array.dataflow != DATAFLOW_OS &&
                   (is_new(tiling, &at, true) || position.pieces || folds > 1 ||
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
