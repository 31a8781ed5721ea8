/* Nests that the user pins: what the array must do inside a tile, and whether it fits. */
#include "arch/systolic/systolic_detail.h"

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

int64_t systolic_packed(const struct core *core, const struct contraction *contraction)
{
    const struct systolic_params *params = core->params;
    if (params->groups != GROUPS_PACKED || params->dataflow != DATAFLOW_WS ||
        contraction->is_input_shared || contraction->is_weight_shared)
        return 1;
    int64_t m, k, n;
    contraction_as_product(contraction, &m, &k, &n);
    int64_t fit = params->rows / k, across = params->cols / n;
    fit = fit < across ? fit : across;
    fit = fit < contraction->size[DIM_G] ? fit : contraction->size[DIM_G];
    return fit > 1 ? fit : 1;
}

struct contraction systolic_product(const struct core *core,
                                    const struct contraction *contraction)
{
    int64_t m, k, n, packed = systolic_packed(core, contraction);
    contraction_as_product(contraction, &m, &k, &n);
    return contraction_product(divide_up(contraction->size[DIM_G], packed), m, packed * k,
                               packed * n);
}

/* Along an axis of `fanout` elements only `dim` can be unrolled, and no more of it. */
static bool check_axis(const struct core *core, const struct nest_level *level, enum dim dim,
                       int64_t fanout, struct error *err)
{
    for (int d = 0; d < DIM_COUNT; d++)
        if (d != (int)dim && level->factor[d] > 1)
            return error_set(err, "%saxis '%s' unrolls %s, along it the array unrolls %s only",
                             core->place, level->name, DIM_NAMES[d], DIM_NAMES[dim]);
    int64_t factor = level->factor[dim];
    if (factor <= fanout)
        return true;
    return error_set(err,
                     "%saxis '%s' unrolls %s %lld times, it has %lld elements, %lld too few; "
                     "cut %s to %lld there",
                     core->place, level->name, DIM_NAMES[dim], (long long)factor,
                     (long long)fanout, (long long)(factor - fanout), DIM_NAMES[dim],
                     (long long)fanout);
}

static bool check_axes(const struct core *core, const struct nest *pinned, struct error *err)
{
    static const enum dim ROWS[] = {DIM_C, DIM_P, DIM_C}, COLS[] = {DIM_K, DIM_K, DIM_P};
    const struct systolic_params *params = core->params;
    int seen = 0;
    for (int i = 0; i < pinned->level_count; i++) {
        if (!pinned->levels[i].is_spatial)
            continue;
        if (++seen > 2)
            return error_set(err, "%saxis '%s' is one too many, the array has rows and columns",
                             core->place, pinned->levels[i].name);
        bool is_row = seen == 1;
        if (!check_axis(core, &pinned->levels[i],
                        is_row ? ROWS[params->dataflow] : COLS[params->dataflow],
                        is_row ? params->rows : params->cols, err))
            return false;
    }
    return true;
}

/* A nest that says what happens inside a tile must say what the array does. */
static bool check_inside(const struct core *core, const struct nest *pinned,
                         const struct nest *made, struct arena *arena, struct error *err)
{
    if (pinned->level_count < 3)
        return true;
    for (int i = 1; i < pinned->level_count; i++)
        for (int d = 0; d < DIM_COUNT; d++)
            if (i >= made->level_count ||
                pinned->levels[i].factor[d] != made->levels[i].factor[d] ||
                pinned->levels[i].is_spatial != made->levels[i].is_spatial)
                return error_set(err,
                                 "%slevel '%s' loops over %s %lld times, inside such a tile "
                                 "the array goes %s; write that, or leave out all levels but "
                                 "the first two",
                                 core->place, pinned->levels[i].name, DIM_NAMES[d],
                                 (long long)pinned->levels[i].factor[d],
                                 nest_print_line(made, arena));
    return true;
}

struct tile_sizes {
    int64_t g, m, k, n;
};

static bool fits(const struct tiling_problem *problem, const struct tile_sizes *size,
                 uint64_t *need)
{
    struct tiling tiling;
    tiling_set(problem, &tiling, size->g, size->m, size->k, size->n, true);
    *need = tiling_scratch(problem, &tiling);
    return *need <= problem->site->scratch_bytes;
}

/* The one dimension that must give way least, and the size it must take; false: cutting one is
 * not enough. */
static bool smallest_change(const struct tiling_problem *problem, const struct tile_sizes *size,
                            enum dim *dim, int64_t *to)
{
    static const enum dim DIMS[] = {DIM_P, DIM_K, DIM_C, DIM_G};
    double least = 0;
    for (int i = 0; i < 4; i++) {
        struct tile_sizes trial = *size;
        int64_t *one = (int64_t *[]){&trial.m, &trial.n, &trial.k, &trial.g}[i];
        int64_t from = *one, low = 0, high = from;
        uint64_t need;
        while (low + 1 < high) {
            int64_t middle = low + (high - low) / 2;
            *one = middle;
            if (fits(problem, &trial, &need))
                low = middle;
            else
                high = middle;
        }
        double share = (double)low / (double)from;
        if (low == 0 || share <= least)
            continue;
        least = share;
        *dim = DIMS[i];
        *to = low;
    }
    return least > 0;
}

static bool check_scratch(const struct core *core, const struct tiling_problem *problem,
                          const struct tile_sizes *size, struct error *err)
{
    uint64_t need, have = problem->site->scratch_bytes;
    if (fits(problem, size, &need))
        return true;
    enum dim dim = DIM_P;
    int64_t to = 0;
    if (!smallest_change(problem, size, &dim, &to))
        return error_set(err,
                         "%sthe pinned tiles need %llu bytes of scratch, there are %llu, %llu "
                         "too few; no dimension alone can be cut so far",
                         core->place, (unsigned long long)need, (unsigned long long)have,
                         (unsigned long long)(need - have));
    return error_set(err,
                     "%sthe pinned tiles need %llu bytes of scratch, there are %llu, %llu too "
                     "few; cut the tile's %s to %lld",
                     core->place, (unsigned long long)need, (unsigned long long)have,
                     (unsigned long long)(need - have), DIM_NAMES[dim], (long long)to);
}

static bool check_stores(const struct core *core, const struct tiling_problem *problem,
                         const struct tile_sizes *size, struct error *err)
{
    const struct systolic_params *params = core->params;
    if (problem->has_fifo && (size->k > params->rows || size->n > params->cols)) {
        bool is_deep = size->k > params->rows;
        int64_t have = is_deep ? params->rows : params->cols;
        int64_t need = is_deep ? size->k : size->n;
        return error_set(err,
                         "%sthe pinned weight tile is %lld x %lld, the array takes %lld x "
                         "%lld, %lld %s too few; cut the tile's %s to %lld",
                         core->place, (long long)size->k, (long long)size->n,
                         (long long)params->rows, (long long)params->cols,
                         (long long)(need - have), is_deep ? "rows" : "columns",
                         is_deep ? "C" : "K", (long long)have);
    }
    if (!params->accumulator_rows)
        return true;
    int64_t across = divide_up(size->n, params->cols), have = params->accumulator_rows;
    int64_t need = size->m * across;
    if (need <= have)
        return true;
    bool is_narrow = have >= across; /* fewer rows are enough */
    return error_set(err,
                     "%sthe pinned tile needs %lld accumulator rows, there are %lld, %lld too "
                     "few; cut the tile's %s to %lld",
                     core->place, (long long)need, (long long)have, (long long)(need - have),
                     is_narrow ? "P" : "K",
                     (long long)(is_narrow ? have / across : have * params->cols));
}

bool systolic_apply_pinned(const struct core *core, const struct nest *pinned,
                           const struct tiling_problem *problem, struct arena *arena,
                           struct tiling *tiling, struct error *err)
{
    int64_t tile[DIM_COUNT];
    nest_tile(pinned, 1, tile);
    const struct systolic_params *params = core->params;
    struct tile_sizes size = {tile[DIM_G], tile[DIM_P], tile[DIM_C], tile[DIM_K]};
    bool is_cut = size.m < problem->m || size.k < problem->k || size.n < problem->n;
    if (params->tiles == TILES_WHOLE && is_cut)
        return error_set(err,
                         "%soperands stream through whole (tiles = whole), the nest cuts them "
                         "at '%s'; leave the loops there out",
                         core->place, pinned->levels[0].name);
    if (size.g > 1 && (is_cut || problem->has_fifo) && problem->groups > 1)
        return error_set(err,
                         "%sthe nest takes %lld groups together, a core does that only where "
                         "nothing else is cut; loop over G %lld times at '%s'",
                         core->place, (long long)size.g, (long long)problem->groups,
                         pinned->levels[0].name);
    if (!check_axes(core, pinned, err) || !check_stores(core, problem, &size, err) ||
        !check_scratch(core, problem, &size, err))
        return false;
    int columns_at = 0, rows_at = 0;
    for (int i = 0; i < DIM_COUNT; i++) {
        columns_at = pinned->levels[0].order[i] == DIM_K ? i : columns_at;
        rows_at = pinned->levels[0].order[i] == DIM_P ? i : rows_at;
    }
    tiling_set(problem, tiling, size.g, size.m, size.k, size.n, columns_at < rows_at);
    bool is_clipped = size.g > problem->groups || size.m > problem->m || size.k > problem->k ||
                      size.n > problem->n;
    return is_clipped ||
           check_inside(core, pinned, systolic_nest(core, problem, tiling, arena), arena, err);
}
