#include "memory_sink.h"

#include <string.h>

static const struct tensor *add_tensor(struct sink *sink, const struct tensor *declaration)
{
    struct memory_sink *memory = (struct memory_sink *)sink;
    struct tensor *copy = arena_alloc(memory->arena, sizeof *copy);
    *copy = *declaration;
    copy->name = arena_copy_text(memory->arena, declaration->name);
    copy->id = memory->tensor_count++;
    return copy;
}

static const struct tensor **copy_list(struct arena *arena, const struct tensor *const *list,
                                       uint32_t count)
{
    const struct tensor **copy = arena_array(arena, count, sizeof *copy);
    for (uint32_t i = 0; i < count; i++)
        copy[i] = list[i];
    return copy;
}

static void add_operator(struct sink *sink, const struct operator* op)
{
    struct memory_sink *memory = (struct memory_sink *)sink;
    if (memory->operator_count == memory->operator_capacity) {
        size_t capacity = memory->operator_capacity ? 2 * memory->operator_capacity : 64;
        memory->operators = arena_grow(memory->arena, memory->operators, memory->operator_count,
                                       capacity, sizeof *memory->operators);
        memory->operator_capacity = capacity;
    }
    struct memory_operator *kept = &memory->operators[memory->operator_count++];
    *kept = (struct memory_operator){
        .name = arena_copy_text(memory->arena, op->name),
        .op = op->spec->name,
        .input_count = op->input_count,
        .output_count = op->output_count,
        .inputs = copy_list(memory->arena, op->inputs, op->input_count),
        .outputs = copy_list(memory->arena, op->outputs, op->output_count),
    };
    if (op->spec->check(op, &memory->error))
        kept->macs = operator_macs(op, memory->arena);
    memory->macs += kept->macs;
}

static bool finish(struct sink *sink, struct error *err)
{
    (void)sink;
    (void)err;
    return true;
}

void memory_sink_init(struct memory_sink *memory, struct arena *arena)
{
    *memory = (struct memory_sink){.sink = {add_tensor, add_operator, finish}, .arena = arena};
}

const struct memory_operator *memory_sink_find(const struct memory_sink *memory, const char *op)
{
    const struct memory_operator *found = NULL;
    for (size_t i = 0; i < memory->operator_count; i++) {
        if (strcmp(memory->operators[i].op, op) != 0)
            continue;
        if (found)
            return NULL;
        found = &memory->operators[i];
    }
    return found;
}
