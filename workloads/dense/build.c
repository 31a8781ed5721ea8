#include "workloads/dense/build.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/dense/tape.h"

static const struct workload_setting *setting(const struct builder *b, const char *name)
{
    for (size_t i = 0; i < b->setting_count; i++)
        if (strcmp(b->settings[i].key, name) == 0)
            return &b->settings[i];
    return NULL;
}

bool key_given(const struct builder *b, const char *name)
{
    return setting(b, name) != NULL;
}

const char *key_text(const struct builder *b, const char *name)
{
    const struct workload_setting *s = setting(b, name);
    return s ? s->value : NULL;
}

int64_t key(const struct builder *b, const char *name)
{
    const struct workload_setting *s = setting(b, name);
    if (s) /* checked by workload_build; a switch without a value is on */
        return s->value[0] ? strtoll(s->value, NULL, 10) : 1;
    for (const struct workload_key *k = b->workload->keys; k->name; k++)
        if (strcmp(k->name, name) == 0)
            return k->fallback;
    assert(false && "a description asks for a key its row does not have");
    return 0;
}

const char *enter(struct builder *b, const char *format, ...)
{
    char text[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *outer = b->scope;
    b->scope = arena_format(b->arena, "%s%s.", outer, text);
    return outer;
}

void leave(struct builder *b, const char *outer)
{
    b->scope = outer;
}

static const char *scoped(struct builder *b, const char *name, const char *suffix)
{
    return arena_format(b->arena, "%s%s%s%s", b->pass, b->scope, name, suffix);
}

const struct tensor *declare(struct builder *b, const char *name, enum tensor_role role,
                             struct number_format format, int32_t rank, const int64_t *shape)
{
    struct tensor tensor = {
        .name = name, .rank = rank, .format = format, .role = role, .density = 1};
    memcpy(tensor.shape, shape, (size_t)rank * sizeof *shape);
    return b->sink->tensor(b->sink, &tensor);
}

const struct tensor *input(struct builder *b, const char *name, int32_t rank,
                           const int64_t *shape)
{
    return declare(b, name, ROLE_INPUT, b->format, rank, shape);
}

const struct tensor *indices(struct builder *b, const char *name, int32_t rank,
                             const int64_t *shape)
{
    return declare(b, name, ROLE_INPUT, number_format_integer(true, 32), rank, shape);
}

static size_t shared_slot(const struct builder *b, const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    size_t slot = hash & (b->shared_slots - 1);
    while (b->shared[slot] && strcmp(b->shared[slot]->name, name) != 0)
        slot = (slot + 1) & (b->shared_slots - 1);
    return slot;
}

static void grow_shared(struct builder *b)
{
    const struct tensor **old = b->shared;
    size_t count = b->shared_slots;
    b->shared_slots = count ? count * 2 : 1024;
    b->shared = arena_array(b->arena, b->shared_slots, sizeof *b->shared);
    for (size_t i = 0; i < count; i++)
        if (old[i])
            b->shared[shared_slot(b, old[i]->name)] = old[i];
}

/* declare, or what an earlier pass declared under this name. */
static const struct tensor *declare_once(struct builder *b, const char *name,
                                         enum tensor_role role, int32_t rank,
                                         const int64_t *shape)
{
    const char *full = arena_format(b->arena, "%s%s", b->scope, name);
    if (!b->cache_length)
        return declare(b, full, role, b->format, rank, shape);
    if (b->shared_count * 2 >= b->shared_slots)
        grow_shared(b);
    size_t slot = shared_slot(b, full);
    if (!b->shared[slot]) {
        b->shared[slot] = declare(b, full, role, b->format, rank, shape);
        b->shared_count++;
    }
    return b->shared[slot];
}

/* A trained weight changes from step to step: state, where it is only read otherwise. */
const struct tensor *weight(struct builder *b, const char *name, int32_t rank,
                            const int64_t *shape)
{
    return declare_once(b, name, b->is_training ? ROLE_STATE : ROLE_CONST, rank, shape);
}

/* Buffers are no parameters: state of the model, fixed while its weights are trained. */
const struct tensor *constant(struct builder *b, const char *name, int32_t rank,
                              const int64_t *shape)
{
    return declare_once(b, name, b->is_training ? ROLE_CONST : ROLE_STATE, rank, shape);
}

struct attribute attribute_integers(struct builder *b, const char *name, int32_t count,
                                    const int64_t *values)
{
    int64_t *copy = arena_array(b->arena, (size_t)count, sizeof *copy);
    memcpy(copy, values, (size_t)count * sizeof *copy);
    return (struct attribute){
        .name = name, .kind = ATTRIBUTE_INTEGERS, .count = (uint32_t)count, .integers = copy};
}

struct attribute attribute_integer(struct builder *b, const char *name, int64_t value)
{
    return attribute_integers(b, name, 1, &value);
}

struct attribute attribute_text(const char *name, const char *value)
{
    return (struct attribute){.name = name, .kind = ATTRIBUTE_TEXT, .text = value};
}

void result(struct builder *b, const char *name)
{
    b->result_name = name;
}

/* Outputs that are given are taken as the caller declared them (views, unknown shapes). */
void apply_many(struct builder *b, const char *kind, const char *name,
                const struct tensor *const *inputs, uint32_t input_count,
                const struct attribute *attributes, uint32_t attribute_count,
                const struct tensor **outputs, uint32_t output_count)
{
    struct tensor inferred[OPERATOR_TENSORS_MAX];
    struct operator op = {.name = scoped(b, name, ""),
                          .spec = operator_find(kind),
                          .input_count = input_count,
                          .output_count = output_count,
                          .attribute_count = attribute_count,
                          .inputs = inputs,
                          .outputs = outputs,
                          .attributes = attributes};
    assert(op.spec && "a description names an operator that does not exist");
    for (uint32_t i = 0; i < input_count; i++)
        if (!inputs[i] && i < op.spec->inputs_min)
            return; /* an earlier operator failed; its sentence stands */
    if (!operator_infer(&op, inferred, b->err)) {
        memset(outputs, 0, output_count * sizeof *outputs);
        return;
    }
    for (uint32_t i = 0; i < output_count; i++) {
        if (outputs[i])
            continue; /* declared by the caller */
        enum tensor_role role = b->result_name && i == 0 ? ROLE_OUTPUT : ROLE_TEMP;
        char suffix[16];
        snprintf(suffix, sizeof suffix, i ? ".out%u" : ".out", i);
        struct tensor tensor = {.name = role == ROLE_OUTPUT ? b->result_name
                                                            : scoped(b, name, suffix),
                                .rank = inferred[i].rank,
                                .format = inferred[i].format,
                                .role = role,
                                .density = 1};
        memcpy(tensor.shape, inferred[i].shape, sizeof tensor.shape);
        outputs[i] = b->sink->tensor(b->sink, &tensor);
    }
    b->result_name = NULL;
    b->sink->operator(b->sink, &op);
    if (b->is_training)
        tape_record(b, &op);
}

const struct tensor *apply(struct builder *b, const char *kind, const char *name,
                           const struct tensor *const *inputs, uint32_t input_count,
                           const struct attribute *attributes, uint32_t attribute_count)
{
    const struct tensor *output = NULL;
    apply_many(b, kind, name, inputs, input_count, attributes, attribute_count, &output, 1);
    return output;
}

/* An output that shares the bytes of the input: declared here, moved by nobody. */
static const struct tensor *apply_view(struct builder *b, const char *kind, const char *name,
                                       const struct tensor *x, struct attribute attribute)
{
    if (!x)
        return NULL;
    struct tensor shape;
    struct operator op = {.name = name,
                          .spec = operator_find(kind),
                          .input_count = 1,
                          .output_count = 1,
                          .attribute_count = 1,
                          .inputs = &x,
                          .attributes = &attribute};
    if (!operator_infer(&op, &shape, b->err))
        return NULL;
    struct tensor view = {.name = scoped(b, name, ".out"),
                          .rank = shape.rank,
                          .format = x->format,
                          .role = x->role == ROLE_CONST || x->role == ROLE_INPUT ? ROLE_TEMP
                                                                                 : x->role,
                          .density = x->density,
                          .view_of = x};
    memcpy(view.shape, shape.shape, sizeof view.shape);
    const struct tensor *output = b->sink->tensor(b->sink, &view);
    apply_many(b, kind, name, &x, 1, &attribute, 1, &output, 1);
    return output;
}

const struct tensor *reshape(struct builder *b, const char *name, const struct tensor *x,
                             int32_t rank, const int64_t *shape)
{
    return apply_view(b, "Reshape", name, x, attribute_integers(b, "shape", rank, shape));
}

const struct tensor *flatten(struct builder *b, const char *name, const struct tensor *x)
{
    return apply_view(b, "Flatten", name, x, attribute_integer(b, "axis", 1));
}

const struct tensor *transpose(struct builder *b, const char *name, const struct tensor *x,
                               int32_t rank, const int64_t *perm)
{
    return apply_view(b, "Transpose", name, x, attribute_integers(b, "perm", rank, perm));
}
