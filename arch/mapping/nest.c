#include "arch/mapping/nest.h"

#include <inttypes.h>
#include <string.h>

void nest_tile(const struct nest *nest, int level, int64_t tile[DIM_COUNT])
{
    for (int d = 0; d < DIM_COUNT; d++) {
        tile[d] = 1;
        for (int i = level; i < nest->level_count; i++)
            tile[d] *= nest->levels[i].factor[d];
    }
}

void nest_keep_still(struct nest_level *level, const struct contraction *c,
                     enum contraction_operand operand)
{
    uint32_t relevant = contraction_relevant(c, operand);
    int place = 0;
    for (int pass = 1; pass >= 0; pass--)
        for (int d = 0; d < DIM_COUNT; d++)
            if ((int)(relevant >> d & 1) == pass)
                level->order[place++] = (uint8_t)d;
}

int nest_parent(const struct nest *nest, int level, enum contraction_operand operand)
{
    for (int i = level - 1; i > 0; i--)
        if (nest->levels[i].keep >> operand & 1)
            return i;
    return 0;
}

static bool is_permutation(const uint8_t order[DIM_COUNT])
{
    uint32_t seen = 0;
    for (int k = 0; k < DIM_COUNT; k++)
        if (order[k] < DIM_COUNT)
            seen |= 1u << order[k];
    return seen == (1u << DIM_COUNT) - 1;
}

static bool check_level(const struct nest_level *level, bool is_outermost, struct error *err)
{
    for (int d = 0; d < DIM_COUNT; d++)
        if (level->factor[d] < 1)
            return error_set(
                err, "mapping: level '%s': the factor of %s is %" PRId64 ", must be at least 1",
                level->name, DIM_NAMES[d], level->factor[d]);
    if (level->is_spatial && level->keep)
        return error_set(err, "mapping: axis '%s' keeps operands, but an axis is no memory",
                         level->name);
    if (!level->is_spatial && !is_permutation(level->order))
        return error_set(err, "mapping: level '%s': the order must name every dimension once",
                         level->name);
    if (is_outermost && (level->is_spatial || level->keep != (1 << OPERAND_COUNT) - 1))
        return error_set(err,
                         "mapping: the outermost level '%s' must be a memory that keeps all "
                         "three operands",
                         level->name);
    return true;
}

bool nest_check(const struct nest *nest, struct error *err)
{
    if (nest->level_count < 1 || nest->level_count > NEST_LEVELS_MAX)
        return error_set(err, "mapping: %d levels, must be 1 to %d", (int)nest->level_count,
                         NEST_LEVELS_MAX);
    for (int i = 0; i < nest->level_count; i++)
        if (!check_level(&nest->levels[i], i == 0, err))
            return false;
    for (int d = 0; d < DIM_COUNT; d++) {
        int64_t tile = 1;
        for (int i = nest->level_count - 1; i >= 0; i--)
            if (__builtin_mul_overflow(tile, nest->levels[i].factor[d], &tile))
                return error_set(err, "mapping: the factors of %s multiply beyond 2^63",
                                 DIM_NAMES[d]);
        if (tile < nest->contraction.size[d])
            return error_set(
                err,
                "mapping: the factors of %s cover %" PRId64 " of its %" PRId64
                " values; raise its factor at '%s' to %" PRId64,
                DIM_NAMES[d], tile, nest->contraction.size[d], nest->levels[0].name,
                (nest->contraction.size[d] - 1) / (tile / nest->levels[0].factor[d]) + 1);
    }
    return true;
}
