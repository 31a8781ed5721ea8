/* PyTorch execution traces (JSON): what ExecutionTraceObserver, formerly
 * ExecutionGraphObserver, writes. Two layouts: up to schema 1.0.1 a node has inputs,
 * input_shapes and input_types; later ones have inputs {values, shapes, types}, the parent in
 * ctrl_deps and the rest in attrs. Tensors are tuples (tensor, storage, offset, elements, bytes
 * of an element, device). There are no durations. */
#include <string.h>

#include "traces/import_aten_json.h"
#include "traces/import_formats.h"
#include "traces/import_json.h"
#include "traces/import_source.h"

struct reading {
    struct import_context *context;
    struct aten_calls calls;
};

/* One side of a node in either layout. */
static const struct aten_argument *read_side(struct import_context *context, const json_t *node,
                                             const char *side, uint32_t *count)
{
    char key[32];
    size_t length = strlen(side); /* "inputs" or "outputs" */
    const json_t *values = json_object_get(node, side), *shapes, *types;
    if (json_is_object(values)) {
        shapes = json_object_get(values, "shapes");
        types = json_object_get(values, "types");
        values = json_object_get(values, "values");
    } else {
        memcpy(key, side, length - 1);
        strcpy(key + length - 1, "_shapes");
        shapes = json_object_get(node, key);
        strcpy(key + length - 1, "_types");
        types = json_object_get(node, key);
    }
    return aten_read_arguments(context->arena, values, shapes, types, count);
}

static bool has_tensor(const struct aten_call *call)
{
    for (uint32_t i = 0; i < call->output_count; i++)
        if (call->outputs[i].kind == ATEN_TENSOR)
            return true;
    return false;
}

static bool read_node(void *context, json_t *node, uint64_t number, struct error *err)
{
    struct reading *reading = context;
    const char *name = json_string_value(json_object_get(node, "name"));
    const json_t *id = json_object_get(node, "id");
    const json_t *parent = json_object_get(node, "parent");
    if (!parent)
        parent = json_object_get(node, "ctrl_deps");
    if (!name || !json_is_integer(id))
        return error_set(err, "%s: record %llu has no name or no id",
                         reading->context->source->path, (unsigned long long)number);
    struct aten_call call = {
        .id = (uint64_t)json_integer_value(id),
        .parent = (uint64_t)json_integer_value(parent),
        .line = number,
        .name = arena_copy_text(reading->context->arena, name),
    };
    call.inputs = read_side(reading->context, node, "inputs", &call.input_count);
    call.outputs = read_side(reading->context, node, "outputs", &call.output_count);
    if (!strstr(name, "::") && !has_tensor(&call))
        call.role = ATEN_LABEL;
    aten_add(&reading->calls, &call);
    return true;
}

bool import_pytorch(struct import_context *context, struct error *err)
{
    struct reading reading = {.context = context, .calls = {.context = context}};
    return import_json_each(context->source, "nodes", read_node, &reading, err) &&
           aten_emit(&reading.calls, err);
}

/* An object with a schema, as the recorder writes it, or with a list of nodes near its start.
 */
bool import_pytorch_sniff(const char *head, size_t length)
{
    size_t at = 0;
    while (at < length && strchr(" \t\r\n", head[at]) && head[at])
        at++;
    if (at == length || head[at] != '{' || memchr(head, 0, length))
        return false;
    return strstr(head, "\"nodes\"") || strstr(head, "\"schema\"");
}
