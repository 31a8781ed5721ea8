/* Where a point of a contraction's iteration space finds its values: six coordinates per
 * operand, outermost first, as interpret.h lays tensors out. */
#ifndef ARCH_MAPPING_COORDINATES_H
#define ARCH_MAPPING_COORDINATES_H

#include "workloads/contraction.h"

enum { COORDINATES = 6 };

/* Which dimension numbers each coordinate of an operand; the input's pixels (3 to 5) follow
 * from Z P Q and T R S together. */
extern const uint8_t COORDINATE_DIMS[OPERAND_COUNT][COORDINATES];

bool coordinate_is_shared(const struct contraction *c, enum contraction_operand operand);
void coordinate_shape(const struct contraction *c, enum contraction_operand operand,
                      int64_t shape[COORDINATES]);
/* The value that a point uses; false in the padding (the coordinates then lie outside). */
bool coordinate_locate(const struct contraction *c, enum contraction_operand operand,
                       const int64_t point[DIM_COUNT], int64_t at[COORDINATES]);
/* Row-major offset in a box; -1 outside. */
int64_t coordinate_offset(const int64_t low[COORDINATES], const int64_t length[COORDINATES],
                          const int64_t at[COORDINATES]);

#endif
