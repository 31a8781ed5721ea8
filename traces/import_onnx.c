/* ONNX models, opset 9 and later. Weights are dropped from the stream before anything is
 * unpacked, so that a model costs the memory of its graph. */
#include "traces/import_onnx.h"

#include <string.h>

#include "traces/import_formats.h"
#include "traces/import_wire.h"

/* Long enough for shapes, small tables and masks that shapes depend on. */
enum { PAYLOAD_KEPT = 32 * 1024 };

static bool read_model(struct import_context *context, Onnx__ModelProto **model,
                       struct error *err)
{
    const ProtobufCMessageDescriptor *tensor = &onnx__tensor_proto__descriptor;
    const struct wire_rule rules[] = {
        {tensor, 4, PAYLOAD_KEPT},                   /* float_data */
        {tensor, 5, PAYLOAD_KEPT},                   /* int32_data */
        {tensor, 6, 0},                              /* string_data */
        {tensor, 7, PAYLOAD_KEPT},                   /* int64_data */
        {tensor, 9, PAYLOAD_KEPT},                   /* raw_data */
        {tensor, 10, PAYLOAD_KEPT},                  /* double_data */
        {tensor, 11, PAYLOAD_KEPT},                  /* uint64_data */
        {tensor, 12, 0},                             /* doc_string */
        {tensor, 13, 0},                             /* external_data */
        {&onnx__attribute_proto__descriptor, 6, 0},  /* g */
        {&onnx__attribute_proto__descriptor, 11, 0}, /* graphs */
        {&onnx__attribute_proto__descriptor, 13, 0}, /* doc_string */
        {&onnx__node_proto__descriptor, 6, 0},       /* doc_string */
        {&onnx__value_info_proto__descriptor, 3, 0}, /* doc_string */
        {&onnx__graph_proto__descriptor, 10, 0},     /* doc_string */
        {&onnx__graph_proto__descriptor, 14, 0},     /* quantization_annotation */
        {&onnx__model_proto__descriptor, 6, 0},      /* doc_string */
        {&onnx__model_proto__descriptor, 14, 0},     /* metadata_props */
        {&onnx__model_proto__descriptor, 20, 0},     /* training_info */
        {&onnx__model_proto__descriptor, 25, 0},     /* functions */
    };
    struct wire_buffer buffer = {0};
    bool is_read = wire_filter(context->source, WIRE_TO_END, &onnx__model_proto__descriptor,
                               rules, sizeof rules / sizeof rules[0], &buffer, err);
    if (is_read) {
        ProtobufCAllocator allocator = wire_allocator(context->arena);
        *model = onnx__model_proto__unpack(&allocator, buffer.length, buffer.bytes);
        if (!*model || !(*model)->graph)
            is_read = error_set(err, "%s: holds no ONNX graph", context->source->path);
    }
    wire_buffer_free(&buffer);
    return is_read;
}

static bool is_any_of(const char *op, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(op, names[i]) == 0)
            return true;
    return false;
}

/* A trace is a straight line of operators. */
static bool refuse_control_flow(const struct onnx_graph *graph, const struct onnx_node *node,
                                struct error *err)
{
    static const char *const FLOW[] = {"If", "Loop", "Scan", "SequenceMap"};
    static const char *const SEQUENCES[] = {
        "SequenceAt",     "SequenceConstruct",  "SequenceEmpty",     "SequenceErase",
        "SequenceInsert", "SequenceLength",     "SplitToSequence",   "ConcatFromSequence",
        "Optional",       "OptionalGetElement", "OptionalHasElement"};
    if (is_any_of(node->op, FLOW, sizeof FLOW / sizeof FLOW[0]))
        return onnx_node_error(graph, node, err,
                               "control flow is not imported; export the model with its "
                               "branches and loops unrolled for fixed sizes");
    if (is_any_of(node->op, SEQUENCES, sizeof SEQUENCES / sizeof SEQUENCES[0]))
        return onnx_node_error(graph, node, err,
                               "sequences of tensors are not imported; export the model for "
                               "fixed sizes");
    return true;
}

/* Operators done once, when the model is loaded, if all they read is constant. Products,
 * normalisations, pooling and random numbers are left to every run. */
static bool is_prepared(const struct onnx_node *node)
{
    static const char *const NAMES[] = {"Abs",
                                        "Add",
                                        "And",
                                        "Cast",
                                        "CastLike",
                                        "Ceil",
                                        "Clip",
                                        "Concat",
                                        "ConstantOfShape",
                                        "Cos",
                                        "CumSum",
                                        "Div",
                                        "Dropout",
                                        "Equal",
                                        "Exp",
                                        "Expand",
                                        "EyeLike",
                                        "Flatten",
                                        "Floor",
                                        "Gather",
                                        "GatherElements",
                                        "GatherND",
                                        "Greater",
                                        "GreaterOrEqual",
                                        "Identity",
                                        "Less",
                                        "LessOrEqual",
                                        "Log",
                                        "Max",
                                        "Min",
                                        "Mod",
                                        "Mul",
                                        "Neg",
                                        "NonZero",
                                        "Not",
                                        "OneHot",
                                        "Or",
                                        "Pad",
                                        "Pow",
                                        "Range",
                                        "Reciprocal",
                                        "ReduceMax",
                                        "ReduceMean",
                                        "ReduceMin",
                                        "ReduceProd",
                                        "ReduceSum",
                                        "Reshape",
                                        "Round",
                                        "ScatterElements",
                                        "ScatterND",
                                        "Sign",
                                        "Sin",
                                        "Slice",
                                        "Split",
                                        "Sqrt",
                                        "Squeeze",
                                        "Sub",
                                        "Tanh",
                                        "Tile",
                                        "Transpose",
                                        "Trilu",
                                        "Unsqueeze",
                                        "Where",
                                        "Xor"};
    for (uint32_t i = 0; i < node->input_count; i++)
        if (node->inputs[i] && !node->inputs[i]->is_const)
            return false;
    return !node->is_unknown && is_any_of(node->op, NAMES, sizeof NAMES / sizeof NAMES[0]);
}

static void make_constant(struct onnx_graph *graph, struct onnx_node *node)
{
    bool is_same = strcmp(node->op, "Identity") == 0;
    node->fate = ONNX_FOLDED;
    for (uint32_t i = 0; i < node->output_count; i++) {
        if (!node->outputs[i])
            continue;
        node->outputs[i]->is_const = true;
        node->outputs[i]->tensor.role = ROLE_CONST;
        if (is_same)
            node->outputs[i]->same = node->inputs[0];
    }
    onnx_evaluate(graph, node);
}

/* The same elements in the same order, so that no byte has to be moved. */
static bool is_renaming(const struct onnx_node *node)
{
    static const char *const NAMES[] = {"Dropout", "Flatten", "Identity",
                                        "Reshape", "Squeeze", "Unsqueeze"};
    static const char *const RESHAPING[] = {"Cast",   "CastLike", "Expand", "Pad",
                                            "Resize", "Slice",    "Split",  "Tile"};
    const struct tensor *in = &node->inputs[0]->tensor, *out = &node->outputs[0]->tensor;
    if (is_any_of(node->op, NAMES, sizeof NAMES / sizeof NAMES[0]))
        return true;
    if (is_any_of(node->op, RESHAPING, sizeof RESHAPING / sizeof RESHAPING[0]))
        return node->output_count == 1 && in->rank == out->rank &&
               memcmp(in->shape, out->shape, (size_t)in->rank * sizeof *in->shape) == 0 &&
               number_format_equal(in->format, out->format);
    if (strcmp(node->op, "Transpose") != 0)
        return false;
    int64_t last = -1; /* axes of size 1 may go anywhere */
    for (int32_t i = 0; i < in->rank; i++) {
        const struct attribute *perm = operator_attribute(&node->operator, "perm");
        int64_t from = perm && (uint32_t)i < perm->count ? perm->integers[i] : in->rank - 1 - i;
        if (in->shape[from] == 1)
            continue;
        if (from < last)
            return false;
        last = from;
    }
    return true;
}

static bool translate(struct onnx_graph *graph, struct onnx_node *node, struct error *err)
{
    if (!refuse_control_flow(graph, node, err))
        return false;
    if (onnx_make(graph, node, err) || onnx_quantize(node)) {
        node->fate = ONNX_FOLDED;
        return true;
    }
    if (err->is_set)
        return false;
    onnx_resize_before(graph, node);
    if (!onnx_adapt(graph, node, err))
        return false;
    onnx_resize_after(graph, node);
    if (is_prepared(node)) {
        make_constant(graph, node);
        return true;
    }
    if (!node->is_unknown && node->input_count > 0 && node->inputs[0] && node->outputs[0])
        node->is_view = is_renaming(node);
    onnx_settle_formats(node);
    return true;
}

static bool walk(struct onnx_graph *graph, struct error *err)
{
    for (uint32_t i = 0; i < graph->node_count; i++)
        if (!translate(graph, &graph->nodes[i], err))
            return false;
    return true;
}

/* Static shapes written for one batch are understood by comparison with the sizes they were
 * written for. */
static const struct onnx_graph *walk_original(const struct import_context *context,
                                              const Onnx__ModelProto *model)
{
    struct import_context quiet = *context;
    struct import_options options = {0};
    struct import_report report = {0};
    struct error ignored = {0};
    options.inputs = context->options->inputs;
    options.input_count = context->options->input_count;
    struct onnx_graph *graph = arena_alloc(context->arena, sizeof *graph);
    struct import_context *kept = arena_alloc(context->arena, sizeof *kept);
    quiet.options = &options;
    quiet.report = &report;
    *kept = quiet;
    *graph = (struct onnx_graph){
        .context = kept, .arena = context->arena, .path = context->source->path};
    return onnx_graph_build(graph, model, false, &ignored) && walk(graph, &ignored) ? graph
                                                                                    : NULL;
}

bool import_onnx(struct import_context *context, struct error *err)
{
    Onnx__ModelProto *model;
    if (!read_model(context, &model, err))
        return false;
    onnx_expand(context->arena, model->graph);
    struct onnx_graph graph = {
        .context = context, .arena = context->arena, .path = context->source->path};
    if (!onnx_graph_build(&graph, model, true, err))
        return false;
    if (graph.is_resized)
        graph.original = walk_original(context, model);
    if (!walk(&graph, err))
        return false;
    return onnx_emit(&graph, err);
}

/* A binary file that starts with fields of a ModelProto. */
bool import_onnx_sniff(const char *head, size_t length)
{
    static const char TAGS[] = "\x08\x12\x1a\x22\x28\x32\x3a\x42\x72";
    bool is_binary = false;
    for (size_t i = 0; i < length && i < 256; i++)
        is_binary = is_binary || (unsigned char)head[i] < 9;
    size_t at = 0;
    for (int field = 0; field < 3 && at < length; field++) {
        unsigned char tag = (unsigned char)head[at++];
        uint64_t value = 0;
        if (!tag || !strchr(TAGS, tag))
            return false;
        for (unsigned shift = 0; shift < 63; shift += 7) {
            if (at == length)
                return false;
            unsigned char byte = (unsigned char)head[at++];
            value |= (uint64_t)(byte & 0x7f) << shift;
            if (byte < 0x80)
                break;
        }
        if ((tag & 7) == 2 && value >= length - at)
            break;
        at += (tag & 7) == 2 ? (size_t)value : 0;
    }
    return is_binary;
}
