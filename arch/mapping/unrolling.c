#include "arch/mapping/candidates.h"

static int64_t ceil_divide(int64_t a, int64_t b)
{
    return (a - 1) / b + 1;
}

struct unroller {
    const struct space *space;
    const struct contraction *c;
    struct arena *arena;
    struct unrolling *out;
    int count, capacity;
    bool is_complete;
};

static int64_t rest_of(const struct unroller *u, const struct unrolling *now, int d)
{
    int64_t taken = 1;
    for (int a = 0; a < u->space->axis_count; a++)
        taken *= now->factor[a][d];
    return ceil_divide(u->c->size[d], taken);
}

/* No dimension of the axis has a larger equal cut that still fits. */
static bool is_largest(const struct unroller *u, const struct unrolling *now, int axis)
{
    int64_t used = 1;
    for (int d = 0; d < DIM_COUNT; d++)
        used *= now->factor[axis][d];
    for (int d = 0; d < DIM_COUNT; d++) {
        if (!(u->space->axes[axis].dims >> d & 1))
            continue;
        struct unrolling without = *now;
        without.factor[axis][d] = 1;
        int64_t size = rest_of(u, &without, d), factor = now->factor[axis][d];
        int64_t pieces = ceil_divide(size, factor);
        if (pieces > 1 &&
            used / factor * ceil_divide(size, pieces - 1) <= u->space->axes[axis].fanout)
            return false;
    }
    return true;
}

static void add(struct unroller *u, const struct unrolling *now)
{
    if (u->count == UNROLLINGS_MAX) {
        u->is_complete = false;
        return;
    }
    if (u->count == u->capacity) {
        int capacity = u->capacity * 2 + 16;
        u->out =
            arena_grow(u->arena, u->out, (size_t)u->capacity, (size_t)capacity, sizeof *u->out);
        u->capacity = capacity;
    }
    u->out[u->count++] = *now;
}

static void unroll(struct unroller *u, int axis, int d, int64_t used, struct unrolling *now)
{
    if (!u->is_complete)
        return;
    if (axis == u->space->axis_count) {
        add(u, now);
        return;
    }
    if (d == DIM_COUNT) {
        if (is_largest(u, now, axis))
            unroll(u, axis + 1, 0, 1, now);
        return;
    }
    int64_t room = u->space->axes[axis].fanout / used, size = rest_of(u, now, d);
    if (!(u->space->axes[axis].dims >> d & 1) || size == 1 || room == 1) {
        unroll(u, axis, d + 1, used, now);
        return;
    }
    int64_t factor = ceil_divide(size, ceil_divide(size, room < size ? room : size));
    for (;; factor = ceil_divide(size, ceil_divide(size, factor - 1))) {
        now->factor[axis][d] = factor;
        unroll(u, axis, d + 1, used * factor, now);
        if (factor == 1)
            break;
    }
}

int candidate_unrollings(const struct space *space, const struct contraction *c,
                         struct arena *arena, struct unrolling **list, bool *is_complete)
{
    struct unroller u = {.space = space, .c = c, .arena = arena, .is_complete = true};
    struct unrolling now;
    for (int a = 0; a < SPACE_AXES_MAX; a++)
        for (int d = 0; d < DIM_COUNT; d++)
            now.factor[a][d] = 1;
    unroll(&u, 0, 0, 1, &now);
    *list = u.out;
    *is_complete = u.is_complete;
    return u.count;
}
