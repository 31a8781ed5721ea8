/* What one more repetition of a flow costs: cost and time on the ports, per element that moves.
 * All of a mapping's flows together are `constant` and the sum of charge x base x repetitions,
 * exactly as model_add counts them. */
#include "arch/mapping/inward.h"

#include <string.h>

static double per_cycle(double bytes, double bytes_per_cycle)
{
    return bytes_per_cycle > 0 ? bytes / bytes_per_cycle : 0;
}

static const struct space_level *inner_of(const struct space *space, int level)
{
    static const struct space_level multipliers; /* their latches cost nothing */
    return level < space->level_count ? &space->levels[level] : &multipliers;
}

static void charge_read(struct inward *in, int level, int o)
{
    const struct model *m = &in->b->model;
    int parent = m->parent[level][o];
    const struct space_level *outer = &m->space->levels[parent],
                             *inner = inner_of(m->space, level);
    struct totals *t = &in->charge[level][o];
    double read = m->bytes[o] * m->copies[parent][o],
           filled = m->bytes[o] * m->copies[level][o];
    t->cost = read * outer->read_cost + filled * (inner->write_cost + m->delivery[level][o]);
    t->port[parent][o] = m->share[parent] * per_cycle(read, outer->read_bytes_per_cycle[o]);
}

/* Of the outputs that leave a level those come back that the parent has not seen fresh: every
 * element once, and once more for each instance that sums apart, a tile of the parent at a
 * time. */
static void charge_returns(struct inward *in, int level)
{
    const struct model *m = &in->b->model;
    const enum contraction_operand o = OPERAND_OUTPUT;
    int parent = m->parent[level][o];
    const struct space_level *outer = &m->space->levels[parent],
                             *inner = inner_of(m->space, level);
    double cost = m->space->partial_bytes *
                  (outer->read_cost + inner->write_cost + m->delivery[level][o]);
    double port =
        m->share[parent] * per_cycle(m->space->partial_bytes, outer->read_bytes_per_cycle[o]);
    in->charge[level][o].cost += cost * m->copies[parent][o];
    in->charge[level][o].port[parent][o] += port * m->copies[parent][o];
    in->constant.cost -= cost * m->elements[o];
    in->constant.port[parent][o] -= port * m->elements[o];
    for (int i = parent; i > m->space->home[o]; i = m->parent[i][o]) {
        double apart = m->copies[i][o] - m->copies[m->parent[i][o]][o];
        in->charge[i][o].cost -= cost * apart;
        in->charge[i][o].port[parent][o] -= port * apart;
    }
}

static void charge_output(struct inward *in, int level)
{
    const struct model *m = &in->b->model;
    const enum contraction_operand o = OPERAND_OUTPUT;
    int parent = m->parent[level][o];
    const struct space_level *outer = &m->space->levels[parent],
                             *inner = inner_of(m->space, level);
    struct totals *t = &in->charge[level][o];
    double bytes = parent == 0 || outer->holds_partials ? m->space->partial_bytes : m->bytes[o];
    double of_sent = outer->write_cost + m->copies[level][o] / m->copies[parent][o] *
                                             (inner->read_cost + m->delivery[level][o]);
    double port = m->share[parent] * per_cycle(1, outer->write_bytes_per_cycle);
    double sent = bytes * m->copies[parent][o];
    t->cost += sent * of_sent;
    t->port[parent][OPERAND_COUNT] += sent * port;
    if (parent == 0) { /* each element finished once */
        double less = m->elements[o] * (m->bytes[o] - m->space->partial_bytes);
        in->constant.cost += less * of_sent;
        in->constant.port[0][OPERAND_COUNT] += less * port;
    }
    charge_returns(in, level);
}

/* Bounds count on more repetitions never being cheaper. Where they are (a sum begun apart need
 * not be fetched), the flow into the next level inside pays for it: that repeats no less. */
static void settle_returns(struct inward *in)
{
    const struct model *m = &in->b->model;
    const enum contraction_operand o = OPERAND_OUTPUT;
    for (int level = 1; level < m->space->level_count; level++) {
        if (m->parent[level][o] < 0)
            continue;
        int inside = level + 1;
        while (m->parent[inside][o] < 0)
            inside++;
        struct totals *from = &in->charge[level][o], *to = &in->charge[inside][o];
        if (from->cost < 0) {
            to->cost += from->cost;
            from->cost = 0;
        }
        for (int i = 0; i < m->space->level_count; i++)
            if (from->port[i][o] < 0) {
                to->port[i][o] += from->port[i][o];
                from->port[i][o] = 0;
            }
    }
}

void charge_prepare(struct inward *in)
{
    const struct branch *b = in->b;
    const struct model *m = &b->model;
    int last = m->space->level_count;
    memset(in->charge, 0, sizeof in->charge);
    memset(&in->constant, 0, sizeof in->constant);
    in->constant.cost = b->totals[0].cost;
    for (int o = 0; o < OPERAND_COUNT; o++) {
        in->steps[o] = 1;
        for (int k = 0; k < b->dim_count; k++) {
            int d = b->dims[k];
            if (!(m->relevant[o] >> d & 1))
                in->steps[o] *=
                    (double)((b->c->size[d] - 1) / model_unrolled_outside(m, d, last) + 1);
        }
        in->least_base[o] = m->elements[o];
    }
    for (int level = last; level > 0; level--) {
        if (m->parent[level][OPERAND_INPUT] >= 0)
            charge_read(in, level, OPERAND_INPUT);
        if (m->parent[level][OPERAND_WEIGHT] >= 0)
            charge_read(in, level, OPERAND_WEIGHT);
        if (m->parent[level][OPERAND_OUTPUT] >= 0)
            charge_output(in, level);
    }
    settle_returns(in);
}
