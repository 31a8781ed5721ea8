/* Which inputs of an ONNX graph are data, and the sizes that the file leaves open.
 *
 * A graph that has constants above 64 elements holds its weights: all inputs are data. One that
 * has none was stripped of them: the first input is data, the others are its weights. --input
 * names data explicitly. An open size is the batch where its name says so, or where it stands
 * first and no other size is so named. Every other open size is, with a warning, 224 where it
 * is a side of an image and a sequence of 16 elsewhere, unless the user states the shape
 * ("ids=1x512"). */
#include "traces/import_onnx.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    SYMBOLS_MAX = 1024 /* more are sized one by one */,
    WEIGHTS_ABOVE = 64,
    OPEN_SIDE = 224,
    OPEN_LENGTH = 16
};

/* A name with the shape the user states for it. */
struct wish {
    struct onnx_value *value;
    bool is_sized;
    int32_t rank;
    int64_t shape[TENSOR_RANK_MAX];
};

static bool is_batch_name(const char *name)
{
    static const char *const NAMES[] = {"n", "b", "bs", "bsz", "nbatch", "num_batch"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (strcasecmp(name, NAMES[i]) == 0)
            return true;
    return strncasecmp(name, "batch", 5) == 0;
}

static bool onnx_symbol_size(const struct onnx_graph *graph, const char *name, int64_t *size)
{
    for (size_t i = 0; i < graph->symbol_count; i++) {
        if (strcmp(graph->symbols[i].name, name) == 0) {
            *size = graph->symbols[i].size;
            return true;
        }
    }
    return false;
}

static void set_symbol(struct onnx_graph *graph, const char *name, int64_t size)
{
    int64_t known;
    if (onnx_symbol_size(graph, name, &known) || graph->symbol_count == SYMBOLS_MAX)
        return;
    if (graph->symbol_count == graph->symbol_capacity) {
        size_t capacity = graph->symbol_capacity ? 2 * graph->symbol_capacity : 8;
        graph->symbols = arena_grow(graph->arena, graph->symbols, graph->symbol_count, capacity,
                                    sizeof *graph->symbols);
        graph->symbol_capacity = capacity;
    }
    graph->symbols[graph->symbol_count++] = (struct onnx_symbol){name, size};
}

/* NULL: the file states no tensor type or no shape. */
static const Onnx__TensorShapeProto *shape_of(const Onnx__ValueInfoProto *info, int32_t *type)
{
    *type = 0;
    if (!info->type || info->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
        return NULL;
    *type = info->type->tensor_type->elem_type;
    return info->type->tensor_type->shape;
}

static bool is_static(const Onnx__TensorShapeProto__Dimension *dimension)
{
    return dimension->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE &&
           dimension->dim_value > 0;
}

static const char *symbol_of(const Onnx__TensorShapeProto__Dimension *dimension)
{
    return dimension->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
               ? dimension->dim_param
               : "";
}

/* "1x128" after the last '='. */
static bool read_sizes(const char *text, struct wish *wish)
{
    wish->rank = 0;
    wish->is_sized = true;
    for (;;) {
        char *end;
        if (*text < '0' || *text > '9' || wish->rank == TENSOR_RANK_MAX)
            return false;
        long long size = strtoll(text, &end, 10);
        if (size < 1 || size > (long long)1 << 40)
            return false;
        wish->shape[wish->rank++] = size;
        if (!*end)
            return true;
        if (*end != 'x')
            return false;
        text = end + 1;
    }
}

static bool read_wish(struct onnx_graph *graph, const char *text, struct wish *wish,
                      struct error *err)
{
    *wish = (struct wish){.value = onnx_value_find(graph, text)};
    const char *sizes = strrchr(text, '=');
    if (!wish->value && sizes) {
        char *name = arena_copy_text(graph->arena, text);
        name[sizes - text] = 0;
        wish->value = onnx_value_find(graph, name);
        if (wish->value && !read_sizes(sizes + 1, wish))
            return error_set(err, "input '%.80s': '%.40s' is no shape such as 1x128", name,
                             sizes + 1);
    }
    if (!wish->value || wish->value->maker)
        return error_set(err, "%s: has no input '%.80s'%s%.80s%s", graph->path, text,
                         graph->proto->n_input ? "; its first is '" : "",
                         graph->proto->n_input ? graph->proto->input[0]->name : "",
                         graph->proto->n_input ? "'" : "");
    return true;
}

static bool has_weights(const struct onnx_graph *graph)
{
    for (uint32_t i = 0; i < graph->value_count; i++) {
        const struct onnx_value *value = &graph->values[i];
        if (value->is_const && !value->maker && tensor_elements(&value->tensor) > WEIGHTS_ABOVE)
            return true;
    }
    return false;
}

/* Sets is_const and role of every input. */
static void divide(struct onnx_graph *graph, const struct wish *wishes, size_t wish_count)
{
    bool is_all_data = wish_count == 0 && has_weights(graph), is_first = true;
    for (size_t i = 0; i < graph->proto->n_input; i++) {
        struct onnx_value *value = onnx_value_find(graph, graph->proto->input[i]->name);
        if (value->is_const && !value->maker && value->tensor.role == ROLE_CONST)
            continue;
        bool is_data = is_all_data || (wish_count == 0 && is_first);
        is_first = false;
        for (size_t w = 0; w < wish_count; w++)
            is_data = is_data || wishes[w].value == value;
        value->is_const = !is_data;
        value->tensor.role = is_data ? ROLE_INPUT : ROLE_CONST;
    }
    for (size_t w = 0; w < wish_count; w++) { /* a stored tensor may be named, too */
        wishes[w].value->is_const = false;
        wishes[w].value->contents = NULL;
        wishes[w].value->tensor.contents = NULL;
        wishes[w].value->tensor.role = ROLE_INPUT;
    }
}

/* How the batch is told from other open sizes. */
static bool some_size_is_batch(const struct onnx_graph *graph)
{
    for (size_t i = 0; i < graph->proto->n_input; i++) {
        int32_t type;
        const Onnx__TensorShapeProto *shape = shape_of(graph->proto->input[i], &type);
        for (size_t d = 0; shape && d < shape->n_dim; d++)
            if (!is_static(shape->dim[d]) && is_batch_name(symbol_of(shape->dim[d])))
                return true;
    }
    return false;
}

/* What a recurrent layer reads step by step has its batch second. */
static void mark_stepped(struct onnx_graph *graph)
{
    for (uint32_t i = 0; i < graph->node_count; i++) {
        const struct onnx_node *node = &graph->nodes[i];
        bool is_recurrent = strcmp(node->op, "LSTM") == 0 || strcmp(node->op, "GRU") == 0 ||
                            strcmp(node->op, "RNN") == 0;
        if (is_recurrent && node->input_count > 0 && node->inputs[0] &&
            onnx_integer(node, "layout", 0) == 0)
            node->inputs[0]->is_stepped = true;
    }
}

static int64_t open_size(struct onnx_graph *graph, const Onnx__ValueInfoProto *input, size_t at,
                         const Onnx__TensorShapeProto *shape, bool has_batch)
{
    const char *symbol = symbol_of(shape->dim[at]);
    int64_t size, batch = graph->context->options->batch;
    if (symbol[0] && onnx_symbol_size(graph, symbol, &size))
        return size;
    const struct onnx_value *value = onnx_value_find(graph, input->name);
    bool is_batch = has_batch ? is_batch_name(symbol) : at == value->is_stepped;
    size = batch > 0 ? batch : 1;
    if (!is_batch)
        size = shape->n_dim >= 4 && at >= 2 ? OPEN_SIDE : OPEN_LENGTH;
    if (!is_batch)
        import_warn(graph->context, input->name,
                    "input '%.80s': size %zu ('%.40s') is open and taken as %" PRId64
                    "; --input NAME=1x128 states a shape",
                    input->name, at, symbol, size);
    if (symbol[0])
        set_symbol(graph, symbol, size);
    return size;
}

static bool size_input(struct onnx_graph *graph, const Onnx__ValueInfoProto *input,
                       const struct wish *wish, bool has_batch, bool has_overrides,
                       struct error *err)
{
    struct onnx_value *value = onnx_value_find(graph, input->name);
    const Onnx__TensorShapeProto *shape = shape_of(input, &value->type);
    struct tensor *tensor = &value->tensor;
    if (!shape && !(wish && wish->is_sized))
        return error_set(err, "%s: input '%.80s' has no shape; --input NAME=1x128 states one",
                         graph->path, input->name);
    if (!onnx_format(value->type, &tensor->format) && value->type != 8)
        return error_set(err, "%s: input '%.80s' has number type %d, which is unknown",
                         graph->path, input->name, value->type);
    size_t rank = shape ? shape->n_dim : (size_t)wish->rank;
    if (rank > TENSOR_RANK_MAX || (wish && wish->is_sized && rank != (size_t)wish->rank))
        return error_set(err, "%s: input '%.80s' has %zu dimensions, must have %d", graph->path,
                         input->name, rank, wish ? wish->rank : TENSOR_RANK_MAX);
    int64_t batch = graph->context->options->batch;
    tensor->rank = (int32_t)rank;
    for (size_t i = 0; i < rank; i++) {
        int64_t own = shape && is_static(shape->dim[i]) ? shape->dim[i]->dim_value : 0;
        int64_t size = own;
        if (wish && wish->is_sized)
            size = has_overrides || own == 0 ? wish->shape[i] : own;
        else if (own == 0)
            size = open_size(graph, input, i, shape, has_batch);
        else if (i == value->is_stepped && batch > 0 && has_overrides && !has_batch &&
                 !value->is_const)
            size = batch;
        if (own > 0 && size != own) {
            graph->is_resized = true;
            graph->batch_was = own;
            value->batch_inner = 1;
        }
        tensor->shape[i] = size;
    }
    return import_shape_fits(tensor->rank, tensor->shape) ||
           error_set(err, "%s: input '%.80s' has a shape out of range", graph->path,
                     input->name);
}

/* Keeps the shapes that the file states for values between the nodes. */
static void read_stated(struct onnx_graph *graph, Onnx__ValueInfoProto **infos, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct onnx_value *value =
            infos[i]->name ? onnx_value_find(graph, infos[i]->name) : NULL;
        int32_t type;
        const Onnx__TensorShapeProto *shape = shape_of(infos[i], &type);
        if (!value || !value->maker || value->is_stated)
            continue;
        if (value->type == 0)
            value->type = type;
        if (!shape || shape->n_dim > TENSOR_RANK_MAX)
            continue;
        bool is_known = true;
        for (size_t d = 0; d < shape->n_dim && is_known; d++) {
            const Onnx__TensorShapeProto__Dimension *dimension = shape->dim[d];
            const char *symbol = symbol_of(dimension);
            value->stated_shape[d] = dimension->dim_value;
            if (symbol[0])
                is_known = onnx_symbol_size(graph, symbol, &value->stated_shape[d]);
            else
                is_known = dimension->value_case ==
                               ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE &&
                           dimension->dim_value >= 0;
        }
        value->stated_rank = (int32_t)shape->n_dim;
        value->is_stated =
            is_known && import_shape_fits(value->stated_rank, value->stated_shape);
    }
}

bool onnx_graph_split(struct onnx_graph *graph, bool with_overrides, struct error *err)
{
    const struct import_options *options = graph->context->options;
    struct wish *wishes = arena_array(graph->arena, options->input_count, sizeof *wishes);
    for (size_t i = 0; i < options->input_count; i++)
        if (!read_wish(graph, options->inputs[i], &wishes[i], err))
            return false;
    divide(graph, wishes, options->input_count);
    bool has_batch = some_size_is_batch(graph);
    mark_stepped(graph);
    /* Stated shapes first, so that inputs sharing an open size agree with them. */
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < graph->proto->n_input; i++) {
            const Onnx__ValueInfoProto *input = graph->proto->input[i];
            struct onnx_value *value = onnx_value_find(graph, input->name);
            const struct wish *wish = NULL;
            for (size_t w = 0; w < options->input_count && !wish; w++)
                if (wishes[w].value == value && wishes[w].is_sized)
                    wish = &wishes[w];
            if (value->tensor.rank >= 0 || (turn == 0) != (wish != NULL))
                continue;
            if (!size_input(graph, input, wish, has_batch, with_overrides, err))
                return false;
            int32_t type;
            const Onnx__TensorShapeProto *shape = shape_of(input, &type);
            for (size_t d = 0; wish && shape && d < shape->n_dim; d++)
                if (symbol_of(shape->dim[d])[0])
                    set_symbol(graph, symbol_of(shape->dim[d]), value->tensor.shape[d]);
        }
    }
    if (!graph->is_resized) {
        read_stated(graph, graph->proto->value_info, graph->proto->n_value_info);
        read_stated(graph, graph->proto->output, graph->proto->n_output);
    }
    return true;
}
