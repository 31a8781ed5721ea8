/* What tiles of one size move of an operand, on average over the places where they lie: the
 * planner judges tiles by it. */
#include "arch/family/operand_layout.h"

static int64_t divisor_of(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Lines of `line` items that `length` items touch when they begin at multiples of it. */
static double lines_touched(int64_t length, int64_t line, bool moves)
{
    int64_t grain = moves ? divisor_of(length, line) : line;
    int64_t rounded = (length + grain - 1) / grain * grain;
    return (double)(rounded + line - grain) / (double)line;
}

static double at_most(double value, double most)
{
    return value < most ? value : most;
}

/* The window of `outputs` positions and so many taps along an axis; padding is spread over the
 * tiles. */
static void set_window(const struct contraction *c, int axis, double outputs, double taps,
                       struct layout_boxes *boxes, int d)
{
    int64_t all = c->size[DIM_Z + axis], stride = c->stride[axis];
    int64_t whole = (c->size[DIM_T + axis] - 1) * c->dilation[axis];
    double reach = (taps - 1) * c->dilation[axis];
    int64_t behind = (all - 1) * stride + whole + 1 - c->pad[axis] - c->extent[axis];
    double padding = (double)c->pad[axis] + (behind > 0 ? (double)behind : 0);
    double share = outputs / (double)all;
    boxes->step[d] = taps <= 1 ? stride : 1;
    boxes->extent[d] = taps <= 1 ? outputs - padding * share / (double)stride
                                 : (outputs - 1) * (double)stride + reach + 1 - padding * share;
    boxes->extent[d] = at_most(boxes->extent[d], (double)c->extent[axis]);
    if (boxes->extent[d] < 1)
        boxes->extent[d] = 1;
    int64_t move = outputs == (double)(int64_t)outputs ? (int64_t)outputs * stride : stride;
    boxes->start[d] = outputs < (double)all ? divisor_of(move, c->pad[axis]) : 0;
}

/* Channels and taps that k depths touch, on average, and multiples at which channels begin. */
struct depth {
    double channels, taps;
    int64_t start;
};

static struct depth find_depth(const struct contraction *c, const struct product_tile *tile)
{
    int64_t k = tile->extent[TILE_K], all = c->size[DIM_C];
    int64_t taps = c->size[DIM_T] * c->size[DIM_R] * c->size[DIM_S];
    bool moves = tile->start[TILE_K] > 0;
    struct depth depth = {(double)all, (double)taps, 0};
    if (!tile->is_channel_inside) {
        depth.channels = at_most(lines_touched(k, taps, moves), (double)all);
        depth.start = !moves ? 0 : k % taps == 0 ? k / taps : 1;
        return depth;
    }
    depth.taps = at_most(lines_touched(k, all, moves), (double)taps);
    if (k < all && all % k == 0) { /* a part of the channels of one tap */
        depth.channels = (double)k;
        depth.start = k;
    }
    return depth;
}

/* Along the channels: groups side by side. */
static void set_channels(const struct contraction *c, const struct product_tile *tile,
                         const struct depth *depth, struct layout_boxes *boxes, int d)
{
    int64_t all = c->size[DIM_C], groups = tile->extent[TILE_GROUP];
    boxes->extent[d] = groups > 1 ? (double)(groups * all) : depth->channels;
    boxes->start[d] = tile->start[TILE_K]       ? depth->start
                      : tile->start[TILE_GROUP] ? groups * all
                                                : 0;
}

static void input_planes(const struct contraction *c, const struct product_tile *tile,
                         struct layout_boxes *boxes)
{
    int64_t m = tile->extent[TILE_M], width = c->size[DIM_Q];
    int64_t plane = c->size[DIM_P] * width, volume = c->size[DIM_Z] * plane;
    bool moves = tile->start[TILE_M] > 0;
    double columns = (double)width, rows = (double)c->size[DIM_P];
    double depth = (double)c->size[DIM_Z];
    if (m < volume)
        depth = at_most(lines_touched(m, plane, moves), depth);
    if (m < plane)
        rows = at_most(lines_touched(m, width, moves), rows);
    if (m < width && width % m == 0)
        columns = (double)m;
    boxes->extent[0] =
        at_most(lines_touched(m, volume, moves && m >= volume), (double)c->size[DIM_N]);
    struct depth deep = find_depth(c, tile);
    set_channels(c, tile, &deep, boxes, 1);
    if (c->is_input_shared && tile->start[TILE_K] == 0)
        boxes->start[1] = 0;
    /* Taps in the order T R S: the inner axis takes all of its own where the outer one moves.
     */
    double taps = deep.taps;
    for (int axis = 2; axis >= 0; axis--) {
        double outputs = axis == 0 ? depth : axis == 1 ? rows : columns;
        double own = (double)c->size[DIM_T + axis];
        set_window(c, axis, outputs, at_most(taps, own), boxes, 2 + axis);
        taps = taps > own ? taps / own : 1;
    }
}

static void output_planes(const struct contraction *c, const struct product_tile *tile,
                          bool has_rows, struct layout_boxes *boxes)
{
    int64_t m = tile->extent[TILE_M], groups = tile->extent[TILE_GROUP];
    int64_t volume = c->size[DIM_Z] * c->size[DIM_P] * c->size[DIM_Q], width = c->size[DIM_Q];
    bool moves = tile->start[TILE_M] > 0;
    boxes->extent[0] = lines_touched(m, volume, moves);
    boxes->extent[1] = (double)(groups * tile->extent[TILE_N]);
    boxes->start[1] = tile->start[TILE_N]       ? tile->start[TILE_N]
                      : tile->start[TILE_GROUP] ? groups * c->size[DIM_K]
                                                : 0;
    if (!has_rows) {
        boxes->extent[2] = (double)m / boxes->extent[0];
        boxes->start[2] = moves && m < volume ? divisor_of(m, volume) : 0;
        return;
    }
    boxes->extent[2] = at_most(lines_touched(m, width, moves), (double)(volume / width));
    boxes->start[2] = moves ? 1 : 0;
    boxes->extent[3] = m < width ? (double)m : (double)width;
}

/* Dimensions along which the tile's axis lies as it is. */
static void set_axis(const struct product_tile *tile, int axis, struct layout_boxes *boxes,
                     int d)
{
    boxes->extent[d] = (double)tile->extent[axis];
    boxes->start[d] = tile->start[axis];
}

static void set_weights(const struct contraction *c, enum layout_form form,
                        const struct product_tile *tile, struct layout_boxes *boxes)
{
    bool is_first = form == FORM_FILTERS || form == FORM_FILTERS_PACKED;
    bool is_packed = form == FORM_MATRIX_PACKED || form == FORM_FILTERS_PACKED;
    int depth = is_first ? 2 : 1;
    set_axis(tile, TILE_GROUP, boxes, 0);
    if (c->is_weight_shared) {
        boxes->extent[0] = 1;
        boxes->start[0] = 0;
    }
    set_axis(tile, TILE_N, boxes, is_first ? 1 : is_packed ? 3 : 2);
    set_axis(tile, TILE_K, boxes, depth);
    if (!is_packed)
        return;
    struct depth deep = find_depth(c, tile);
    boxes->extent[depth] = deep.channels;
    boxes->start[depth] = deep.start;
    boxes->extent[depth + 1] = deep.taps;
    boxes->start[depth + 1] = tile->is_channel_inside && tile->start[TILE_K] ? 1 : 0;
}

double operand_mean_bytes(const struct contraction *share, enum contraction_operand operand,
                          const struct operand_layout *layout, const struct product_tile *tile,
                          uint64_t burst_bytes)
{
    struct layout_boxes boxes = {{0}, {0}, {0}};
    switch (layout->form) {
    case FORM_NONE:
        return 0;
    case FORM_POSITIONS:
        set_axis(tile, TILE_GROUP, &boxes, 0);
        if (operand == OPERAND_INPUT && share->is_input_shared)
            boxes.extent[0] = 1;
        set_axis(tile, TILE_M, &boxes, 1);
        set_axis(tile, operand == OPERAND_INPUT ? TILE_K : TILE_N, &boxes, 2);
        break;
    case FORM_INPUT_PLANES:
        input_planes(share, tile, &boxes);
        break;
    case FORM_OUTPUT_PLANES:
    case FORM_OUTPUT_ROWS:
        output_planes(share, tile, layout->form == FORM_OUTPUT_ROWS, &boxes);
        break;
    case FORM_MATRIX:
    case FORM_FILTERS:
    case FORM_MATRIX_PACKED:
    case FORM_FILTERS_PACKED:
        set_weights(share, layout->form, tile, &boxes);
        break;
    }
    return layout_mean_bytes(&layout->layout, &boxes, burst_bytes);
}
