#include "arch/mapping/interpret.h"

#include <inttypes.h>

#include "arch/mapping/coordinates.h"

uint64_t interpret_elements(const struct contraction *c, enum contraction_operand operand)
{
    int64_t shape[COORDINATES];
    coordinate_shape(c, operand, shape);
    uint64_t elements = 1;
    for (int i = 0; i < COORDINATES; i++)
        elements *= (uint64_t)shape[i];
    return elements;
}

void interpret_plain(const struct contraction *c, const struct interpret_values *values)
{
    static const int64_t ORIGIN[COORDINATES];
    int64_t shape[OPERAND_COUNT][COORDINATES], point[DIM_COUNT] = {0};
    for (int o = 0; o < OPERAND_COUNT; o++)
        coordinate_shape(c, o, shape[o]);
    for (;;) {
        int64_t at[OPERAND_COUNT][COORDINATES];
        bool is_inside = true;
        for (int o = 0; o < OPERAND_COUNT; o++)
            is_inside = coordinate_locate(c, o, point, at[o]) && is_inside;
        if (is_inside)
            values->of[OPERAND_OUTPUT]
                      [coordinate_offset(ORIGIN, shape[OPERAND_OUTPUT], at[OPERAND_OUTPUT])] +=
                values->of[OPERAND_INPUT]
                          [coordinate_offset(ORIGIN, shape[OPERAND_INPUT], at[OPERAND_INPUT])] *
                values->of[OPERAND_WEIGHT][coordinate_offset(ORIGIN, shape[OPERAND_WEIGHT],
                                                             at[OPERAND_WEIGHT])];
        int d = DIM_COUNT - 1;
        while (d >= 0 && ++point[d] == c->size[d])
            point[d--] = 0;
        if (d < 0)
            return;
    }
}

static uint64_t draw(uint64_t *state) /* splitmix64, Steele et al., OOPSLA 2014 */
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

bool interpret_verify(const struct nest *nest, uint64_t seed, struct arena *scratch,
                      struct interpret_counts *counts, struct error *err)
{
    struct arena_mark mark = arena_mark(scratch);
    struct interpret_values values, plain;
    uint64_t count = 0;
    for (int o = 0; o < OPERAND_COUNT; o++) {
        count = interpret_elements(&nest->contraction, o);
        plain.of[o] = values.of[o] = arena_array(scratch, count, sizeof(uint64_t));
        for (uint64_t i = 0; o != OPERAND_OUTPUT && i < count; i++)
            values.of[o][i] = draw(&seed);
    }
    plain.of[OPERAND_OUTPUT] = arena_array(scratch, count, sizeof(uint64_t));
    interpret_plain(&nest->contraction, &plain);
    bool is_good = interpret_nest(nest, &values, scratch, counts, err);
    for (uint64_t i = 0; i < count && is_good; i++)
        if (values.of[OPERAND_OUTPUT][i] != plain.of[OPERAND_OUTPUT][i])
            is_good =
                error_set(err, "output %" PRIu64 " of the nest differs from the operator's", i);
    arena_release(scratch, mark);
    return is_good;
}
