/* Dense contraction with affine access: products, convolutions in one to three dimensions,
 * attention scores. Ten dimensions, named as in Sze et al. (M there is K here, as in Timeloop's
 * and MAESTRO's convolutions):
 *   G  independent groups (batched products, attention heads, convolution groups)
 *   N  batch                    K  output channels per group      C  input channels per group
 *   Z P Q  output depth, height, width            T R S  filter depth, height, width
 *   out[g n k z p q] += in[g n c z' p' q'] * weight[g k c t r s],   p' = p*stride + r*dilation
 * - pad A product A (m x k) B (k x n) is P = m, C = k, K = n: A the input, B the weight.
 * Depthwise: G = channels, C = K = 1. Work is exactly the product of all ten sizes. */
#ifndef WORKLOADS_CONTRACTION_H
#define WORKLOADS_CONTRACTION_H

#include <stdbool.h>
#include <stdint.h>

enum dim { DIM_G, DIM_N, DIM_K, DIM_C, DIM_Z, DIM_P, DIM_Q, DIM_T, DIM_R, DIM_S, DIM_COUNT };

enum contraction_operand { OPERAND_INPUT, OPERAND_WEIGHT, OPERAND_OUTPUT, OPERAND_COUNT };

/* How whoever made an operand stored it, row-major. LAST: groups, positions, channels (a
 * product's rows; a weight of C T R S rows and K columns). FIRST: the channel before the
 * positions (N, G x C, Z P Q), the weight's output channel before the rest (G x K, C, T R S).
 */
enum operand_order { ORDER_CHANNEL_LAST, ORDER_CHANNEL_FIRST, ORDER_OTHER };

struct contraction {
    int64_t size[DIM_COUNT]; /* each >= 1 */
    /* Spatial axes 0 depth (Z, T), 1 height (P, R), 2 width (Q, S). */
    int32_t stride[3], dilation[3], pad[3]; /* stride, dilation >= 1; pad before, >= 0 */
    int64_t extent[3];                      /* input size along the axis, >= 1 */
    bool is_weight_shared;        /* the weight does not depend on G (broadcast product) */
    bool is_input_shared;         /* the input does not depend on G */
    uint8_t order[OPERAND_COUNT]; /* enum operand_order */
};

/* A plain product, groups independent ones of them. */
struct contraction contraction_product(int64_t groups, int64_t m, int64_t k, int64_t n);

/* Bit d is set where the operand's address depends on dimension d. */
uint32_t contraction_relevant(const struct contraction *c, enum contraction_operand operand);
uint64_t contraction_macs(const struct contraction *c);
/* Distinct elements of an operand. The input counts what is touched inside the tensor: padding
 * is no data, overlapping windows are counted once, pixels between windows never. */
uint64_t contraction_elements(const struct contraction *c, enum contraction_operand operand);
/* The same for a tile of tile[d] <= size[d] consecutive values of each dimension; interior tile
 * (halo included, no padding), at most the tensor's extent along an axis. */
uint64_t contraction_tile_elements(const struct contraction *c,
                                   enum contraction_operand operand,
                                   const int64_t tile[DIM_COUNT]);
/* The product a systolic array sees after im2col, per group: m = N*Z*P*Q rows, k = C*T*R*S,
 * n = K columns. */
void contraction_as_product(const struct contraction *c, int64_t *m, int64_t *k, int64_t *n);

extern const char *const DIM_NAMES[DIM_COUNT];         /* "G" "N" ... */
extern const char *const OPERAND_NAMES[OPERAND_COUNT]; /* "input" "weight" "output" */

#endif
