/* LSTM, GRU and RNN as ONNX defines them: X is steps x batch x I, W directions x gates*H x I,
 * R directions x gates*H x H. The inputs of all steps are multiplied at once; each step then
 * multiplies the state and passes the gates. */
#include "workloads/lowering.h"

#include <string.h>

struct recurrent {
    int64_t gates, directions, steps, batch, in, hidden;
};

static bool read_recurrent(const struct operator* op, struct recurrent *r, struct error *err)
{
    const struct tensor *x = op->inputs[0], *w = op->inputs[1], *u = op->inputs[2];
    if (x->rank != 3 || w->rank != 3 || u->rank != 3)
        return operator_error(op, err, "X, W and R must have rank 3");
    bool is_batch_first = operator_integer(op, "layout", 0) != 0;
    r->gates = operator_is(op, "LSTM") ? 4 : operator_is(op, "GRU") ? 3 : 1;
    r->steps = x->shape[is_batch_first];
    r->batch = x->shape[!is_batch_first];
    r->in = x->shape[2];
    r->directions = w->shape[0];
    r->hidden = u->shape[2];
    int64_t rows = w->shape[1];
    if (rows % r->gates || rows / r->gates != r->hidden || u->shape[1] != rows ||
        w->shape[2] != r->in || u->shape[0] != r->directions)
        return operator_error(op, err,
                              "W must be directions x %lld*hidden x input and R directions x "
                              "%lld*hidden x hidden",
                              (long long)r->gates, (long long)r->gates);
    if (r->directions < 1 || r->directions > 2)
        return operator_error(op, err, "has %lld directions, must have 1 or 2",
                              (long long)r->directions);
    struct contraction c =
        contraction_product(r->directions, r->steps, r->hidden + r->in, rows);
    c.size[DIM_N] = r->batch;
    return contraction_fits(op, &c, err);
}

bool infer_recurrent(const struct operator* op, struct tensor *outputs, struct error *err)
{
    struct recurrent r;
    if (!read_recurrent(op, &r, err))
        return false;
    bool is_batch_first = operator_integer(op, "layout", 0) != 0;
    int64_t all[4] = {r.steps, r.directions, r.batch, r.hidden};
    int64_t last[3] = {r.directions, r.batch, r.hidden};
    if (is_batch_first) {
        memcpy(all, (int64_t[]){r.batch, r.steps, r.directions, r.hidden}, sizeof all);
        memcpy(last, (int64_t[]){r.batch, r.directions, r.hidden}, sizeof last);
    }
    for (uint32_t i = 0; i < op->output_count; i++) {
        set_shape(&outputs[i], i ? 3 : 4, i ? last : all);
        outputs[i].format = op->inputs[0]->format;
    }
    return true;
}

/* Per value of the state: LSTM has three sigmoids, two tanh, three products, one sum and four
 * sums of the two halves and the bias; GRU two sigmoids, one tanh, three products, two sums. */
static struct element_work gate_work(int64_t gates)
{
    if (gates == 4)
        return (struct element_work){4 * 2 + 3 + 4, 2 * 3 + 2};
    if (gates == 3)
        return (struct element_work){3 * 2 + 2 + 5, 2 * 2 + 1};
    return (struct element_work){2, 1};
}

void lower_recurrent(const struct operator* op, struct primitive_list *list)
{
    struct recurrent r;
    read_recurrent(op, &r, NULL);
    const struct tensor *x = op->inputs[0], *w = op->inputs[1], *u = op->inputs[2];
    int64_t columns = r.gates * r.hidden;
    uint64_t step_gates = (uint64_t)(r.directions * r.batch * columns);
    uint64_t step_state = (uint64_t)(r.directions * r.batch * r.hidden);
    struct contraction in = contraction_product(r.directions, r.steps * r.batch, r.in, columns);
    in.is_input_shared = r.directions > 1;
    in.order[OPERAND_WEIGHT] = ORDER_CHANNEL_FIRST; /* a gate's output a row */
    append_contraction(list, "inputs", in, operand_of(x), operand_of(w),
                       operand_between(step_gates * (uint64_t)r.steps, x->format));
    struct contraction turn = contraction_product(r.directions, r.batch, r.hidden, columns);
    turn.order[OPERAND_WEIGHT] = ORDER_CHANNEL_FIRST;
    struct primitive *state =
        append_contraction(list, "state", turn, operand_between(step_state, x->format),
                           operand_of(u), operand_between(step_gates, x->format));
    state->repeat = (uint64_t)r.steps;
    struct primitive_operand out = operand_between(step_state, x->format);
    const struct tensor *all = operator_output(op, 0);
    if (all) {
        out.tensor = all; /* one step's share of it */
        out.format = all->format;
    }
    struct primitive *gates = append_map(list, "gates", step_state, gate_work(r.gates), out);
    gates->repeat = (uint64_t)r.steps;
    add_input(gates, operand_between(step_gates, x->format)); /* of the inputs */
    add_input(gates, operand_between(step_gates, x->format)); /* of the state */
    if (operator_input(op, 3))
        add_input(gates, operand_of(op->inputs[3]));
}

/* dY as Y of the forward pass, `gates` of the cell. */
static bool read_recurrent_gradient(const struct operator* op, struct recurrent *r,
                                    struct error *err)
{
    const struct tensor *dy = op->inputs[0], *x = op->inputs[1];
    const struct tensor *w = op->inputs[2], *u = op->inputs[3];
    if (dy->rank != 4 || x->rank != 3 || w->rank != 3 || u->rank != 3)
        return operator_error(op, err, "dY must have rank 4, X, W and R rank 3");
    r->gates = operator_integer(op, "gates", 4);
    r->steps = x->shape[0];
    r->batch = x->shape[1];
    r->in = x->shape[2];
    r->directions = w->shape[0];
    r->hidden = u->shape[2];
    if (r->gates < 1 || r->gates > 4 || w->shape[1] != r->gates * r->hidden ||
        w->shape[2] != r->in || u->shape[1] != w->shape[1] || u->shape[0] != r->directions ||
        dy->shape[0] != r->steps)
        return operator_error(op, err, "shapes of its operands do not fit together");
    struct contraction c =
        contraction_product(2 * r->directions, r->steps, r->hidden + r->in, w->shape[1]);
    c.size[DIM_N] = r->batch;
    return contraction_fits(op, &c, err);
}

bool infer_recurrent_gradient(const struct operator* op, struct tensor *outputs,
                              struct error *err)
{
    struct recurrent r;
    if (!read_recurrent_gradient(op, &r, err))
        return false;
    for (uint32_t i = 0; i < op->output_count; i++)
        copy_shape(&outputs[i], op->inputs[1 + i]);
    return true;
}

/* Backwards through the steps: the gates' gradients, the state's through R; then those of X, W
 * and R over all steps at once. Twice the products of the forward pass. */
void lower_recurrent_gradient(const struct operator* op, struct primitive_list *list)
{
    struct recurrent r;
    read_recurrent_gradient(op, &r, NULL);
    const struct tensor *x = op->inputs[1], *w = op->inputs[2], *u = op->inputs[3];
    int64_t columns = r.gates * r.hidden, d = r.directions, rows = r.steps * r.batch;
    uint64_t step_gates = (uint64_t)(d * r.batch * columns);
    uint64_t step_state = (uint64_t)(d * r.batch * r.hidden);
    struct primitive_operand gates = operand_between(step_gates, x->format);
    struct primitive_operand all = operand_between(step_gates * (uint64_t)r.steps, x->format);
    struct primitive *map = append_map(list, "gates", step_state, gate_work(r.gates), gates);
    map->repeat = (uint64_t)r.steps;
    add_input(map, operand_between(step_state, x->format));
    add_input(map, gates);
    struct primitive *state =
        append_contraction(list, "state", contraction_product(d, r.batch, columns, r.hidden),
                           gates, operand_of(u), operand_between(step_state, x->format));
    state->repeat = (uint64_t)r.steps;
    struct contraction back = contraction_product(1, rows, d * columns, r.in);
    append_contraction(list, "dX", back, all, operand_of(w), operand_of(op->outputs[0]));
    struct contraction in = contraction_product(d, columns, rows, r.in);
    in.is_weight_shared = d > 1;
    append_contraction(list, "dW", in, all, operand_of(x), operand_of(op->outputs[1]));
    append_contraction(list, "dR", contraction_product(d, columns, rows, r.hidden), all,
                       operand_between(step_state * (uint64_t)r.steps, x->format),
                       operand_of(op->outputs[2]));
}
