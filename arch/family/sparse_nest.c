/* A sparse nest as it is walked and read. */
#include "arch/family/sparse_model.h"
#include "arch/mapping/nest.h"

double sparse_footprint(const struct sparse_product *product, const struct sparse_nest *nest,
                        double quantile)
{
    struct sparse_model model;
    sparse_model_init(&model, product, quantile);
    struct sparse_cut cut = {.order = nest->order, .is_gathered = nest->is_gathered};
    for (int d = 0; d < SPARSE_DIMS; d++) {
        cut.tile[d] = nest->tile[d];
        cut.trips[d] = (double)nest->trips[d];
    }
    return sparse_model_footprint(&model, &cut);
}

uint64_t sparse_visits(const struct sparse_nest *nest)
{
    return nest->trips[SPARSE_M] * nest->trips[SPARSE_K] * nest->trips[SPARSE_N];
}

void sparse_visit(const struct sparse_nest *nest, uint64_t visit, uint64_t at[SPARSE_DIMS])
{
    for (int i = SPARSE_DIMS - 1; i >= 0; i--) {
        int d = nest->order[i];
        at[d] = visit % nest->trips[d];
        visit /= nest->trips[d];
    }
}

/* Rows are P, inner positions C and columns K of the product's nest. */
static const char *line_of(const struct sparse_product *product, const struct sparse_nest *nest,
                           struct arena *arena)
{
    static const enum dim DIMS[SPARSE_DIMS] = {DIM_P, DIM_C, DIM_K};
    struct nest line = {.level_count = 2};
    const uint64_t *size = product->size;
    line.contraction = contraction_product(1, (int64_t)size[SPARSE_M], (int64_t)size[SPARSE_K],
                                           (int64_t)size[SPARSE_N]);
    line.levels[0] = (struct nest_level){.name = "memory", .keep = SPACE_ALL};
    line.levels[1] = (struct nest_level){.name = "scratch", .keep = SPACE_ALL};
    for (int i = 0; i < 2; i++) {
        struct nest_level *level = &line.levels[i];
        int place = 0;
        for (int d = 0; d < DIM_COUNT; d++)
            level->factor[d] = 1;
        for (int d = 0; d < SPARSE_DIMS; d++)
            level->factor[DIMS[d]] = (int64_t)(i ? nest->tile[d] : nest->trips[d]);
        for (int d = 0; d < DIM_COUNT; d++)
            if (level->factor[d] == 1)
                level->order[place++] = (uint8_t)d;
        for (int k = 0; k < SPARSE_DIMS; k++) {
            enum dim d = DIMS[nest->order[k]];
            if (level->factor[d] > 1)
                level->order[place++] = (uint8_t)d;
        }
    }
    return nest_print_line(&line, arena);
}

const char *sparse_text(const struct sparse_product *product, const struct sparse_nest *nest,
                        double quantile, struct arena *arena)
{
    return arena_format(
        arena, "%s, a tile expects %.4g entries and has room for their quantile %g, %llu%s%s",
        line_of(product, nest, arena), nest->expected, quantile, (unsigned long long)nest->most,
        nest->is_listed ? "; rows listed" : "",
        product->table_bytes <= 0 ? ""
        : nest->is_gathered       ? "; rows of the table gathered"
                                  : "; tiles of the table whole");
}
