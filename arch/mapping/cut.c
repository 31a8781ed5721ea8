#include "arch/mapping/candidates.h"

static int64_t ceil_divide(int64_t a, int64_t b)
{
    return (a - 1) / b + 1;
}

/* Trips of the loops of levels 0 .. level - 1, and how many of them meet a whole tile of
 * `level`: the walk follows the clipped piece, whole pieces all look alike. */
static void count_visits(const struct model *m, int d, const int64_t tile[SPACE_LEVELS_MAX + 1],
                         int level, struct cut *cut)
{
    int64_t extent = m->contraction->size[d];
    double whole[SPACE_LEVELS_MAX + 1]; /* trips inside a whole piece of the level */
    whole[level] = 1;
    for (int i = level - 1; i > 0; i--)
        whole[i] =
            whole[i + 1] * (double)(tile[i] / (model_unrolled_inside(m, d, i) * tile[i + 1]));
    double before = 0;
    for (int i = 0; i < level; i++) {
        int64_t piece = model_unrolled_inside(m, d, i) * tile[i + 1];
        int64_t trips = ceil_divide(extent, piece);
        before += (double)(trips - 1) * whole[i + 1];
        extent -= (trips - 1) * piece;
        extent = extent < tile[i + 1] ? extent : tile[i + 1]; /* at the axes' first place */
    }
    bool is_whole = extent == tile[level];
    cut->visits = before + 1;
    cut->full = is_whole ? before + 1 : before;
    cut->edge = is_whole ? 0 : 1;
    cut->edge_tile = extent;
}

void cut_describe(const struct model *m, int d, const int64_t tile[SPACE_LEVELS_MAX + 1],
                  int level, struct cut *cut)
{
    int last = m->space->level_count;
    int64_t size = m->contraction->size[d];
    int64_t piece = model_unrolled_inside(m, d, level - 1) * tile[level];
    *cut = (struct cut){.tile = tile[level]};
    cut->factor = level == 1 ? ceil_divide(size, piece) : tile[level - 1] / piece;
    count_visits(m, d, tile, level, cut);
    if (level < last - 1)
        return;
    struct cut steps;
    count_visits(m, d, tile, last, &steps);
    cut->steps = steps.visits;
    piece = model_unrolled_inside(m, d, last - 1);
    cut->last_factor = last == 1 ? ceil_divide(size, piece) : tile[last - 1] / piece;
}

void cut_of_tile(int64_t rest, int64_t tile, struct cut *cut)
{
    int64_t visits = ceil_divide(rest, tile), edge = rest - (visits - 1) * tile;
    bool is_whole = edge == tile;
    *cut = (struct cut){.tile = tile,
                        .visits = (double)visits,
                        .full = (double)(is_whole ? visits : visits - 1),
                        .edge = !is_whole,
                        .edge_tile = edge};
}

/* Visits of every kind of tile (whole or clipped along each dimension), times their cycles. */
struct visits {
    const struct model *m;
    const struct cut *const *cuts;
    const double *fresh;
    int64_t tile[DIM_COUNT];
};

/* `fresh` of the trips stand at the first place of the loops that leave the operand still:
 * whole tiles, unless every trip is fresh. */
static double sum_visits(struct visits *v, int d, double all, double fresh)
{
    const struct space *space = v->m->space;
    while (d < DIM_COUNT && !v->cuts[d])
        v->tile[d++] = 1;
    if (d == DIM_COUNT) {
        double still = all - fresh, sum = 0;
        if (still > 0)
            sum += still * (double)space->cycles(space->context, v->tile, true);
        if (fresh > 0)
            sum += fresh * (double)space->cycles(space->context, v->tile, false);
        return sum;
    }
    const struct cut *cut = v->cuts[d];
    bool is_all_fresh = v->fresh[d] >= cut->visits;
    double sum = 0;
    if (cut->full > 0) {
        double whole = v->fresh[d] < cut->full ? v->fresh[d] : cut->full;
        v->tile[d] = cut->tile;
        sum += sum_visits(v, d + 1, all * cut->full, fresh * whole);
    }
    if (cut->edge > 0) {
        v->tile[d] = cut->edge_tile;
        sum += sum_visits(v, d + 1, all, is_all_fresh || cut->full <= 0 ? fresh : 0);
    }
    return sum;
}

double cut_cycles(const struct model *m, const struct cut *const cuts[DIM_COUNT],
                  const double fresh[DIM_COUNT])
{
    if (m->space->cycles) {
        struct visits v = {.m = m, .cuts = cuts, .fresh = fresh};
        return sum_visits(&v, 0, 1, 1);
    }
    double steps = 1;
    for (int d = 0; d < DIM_COUNT; d++)
        if (cuts[d])
            steps *= cuts[d]->steps;
    return steps;
}
