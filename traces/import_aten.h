/* Recorded calls of PyTorch operators, from an execution trace or a Chakra trace converted from
 * one. Calls nest: aten::linear calls aten::addmm. The outermost call with a known meaning
 * becomes an operator and stands for everything below it; a composite without one is entered; a
 * leaf without one is moved as bytes, with a warning. Tensors are followed by their storage, so
 * a view costs nothing and a result is read by whoever reads its bytes. */
#ifndef TRACES_IMPORT_ATEN_H
#define TRACES_IMPORT_ATEN_H

#include "traces/import_build.h"

enum aten_kind {
    ATEN_NONE,
    ATEN_TENSOR,
    ATEN_TENSORS, /* a list of them */
    ATEN_INTEGER,
    ATEN_REAL,
    ATEN_INTEGERS, /* a list, at most ATEN_INTEGERS_MAX */
    ATEN_TEXT
};

enum { ATEN_INTEGERS_MAX = 16, ATEN_ARGUMENTS_MAX = 64 };

struct aten_argument {
    enum aten_kind kind;
    int32_t rank; /* of a tensor; -1: more than TENSOR_RANK_MAX */
    uint32_t count;
    struct number_format format;
    uint64_t storage;        /* 0: not recorded */
    const int64_t *integers; /* a tensor's shape, or the list */
    const struct aten_argument *items;
    int64_t integer; /* truth values, too */
    double real;
    const char *text;
};

enum aten_role {
    ATEN_CALL,
    ATEN_LABEL,  /* groups calls */
    ATEN_KERNEL, /* what a device ran for the call above it */
    ATEN_BYTES   /* only bytes are known */
};

struct aten_call {
    uint64_t id, parent; /* parent = id: none */
    uint64_t line;       /* which record of the file, from 1, for sentences */
    const char *name;
    enum aten_role role;
    uint32_t input_count, output_count;
    const struct aten_argument *inputs, *outputs;
    uint64_t read_bytes, written_bytes; /* ATEN_BYTES */
    double micros;
};

struct aten_calls {
    struct import_context *context;
    struct aten_call *items;
    size_t count, capacity;
};

void aten_add(struct aten_calls *calls, const struct aten_call *call);
/* Walks the calls in the order of their ids and emits what they mean. */
bool aten_emit(struct aten_calls *calls, struct error *err);

/* A PyTorch type such as "Tensor(float)" or "Tensor(c10::BFloat16)". */
bool aten_format(const char *type, struct number_format *format);

/* traces/import_aten_map.c: what a call means. */
enum aten_meaning {
    ATEN_UNKNOWN, /* no rule: enter it, or move its bytes */
    ATEN_WORK,    /* the draft holds the operator; inputs are named by argument */
    ATEN_NO_WORK  /* a view, an allocation, a question about sizes */
};

/* An operator to be: which arguments it reads, and which output of the call it makes. */
struct aten_draft {
    struct import_draft draft;
    const struct aten_argument *inputs[OPERATOR_TENSORS_MAX]; /* NULL: absent */
    uint32_t output;
};

/* Most calls are one operator; some are several, part 0, 1, .. until ATEN_NO_WORK. */
enum { ATEN_PARTS_MAX = 4 };
enum aten_meaning aten_map(const struct aten_call *call, int part, struct aten_draft *draft);

#endif
