#include "arch/memory/layout.h"

#include <assert.h>
#include <math.h>

struct layout layout_row_major(int rank, const int64_t *shape, uint32_t element_bits)
{
    assert(rank >= 1 && rank <= LAYOUT_DIMENSIONS);
    struct layout layout = {.rank = rank, .element_bits = element_bits};
    for (int d = 0; d < rank; d++) {
        layout.shape[d] = shape[d];
        layout.block[d] = 1;
    }
    return layout;
}

struct layout layout_tile_padded(int rank, const int64_t *shape, uint32_t element_bits,
                                 int64_t rows, int64_t columns)
{
    assert(rank >= 2);
    struct layout layout = layout_row_major(rank, shape, element_bits);
    layout.block[rank - 2] = rows;
    layout.block[rank - 1] = columns;
    return layout;
}

struct layout layout_channel_packed(int rank, const int64_t *shape, uint32_t element_bits,
                                    int channel, int64_t packed)
{
    struct layout layout = layout_row_major(rank, shape, element_bits);
    layout.block[channel] = packed;
    return layout;
}

void layout_pad_rows(struct layout *layout)
{
    int64_t *block = &layout->block[layout->rank - 1];
    while ((uint64_t)*block * layout->element_bits % 8 != 0)
        *block *= 2;
}

static int64_t blocks_of(const struct layout *layout, int dimension)
{
    int64_t size = layout->shape[dimension], block = layout->block[dimension];
    return block == 1 ? size : (size + block - 1) / block;
}

static uint64_t block_elements(const struct layout *layout)
{
    uint64_t elements = 1;
    for (int d = 0; d < layout->rank; d++)
        elements *= (uint64_t)layout->block[d];
    return elements;
}

/* Elements below a byte are packed where there are no blocks; blocks begin at whole bytes. */
static uint64_t block_bits(const struct layout *layout)
{
    uint64_t elements = block_elements(layout), bits = elements * layout->element_bits;
    return elements == 1 ? bits : (bits + 7) / 8 * 8;
}

uint64_t layout_bytes(const struct layout *layout)
{
    uint64_t blocks = 1;
    for (int d = 0; d < layout->rank; d++)
        blocks *= (uint64_t)blocks_of(layout, d);
    return (blocks * block_bits(layout) + 7) / 8;
}

uint64_t layout_offset_bits(const struct layout *layout, const int64_t *index)
{
    uint64_t outer = 0, inner = 0;
    for (int d = 0; d < layout->rank; d++) {
        outer =
            outer * (uint64_t)blocks_of(layout, d) + (uint64_t)(index[d] / layout->block[d]);
        inner = inner * (uint64_t)layout->block[d] + (uint64_t)(index[d] % layout->block[d]);
    }
    return outer * block_bits(layout) + inner * layout->element_bits;
}

/* A progression of runs: `count` of them, `stride` bits apart. */
struct span {
    uint64_t count, stride_bits;
};

/* A region as one run, repeated over spans, innermost first. */
struct shape {
    uint64_t first_bits, run_bits;
    struct span spans[LAYOUT_DIMENSIONS];
    int span_count;
};

/* Takes another dimension, outwards: it lengthens the run where that skips less than a burst,
 * continues the last span, or is a span of its own. */
static void add_span(struct shape *shape, uint64_t count, uint64_t stride, uint64_t gap_bits)
{
    if (count <= 1)
        return;
    struct span *last = shape->span_count ? &shape->spans[shape->span_count - 1] : NULL;
    if (!last && (stride == shape->run_bits || stride - shape->run_bits < gap_bits))
        shape->run_bits += (count - 1) * stride;
    else if (last && last->stride_bits * last->count == stride)
        last->count *= count;
    else
        shape->spans[shape->span_count++] = (struct span){count, stride};
}

static struct shape find_shape(const struct layout *layout, const struct layout_box *box,
                               uint64_t burst_bytes)
{
    uint64_t stride = block_bits(layout);
    struct shape shape;
    shape.run_bits = stride;
    shape.first_bits = 0;
    shape.span_count = 0;
    for (int d = layout->rank - 1; d >= 0; d--) {
        int64_t block = layout->block[d], step = box->step[d] > 1 ? box->step[d] : 1;
        if (block == 1) {
            shape.first_bits += (uint64_t)box->start[d] * stride;
            add_span(&shape, (uint64_t)box->extent[d], (uint64_t)step * stride,
                     8 * burst_bytes);
        } else {
            int64_t low = box->start[d] / block, inside = box->start[d] - low * block;
            int64_t reach =
                inside + (box->extent[d] - 1) * step; /* from the first block's edge */
            shape.first_bits += (uint64_t)low * stride;
            add_span(&shape, reach < block ? 1 : (uint64_t)(reach / block) + 1, stride,
                     8 * burst_bytes);
        }
        stride *= (uint64_t)blocks_of(layout, d);
    }
    return shape;
}

/* Bytes that hold `bits` bits from a bit address on. */
static void set_run(struct transfer *transfer, uint64_t base, uint64_t first, uint64_t bits)
{
    transfer->address = base + first / 8;
    transfer->bytes = (first % 8 + bits + 7) / 8;
}

uint64_t layout_region(const struct layout *layout, const struct layout_box *box,
                       uint64_t burst_bytes, const struct transfer *like,
                       void (*emit)(void *context, const struct transfer *transfer),
                       void *context)
{
    for (int d = 0; d < layout->rank; d++)
        if (box->extent[d] <= 0)
            return 0;
    struct shape shape = find_shape(layout, box, burst_bytes);
    struct transfer transfer = *like;
    uint64_t base = layout->base + like->address;
    uint64_t emitted = 0, index[LAYOUT_DIMENSIONS] = {0};
    int next = 0;
    for (; next < shape.span_count && next < TRANSFER_STRIDES; next++) {
        const struct span *span = &shape.spans[next];
        if (span->stride_bits % 8 != 0)
            break; /* runs that begin within bytes go one by one */
        transfer.strides[next] =
            (struct transfer_stride){span->count, (int64_t)(span->stride_bits / 8)};
    }
    for (int level = next; level < TRANSFER_STRIDES; level++)
        transfer.strides[level] = (struct transfer_stride){0, 0};
    for (;;) {
        uint64_t at = shape.first_bits;
        for (int s = next; s < shape.span_count; s++)
            at += index[s] * shape.spans[s].stride_bits;
        set_run(&transfer, base, at, shape.run_bits);
        emit(context, &transfer);
        emitted++;
        int s = next;
        for (; s < shape.span_count && ++index[s] == shape.spans[s].count; s++)
            index[s] = 0;
        if (s >= shape.span_count)
            return emitted;
    }
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Blocks that `extent` indices touch, on average over starts at multiples of `start`: as runs
 * touch bursts. */
static double mean_blocks(double extent, int64_t step, int64_t block, int64_t start)
{
    double length = (extent - 1) * (double)step + 1;
    double grain = (double)common_divisor((uint64_t)block, (uint64_t)start);
    return (ceil(length / grain) * grain + (double)block - grain) / (double)block;
}

/* A byte distance of which every move of the box along the dimension is a multiple, given that
 * of one block. */
static uint64_t move_bytes(int64_t start, int64_t block, uint64_t unit)
{
    return start % block == 0 ? (uint64_t)(start / block) * unit : unit;
}

double layout_mean_bytes(const struct layout *layout, const struct layout_boxes *boxes,
                         uint64_t burst_bytes)
{
    uint64_t burst = burst_bytes > 1 ? burst_bytes : 1, grain = burst;
    uint64_t unit = block_bits(layout) / 8;
    double run = (double)unit, runs = 1;
    bool is_run = true;
    for (int d = layout->rank - 1; d >= 0; d--) {
        int64_t block = layout->block[d], step = boxes->step[d] > 1 ? boxes->step[d] : 1;
        double count = boxes->extent[d];
        if (block > 1) {
            double most = (double)blocks_of(layout, d);
            count = mean_blocks(count, step, block, boxes->start[d]);
            count = count < most ? count : most;
            step = 1;
        }
        double stride = (double)unit * (double)step;
        is_run = is_run && (count <= 1 || stride - run < (double)burst);
        if (is_run)
            run += (count - 1) * stride;
        else {
            runs *= count;
            grain = common_divisor(grain, unit * (uint64_t)step);
        }
        grain = common_divisor(grain, move_bytes(boxes->start[d], block, unit));
        unit *= (uint64_t)blocks_of(layout, d);
    }
    double rounded = ceil(run / (double)grain) * (double)grain;
    return runs * (rounded + (double)(burst - grain));
}
