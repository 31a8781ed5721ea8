#include "workloads/twin_shape.h"

#include <string.h>

#include "workloads/lowering.h"

/* A size that a designer chooses, after the moves. */
static int64_t chosen(const struct twin *twin, int64_t size)
{
    for (int i = 0; i < twin->move_count; i++) {
        const struct twin_move *m = &twin->moves[i];
        if (m->dimension == TWIN_CHANNELS && size == m->from)
            return m->to;
        if (m->dimension == TWIN_WIDTH && size % m->from == 0)
            return size / m->from * m->to;
    }
    return size;
}

void twin_input_shape(const struct twin *twin, const struct tensor *old, int64_t *shape)
{
    for (int32_t d = 0; d < old->rank; d++)
        for (int i = 0; i < twin->move_count; i++) {
            const struct twin_move *m = &twin->moves[i];
            bool is_channel = old->rank >= 4 && d == 1;
            bool is_mine = m->dimension == TWIN_BATCH ? d == 0 && old->rank > 1
                                                      : m->dimension == TWIN_EXTENT && d > 0;
            if (is_mine && !is_channel && old->shape[d] == m->from)
                shape[d] = m->to;
        }
    /* Positions of tokens and the like: one row of sequence length. */
    for (int i = 0; old->rank == 1 && i < twin->move_count; i++)
        if (twin->moves[i].dimension == TWIN_EXTENT && old->shape[0] == twin->moves[i].from)
            shape[0] = twin->moves[i].to;
}

static int64_t kernel_size(const struct twin *twin, const struct operator* op, int64_t size)
{
    for (int i = 0; i < twin->move_count; i++)
        if (twin->moves[i].dimension == TWIN_KERNEL && twin->moves[i].index == op->index &&
            twin->moves[i].from == size)
            return twin->moves[i].to;
    return size;
}

static bool is_depthwise(const struct operator* op)
{
    int64_t group = operator_integer(op, "group", 1);
    return group > 1 && group == op->inputs[0]->shape[1];
}

/* Where data and weight of a convolution stand. */
static uint32_t filter_at(const struct operator* op)
{
    return operator_is(op, "QLinearConv") ? 3 : 1;
}

static bool convolution(const struct twin *twin, const struct operator* op, uint32_t input,
                        struct tensor *now)
{
    const struct tensor *w = op->inputs[filter_at(op)];
    bool is_transposed = operator_is(op, "ConvTranspose");
    int64_t group = operator_integer(op, "group", 1), channels = now[0].shape[1];
    int64_t out = is_depthwise(op) ? channels * (w->shape[0] / group)
                  : is_transposed  ? chosen(twin, w->shape[1] * group)
                                   : chosen(twin, w->shape[0]);
    int64_t groups = is_depthwise(op) ? channels : group;
    if (channels % groups || out % groups)
        return false;
    struct tensor *t = &now[input];
    if (input == filter_at(op)) {
        t->shape[0] = is_transposed ? channels : out;
        t->shape[1] = is_transposed ? out / groups : channels / groups;
        for (int32_t i = 2; i < t->rank; i++)
            t->shape[i] = kernel_size(twin, op, t->shape[i]);
    } else if (t->rank == 1 && t->shape[0] > 1)
        t->shape[0] = out;
    return true;
}

/* Products: what the weight shares with the data follows it; its other side is chosen. */
static bool product(const struct twin *twin, const struct operator* op, uint32_t input,
                    struct tensor *now, const bool *is_known)
{
    struct tensor *t = &now[input];
    if (input >= 2) { /* a vector of biases as long as the columns */
        bool is_turned = operator_integer(op, "transB", 0) != 0;
        int64_t columns = now[1].shape[is_turned ? now[1].rank - 2 : now[1].rank - 1];
        if (t->rank > 0 && t->shape[t->rank - 1] > 1)
            t->shape[t->rank - 1] = columns;
        return true;
    }
    const struct tensor *other = &now[1 - input];
    if (!is_known[1 - input] || t->rank < 2 || other->rank < 1)
        return true;
    bool turn = operator_integer(op, input ? "transB" : "transA", 0) != 0;
    bool turn_other = operator_integer(op, input ? "transA" : "transB", 0) != 0;
    int32_t last = t->rank - 1, inner = input ? last - 1 : last;
    inner = turn ? 2 * last - 1 - inner : inner;
    int32_t other_last = other->rank - 1;
    int32_t other_inner = input || other->rank < 2 ? other_last : other_last - 1;
    if (turn_other && other->rank > 1)
        other_inner = 2 * other_last - 1 - other_inner;
    t->shape[2 * last - 1 - inner] = chosen(twin, t->shape[2 * last - 1 - inner]);
    t->shape[inner] = other->shape[other_inner];
    return true;
}

static bool recurrence(const struct twin *twin, const struct operator* op, uint32_t input,
                       struct tensor *now)
{
    const struct tensor *u = op->inputs[2];
    int64_t hidden = chosen(twin, u->shape[2]), gates = u->shape[1] / u->shape[2];
    struct tensor *t = &now[input];
    if (input == 1 || input == 2) {
        t->shape[1] = gates * hidden;
        t->shape[2] = input == 1 ? now[0].shape[2] : hidden;
    } else if (input == 3)
        t->shape[1] = 2 * gates * hidden;
    else if (t->rank == 3) {
        t->shape[2] = hidden;
        t->shape[1] = now[0].shape[1];
    }
    return true;
}

/* Element by element: sizes equal to the data's, seen from the end, follow it. */
static void aligned(const struct operator* op, uint32_t input, uint32_t data,
                    struct tensor *now)
{
    const struct tensor *before = op->inputs[data], *old = op->inputs[input];
    for (int32_t i = 1; i <= old->rank && i <= before->rank; i++)
        if (old->shape[old->rank - i] == before->shape[before->rank - i])
            now[input].shape[old->rank - i] = now[data].shape[before->rank - i];
}

bool twin_weight_shape(const struct twin *twin, const struct operator* op, uint32_t input,
                       struct tensor *now, bool *is_known)
{
    const char *kind = op->spec->name;
    struct tensor *t = &now[input];
    is_known[input] = true;
    if (strncmp(kind, "Conv", 4) == 0 || strcmp(kind, "QLinearConv") == 0)
        return convolution(twin, op, input, now);
    if (strcmp(kind, "Gemm") == 0 || strstr(kind, "MatMul"))
        return strncmp(kind, "QLinear", 7) == 0 || product(twin, op, input, now, is_known);
    if (strcmp(kind, "LSTM") == 0 || strcmp(kind, "GRU") == 0 || strcmp(kind, "RNN") == 0)
        return recurrence(twin, op, input, now);
    if (strcmp(kind, "Gather") == 0 || strcmp(kind, "embedding-bag") == 0) {
        if (input == 0 && t->rank > 1)
            t->shape[t->rank - 1] = chosen(twin, t->shape[t->rank - 1]);
        return true;
    }
    bool per_channel = strcmp(kind, "BatchNormalization") == 0 || strcmp(kind, "PRelu") == 0 ||
                       strcmp(kind, "InstanceNormalization") == 0 ||
                       strcmp(kind, "GroupNormalization") == 0;
    if (per_channel && input > 0 && op->inputs[0]->rank > 1) {
        if (t->rank > 0 && t->shape[0] == op->inputs[0]->shape[1])
            t->shape[0] = now[0].shape[1];
        return true;
    }
    for (uint32_t data = 0; data < op->input_count; data++)
        if (data != input && op->inputs[data] && is_known[data] &&
            op->inputs[data]->rank >= op->inputs[input]->rank) {
            aligned(op, input, data, now);
            break;
        }
    return true;
}

/* A reshape keeps its meaning: runs of old sizes with equal products belong together. Within a
 * run one size takes up the change, the last that can; named heads come first. */
static void reshape(const struct twin *twin, const struct tensor *before,
                    const struct tensor *after, const int64_t *old, uint32_t count,
                    int64_t *new)
{
    int32_t i = 0;
    for (uint32_t j = 0; j < count;) {
        uint32_t first = j;
        int32_t from = i;
        int64_t in = 1, out = 1, now = 1;
        do {
            if (in <= out && i < before->rank) {
                now *= after->shape[i];
                in *= before->shape[i++];
            } else if (j < count)
                out *= old[j++];
        } while (in != out && (i < before->rank || j < count));
        if (in != out || (i == from && j == first))
            return; /* no runs: leave it, the check will tell */
        for (int m = 0; m < twin->move_count; m++)
            for (uint32_t k = first; k + 1 < j; k++)
                if (twin->moves[m].dimension == TWIN_HEADS && old[k] == twin->moves[m].from)
                    new[k] = twin->moves[m].to;
        int64_t product = 1;
        for (uint32_t k = first; k < j; k++)
            product *= new[k];
        for (uint32_t k = j; k > first && product != now; k--) {
            int64_t others = new[k - 1] ? product / new[k - 1] : 0;
            if (others && now % others == 0) {
                new[k - 1] = now / others;
                product = now;
            }
        }
    }
}

static int64_t scaled(int64_t value, int64_t old, int64_t new)
{
    if (old < 1 || value < 0 || value > old)
        return value; /* counted from the end, or beyond it */
    return value * new % old == 0 ? value *new / old : value == old ? new : value;
}

/* starts, ends, split: parts of an axis keep their share of it. */
static void share_axis(const struct operator* op, const struct operator* new,
                       const struct attribute *a, int64_t *values)
{
    const struct tensor *before = op->inputs[0], *after = new->inputs[0];
    bool is_split = strcmp(a->name, "split") == 0;
    for (uint32_t i = 0; i < a->count; i++) {
        int64_t axis =
            is_split ? operator_integer(op, "axis", 0) : integer_at(op, "axes", i, i);
        axis = axis < 0 ? axis + before->rank : axis;
        if (axis >= 0 && axis < before->rank)
            values[i] = scaled(values[i], before->shape[axis], after->shape[axis]);
    }
}

static void patch(const struct twin *twin, const struct operator* op,
                  const struct operator* new, const struct attribute *a, int64_t *values)
{
    const struct tensor *before = op->input_count ? op->inputs[0] : NULL;
    const struct tensor *after = op->input_count ? new->inputs[0] : NULL;
    const char *kind = op->spec->name;
    if (strcmp(kind, "Reshape") == 0 && strcmp(a->name, "shape") == 0)
        reshape(twin, before, after, op->outputs[0]->shape, a->count, values);
    else if (strcmp(a->name, "starts") == 0 || strcmp(a->name, "ends") == 0 ||
             strcmp(a->name, "split") == 0)
        share_axis(op, new, a, values);
    else if (strcmp(a->name, "sizes") == 0 || strcmp(a->name, "shape") == 0) {
        for (uint32_t i = 0; before && i < a->count && (int32_t)i < before->rank; i++)
            if (before->shape[i] && values[i] % before->shape[i] == 0)
                values[i] = values[i] / before->shape[i] * after->shape[i];
    } else if (strcmp(a->name, "group") == 0 && before && is_depthwise(op))
        values[0] = after->shape[1];
    else if (strcmp(a->name, "hidden_size") == 0 && op->input_count > 2)
        values[0] = new->inputs[2]->shape[2];
    else if (strcmp(a->name, "kernel_shape") == 0 && strncmp(kind, "Conv", 4) == 0)
        memcpy(values, &new->inputs[1]->shape[2], a->count * sizeof *values);
    else if (strcmp(a->name, "pads") == 0 && strncmp(kind, "Conv", 4) == 0)
        for (uint32_t i = 0; i < a->count / 2; i++) { /* the output stays as large */
            int64_t more = new->inputs[1]->shape[2 + i] - op->inputs[1]->shape[2 + i];
            int64_t *behind = &values[a->count / 2 + i];
            *behind = *behind + more < 0 ? 0 : *behind + more;
        }
}

const struct attribute *twin_attributes(const struct twin *twin, const struct operator* op,
                                        const struct operator* new, struct arena *arena)
{
    struct attribute *attributes =
        arena_array(arena, op->attribute_count + 1, sizeof *attributes);
    for (uint32_t i = 0; i < op->attribute_count; i++) {
        attributes[i] = op->attributes[i];
        if (attributes[i].kind != ATTRIBUTE_INTEGERS || attributes[i].count == 0)
            continue;
        int64_t *values = arena_array(arena, attributes[i].count, sizeof *values);
        memcpy(values, attributes[i].integers, attributes[i].count * sizeof *values);
        patch(twin, op, new, &attributes[i], values);
        attributes[i].integers = values;
    }
    return attributes;
}

static bool is_source(const struct tensor *t)
{
    return t && (t->role == ROLE_CONST || t->role == ROLE_STATE) && !t->view_of;
}

void twin_free_sizes(const struct operator* op,
                     void (*found)(void *context, enum twin_dimension dimension, int64_t value,
                                   uint64_t index),
                     void *context)
{
    const char *kind = op->spec->name;
    for (uint32_t i = 0; i < op->input_count; i++) {
        const struct tensor *t = op->inputs[i];
        if (!t || t->role != ROLE_INPUT || t->rank < 2)
            continue;
        found(context, TWIN_BATCH, t->shape[0], 0);
        for (int32_t d = t->rank >= 4 ? 2 : 1; d < t->rank; d++)
            found(context, TWIN_EXTENT, t->shape[d], 0);
    }
    const struct tensor *w = op->input_count > 1 ? op->inputs[1] : NULL;
    if (strcmp(kind, "Conv") == 0 && is_source(w)) {
        if (!is_depthwise(op))
            found(context, TWIN_CHANNELS, w->shape[0], op->index);
        for (int32_t d = 2; d < w->rank; d++)
            if (w->shape[d] > 1)
                found(context, TWIN_KERNEL, w->shape[d], op->index);
    } else if ((strcmp(kind, "Gemm") == 0 || strstr(kind, "MatMul")) && is_source(w) &&
               w->rank == 2)
        found(context, TWIN_CHANNELS, w->shape[operator_integer(op, "transB", 0) ? 0 : 1],
              op->index);
    else if (op->input_count > 2 && (strcmp(kind, "LSTM") == 0 || strcmp(kind, "GRU") == 0))
        found(context, TWIN_CHANNELS, op->inputs[2]->shape[2], op->index);
    else if (strcmp(kind, "Reshape") == 0 && op->outputs[0]->rank == op->inputs[0]->rank + 1) {
        int32_t last = op->outputs[0]->rank - 1;
        int64_t heads = op->outputs[0]->shape[last - 1], width = op->outputs[0]->shape[last];
        if (heads > 1 && heads * width == op->inputs[0]->shape[op->inputs[0]->rank - 1])
            found(context, TWIN_HEADS, heads, (uint64_t)(heads * width));
    }
}
