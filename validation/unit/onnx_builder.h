/* Small ONNX models for tests, built in memory and written to a file. Everything lives in one
 * arena; shapes and lists are given as counted literals. */
#ifndef VALIDATION_UNIT_ONNX_BUILDER_H
#define VALIDATION_UNIT_ONNX_BUILDER_H

#include "onnx.pb-c.h"
#include "sim/kernel/arena.h"

enum { ONNX_BUILDER_MAX = 64 };

struct onnx_builder {
    struct arena *arena;
    Onnx__ModelProto model;
    Onnx__GraphProto graph;
    Onnx__OperatorSetIdProto opset;
    Onnx__OperatorSetIdProto *opsets[1];
    Onnx__NodeProto *nodes[ONNX_BUILDER_MAX];
    Onnx__ValueInfoProto *inputs[ONNX_BUILDER_MAX], *outputs[ONNX_BUILDER_MAX],
        *values[ONNX_BUILDER_MAX];
    Onnx__TensorProto *constants[ONNX_BUILDER_MAX];
};

void onnx_builder_init(struct onnx_builder *builder, struct arena *arena, int64_t opset);

/* "1x3xbatchx?": numbers are static, words are symbols, ? is open. type: TensorProto.DataType.
 */
void onnx_builder_input(struct onnx_builder *builder, const char *name, int type,
                        const char *shape);
void onnx_builder_output(struct onnx_builder *builder, const char *name);
void onnx_builder_value(struct onnx_builder *builder, const char *name, int type,
                        const char *shape);
/* Shape only: as if its weights had been dropped. */
Onnx__TensorProto *onnx_builder_weight(struct onnx_builder *builder, const char *name, int type,
                                       const char *shape);
/* A vector of 64-bit integers. */
void onnx_builder_integers(struct onnx_builder *builder, const char *name, size_t count,
                           const int64_t *values);
void onnx_builder_real(struct onnx_builder *builder, const char *name, float value);

/* Inputs and outputs are names separated by blanks; "-" is an absent one. */
Onnx__NodeProto *onnx_builder_node(struct onnx_builder *builder, const char *op,
                                   const char *inputs, const char *outputs);
void onnx_builder_attribute(struct onnx_builder *builder, Onnx__NodeProto *node,
                            const char *name, size_t count, const int64_t *values);
void onnx_builder_text(struct onnx_builder *builder, Onnx__NodeProto *node, const char *name,
                       const char *text);

void onnx_builder_write(struct onnx_builder *builder, const char *path);

#endif
