/* What a vector core keeps of a plan, and how it cuts a sparse contraction: tiles of rows, as
 * many as are expected to fit the scratch with the chip's quantile. Private to arch/vector. */
#ifndef ARCH_VECTOR_SPARSE_TILES_H
#define ARCH_VECTOR_SPARSE_TILES_H

#include "arch/family/family.h"

/* Planned from shape and density alone. */
struct sparse_tiles {
    uint64_t rows; /* of a tile */
    uint64_t room; /* non-zeros that there is room for beside the tile's other operands */
};

/* One step, once the row pointers are seen: a tile, or a part of one that overflows. */
struct sparse_part {
    uint64_t rows_end, items_end; /* rows and non-zeros up to and with this part */
    bool is_overflow;             /* begins inside a tile: the lanes start anew */
};

struct vector_params {
    int64_t lanes, rate, special_cycles, latency, startup;
    double fit_quantile;
};

struct vector_state {
    int32_t simple, special, registers, scratch_read, scratch_write;
};

/* What a primitive asks of the lanes; one repetition. */
struct demand {
    double simple, special;              /* operations */
    double serial_cycles;                /* dependent latency that lanes cannot hide */
    double passes[PRIMITIVE_INPUTS_MAX]; /* how often each input is read from where it rests */
};

struct vector_detail {
    struct demand demand;
    uint64_t bytes[PRIMITIVE_INPUTS_MAX], output_bytes; /* to be loaded and stored in all */
    uint64_t burst[PRIMITIVE_INPUTS_MAX], output_burst;
    int64_t startup;
    struct sparse_tiles tiles;       /* of sparse contractions; rows 0: none */
    const struct sparse_part *parts; /* steps, once the contents are met; else NULL */
};

/* Whether a tile moves with the non-zeros of the operand (values, columns) or with its rows. */
bool sparse_follows_items(const struct primitive *primitive, uint32_t input);
/* As many rows a tile as fit `bytes` with the quantile, and no more than `most`. */
struct sparse_tiles sparse_tiles_choose(const struct vector_params *params,
                                        const struct primitive *primitive,
                                        const struct site *site, uint64_t bytes, uint64_t most);
/* family->meet: the real rows; a tile with more non-zeros than there is room for is split. */
const struct plan *sparse_meet(const struct core *core, const struct plan *plan,
                               const struct primitive *primitive, uint64_t first,
                               struct arena *arena);

#endif
