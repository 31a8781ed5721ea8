#include "arch/mapping/interpret.h"

#include <string.h>

#include "arch/mapping/coordinates.h"

/* A tile in one memory instance: a box of coordinates, of which only some pixels may be used.
 */
struct held {
    bool is_valid;
    int64_t start[DIM_COUNT];
    int64_t low[COORDINATES], length[COORDINATES];
    uint64_t *values;
    bool *is_present; /* input, weight: holds the value; output: a partial sum is here */
};

struct machine {
    const struct nest *nest;
    struct interpret_counts *counts;
    struct error *err;
    uint32_t relevant[OPERAND_COUNT];
    int64_t tile[NEST_LEVELS_MAX + 1][DIM_COUNT];
    int64_t instances[NEST_LEVELS_MAX + 2]; /* outside level i; last unused */
    struct held *held[NEST_LEVELS_MAX + 1][OPERAND_COUNT];
    int64_t place[NEST_LEVELS_MAX][DIM_COUNT]; /* where the axes stand now */
    int64_t instance[NEST_LEVELS_MAX + 1];     /* the one that runs now, per level */
};

static bool is_kept(const struct machine *m, int level, int operand)
{
    return level == m->nest->level_count || (m->nest->levels[level].keep >> operand & 1);
}

/* The instance of `level` that holds instance `instance` of the inner level `of`. */
static struct held *parent_tile(const struct machine *m, int of, int64_t instance, int operand)
{
    int level = nest_parent(m->nest, of, operand);
    return &m->held[level][operand][instance / (m->instances[of] / m->instances[level])];
}

static bool next_point(const int64_t length[COORDINATES], int64_t at[COORDINATES])
{
    int i = COORDINATES - 1;
    while (i >= 0 && ++at[i] == length[i])
        at[i--] = 0;
    return i >= 0;
}

static int64_t offset_in_parent(const struct held *tile, const struct held *parent,
                                const int64_t at[COORDINATES])
{
    int64_t absolute[COORDINATES];
    for (int i = 0; i < COORDINATES; i++)
        absolute[i] = tile->low[i] + at[i];
    return coordinate_offset(parent->low, parent->length, absolute);
}

/* Output leaves: first what inner levels still hold of it, then the tile itself. */
static void evict(struct machine *m, int level, int64_t instance, int operand)
{
    struct held *tile = &m->held[level][operand][instance];
    if (!tile->is_valid)
        return;
    tile->is_valid = false;
    if (operand != OPERAND_OUTPUT)
        return;
    for (int i = m->nest->level_count; i > level; i--) {
        int64_t below = m->instances[i] / m->instances[level];
        for (int64_t k = 0; is_kept(m, i, operand) && k < below; k++)
            evict(m, i, instance * below + k, operand);
    }
    struct held *parent = parent_tile(m, level, instance, operand);
    int64_t at[COORDINATES] = {0}, offset = 0;
    do {
        int64_t outer = offset_in_parent(tile, parent, at);
        parent->values[outer] += tile->values[offset];
        parent->is_present[outer] = true;
        offset++;
    } while (next_point(tile->length, at));
}

static bool in_tile(const struct contraction *c, int axis, int64_t pixel,
                    const struct held *tile, const int64_t extent[DIM_COUNT])
{
    for (int64_t r = 0; r < extent[DIM_T + axis]; r++) {
        int64_t rest =
            pixel + c->pad[axis] - (tile->start[DIM_T + axis] + r) * c->dilation[axis];
        if (rest % c->stride[axis] == 0 &&
            rest / c->stride[axis] >= tile->start[DIM_Z + axis] &&
            rest / c->stride[axis] < tile->start[DIM_Z + axis] + extent[DIM_Z + axis])
            return pixel >= 0 && pixel < c->extent[axis];
    }
    return false;
}

static void set_box(const struct machine *m, int operand, const int64_t extent[DIM_COUNT],
                    struct held *tile)
{
    const struct contraction *c = &m->nest->contraction;
    coordinate_locate(c, operand, tile->start, tile->low);
    for (int i = 0; i < COORDINATES; i++)
        tile->length[i] = extent[COORDINATE_DIMS[operand][i]];
    if (coordinate_is_shared(c, operand))
        tile->length[0] = 1;
    for (int axis = 0; operand == OPERAND_INPUT && axis < 3; axis++)
        tile->length[3 + axis] = (extent[DIM_Z + axis] - 1) * c->stride[axis] +
                                 (extent[DIM_T + axis] - 1) * c->dilation[axis] + 1;
}

/* Only the first of the instances that share a tile along an axis asks for it; for partial sums
 * the others begin at zero. */
static bool is_first_copy(const struct machine *m, int level, int operand)
{
    for (int i = nest_parent(m->nest, level, operand); i < level; i++)
        for (int d = 0; m->nest->levels[i].is_spatial && d < DIM_COUNT; d++)
            if (!(m->relevant[operand] >> d & 1) && m->place[i][d] > 0)
                return false;
    return true;
}

static bool fill(struct machine *m, int level, int operand, const int64_t extent[DIM_COUNT],
                 struct held *tile)
{
    const struct contraction *c = &m->nest->contraction;
    bool is_first = is_first_copy(m, level, operand), is_output = operand == OPERAND_OUTPUT;
    struct held *parent = parent_tile(m, level, m->instance[level], operand);
    int64_t at[COORDINATES] = {0}, offset = -1;
    do {
        offset++;
        tile->values[offset] = 0;
        tile->is_present[offset] = false;
        bool is_used = true;
        for (int axis = 0; operand == OPERAND_INPUT && axis < 3; axis++)
            is_used =
                is_used && in_tile(c, axis, tile->low[3 + axis] + at[3 + axis], tile, extent);
        if (!is_used)
            continue;
        m->counts->fills[level][operand]++;
        m->counts->reads[level][operand] += is_first;
        int64_t outer = offset_in_parent(tile, parent, at);
        if (outer < 0 || !parent->is_valid || !(is_output || parent->is_present[outer]))
            return error_set(m->err, "level %d is asked for a value of the %s it does not hold",
                             nest_parent(m->nest, level, operand), OPERAND_NAMES[operand]);
        if (is_output && !(is_first && parent->is_present[outer]))
            continue;
        tile->values[offset] = parent->values[outer];
        tile->is_present[offset] = true;
        if (is_output) {
            m->counts->partial_refills[level]++;
            parent->values[outer] = 0; /* taken out; comes back by addition */
        }
    } while (next_point(tile->length, at));
    return true;
}

/* Sees to it that the running instance of the level holds the tile that begins at `start`. */
static bool ensure(struct machine *m, int level, int operand, const int64_t start[DIM_COUNT])
{
    struct held *tile = &m->held[level][operand][m->instance[level]];
    bool is_same = tile->is_valid;
    for (int d = 0; d < DIM_COUNT && is_same; d++)
        is_same = tile->start[d] == start[d] || !(m->relevant[operand] >> d & 1);
    if (is_same)
        return true;
    evict(m, level, m->instance[level], operand);
    int64_t extent[DIM_COUNT];
    for (int d = 0; d < DIM_COUNT; d++) {
        int64_t rest = m->nest->contraction.size[d] - start[d];
        extent[d] = rest < m->tile[level][d] ? rest : m->tile[level][d];
        tile->start[d] = start[d];
    }
    set_box(m, operand, extent, tile);
    tile->is_valid = true;
    return fill(m, level, operand, extent, tile);
}

static bool multiply(struct machine *m, const int64_t point[DIM_COUNT])
{
    int last = m->nest->level_count;
    struct held *one[OPERAND_COUNT];
    for (int o = 0; o < OPERAND_COUNT; o++) {
        if (!ensure(m, last, o, point))
            return false;
        one[o] = &m->held[last][o][m->instance[last]];
    }
    int64_t at[COORDINATES];
    if (!coordinate_locate(&m->nest->contraction, OPERAND_INPUT, point, at))
        return true;
    m->counts->macs++;
    *one[OPERAND_OUTPUT]->values += *one[OPERAND_INPUT]->values * *one[OPERAND_WEIGHT]->values;
    return true;
}

/* Instances at the end of an axis that have no piece of dimension d drop what depends on it. */
static void idle(struct machine *m, int level, int d, int64_t first, int64_t count,
                 int64_t instances)
{
    for (int i = m->nest->level_count; i > level; i--)
        for (int o = 0; o < OPERAND_COUNT; o++) {
            int64_t each = m->instances[i] / instances;
            for (int64_t k = first * each;
                 is_kept(m, i, o) && (m->relevant[o] >> d & 1) && k < (first + count) * each;
                 k++)
                evict(m, i, k, o);
        }
}

static bool run_level(struct machine *m, int level, const int64_t start[DIM_COUNT]);

/* Loop number k of the level, outermost first; `instance` of `instances` so far. */
static bool run_loop(struct machine *m, int level, int k, int64_t point[DIM_COUNT],
                     int64_t instance, int64_t instances)
{
    const struct nest_level *l = &m->nest->levels[level];
    if (k == DIM_COUNT) {
        m->instance[level + 1] = instance;
        return run_level(m, level + 1, point);
    }
    int d = l->is_spatial ? k : l->order[k];
    int64_t first = point[d], step = m->tile[level + 1][d];
    if (l->is_spatial)
        instances *= l->factor[d];
    bool is_good = true;
    for (int64_t i = 0; i < l->factor[d] && is_good; i++) {
        point[d] = first + i * step;
        int64_t next = l->is_spatial ? instance * l->factor[d] + i : instance;
        if (point[d] >= m->nest->contraction.size[d]) {
            if (l->is_spatial)
                idle(m, level, d, next, l->factor[d] - i, instances);
            break;
        }
        m->place[level][d] = l->is_spatial ? i : 0;
        is_good = run_loop(m, level, k + 1, point, next, instances);
    }
    m->place[level][d] = 0;
    point[d] = first;
    return is_good;
}

static bool run_level(struct machine *m, int level, const int64_t start[DIM_COUNT])
{
    if (level == m->nest->level_count)
        return multiply(m, start);
    for (int o = 0; o < OPERAND_COUNT; o++)
        if (level > 0 && is_kept(m, level, o) && !ensure(m, level, o, start))
            return false;
    int64_t point[DIM_COUNT];
    memcpy(point, start, sizeof point);
    return run_loop(m, level, 0, point, m->instance[level], m->instances[level]);
}

/* Room for the largest tile of every instance. */
static void furnish(struct machine *m, struct arena *scratch)
{
    const struct contraction *c = &m->nest->contraction;
    for (int i = 1; i <= m->nest->level_count; i++)
        for (int o = 0; o < OPERAND_COUNT; o++) {
            if (!is_kept(m, i, o))
                continue;
            int64_t extent[DIM_COUNT], count = 1;
            for (int d = 0; d < DIM_COUNT; d++)
                extent[d] = m->tile[i][d] < c->size[d] ? m->tile[i][d] : c->size[d];
            struct held largest = {0};
            set_box(m, o, extent, &largest);
            for (int k = 0; k < COORDINATES; k++)
                count *= largest.length[k];
            m->held[i][o] = arena_array(scratch, (size_t)m->instances[i], sizeof(struct held));
            for (int64_t k = 0; k < m->instances[i]; k++) {
                m->held[i][o][k].values = arena_array(scratch, (size_t)count, sizeof(uint64_t));
                m->held[i][o][k].is_present = arena_array(scratch, (size_t)count, sizeof(bool));
            }
        }
}

static void furnish_outermost(struct machine *m, const struct interpret_values *values,
                              struct arena *scratch)
{
    for (int o = 0; o < OPERAND_COUNT; o++) {
        struct held *tile = arena_alloc(scratch, sizeof *tile);
        uint64_t count = interpret_elements(&m->nest->contraction, o);
        coordinate_shape(&m->nest->contraction, o, tile->length);
        tile->is_valid = true;
        tile->values = values->of[o];
        tile->is_present = arena_array(scratch, count, sizeof(bool));
        memset(tile->is_present, o != OPERAND_OUTPUT, count * sizeof(bool));
        m->held[0][o] = tile;
        m->counts->fills[0][o] = m->counts->reads[0][o] =
            contraction_elements(&m->nest->contraction, o);
    }
}

bool interpret_nest(const struct nest *nest, const struct interpret_values *values,
                    struct arena *scratch, struct interpret_counts *counts, struct error *err)
{
    struct machine *m = arena_alloc(scratch, sizeof *m);
    m->nest = nest;
    m->counts = counts;
    m->err = err;
    *counts = (struct interpret_counts){0};
    int64_t instances = 1;
    for (int i = 0; i <= nest->level_count; i++) {
        nest_tile(nest, i, m->tile[i]);
        m->instances[i] = instances;
        for (int d = 0; i < nest->level_count && nest->levels[i].is_spatial && d < DIM_COUNT;
             d++)
            instances *= nest->levels[i].factor[d];
    }
    for (int o = 0; o < OPERAND_COUNT; o++)
        m->relevant[o] = contraction_relevant(&nest->contraction, o);
    furnish_outermost(m, values, scratch);
    furnish(m, scratch);
    int64_t start[DIM_COUNT] = {0};
    if (!run_level(m, 0, start))
        return false;
    for (int i = nest->level_count; i > 0; i--)
        for (int64_t k = 0; is_kept(m, i, OPERAND_OUTPUT) && k < m->instances[i]; k++)
            evict(m, i, k, OPERAND_OUTPUT);
    return true;
}
