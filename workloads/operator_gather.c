/* Records chosen by an index: gathers, scatters, embedding bags, selections. */
#include "workloads/lowering.h"

#include <string.h>

bool infer_gather(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *in = op->inputs[0], *index = op->inputs[1];
    int32_t axis;
    if (!resolve_axis(op, operator_integer(op, "axis", 0), in->rank, &axis, err))
        return false;
    if (in->rank - 1 + index->rank > TENSOR_RANK_MAX)
        return operator_error(op, err, "result has more than %d dimensions", TENSOR_RANK_MAX);
    int64_t shape[TENSOR_RANK_MAX];
    int32_t rank = 0;
    for (int32_t i = 0; i < axis; i++)
        shape[rank++] = in->shape[i];
    for (int32_t i = 0; i < index->rank; i++)
        shape[rank++] = index->shape[i];
    for (int32_t i = axis + 1; i < in->rank; i++)
        shape[rank++] = in->shape[i];
    set_shape(&outputs[0], rank, shape);
    outputs[0].format = in->format;
    const struct tensor_contents *contents = index->contents;
    int64_t universe = in->shape[axis];
    for (uint64_t i = 0; contents && i < contents->count; i++)
        if (contents->values[i] < -universe || contents->values[i] >= universe)
            return operator_error(op, err, "index %llu is %lld, must be below %lld",
                                  (unsigned long long)i, (long long)contents->values[i],
                                  (long long)universe);
    return true;
}

bool infer_gather_elements(const struct operator* op, struct tensor *outputs, struct error *err)
{
    if (op->inputs[0]->rank != op->inputs[1]->rank)
        return operator_error(op, err, "input and index must have one rank");
    copy_shape(&outputs[0], op->inputs[1]);
    outputs[0].format = op->inputs[0]->format;
    return true;
}

bool infer_gather_nd(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *in = op->inputs[0], *index = op->inputs[1];
    int64_t batch = operator_integer(op, "batch_dims", 0);
    int64_t depth = index->rank ? index->shape[index->rank - 1] : 0;
    if (index->rank < 1 || batch < 0 || batch >= index->rank || depth < 1 ||
        depth > in->rank - batch)
        return operator_error(op, err, "index does not fit the input");
    int32_t from = (int32_t)(batch + depth), rank = index->rank - 1 + in->rank - from;
    if (rank > TENSOR_RANK_MAX)
        return operator_error(op, err, "result has more than %d dimensions", TENSOR_RANK_MAX);
    set_shape(&outputs[0], index->rank - 1, index->shape);
    for (int32_t i = from; i < in->rank; i++)
        outputs[0].shape[outputs[0].rank++] = in->shape[i];
    outputs[0].format = in->format;
    return true;
}

bool infer_scatter(const struct operator* op, struct tensor *outputs, struct error *err)
{
    return infer_same(op, outputs, err);
}

bool infer_one_hot(const struct operator* op, struct tensor *outputs, struct error *err)
{
    struct integers depth = integers_of(op, "depth", 1);
    const struct tensor *index = op->inputs[0];
    outputs[0].format = op->inputs[2]->format;
    if (!depth.is_known || depth.count != 1)
        return true;
    int32_t axis;
    if (index->rank == TENSOR_RANK_MAX || depth.values[0] < 0)
        return operator_error(op, err, "result does not fit %d dimensions", TENSOR_RANK_MAX);
    if (!resolve_axis(op, operator_integer(op, "axis", -1), index->rank + 1, &axis, err))
        return false;
    outputs[0].rank = index->rank + 1;
    for (int32_t i = 0, from = 0; i < outputs[0].rank; i++)
        outputs[0].shape[i] = i == axis ? depth.values[0] : index->shape[from++];
    return true;
}

/* NonZero, Unique, Compress, NonMaxSuppression, Multinomial: values decide the shape. */
bool infer_selection(const struct operator* op, struct tensor *outputs, struct error *err)
{
    (void)err;
    outputs[0].format = operator_is(op, "Compress") || operator_is(op, "Unique")
                            ? op->inputs[0]->format
                            : number_format_integer(true, 64);
    return true;
}

/* embedding-bag (table rows x width, indices, offsets): one sum of rows per bag. */
bool infer_embedding_bag(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *table = op->inputs[0], *offsets = operator_input(op, 2);
    if (table->rank != 2)
        return operator_error(op, err, "table has rank %d, must have 2", table->rank);
    if (op->inputs[1]->rank != 1 && op->inputs[1]->rank != 2)
        return operator_error(op, err, "indices have rank %d, must have 1 or 2",
                              op->inputs[1]->rank);
    int64_t bags = offsets ? (int64_t)tensor_elements(offsets) : op->inputs[1]->shape[0];
    outputs[0].rank = 2;
    outputs[0].shape[0] = bags;
    outputs[0].shape[1] = table->shape[1];
    outputs[0].format = table->format;
    const struct tensor_contents *contents = op->inputs[1]->contents;
    for (uint64_t i = 0; contents && i < contents->count; i++)
        if (contents->values[i] < 0 || contents->values[i] >= table->shape[0])
            return operator_error(op, err, "index %llu is %lld, must be 0 to %lld",
                                  (unsigned long long)i, (long long)contents->values[i],
                                  (long long)table->shape[0] - 1);
    return true;
}

static struct primitive *append_indexed(struct primitive_list *list, enum primitive_kind kind,
                                        const struct tensor *from, const struct tensor *index,
                                        uint64_t moved, uint64_t record,
                                        struct primitive_operand out)
{
    struct primitive *p = primitive_append(list, kind);
    p->gather.record = record ? record : 1;
    p->gather.count = moved / p->gather.record;
    p->gather.universe = tensor_elements(from) / p->gather.record;
    struct primitive_operand source = operand_of(from);
    if (source.elements > moved)
        source.elements = moved; /* at most what is fetched; repeats are the family's to see */
    p->input_count = 2;          /* the index always stands at 1 */
    p->inputs[0] = source;
    p->inputs[1] = operand_of(index);
    p->streams[0] = index;
    p->output = out;
    return p;
}

void lower_gather(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0], *index = op->inputs[1], *out = op->outputs[0];
    uint64_t record = 1, moved = tensor_elements(out);
    if (operator_is(op, "Gather")) {
        int64_t axis = operator_integer(op, "axis", 0);
        int32_t at = (int32_t)(axis < 0 ? axis + in->rank : axis);
        record = (uint64_t)product_of(in->shape, at + 1, in->rank);
    } else if (operator_is(op, "GatherND")) {
        int64_t from = operator_integer(op, "batch_dims", 0) + index->shape[index->rank - 1];
        record = (uint64_t)product_of(in->shape, (int32_t)from, in->rank);
    }
    append_indexed(list, PRIMITIVE_GATHER, in, index, moved, record, operand_of(out));
}

/* Scatter (data, indices, updates): the data is copied unless updated in place, then written.
 */
void lower_scatter(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0], *index = op->inputs[1], *out = op->outputs[0];
    const struct tensor *updates = op->inputs[2];
    uint64_t moved = tensor_elements(updates), places = tensor_elements(index);
    if (tensor_owner(in) != tensor_owner(out))
        append_move(list, "copy", operand_of(in), operand_of(out), tensor_elements(out));
    uint64_t record = places && moved > places ? moved / places : 1;
    struct primitive_operand written = operand_of(out);
    written.elements = moved;
    struct primitive *p =
        append_indexed(list, PRIMITIVE_SCATTER, updates, index, moved, record, written);
    p->gather.universe = tensor_elements(out) / p->gather.record;
    if (strcmp(operator_text(op, "reduction", "none"), "none") != 0)
        p->ops = moved;
}

/* MaxUnpool, Col2Im: values go back to where they came from, added where they meet. */
void lower_unpool(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0], *out = op->outputs[0];
    uint64_t moved = tensor_elements(in);
    append_move(list, "zeros", (struct primitive_operand){0}, operand_of(out),
                tensor_elements(out));
    struct primitive *p =
        append_indexed(list, PRIMITIVE_SCATTER, in, op->inputs[1], moved, 1, operand_of(out));
    p->gather.universe = tensor_elements(out);
    if (operator_is(op, "Col2Im"))
        p->ops = moved;
}

/* The whole input is looked at, the chosen records are written. */
void lower_selection(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0];
    uint64_t elements = tensor_elements(in);
    struct primitive *p =
        append_reduce(list, "select", 1, elements, op->spec->work, operand_of(op->outputs[0]));
    add_input(p, operand_of(in));
    for (uint32_t i = 1; i < op->input_count; i++)
        add_input(p, operand_of(op->inputs[i]));
}

void lower_embedding_bag(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *table = op->inputs[0], *index = op->inputs[1], *out = op->outputs[0];
    uint64_t width = (uint64_t)table->shape[1], lookups = tensor_elements(index);
    uint64_t bags = (uint64_t)out->shape[0];
    struct primitive_operand rows = operand_between(lookups * width, table->format);
    append_indexed(list, PRIMITIVE_GATHER, table, index, lookups * width, width, rows);
    uint64_t outputs = tensor_elements(out);
    struct primitive *sum = append_reduce(list, "bags", outputs, bags ? lookups / bags : 0,
                                          (struct element_work){1, 0}, operand_of(out));
    sum->ops = lookups * width;
    sum->streams[0] = operator_input(op, 2);
    add_input(sum, rows);
}
