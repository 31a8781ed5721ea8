/* The ten primitives. Operators lower to them, families plan nothing else: a new operator is a
 * lowering, not one model per family. Work (macs, ops) and bytes follow from the definition
 * here. */
#ifndef WORKLOADS_PRIMITIVE_H
#define WORKLOADS_PRIMITIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "workloads/contraction.h"
#include "workloads/tensor.h"

enum primitive_kind {
    PRIMITIVE_CONTRACTION,        /* struct contraction */
    PRIMITIVE_SPARSE_CONTRACTION, /* row pointers and columns decide which products exist */
    PRIMITIVE_MAP,                /* out[i] = f(in0[i], in1[i], in2[i]) */
    PRIMITIVE_REDUCE,             /* out[o] = fold over `length` values; scans too */
    PRIMITIVE_GATHER,             /* out[i] = in[index[i]], records of `record` elements */
    PRIMITIVE_SCATTER,            /* out[index[i]] += in[i] */
    PRIMITIVE_MERGE,              /* merge or intersect sorted streams */
    PRIMITIVE_CHASE,              /* dependent look-ups: trees, hash chains */
    PRIMITIVE_STENCIL, /* out[i] depends on neighbours or earlier outputs (wavefront) */
    PRIMITIVE_MOVE,    /* copy, transpose, pad, concatenate: bytes only */
    PRIMITIVE_KIND_COUNT
};

/* One side of a primitive. `tensor` is NULL for a value that lives only between two primitives
 * of one operator. Bytes follow from elements and the format. */
struct primitive_operand {
    const struct tensor *tensor;
    uint64_t elements; /* distinct ones read or written */
    struct number_format format;
};

/* Element work of maps and folds: how many of each kind per element. */
struct element_work {
    uint16_t simple;         /* add, multiply, compare, select, shift, convert */
    uint16_t transcendental; /* exp, log, tanh, erf, division, square root */
};

enum { PRIMITIVE_INPUTS_MAX = 4, PRIMITIVE_STREAMS_MAX = 3 };

struct primitive {
    enum primitive_kind kind;
    const char *label; /* "" or what it is inside its operator: "scores", "gates" */
    uint64_t repeat;   /* >= 1: run so often, one after the other (recurrent steps) */
    uint32_t input_count;
    struct primitive_operand inputs[PRIMITIVE_INPUTS_MAX], output;
    /* Index contents that decide how often its loops run and which addresses they touch; NULL:
     * none. Their bytes are counted by the inputs. Sparse contractions: row pointers, columns,
     * row pointers of a sparse second factor. Gather and scatter: the index; or row pointers,
     * columns and the frontier whose rows are gathered. Merge: row pointers and columns of the
     * first matrix, row pointers of the second; of one matrix alone its rows are intersected
     * along its own entries. Folds: where each output's values begin. */
    const struct tensor *streams[PRIMITIVE_STREAMS_MAX];
    bool
        is_weight_constant; /* CONTRACTION: inputs[1] may be stored in the order a core likes */
    uint64_t macs,
        ops; /* of one repetition; ops counts every arithmetic operation, 2 per MAC */
    union {
        struct contraction contraction;
        struct {
            uint64_t rows, columns,
                inner;          /* out is rows x columns; operand A is rows x inner */
            uint64_t non_zeros; /* of A; times columns = macs when B is dense */
        } sparse;
        struct {
            uint64_t elements;
            struct element_work work;
        } map;
        struct {
            uint64_t outputs, length; /* each output folds `length` values */
            struct element_work work; /* per folded value */
        } reduce;
        struct {
            uint64_t count, record,
                universe; /* records moved, elements each, records there are */
        } gather;         /* SCATTER as well; the index is inputs[1] */
        struct {
            uint64_t left, right, matches; /* stream lengths and coinciding keys */
            uint64_t rows; /* merged one after the other, from the start; 0: 1 */
        } merge;
        struct {
            uint64_t chains, depth; /* independent chains and dependent steps in each */
            uint64_t record;        /* elements fetched a step */
        } chase;
        struct {
            uint64_t points, neighbours, sweeps; /* sweeps depend on one another */
            bool is_wavefront; /* points of one anti-diagonal are independent */
        } stencil;
        struct {
            uint64_t elements;
            uint64_t run; /* elements that stay consecutive on both sides, >= 1 */
        } move;
    };
};

extern const char *const PRIMITIVE_NAMES[PRIMITIVE_KIND_COUNT];

#endif
