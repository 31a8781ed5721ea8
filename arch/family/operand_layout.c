#include "arch/family/operand_layout.h"

#include <stdio.h>
#include <string.h>

static const enum dim POSITION_DIM[3] = {DIM_Z, DIM_P, DIM_Q};
static const enum dim TAP_DIM[3] = {DIM_T, DIM_R, DIM_S};

static int64_t taps_of(const struct contraction *c)
{
    return c->size[DIM_T] * c->size[DIM_R] * c->size[DIM_S];
}

static int64_t positions_of(const struct contraction *c)
{
    return c->size[DIM_Z] * c->size[DIM_P] * c->size[DIM_Q];
}

/* Every position of the input is read by one position of the output. */
static bool is_pointwise(const struct contraction *c)
{
    for (int i = 0; i < 3; i++)
        if (c->size[TAP_DIM[i]] > 1 || c->stride[i] > 1 || c->pad[i] ||
            c->extent[i] != c->size[POSITION_DIM[i]])
            return false;
    return true;
}

const char *storage_text(struct storage storage, char text[STORAGE_TEXT_BYTES])
{
    static const char *const NAMES[] = {"tiled", "row-major", "tile-padded", "channel-packed"};
    int used = snprintf(text, STORAGE_TEXT_BYTES, "%s", NAMES[storage.kind]);
    size_t room = (size_t)(STORAGE_TEXT_BYTES - used);
    if (storage.kind == STORAGE_TILE_PADDED)
        snprintf(text + used, room, " %d x %d", (int)storage.rows, (int)storage.columns);
    else if (storage.kind == STORAGE_CHANNEL_PACKED)
        snprintf(text + used, room, " %d", (int)storage.columns);
    return text;
}

static enum layout_form find_form(const struct contraction *c, enum contraction_operand operand,
                                  enum storage_kind kind, bool is_channel_inside)
{
    enum operand_order order = (enum operand_order)c->order[operand];
    if (kind == STORAGE_TILED || (order == ORDER_OTHER && operand != OPERAND_WEIGHT))
        return FORM_NONE;
    bool is_first = order == ORDER_CHANNEL_FIRST;
    switch (operand) {
    case OPERAND_INPUT:
        return is_first ? FORM_INPUT_PLANES : is_pointwise(c) ? FORM_POSITIONS : FORM_NONE;
    case OPERAND_WEIGHT:
        if (kind == STORAGE_TILE_PADDED)
            return FORM_MATRIX;
        if (order == ORDER_OTHER)
            return FORM_NONE;
        if (kind == STORAGE_CHANNEL_PACKED || is_channel_inside)
            return is_first ? FORM_FILTERS_PACKED : FORM_MATRIX_PACKED;
        return is_first ? FORM_FILTERS : FORM_MATRIX;
    default:
        if (!is_first)
            return FORM_POSITIONS;
        return kind == STORAGE_TILE_PADDED ? FORM_OUTPUT_ROWS : FORM_OUTPUT_PLANES;
    }
}

struct shape {
    int rank, channel; /* channel: the dimension that channel-packed blocks */
    int64_t size[LAYOUT_DIMENSIONS];
};

static struct shape shape_of(const struct contraction *c, enum contraction_operand operand,
                             enum layout_form form)
{
    const int64_t *s = c->size;
    bool is_shared = operand == OPERAND_INPUT    ? c->is_input_shared
                     : operand == OPERAND_WEIGHT ? c->is_weight_shared
                                                 : false;
    int64_t groups = is_shared ? 1 : s[DIM_G], taps = taps_of(c);
    int64_t channels = operand == OPERAND_INPUT ? s[DIM_C] : s[DIM_K];
    switch (form) {
    case FORM_POSITIONS:
        return (struct shape){3, 2, {groups, s[DIM_N] * positions_of(c), channels}};
    case FORM_INPUT_PLANES:
        return (struct shape){
            5, 1, {s[DIM_N], groups * channels, c->extent[0], c->extent[1], c->extent[2]}};
    case FORM_OUTPUT_PLANES:
        return (struct shape){3, 1, {s[DIM_N], groups * channels, positions_of(c)}};
    case FORM_OUTPUT_ROWS:
        return (struct shape){
            4, 1, {s[DIM_N], groups * channels, s[DIM_Z] * s[DIM_P], s[DIM_Q]}};
    case FORM_MATRIX:
        return (struct shape){3, 1, {groups, s[DIM_C] * taps, s[DIM_K]}};
    case FORM_FILTERS:
        return (struct shape){3, 2, {groups, s[DIM_K], s[DIM_C] * taps}};
    case FORM_MATRIX_PACKED:
        return (struct shape){4, 1, {groups, s[DIM_C], taps, s[DIM_K]}};
    case FORM_FILTERS_PACKED:
        return (struct shape){4, 2, {groups, s[DIM_K], s[DIM_C], taps}};
    case FORM_NONE:
        break;
    }
    return (struct shape){0};
}

struct operand_layout operand_layout(const struct contraction *whole,
                                     enum contraction_operand operand, struct storage storage,
                                     uint32_t element_bits, bool is_channel_inside)
{
    struct operand_layout result;
    memset(&result, 0, sizeof result); /* part of the key of a plan: no byte undefined */
    result.form = find_form(whole, operand, (enum storage_kind)storage.kind, is_channel_inside);
    if (result.form == FORM_NONE)
        return result;
    struct shape shape = shape_of(whole, operand, result.form);
    struct layout *layout = &result.layout;
    switch ((enum storage_kind)storage.kind) {
    case STORAGE_TILE_PADDED:
        *layout = layout_tile_padded(shape.rank, shape.size, element_bits, storage.rows,
                                     storage.columns);
        break;
    case STORAGE_CHANNEL_PACKED: {
        int64_t channels = shape.size[shape.channel];
        *layout =
            layout_channel_packed(shape.rank, shape.size, element_bits, shape.channel,
                                  channels < storage.columns ? channels : storage.columns);
        break;
    }
    default:
        *layout = layout_row_major(shape.rank, shape.size, element_bits);
    }
    layout_pad_rows(layout);
    return result;
}

bool operand_is_packed(const struct contraction *whole, const struct operand_layout *layout)
{
    if (taps_of(whole) == 1)
        return false;
    switch (layout->form) {
    case FORM_INPUT_PLANES:
    case FORM_MATRIX_PACKED:
        return layout->layout.block[1] > 1;
    case FORM_FILTERS_PACKED:
        return layout->layout.block[2] > 1;
    default:
        return false;
    }
}
