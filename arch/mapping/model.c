#include "arch/mapping/model.h"

static bool is_outside(const struct model *m, int axis, int level)
{
    return m->space->axes[axis].inside <= level;
}

int64_t model_unrolled_outside(const struct model *m, int d, int level)
{
    int64_t product = 1;
    for (int a = 0; a < m->space->axis_count && is_outside(m, a, level); a++)
        product *= m->unrolled[a][d];
    return product;
}

int64_t model_unrolled_inside(const struct model *m, int d, int level)
{
    int64_t product = 1;
    for (int a = 0; a < m->space->axis_count; a++)
        if (m->space->axes[a].inside == level + 1)
            product *= m->unrolled[a][d];
    return product;
}

static void prepare_flow(struct model *m, int level, enum contraction_operand o)
{
    const struct space *space = m->space;
    bool is_kept = level == space->level_count || (m->keep[level] >> o & 1);
    m->parent[level][o] = -1;
    if (!is_kept || level <= space->home[o])
        return;
    int parent = level - 1;
    while (parent > space->home[o] && !(m->keep[parent] >> o & 1))
        parent--;
    m->parent[level][o] = (int8_t)parent;
    m->delivery[level][o] = 0;
    for (int a = 0; a < space->axis_count; a++)
        if (is_outside(m, a, level) && !is_outside(m, a, parent))
            m->delivery[level][o] += space->axes[a].cost_per_byte;
}

/* Bytes moved of an operand stored in padded tiles, over those of its elements: edges are
 * rounded up to the unrolled factors, and every axis that can carry a dimension of it is filled
 * up. */
static double padding(const struct model *m, enum contraction_operand o)
{
    double ratio = 1;
    for (int d = 0; d < DIM_COUNT; d++)
        if (m->relevant[o] >> d & 1) {
            int64_t size = m->contraction->size[d];
            int64_t unrolled = model_unrolled_outside(m, d, m->space->level_count);
            ratio *= (double)(((size - 1) / unrolled + 1) * unrolled) / (double)size;
        }
    for (int a = 0; a < m->space->axis_count; a++) {
        int64_t used = 1;
        for (int d = 0; d < DIM_COUNT; d++)
            used *= m->unrolled[a][d];
        if (m->space->axes[a].dims & m->relevant[o])
            ratio *= (double)m->space->axes[a].fanout / (double)used;
    }
    return ratio;
}

void model_prepare(struct model *m)
{
    const struct space *space = m->space;
    for (int level = 0; level <= space->level_count; level++) {
        double share = 1;
        for (int d = 0; d < DIM_COUNT; d++) {
            int64_t pieces = model_unrolled_outside(m, d, level),
                    size = m->contraction->size[d];
            share *= (double)((size - 1) / pieces + 1) / (double)size;
        }
        if (level < space->level_count)
            m->share[level] = share;
        for (int o = 0; o < OPERAND_COUNT; o++) {
            m->copies[level][o] = 1;
            for (int d = 0; d < DIM_COUNT; d++)
                if (!(m->relevant[o] >> d & 1))
                    m->copies[level][o] *= (double)model_unrolled_outside(m, d, level);
            prepare_flow(m, level, o);
        }
    }
    for (int axis = 0; axis < 3; axis++) {
        int64_t a = m->contraction->stride[axis], b = m->contraction->dilation[axis];
        for (int64_t rest; b; b = rest) { /* Euclid */
            rest = a % b;
            a = b;
        }
        m->step[axis] = m->contraction->stride[axis] / a;
        m->gap[axis] = m->contraction->dilation[axis] / a;
    }
    for (int o = 0; o < OPERAND_COUNT; o++) {
        double density = space->density[o];
        m->is_dense[o] = !(density > 0 && density < 1);
        m->bytes[o] = density > 0 && density < 1
                          ? density * (space->element_bytes[o] + space->position_bytes[o])
                          : space->element_bytes[o];
        if (space->padded >> o & 1)
            m->bytes[o] *= padding(m, o);
    }
}

static double cycles_for(double bytes, double bytes_per_cycle)
{
    return bytes_per_cycle > 0 ? bytes / bytes_per_cycle : 0;
}

/* Outputs on their way out: a memory that holds partial sums takes all of them at full width;
 * main memory takes each element finished once, the others at full width. */
static double output_bytes(const struct model *m, int parent, double sent)
{
    double finished = parent == 0 ? m->elements[OPERAND_OUTPUT] : sent;
    double finished_bytes = parent > 0 && m->space->levels[parent].holds_partials
                                ? m->space->partial_bytes
                                : m->bytes[OPERAND_OUTPUT];
    finished = finished < sent ? finished : sent;
    return finished * finished_bytes + (sent - finished) * m->space->partial_bytes;
}

void model_add(const struct model *m, int level, enum contraction_operand o,
               const struct flow *flow, struct totals *totals)
{
    int parent = m->parent[level][o];
    if (parent < 0)
        return;
    static const struct space_level multipliers; /* their latches cost nothing */
    const struct space_level *outer = &m->space->levels[parent];
    const struct space_level *inner =
        level < m->space->level_count ? &m->space->levels[level] : &multipliers;
    double delivery = m->delivery[level][o];
    if (o != OPERAND_OUTPUT) {
        double read = flow->reads * m->bytes[o], filled = flow->fills * m->bytes[o];
        totals->cost += read * outer->read_cost + filled * (inner->write_cost + delivery);
        totals->port[parent][o] +=
            m->share[parent] * cycles_for(read, outer->read_bytes_per_cycle[o]);
        return;
    }
    double sent = output_bytes(m, parent, flow->reads);
    double left = flow->reads > 0 ? sent * (flow->fills / flow->reads) : 0;
    double returned = flow->returns * m->space->partial_bytes;
    totals->cost += sent * outer->write_cost + left * (inner->read_cost + delivery) +
                    returned * (outer->read_cost + inner->write_cost + delivery);
    totals->port[parent][OPERAND_COUNT] +=
        m->share[parent] * cycles_for(sent, outer->write_bytes_per_cycle);
    totals->port[parent][OPERAND_OUTPUT] +=
        m->share[parent] * cycles_for(returned, outer->read_bytes_per_cycle[OPERAND_OUTPUT]);
}

double model_port_cycles(const struct model *m, const struct totals *totals, int level)
{
    double together = 0, longest = 0;
    for (int o = 0; o < OPERAND_COUNT; o++) {
        double own = totals->port[level][o];
        if (o == OPERAND_OUTPUT)
            own += totals->port[level][OPERAND_COUNT];
        if (m->space->levels[level].port_shared >> o & 1)
            together += own;
        else if (own > longest)
            longest = own;
    }
    return together > longest ? together : longest;
}

double model_cycles(const struct model *m, const struct totals *totals, double compute)
{
    double cycles = compute;
    for (int i = 0; i < m->space->level_count; i++) {
        double port = model_port_cycles(m, totals, i);
        cycles = port > cycles ? port : cycles;
    }
    return cycles + (double)m->space->start_cycles;
}

/* As contraction_tile_elements has it: distinct positions of a window and its outputs. */
static int64_t halo(const struct model *m, int axis, int64_t outputs, int64_t taps)
{
    int64_t heads = outputs - m->gap[axis], tails = taps - m->step[axis];
    int64_t count = outputs * taps - (heads > 0 && tails > 0 ? heads * tails : 0);
    int64_t extent = m->contraction->extent[axis];
    return count < extent ? count : extent;
}

uint64_t model_tile_elements(const struct model *m, enum contraction_operand operand,
                             const int64_t tile[DIM_COUNT])
{
    const struct contraction *c = m->contraction;
    int end = operand == OPERAND_INPUT ? DIM_Z : DIM_COUNT;
    uint64_t elements = 1;
    for (int d = 0; d < end; d++)
        if (m->relevant[operand] >> d & 1)
            elements *= (uint64_t)(tile[d] < c->size[d] ? tile[d] : c->size[d]);
    for (int axis = 0; axis < 3 && operand == OPERAND_INPUT; axis++) {
        int p = DIM_Z + axis, r = DIM_T + axis;
        elements *= (uint64_t)halo(m, axis, tile[p] < c->size[p] ? tile[p] : c->size[p],
                                   tile[r] < c->size[r] ? tile[r] : c->size[r]);
    }
    return elements;
}

static uint64_t room_for(const struct model *m, int level, int o, uint64_t elements)
{
    if (m->is_dense[o]) {
        bool is_partial =
            o == OPERAND_OUTPUT && level > 0 && m->space->levels[level].holds_partials;
        double bytes = (double)elements *
                       (is_partial ? m->space->partial_bytes : m->space->element_bytes[o]);
        uint64_t whole = (uint64_t)bytes;
        return whole + ((double)whole < bytes);
    }
    if (!m->rooms)
        return space_bytes(m->space, m->contraction, level, o, elements);
    uint64_t slot = (elements * 0x9e3779b97f4a7c15u >> 40) + (uint64_t)(level * 3 + o) * 97;
    struct room *room = &m->rooms[slot % ROOM_SLOTS];
    if (room->elements != elements || room->level != level || room->operand != o)
        *room = (struct room){
            elements, space_bytes(m->space, m->contraction, level, o, elements), level, o};
    return room->bytes;
}

/* More than one tile of the operand passes through an instance of the level, as far as these
 * dimensions tell. */
static bool has_next(const struct model *m, int level, int o, const int64_t tile[DIM_COUNT],
                     uint32_t known)
{
    for (int d = 0; d < DIM_COUNT; d++)
        if ((m->relevant[o] & known) >> d & 1 &&
            tile[d] * model_unrolled_outside(m, d, level) < m->contraction->size[d])
            return true;
    return false;
}

static bool holds(const struct model *m, int level, const int64_t tile[DIM_COUNT],
                  uint32_t known, uint64_t *bytes)
{
    const struct space_level *l = &m->space->levels[level];
    uint64_t shared = 0;
    bool is_good = true;
    *bytes = 0;
    for (int o = 0; o < OPERAND_COUNT; o++) {
        if (!(m->keep[level] >> o & 1) || m->space->home[o] >= level)
            continue;
        uint64_t elements = model_tile_elements(m, o, tile);
        uint64_t held = room_for(m, level, o, elements);
        if ((l->double_buffered >> o & 1) && has_next(m, level, o, tile, known))
            held *= 2;
        *bytes += held;
        if (l->partition_bytes[o])
            is_good = is_good && held <= l->partition_bytes[o];
        else
            shared += held;
    }
    if (l->limit > 0) {
        int64_t product = 1;
        for (int d = 0; d < DIM_COUNT; d++)
            if (l->limit_dims >> d & 1)
                product *=
                    tile[d] < m->contraction->size[d] ? tile[d] : m->contraction->size[d];
        is_good = is_good && product <= l->limit;
    }
    if (m->space->accepts && !m->space->accepts(m->space->context, level, tile))
        return false;
    return is_good && (!l->capacity_bytes || shared <= l->capacity_bytes);
}

bool model_holds(const struct model *m, int level, const int64_t tile[DIM_COUNT],
                 uint64_t *bytes)
{
    return holds(m, level, tile, UINT32_MAX, bytes);
}

bool model_may_hold(const struct model *m, int level, const int64_t tile[DIM_COUNT],
                    uint32_t known)
{
    uint64_t bytes;
    return holds(m, level, tile, known, &bytes);
}
