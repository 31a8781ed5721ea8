/* Which boxes of its operands a tile of a product reads and writes. */
#include "arch/family/operand_layout.h"

static const enum dim POSITION_DIM[3] = {DIM_Z, DIM_P, DIM_Q};

static int64_t taps_of(const struct contraction *c)
{
    return c->size[DIM_T] * c->size[DIM_R] * c->size[DIM_S];
}

static int64_t positions_of(const struct contraction *c)
{
    return c->size[DIM_Z] * c->size[DIM_P] * c->size[DIM_Q];
}

static int64_t origin(const struct share_place *place, enum dim dim)
{
    return place->whole && place->dim == dim ? place->start : 0;
}

static int64_t whole_size(const struct contraction *share, const struct share_place *place,
                          enum dim dim)
{
    return place->whole && place->dim == dim ? place->whole : share->size[dim];
}

struct range {
    int64_t first, last;
};

/* Digits of a range of a number written in three places, the last one fastest: where a digit
 * differs, those behind it take all values. */
static void split_range(int64_t first, int64_t last, const int64_t size[3],
                        struct range digits[3])
{
    int64_t weight = size[0] * size[1] * size[2];
    bool differs = false;
    for (int i = 0; i < 3; i++) {
        weight /= size[i];
        int64_t low = first / weight % size[i], high = last / weight % size[i];
        digits[i] = differs ? (struct range){0, size[i] - 1} : (struct range){low, high};
        differs = differs || low != high;
    }
}

/* Rows m of one stretch of whole images, or inside one image. */
struct stretch {
    struct range images, inside; /* inside: of Z x P x Q */
};

static int split_images(int64_t first, int64_t count, int64_t volume,
                        struct stretch stretches[OPERAND_BOXES_MAX])
{
    int64_t last = first + count - 1, head = first / volume, tail = last / volume;
    int found = 0;
    struct range begin = {first % volume, volume - 1}, end = {0, last % volume};
    if (head == tail) {
        stretches[found++] = (struct stretch){{head, head}, {first % volume, last % volume}};
        return found;
    }
    if (begin.first > 0)
        stretches[found++] = (struct stretch){{head, head}, begin};
    struct range middle = {head + (begin.first > 0), tail - (end.last < volume - 1)};
    if (middle.first <= middle.last)
        stretches[found++] = (struct stretch){middle, {0, volume - 1}};
    if (end.last < volume - 1)
        stretches[found++] = (struct stretch){{tail, tail}, end};
    return found;
}

static int64_t divisor_of(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void set_dimension(struct layout_box *box, int d, int64_t first, int64_t extent)
{
    box->start[d] = first;
    box->extent[d] = extent;
    box->step[d] = 1;
}

/* Input positions along an axis; false where all of them lie in the padding. */
static bool set_window(const struct contraction *share, const struct share_place *place,
                       int axis, struct range out, struct range taps, struct layout_box *box,
                       int d)
{
    int64_t stride = share->stride[axis], dilation = share->dilation[axis];
    int64_t shift = origin(place, POSITION_DIM[axis]) * stride - share->pad[axis];
    int64_t first = out.first * stride + taps.first * dilation + shift;
    int64_t last = out.last * stride + taps.last * dilation + shift;
    int64_t step = taps.first == taps.last ? stride
                   : out.first == out.last ? dilation
                                           : divisor_of(stride, dilation);
    if (first < 0)
        first += (-first + step - 1) / step * step;
    if (last >= share->extent[axis])
        last = share->extent[axis] - 1;
    if (first > last)
        return false;
    box->start[d] = first;
    box->extent[d] = (last - first) / step + 1;
    box->step[d] = box->extent[d] > 1 ? step : 1;
    return true;
}

/* Channels and taps (of T x R x S) of a range of depths: where the outer one differs, the inner
 * one takes all values. */
static void split_depth(const struct contraction *share, const struct product_tile *tile,
                        struct range *channels, struct range *taps)
{
    int64_t inner = tile->is_channel_inside ? share->size[DIM_C] : taps_of(share);
    int64_t first = tile->start[TILE_K], last = first + tile->extent[TILE_K] - 1;
    struct range outside = {first / inner, last / inner}, inside = {0, inner - 1};
    if (outside.first == outside.last)
        inside = (struct range){first % inner, last % inner};
    *channels = tile->is_channel_inside ? inside : outside;
    *taps = tile->is_channel_inside ? outside : inside;
}

/* Channels of all the tile's groups; false where they do not lie side by side. */
static bool set_channels(const struct contraction *share, const struct share_place *place,
                         const struct product_tile *tile, bool is_shared, enum dim dim,
                         struct range channels, struct layout_box *box, int d)
{
    int64_t size = whole_size(share, place, dim), groups = is_shared ? 1 : tile->extent[0];
    int64_t group = is_shared ? 0 : tile->start[TILE_GROUP] + origin(place, DIM_G);
    int64_t count = channels.last - channels.first + 1;
    if (groups > 1 && count != size)
        return false;
    set_dimension(box, d, group * size + channels.first + origin(place, dim), groups * count);
    return true;
}

static int input_planes(const struct contraction *share, const struct share_place *place,
                        const struct product_tile *tile, struct layout_box *boxes)
{
    const int64_t size[3] = {share->size[DIM_Z], share->size[DIM_P], share->size[DIM_Q]};
    struct stretch stretches[OPERAND_BOXES_MAX];
    const int64_t window[3] = {share->size[DIM_T], share->size[DIM_R], share->size[DIM_S]};
    struct range channels, all_taps, taps[3], outputs[3];
    int made = 0, count = split_images(tile->start[TILE_M], tile->extent[TILE_M],
                                       positions_of(share), stretches);
    split_depth(share, tile, &channels, &all_taps);
    split_range(all_taps.first, all_taps.last, window, taps);
    for (int i = 0; i < count; i++) {
        struct layout_box *box = &boxes[made];
        struct range images = stretches[i].images;
        set_dimension(box, 0, images.first + origin(place, DIM_N),
                      images.last - images.first + 1);
        if (!set_channels(share, place, tile, share->is_input_shared, DIM_C, channels, box, 1))
            return -1;
        split_range(stretches[i].inside.first, stretches[i].inside.last, size, outputs);
        bool is_inside = true;
        for (int axis = 0; axis < 3; axis++)
            is_inside =
                set_window(share, place, axis, outputs[axis], taps[axis], box, 2 + axis) &&
                is_inside;
        made += is_inside;
    }
    return made;
}

/* Where position 0 of the share's first image lies among the whole's positions. */
static int64_t position_shift(const struct contraction *share, const struct share_place *place)
{
    int64_t shift = 0;
    for (int axis = 0; axis < 3; axis++)
        shift = shift * whole_size(share, place, POSITION_DIM[axis]) +
                origin(place, POSITION_DIM[axis]);
    return shift;
}

static int output_planes(const struct contraction *share, const struct share_place *place,
                         const struct product_tile *tile, enum layout_form form,
                         struct layout_box *boxes)
{
    struct stretch stretches[OPERAND_BOXES_MAX];
    int count =
        split_images(tile->start[TILE_M], tile->extent[TILE_M], positions_of(share), stretches);
    struct range columns = {tile->start[TILE_N],
                            tile->start[TILE_N] + tile->extent[TILE_N] - 1};
    for (int i = 0; i < count; i++) {
        struct layout_box *box = &boxes[i];
        struct range images = stretches[i].images, inside = stretches[i].inside;
        set_dimension(box, 0, images.first + origin(place, DIM_N),
                      images.last - images.first + 1);
        if (!set_channels(share, place, tile, false, DIM_K, columns, box, 1))
            return -1;
        int64_t first = inside.first + position_shift(share, place);
        int64_t extent = inside.last - inside.first + 1;
        if (form == FORM_OUTPUT_PLANES) {
            set_dimension(box, 2, first, extent);
            continue;
        }
        int64_t width = whole_size(share, place, DIM_Q);
        int64_t row = first / width, rows = (first + extent - 1) / width - row + 1;
        set_dimension(box, 2, row, rows);
        set_dimension(box, 3, rows > 1 ? 0 : first % width, rows > 1 ? width : extent);
    }
    return count;
}

static void set_positions(const struct contraction *share, const struct share_place *place,
                          enum contraction_operand operand, const struct product_tile *tile,
                          struct layout_box *box)
{
    bool is_input = operand == OPERAND_INPUT, is_shared = is_input && share->is_input_shared;
    int64_t volume = 1;
    for (int axis = 0; axis < 3; axis++)
        volume *= whole_size(share, place, POSITION_DIM[axis]);
    set_dimension(box, 0, is_shared ? 0 : tile->start[TILE_GROUP] + origin(place, DIM_G),
                  is_shared ? 1 : tile->extent[TILE_GROUP]);
    set_dimension(box, 1,
                  tile->start[TILE_M] + origin(place, DIM_N) * volume +
                      position_shift(share, place),
                  tile->extent[TILE_M]);
    if (is_input)
        set_dimension(box, 2, tile->start[TILE_K], tile->extent[TILE_K]);
    else
        set_dimension(box, 2, tile->start[TILE_N] + origin(place, DIM_K), tile->extent[TILE_N]);
}

static void set_weights(const struct contraction *share, const struct share_place *place,
                        enum layout_form form, const struct product_tile *tile,
                        struct layout_box *box)
{
    bool is_shared = share->is_weight_shared;
    int64_t column = tile->start[TILE_N] + origin(place, DIM_K);
    bool is_first = form == FORM_FILTERS || form == FORM_FILTERS_PACKED;
    bool is_packed = form == FORM_MATRIX_PACKED || form == FORM_FILTERS_PACKED;
    int depth = is_first ? 2 : 1;
    set_dimension(box, 0, is_shared ? 0 : tile->start[TILE_GROUP] + origin(place, DIM_G),
                  is_shared ? 1 : tile->extent[TILE_GROUP]);
    set_dimension(box, is_first ? 1 : is_packed ? 3 : 2, column, tile->extent[TILE_N]);
    if (!is_packed) {
        set_dimension(box, depth, tile->start[TILE_K], tile->extent[TILE_K]);
        return;
    }
    struct range channels, taps;
    split_depth(share, tile, &channels, &taps);
    set_dimension(box, depth, channels.first, channels.last - channels.first + 1);
    set_dimension(box, depth + 1, taps.first, taps.last - taps.first + 1);
}

/* Positions of the share that follow one another do so in the whole, too, image by image or
 * over all images. */
static bool is_consecutive(const struct contraction *share, const struct share_place *place,
                           bool over_images)
{
    if (!place->whole)
        return true;
    int64_t outside = over_images ? share->size[DIM_N] : 1;
    if (place->dim == DIM_Q)
        return outside * share->size[DIM_Z] * share->size[DIM_P] == 1;
    if (place->dim == DIM_P)
        return outside * share->size[DIM_Z] == 1;
    return place->dim != DIM_Z || outside == 1;
}

int operand_boxes(const struct contraction *share, const struct share_place *place,
                  enum contraction_operand operand, const struct operand_layout *layout,
                  const struct product_tile *tile, struct layout_box boxes[OPERAND_BOXES_MAX])
{
    switch (layout->form) {
    case FORM_NONE:
        return -1;
    case FORM_POSITIONS:
        if (!is_consecutive(share, place, true))
            return -1;
        set_positions(share, place, operand, tile, &boxes[0]);
        return 1;
    case FORM_INPUT_PLANES:
        return input_planes(share, place, tile, boxes);
    case FORM_OUTPUT_PLANES:
    case FORM_OUTPUT_ROWS:
        if (!is_consecutive(share, place, false))
            return -1;
        return output_planes(share, place, tile, layout->form, boxes);
    case FORM_MATRIX:
    case FORM_FILTERS:
    case FORM_MATRIX_PACKED:
    case FORM_FILTERS_PACKED:
        set_weights(share, place, layout->form, tile, &boxes[0]);
        return 1;
    }
    return -1;
}
