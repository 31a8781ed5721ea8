/* Matrix products: Gemm, MatMul with stretched batches, their quantised forms, and products
 * over a stored sparse matrix. */
#include "workloads/lowering.h"

#include <string.h>

/* Gemm: A m x k (or transposed), B k x n (or transposed), C stretched and added. */
static bool read_gemm(const struct operator* op, int64_t *m, int64_t *k, int64_t *n,
                      struct error *err)
{
    const struct tensor *a = op->inputs[0], *b = op->inputs[1];
    if (a->rank != 2 || b->rank != 2)
        return operator_error(op, err, "operands have rank %d and %d, must both have 2",
                              a->rank, b->rank);
    int turn_a = operator_integer(op, "transA", 0) != 0;
    int turn_b = operator_integer(op, "transB", 0) != 0;
    *m = a->shape[turn_a];
    *k = a->shape[1 - turn_a];
    *n = b->shape[1 - turn_b];
    if (b->shape[turn_b] != *k)
        return operator_error(op, err, "inner sizes are %lld and %lld, must be equal",
                              (long long)*k, (long long)b->shape[turn_b]);
    return true;
}

/* A transposed A has its k rows first, a transposed B its n rows. */
static void set_order(const struct operator* op, struct contraction *c)
{
    if (operator_integer(op, "transA", 0))
        c->order[OPERAND_INPUT] = ORDER_CHANNEL_FIRST;
    if (operator_integer(op, "transB", 0) && c->order[OPERAND_WEIGHT] == ORDER_CHANNEL_LAST)
        c->order[OPERAND_WEIGHT] = ORDER_CHANNEL_FIRST;
}

bool infer_gemm(const struct operator* op, struct tensor *outputs, struct error *err)
{
    int64_t m, k, n;
    if (!read_gemm(op, &m, &k, &n, err))
        return false;
    outputs[0].rank = 2;
    outputs[0].shape[0] = m;
    outputs[0].shape[1] = n;
    outputs[0].format = op->inputs[0]->format;
    struct contraction c = contraction_product(1, m, k, n);
    return contraction_fits(op, &c, err);
}

void lower_gemm(const struct operator* op, struct primitive_list *list)
{
    int64_t m, k, n;
    read_gemm(op, &m, &k, &n, NULL);
    struct contraction c = contraction_product(1, m, k, n);
    set_order(op, &c);
    struct primitive *p =
        append_contraction(list, "", c, operand_of(op->inputs[0]), operand_of(op->inputs[1]),
                           operand_of(op->outputs[0]));
    const struct tensor *bias = operator_input(op, 2);
    if (bias) {
        add_input(p, operand_of(bias));
        p->ops += tensor_elements(op->outputs[0]);
    }
}

/* Batch dimensions of A x B sorted by who has them: both (independent groups), only A (more
 * rows: batch N), only B (more columns: K). */
static bool read_matmul(const struct operator* op, const struct tensor *a,
                        const struct tensor *b, struct tensor *out, struct contraction *c,
                        struct error *err)
{
    if (a->rank < 1 || b->rank < 1)
        return operator_error(op, err, "operands must have a rank of at least 1");
    int64_t m = a->rank > 1 ? a->shape[a->rank - 2] : 1;
    int64_t k = a->shape[a->rank - 1];
    int64_t n = b->rank > 1 ? b->shape[b->rank - 1] : 1;
    int64_t inner = b->rank > 1 ? b->shape[b->rank - 2] : b->shape[0];
    if (operator_integer(op, "transA", 0) && a->rank > 1) {
        m = a->shape[a->rank - 1];
        k = a->shape[a->rank - 2];
    }
    if (operator_integer(op, "transB", 0) && b->rank > 1) {
        n = b->shape[b->rank - 2];
        inner = b->shape[b->rank - 1];
    }
    if (k != inner)
        return operator_error(op, err, "inner sizes are %lld and %lld, must be equal",
                              (long long)k, (long long)inner);
    int32_t batch_a = a->rank > 2 ? a->rank - 2 : 0, batch_b = b->rank > 2 ? b->rank - 2 : 0;
    int32_t batches = batch_a > batch_b ? batch_a : batch_b, rank = 0;
    int64_t shape[TENSOR_RANK_MAX];
    *c = contraction_product(1, m, k, n);
    bool has_groups = false;
    for (int32_t i = 0; i < batches; i++) {
        int32_t at_a = batch_a - batches + i, at_b = batch_b - batches + i;
        int64_t x = at_a < 0 ? 1 : a->shape[at_a], y = at_b < 0 ? 1 : b->shape[at_b];
        if (x != y && x != 1 && y != 1)
            return operator_error(op, err, "batch sizes are %lld and %lld, must be equal or 1",
                                  (long long)x, (long long)y);
        if (x == y) {
            c->size[DIM_G] *= x;
            has_groups = has_groups || x > 1;
        } else if (y == 1)
            c->size[DIM_N] *= x;
        else {
            c->size[DIM_K] *= y;
            if (y > 1) /* columns of one matrix after those of another */
                c->order[OPERAND_WEIGHT] = c->order[OPERAND_OUTPUT] = ORDER_OTHER;
        }
        shape[rank++] = x == 1 ? y : x;
    }
    if (a->rank > 1)
        shape[rank++] = m;
    if (b->rank > 1)
        shape[rank++] = n;
    if (!has_groups) { /* one matrix of all rows */
        c->size[DIM_P] *= c->size[DIM_N];
        c->extent[1] = c->size[DIM_P];
        c->size[DIM_N] = 1;
    }
    set_shape(out, rank, shape);
    return true;
}

bool infer_matmul(const struct operator* op, struct tensor *outputs, struct error *err)
{
    struct contraction c;
    if (!read_matmul(op, op->inputs[0], op->inputs[1], &outputs[0], &c, err))
        return false;
    outputs[0].format = op->inputs[0]->format;
    return contraction_fits(op, &c, err);
}

static struct primitive *multiply(const struct operator* op, struct primitive_list *list,
                                  const struct tensor *a, const struct tensor *b)
{
    struct tensor shape;
    struct contraction c;
    read_matmul(op, a, b, &shape, &c, NULL);
    set_order(op, &c);
    return append_contraction(list, "", c, operand_of(a), operand_of(b),
                              operand_of(op->outputs[0]));
}

void lower_matmul(const struct operator* op, struct primitive_list *list)
{
    struct primitive *p = multiply(op, list, op->inputs[0], op->inputs[1]);
    const struct tensor *bias = operator_input(op, 2);
    if (bias && operator_is(op, "MatMul")) {
        add_input(p, operand_of(bias));
        p->ops += tensor_elements(op->outputs[0]);
    }
}

/* MatMulInteger (a, b, zero points) and QLinearMatMul (a, scale, zero, b, ...). */
bool infer_quantized_matmul(const struct operator* op, struct tensor *outputs,
                            struct error *err)
{
    bool is_linear = operator_is(op, "QLinearMatMul");
    struct contraction c;
    if (!read_matmul(op, op->inputs[0], op->inputs[is_linear ? 3 : 1], &outputs[0], &c, err))
        return false;
    outputs[0].format = is_linear ? op->inputs[0]->format : number_format_integer(true, 32);
    return contraction_fits(op, &c, err);
}

void lower_quantized_matmul(const struct operator* op, struct primitive_list *list)
{
    multiply(op, list, op->inputs[0], op->inputs[operator_is(op, "QLinearMatMul") ? 3 : 1]);
}
