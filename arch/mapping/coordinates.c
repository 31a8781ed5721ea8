#include "arch/mapping/coordinates.h"

const uint8_t COORDINATE_DIMS[OPERAND_COUNT][COORDINATES] = {
    {DIM_G, DIM_N, DIM_C, DIM_Z, DIM_P, DIM_Q},
    {DIM_G, DIM_K, DIM_C, DIM_T, DIM_R, DIM_S},
    {DIM_G, DIM_N, DIM_K, DIM_Z, DIM_P, DIM_Q}};

bool coordinate_is_shared(const struct contraction *c, enum contraction_operand operand)
{
    return !(contraction_relevant(c, operand) >> DIM_G & 1);
}

void coordinate_shape(const struct contraction *c, enum contraction_operand operand,
                      int64_t shape[COORDINATES])
{
    for (int i = 0; i < COORDINATES; i++)
        shape[i] = c->size[COORDINATE_DIMS[operand][i]];
    for (int axis = 0; operand == OPERAND_INPUT && axis < 3; axis++)
        shape[3 + axis] = c->extent[axis];
    if (coordinate_is_shared(c, operand))
        shape[0] = 1;
}

bool coordinate_locate(const struct contraction *c, enum contraction_operand operand,
                       const int64_t point[DIM_COUNT], int64_t at[COORDINATES])
{
    for (int i = 0; i < COORDINATES; i++)
        at[i] = point[COORDINATE_DIMS[operand][i]];
    if (coordinate_is_shared(c, operand))
        at[0] = 0;
    bool is_inside = true;
    for (int axis = 0; operand == OPERAND_INPUT && axis < 3; axis++) {
        at[3 + axis] = point[DIM_Z + axis] * c->stride[axis] +
                       point[DIM_T + axis] * c->dilation[axis] - c->pad[axis];
        is_inside = is_inside && at[3 + axis] >= 0 && at[3 + axis] < c->extent[axis];
    }
    return is_inside;
}

int64_t coordinate_offset(const int64_t low[COORDINATES], const int64_t length[COORDINATES],
                          const int64_t at[COORDINATES])
{
    int64_t offset = 0;
    for (int i = 0; i < COORDINATES; i++) {
        if (at[i] < low[i] || at[i] >= low[i] + length[i])
            return -1;
        offset = offset * length[i] + at[i] - low[i];
    }
    return offset;
}
