#include "arch/family/sparse_model.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

enum { M = 1 << SPARSE_M, K = 1 << SPARSE_K, N = 1 << SPARSE_N };
static const unsigned SIDE_DIMS[SPARSE_SIDES] = {M | K, K | N, M | N, M | K};

/* Positions of the whole, far from the end of its type. */
static uint64_t positions(uint64_t rows, uint64_t inner)
{
    static const double MOST = 1e18;
    double both = (double)rows * (double)inner;
    return both < MOST ? rows * inner : (uint64_t)MOST;
}

void sparse_model_init(struct sparse_model *model, const struct sparse_product *product,
                       double quantile)
{
    memset(model, 0, sizeof *model);
    model->product = product;
    model->quantile = quantile;
    model->deviations = gsl_cdf_ugaussian_Pinv(quantile);
    double all = (double)product->size[SPARSE_M] * (double)product->size[SPARSE_K];
    model->density = (double)product->entries / all;
    if (model->density > 1)
        model->density = 1;
}

uint64_t sparse_model_most(struct sparse_model *model, uint64_t rows, uint64_t inner)
{
    const struct sparse_product *p = model->product;
    uint64_t all = positions(p->size[SPARSE_M], p->size[SPARSE_K]);
    uint64_t draws = positions(rows, inner);
    uint64_t marked = p->entries < all ? p->entries : all;
    size_t slot = (size_t)(draws % SPARSE_ROOMS);
    if (draws == 0 || model->rooms[slot].draws != draws) {
        model->rooms[slot].draws = draws;
        model->rooms[slot].most = space_occupancy(all, marked, draws, model->quantile);
    }
    return model->rooms[slot].most;
}

/* Chance that one of `columns` table rows is selected by a tile of `rows` rows. */
static double selected(const struct sparse_model *model, double rows, double columns)
{
    return model->density >= 1 ? 1 : -expm1(rows * columns * log1p(-model->density));
}

double sparse_model_filled(const struct sparse_model *model, double inner)
{
    return selected(model, 1, inner);
}

/* Row pointers of a tile, with the quantile; a listed row takes two. */
static double tile_pointers(const struct sparse_model *model, double rows, double inner)
{
    double share = sparse_model_filled(model, inner);
    double listed = rows * share + model->deviations * sqrt(rows * share * (1 - share));
    return 2 * listed < rows + 1 ? 2 * listed : rows + 1;
}

double sparse_rows_walked(const struct sparse_product *product, uint64_t inner_trips)
{
    struct sparse_model model = {.product = product};
    double all = (double)product->size[SPARSE_M] * (double)product->size[SPARSE_K];
    model.density = (double)product->entries < all ? (double)product->entries / all : 1;
    double rows = (double)product->size[SPARSE_M] * (double)inner_trips;
    double share =
        sparse_model_filled(&model, (double)product->size[SPARSE_K] / (double)inner_trips);
    return 2 * share < 1 ? rows * share : rows;
}

double sparse_model_records(const struct sparse_model *model, uint64_t rows, uint64_t inner,
                            uint64_t granule)
{
    double all = ceil((double)inner / (double)granule);
    double share = selected(model, (double)rows, (double)(granule < inner ? granule : inner));
    double most = all * share + model->deviations * sqrt(all * share * (1 - share));
    return most < 1 ? 1 : most < all ? ceil(most) : all;
}

/* How often tiles of a side come (or go): a tile stays while the loops inside the innermost one
 * that it depends on run. */
static double moves(const struct sparse_cut *cut, unsigned dims)
{
    double all = 1, result = 1;
    for (int i = 0; i < SPARSE_DIMS; i++) {
        int dim = cut->order[i];
        all *= cut->trips[dim];
        if ((dims >> dim & 1) && cut->trips[dim] > 1)
            result = all;
    }
    return result;
}

static unsigned table_dims(const struct sparse_cut *cut)
{
    return SIDE_DIMS[SPARSE_TABLE] | (cut->is_gathered ? (unsigned)M : 0);
}

static double times(const struct sparse_cut *cut, unsigned dims)
{
    return moves(cut, dims) > 1 ? 2 : 1;
}

static double table_room(const struct sparse_model *model, const struct sparse_cut *cut)
{
    const struct sparse_product *p = model->product;
    const uint64_t *tile = cut->tile;
    if (p->table_bytes <= 0)
        return 0;
    double row = p->table_bytes * (double)tile[SPARSE_N];
    if (!cut->is_gathered)
        return (double)tile[SPARSE_K] * row;
    uint64_t granule = cut->is_bound ? 1 : sparse_granule(p, tile[SPARSE_N]);
    double records = sparse_model_records(model, tile[SPARSE_M], tile[SPARSE_K], granule);
    return records * row * (double)granule;
}

/* Bytes that an entry of a tile takes, double buffers included. */
static double entry_room(const struct sparse_model *model, const struct sparse_cut *cut)
{
    const struct sparse_product *p = model->product;
    double result = cut->trips[SPARSE_N] > 1 ? p->sum_bytes : p->result_bytes;
    double bytes = (p->value_bytes + p->column_bytes) * times(cut, SIDE_DIMS[SPARSE_ENTRIES]);
    if (sparse_output_side(p) == SPARSE_RESULTS)
        bytes += result * times(cut, SIDE_DIMS[SPARSE_RESULTS]);
    return bytes;
}

/* Of all but the entries. */
static double other_room(const struct sparse_model *model, const struct sparse_cut *cut)
{
    const struct sparse_product *p = model->product;
    double rows = (double)cut->tile[SPARSE_M];
    bool is_sum = sparse_output_side(p) == SPARSE_ROWS && cut->trips[SPARSE_K] > 1;
    double row = is_sum && p->row_bytes > 0 ? p->sum_bytes : p->row_bytes;
    return tile_pointers(model, rows, (double)cut->tile[SPARSE_K]) * p->pointer_bytes *
               times(cut, SIDE_DIMS[SPARSE_ENTRIES]) +
           rows * row * (double)cut->tile[SPARSE_N] * times(cut, SIDE_DIMS[SPARSE_ROWS]) +
           table_room(model, cut) * times(cut, table_dims(cut));
}

double sparse_model_footprint(struct sparse_model *model, const struct sparse_cut *cut)
{
    double entry = entry_room(model, cut), others = other_room(model, cut);
    if (entry <= 0)
        return others;
    uint64_t most = sparse_model_most(model, cut->tile[SPARSE_M], cut->tile[SPARSE_K]);
    return (double)most * entry + others;
}

void sparse_model_rooms(struct sparse_model *model, const struct sparse_cut *cut,
                        uint64_t scratch_bytes, uint64_t *entries, uint64_t *records)
{
    const struct sparse_product *p = model->product;
    double entry = entry_room(model, cut);
    double left = (double)scratch_bytes - sparse_model_footprint(model, cut);
    left = left > 0 ? left : 0;
    *records = UINT64_MAX;
    if (cut->is_gathered) {
        uint64_t granule = sparse_granule(p, cut->tile[SPARSE_N]);
        double record = p->table_bytes * (double)(cut->tile[SPARSE_N] * granule) *
                        times(cut, table_dims(cut));
        left /= entry > 0 ? 2 : 1;
        *records = (uint64_t)(sparse_model_records(model, cut->tile[SPARSE_M],
                                                   cut->tile[SPARSE_K], granule) +
                              floor(left / record));
    }
    uint64_t most = sparse_model_most(model, cut->tile[SPARSE_M], cut->tile[SPARSE_K]);
    *entries = entry > 0 ? most + (uint64_t)(left / entry) : UINT64_MAX;
    if (*entries == 0)
        *entries = 1;
}

/* Of a table row in all its pieces, each in whole bursts: what gathering it moves. */
static double record_bytes(const struct sparse_product *p, uint64_t columns)
{
    double burst = (double)(p->table_burst ? p->table_burst : 1);
    double row = p->table_bytes * (double)p->size[SPARSE_N];
    if (columns == p->size[SPARSE_N])
        return ceil(row / burst) * burst;
    return sparse_sweep_bytes(p, p->table_bytes, p->table_burst, 1, columns);
}

/* Of the table, for one sweep over all rows. */
static double table_bytes(const struct sparse_model *model, const struct sparse_cut *cut)
{
    const struct sparse_product *p = model->product;
    uint64_t columns = cut->tile[SPARSE_N];
    double inner = (double)p->size[SPARSE_K];
    double row = p->table_bytes * (double)p->size[SPARSE_N];
    if (!cut->is_gathered)
        return cut->is_bound
                   ? inner * row
                   : sparse_sweep_bytes(p, p->table_bytes, p->table_burst, inner, columns);
    uint64_t granule = cut->is_bound ? 1 : sparse_granule(p, columns);
    double rows = (double)p->size[SPARSE_M], tile = (double)cut->tile[SPARSE_M];
    double whole = floor(rows / tile), rest = rows - whole * tile;
    double record = cut->is_bound ? row
                    : granule > 1 ? (double)p->table_burst
                                  : record_bytes(p, columns);
    uint64_t along = cut->is_bound ? p->size[SPARSE_K] : cut->tile[SPARSE_K];
    double columns_of_one = (double)(granule < along ? granule : along);
    uint64_t tiles = p->size[SPARSE_K] / along, left = p->size[SPARSE_K] - tiles * along;
    double granules = (double)tiles * ceil((double)along / (double)granule) +
                      ceil((double)left / (double)granule);
    return granules * record *
           (whole * selected(model, tile, columns_of_one) +
            selected(model, rest, columns_of_one));
}

static double rows_bytes(const struct sparse_product *p, const struct sparse_cut *cut,
                         double element)
{
    double rows = (double)p->size[SPARSE_M];
    if (cut->is_bound)
        return rows * element * (double)p->size[SPARSE_N];
    return sparse_sweep_bytes(p, element, p->row_burst, rows, cut->tile[SPARSE_N]);
}

/* An output leaves finished once, and as often as it is begun again as sums that come back. */
static void output_traffic(const struct sparse_product *p, const struct sparse_cut *cut,
                           struct sparse_traffic *traffic)
{
    double finished, sums, again;
    if (sparse_output_side(p) == SPARSE_ROWS) {
        double tiles = cut->trips[SPARSE_M] * cut->trips[SPARSE_N];
        again = moves(cut, SIDE_DIMS[SPARSE_ROWS]) / tiles - 1;
        finished = rows_bytes(p, cut, p->row_bytes);
        sums = p->row_bytes > 0 ? rows_bytes(p, cut, p->sum_bytes) : 0;
    } else {
        double tiles = cut->trips[SPARSE_M] * cut->trips[SPARSE_K];
        again = moves(cut, SIDE_DIMS[SPARSE_RESULTS]) / tiles - 1;
        finished = (double)p->entries * p->result_bytes;
        sums = (double)p->entries * p->sum_bytes;
    }
    traffic->returns = again * sums;
    traffic->stores = finished + again * sums;
}

void sparse_model_traffic(const struct sparse_model *model, const struct sparse_cut *cut,
                          struct sparse_traffic *traffic)
{
    const struct sparse_product *p = model->product;
    const double *trips = cut->trips;
    *traffic = (struct sparse_traffic){.returns = 0};
    double tiles = trips[SPARSE_M] * trips[SPARSE_K];
    double rows = (double)p->size[SPARSE_M] * trips[SPARSE_K], pointers = rows + tiles;
    double listed =
        2 * rows * sparse_model_filled(model, (double)p->size[SPARSE_K] / trips[SPARSE_K]);
    pointers = listed < rows ? listed : pointers;
    traffic->loads[SPARSE_ENTRIES] =
        moves(cut, SIDE_DIMS[SPARSE_ENTRIES]) / tiles *
        ((double)p->entries * (p->value_bytes + p->column_bytes) + pointers * p->pointer_bytes);
    if (p->table_bytes > 0)
        traffic->loads[SPARSE_TABLE] =
            table_bytes(model, cut) *
            (cut->is_gathered
                 ? 1
                 : moves(cut, SIDE_DIMS[SPARSE_TABLE]) / (trips[SPARSE_K] * trips[SPARSE_N]));
    if (p->is_sampled)
        traffic->loads[SPARSE_ROWS] = moves(cut, SIDE_DIMS[SPARSE_ROWS]) /
                                      (trips[SPARSE_M] * trips[SPARSE_N]) *
                                      rows_bytes(p, cut, p->row_bytes);
    output_traffic(p, cut, traffic);
    traffic->bytes = traffic->returns + traffic->stores;
    traffic->cycles = traffic->bytes / p->output_bytes_per_cycle;
    for (int side = 0; side < SPARSE_SIDES; side++) {
        traffic->bytes += traffic->loads[side];
        traffic->cycles += traffic->loads[side] / p->bytes_per_cycle[side];
    }
}
