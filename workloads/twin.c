#include "workloads/twin.h"

#include <string.h>

#include "workloads/lowering.h"
#include "workloads/twin_shape.h"

const char *const TWIN_DIMENSION_NAMES[] = {"batch", "extent", "channels",
                                            "width", "heads",  "kernel"};

void twin_filter_init(struct twin_filter *filter, const struct twin *twin, struct sink *sink)
{
    *filter = (struct twin_filter){.twin = twin, .sink = sink};
}

void twin_filter_free(struct twin_filter *filter)
{
    arena_free(&filter->arena);
    filter->map = NULL;
    filter->map_count = 0;
}

static const struct tensor *mapped(const struct twin_filter *f, const struct tensor *old)
{
    return old && old->id < f->map_count ? f->map[old->id] : NULL;
}

static void enter(struct twin_filter *f, const struct tensor *old, const struct tensor *new)
{
    if (old->id >= f->map_count) {
        size_t count = (size_t)old->id * 2 + 64;
        f->map = arena_grow(&f->arena, f->map, f->map_count, count, sizeof *f->map);
        f->map_count = count;
    }
    f->map[old->id] = new;
}

/* An owner whose view is declared first keeps the sizes that the view does not share. */
static const struct tensor *declare(struct twin_filter *f, const struct tensor *old,
                                    int32_t rank, const int64_t *shape)
{
    struct tensor tensor = *old;
    if (old->view_of) {
        const struct tensor *owner = old->view_of;
        if (!mapped(f, owner)) {
            int64_t sizes[TENSOR_RANK_MAX];
            for (int32_t i = 0; i < owner->rank; i++)
                sizes[i] = owner->rank == old->rank && owner->shape[i] == old->shape[i]
                               ? shape[i]
                               : owner->shape[i];
            declare(f, owner, owner->rank, sizes);
        }
        tensor.view_of = mapped(f, owner);
    }
    tensor.rank = rank;
    memcpy(tensor.shape, shape, (size_t)rank * sizeof *shape);
    if (tensor.contents && tensor_elements(&tensor) != tensor.contents->count)
        tensor.contents = NULL;
    const struct tensor *new = f->sink->tensor(f->sink, &tensor);
    enter(f, old, new);
    return new;
}

/* Inputs that nothing has made yet: the model's data by its moves, weights to fit. */
static bool map_inputs(struct twin_filter *f, const struct operator* op,
                       const struct tensor **inputs)
{
    struct tensor now[OPERATOR_TENSORS_MAX];
    bool is_known[OPERATOR_TENSORS_MAX];
    for (uint32_t i = 0; i < op->input_count; i++) {
        const struct tensor *old = op->inputs[i], *new = mapped(f, old);
        is_known[i] = !old || new;
        if (!old)
            continue;
        now[i] = new ? *new : *old;
        if (!new && old->role == ROLE_INPUT && !old->view_of) {
            twin_input_shape(f->twin, old, now[i].shape);
            is_known[i] = true;
        }
    }
    for (uint32_t i = 0; i < op->input_count; i++)
        if (!is_known[i] && !twin_weight_shape(f->twin, op, i, now, is_known))
            return false;
    for (uint32_t i = 0; i < op->input_count; i++) {
        const struct tensor *old = op->inputs[i];
        inputs[i] = mapped(f, old);
        if (old && !inputs[i])
            inputs[i] = declare(f, old, now[i].rank, now[i].shape);
    }
    return true;
}

/* A shape no rule knows: sizes that the old output shared with the old first input follow it.
 */
static void follow(const struct operator* op, uint32_t output,
                   const struct tensor *const *inputs, struct tensor *shape)
{
    const struct tensor *old = op->outputs[output];
    shape->rank = old->rank;
    memcpy(shape->shape, old->shape, sizeof old->shape);
    const struct tensor *before = op->input_count ? op->inputs[0] : NULL;
    const struct tensor *after = op->input_count ? inputs[0] : NULL;
    for (int32_t i = 0; before && i < old->rank && i < before->rank; i++)
        if (old->shape[i] == before->shape[i])
            shape->shape[i] = after->shape[i];
}

bool twin_filter_operator(struct twin_filter *f, const struct operator* op, struct error *err)
{
    const struct tensor *inputs[OPERATOR_TENSORS_MAX], *outputs[OPERATOR_TENSORS_MAX];
    struct tensor shapes[OPERATOR_TENSORS_MAX];
    if (!map_inputs(f, op, inputs))
        return operator_error(op, err, "its weights do not fit the change");
    struct operator new = * op;
    new.inputs = inputs;
    new.outputs = outputs;
    struct arena scratch = {0};
    new.attributes = twin_attributes(f->twin, op, &new, &scratch);
    bool is_good = operator_infer(&new, shapes, err);
    for (uint32_t i = 0; is_good && i < op->output_count; i++) {
        outputs[i] = mapped(f, op->outputs[i]);
        if (outputs[i] || !op->outputs[i])
            continue;
        if (shapes[i].rank < 0)
            follow(op, i, inputs, &shapes[i]);
        outputs[i] = declare(f, op->outputs[i], shapes[i].rank, shapes[i].shape);
    }
    is_good = is_good && op->spec->check(&new, err);
    if (is_good)
        f->sink->operator(f->sink, &new);
    arena_free(&scratch);
    return is_good;
}
