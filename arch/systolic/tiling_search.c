/* The choice of tiles: every legal candidate that could win is judged. */
#include <string.h>

#include "arch/systolic/tiling.h"

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* Equal blocks: 1, 2, 3, 4, 6, 8, 12, ... of them, each rounded up to a multiple of `unit`. */
static size_t list_tiles(int64_t size, int64_t unit, int64_t tiles[64])
{
    size_t count = 0;
    for (int64_t blocks = 1, step = 1; count < 64; blocks += step) {
        int64_t tile = divide_up(divide_up(size, blocks), unit) * unit;
        if (count == 0 || tiles[count - 1] != tile)
            tiles[count++] = tile;
        if (tile <= unit)
            break;
        if (blocks >= 4 * step)
            step *= 2;
    }
    return count;
}

/* The fewest equal blocks of `size` that respect the limit. */
static int64_t equal_block(int64_t size, int64_t limit)
{
    return divide_up(size, divide_up(size, limit));
}

struct limits {
    int64_t m_unit, k_unit, n_unit; /* below them a tile wastes the array */
    int64_t m_limit, k_limit, n_limit;
};

static struct limits find_limits(const struct tiling_problem *problem)
{
    const struct systolic_params *params = problem->core->params;
    struct limits limits = {1, 1, 1, INT64_MAX, INT64_MAX, INT64_MAX};
    switch ((enum array_dataflow)params->dataflow) {
    case DATAFLOW_OS:
        limits.m_unit = params->rows;
        limits.n_unit = params->cols;
        break;
    case DATAFLOW_WS:
        limits.k_unit = params->rows;
        limits.n_unit = params->cols;
        break;
    case DATAFLOW_IS:
        limits.k_unit = params->rows;
        limits.m_unit = params->cols;
        break;
    }
    if (problem->has_fifo) {
        limits.k_limit = params->rows;
        limits.n_limit = params->cols;
    }
    return limits;
}

/* Rows of results that the accumulators take for a tile of n columns, one half of them. */
static int64_t accumulator_limit(const struct tiling_problem *problem, int64_t n)
{
    const struct systolic_params *params = problem->core->params;
    if (!params->accumulator_rows)
        return INT64_MAX;
    int64_t half = params->accumulator_rows > 1 ? params->accumulator_rows / 2 : 1;
    int64_t columns = divide_up(n, params->cols);
    return half / columns;
}

/* The memory is wanted by other operators, too: its cycles count a little even where they are
 * hidden. */
static const double MEMORY_SHARE = 1.0 / 16;

struct choice {
    struct tiling tiling;
    double cost, bytes;
    uint64_t least_scratch; /* of all candidates, for the sentence when none fits */
};

/* Whether the candidate fits at all. */
static bool consider(const struct tiling_problem *problem, const struct tiling *candidate,
                     struct choice *best)
{
    uint64_t need = tiling_scratch(problem, candidate);
    if (need < best->least_scratch)
        best->least_scratch = need;
    if (need > problem->site->scratch_bytes)
        return false;
    struct tiling_estimate estimate = tiling_judge(problem, candidate);
    double cost = tiling_total(&estimate) + MEMORY_SHARE * estimate.memory;
    if (cost < best->cost || (cost == best->cost && estimate.bytes < best->bytes)) {
        best->tiling = *candidate;
        best->cost = cost;
        best->bytes = estimate.bytes;
    }
    return true;
}

static double cost_of(const struct tiling_problem *problem, const struct tiling *tiling)
{
    struct tiling_estimate estimate = tiling_judge(problem, tiling);
    return tiling_total(&estimate) + MEMORY_SHARE * estimate.memory;
}

/* Groups of one tile each: as many together as fit and pay. */
static void group_tiles(const struct tiling_problem *problem, struct tiling *tiling)
{
    double least = cost_of(problem, tiling);
    struct tiling tried = *tiling;
    for (int64_t groups = problem->groups; groups > 1; groups = divide_up(groups, 2)) {
        tried.group = tiling_axis_make(problem->groups, groups);
        if (tiling_scratch(problem, &tried) > problem->site->scratch_bytes)
            continue;
        double cost = cost_of(problem, &tried);
        if (cost < least) {
            least = cost;
            *tiling = tried;
        }
    }
}

/* Results always stay in the array until they are done, so the template "os" leaves both
 * orders. */
bool tiling_may_order(const struct core *core, bool is_column_outer)
{
    if (core->mode != MAPPER_STATIONARY)
        return true;
    return strcmp(core->template, is_column_outer ? "is" : "ws") != 0;
}

/* Every traffic term falls as a tile grows, so per (m, n) only the deepest k that fits and the
 * next smaller one, which fills the pipeline earlier, can win. */
static void try_depths(const struct tiling_problem *problem, int64_t m, int64_t n,
                       const int64_t *k_tiles, size_t k_count, struct choice *best)
{
    int fitting = 0;
    for (size_t i = 0; i < k_count && fitting < 2; i++) {
        bool fits = false;
        for (int outer = 0; outer < 2; outer++) {
            struct tiling candidate;
            if (!tiling_may_order(problem->core, outer))
                continue;
            tiling_set(problem, &candidate, 1, m, k_tiles[i], n, outer);
            fits = consider(problem, &candidate, best) || fits;
        }
        fitting += fits;
    }
}

bool tiling_search(const struct tiling_problem *problem, struct tiling *tiling,
                   struct error *err)
{
    struct limits limits = find_limits(problem);
    int64_t k_tiles[64], n_tiles[64], m_tiles[64];
    size_t k_count = list_tiles(smaller(problem->k, limits.k_limit), limits.k_unit, k_tiles);
    size_t n_count = list_tiles(smaller(problem->n, limits.n_limit), limits.n_unit, n_tiles);
    size_t m_count = list_tiles(problem->m, limits.m_unit, m_tiles);
    struct choice best = {.cost = 1e300, .least_scratch = UINT64_MAX};
    for (size_t i = 0; i < n_count; i++) {
        int64_t limit = accumulator_limit(problem, smaller(n_tiles[i], problem->n));
        int64_t previous = 0;
        for (size_t j = 0; j < m_count && limit >= 1; j++) {
            int64_t m = m_tiles[j] > limit ? equal_block(problem->m, limit) : m_tiles[j];
            if (m != previous)
                try_depths(problem, m, n_tiles[i], k_tiles, k_count, &best);
            previous = m;
        }
    }
    if (best.cost == 1e300)
        return error_set(
            err,
            "%sthe smallest tiles of %lld x %lld x %lld need %llu bytes of scratch, "
            "there are %llu",
            problem->core->place, (long long)problem->m, (long long)problem->k,
            (long long)problem->n, (unsigned long long)best.least_scratch,
            (unsigned long long)problem->site->scratch_bytes);
    *tiling = best.tiling;
    if (!problem->has_fifo && tiling->m.count * tiling->k.count * tiling->n.count == 1)
        group_tiles(problem, tiling);
    return true;
}
