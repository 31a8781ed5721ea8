#include "workloads/operator.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "workloads/lowering.h"

const struct operator_spec *operator_find(const char *name)
{
    size_t count;
    const struct operator_spec *table = operator_table(&count);
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, table[middle].name);
        if (order == 0)
            return &table[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

bool operator_error(const struct operator* op, struct error *err, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return error_set(err, "%s '%.80s': %s", op->spec->name, op->name, text);
}

static bool check_count(const struct operator* op, const char *what, uint32_t count,
                        uint32_t low, uint32_t high, struct error *err)
{
    if (count >= low && count <= high)
        return true;
    if (low == high)
        return operator_error(op, err, "has %u %s, must have %u", count, what, low);
    return operator_error(op, err, "has %u %s, must have %u to %u", count, what, low, high);
}

bool operator_infer(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct operator_spec *spec = op->spec;
    if (!check_count(op, "inputs", op->input_count, spec->inputs_min, spec->inputs_max, err) ||
        !check_count(op, "outputs", op->output_count, spec->outputs_min, spec->outputs_max,
                     err))
        return false;
    for (uint32_t i = 0; i < spec->inputs_min; i++)
        if (!need_input(op, i, err))
            return false;
    for (uint32_t i = 0; i < op->output_count; i++) {
        outputs[i].rank = -1;
        outputs[i].format = (struct number_format){0};
    }
    return spec->infer(op, outputs, err);
}

const struct attribute *operator_attribute(const struct operator* op, const char *name)
{
    for (uint32_t i = 0; i < op->attribute_count; i++)
        if (strcmp(op->attributes[i].name, name) == 0)
            return &op->attributes[i];
    return NULL;
}

int64_t operator_integer(const struct operator* op, const char *name, int64_t fallback)
{
    return integer_at(op, name, 0, fallback);
}

int64_t integer_at(const struct operator* op, const char *attribute, uint32_t index,
                   int64_t fallback)
{
    const struct attribute *a = operator_attribute(op, attribute);
    if (!a || a->kind != ATTRIBUTE_INTEGERS || index >= a->count)
        return fallback;
    return a->integers[index];
}

const char *operator_text(const struct operator* op, const char *name, const char *fallback)
{
    const struct attribute *a = operator_attribute(op, name);
    return a && a->kind == ATTRIBUTE_TEXT ? a->text : fallback;
}

bool operator_is(const struct operator* op, const char *name)
{
    return strcmp(op->spec->name, name) == 0;
}

struct integers integers_of(const struct operator* op, const char *attribute, uint32_t input)
{
    const struct attribute *a = operator_attribute(op, attribute);
    if (a && a->kind == ATTRIBUTE_INTEGERS)
        return (struct integers){true, a->count, a->integers};
    const struct tensor *tensor = operator_input(op, input);
    if (tensor && tensor->contents && tensor->contents->count <= TENSOR_RANK_MAX * 2)
        return (struct integers){true, (uint32_t)tensor->contents->count,
                                 tensor->contents->values};
    return (struct integers){false, 0, NULL};
}

const struct tensor *operator_input(const struct operator* op, uint32_t index)
{
    return index < op->input_count ? op->inputs[index] : NULL;
}

const struct tensor *operator_output(const struct operator* op, uint32_t index)
{
    return index < op->output_count ? op->outputs[index] : NULL;
}

bool need_input(const struct operator* op, uint32_t index, struct error *err)
{
    if (operator_input(op, index))
        return true;
    return operator_error(op, err, "input %u is missing", index);
}

struct primitive *primitive_append(struct primitive_list *list, enum primitive_kind kind)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 8;
        list->items =
            arena_grow(list->arena, list->items, list->count, capacity, sizeof *list->items);
        list->capacity = capacity;
    }
    struct primitive *primitive = &list->items[list->count++];
    *primitive = (struct primitive){.kind = kind, .label = "", .repeat = 1};
    return primitive;
}

static uint64_t sum_work(const struct operator* op, struct arena *scratch, bool is_macs)
{
    struct arena_mark mark = arena_mark(scratch);
    struct primitive_list list = {.arena = scratch};
    uint64_t sum = 0;
    if (!is_macs || op->spec->is_contraction) {
        op->spec->lower(op, &list);
        for (size_t i = 0; i < list.count; i++)
            sum += list.items[i].repeat * (is_macs ? list.items[i].macs : list.items[i].ops);
    }
    arena_release(scratch, mark);
    return sum;
}

uint64_t operator_macs(const struct operator* op, struct arena *scratch)
{
    return sum_work(op, scratch, true);
}

uint64_t operator_ops(const struct operator* op, struct arena *scratch)
{
    return sum_work(op, scratch, false);
}
