/* What the rows of the operator table are made of: shape rules and lowerings, one file a kind
 * of operator, and the few steps they share. Private to workloads/. */
#ifndef WORKLOADS_LOWERING_H
#define WORKLOADS_LOWERING_H

#include "workloads/operator.h"

/* Numbers an attribute or a const input holds: ONNX moved many (axes, pads, shapes) from one to
 * the other between opsets, so both are looked at. */
struct integers {
    bool is_known;
    uint32_t count;
    const int64_t *values;
};

struct integers integers_of(const struct operator* op, const char *attribute, uint32_t input);
int64_t integer_at(const struct operator* op, const char *attribute, uint32_t index,
                   int64_t fallback);
const char *operator_text(const struct operator* op, const char *name, const char *fallback);
bool operator_is(const struct operator* op, const char *name);
/* NULL where absent. */
const struct tensor *operator_input(const struct operator* op, uint32_t index);
const struct tensor *operator_output(const struct operator* op, uint32_t index);
/* The input must be there; the sentence says which one is not. */
bool need_input(const struct operator* op, uint32_t index, struct error *err);
/* Counts an axis from the end where negative; false with a sentence outside 0 .. rank-1. */
bool resolve_axis(const struct operator* op, int64_t axis, int32_t rank, int32_t *result,
                  struct error *err);
/* The shape of two tensors stretched against one another. */
bool broadcast(const struct operator* op, struct tensor *into, const struct tensor *with,
               struct error *err);
void set_shape(struct tensor *tensor, int32_t rank, const int64_t *shape);
void copy_shape(struct tensor *to, const struct tensor *from); /* rank, shape and format */
int64_t product_of(const int64_t *values, int32_t first, int32_t last);
/* The sentence for a contraction of more than 2^56 multiply-accumulates or with an empty
 * dimension. */
bool contraction_fits(const struct operator* op, const struct contraction *c,
                      struct error *err);

struct primitive_operand operand_of(const struct tensor *tensor); /* all elements; NULL: none */
/* A value that lives only between two primitives. */
struct primitive_operand operand_between(uint64_t elements, struct number_format format);

/* All append one primitive; inputs may be added with add_input. Work counts per element. */
struct primitive *append_contraction(struct primitive_list *list, const char *label,
                                     struct contraction c, struct primitive_operand in,
                                     struct primitive_operand weight,
                                     struct primitive_operand out);
struct primitive *append_map(struct primitive_list *list, const char *label, uint64_t elements,
                             struct element_work work, struct primitive_operand out);
struct primitive *append_reduce(struct primitive_list *list, const char *label,
                                uint64_t outputs, uint64_t length, struct element_work work,
                                struct primitive_operand out);
struct primitive *append_move(struct primitive_list *list, const char *label,
                              struct primitive_operand in, struct primitive_operand out,
                              uint64_t run);
void add_input(struct primitive *primitive, struct primitive_operand operand);

/* Shape rules: outputs[i] from the inputs. */
typedef bool shape_rule(const struct operator* op, struct tensor *outputs, struct error *err);
shape_rule infer_same, infer_broadcast, infer_compare, infer_cast, infer_opaque, infer_where;
shape_rule infer_reduce, infer_argument, infer_top_k, infer_scan;
shape_rule infer_pool, infer_global_pool, infer_roi;
shape_rule infer_normalize, infer_softmax, infer_batch_norm;
shape_rule infer_convolution, infer_transposed_convolution, infer_input_gradient,
    infer_weight_gradient;
shape_rule infer_gemm, infer_matmul, infer_quantized_matmul, infer_einsum;
shape_rule infer_recurrent, infer_recurrent_gradient, infer_attention;
shape_rule infer_reshape, infer_transpose, infer_concat, infer_split, infer_slice, infer_pad,
    infer_expand, infer_tile, infer_space_depth, infer_resize, infer_grid, infer_fill,
    infer_shape;
shape_rule infer_gather, infer_gather_elements, infer_gather_nd, infer_scatter, infer_one_hot,
    infer_selection, infer_embedding_bag;
shape_rule infer_quantize, infer_dynamic_quantize;
shape_rule infer_gradient, infer_update, infer_loss;
shape_rule infer_sparse_product, infer_declared;

typedef void lowering(const struct operator* op, struct primitive_list *list);
lowering lower_map, lower_where, lower_nothing, lower_copy, lower_opaque;
lowering lower_reduce, lower_argument, lower_top_k, lower_scan;
lowering lower_pool, lower_global_pool, lower_roi;
lowering lower_normalize, lower_softmax, lower_batch_norm, lower_local_response;
lowering lower_convolution, lower_transposed_convolution, lower_input_gradient,
    lower_weight_gradient;
lowering lower_gemm, lower_matmul, lower_quantized_matmul, lower_einsum;
lowering lower_recurrent, lower_recurrent_gradient, lower_attention;
lowering lower_transpose, lower_concat, lower_split, lower_slice, lower_expand, lower_resize,
    lower_fill;
lowering lower_deformed_convolution, lower_unpool, lower_gather, lower_scatter, lower_selection,
    lower_embedding_bag;
lowering lower_quantize, lower_dynamic_quantize;
lowering lower_gradient, lower_embedding_gradient, lower_update, lower_loss;
lowering lower_sparse_product, lower_sampled_product, lower_sparse_sparse, lower_solve,
    lower_frontier, lower_intersect, lower_stencil, lower_wavefront, lower_chase, lower_fourier;

#endif
