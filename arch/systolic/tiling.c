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

bool tiling_splits_ends(const struct tiling_problem *problem, const struct tiling *tiling)
{
    const struct systolic_params *params = problem->core->params;
    return params->dataflow == DATAFLOW_WS && params->tiles == TILES_FITTED &&
           tiling->group.tile == 1 &&
           (problem->loads_input || problem->loads_weight || problem->stores_output);
}

/* Bytes of the first operands, before which nothing starts, and of the last results. */
struct exposed {
    double input, weight, output;
};

static struct exposed find_exposed(const struct tiling_problem *problem,
                                   const struct tiling *tiling)
{
    const struct systolic_params *params = problem->core->params;
    int64_t k = tiling->k.tile, n = tiling->n.tile, groups = tiling->group.tile;
    if (tiling_splits_ends(problem, tiling)) {
        k = smaller(k, params->rows);
        n = smaller(n, params->cols);
    }
    return (struct exposed){(double)groups *
                                (double)tiling->input_bytes[EDGE_WHOLE][EDGE_WHOLE] *
                                (double)k / (double)tiling->k.tile,
                            (double)tiling_weight_bytes(problem, groups, k, n),
                            (double)tiling_output_bytes(problem, groups, tiling->m.tile, n)};
}

/* What moves of an operand: tiles fetched or stored, and their bytes in whole bursts. */
struct moved {
    double tiles, bytes;
};

static void add_moved(struct moved *moved, double tiles, uint64_t bytes, uint64_t burst)
{
    moved->tiles += tiles;
    moved->bytes += tiles * (double)(burst > 1 ? (bytes + burst - 1) / burst * burst : bytes);
}

/* Core cycles of one block, commands and what shows of its first load included. */
static double block_cycles(const struct tiling_problem *problem, int64_t m, int64_t k,
                           int64_t n)
{
    const struct systolic_params *params = problem->core->params;
    const struct systolic_state *state = problem->core->state;
    struct array_cycles cycles = tiling_block(problem, m, k, n, false);
    uint64_t sum = cycles.work + cycles.load + cycles.fill + cycles.drain;
    if (cycles.first_load > cycles.overlap)
        sum += cycles.first_load - cycles.overlap;
    struct array_block block = {m, k, n, 1, 1};
    if (params->command)
        sum += array_folds(&state->array, &block) * (uint64_t)params->command;
    return (double)sum;
}

/* Loads beside the one in use: a tile is asked for when there is room, so that each stream pays
 * the memory's latency, and the shifting in that follows, once in so many tiles. */
static double loads_ahead(const struct tiling_problem *problem, bool is_weight)
{
    const struct systolic_params *params = problem->core->params;
    return is_weight && params->weight_fifo > 2 ? (double)(params->weight_fifo - 1) : 1;
}

static void charge_memory(const struct tiling_problem *problem, const struct tiling *tiling,
                          const struct moved *input, const struct moved *weight,
                          const struct moved *output, struct tiling_estimate *estimate)
{
    const struct site *site = problem->site;
    struct exposed exposed = find_exposed(problem, tiling);
    double latency = 0;
    const struct systolic_params *params = problem->core->params;
    bool holds_input = params->dataflow == DATAFLOW_IS;
    double setup =
        (double)tiling_block(problem, tiling->m.tile, tiling->k.tile, tiling->n.tile, false)
            .first_load;
    if (problem->loads_input) {
        estimate->input_bytes = input->bytes;
        estimate->memory += input->bytes / site->bytes_per_cycle[0];
        estimate->exposed += exposed.input / site->bytes_per_cycle[0];
        latency = input->tiles * (site->latency_cycles[0] + (holds_input ? setup : 0)) /
                  loads_ahead(problem, false);
    }
    if (problem->loads_weight) {
        estimate->weight_bytes = weight->bytes;
        estimate->memory += weight->bytes / site->bytes_per_cycle[1];
        estimate->exposed += exposed.weight / site->bytes_per_cycle[1];
        double waits = weight->tiles * (site->latency_cycles[1] + (holds_input ? 0 : setup)) /
                       loads_ahead(problem, true);
        latency = waits > latency ? waits : latency;
    }
    if (problem->stores_output) {
        estimate->output_bytes = output->bytes;
        estimate->memory += output->bytes / site->output_bytes_per_cycle;
        estimate->exposed += exposed.output / site->output_bytes_per_cycle;
    }
    estimate->latency = latency;
    estimate->bytes = estimate->input_bytes + estimate->weight_bytes + estimate->output_bytes;
}

struct tiling_estimate tiling_judge(const struct tiling_problem *problem,
                                    const struct tiling *tiling)
{
    struct tiling_estimate estimate = {.scratch_bytes = tiling_scratch(problem, tiling)};
    const struct site *site = problem->site;
    const struct tiling_axis *m = &tiling->m, *k = &tiling->k, *n = &tiling->n;
    double groups = (double)tiling->group.size;
    /* Groups of a tile move together; where tiles of groups are ragged, nearly so. */
    uint64_t together = (uint64_t)tiling->group.tile;
    double tiles = groups / (double)together;
    bool is_shared = problem->contraction->is_weight_shared;
    double weight_tiles = is_shared ? 1 : tiles;
    int64_t weights_together = is_shared ? 1 : tiling->group.tile;
    bool input_stays = k->count == 1 && (!tiling->is_column_outer || m->count == 1);
    bool weight_stays = k->count == 1 && (tiling->is_column_outer || n->count == 1);
    struct moved input = {0}, weight = {0}, output = {0};
    for (int i = 0; i < EDGE_KINDS; i++)
        for (int j = 0; j < EDGE_KINDS; j++)
            for (int l = 0; l < EDGE_KINDS; l++) {
                double times = (double)((i ? 1 : m->count - 1) * (j ? 1 : k->count - 1)) *
                               (double)(l ? 1 : n->count - 1);
                if (times <= 0)
                    continue;
                int64_t rows = tiling_axis_extent(m, i ? m->count - 1 : 0);
                int64_t depth = tiling_axis_extent(k, j ? k->count - 1 : 0);
                int64_t columns = tiling_axis_extent(n, l ? n->count - 1 : 0);
                estimate.compute +=
                    groups * times * block_cycles(problem, rows, depth, columns);
                add_moved(&input, tiles * (input_stays ? times / (double)n->count : times),
                          together * tiling->input_bytes[i][j], site->burst_bytes[0]);
                add_moved(&weight,
                          weight_tiles * (weight_stays ? times / (double)m->count : times),
                          tiling_weight_bytes(problem, weights_together, depth, columns),
                          site->burst_bytes[1]);
                if (j)
                    add_moved(&output, tiles * times,
                              tiling_output_bytes(problem, (int64_t)together, rows, columns),
                              site->output_burst_bytes);
            }
    charge_memory(problem, tiling, &input, &weight, &output, &estimate);
    return estimate;
}

double tiling_total(const struct tiling_estimate *estimate)
{
    double memory = estimate->memory + estimate->latency;
    return (estimate->compute > memory ? estimate->compute : memory) + estimate->exposed;
}
