/* Attention in one operator. `Attention` (query, key, value, ...): all batch x heads x length x
 * width, or batch x length x heads*width with the attributes q_num_heads and kv_num_heads.
 * Query heads may be a multiple of key/value heads (grouped-query attention). With is_causal
 * the products above the diagonal are still made: what frameworks do is what is counted. */
#include "workloads/lowering.h"

#include <string.h>

struct attention {
    int64_t batch, heads, groups, queries, keys, width, value_width;
    bool is_flat;
};

static bool read_attention(const struct operator* op, struct attention *a, struct error *err)
{
    const struct tensor *q = op->inputs[0], *k = op->inputs[1], *v = op->inputs[2];
    if (q->rank != k->rank || q->rank != v->rank || q->rank < 3 || q->rank > 4)
        return operator_error(op, err, "query, key and value must have one rank, 3 or 4");
    a->is_flat = q->rank == 3;
    a->batch = q->shape[0];
    a->heads = a->is_flat
                   ? operator_integer(op, "q_num_heads", operator_integer(op, "num_heads", 1))
                   : q->shape[1];
    a->groups = a->is_flat ? operator_integer(op, "kv_num_heads", a->heads) : k->shape[1];
    int32_t length = a->is_flat ? 1 : 2, width = a->is_flat ? 2 : 3;
    a->queries = q->shape[length];
    a->keys = k->shape[length];
    if (a->heads < 1 || a->groups < 1 || a->heads % a->groups)
        return operator_error(op, err, "%lld heads over %lld key and value heads do not divide",
                              (long long)a->heads, (long long)a->groups);
    int64_t q_heads = a->is_flat ? a->heads : 1, kv_heads = a->is_flat ? a->groups : 1;
    a->width = q->shape[width] / q_heads;
    a->value_width = v->shape[width] / kv_heads;
    if (q->shape[width] % q_heads || k->shape[width] != a->width * kv_heads ||
        v->shape[width] % kv_heads || v->shape[length] != a->keys || k->shape[0] != a->batch ||
        v->shape[0] != a->batch || (!a->is_flat && v->shape[1] != a->groups))
        return operator_error(op, err, "shapes of query, key and value do not fit together");
    struct contraction c = contraction_product(a->batch * a->groups, a->queries,
                                               a->width + a->value_width, a->keys);
    c.size[DIM_N] = a->heads / a->groups;
    return contraction_fits(op, &c, err);
}

bool infer_attention(const struct operator* op, struct tensor *outputs, struct error *err)
{
    struct attention a;
    if (!read_attention(op, &a, err))
        return false;
    copy_shape(&outputs[0], op->inputs[0]);
    outputs[0].shape[outputs[0].rank - 1] = a.is_flat ? a.heads * a.value_width : a.value_width;
    for (uint32_t i = 1; i < op->output_count; i++)
        outputs[i].rank = -1;
    return true;
}

void lower_attention(const struct operator* op, struct primitive_list *list)
{
    struct attention a;
    read_attention(op, &a, NULL);
    const struct tensor *q = op->inputs[0], *out = op->outputs[0];
    uint64_t lines = (uint64_t)(a.batch * a.heads * a.queries);
    uint64_t scores = lines * (uint64_t)a.keys;
    struct primitive_operand between = operand_between(scores, q->format);
    /* Query heads that share a key are further rows of one product. */
    int64_t groups = a.batch * a.groups, rows = a.heads / a.groups * a.queries;
    struct contraction c = contraction_product(groups, rows, a.width, a.keys);
    c.order[OPERAND_WEIGHT] = ORDER_CHANNEL_FIRST; /* a key a row */
    append_contraction(list, "scores", c, operand_of(q), operand_of(op->inputs[1]), between);
    struct primitive *scale = append_map(
        list, "scale", scores,
        (struct element_work){(uint16_t)(operator_input(op, 3) ? 2 : 1), 0}, between);
    add_input(scale, between);
    add_input(scale, operand_of(operator_input(op, 3)));
    struct primitive_operand line = operand_between(lines, q->format);
    add_input(append_reduce(list, "largest", lines, (uint64_t)a.keys,
                            (struct element_work){1, 0}, line),
              between);
    struct primitive *power =
        append_map(list, "exponential", scores, (struct element_work){1, 1}, between);
    add_input(power, between);
    add_input(power, line);
    add_input(
        append_reduce(list, "sum", lines, (uint64_t)a.keys, (struct element_work){1, 0}, line),
        between);
    struct primitive *divide =
        append_map(list, "divide", scores, (struct element_work){0, 1}, between);
    add_input(divide, between);
    add_input(divide, line);
    append_contraction(list, "values", contraction_product(groups, rows, a.keys, a.value_width),
                       between, operand_of(op->inputs[2]), operand_of(out));
}
