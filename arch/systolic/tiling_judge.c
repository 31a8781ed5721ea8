/* What tiles come to by the closed-form model: cycles, bytes as operands lie, what is exposed.
 */
#include "arch/systolic/tiling.h"

/* Bytes of the first operands, before which nothing starts, and of the last results. */
struct exposed {
    double input, weight, output;
};

static struct exposed find_exposed(const struct tiling_problem *problem,
                                   const struct tiling *tiling)
{
    int64_t k = tiling->k.tile, n = tiling->n.tile, groups = tiling->group.tile;
    tiling_piece_extents(problem, tiling, false, &k, &n);
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

/* Tiles of an operand by their extents and the bytes they take on chip. */
struct moved_tile {
    enum contraction_operand operand;
    int64_t groups, m, k, n;
    uint64_t bytes;
};

/* Bytes that such a tile takes on chip. */
static uint64_t tile_bytes(const struct tiling_problem *problem, const struct tiling *tiling,
                           const struct moved_tile *tile)
{
    if (tile->operand == OPERAND_WEIGHT)
        return tiling_weight_bytes(problem,
                                   problem->contraction->is_weight_shared ? 1 : tile->groups,
                                   tile->k, tile->n);
    if (tile->operand == OPERAND_OUTPUT)
        return tiling_output_bytes(problem, tile->groups, tile->m, tile->n);
    bool is_rest = tile->m < tiling->m.tile;
    uint64_t whole = tiling->input_bytes[is_rest][EDGE_WHOLE];
    return (uint64_t)tile->groups * (whole * (uint64_t)tile->k / (uint64_t)tiling->k.tile);
}

/* Bytes in whole bursts: as the operand lies in memory, or in one piece. */
static double moved_bytes(const struct tiling_problem *problem, const struct tiling *tiling,
                          const struct moved_tile *tile)
{
    const struct site *site = problem->site;
    const struct operand_layout *layout = &site->layout[tile->operand];
    uint64_t burst = tile->operand == OPERAND_OUTPUT ? site->output_burst_bytes
                                                     : site->burst_bytes[tile->operand];
    bool is_packed = problem->packed > 1;
    if (layout->form == FORM_NONE || (is_packed && tile->operand == OPERAND_WEIGHT))
        return (double)(burst > 1 ? (tile->bytes + burst - 1) / burst * burst : tile->bytes);
    struct product_tile box = {
        {tiling->group.count > 1 ? tiling->group.tile * problem->packed : 0,
         tiling->m.count > 1 ? tiling->m.tile : 0, tiling->k.count > 1 ? tiling->k.tile : 0,
         tiling->n.count > 1 ? tiling->n.tile : 0},
        {tile->groups * problem->packed, tile->m, tile->k / problem->packed,
         tile->n / problem->packed},
        site->is_channel_inside};
    return operand_mean_bytes(problem->contraction, tile->operand, layout, &box, burst);
}

static void add_moved(struct moved *moved, double tiles, double bytes)
{
    moved->tiles += tiles;
    moved->bytes += tiles * bytes;
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

/* Where the first tile goes in pieces: how much longer its operands take to come, first piece
 * apart, than the array takes to work on them. */
static double find_late(const struct tiling_problem *problem, const struct tiling *tiling,
                        double exposed)
{
    const struct site *site = problem->site;
    struct tiling_pieces pieces = tiling_pieces(problem, tiling, false);
    if (pieces.rows * pieces.cols == 1)
        return 0;
    double coming = 0;
    if (problem->loads_input)
        coming +=
            (double)tiling->input_bytes[EDGE_WHOLE][EDGE_WHOLE] / site->bytes_per_cycle[0];
    if (problem->loads_weight)
        coming += (double)tiling_weight_bytes(problem, 1, tiling->k.tile, tiling->n.tile) /
                  site->bytes_per_cycle[1];
    double late = coming - exposed -
                  block_cycles(problem, tiling->m.tile, tiling->k.tile, tiling->n.tile);
    return late > 0 ? late : 0;
}

static void charge_memory(const struct tiling_problem *problem, const struct tiling *tiling,
                          const struct moved moved[OPERAND_COUNT],
                          struct tiling_estimate *estimate)
{
    const struct moved *input = &moved[OPERAND_INPUT], *weight = &moved[OPERAND_WEIGHT];
    const struct moved *output = &moved[OPERAND_OUTPUT];
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
    estimate->late = find_late(problem, tiling, estimate->exposed);
    if (problem->stores_output) {
        estimate->output_bytes = output->bytes;
        estimate->memory += output->bytes / site->output_bytes_per_cycle;
        estimate->exposed += exposed.output / site->output_bytes_per_cycle;
    }
    estimate->latency = latency;
    estimate->bytes = estimate->input_bytes + estimate->weight_bytes + estimate->output_bytes;
}

/* What more the pieces of an end tile move than the tile in one go. */
static void add_pieces(const struct tiling_problem *problem, const struct tiling *tiling,
                       bool is_last, struct moved *moved)
{
    struct tiling_pieces pieces = tiling_pieces(problem, tiling, is_last);
    struct moved_tile whole = {
        .groups = tiling->group.tile,
        .m = tiling_axis_extent(&tiling->m, is_last ? tiling->m.count - 1 : 0),
        .k = tiling_axis_extent(&tiling->k, is_last ? tiling->k.count - 1 : 0),
        .n = tiling_axis_extent(&tiling->n, is_last ? tiling->n.count - 1 : 0)};
    struct moved_tile piece = whole;
    tiling_piece_extents(problem, tiling, is_last, &piece.k, &piece.n);
    double rows = (double)pieces.rows, cols = (double)pieces.cols;
    const double times[OPERAND_COUNT] = {rows, rows * cols, cols};
    const bool moves[OPERAND_COUNT] = {problem->loads_input, problem->loads_weight,
                                       problem->stores_output};
    for (int operand = 0; operand < OPERAND_COUNT; operand++) {
        if (!moves[operand] || times[operand] <= 1)
            continue;
        whole.operand = piece.operand = (enum contraction_operand)operand;
        whole.bytes = tile_bytes(problem, tiling, &whole);
        piece.bytes = tile_bytes(problem, tiling, &piece);
        double more = times[operand] * moved_bytes(problem, tiling, &piece) -
                      moved_bytes(problem, tiling, &whole);
        moved[operand].bytes += more > 0 ? more : 0;
    }
}

/* Tiles of one kind: whole or the rest, along m, k and n. */
static double edge_times(const struct tiling *tiling, int m, int k, int n)
{
    return (double)((m ? 1 : tiling->m.count - 1) * (k ? 1 : tiling->k.count - 1)) *
           (double)(n ? 1 : tiling->n.count - 1);
}

struct tiling_estimate tiling_judge(const struct tiling_problem *problem,
                                    const struct tiling *tiling)
{
    struct tiling_estimate estimate = {.scratch_bytes = tiling_scratch(problem, tiling)};
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
    struct moved moved[OPERAND_COUNT] = {{0, 0}, {0, 0}, {0, 0}};
    struct moved_tile part = {.groups = tiling->group.tile};
    for (int i = 0; i < EDGE_KINDS; i++)
        for (int j = 0; j < EDGE_KINDS; j++)
            for (int l = 0; l < EDGE_KINDS; l++) {
                double times = edge_times(tiling, i, j, l);
                if (times <= 0)
                    continue;
                part.m = tiling_axis_extent(m, i ? m->count - 1 : 0);
                part.k = tiling_axis_extent(k, j ? k->count - 1 : 0);
                part.n = tiling_axis_extent(n, l ? n->count - 1 : 0);
                estimate.compute +=
                    groups * times * block_cycles(problem, part.m, part.k, part.n);
                if (problem->loads_input) {
                    part.operand = OPERAND_INPUT;
                    part.bytes = together * tiling->input_bytes[i][j];
                    add_moved(&moved[OPERAND_INPUT],
                              tiles * (input_stays ? times / (double)n->count : times),
                              moved_bytes(problem, tiling, &part));
                }
                if (problem->loads_weight) {
                    part.operand = OPERAND_WEIGHT;
                    part.bytes = tiling_weight_bytes(problem, weights_together, part.k, part.n);
                    add_moved(&moved[OPERAND_WEIGHT],
                              weight_tiles * (weight_stays ? times / (double)m->count : times),
                              moved_bytes(problem, tiling, &part));
                }
                if (problem->stores_output && j) {
                    part.operand = OPERAND_OUTPUT;
                    part.bytes =
                        tiling_output_bytes(problem, (int64_t)together, part.m, part.n);
                    add_moved(&moved[OPERAND_OUTPUT], tiles * times,
                              moved_bytes(problem, tiling, &part));
                }
            }
    add_pieces(problem, tiling, false, moved);
    if (tiling_count(tiling) > 1)
        add_pieces(problem, tiling, true, moved);
    charge_memory(problem, tiling, moved, &estimate);
    return estimate;
}

double tiling_total(const struct tiling_estimate *estimate)
{
    double memory = estimate->memory + estimate->latency;
    double compute = estimate->compute + estimate->late;
    return (compute > memory ? compute : memory) + estimate->exposed;
}
