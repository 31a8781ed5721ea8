/* A node as an operator of the vocabulary: the name, the attributes of the newest opset,
 * numbers that older or newer opsets keep in inputs turned into attributes, and the shapes that
 * follow. What the vocabulary does not know becomes `opaque`: its bytes are moved. */
#include "traces/import_onnx.h"

#include <math.h>
#include <string.h>

/* Other names of an operator: earlier opsets and runtimes' fused forms, whose extra inputs
 * stand behind those of the plain one. An activation fused into a product costs nothing that
 * counts. */
static const struct {
    const char *from, *to;
} RENAMED[] = {
    {"FusedConv", "Conv"},          {"FusedGemm", "Gemm"}, {"NhwcConv", "opaque"},
    {"Scatter", "ScatterElements"}, {"SiLU", "Swish"},     {"TransposeMatMul", "FusedMatMul"},
    {"Upsample", "Resize"},
};

/* Inputs that say how, not what: they become attributes of that name ("" is dropped). */
static const struct {
    const char *op;
    uint32_t input;
    const char *attribute;
} CONTROLS[] = {
    {"Clip", 1, ""},
    {"Clip", 2, ""},
    {"ConstantOfShape", 0, "shape"},
    {"CumSum", 1, "axis"},
    {"Dropout", 1, ""},
    {"Dropout", 2, ""},
    {"Expand", 1, "shape"},
    {"OneHot", 1, "depth"},
    {"Pad", 1, "pads"},
    {"Pad", 2, ""},
    {"Pad", 3, "axes"},
    {"Range", 0, ""},
    {"Range", 1, ""},
    {"Range", 2, ""},
    {"ReduceL1", 1, "axes"},
    {"ReduceL2", 1, "axes"},
    {"ReduceLogSum", 1, "axes"},
    {"ReduceLogSumExp", 1, "axes"},
    {"ReduceMax", 1, "axes"},
    {"ReduceMean", 1, "axes"},
    {"ReduceMin", 1, "axes"},
    {"ReduceProd", 1, "axes"},
    {"ReduceSum", 1, "axes"},
    {"ReduceSumSquare", 1, "axes"},
    {"Reshape", 1, "shape"},
    {"Resize", 1, ""},
    {"Resize", 2, ""},
    {"Resize", 3, "sizes"},
    {"Slice", 1, "starts"},
    {"Slice", 2, "ends"},
    {"Slice", 3, "axes"},
    {"Slice", 4, "steps"},
    {"Split", 1, "split"},
    {"Squeeze", 1, "axes"},
    {"Tile", 1, "repeats"},
    {"TopK", 1, "k"},
    {"Trilu", 1, "k"},
    {"Unsqueeze", 1, "axes"},
};
enum { ATTRIBUTES_EXTRA = 6 };

struct draft {
    struct onnx_graph *graph;
    struct onnx_node *node;
    struct attribute *attributes;
    uint32_t attribute_count;
    const struct tensor *inputs[OPERATOR_TENSORS_MAX];
    uint32_t input_count;
};

static void put_integers(struct draft *draft, const char *name, const int64_t *values,
                         size_t count)
{
    for (uint32_t i = 0; i < draft->attribute_count; i++)
        if (strcmp(draft->attributes[i].name, name) == 0)
            return;
    int64_t *copy = arena_array(draft->graph->arena, count, sizeof *copy);
    if (count > 0)
        memcpy(copy, values, count * sizeof *copy);
    draft->attributes[draft->attribute_count++] = (struct attribute){
        .name = name, .kind = ATTRIBUTE_INTEGERS, .count = (uint32_t)count, .integers = copy};
}

static bool is_clean(const ProtobufCBinaryData *text)
{
    for (size_t i = 0; i < text->len; i++)
        if (text->data[i] < 0x20 || text->data[i] > 0x7e)
            return false;
    return text->len <= 256;
}

/* Tensors, graphs and lists of reals or texts do not decide work or shape. */
static void copy_attribute(struct draft *draft, const Onnx__AttributeProto *from)
{
    if (!from->name || !from->name[0] || from->ref_attr_name || strlen(from->name) > 64)
        return;
    if (from->n_ints > 0) {
        if (from->n_ints <= 4096)
            put_integers(draft, from->name, from->ints, from->n_ints);
    } else if (from->has_i) {
        put_integers(draft, from->name, &from->i, 1);
    } else if (from->has_f && isfinite(from->f)) {
        draft->attributes[draft->attribute_count++] = (struct attribute){
            .name = from->name, .kind = ATTRIBUTE_REAL, .real = (double)from->f};
    } else if (from->has_s && is_clean(&from->s)) {
        char *text = arena_alloc(draft->graph->arena, from->s.len + 1);
        if (from->s.len > 0)
            memcpy(text, from->s.data, from->s.len);
        draft->attributes[draft->attribute_count++] =
            (struct attribute){.name = from->name, .kind = ATTRIBUTE_TEXT, .text = text};
    }
}

static const struct onnx_contents *contents_at(const struct onnx_node *node, uint32_t input)
{
    return input < node->input_count && node->inputs[input] ? node->inputs[input]->contents
                                                            : NULL;
}

/* Some exporters write counts as reals. */
static int64_t integer_from(const struct onnx_contents *contents, uint64_t at)
{
    if (!contents->is_real)
        return contents->values[at].integer;
    double real = contents->values[at].real;
    return real > -9e15 && real < 9e15 ? (int64_t)real : 0;
}

/* Which inputs stay tensors. A control input whose contents nobody knows stays one, too. */
static void take_inputs(struct draft *draft, const struct operator_spec *spec)
{
    const struct onnx_node *node = draft->node;
    uint32_t count = node->input_count;
    if (count > spec->inputs_max) /* runtimes append inputs to operators they fuse */
        count = spec->inputs_max;
    for (uint32_t i = 0; i < count; i++)
        draft->inputs[i] = node->inputs[i] ? &node->inputs[i]->tensor : NULL;
    for (size_t c = 0; c < sizeof CONTROLS / sizeof CONTROLS[0]; c++) {
        uint32_t at = CONTROLS[c].input;
        if (strcmp(CONTROLS[c].op, spec->name) != 0 || at >= count || !draft->inputs[at])
            continue;
        const struct onnx_contents *contents = contents_at(node, at);
        const char *name = CONTROLS[c].attribute;
        if (name[0] && (!contents || contents->count > 4096))
            continue;
        if (name[0]) {
            int64_t *values = arena_array(draft->graph->arena, contents->count, sizeof *values);
            for (uint64_t i = 0; i < contents->count; i++)
                values[i] = integer_from(contents, i);
            if (strcmp(name, "shape") == 0)
                onnx_rescale_shape(draft->graph, node, values, (uint32_t)contents->count);
            put_integers(draft, name, values, contents->count);
        }
        if (at >= spec->inputs_min)
            draft->inputs[at] = NULL;
    }
    while (count > 0 && !draft->inputs[count - 1])
        count--;
    draft->input_count = count;
}

/* Sizes of a resampled tensor from scales: floor(size x scale) in single precision, as the
 * runtimes compute it. */
static void size_from_scales(struct draft *draft)
{
    const struct onnx_node *node = draft->node;
    const struct tensor *in = draft->inputs[0];
    const Onnx__AttributeProto *old = onnx_attribute(node, "scales");
    uint32_t at = strcmp(node->op, "Upsample") == 0 || draft->graph->opset < 11 ? 1 : 2;
    const struct onnx_contents *scales = contents_at(node, at);
    int64_t sizes[TENSOR_RANK_MAX];
    if (!in || in->rank < 1)
        return;
    bool has_scales = scales && scales->is_real && scales->count == (uint64_t)in->rank;
    bool has_old = old && old->n_floats == (size_t)in->rank;
    if (!has_scales && !has_old)
        return;
    for (int32_t i = 0; i < in->rank; i++) {
        float scale = has_scales ? (float)scales->values[i].real : old->floats[i];
        float size = floorf((float)in->shape[i] * scale);
        if (!(size >= 0 && size < 1e12f))
            return;
        sizes[i] = (int64_t)size;
    }
    put_integers(draft, "sizes", sizes, (size_t)in->rank);
}

static void modernize(struct draft *draft, const char *name)
{
    int64_t opset = draft->graph->opset, first = 1;
    bool is_softmax = strcmp(name, "Softmax") == 0 || strcmp(name, "LogSoftmax") == 0 ||
                      strcmp(name, "Hardmax") == 0;
    if (is_softmax && opset < 13)
        put_integers(draft, "axis", &first, 1); /* the default was 1 */
    if (strcmp(name, "Resize") == 0)
        size_from_scales(draft);
    if (strcmp(name, "Clip") == 0 || strcmp(name, "Dropout") == 0)
        draft->attribute_count = 0;
}

static const char *renamed(const char *op)
{
    for (size_t i = 0; i < sizeof RENAMED / sizeof RENAMED[0]; i++)
        if (strcmp(RENAMED[i].from, op) == 0)
            return RENAMED[i].to;
    return op;
}

/* The row for this node; NULL where its bytes are all that is known. Names written in lower
 * case are the vocabulary's own, not ONNX's. */
static const struct operator_spec *find_spec(const struct onnx_node *node)
{
    const char *name = renamed(node->op);
    const char *domain = node->proto->domain ? node->proto->domain : "";
    bool is_runtime = strcmp(domain, "com.microsoft") == 0;
    if (domain[0] && strcmp(domain, "ai.onnx") != 0 && !is_runtime)
        return NULL;
    if (is_runtime && strcmp(name, "Attention") == 0)
        return NULL; /* another operator under the same name */
    const struct operator_spec *spec =
        name[0] >= 'A' && name[0] <= 'Z' ? operator_find(name) : NULL;
    if (!spec || node->output_count < 1 || node->input_count < spec->inputs_min)
        return NULL;
    for (uint32_t i = 0; i < spec->inputs_min; i++)
        if (!node->inputs[i])
            return NULL;
    return spec;
}

/* Nothing is known but what the file states; where it states nothing, the outputs are taken to
 * be shaped like the first input that has a shape. */
static bool make_opaque(struct draft *draft, struct error *err)
{
    struct onnx_node *node = draft->node;
    const struct onnx_value *like = NULL;
    for (uint32_t i = 0; i < node->input_count; i++) {
        draft->inputs[i] = node->inputs[i] ? &node->inputs[i]->tensor : NULL;
        bool is_shaped = node->inputs[i] && node->inputs[i]->tensor.rank >= 0;
        if (is_shaped && (!like || (like->is_const && !node->inputs[i]->is_const)))
            like = node->inputs[i];
    }
    draft->input_count = node->input_count;
    node->is_unknown = true;
    bool is_guessed = false;
    for (uint32_t i = 0; i < node->output_count; i++) {
        struct onnx_value *value = node->outputs[i];
        if (!value)
            continue;
        onnx_take_stated(draft->graph, value, like);
        if (value->tensor.rank >= 0)
            continue;
        if (!like)
            return onnx_node_error(draft->graph, node, err,
                                   "is unknown and the file does not state its output's shape");
        value->tensor.rank = like->tensor.rank;
        memcpy(value->tensor.shape, like->tensor.shape, sizeof value->tensor.shape);
        is_guessed = true;
    }
    import_warn(draft->graph->context, node->op,
                "node %u '%.80s' (%.40s) is an operator without a rule: only its bytes are "
                "moved%s",
                node->index, node->proto->name ? node->proto->name : "", node->op,
                is_guessed ? ", and its output is taken to be shaped like its input" : "");
    return true;
}

static bool infer(struct draft *draft, const struct operator_spec *spec, struct error *err)
{
    struct onnx_node *node = draft->node;
    struct tensor inferred[OPERATOR_TENSORS_MAX] = {0};
    struct error reason = {0};
    struct operator* op = & node->operator;
    if (op->output_count > spec->outputs_max)
        op->output_count = spec->outputs_max;
    for (uint32_t i = 0; i < node->output_count; i++)
        inferred[i].rank = -1;
    if (!operator_infer(op, inferred, &reason))
        return error_set(err, "%s: node %u: %s", draft->graph->path, node->index, reason.text);
    return onnx_settle_outputs(draft->graph, node, inferred, err);
}

bool onnx_adapt(struct onnx_graph *graph, struct onnx_node *node, struct error *err)
{
    struct draft draft = {.graph = graph, .node = node};
    for (uint32_t i = 0; i < node->input_count; i++)
        if (node->inputs[i] && node->inputs[i]->tensor.rank >= 0 &&
            node->inputs[i]->tensor.format.class == NUMBER_NONE)
            return onnx_node_error(graph, node, err, "input %u is of a type that is no number",
                                   i);
    draft.attributes = arena_array(graph->arena, node->proto->n_attribute + ATTRIBUTES_EXTRA,
                                   sizeof *draft.attributes);
    const struct operator_spec *spec = find_spec(node);
    bool is_known = spec != NULL;
    if (is_known) {
        take_inputs(&draft, spec);
        for (size_t i = 0; i < node->proto->n_attribute; i++)
            copy_attribute(&draft, node->proto->attribute[i]);
        modernize(&draft, spec->name);
    } else {
        spec = operator_find("opaque");
        if (!make_opaque(&draft, err))
            return false;
    }
    const struct tensor **inputs = arena_array(graph->arena, draft.input_count, sizeof *inputs);
    if (draft.input_count > 0)
        memcpy((void *)inputs, (const void *)draft.inputs, draft.input_count * sizeof *inputs);
    node->operator=(struct operator){
        .name = node->proto->name && node->proto->name[0]
                    ? node->proto->name
                    : arena_format(graph->arena, "%s_%u", node->op, node->index),
        .spec = spec,
        .input_count = draft.input_count,
        .output_count = node->output_count,
        .attribute_count = draft.attribute_count,
        .inputs = inputs,
        .outputs = arena_array(graph->arena, node->output_count, sizeof *inputs),
        .attributes = draft.attributes,
    };
    return !is_known || infer(&draft, spec, err);
}
