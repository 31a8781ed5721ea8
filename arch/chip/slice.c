#include "arch/chip/slice.h"

#include <stddef.h>

__extension__ typedef unsigned __int128 uint128;

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* The dimension whose equal pieces leave the members busiest; the first of equals, groups and
 * batch before columns and rows, because they share no operand. */
static enum dim best_dim(const struct contraction *c, int64_t members)
{
    static const enum dim ORDER[] = {DIM_G, DIM_N, DIM_K, DIM_P, DIM_Q, DIM_Z};
    enum dim best = DIM_G;
    double best_share = 0;
    for (size_t i = 0; i < sizeof ORDER / sizeof ORDER[0]; i++) {
        int64_t size = c->size[ORDER[i]];
        double share = (double)size / (double)(divide_up(size, members) * members);
        if (share > best_share) {
            best = ORDER[i];
            best_share = share;
        }
    }
    return best;
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

int64_t slice_count(const struct primitive *primitive, int64_t members)
{
    if (members == 1)
        return 1;
    struct primitive copy = *primitive;
    uint64_t *size = shared_size(&copy);
    if (size)
        return *size ? shares((int64_t)*size, members) : 1;
    const struct contraction *c = &primitive->contraction;
    return shares(c->size[best_dim(c, members)], members);
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

void slice_primitive(struct primitive *p, int64_t count, int64_t index)
{
    if (count == 1)
        return;
    uint64_t *whole = shared_size(p);
    enum dim dim = whole ? DIM_G : best_dim(&p->contraction, count);
    int64_t size = whole ? (int64_t)*whole : p->contraction.size[dim];
    int64_t piece = divide_up(size, count);
    int64_t share = index < count - 1 ? piece : size - piece * (count - 1);
    scale_work(p, (uint64_t)share, (uint64_t)size);
    if (whole) {
        *whole = (uint64_t)share;
        for (uint32_t i = 0; i < p->input_count; i++)
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
