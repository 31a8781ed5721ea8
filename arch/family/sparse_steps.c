#include "arch/family/sparse_steps.h"

#include <math.h>

#include "arch/family/sparse_model.h"

enum { M = 1 << SPARSE_M, K = 1 << SPARSE_K, N = 1 << SPARSE_N };

bool sparse_changes(const struct sparse_nest *nest, uint64_t visit, unsigned dims)
{
    if (visit == 0)
        return true;
    uint64_t here[SPARSE_DIMS], before[SPARSE_DIMS];
    sparse_visit(nest, visit, here);
    sparse_visit(nest, visit - 1, before);
    for (int d = 0; d < SPARSE_DIMS; d++)
        if ((dims >> d & 1) && here[d] != before[d])
            return true;
    return false;
}

uint64_t sparse_extent(const struct sparse_product *product, const struct sparse_nest *nest,
                       int dim, uint64_t at)
{
    uint64_t begin = at * nest->tile[dim], left = product->size[dim] - begin;
    return left < nest->tile[dim] ? left : nest->tile[dim];
}

/* A piece of a tile, from one mark to the next of its rows. */
struct piece {
    double begin, end; /* shares of the tile */
};

static uint64_t part_of(double bytes, const struct piece *piece)
{
    return (uint64_t)(llround(bytes * piece->end) - llround(bytes * piece->begin));
}

static void move_output(const struct sparse_product *p, const struct sparse_nest *nest,
                        uint64_t visit, const struct piece *piece, struct sparse_step *step)
{
    bool is_rows = sparse_output_side(p) == SPARSE_ROWS;
    unsigned dims = is_rows ? M | N : M | K;
    int along = is_rows ? SPARSE_K : SPARSE_N;
    uint64_t rows = sparse_extent(p, nest, SPARSE_M, step->at[SPARSE_M]);
    double entries = step->entries / (piece->end - piece->begin);
    double finished = entries * p->result_bytes, sums = entries * p->sum_bytes;
    if (is_rows) {
        finished =
            sparse_pieces_bytes(p, p->row_bytes, p->row_burst, (double)rows, step->columns);
        sums = p->row_bytes > 0 ? sparse_pieces_bytes(p, p->sum_bytes, p->row_burst,
                                                      (double)rows, step->columns)
                                : 0;
    }
    bool leaves = visit + 1 == sparse_visits(nest) || sparse_changes(nest, visit + 1, dims);
    bool is_last = step->at[along] + 1 == nest->trips[along];
    if (step->at[along] > 0 && sparse_changes(nest, visit, dims))
        step->loads[STEP_PARTIAL] = part_of(sums, piece);
    if (leaves)
        step->store = part_of(is_last ? finished : sums, piece);
}

static void load_table(const struct sparse_product *p, const struct sparse_nest *nest,
                       uint64_t visit, uint64_t inner, const struct piece *piece,
                       struct sparse_step *step)
{
    if (p->table_bytes <= 0)
        return;
    if (nest->is_gathered) {
        double density =
            (double)p->entries / (double)p->size[SPARSE_M] / (double)p->size[SPARSE_K];
        double rows = (double)sparse_extent(p, nest, SPARSE_M, step->at[SPARSE_M]);
        uint64_t most = nest->tile[SPARSE_K], one = nest->granule < most ? nest->granule : most;
        double share = density >= 1 ? 1 : -expm1(rows * (double)one * log1p(-density));
        double burst = (double)(p->table_burst ? p->table_burst : 1);
        double row = p->table_bytes * (double)step->columns;
        double bytes = nest->granule > 1 ? burst : ceil(row / burst) * burst;
        double records = ceil((double)inner / (double)nest->granule) * share;
        step->loads[3] = part_of(records * bytes, piece);
        step->is_gathered = true;
    } else if (piece->begin == 0 && sparse_changes(nest, visit, K | N))
        step->loads[3] = (uint64_t)llround(sparse_pieces_bytes(
            p, p->table_bytes, p->table_burst, (double)inner, step->columns));
}

void sparse_planned_step(const struct sparse_product *p, const struct sparse_nest *nest,
                         uint64_t index, struct sparse_step *step)
{
    uint64_t visit = index / nest->pieces, at[SPARSE_DIMS], number = index % nest->pieces;
    *step = (struct sparse_step){.part = (uint32_t)index};
    sparse_visit(nest, visit, at);
    for (int d = 0; d < SPARSE_DIMS; d++)
        step->at[d] = (uint32_t)at[d];
    uint64_t rows = sparse_extent(p, nest, SPARSE_M, at[SPARSE_M]);
    uint64_t inner = sparse_extent(p, nest, SPARSE_K, at[SPARSE_K]);
    struct piece piece = {(double)number / (double)nest->pieces,
                          (double)(number + 1) / (double)nest->pieces};
    double tile = (double)p->entries * ((double)rows / (double)p->size[SPARSE_M]) *
                  ((double)inner / (double)p->size[SPARSE_K]);
    step->columns = sparse_extent(p, nest, SPARSE_N, at[SPARSE_N]);
    step->rows = rows * (number + 1) / nest->pieces - rows * number / nest->pieces;
    step->begun = step->rows;
    step->entries = tile * (piece.end - piece.begin);
    step->macs = step->entries * p->macs * (double)step->columns;
    if (sparse_changes(nest, visit, M | K)) {
        if (!p->is_sampled)
            step->loads[0] = part_of(tile * p->value_bytes, &piece);
        double pointers = (double)(rows + 1);
        if (nest->is_listed)
            pointers = 2 * (double)rows * sparse_rows_walked(p, nest->trips[SPARSE_K]) /
                       ((double)p->size[SPARSE_M] * (double)nest->trips[SPARSE_K]);
        step->loads[1] = part_of(pointers * p->pointer_bytes, &piece);
        step->loads[2] = part_of(tile * p->column_bytes, &piece);
    }
    if (p->is_sampled && sparse_changes(nest, visit, M | N))
        step->loads[0] = part_of(
            sparse_pieces_bytes(p, p->row_bytes, p->row_burst, (double)rows, step->columns),
            &piece);
    load_table(p, nest, visit, inner, &piece, step);
    move_output(p, nest, visit, &piece, step);
}
