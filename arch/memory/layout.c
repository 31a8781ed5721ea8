#include "arch/memory/layout.h"

#include <assert.h>

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

static int64_t blocks_of(const struct layout *layout, int dimension)
{
    return (layout->shape[dimension] + layout->block[dimension] - 1) / layout->block[dimension];
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

/* A region in blocks, innermost dimension first, dimensions that continue each other merged. */
struct span {
    uint64_t count, stride_bits;
};

static int merge_spans(const struct layout *layout, const int64_t *start, const int64_t *extent,
                       struct span *spans, uint64_t *first_bits)
{
    uint64_t stride = block_bits(layout), first = 0;
    int count = 0;
    for (int d = layout->rank - 1; d >= 0; d--) {
        uint64_t low = (uint64_t)(start[d] / layout->block[d]);
        uint64_t high = (uint64_t)((start[d] + extent[d] - 1) / layout->block[d]);
        uint64_t blocks = high - low + 1;
        first += low * stride;
        if (count > 0 && spans[count - 1].stride_bits * spans[count - 1].count == stride)
            spans[count - 1].count *= blocks;
        else if (blocks > 1 || count == 0)
            spans[count++] = (struct span){blocks, stride};
        stride *= (uint64_t)blocks_of(layout, d);
    }
    *first_bits = first;
    return count;
}

/* Bytes that hold `bits` bits from a bit address on. */
static void set_run(struct transfer *transfer, uint64_t base, uint64_t first, uint64_t bits)
{
    transfer->address = base + first / 8;
    transfer->bytes = (first % 8 + bits + 7) / 8;
}

uint64_t layout_region(const struct layout *layout, const int64_t *start, const int64_t *extent,
                       const struct transfer *like,
                       void (*emit)(void *context, const struct transfer *transfer),
                       void *context)
{
    struct span spans[LAYOUT_DIMENSIONS] = {{0, 0}};
    uint64_t first, emitted = 0, index[LAYOUT_DIMENSIONS] = {0};
    for (int d = 0; d < layout->rank; d++)
        if (extent[d] <= 0)
            return 0;
    int count = merge_spans(layout, start, extent, spans, &first);
    /* The innermost span is contiguous unless it skips: its elements lie stride by stride. */
    uint64_t run = spans[0].stride_bits == block_bits(layout) ? spans[0].count : 1;
    int next = run == spans[0].count ? 1 : 0;
    struct transfer transfer = *like;
    int strided = 0;
    for (; next < count && strided < TRANSFER_STRIDES; next++) {
        if (spans[next].stride_bits % 8 != 0)
            break; /* runs that begin within bytes go one by one */
        transfer.strides[strided++] =
            (struct transfer_stride){spans[next].count, (int64_t)(spans[next].stride_bits / 8)};
    }
    for (; strided < TRANSFER_STRIDES; strided++)
        transfer.strides[strided] = (struct transfer_stride){0, 0};
    for (;;) {
        uint64_t at = first;
        for (int s = next; s < count; s++)
            at += index[s] * spans[s].stride_bits;
        set_run(&transfer, layout->base, at, run * block_bits(layout));
        emit(context, &transfer);
        emitted++;
        int s = next;
        for (; s < count && ++index[s] == spans[s].count; s++)
            index[s] = 0;
        if (s >= count)
            return emitted;
    }
}
