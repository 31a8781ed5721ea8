#include "arch/mapping/candidates.h"

#include <string.h>

static int64_t ceil_divide(int64_t a, int64_t b)
{
    return (a - 1) / b + 1;
}

/* What the model sees of an unrolling: instances of each dimension between two levels. */
struct unrolling_key {
    int64_t instances[SPACE_LEVELS_MAX + 1][DIM_COUNT];
};

enum { SLOTS = 4 * UNROLLINGS_MAX };

struct unroller {
    const struct space *space;
    const struct contraction *c;
    struct arena *arena;
    struct unrolling *out;
    struct unrolling_key *keys; /* of out */
    int32_t *slots;             /* 1 + number in out, by hash of the key; 0: free */
    int count, capacity;
    bool is_complete, is_mirrored, are_axes_told_apart;
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

/* Height and width could change places without anybody noticing. */
static bool is_symmetric(const struct space *space, const struct contraction *c)
{
    static const uint8_t PAIRS[2][2] = {{DIM_P, DIM_Q}, {DIM_R, DIM_S}};
    bool is_good = !space->cycles && !space->accepts && c->stride[1] == c->stride[2] &&
                   c->dilation[1] == c->dilation[2] && c->pad[1] == c->pad[2] &&
                   c->extent[1] == c->extent[2];
    for (int i = 0; i < 2; i++) {
        int a = PAIRS[i][0], b = PAIRS[i][1];
        is_good = is_good && c->size[a] == c->size[b];
        for (int k = 0; k < space->axis_count; k++)
            is_good =
                is_good && (space->axes[k].dims >> a & 1) == (space->axes[k].dims >> b & 1);
        for (int k = 0; k < space->level_count; k++) {
            const struct space_level *l = &space->levels[k];
            is_good = is_good && (l->loops >> a & 1) == (l->loops >> b & 1) &&
                      (l->limit_dims >> a & 1) == (l->limit_dims >> b & 1);
        }
    }
    return is_good;
}

/* Of unrollings with one key, the first stands for all: axes at the same place are
 * interchangeable, and so are height and width where they are alike. */
static void make_key(const struct unroller *u, const struct unrolling *now,
                     struct unrolling_key *key)
{
    struct unrolling_key mirror;
    for (int i = 0; i <= SPACE_LEVELS_MAX; i++)
        for (int d = 0; d < DIM_COUNT; d++)
            key->instances[i][d] = 1;
    for (int a = 0; a < u->space->axis_count; a++)
        for (int d = 0; d < DIM_COUNT; d++)
            key->instances[u->are_axes_told_apart ? a : u->space->axes[a].inside][d] *=
                now->factor[a][d];
    if (!u->is_mirrored)
        return;
    mirror = *key;
    for (int i = 0; i <= SPACE_LEVELS_MAX; i++) {
        mirror.instances[i][DIM_P] = key->instances[i][DIM_Q];
        mirror.instances[i][DIM_Q] = key->instances[i][DIM_P];
        mirror.instances[i][DIM_R] = key->instances[i][DIM_S];
        mirror.instances[i][DIM_S] = key->instances[i][DIM_R];
    }
    if (memcmp(&mirror, key, sizeof mirror) < 0)
        *key = mirror;
}

/* The slot of the key, or the free one where it belongs. */
static uint32_t find_slot(const struct unroller *u, const struct unrolling_key *key)
{
    uint64_t hash = 0;
    for (int i = 0; i <= SPACE_LEVELS_MAX; i++)
        for (int d = 0; d < DIM_COUNT; d++)
            hash = (hash ^ (uint64_t)key->instances[i][d]) * 0x9e3779b97f4a7c15u;
    uint32_t slot = (uint32_t)(hash >> 32) % SLOTS;
    while (u->slots[slot] && memcmp(&u->keys[u->slots[slot] - 1], key, sizeof *key) != 0)
        slot = (slot + 1) % SLOTS;
    return slot;
}

static void add(struct unroller *u, const struct unrolling *now)
{
    struct unrolling_key key;
    uint32_t slot = 0;
    if (u->slots) {
        make_key(u, now, &key);
        slot = find_slot(u, &key);
        if (u->slots[slot])
            return;
    }
    if (u->count == UNROLLINGS_MAX) {
        u->is_complete = false;
        return;
    }
    if (u->count == u->capacity) {
        size_t old = (size_t)u->capacity, capacity = old * 2 + 16;
        u->out = arena_grow(u->arena, u->out, old, capacity, sizeof *u->out);
        if (u->slots)
            u->keys = arena_grow(u->arena, u->keys, old, capacity, sizeof *u->keys);
        u->capacity = (int)capacity;
    }
    u->out[u->count++] = *now;
    if (!u->slots)
        return;
    u->keys[u->count - 1] = key;
    u->slots[slot] = u->count;
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
    struct unroller u = {.space = space,
                         .c = c,
                         .arena = arena,
                         .is_complete = true,
                         .is_mirrored = is_symmetric(space, c),
                         .are_axes_told_apart = space->padded != 0};
    bool has_twins = u.is_mirrored;
    for (int a = 1; a < space->axis_count; a++)
        has_twins = has_twins || (space->axes[a].inside == space->axes[a - 1].inside &&
                                  (space->axes[a].dims & space->axes[a - 1].dims));
    if (has_twins)
        u.slots = arena_array(arena, SLOTS, sizeof u.slots[0]);
    struct unrolling now;
    for (int a = 0; a < SPACE_AXES_MAX; a++)
        for (int d = 0; d < DIM_COUNT; d++)
            now.factor[a][d] = 1;
    unroll(&u, 0, 0, 1, &now);
    *list = u.out;
    *is_complete = u.is_complete;
    return u.count;
}
