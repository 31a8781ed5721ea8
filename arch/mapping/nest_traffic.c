/* How often tiles are fetched, in closed form.
 *
 * A tile has one position along every dimension its operand depends on. It is fetched when the
 * loop that steps is one of those dimensions, or has such a loop with more than one trip inside
 * it (which then starts over). So a tile at a given position is fetched once per combination of
 * the other dimensions' loops that stand outside the innermost such loop. Only edge positions
 * have fewer trips than the factors say; each dimension has one edge position per level, so all
 * positions are counted in as many steps as there are levels. */
#include <string.h>

#include "arch/mapping/model.h"

enum {
    LOOPS = NEST_LEVELS_MAX * DIM_COUNT + 1, /* 0: no loop; larger is further inside */
    POSITIONS_ENUMERATED = 1 << 20
};

struct traffic {
    const struct nest *nest;
    int level;                                    /* the level that is filled */
    int64_t tile[NEST_LEVELS_MAX + 1][DIM_COUNT]; /* of every level */
    int loop[NEST_LEVELS_MAX][DIM_COUNT];         /* 1 + place in the whole nest; 0: spatial */
};

/* Tiles of one dimension whose innermost repeated loop is this one. */
struct positions {
    uint64_t full, edge; /* edge: 0 or 1, the last tile of the dimension */
};

static void prepare(struct traffic *t, const struct nest *nest, int level)
{
    t->nest = nest;
    t->level = level;
    for (int i = 0; i <= nest->level_count; i++)
        nest_tile(nest, i, t->tile[i]);
    memset(t->loop, 0, sizeof t->loop);
    for (int i = 0; i < nest->level_count; i++)
        for (int k = 0; k < DIM_COUNT && !nest->levels[i].is_spatial; k++)
            t->loop[i][nest->levels[i].order[k]] = i * DIM_COUNT + k + 1;
}

static int64_t trips_of(int64_t extent, int64_t tile)
{
    return (extent - 1) / tile + 1;
}

static int64_t edge_of(const struct traffic *t, int d)
{
    int64_t size = t->nest->contraction.size[d], tile = t->tile[t->level][d];
    return size - (trips_of(size, tile) - 1) * tile;
}

/* Sorts the tile positions of dimension d by their innermost temporal loop with more than one
 * trip. Whole pieces all look alike; the walk follows the one piece that is clipped. */
static void sort_positions(const struct traffic *t, int d, struct positions out[LOOPS])
{
    memset(out, 0, LOOPS * sizeof out[0]);
    int64_t extent = t->nest->contraction.size[d];
    int innermost = 0;
    for (int i = 0; i < t->level; i++) {
        int64_t piece = t->tile[i + 1][d], trips = trips_of(extent, piece);
        if (trips == 1)
            continue;
        if (t->loop[i][d])
            innermost = t->loop[i][d];
        int in_piece = innermost;
        for (int j = i + 1; j < t->level; j++)
            if (t->nest->levels[j].factor[d] > 1 && t->loop[j][d])
                in_piece = t->loop[j][d];
        out[in_piece].full += (uint64_t)(trips - 1) * (uint64_t)(piece / t->tile[t->level][d]);
        extent -= (trips - 1) * piece;
    }
    out[innermost].edge = 1;
}

/* The innermost repeated loop of the tile that begins at `start`. */
static int loop_at(const struct traffic *t, int d, int64_t start)
{
    int64_t extent = t->nest->contraction.size[d];
    int innermost = 0;
    for (int i = 0; i < t->level; i++) {
        int64_t piece = t->tile[i + 1][d];
        if (extent > piece && t->loop[i][d])
            innermost = t->loop[i][d];
        int64_t begin = start / piece * piece;
        start -= begin;
        extent = extent - begin < piece ? extent - begin : piece;
    }
    return innermost;
}

/* How many of the values first, first + step, ... (count of them) lie in 0 .. extent - 1. */
static int64_t inside(int64_t first, int64_t step, int64_t count, int64_t extent)
{
    int64_t low = first >= 0 ? 0 : (-first + step - 1) / step;
    int64_t high = first >= extent ? 0 : (extent - 1 - first) / step + 1;
    high = high < count ? high : count;
    return high > low ? high - low : 0;
}

/* Distinct pixels of the tensor under a tile of outputs p0.. and filter taps r0.. of one axis:
 * the taps fall into classes modulo the stride; those of one class touch the same pixels. */
static int64_t touched(const struct contraction *c, int axis, int64_t p0, int64_t outputs,
                       int64_t r0, int64_t taps)
{
    int64_t stride = c->stride[axis], dilation = c->dilation[axis], extent = c->extent[axis];
    int64_t common = dilation, rest = stride;
    while (rest) {
        int64_t next = common % rest;
        common = rest;
        rest = next;
    }
    int64_t classes = stride / common, shift = dilation / common, sum = 0;
    for (int64_t r = 0; r < classes && r < taps; r++) {
        int64_t members = (taps - 1 - r) / classes + 1;
        int64_t first = p0 * stride + (r0 + r) * dilation - c->pad[axis];
        if (shift <= outputs)
            sum += inside(first, stride, (members - 1) * shift + outputs, extent);
        else
            for (int64_t j = 0; j < members; j++)
                sum += inside(first + j * shift * stride, stride, outputs, extent);
    }
    return sum;
}

/* Sum over the output tiles that go with one tile of taps: all that lie wholly inside the
 * tensor are alike. */
static uint64_t pixels_of_taps(const struct contraction *c, int axis, int64_t tile_p,
                               int64_t r0, int64_t taps)
{
    int64_t stride = c->stride[axis], outputs = c->size[DIM_Z + axis];
    int64_t first = r0 * c->dilation[axis] - c->pad[axis];
    int64_t last = first + (taps - 1) * c->dilation[axis];
    int64_t inner_begin = first >= 0 ? 0 : (-first + stride - 1) / stride;
    int64_t inner_end = last >= c->extent[axis] ? 0 : (c->extent[axis] - 1 - last) / stride + 1;
    /* Tiles wholly before the tensor, or behind it, touch nothing. */
    int64_t reach = last + (tile_p - 1) * stride;
    int64_t begin =
        reach >= 0 ? 0 : (-reach + stride * tile_p - 1) / (stride * tile_p) * tile_p;
    int64_t end = first >= c->extent[axis] ? 0 : (c->extent[axis] - 1 - first) / stride + 1;
    end = end < outputs ? end : outputs;
    uint64_t sum = 0;
    for (int64_t p0 = begin; p0 < end; p0 += tile_p) {
        int64_t count = outputs - p0 < tile_p ? outputs - p0 : tile_p;
        int64_t whole = 1;
        if (p0 >= inner_begin && count == tile_p && p0 + count <= inner_end)
            whole = ((inner_end < outputs ? inner_end : outputs) - p0) / tile_p;
        sum += (uint64_t)(whole * touched(c, axis, p0, count, r0, taps));
        p0 += (whole - 1) * tile_p;
    }
    return sum;
}

uint64_t axis_pixels(const struct contraction *c, int axis, int64_t tile_p, int64_t tile_r)
{
    int64_t outputs = c->size[DIM_Z + axis], taps = c->size[DIM_T + axis];
    tile_p = tile_p < outputs ? tile_p : outputs;
    tile_r = tile_r < taps ? tile_r : taps;
    uint64_t sum = 0;
    for (int64_t r0 = 0; r0 < taps; r0 += tile_r)
        sum += pixels_of_taps(c, axis, tile_p, r0, taps - r0 < tile_r ? taps - r0 : tile_r);
    return sum;
}

/* sums[l]: pixels of one axis over all tile positions whose innermost repeated loop is l. */
static void sum_axis(const struct traffic *t, int axis, uint64_t sums[LOOPS])
{
    const struct contraction *c = &t->nest->contraction;
    int p = DIM_Z + axis, r = DIM_T + axis;
    int64_t tile_p = t->tile[t->level][p], tile_r = t->tile[t->level][r];
    tile_p = tile_p < c->size[p] ? tile_p : c->size[p];
    tile_r = tile_r < c->size[r] ? tile_r : c->size[r];
    int64_t last = (c->size[p] - 1) * c->stride[axis] + (c->size[r] - 1) * c->dilation[axis];
    bool is_clipped = c->pad[axis] > 0 || last >= c->extent[axis];
    memset(sums, 0, LOOPS * sizeof sums[0]);
    if (is_clipped &&
        trips_of(c->size[p], tile_p) <= POSITIONS_ENUMERATED / trips_of(c->size[r], tile_r)) {
        for (int64_t p0 = 0; p0 < c->size[p]; p0 += tile_p)
            for (int64_t r0 = 0; r0 < c->size[r]; r0 += tile_r) {
                int lp = loop_at(t, p, p0), lr = loop_at(t, r, r0);
                int64_t outputs = c->size[p] - p0 < tile_p ? c->size[p] - p0 : tile_p;
                int64_t taps = c->size[r] - r0 < tile_r ? c->size[r] - r0 : tile_r;
                sums[lp > lr ? lp : lr] += (uint64_t)touched(c, axis, p0, outputs, r0, taps);
            }
        return;
    }
    struct contraction open = *c; /* every tile is an interior one */
    open.pad[axis] = 0;
    open.extent[axis] = INT64_MAX;
    struct positions ps[LOOPS], rs[LOOPS];
    sort_positions(t, p, ps);
    sort_positions(t, r, rs);
    int64_t edge_p = edge_of(t, p), edge_r = edge_of(t, r);
    uint64_t both = (uint64_t)touched(&open, axis, 0, tile_p, 0, tile_r);
    uint64_t ragged_r = (uint64_t)touched(&open, axis, 0, tile_p, 0, edge_r);
    uint64_t ragged_p = (uint64_t)touched(&open, axis, 0, edge_p, 0, tile_r);
    uint64_t corner = (uint64_t)touched(&open, axis, 0, edge_p, 0, edge_r);
    for (int lp = 0; lp < LOOPS; lp++)
        for (int lr = 0; (ps[lp].full || ps[lp].edge) && lr < LOOPS; lr++)
            sums[lp > lr ? lp : lr] +=
                ps[lp].full * rs[lr].full * both + ps[lp].full * rs[lr].edge * ragged_r +
                ps[lp].edge * rs[lr].full * ragged_p + ps[lp].edge * rs[lr].edge * corner;
}

static void sum_dimension(const struct traffic *t, int d, uint64_t sums[LOOPS])
{
    struct positions positions[LOOPS];
    sort_positions(t, d, positions);
    for (int l = 0; l < LOOPS; l++)
        sums[l] = positions[l].full * (uint64_t)t->tile[t->level][d] +
                  positions[l].edge * (uint64_t)edge_of(t, d);
}

/* Combinations of the loops of dimension d (none of the operand's) that see a fetch: temporal
 * loops outside loop `within`, axes outside level `axes`; all other loops stand at their first
 * trip. */
static uint64_t repeats(const struct traffic *t, int d, int within, int axes)
{
    bool is_counted[NEST_LEVELS_MAX];
    uint64_t whole[NEST_LEVELS_MAX + 1]; /* combinations inside a whole piece of the level */
    whole[t->level] = 1;
    for (int i = t->level - 1; i >= 0; i--) {
        is_counted[i] = t->nest->levels[i].is_spatial ? i < axes : t->loop[i][d] < within;
        whole[i] = whole[i + 1] * (is_counted[i] ? (uint64_t)t->nest->levels[i].factor[d] : 1);
    }
    int64_t extent = t->nest->contraction.size[d];
    uint64_t sum = 1;
    for (int i = 0; i < t->level; i++) {
        int64_t piece = t->tile[i + 1][d], trips = trips_of(extent, piece);
        if (is_counted[i]) {
            sum += (uint64_t)(trips - 1) * whole[i + 1];
            extent -= (trips - 1) * piece;
        } else if (extent > piece) {
            extent = piece;
        }
    }
    return sum;
}

/* Elements fetched; axes outside level `axes` reach separate copies of what they share. */
static uint64_t fetched(const struct nest *nest, int level, enum contraction_operand operand,
                        int axes)
{
    struct traffic t;
    prepare(&t, nest, level);
    uint32_t relevant = contraction_relevant(&nest->contraction, operand);
    uint64_t sums[DIM_COUNT][LOOPS];
    int count = 0;
    for (int d = 0; d < DIM_COUNT; d++) {
        bool is_halo = operand == OPERAND_INPUT && d >= DIM_Z;
        if (is_halo && d < DIM_T)
            sum_axis(&t, d - DIM_Z, sums[count++]);
        else if (!is_halo && (relevant >> d & 1))
            sum_dimension(&t, d, sums[count++]);
    }
    uint64_t total = 0, up_to_before = 0;
    uint64_t running[DIM_COUNT] = {0};
    for (int l = 0; l < LOOPS; l++) {
        uint64_t up_to = 1;
        for (int k = 0; k < count; k++)
            up_to *= running[k] += sums[k][l];
        uint64_t times = up_to - up_to_before;
        for (int d = 0; times && d < DIM_COUNT; d++)
            if (!(relevant >> d & 1))
                times *= repeats(&t, d, l, axes);
        total += times;
        up_to_before = up_to;
    }
    return total;
}

static bool is_kept(const struct nest *nest, int level, enum contraction_operand operand)
{
    return level == nest->level_count || (nest->levels[level].keep >> operand & 1);
}

uint64_t nest_fills(const struct nest *nest, int level, enum contraction_operand operand)
{
    return is_kept(nest, level, operand) ? fetched(nest, level, operand, level) : 0;
}

uint64_t nest_reads(const struct nest *nest, int level, enum contraction_operand operand)
{
    if (!is_kept(nest, level, operand))
        return 0;
    return fetched(nest, level, operand, nest_parent(nest, level, operand));
}

uint64_t nest_partial_refills(const struct nest *nest, int level)
{
    if (!is_kept(nest, level, OPERAND_OUTPUT))
        return 0;
    if (level == 0)
        return 0;
    /* Tiles that the parent holds for the first time are new to the level once, too. */
    int parent = nest_parent(nest, level, OPERAND_OUTPUT);
    uint64_t fresh =
        nest_fills(nest, parent, OPERAND_OUTPUT) - nest_partial_refills(nest, parent);
    return nest_reads(nest, level, OPERAND_OUTPUT) - fresh;
}
