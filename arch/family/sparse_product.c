#include "arch/family/sparse_product.h"

#include <math.h>

/* Integers are summed in at least 32 bits, floats in their own format. */
static double sum_bytes(struct number_format format)
{
    bool is_integer = format.class == NUMBER_UNSIGNED || format.class == NUMBER_SIGNED;
    double bits = is_integer && format.bits < 32 ? 32 : format.bits;
    return bits / 8;
}

static double input_bytes(const struct primitive *p, const struct site *site, uint32_t input)
{
    bool is_moved =
        input < p->input_count && p->inputs[input].elements && !site->is_resident[input];
    return is_moved ? site->input[input].bits / 8.0 : 0;
}

static void find_bandwidth(const struct site *site, struct sparse_product *product)
{
    double *rate = product->bytes_per_cycle;
    rate[SPARSE_ENTRIES] = site->bytes_per_cycle[2];
    if (!product->is_sampled && product->value_bytes > 0 &&
        site->bytes_per_cycle[0] < rate[SPARSE_ENTRIES])
        rate[SPARSE_ENTRIES] = site->bytes_per_cycle[0];
    rate[SPARSE_TABLE] = site->bytes_per_cycle[3];
    rate[SPARSE_ROWS] =
        product->is_sampled ? site->bytes_per_cycle[0] : site->output_bytes_per_cycle;
    rate[SPARSE_RESULTS] = product->output_bytes_per_cycle = site->output_bytes_per_cycle;
    for (int side = 0; side < SPARSE_SIDES; side++)
        if (!(rate[side] > 0))
            rate[side] = 1e9;
}

struct sparse_product sparse_product_make(const struct primitive *p, const struct site *site)
{
    struct sparse_product made = {.entries = p->sparse.non_zeros,
                                  .size = {p->sparse.rows ? p->sparse.rows : 1,
                                           p->sparse.inner ? p->sparse.inner : 1,
                                           p->sparse.columns ? p->sparse.columns : 1}};
    uint64_t dense = p->sparse.rows * p->sparse.columns;
    bool is_usual = p->output.elements == dense && p->inputs[0].elements == p->sparse.non_zeros;
    made.is_sampled = !is_usual && p->output.elements == p->sparse.non_zeros &&
                      p->inputs[0].elements == dense;
    made.is_pair = p->sparse.columns == 1 && p->macs && p->macs != p->sparse.non_zeros;
    made.column_bytes = input_bytes(p, site, 2);
    made.table_bytes = input_bytes(p, site, 3);
    made.macs = 1;
    made.entry_burst[0] = site->burst_bytes[0];
    made.entry_burst[1] = site->burst_bytes[1];
    made.entry_burst[2] = site->burst_bytes[2];
    made.table_burst = site->burst_bytes[3];
    made.row_burst = made.is_sampled ? site->burst_bytes[0] : site->output_burst_bytes;
    /* A tile's pointers are one more than its rows; stored ones that rest on chip cost none. */
    made.pointer_bytes = input_bytes(p, site, 1);
    double output = site->is_output_resident ? 0 : site->output.bits / 8.0;
    made.sum_bytes = site->is_output_resident ? 0 : sum_bytes(site->output);
    if (made.is_sampled)
        made.row_bytes = input_bytes(p, site, 0);
    else
        made.value_bytes = input_bytes(p, site, 0);
    if (made.is_pair) {
        made.macs = (double)p->macs / (double)(made.entries ? made.entries : 1);
        made.table_bytes *= (double)p->inputs[3].elements / (double)made.size[SPARSE_K];
        made.result_bytes = output * made.macs;
        made.sum_bytes *= made.macs;
    } else if (made.is_sampled)
        made.result_bytes = output;
    else
        made.row_bytes = output;
    find_bandwidth(site, &made);
    return made;
}

double sparse_pieces_bytes(const struct sparse_product *product, double element_bytes,
                           uint64_t burst, double count, uint64_t columns)
{
    double bytes = element_bytes * (double)columns;
    if (columns == product->size[SPARSE_N] || burst < 2)
        return count * bytes;
    return count * ceil(bytes / (double)burst) * (double)burst;
}

double sparse_sweep_bytes(const struct sparse_product *product, double element_bytes,
                          uint64_t burst, double count, uint64_t columns)
{
    uint64_t whole = product->size[SPARSE_N] / columns;
    uint64_t rest = product->size[SPARSE_N] - whole * columns;
    double bytes =
        (double)whole * sparse_pieces_bytes(product, element_bytes, burst, count, columns);
    if (rest)
        bytes += sparse_pieces_bytes(product, element_bytes, burst, count, rest);
    return bytes;
}

uint64_t sparse_granule(const struct sparse_product *product, uint64_t columns)
{
    double row = product->table_bytes * (double)columns;
    if (columns < product->size[SPARSE_N] || row <= 0 || row * 2 > (double)product->table_burst)
        return 1;
    return (uint64_t)((double)product->table_burst / row);
}

enum sparse_side sparse_output_side(const struct sparse_product *product)
{
    return product->is_sampled || product->is_pair ? SPARSE_RESULTS : SPARSE_ROWS;
}
