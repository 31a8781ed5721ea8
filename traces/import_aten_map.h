/* The rules behind aten_map, one function for each way that PyTorch's schemas arrange
 * arguments, and what they share. Private to traces/import_aten*.c. */
#ifndef TRACES_IMPORT_ATEN_MAP_H
#define TRACES_IMPORT_ATEN_MAP_H

#include "traces/import_aten.h"

enum { ATEN_NOWHERE = ATEN_ARGUMENTS_MAX }; /* an argument that a schema does not have */

const struct aten_argument *aten_argument_at(const struct aten_call *call, uint32_t at);
/* NULL where it is no tensor. */
const struct aten_argument *aten_tensor_at(const struct aten_call *call, uint32_t at);
int64_t aten_integer(const struct aten_call *call, uint32_t at, int64_t fallback);
void aten_read(struct aten_draft *draft, const struct aten_argument *argument);
/* Values for every axis of a list argument that may hold one for all, or nothing. */
void aten_spread(const struct aten_call *call, uint32_t at, uint32_t axes, int64_t fallback,
                 int64_t *values);
/* Padding before and after each axis, as ONNX has it. */
void aten_put_window(struct aten_draft *draft, const int64_t *strides, const int64_t *pads,
                     const int64_t *dilations, uint32_t axes);

typedef enum aten_meaning aten_rule(const struct aten_call *call, struct aten_draft *draft,
                                    const char *op);
aten_rule aten_map_adaptive, aten_map_added, aten_map_along, aten_map_attention,
    aten_map_batch_norm, aten_map_concat, aten_map_copy, aten_map_einsum, aten_map_fill,
    aten_map_embedding, aten_map_general, aten_map_group_norm, aten_map_layer_norm,
    aten_map_library, aten_map_linear, aten_map_norm_gradient, aten_map_nothing, aten_map_one,
    aten_map_pair, aten_map_plain, aten_map_pool, aten_map_product, aten_map_reduce,
    aten_map_resize, aten_map_three, aten_map_transposed;
/* A call that is one operator for each gradient it makes. */
enum aten_meaning aten_map_gradients(const struct aten_call *call, int part,
                                     struct aten_draft *draft);

#endif
