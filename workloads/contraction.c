#include "workloads/contraction.h"

#include "sim/kernel/ratio.h"

const char *const DIM_NAMES[DIM_COUNT] = {"G", "N", "K", "C", "Z", "P", "Q", "T", "R", "S"};
const char *const OPERAND_NAMES[OPERAND_COUNT] = {"input", "weight", "output"};

static const enum dim AXIS_OUTPUT[3] = {DIM_Z, DIM_P, DIM_Q};
static const enum dim AXIS_FILTER[3] = {DIM_T, DIM_R, DIM_S};

struct contraction contraction_product(int64_t groups, int64_t m, int64_t k, int64_t n)
{
    return (struct contraction){.size = {groups, 1, n, k, 1, m, 1, 1, 1, 1},
                                .stride = {1, 1, 1},
                                .dilation = {1, 1, 1},
                                .extent = {1, m, 1}};
}

uint32_t contraction_relevant(const struct contraction *c, enum contraction_operand operand)
{
    enum {
        G = 1 << DIM_G,
        N = 1 << DIM_N,
        K = 1 << DIM_K,
        C = 1 << DIM_C,
        OUTPUT = 1 << DIM_Z | 1 << DIM_P | 1 << DIM_Q,
        FILTER = 1 << DIM_T | 1 << DIM_R | 1 << DIM_S
    };
    switch (operand) {
    case OPERAND_INPUT:
        return (c->is_input_shared ? 0u : G) | N | C | OUTPUT | FILTER;
    case OPERAND_WEIGHT:
        return (c->is_weight_shared ? 0u : G) | K | C | FILTER;
    default:
        return G | N | K | OUTPUT;
    }
}

uint64_t contraction_macs(const struct contraction *c)
{
    uint64_t macs = 1;
    for (int d = 0; d < DIM_COUNT; d++)
        macs *= (uint64_t)c->size[d];
    return macs;
}

static int64_t at_least_zero(int64_t value)
{
    return value > 0 ? value : 0;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static int64_t ceiling(int64_t a, int64_t b) /* b > 0 */
{
    return a >= 0 ? (a + b - 1) / b : -(-a / b);
}

__extension__ typedef __int128 wide;

/* Sum of floor((step * i + start) / divisor) for i = 0 .. count-1; all arguments >= 0, divisor
 * >= 1. Euclid's algorithm on the lattice below a line: logarithmic in the arguments. */
static wide floor_sum(wide count, wide divisor, wide step, wide start)
{
    wide sum = 0;
    while (count > 0) {
        sum += (step / divisor) * (count * (count - 1) / 2) + (start / divisor) * count;
        step %= divisor;
        start %= divisor;
        wide top = step * count + start;
        if (top < divisor)
            break;
        count = top / divisor;
        start = top % divisor;
        wide swap = divisor;
        divisor = step;
        step = swap;
    }
    return sum;
}

struct axis {
    int64_t outputs, taps, stride, dilation;
};

/* Sum over taps r in [first, last) of the outputs p < most with p*stride + r*dilation < limit.
 */
static int64_t count_below(const struct axis *a, int64_t limit, int64_t first, int64_t last,
                           int64_t most)
{
    if (first >= last || most <= 0)
        return 0;
    /* Taps up to `full` see all outputs, those from `none` on see no output. */
    int64_t full = clamp(ceiling(limit - (most - 1) * a->stride, a->dilation), first, last);
    int64_t none = clamp(ceiling(limit, a->dilation), full, last);
    int64_t count = most * (full - first);
    int64_t lowest = limit - (none - 1) * a->dilation; /* room left at the last tap, >= 1 */
    if (none > full)
        count +=
            (int64_t)floor_sum(none - full, a->stride, a->dilation, lowest + a->stride - 1);
    return count;
}

/* Distinct positions p*stride + r*dilation. With stride and dilation divided by their common
 * divisor to s and d, (p, r) and (p+d, r-s) are the same position and nothing else is, so each
 * position is a chain of pairs and has one pair without predecessor: p < d or r >= taps - s. */
static int64_t distinct_positions(const struct axis *a)
{
    int64_t divisor =
        (int64_t)greatest_common_divisor((uint64_t)a->stride, (uint64_t)a->dilation);
    return a->outputs * a->taps - at_least_zero(a->outputs - a->dilation / divisor) *
                                      at_least_zero(a->taps - a->stride / divisor);
}

static int64_t distinct_below(const struct axis *a, int64_t limit)
{
    int64_t divisor =
        (int64_t)greatest_common_divisor((uint64_t)a->stride, (uint64_t)a->dilation);
    int64_t split = at_least_zero(a->taps - a->stride / divisor);
    int64_t heads = a->dilation / divisor < a->outputs ? a->dilation / divisor : a->outputs;
    return count_below(a, limit, 0, split, heads) +
           count_below(a, limit, split, a->taps, a->outputs);
}

uint64_t contraction_elements(const struct contraction *c, enum contraction_operand operand)
{
    uint32_t relevant = contraction_relevant(c, operand);
    uint64_t elements = 1;
    for (int d = 0; d < DIM_Z; d++)
        if (relevant >> d & 1)
            elements *= (uint64_t)c->size[d];
    for (int i = 0; i < 3; i++) {
        struct axis a = {c->size[AXIS_OUTPUT[i]], c->size[AXIS_FILTER[i]], c->stride[i],
                         c->dilation[i]};
        int64_t count = a.outputs;
        if (operand == OPERAND_WEIGHT)
            count = a.taps;
        else if (operand == OPERAND_INPUT)
            count =
                distinct_below(&a, c->pad[i] + c->extent[i]) - distinct_below(&a, c->pad[i]);
        elements *= (uint64_t)count;
    }
    return elements;
}

uint64_t contraction_tile_elements(const struct contraction *c,
                                   enum contraction_operand operand,
                                   const int64_t tile[DIM_COUNT])
{
    uint32_t relevant = contraction_relevant(c, operand);
    uint64_t elements = 1;
    for (int d = 0; d < DIM_Z; d++)
        if (relevant >> d & 1)
            elements *= (uint64_t)tile[d];
    for (int i = 0; i < 3; i++) {
        struct axis a = {tile[AXIS_OUTPUT[i]], tile[AXIS_FILTER[i]], c->stride[i],
                         c->dilation[i]};
        int64_t count = a.outputs;
        if (operand == OPERAND_WEIGHT)
            count = a.taps;
        else if (operand == OPERAND_INPUT) {
            count = distinct_positions(&a);
            if (count > c->extent[i])
                count = c->extent[i];
        }
        elements *= (uint64_t)count;
    }
    return elements;
}

void contraction_as_product(const struct contraction *c, int64_t *m, int64_t *k, int64_t *n)
{
    const int64_t *size = c->size;
    *m = size[DIM_N] * size[DIM_Z] * size[DIM_P] * size[DIM_Q];
    *k = size[DIM_C] * size[DIM_T] * size[DIM_R] * size[DIM_S];
    *n = size[DIM_K];
}
