#include "arch/vector/sparse_tiles.h"

bool sparse_follows_items(const struct primitive *primitive, uint32_t input)
{
    return input != 1 && input != 3 && primitive->inputs[input].elements > 0 &&
           primitive->inputs[input].elements == primitive->sparse.non_zeros;
}

/* Bytes of one non-zero, and of a row's part of everything else that moves. */
struct footprint {
    double item, row;
};

static struct footprint find_footprint(const struct primitive *p, const struct site *site)
{
    struct footprint bytes = {0, 0};
    double rows = (double)(p->sparse.rows ? p->sparse.rows : 1);
    for (uint32_t i = 0; i < p->input_count; i++) {
        if (site->is_resident[i] || !p->inputs[i].elements)
            continue;
        if (sparse_follows_items(p, i))
            bytes.item += site->input[i].bits / 8.0;
        else
            bytes.row +=
                (double)number_format_bytes(site->input[i], p->inputs[i].elements) / rows;
    }
    if (!site->is_output_resident)
        bytes.row += (double)number_format_bytes(site->output, p->output.elements) / rows;
    return bytes;
}

static double tile_bytes(const struct vector_params *params, const struct primitive *p,
                         const struct footprint *bytes, uint64_t rows)
{
    uint64_t items = space_occupancy(p->sparse.rows * p->sparse.inner, p->sparse.non_zeros,
                                     rows * p->sparse.inner, params->fit_quantile);
    return (double)items * bytes->item + (double)rows * bytes->row;
}

struct sparse_tiles sparse_tiles_choose(const struct vector_params *params,
                                        const struct primitive *p, const struct site *site,
                                        uint64_t bytes, uint64_t most)
{
    struct footprint footprint = find_footprint(p, site);
    uint64_t low = 1, high = most < p->sparse.rows ? most : p->sparse.rows;
    high = high ? high : 1;
    while (low < high) { /* the most rows that fit; one, where not even that does */
        uint64_t middle = low + (high - low + 1) / 2;
        if (tile_bytes(params, p, &footprint, middle) <= (double)bytes)
            low = middle;
        else
            high = middle - 1;
    }
    struct sparse_tiles tiles = {low, UINT64_MAX};
    double left = (double)bytes - (double)low * footprint.row;
    if (footprint.item > 0)
        tiles.room = left > footprint.item ? (uint64_t)(left / footprint.item) : 1;
    return tiles;
}

const struct plan *sparse_meet(const struct core *core, const struct plan *plan,
                               const struct primitive *p, uint64_t first, struct arena *arena)
{
    (void)core;
    const struct vector_detail *detail = plan->detail;
    const struct tensor_contents *pointers = p->streams[0] ? p->streams[0]->contents : NULL;
    if (p->kind != PRIMITIVE_SPARSE_CONTRACTION || !detail->tiles.rows || !pointers ||
        first + p->sparse.rows >= pointers->count)
        return NULL;
    const struct sparse_tiles *tiles = &detail->tiles;
    const int64_t *row = &pointers->values[first];
    uint64_t items = (uint64_t)(row[p->sparse.rows] - row[0]), rows = p->sparse.rows;
    uint64_t count = (rows - 1) / tiles->rows + 1, most = count + items / tiles->room;
    struct sparse_part *parts = arena_array(arena, (size_t)most, sizeof *parts);
    uint64_t made = 0, split = 0;
    for (uint64_t begin = 0; begin < rows; begin += tiles->rows) {
        uint64_t end = begin + tiles->rows < rows ? begin + tiles->rows : rows;
        uint64_t at = (uint64_t)(row[begin] - row[0]), stop = (uint64_t)(row[end] - row[0]);
        split += stop - at > tiles->room;
        for (bool is_more = false; at < stop || !is_more; is_more = true) {
            at = stop - at > tiles->room ? at + tiles->room : stop;
            parts[made++] = (struct sparse_part){end, at, is_more};
        }
    }
    struct vector_detail *met = arena_alloc(arena, sizeof *met);
    *met = *detail;
    met->parts = parts;
    struct plan *result = arena_alloc(arena, sizeof *result);
    *result = *plan;
    result->primitive = plan->primitive;
    result->step_count = made;
    result->detail = met;
    result->description =
        split ? arena_format(arena, "%s; %llu of %llu overflow, %llu parts in all",
                             plan->description, (unsigned long long)split,
                             (unsigned long long)count, (unsigned long long)made)
              : arena_format(arena, "%s; all %llu do", plan->description,
                             (unsigned long long)count);
    return result;
}
