/* MLCommons Chakra execution traces. A trace converted from PyTorch keeps the recorded calls
 * with their arguments as text in Python's notation; the converter writes no operation counts
 * for them, so work is derived from the calls. Other generators write operation and byte counts
 * without shapes: their bytes are moved. Transfers between devices become their bytes. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "chakra.pb-c.h"
#include "traces/import_aten_json.h"
#include "traces/import_formats.h"
#include "traces/import_source.h"
#include "traces/import_wire.h"

enum { NODE_BYTES_MAX = 16 << 20, LIST_TEXT_MAX = 1 << 20 };

struct reading {
    struct import_context *context;
    struct aten_calls calls;
    struct arena scratch; /* of one node */
    bool has_kernels;
};

/* Whatever integer kind it was stored under. */
static bool integer_of(const Chakra__Node *node, const char *name, uint64_t *value)
{
    for (size_t i = 0; i < node->n_attribute; i++) {
        const Chakra__Attribute *a = node->attribute[i];
        if (strcmp(a->name, name) != 0)
            continue;
        int64_t integer = 0;
        switch (a->value_case) {
        case CHAKRA__ATTRIBUTE__VALUE_INT32_VALUE:
        case CHAKRA__ATTRIBUTE__VALUE_SINT32_VALUE:
        case CHAKRA__ATTRIBUTE__VALUE_SFIXED32_VALUE:
            integer = a->int32_value;
            break;
        case CHAKRA__ATTRIBUTE__VALUE_UINT32_VALUE:
        case CHAKRA__ATTRIBUTE__VALUE_FIXED32_VALUE:
            integer = a->uint32_value;
            break;
        case CHAKRA__ATTRIBUTE__VALUE_INT64_VALUE:
        case CHAKRA__ATTRIBUTE__VALUE_SINT64_VALUE:
        case CHAKRA__ATTRIBUTE__VALUE_SFIXED64_VALUE:
        case CHAKRA__ATTRIBUTE__VALUE_UINT64_VALUE:
        case CHAKRA__ATTRIBUTE__VALUE_FIXED64_VALUE:
            integer = a->int64_value;
            break;
        case CHAKRA__ATTRIBUTE__VALUE_BOOL_VALUE:
            integer = a->bool_value != 0;
            break;
        default:
            return false;
        }
        *value = integer < 0 ? 0 : (uint64_t)integer;
        return true;
    }
    return false;
}

/* A word outside of texts: None, True and False have JSON names, anything else becomes null. */
static size_t put_word(const char *word, size_t length, char *out)
{
    const char *json = length == 4 && memcmp(word, "True", 4) == 0    ? "true"
                       : length == 5 && memcmp(word, "False", 5) == 0 ? "false"
                                                                      : "null";
    memcpy(out, json, strlen(json));
    return strlen(json);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_part_of_word(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '.';
}

/* Python's lists are JSON's but for single quotes, tuples and three words. */
static char *json_of_python(struct arena *arena, const char *text)
{
    size_t size = strlen(text), length = 0;
    char *out = arena_alloc(arena, 4 * size + 8), quote = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (quote) {
            if (c == quote) {
                quote = 0;
                out[length++] = '"';
            } else if (c == '\\') {
                i += text[i + 1] != 0; /* no name here needs an escape */
            } else if (c != '"' && (unsigned char)c >= 0x20 && (unsigned char)c < 0x7f) {
                out[length++] = c;
            }
        } else if (c == '\'' || c == '"') {
            quote = c;
            out[length++] = '"';
        } else if (c == '(' || c == ')') {
            out[length++] = c == '(' ? '[' : ']';
        } else if (is_letter(c) && (i == 0 || !is_part_of_word(text[i - 1]))) {
            size_t end = i;
            while (is_part_of_word(text[end]))
                end++;
            if (length > 0 && out[length - 1] == '-')
                length--; /* -inf */
            length += put_word(text + i, end - i, out + length);
            i = end - 1;
        } else {
            out[length++] = c;
        }
    }
    out[length] = 0;
    return out;
}

static json_t *load_list(struct reading *reading, const char *text)
{
    if (strlen(text) > LIST_TEXT_MAX)
        return NULL;
    return json_loads(json_of_python(&reading->scratch, text), 0, NULL);
}

static const struct aten_argument *read_side(struct reading *reading,
                                             const Chakra__Arguments *side, uint32_t *count)
{
    *count = 0;
    if (!side || !side->shapes[0])
        return NULL;
    json_t *values = load_list(reading, side->values),
           *shapes = load_list(reading, side->shapes);
    json_t *types = load_list(reading, side->types);
    const struct aten_argument *arguments = NULL;
    if (json_is_array(shapes) && json_is_array(types)) {
        /* Values may be cut off or missing; shapes and types are what is needed. */
        if (json_array_size(values) != json_array_size(types)) {
            json_decref(values);
            values = json_array();
            for (size_t i = 0; i < json_array_size(types); i++)
                json_array_append_new(values, json_null());
        }
        arguments = aten_read_arguments(reading->context->arena, values, shapes, types, count);
    }
    json_decref(values);
    json_decref(shapes);
    json_decref(types);
    return arguments;
}

static enum aten_role role_of(const Chakra__Node *node, struct aten_call *call)
{
    uint64_t bytes = 0, is_host = 1;
    switch (node->type) {
    case CHAKRA__NODE_TYPE__MEMORY_LOAD:
    case CHAKRA__NODE_TYPE__MEMORY_STORE:
        integer_of(node, "tensor_size", &bytes);
        break;
    case CHAKRA__NODE_TYPE__SEND:
    case CHAKRA__NODE_TYPE__RECEIVE:
    case CHAKRA__NODE_TYPE__COLLECTIVE:
        integer_of(node, "comm_size", &bytes);
        break;
    case CHAKRA__NODE_TYPE__COMPUTE:
        if (strncmp(node->name, "aten::", 6) == 0)
            return ATEN_CALL;
        if (integer_of(node, "is_cpu_op", &is_host) && is_host)
            return strstr(node->name, "::") ? ATEN_CALL : ATEN_LABEL;
        if (!integer_of(node, "tensor_size", &bytes) || bytes == 0)
            return ATEN_KERNEL;
        call->read_bytes = bytes;
        return ATEN_BYTES;
    default:
        return ATEN_LABEL;
    }
    call->read_bytes = call->written_bytes = bytes;
    return ATEN_BYTES;
}

static bool add_node(struct reading *reading, const Chakra__Node *node, uint64_t number,
                     struct error *err)
{
    struct import_context *context = reading->context;
    if (node->type == CHAKRA__NODE_TYPE__INVALID && !node->name[0])
        return error_set(err, "%s: record %" PRIu64 " has no name and no type",
                         context->source->path, number);
    uint64_t operations;
    struct aten_call call = {
        .id = node->id,
        .parent = node->n_control_dependency > 0 ? node->control_dependency[0]
                  : node->n_data_dependency > 0  ? node->data_dependency[0]
                                                 : node->id,
        .line = number,
        .name = arena_copy_text(context->arena, node->name[0] ? node->name : "node"),
        .micros = (double)node->duration_micros,
    };
    call.role = role_of(node, &call);
    if (call.role == ATEN_BYTES) /* stands for itself, whatever it waits for */
        call.parent = call.id;
    if (call.role == ATEN_BYTES && integer_of(node, "num_ops", &operations) && operations > 0)
        import_warn(context, "num_ops",
                    "%s: record %" PRIu64 " '%.80s' states %" PRIu64
                    " operations but no shapes: "
                    "only its bytes are moved",
                    context->source->path, number, node->name, operations);
    reading->has_kernels = reading->has_kernels || call.role == ATEN_KERNEL;
    call.inputs = read_side(reading, node->inputs, &call.input_count);
    call.outputs = read_side(reading, node->outputs, &call.output_count);
    aten_add(&reading->calls, &call);
    return true;
}

/* One message after its length; *is_end at the end of the file. */
static bool next_message(struct reading *reading, const ProtobufCMessageDescriptor *type,
                         struct wire_buffer *buffer, ProtobufCMessage **message, bool *is_end,
                         struct error *err)
{
    struct import_source *source = reading->context->source;
    uint64_t length, at = source->position;
    if (!import_source_at_end(source, is_end, err) || *is_end)
        return !err->is_set;
    if (!wire_varint(source, &length, err))
        return false;
    if (length > NODE_BYTES_MAX)
        return error_set(err,
                         "%s: the record at byte %" PRIu64 " is %" PRIu64
                         " bytes long, at most %d can be",
                         source->path, at, length, NODE_BYTES_MAX);
    if (!wire_filter(source, length, type, NULL, 0, buffer, err))
        return false;
    arena_release(&reading->scratch, (struct arena_mark){0});
    ProtobufCAllocator allocator = wire_allocator(&reading->scratch);
    *message = protobuf_c_message_unpack(type, &allocator, buffer->length, buffer->bytes);
    return *message || error_set(err, "%s: the record at byte %" PRIu64 " is no Chakra record",
                                 source->path, at);
}

static bool read_nodes(struct reading *reading, struct wire_buffer *buffer, struct error *err)
{
    ProtobufCMessage *message;
    bool is_end;
    if (!next_message(reading, &chakra__metadata__descriptor, buffer, &message, &is_end, err))
        return false;
    for (uint64_t number = 1; !is_end; number++) {
        if (!next_message(reading, &chakra__node__descriptor, buffer, &message, &is_end, err))
            return false;
        if (!is_end && !add_node(reading, (const Chakra__Node *)message, number, err))
            return false;
    }
    return reading->calls.count > 0 ||
           error_set(err, "%s: holds no node", reading->context->source->path);
}

bool import_chakra(struct import_context *context, struct error *err)
{
    struct reading reading = {.context = context, .calls = {.context = context}};
    struct wire_buffer buffer = {0};
    bool is_read = read_nodes(&reading, &buffer, err);
    wire_buffer_free(&buffer);
    arena_free(&reading.scratch);
    /* Where device kernels are recorded, theirs is the time; a call's covers what it calls. */
    for (size_t i = 0; i < reading.calls.count && reading.has_kernels; i++)
        if (reading.calls.items[i].role == ATEN_CALL)
            reading.calls.items[i].micros = 0;
    return is_read && aten_emit(&reading.calls, err);
}

/* A short first message that holds a version number, such as 0.0.4; or an empty one and then a
 * node that starts with its id or name. */
bool import_chakra_sniff(const char *head, size_t length)
{
    if (length < 4)
        return false;
    size_t first = (unsigned char)head[0], text = (unsigned char)head[2];
    if (first == 0)
        return (head[2] == 0x08 || head[2] == 0x12) && head[1] != 0;
    if (first > 127 || head[1] != 0x0a || text + 2 > first || text + 3 > length)
        return false;
    for (size_t i = 0; i < text; i++) {
        char c = head[3 + i];
        if (!is_part_of_word(c) && c != '-' && c != '+')
            return false;
    }
    return true;
}
