#include "traces/import_build.h"

#include <assert.h>
#include <string.h>

void draft_integers(struct import_draft *draft, const char *name, const int64_t *values,
                    uint32_t count)
{
    assert(draft->attribute_count < BUILD_ATTRIBUTES_MAX && count <= BUILD_VALUES_MAX);
    uint32_t at = draft->attribute_count++;
    memcpy(draft->values[at], values, count * sizeof *values);
    draft->attributes[at] = (struct attribute){.name = name,
                                               .kind = ATTRIBUTE_INTEGERS,
                                               .count = count,
                                               .integers = draft->values[at]};
}

void draft_text(struct import_draft *draft, const char *name, const char *text)
{
    assert(draft->attribute_count < BUILD_ATTRIBUTES_MAX);
    draft->attributes[draft->attribute_count++] =
        (struct attribute){.name = name, .kind = ATTRIBUTE_TEXT, .text = text};
}

bool import_shape_fits(int32_t rank, const int64_t *shape)
{
    int64_t product = 1;
    for (int32_t i = 0; i < rank; i++) {
        int64_t size = shape[i] > 0 ? shape[i] : 1;
        if (shape[i] < 0 || product > ((int64_t)1 << 61) / size)
            return false;
        product *= size;
    }
    return true;
}

const struct tensor *import_declare(struct import_context *context,
                                    const struct tensor *declaration, const char *place,
                                    struct error *err)
{
    struct tensor tensor = *declaration;
    if (!import_shape_fits(tensor.rank, tensor.shape)) {
        error_set(err, "%s: tensor '%.80s' is too large", place, tensor.name);
        return NULL;
    }
    if (tensor.density <= 0)
        tensor.density = 1;
    const struct tensor *declared = context->sink->tensor(context->sink, &tensor);
    import_split(context, declared);
    return declared;
}

static struct operator operator_of(const struct import_draft *draft,
                                   const struct tensor *const *outputs)
{
    struct operator op = {
        .name = draft->name,
        .spec = operator_find(draft->op),
        .input_count = draft->input_count,
        .output_count = draft->output_count,
        .attribute_count = draft->attribute_count,
        .inputs = draft->inputs,
        .outputs = outputs,
        .attributes = draft->attributes,
    };
    assert(op.spec);
    return op;
}

bool import_infer(const struct import_draft *draft, struct tensor *inferred, struct error *err)
{
    const struct tensor *none[OPERATOR_TENSORS_MAX] = {0};
    struct operator op = operator_of(draft, none);
    return operator_infer(&op, inferred, err);
}

bool import_build(struct import_context *context, struct import_draft *draft, const char *place,
                  uint64_t *coverage, const struct tensor **declared, struct error *err)
{
    struct tensor inferred[OPERATOR_TENSORS_MAX] = {0};
    const struct tensor *outputs[OPERATOR_TENSORS_MAX] = {0};
    struct error reason = {0};
    if (!import_infer(draft, inferred, &reason))
        return error_set(err, "%s: %s", place, reason.text);
    struct operator op = operator_of(draft, outputs);
    op.index = context->summary->operators;
    for (uint32_t i = 0; i < draft->output_count; i++) {
        struct tensor *out = &draft->outputs[i];
        if (inferred[i].rank >= 0) {
            out->rank = inferred[i].rank;
            memcpy(out->shape, inferred[i].shape, sizeof out->shape);
        }
        if (out->format.class == NUMBER_NONE)
            out->format = inferred[i].format;
        outputs[i] = import_declare(context, out, place, err);
        if (!outputs[i])
            return false;
        if (declared)
            declared[i] = outputs[i];
    }
    return import_emit(context, &op, coverage, place, err);
}
