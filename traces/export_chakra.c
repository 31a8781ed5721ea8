/* A trace as a Chakra execution trace: one compute node per operator, with its operations
 * (num_ops), the bytes it reads and writes (tensor_size), its arguments as text, and a data
 * dependency on the nodes that made its inputs. Attributes of operators and index contents have
 * no place in the format. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "chakra.pb-c.h"
#include "traces/export_report.h"

/* Node that last wrote a tensor; a trace's tensor ids are small, dense numbers. */
struct writers {
    uint64_t *nodes; /* by tensor id; 0: nobody */
    size_t capacity;
};

struct text {
    struct arena *arena;
    char *bytes;
    size_t length, capacity;
};

static void put(struct text *text, const char *words)
{
    size_t size = strlen(words);
    if (text->length + size + 1 > text->capacity) {
        size_t capacity = 2 * (text->length + size + 64);
        text->bytes = arena_grow(text->arena, text->bytes, text->length, capacity, 1);
        text->capacity = capacity;
    }
    memcpy(text->bytes + text->length, words, size + 1);
    text->length += size;
}

static uint64_t *writer_of(struct writers *writers, uint64_t id, struct error *err)
{
    if (id >= writers->capacity) {
        size_t capacity = writers->capacity ? writers->capacity : 1024;
        while (capacity <= id && capacity < (size_t)1 << 32)
            capacity *= 2;
        uint64_t *bigger =
            capacity <= id ? NULL : realloc(writers->nodes, capacity * sizeof *bigger);
        if (!bigger) {
            error_set(err, "the trace has too many tensors");
            return NULL;
        }
        memset(bigger + writers->capacity, 0, (capacity - writers->capacity) * sizeof *bigger);
        writers->nodes = bigger;
        writers->capacity = capacity;
    }
    return &writers->nodes[id];
}

static void describe(const struct tensor *const *tensors, uint32_t count,
                     Chakra__Arguments *arguments, struct arena *arena)
{
    struct text values = {.arena = arena}, shapes = values, types = values;
    put(&values, "[");
    put(&shapes, "[");
    put(&types, "[");
    for (uint32_t i = 0; i < count; i++) {
        char name[16];
        const char *comma = shapes.length > 1 ? ", " : "";
        if (!tensors[i])
            continue;
        number_format_name(tensors[i]->format, name);
        put(&values, arena_format(arena, "%s%" PRIu64, comma, tensors[i]->id));
        put(&types, arena_format(arena, "%s'Tensor(%s)'", comma, name));
        put(&shapes, comma);
        put(&shapes, "[");
        for (int32_t d = 0; d < tensors[i]->rank; d++)
            put(&shapes,
                arena_format(arena, "%s%" PRId64, d ? ", " : "", tensors[i]->shape[d]));
        put(&shapes, "]");
    }
    put(&values, "]");
    put(&shapes, "]");
    put(&types, "]");
    chakra__arguments__init(arguments);
    arguments->values = values.bytes;
    arguments->shapes = shapes.bytes;
    arguments->types = types.bytes;
}

static bool write_message(struct export_context *context, const ProtobufCMessage *message,
                          struct arena *scratch)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = arena_alloc(scratch, size + 1);
    protobuf_c_message_pack(message, bytes);
    size_t length = size;
    for (; length >= 0x80; length >>= 7)
        putc((int)(length & 0x7f) | 0x80, context->file);
    putc((int)length, context->file);
    return fwrite(bytes, 1, size, context->file) == size;
}

static Chakra__Attribute *add_number(Chakra__Node *node, char *name, uint64_t value,
                                     struct arena *arena)
{
    Chakra__Attribute *attribute = arena_alloc(arena, sizeof *attribute);
    chakra__attribute__init(attribute);
    attribute->name = name;
    attribute->value_case = CHAKRA__ATTRIBUTE__VALUE_INT64_VALUE;
    attribute->int64_value = value > INT64_MAX ? INT64_MAX : (int64_t)value;
    node->attribute[node->n_attribute++] = attribute;
    return attribute;
}

static uint64_t bytes_of(const struct operator* op)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < op->input_count; i++)
        bytes += op->inputs[i] ? tensor_bytes(op->inputs[i]) : 0;
    for (uint32_t i = 0; i < op->output_count; i++)
        bytes += op->outputs[i] ? tensor_bytes(op->outputs[i]) : 0;
    return bytes;
}

/* Each producer once, whatever many tensors come from it. */
static bool add_dependencies(Chakra__Node *node, const struct operator* op,
                             struct writers *writers, struct error *err)
{
    for (uint32_t i = 0; i < op->input_count; i++) {
        if (!op->inputs[i])
            continue;
        const uint64_t *writer = writer_of(writers, tensor_owner(op->inputs[i])->id, err);
        bool is_new = writer && *writer > 0;
        for (size_t k = 0; is_new && k < node->n_data_dependency; k++)
            is_new = node->data_dependency[k] != *writer;
        if (!writer)
            return false;
        if (is_new)
            node->data_dependency[node->n_data_dependency++] = *writer;
    }
    return true;
}

static bool write_operator(struct export_context *context, const struct operator* op,
                           struct writers *writers, struct arena *scratch, struct error *err)
{
    Chakra__Node node = CHAKRA__NODE__INIT;
    Chakra__Arguments inputs, outputs;
    node.id = context->summary->operators; /* from 1 */
    node.name = (char *)(uintptr_t)op->name;
    node.type = CHAKRA__NODE_TYPE__COMPUTE;
    node.data_dependency = arena_array(scratch, op->input_count, sizeof *node.data_dependency);
    node.attribute = arena_array(scratch, 4, sizeof *node.attribute);
    if (!add_dependencies(&node, op, writers, err))
        return false;
    describe(op->inputs, op->input_count, &inputs, scratch);
    describe(op->outputs, op->output_count, &outputs, scratch);
    node.inputs = &inputs;
    node.outputs = &outputs;
    Chakra__Attribute *host = add_number(&node, "is_cpu_op", 0, scratch);
    host->value_case = CHAKRA__ATTRIBUTE__VALUE_BOOL_VALUE;
    host->bool_value = 0;
    add_number(&node, "num_ops", operator_ops(op, scratch), scratch);
    add_number(&node, "tensor_size", bytes_of(op), scratch);
    Chakra__Attribute *kind = add_number(&node, "op_type", 0, scratch);
    kind->value_case = CHAKRA__ATTRIBUTE__VALUE_STRING_VALUE;
    kind->string_value = (char *)(uintptr_t)op->spec->name;
    for (uint32_t i = 0; i < op->output_count; i++) {
        uint64_t *writer =
            op->outputs[i] ? writer_of(writers, tensor_owner(op->outputs[i])->id, err) : NULL;
        if (op->outputs[i] && !writer)
            return false;
        if (writer)
            *writer = node.id;
    }
    return write_message(context, &node.base, scratch) ||
           error_set(err, "%s: cannot be written", context->path);
}

bool export_chakra(struct export_context *context, struct error *err)
{
    struct arena scratch = {0};
    struct writers writers = {0};
    struct operator op;
    struct error reason = {0};
    Chakra__Metadata metadata = CHAKRA__METADATA__INIT;
    metadata.version = "0.0.4";
    bool is_done = write_message(context, &metadata.base, &scratch) ||
                   error_set(&reason, "%s: cannot be written", context->path);
    while (is_done && trace_next(context->reader, &op, &reason)) {
        arena_release(&scratch, (struct arena_mark){0});
        uint64_t macs = operator_macs(&op, &scratch);
        context->summary->operators++;
        context->summary->macs += macs;
        is_done = write_operator(context, &op, &writers, &scratch, &reason);
        context->summary->exported += is_done;
        context->summary->exported_macs += macs;
    }
    free(writers.nodes);
    arena_free(&scratch);
    return !reason.is_set || error_set(err, "%s", reason.text);
}
