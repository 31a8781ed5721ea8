/* The systolic family: an array of rows x cols multiply-accumulators fed from its edges. */
#ifndef ARCH_SYSTOLIC_SYSTOLIC_H
#define ARCH_SYSTOLIC_SYSTOLIC_H

#include "arch/family/family.h"
#include "arch/systolic/array.h"

extern const struct family SYSTOLIC_FAMILY;

/* fitted: tiles fit into scratch. whole: operands stream through scratch, a tile is as large as
 * the product (memory must keep up). */
enum systolic_tiles { TILES_FITTED, TILES_WHOLE };

/* Grouped convolutions one group after the other, or as many groups as fit the array at once:
 * their weights lie block by block on the diagonal of a tile, zeros elsewhere. */
enum systolic_groups { GROUPS_APART, GROUPS_PACKED };

/* Filled from the core's section. */
struct systolic_params {
    int64_t rows, cols;
    int dataflow, drain, edges, preload; /* enums of array.h */
    int64_t
        accumulator_rows; /* vectors of cols partial sums; 0: partial sums live in scratch */
    int64_t weight_fifo;  /* weight tiles between memory and array; 0: tiles live in scratch */
    uint64_t weight_tile; /* bytes fetched per tile of the FIFO; 0: rows x cols operands */
    int64_t input_path, weight_path,
        output_path;           /* bytes a core cycle; 0: as wide as the array */
    int groups;                /* enum systolic_groups */
    int tiles;                 /* enum systolic_tiles */
    int64_t startup;           /* cycles from an operator's issue to its first load */
    int64_t command;           /* cycles the control spends on every weight tile */
    struct param_list formats; /* "i8*i16=2": cycles a beat takes in these operand formats */
    const char *accumulator;   /* format name; "" follows the native format */
};

/* What planning needs to know beyond the parameters. */
struct systolic_rate {
    struct number_format a, b;
    int64_t beat;
};

struct systolic_state {
    struct array array;
    struct systolic_rate *rates;
    size_t rate_count;
    struct number_format accumulator;
    int32_t mac, element_write, accumulator_read, accumulator_write, row_wire, col_wire;
    int32_t scratch_read, scratch_write, fifo_read, fifo_write, decode;
    uint32_t scratch_bits;
};

/* Cycles a beat takes; 0 where the array cannot multiply these formats. */
int64_t systolic_beat(const struct core *core, struct number_format a, struct number_format b);

bool systolic_plan(const struct core *core, const struct primitive *primitive,
                   const struct site *site, const struct nest *pinned, struct arena *arena,
                   struct plan *plan, struct error *err);
/* The product that nests of this core are over: groups that it packs are one. */
struct contraction systolic_product(const struct core *core,
                                    const struct contraction *contraction);
void systolic_rival(const struct core *core, const struct plan *plan, uint32_t index,
                    struct arena *arena, struct plan *rival);
void systolic_step(const struct core *core, const struct plan *plan, uint64_t index,
                   struct step *step);

#endif
