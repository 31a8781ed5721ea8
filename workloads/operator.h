/* Operators: what a trace holds. Names are ONNX's where ONNX has the operator (Conv, Gemm,
 * MatMul, LSTM, Softmax, ...), so that importers translate and never interpret; others are
 * lower-case Cleave names. The vocabulary is one table; a row says how the operator is checked,
 * how its output shapes follow, and how it lowers to primitives. */
#ifndef WORKLOADS_OPERATOR_H
#define WORKLOADS_OPERATOR_H

#include <stddef.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"
#include "workloads/primitive.h"

enum { OPERATOR_TENSORS_MAX = 64 };

enum attribute_kind { ATTRIBUTE_INTEGERS, ATTRIBUTE_REAL, ATTRIBUTE_TEXT };

struct attribute {
    const char *name; /* ONNX's: "strides", "pads", "group", "axis", "equation", ... */
    enum attribute_kind kind;
    uint32_t count; /* ATTRIBUTE_INTEGERS; one value is count 1 */
    const int64_t *integers;
    double real;
    const char *text;
};

struct operator_spec;

/* Everything pointed to is borrowed: valid until the reader's next operator. An absent optional
 * input is NULL. */
struct operator
{
    const char *name; /* of this node */
    const struct operator_spec *spec;
    uint64_t index; /* 0, 1, ... in the trace */
    uint32_t input_count, output_count, attribute_count;
    const struct tensor *const *inputs;
    const struct tensor *const *outputs;
    const bool *is_last_use; /* per input: nobody reads the tensor's bytes afterwards */
    const struct attribute *attributes;
};

struct primitive_list {
    struct primitive *items;
    size_t count, capacity;
    struct arena *arena; /* the list grows in it */
};

struct operator_spec {
    const char *name, *summary;
    uint16_t inputs_min, inputs_max, outputs_min, outputs_max;
    bool is_contraction; /* its multiply-accumulates count as `macs` of a result */
    /* Shapes, types and attributes fit together; the sentence names the node. */
    bool (*check)(const struct operator* op, struct error *err);
    /* Appends the primitives in order of execution. Only called after check. An operator that
     * only renames bytes (a reshape whose output is a view) has none. */
    void (*lower)(const struct operator* op, struct primitive_list *list);
    /* Fills rank, shape and format of outputs[0 .. output_count-1] from inputs and attributes;
     * op->outputs is not read. A shape that depends on contents nobody knows gets rank -1. */
    bool (*infer)(const struct operator* op, struct tensor *outputs, struct error *err);
    struct element_work work; /* per element, of maps and folds */
};

const struct operator_spec *operator_find(const char *name); /* NULL: unknown */
/* All rows, in alphabetical order; *count of them. */
const struct operator_spec *operator_table(size_t *count);
/* "layer7" (Conv): the words every sentence about a node starts with. */
bool operator_error(const struct operator* op, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Number of inputs and outputs, then op->spec->infer; false: err holds the sentence. */
bool operator_infer(const struct operator* op, struct tensor *outputs, struct error *err);
const struct attribute *operator_attribute(const struct operator* op, const char *name);
int64_t operator_integer(const struct operator* op, const char *name, int64_t fallback);
struct primitive *primitive_append(struct primitive_list *list, enum primitive_kind kind);
/* Sums over the operator's primitives, repetitions included. */
uint64_t operator_macs(const struct operator* op, struct arena *scratch);
uint64_t operator_ops(const struct operator* op, struct arena *scratch);

#endif
