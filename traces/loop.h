/* A loop kernel: the small language in which one loop nest is described for a scheduler. The
 * grammar and the meaning of every word stand in traces/loop_language.md. A kernel is a tree of
 * statements over sizes (integers known before running), arrays, scalars and loop indices; the
 * tree, its names and its texts live in the arena given to loop_parse and are never changed.
 *
 * Types: an operation works in the wider of its operands' types; the product of two integers of
 * at most 16 bits has twice their bits; comparisons give i32 (0 or 1). Integers wrap. */
#ifndef TRACES_LOOP_H
#define TRACES_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"
#include "workloads/number_format.h"

enum loop_operator {
    LOOP_ADD,
    LOOP_SUB,
    LOOP_MUL,
    LOOP_DIV,
    LOOP_REM,
    LOOP_AND,
    LOOP_OR,
    LOOP_XOR,
    LOOP_SHL,
    LOOP_SHR,
    LOOP_LT,
    LOOP_LE,
    LOOP_EQ,
    LOOP_NE,
    LOOP_MIN,
    LOOP_MAX,
    LOOP_SADD,  /* saturating sum */
    LOOP_SSUB,  /* saturating difference */
    LOOP_SMUL,  /* saturating fractional product: (a * b) << 1 */
    LOOP_MULHI, /* upper half of the product */
    LOOP_SUBC,  /* a step of a division: a >= b ? ((a - b) << 1) + 1 : a << 1 */
    LOOP_AVG,   /* (a + b + 1) >> 1 */
    LOOP_NEG,
    LOOP_NOT, /* bitwise */
    LOOP_ABS,
    LOOP_NORM, /* redundant sign bits */
    LOOP_CLZ,  /* leading zeros */
    LOOP_POPCOUNT,
    LOOP_BSWAP,  /* bytes of the element reversed */
    LOOP_BITREV, /* bits of the element reversed */
    LOOP_SQRT,
    LOOP_RSQRT, /* hardware's estimate of 1 / sqrt */
    LOOP_RECIP, /* hardware's estimate of 1 / x */
    LOOP_EXP,
    LOOP_SELECT, /* a ? b : c */
    LOOP_CAST,   /* to the expression's type; wraps, or truncates a float */
    LOOP_SAT,    /* to the expression's type, saturating */
    LOOP_ROUND,  /* float to the expression's integer type, to nearest */
    LOOP_OPERATOR_COUNT
};

enum loop_symbol_kind {
    LOOP_SIZE,
    LOOP_ARRAY,
    LOOP_SCALAR, /* declared at the top: keeps its value, known after the kernel */
    LOOP_LOCAL,  /* declared by its first assignment, inside a block */
    LOOP_INDEX
};

enum { LOOP_DIMENSIONS = 4, LOOP_ARGUMENTS = 3, LOOP_NAME_LENGTH = 63 };

enum loop_initial { LOOP_INITIAL_RANDOM, LOOP_INITIAL_RAMP, LOOP_INITIAL_LIST };

struct loop_symbol {
    enum loop_symbol_kind kind;
    const char *name;
    struct number_format type;
    int line, id;
    int64_t value;                   /* LOOP_SIZE */
    int64_t extent[LOOP_DIMENSIONS]; /* LOOP_ARRAY: elements per dimension */
    int dimension_count;
    int64_t elements;
    int64_t aligned_bytes; /* LOOP_ARRAY: 0 means: as wide as the core likes */
    bool is_independent;   /* LOOP_ARRAY: no iteration reads what another wrote */
    /* Values before the kernel runs: random in [low, high], low + index * high, or a list. */
    enum loop_initial initial;
    double low, high;
    const double *list;
    int64_t list_count;
    struct loop_symbol *next;
};

enum loop_expression_kind { LOOP_NUMBER, LOOP_NAME, LOOP_ELEMENT, LOOP_OPERATION };

struct loop_expression {
    enum loop_expression_kind kind;
    struct number_format type;
    int line, id;    /* id: unique in the kernel */
    int64_t integer; /* LOOP_NUMBER */
    double real;
    const struct loop_symbol *symbol; /* LOOP_NAME, LOOP_ELEMENT */
    enum loop_operator operator_;
    bool is_truth;      /* made by && or ||: 0 or 1 */
    int argument_count; /* operands, or subscripts of an element */
    struct loop_expression *arguments[LOOP_DIMENSIONS];
};

struct loop_words {
    const char *const *words;
    int count;
};

enum loop_statement_kind { LOOP_ASSIGN, LOOP_FOR, LOOP_WHILE, LOOP_IF };

struct loop_statement {
    enum loop_statement_kind kind;
    int line, id;                           /* id: unique in the kernel */
    struct loop_expression *target, *value; /* LOOP_ASSIGN; value: condition of WHILE and IF */
    struct loop_symbol *index; /* LOOP_FOR: index = from; index < to; index += step */
    struct loop_expression *from, *to;
    int64_t step;
    int64_t unroll;               /* 0: the model chooses; loops around loops: unroll and jam */
    int64_t multiple;             /* trip count is a multiple of this; 1: nothing known */
    bool is_sequential;           /* never software-pipelined */
    bool is_independent;          /* no dependence through memory between iterations */
    struct loop_words use, avoid; /* operations of the machine to take, or not to take */
    struct loop_statement *body, *other; /* other: ELSE */
    struct loop_statement *next;
};

struct loop_kernel {
    const char *path, *name;
    struct loop_symbol *symbols; /* in order of declaration; ids count from 0 */
    int symbol_count, expression_count, statement_count;
    bool is_reassociable; /* sums of floats may be regrouped; `strict` forbids it */
    struct loop_statement *body;
};

/* `sizes` holds "NAME=VALUE" texts that replace declared sizes; ends with NULL; may be NULL.
 * False with "path:line: ..." for anything that the grammar does not allow. */
bool loop_parse(struct arena *arena, const char *path, const char *text,
                const char *const *sizes, struct loop_kernel *kernel, struct error *err);
bool loop_load(struct arena *arena, const char *path, const char *const *sizes,
               struct loop_kernel *kernel, struct error *err);

/* The function's name as it is written ("min", "+"). */
extern const char *const LOOP_OPERATOR_NAMES[LOOP_OPERATOR_COUNT];

#endif
