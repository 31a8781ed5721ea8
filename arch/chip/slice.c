#include "arch/chip/slice.h"

#include <stddef.h>

__extension__ typedef unsigned __int128 uint128;

/* Of a sparse contraction, the operand whose rows are selected. */
enum { SPARSE_TABLE_INPUT = 3 };

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

static int64_t shares(int64_t size, int64_t members)
{
    return divide_up(size, divide_up(size, members));
}

static uint64_t *shared_size(struct primitive *p)
{
    switch (p->kind) {
    case PRIMITIVE_SPARSE_CONTRACTION:
        return &p->sparse.rows;
    case PRIMITIVE_MAP:
        return &p->map.elements;
    case PRIMITIVE_REDUCE:
        return &p->reduce.outputs;
    case PRIMITIVE_GATHER:
    case PRIMITIVE_SCATTER:
        return &p->gather.count;
    case PRIMITIVE_MERGE:
        return &p->merge.left;
    case PRIMITIVE_CHASE:
        return &p->chase.chains;
    case PRIMITIVE_STENCIL:
        return &p->stencil.points;
    case PRIMITIVE_MOVE:
        return &p->move.elements;
    case PRIMITIVE_CONTRACTION:
    case PRIMITIVE_KIND_COUNT:
        break;
    }
    return NULL;
}

/* Groups and batch before columns and rows, because they share no operand. */
static const enum dim ORDER[] = {DIM_G, DIM_N, DIM_K, DIM_P, DIM_Q, DIM_Z};

/* Every dimension that gives work to more members than half of those asked for. */
static int cut_contraction(const struct contraction *c, int64_t members, struct slicing *ways)
{
    int count = 0;
    for (size_t i = 0; i < sizeof ORDER / sizeof ORDER[0]; i++) {
        int64_t pieces = shares(c->size[ORDER[i]], members);
        if (2 * pieces > members)
            ways[count++] = (struct slicing){ORDER[i], pieces};
    }
    return count;
}

int slice_ways(const struct primitive *primitive, int64_t members,
               struct slicing ways[SLICINGS_MAX])
{
    struct primitive copy = *primitive;
    const uint64_t *size = shared_size(&copy);
    int count = 0;
    if (size && *size && members > 1)
        ways[count++] = (struct slicing){DIM_G, shares((int64_t)*size, members)};
    for (; !size && members > 1; members = (members + 1) / 2)
        count += cut_contraction(&primitive->contraction, members, ways + count);
    ways[count++] = (struct slicing){DIM_G, 1};
    return count;
}

static uint64_t part(uint64_t whole, uint64_t share, uint64_t size)
{
    return (uint64_t)((uint128)whole * share / size);
}

static void scale_work(struct primitive *p, uint64_t share, uint64_t size)
{
    p->macs = part(p->macs, share, size);
    p->ops = part(p->ops, share, size);
}

struct share_place slice_place(const struct primitive *whole, struct slicing slicing,
                               int64_t index)
{
    if (whole->kind != PRIMITIVE_CONTRACTION || slicing.count == 1)
        return (struct share_place){0};
    int64_t size = whole->contraction.size[slicing.dim];
    return (struct share_place){slicing.dim, index * divide_up(size, slicing.count), size};
}

void slice_primitive(struct primitive *p, struct slicing slicing, int64_t index)
{
    int64_t count = slicing.count;
    if (count == 1)
        return;
    uint64_t *whole = shared_size(p);
    enum dim dim = slicing.dim;
    int64_t size = whole ? (int64_t)*whole : p->contraction.size[dim];
    int64_t piece = divide_up(size, count);
    int64_t share = index < count - 1 ? piece : size - piece * (count - 1);
    scale_work(p, (uint64_t)share, (uint64_t)size);
    if (whole) {
        *whole = (uint64_t)share;
        bool is_sparse = p->kind == PRIMITIVE_SPARSE_CONTRACTION;
        if (is_sparse)
            p->sparse.non_zeros = part(p->sparse.non_zeros, (uint64_t)share, (uint64_t)size);
        for (uint32_t i = 0; i < p->input_count; i++)
            if (!is_sparse || i != SPARSE_TABLE_INPUT) /* any row may select any of it */
                p->inputs[i].elements =
                    part(p->inputs[i].elements, (uint64_t)share, (uint64_t)size);
        p->output.elements = part(p->output.elements, (uint64_t)share, (uint64_t)size);
        return;
    }
    struct contraction *c = &p->contraction;
    c->size[dim] = share;
    p->inputs[0].elements = contraction_elements(c, OPERAND_INPUT);
    if (p->input_count > 1)
        p->inputs[1].elements = contraction_elements(c, OPERAND_WEIGHT);
    p->output.elements = contraction_elements(c, OPERAND_OUTPUT);
}

uint64_t slice_first(const struct primitive *primitive, struct slicing slicing, int64_t index)
{
    struct primitive copy = *primitive;
    const uint64_t *whole = shared_size(&copy);
    return whole && slicing.count > 1
               ? (uint64_t)(index * divide_up((int64_t)*whole, slicing.count))
               : 0;
}

uint32_t slice_shared_inputs(const struct primitive *primitive, struct slicing slicing)
{
    if (primitive->kind != PRIMITIVE_CONTRACTION || slicing.count == 1)
        return 0;
    const struct contraction *c = &primitive->contraction;
    uint32_t shared = 0;
    for (uint32_t i = 0; i < primitive->input_count; i++)
        if (i >= 2 || /* a bias is fetched whole by every share */
            !(contraction_relevant(c, i ? OPERAND_WEIGHT : OPERAND_INPUT) >> slicing.dim & 1))
            shared |= 1u << i;
    return shared;
}
