/* Cycles of a systolic array, in closed form.
 *
 * A block of a product (m x k by k x n) runs as folds over an array of rows x cols. What lies
 * along rows, columns and time depends on the dataflow:
 *     output-stationary   rows m   cols n   time k
 *     weight-stationary   rows k   cols n   time m
 *     input-stationary    rows k   cols m   time n
 * Column folds are the outer loop, row folds the inner one. Operands enter skewed by one cycle
 * a row and column, so a fold of `time` beats on r x c elements takes time + r + c - 2 cycles
 * from the first operand to the last result. The stationary operand shifts in during r cycles.
 *
 * Drain says what happens between folds:
 *   in-place    the next fold waits for the last result; output-stationary results are read
 *               where they are (the textbook array; SCALE-Sim's model)
 *   serial      output-stationary results shift out through the columns: r more cycles a fold
 *   overlapped  the next fold's operands follow directly; results leave meanwhile. Skew and the
 *               last drain are paid once, at the end.
 * Preload double keeps a second stationary operand in every element, so that shifting in
 * happens during the previous fold. Each form equals the cycle-by-cycle array of the unit
 * tests. */
#ifndef ARCH_SYSTOLIC_ARRAY_H
#define ARCH_SYSTOLIC_ARRAY_H

#include <stdbool.h>
#include <stdint.h>

enum array_dataflow { DATAFLOW_WS, DATAFLOW_OS, DATAFLOW_IS };
enum array_drain { DRAIN_IN_PLACE, DRAIN_SERIAL, DRAIN_OVERLAPPED };
enum array_edges { EDGES_FULL, EDGES_USED };
enum array_preload { PRELOAD_SINGLE, PRELOAD_DOUBLE };

struct array {
    int64_t rows, cols;
    enum array_dataflow dataflow;
    enum array_drain drain;
    enum array_edges edges; /* full: a partial fold occupies all rows and columns */
    enum array_preload preload;
};

struct array_block {
    int64_t m, k, n;
    int64_t beat; /* cycles between two vectors entering: 1 unless format or path is slower */
    int64_t load_beat; /* the same for rows of the stationary operand shifting in */
};

struct array_cycles {
    uint64_t work, fill, drain, load; /* of the block, its first load excluded */
    uint64_t
        first_load;   /* before the block; may begin `overlap` before the previous block ends */
    uint64_t overlap; /* what the next block's first load may overlap of this block */
};

/* is_last: nothing follows in the array, so what overlapped folds have saved up is paid now. */
struct array_cycles array_block_cycles(const struct array *array,
                                       const struct array_block *block, bool is_last);
/* Folds of a block and the vectors that stream through all of them. */
uint64_t array_folds(const struct array *array, const struct array_block *block);
/* Spatial rows, columns and time of the block in this dataflow. */
void array_axes(enum array_dataflow dataflow, const struct array_block *block, int64_t *rows,
                int64_t *cols, int64_t *time);

#endif
