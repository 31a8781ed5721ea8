#include "arch/systolic/tiling.h"

#include <string.h>

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

struct tiling_axis tiling_axis_make(int64_t size, int64_t tile)
{
    tile = smaller(size, tile);
    return (struct tiling_axis){size, tile, divide_up(size, tile)};
}

int64_t tiling_axis_extent(const struct tiling_axis *axis, int64_t index)
{
    return index < axis->count - 1 ? axis->tile : axis->size - (axis->count - 1) * axis->tile;
}

/* Distinct input elements of `m` consecutive output positions and `k` of the unrolled window.
 */
static uint64_t input_tile_elements(const struct tiling_problem *problem, int64_t m, int64_t k)
{
    const struct contraction *c = problem->contraction;
    int64_t tile[DIM_COUNT];
    memcpy(tile, c->size, sizeof tile);
    tile[DIM_G] = 1;
    int64_t plane = c->size[DIM_P] * c->size[DIM_Q], volume = c->size[DIM_Z] * plane;
    tile[DIM_N] = divide_up(m, volume);
    if (m < volume)
        tile[DIM_Z] = divide_up(m, plane);
    if (m < plane)
        tile[DIM_P] = divide_up(m, c->size[DIM_Q]);
    if (m < c->size[DIM_Q])
        tile[DIM_Q] = m;
    uint64_t elements =
        contraction_tile_elements(c, OPERAND_INPUT, tile) * (uint64_t)problem->packed;
    uint64_t share = problem->input_elements;
    elements = elements < share ? elements : share;
    return (elements * (uint64_t)k + (uint64_t)problem->k - 1) / (uint64_t)problem->k;
}

uint64_t tiling_count(const struct tiling *tiling)
{
    return (uint64_t)(tiling->group.count * tiling->m.count * tiling->k.count *
                      tiling->n.count);
}

void tiling_set(const struct tiling_problem *problem, struct tiling *tiling, int64_t group,
                int64_t m, int64_t k, int64_t n, bool is_column_outer)
{
    tiling->group = tiling_axis_make(problem->groups, group);
    tiling->m = tiling_axis_make(problem->m, m);
    tiling->k = tiling_axis_make(problem->k, k);
    tiling->n = tiling_axis_make(problem->n, n);
    tiling->is_column_outer = is_column_outer;
    for (int i = 0; i < EDGE_KINDS; i++)
        for (int j = 0; j < EDGE_KINDS; j++) {
            int64_t rows = tiling_axis_extent(&tiling->m, i ? tiling->m.count - 1 : 0);
            int64_t depth = tiling_axis_extent(&tiling->k, j ? tiling->k.count - 1 : 0);
            tiling->input_bytes[i][j] = number_format_bytes(
                problem->site->input[0], input_tile_elements(problem, rows, depth));
        }
}

uint64_t tiling_weight_bytes(const struct tiling_problem *problem, int64_t groups, int64_t k,
                             int64_t n)
{
    const struct systolic_params *params = problem->core->params;
    if (problem->has_fifo) /* tiles are stored padded and fetched whole */
        return (uint64_t)groups * params->weight_tile * problem->site->input[1].bits /
               problem->core->native.bits;
    return number_format_bytes(problem->site->input[1], (uint64_t)(groups * k * n));
}

uint64_t tiling_output_bytes(const struct tiling_problem *problem, int64_t groups, int64_t m,
                             int64_t n)
{
    return number_format_bytes(problem->site->output, (uint64_t)(groups * m * n));
}

struct array_cycles tiling_block(const struct tiling_problem *problem, int64_t m, int64_t k,
                                 int64_t n, bool is_last)
{
    const struct systolic_state *state = problem->core->state;
    struct array_block block = {m, k, n, problem->beat, problem->load_beat};
    return array_block_cycles(&state->array, &block, is_last);
}

uint64_t tiling_scratch(const struct tiling_problem *problem, const struct tiling *tiling)
{
    const struct systolic_state *state = problem->core->state;
    const struct systolic_params *params = problem->core->params;
    uint64_t need = 0, groups = (uint64_t)tiling->group.tile;
    uint64_t copies_in = tiling->m.count * tiling->k.count * tiling->group.count > 1 ? 2 : 1;
    uint64_t copies_weight =
        tiling->n.count * tiling->k.count * tiling->group.count > 1 ? 2 : 1;
    if (problem->loads_input)
        need += copies_in * groups * tiling->input_bytes[EDGE_WHOLE][EDGE_WHOLE];
    if (problem->loads_weight && !problem->has_fifo)
        need += copies_weight * tiling_weight_bytes(problem, tiling->group.tile, tiling->k.tile,
                                                    tiling->n.tile);
    uint64_t outputs = (uint64_t)(tiling->group.tile * tiling->m.tile * tiling->n.tile);
    if (!params->accumulator_rows && tiling->k.count > 1)
        need += outputs * state->accumulator.bits / 8;
    else if (problem->stores_output)
        need += number_format_bytes(problem->site->output, outputs) *
                (tiling->m.count * tiling->n.count * tiling->group.count > 1 ? 2 : 1);
    return need;
}

static bool splits_ends(const struct tiling_problem *problem, const struct tiling *tiling)
{
    const struct systolic_params *params = problem->core->params;
    return params->dataflow == DATAFLOW_WS && params->tiles == TILES_FITTED &&
           tiling->group.tile == 1 &&
           (problem->loads_input || problem->loads_weight || problem->stores_output);
}

int64_t tiling_piece_begin(int64_t folds, int64_t pieces, int64_t index)
{
    return folds * index / pieces;
}

struct tiling_pieces tiling_pieces(const struct tiling_problem *problem,
                                   const struct tiling *tiling, bool is_last)
{
    enum { COLUMN_PIECES = 8, PIECES = 48 };
    const struct systolic_params *params = problem->core->params;
    const struct tiling_axis *k = &tiling->k, *n = &tiling->n;
    struct tiling_pieces pieces = {
        divide_up(tiling_axis_extent(k, is_last ? k->count - 1 : 0), params->rows),
        divide_up(tiling_axis_extent(n, is_last ? n->count - 1 : 0), params->cols), 1, 1};
    if (!splits_ends(problem, tiling))
        return pieces;
    pieces.cols = smaller(pieces.col_folds, COLUMN_PIECES);
    pieces.rows = smaller(pieces.row_folds, PIECES / pieces.cols);
    pieces.cols = smaller(pieces.col_folds, PIECES / pieces.rows);
    return pieces;
}

void tiling_piece_extents(const struct tiling_problem *problem, const struct tiling *tiling,
                          bool is_last, int64_t *k, int64_t *n)
{
    const struct systolic_params *params = problem->core->params;
    struct tiling_pieces pieces = tiling_pieces(problem, tiling, is_last);
    *k = smaller(*k, divide_up(pieces.row_folds, pieces.rows) * params->rows);
    *n = smaller(*n, divide_up(pieces.col_folds, pieces.cols) * params->cols);
}
