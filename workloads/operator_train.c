/* What training adds: gradients of maps and normalisations, losses, and optimiser steps.
 * Products and convolutions have their gradients as products and convolutions. */
#include "workloads/lowering.h"

#include <string.h>

/* NAME-grad (dY, X, ...): dX shaped like X; further outputs as declared. */
bool infer_gradient(const struct operator* op, struct tensor *outputs, struct error *err)
{
    (void)err;
    for (uint32_t i = 1; i < op->output_count; i++)
        outputs[i].rank = -1;
    copy_shape(&outputs[0], op->inputs[1]);
    return true;
}

/* sgd (weight, gradient, momentum), adam (weight, gradient, mean, variance): the new weight,
 * and the new state in the same order. */
bool infer_update(const struct operator* op, struct tensor *outputs, struct error *err)
{
    for (uint32_t i = 0; i < op->input_count; i++)
        if (tensor_elements(op->inputs[i]) != tensor_elements(op->inputs[0]))
            return operator_error(op, err, "input %u differs in size from the weight", i);
    for (uint32_t i = 0; i < op->output_count; i++)
        copy_shape(&outputs[i], op->inputs[i == 0 ? 0 : i + 1 < op->input_count ? i + 1 : 0]);
    return true;
}

bool infer_loss(const struct operator* op, struct tensor *outputs, struct error *err)
{
    (void)err;
    outputs[0].format = op->inputs[0]->format;
    if (strcmp(operator_text(op, "reduction", "mean"), "none") == 0)
        copy_shape(&outputs[0], op->inputs[1]);
    else
        outputs[0].rank = 0;
    outputs[0].format = op->inputs[0]->format;
    for (uint32_t i = 1; i < op->output_count; i++)
        copy_shape(&outputs[i], op->inputs[0]);
    return true;
}

/* One pass over dY and what was saved; normalisations fold twice before it. */
void lower_gradient(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *gradient = op->inputs[0], *x = op->inputs[1];
    uint64_t elements = tensor_elements(x);
    if (strstr(op->spec->name, "norm") || strstr(op->spec->name, "softmax")) {
        uint64_t length = x->rank ? (uint64_t)x->shape[x->rank - 1] : 1;
        uint64_t lines = length ? elements / length : 0;
        struct primitive *sums =
            append_reduce(list, "sums", lines, length, (struct element_work){4, 0},
                          operand_between(2 * lines, x->format));
        add_input(sums, operand_of(gradient));
        add_input(sums, operand_of(x));
    }
    uint64_t most = tensor_elements(gradient) > elements ? tensor_elements(gradient) : elements;
    struct primitive *map =
        append_map(list, "", most, op->spec->work, operand_of(op->outputs[0]));
    for (uint32_t i = 0; i < op->input_count; i++)
        add_input(map, operand_of(op->inputs[i]));
    for (uint32_t i = 1; i < op->output_count; i++) {
        uint64_t outputs = tensor_elements(op->outputs[i]);
        struct primitive *sum = append_reduce(
            list, "parameters", outputs, outputs ? tensor_elements(gradient) / outputs : 0,
            (struct element_work){2, 0}, operand_of(op->outputs[i]));
        add_input(sum, operand_of(gradient));
    }
}

void lower_update(const struct operator* op, struct primitive_list *list)
{
    struct primitive *map = append_map(list, "", tensor_elements(op->inputs[0]), op->spec->work,
                                       operand_of(op->outputs[0]));
    for (uint32_t i = 0; i < op->input_count; i++)
        add_input(map, operand_of(op->inputs[i]));
    for (uint32_t i = 1; i < op->output_count; i++)
        append_move(list, "state",
                    operand_between(tensor_elements(op->outputs[i]), op->outputs[i]->format),
                    operand_of(op->outputs[i]), tensor_elements(op->outputs[i]));
}

/* Softmax over the classes, then the logarithm of the right one. */
void lower_loss(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *x = op->inputs[0];
    uint64_t elements = tensor_elements(x);
    uint64_t lines = tensor_elements(op->inputs[1]);
    if (operator_is(op, "SoftmaxCrossEntropyLoss")) {
        struct primitive *power =
            append_map(list, "exponential", elements, (struct element_work){2, 1},
                       operand_between(elements, x->format));
        add_input(power, operand_of(x));
    }
    struct primitive *sum = append_reduce(list, "loss", lines, lines ? elements / lines : 0,
                                          op->spec->work, operand_of(op->outputs[0]));
    add_input(sum, operand_of(x));
    add_input(sum, operand_of(op->inputs[1]));
}

/* The table's gradient is zero but for the rows that were looked up. */
void lower_embedding_gradient(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *gradient = op->inputs[0], *table = op->inputs[1];
    const struct tensor *index = op->inputs[2], *out = op->outputs[0];
    uint64_t width = table->rank > 1 ? (uint64_t)table->shape[table->rank - 1] : 1;
    uint64_t lookups = tensor_elements(index);
    append_move(list, "zeros", (struct primitive_operand){0}, operand_of(out),
                tensor_elements(out));
    struct primitive *p = primitive_append(list, PRIMITIVE_SCATTER);
    p->label = "rows";
    p->gather.count = lookups;
    p->gather.record = width ? width : 1;
    p->gather.universe = tensor_elements(out) / p->gather.record;
    p->ops = lookups * width;
    p->input_count = 2;
    p->inputs[0] = operand_of(gradient);
    p->inputs[1] = operand_of(index);
    p->output = operand_of(out);
    p->output.elements = lookups * width;
}
