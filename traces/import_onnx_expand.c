/* Operators of ONNX Runtime (domain com.microsoft) in terms of ONNX's own, before the graph is
 * built: quantised forms without the scales and zero points between their operands, and fused
 * attention and embedding layers taken apart again. */
#include "traces/import_onnx.h"

#include <string.h>

/* Which inputs remain: their numbers, -1 ends the list, EVERY_THIRD goes on in steps of three.
 */
enum { PICKS = 4, END = -1, EVERY_THIRD = -2 };
static const struct {
    const char *from, *to;
    int picks[PICKS];
} QUANTIZED[] = {
    {"DynamicQuantizeMatMul", "MatMul", {0, 1, END}},
    {"MatMulIntegerToFloat", "MatMul", {0, 1, END}},
    {"QGemm", "Gemm", {0, 3, 6, END}},
    {"QLinearAdd", "Add", {0, 3, END}},
    {"QLinearAveragePool", "AveragePool", {0, END}},
    {"QLinearConcat", "Concat", {2, EVERY_THIRD}},
    {"QLinearGlobalAveragePool", "GlobalAveragePool", {0, END}},
    {"QLinearLeakyRelu", "LeakyRelu", {0, END}},
    {"QLinearMul", "Mul", {0, 3, END}},
    {"QLinearSigmoid", "Sigmoid", {0, END}},
    {"QLinearSoftmax", "Softmax", {0, END}},
};

/* Nodes one fused node becomes at most. */
enum { PARTS_MAX = 8 };

struct expansion {
    struct arena *arena;
    Onnx__NodeProto **nodes;
    size_t count;
};

static const char *input_of(const Onnx__NodeProto *node, size_t at)
{
    return at < node->n_input ? node->input[at] : "";
}

static Onnx__NodeProto *add_node(struct expansion *expansion, const Onnx__NodeProto *whole,
                                 const char *op, size_t input_count, const char *const *inputs,
                                 size_t output_count, const char *const *outputs)
{
    Onnx__NodeProto *node = arena_alloc(expansion->arena, sizeof *node);
    onnx__node_proto__init(node);
    node->name = whole->name;
    node->op_type = (char *)(uintptr_t)op;
    node->input = arena_array(expansion->arena, input_count, sizeof *node->input);
    node->output = arena_array(expansion->arena, output_count, sizeof *node->output);
    node->n_input = input_count;
    node->n_output = output_count;
    memcpy(node->input, (const void *)inputs, input_count * sizeof *inputs);
    memcpy(node->output, (const void *)outputs, output_count * sizeof *outputs);
    while (node->n_input > 0 && !node->input[node->n_input - 1][0])
        node->n_input--;
    expansion->nodes[expansion->count++] = node;
    return node;
}

static void put_integer(struct expansion *expansion, Onnx__NodeProto *node, const char *name,
                        int64_t value)
{
    Onnx__AttributeProto *attribute = arena_alloc(expansion->arena, sizeof *attribute);
    onnx__attribute_proto__init(attribute);
    attribute->name = (char *)(uintptr_t)name;
    attribute->has_i = 1;
    attribute->i = value;
    node->attribute = arena_grow(expansion->arena, node->attribute, node->n_attribute,
                                 node->n_attribute + 1, sizeof *node->attribute);
    node->attribute[node->n_attribute++] = attribute;
}

static int64_t integer_in(const Onnx__NodeProto *node, const char *name, int64_t fallback)
{
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->name && strcmp(node->attribute[i]->name, name) == 0 &&
            node->attribute[i]->has_i)
            return node->attribute[i]->i;
    return fallback;
}

/* (input, weight, bias, ..): one product for query, key and value, then attention by heads. */
static bool expand_attention(struct expansion *expansion, const Onnx__NodeProto *node)
{
    int64_t heads = integer_in(node, "num_heads", 0);
    if (node->n_input < 2 || node->n_output < 1 || heads < 1)
        return false;
    const char *all = arena_format(expansion->arena, "%s.qkv", node->output[0]);
    const char *parts[3] = {arena_format(expansion->arena, "%s.q", node->output[0]),
                            arena_format(expansion->arena, "%s.k", node->output[0]),
                            arena_format(expansion->arena, "%s.v", node->output[0])};
    const char *inputs[3] = {input_of(node, 0), input_of(node, 1), input_of(node, 2)};
    const char *out = node->output[0];
    add_node(expansion, node, "MatMul", 3, inputs, 1, &all);
    put_integer(expansion, add_node(expansion, node, "Split", 1, &all, 3, parts), "axis", -1);
    Onnx__NodeProto *attention = add_node(expansion, node, "Attention", 3, parts, 1, &out);
    put_integer(expansion, attention, "q_num_heads", heads);
    put_integer(expansion, attention, "kv_num_heads", heads);
    return true;
}

/* (ids, segments, word table, position table, segment table, gamma, beta, ..): rows of the
 * tables are added and normalised. Positions are not an input; their rows are added like
 * constants. */
static bool expand_embedding(struct expansion *expansion, const Onnx__NodeProto *node)
{
    if (node->n_input < 7 || node->n_output < 1 || !input_of(node, 0)[0] ||
        !input_of(node, 2)[0] || !input_of(node, 5)[0])
        return false;
    const char *words = arena_format(expansion->arena, "%s.words", node->output[0]);
    const char *segments = arena_format(expansion->arena, "%s.segments", node->output[0]);
    const char *sum = arena_format(expansion->arena, "%s.sum", node->output[0]);
    const char *out = node->output[0];
    const char *looked_up[2] = {input_of(node, 2), input_of(node, 0)};
    const char *segment[2] = {input_of(node, 4), input_of(node, 1)};
    bool has_segments = segment[0][0] && segment[1][0];
    add_node(expansion, node, "Gather", 2, looked_up, 1, &words);
    if (has_segments)
        add_node(expansion, node, "Gather", 2, segment, 1, &segments);
    const char *terms[2] = {words, has_segments ? segments : words};
    add_node(expansion, node, "Add", 2, terms, 1, &sum);
    const char *normalized[3] = {sum, input_of(node, 5), input_of(node, 6)};
    add_node(expansion, node, "LayerNormalization", 3, normalized, 1, &out);
    return true;
}

/* The same node under ONNX's name, with the inputs that remain. */
static bool simplify(struct expansion *expansion, Onnx__NodeProto *node)
{
    for (size_t i = 0; i < sizeof QUANTIZED / sizeof QUANTIZED[0]; i++) {
        if (strcmp(QUANTIZED[i].from, node->op_type) != 0)
            continue;
        char **inputs = arena_array(expansion->arena, node->n_input + PICKS, sizeof *inputs);
        size_t count = 0, at = 0;
        for (int p = 0; p < PICKS && QUANTIZED[i].picks[p] >= 0; p++) {
            at = (size_t)QUANTIZED[i].picks[p];
            inputs[count++] = (char *)(uintptr_t)input_of(node, at);
            if (p + 1 < PICKS && QUANTIZED[i].picks[p + 1] == EVERY_THIRD)
                for (at += 3; at < node->n_input; at += 3)
                    inputs[count++] = node->input[at];
        }
        while (count > 0 && !inputs[count - 1][0])
            count--;
        node->op_type = (char *)(uintptr_t)QUANTIZED[i].to;
        node->domain = NULL;
        node->input = inputs;
        node->n_input = count;
        return true;
    }
    return false;
}

void onnx_expand(struct arena *arena, Onnx__GraphProto *graph)
{
    struct expansion expansion = {.arena = arena};
    size_t fused = 0;
    for (size_t i = 0; i < graph->n_node; i++)
        fused += graph->node[i]->domain && strcmp(graph->node[i]->domain, "com.microsoft") == 0;
    if (fused == 0)
        return;
    expansion.nodes =
        arena_array(arena, graph->n_node + fused * PARTS_MAX, sizeof *expansion.nodes);
    for (size_t i = 0; i < graph->n_node; i++) {
        Onnx__NodeProto *node = graph->node[i];
        bool is_fused =
            node->op_type && node->domain && strcmp(node->domain, "com.microsoft") == 0;
        bool is_done =
            is_fused &&
            ((strcmp(node->op_type, "Attention") == 0 && expand_attention(&expansion, node)) ||
             (strcmp(node->op_type, "QAttention") == 0 && expand_attention(&expansion, node)) ||
             (strcmp(node->op_type, "EmbedLayerNormalization") == 0 &&
              expand_embedding(&expansion, node)));
        if (is_done)
            continue;
        if (is_fused)
            simplify(&expansion, node);
        expansion.nodes[expansion.count++] = node;
    }
    graph->node = expansion.nodes;
    graph->n_node = expansion.count;
}
