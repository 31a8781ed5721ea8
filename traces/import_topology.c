/* SCALE-Sim topologies: a header line, then one layer a line, either
 *     name, ifmap height, width, filter height, width, channels, filters, stride [, stride
 *     width] [, N:M]            or            name, M, N, K [, N:M]
 * with or without a comma at the end. Padding is part of the sizes. N:M is the sparsity of the
 * filters that version 3 of the tool knows.
 *
 * The tool counts windows as ceil((ifmap - filter + stride) / stride): a window that only
 * partly fits is computed as if the input went on. `scalesim` keeps this, by padding behind the
 * data, and with it that a layer whose name contains "DP" is as many layers as it has channels,
 * of one channel each. `topology` takes the same file for what a framework would compute:
 * partial windows are dropped, and a DP layer is one grouped convolution. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/import_build.h"
#include "traces/import_formats.h"
#include "traces/import_source.h"

enum {
    FIELDS_MAX = 12,
    LINE_MAX_BYTES = 4096,
    SPLIT_LAYERS_MAX = 65536,
    LAYERS_MAX = 1 << 18,
    HEAD_LINES = 8
};
enum { IFMAP_H = 1, IFMAP_W, FILTER_H, FILTER_W, CHANNELS, FILTERS, STRIDE_H, STRIDE_W };

static const char *const CONV_FIELDS[] = {"name",          "ifmap height", "ifmap width",
                                          "filter height", "filter width", "channels",
                                          "filters",       "stride",       "stride width"};
static const char *const GEMM_FIELDS[] = {"name", "M", "N", "K"};

struct row {
    char *fields[FIELDS_MAX];
    size_t count; /* the empty cell behind a trailing comma is dropped */
    int64_t sizes[FIELDS_MAX];
    double density;
};

struct topology {
    struct import_context *context;
    bool is_tool; /* rounded and split as the tool does */
    struct number_format format;
    const char *place; /* of the row: "net.csv:12" */
    uint64_t row;
    int64_t batch;
};

static char *trimmed(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        text[--length] = 0;
    return text;
}

/* False: more fields than any layout has. */
static bool split(char *line, struct row *row)
{
    row->count = 0;
    for (char *at = line; at;) {
        if (row->count == FIELDS_MAX)
            return false;
        char *comma = strchr(at, ',');
        if (comma)
            *comma = 0;
        row->fields[row->count++] = trimmed(at);
        at = comma ? comma + 1 : NULL;
    }
    if (row->count > 1 && !row->fields[row->count - 1][0])
        row->count--;
    return true;
}

static bool read_size(const char *text, int64_t *size)
{
    char *end;
    if (*text < '0' || *text > '9' || strlen(text) > 10)
        return false;
    *size = strtoll(text, &end, 10);
    return !*end && *size >= 1 && *size <= INT32_MAX;
}

static bool read_sparsity(const char *text, double *density)
{
    char kept[16], *colon;
    int64_t n, m;
    if (strlen(text) >= sizeof kept)
        return false;
    strcpy(kept, text);
    colon = strchr(kept, ':');
    if (!colon)
        return false;
    *colon = 0;
    if (!read_size(kept, &n) || !read_size(colon + 1, &m) || n > m)
        return false;
    *density = (double)n / (double)m;
    return true;
}

static bool read_row(const struct topology *topology, struct row *row, bool *is_gemm,
                     struct error *err)
{
    row->density = 1;
    if (row->count > 1 && strchr(row->fields[row->count - 1], ':')) {
        if (!read_sparsity(row->fields[row->count - 1], &row->density))
            return error_set(err, "%s: sparsity is '%.20s', must be N:M with N at most M",
                             topology->place, row->fields[row->count - 1]);
        row->count--;
    }
    *is_gemm = row->count == 4;
    if (!*is_gemm && row->count != 8 && row->count != 9)
        return error_set(err,
                         "%s: has %zu fields, must have 4 (name, M, N, K) or 8 or 9 (a "
                         "convolution)",
                         topology->place, row->count);
    for (size_t i = 1; i < row->count; i++)
        if (!read_size(row->fields[i], &row->sizes[i]))
            return error_set(err, "%s: %s is '%.20s', must be a whole number from 1 to %d",
                             topology->place, (*is_gemm ? GEMM_FIELDS : CONV_FIELDS)[i],
                             row->fields[i], INT32_MAX);
    if (row->count == 8)
        row->sizes[STRIDE_W] = row->sizes[STRIDE_H];
    return true;
}

static const struct tensor *declare(struct topology *topology, const char *layer,
                                    const char *what, int32_t rank, const int64_t *shape,
                                    double density, struct error *err)
{
    bool is_weight = strcmp(what, "weight") == 0;
    struct tensor tensor = {
        .name = arena_format(topology->context->arena, "%s.%s", layer, what),
        .rank = rank,
        .format = topology->format,
        .role = is_weight ? ROLE_CONST : ROLE_INPUT,
        .density = is_weight ? density : 1,
    };
    memcpy(tensor.shape, shape, (size_t)rank * sizeof *shape);
    return import_declare(topology->context, &tensor, topology->place, err);
}

/* Tensor names are unique, layer names need not be. */
static bool emit(struct topology *topology, const char *name, struct import_draft *draft,
                 const int64_t *in, const int64_t *weight, int32_t rank, double density,
                 struct error *err)
{
    struct import_context *context = topology->context;
    const char *layer = arena_format(context->arena, "%" PRIu64 ".%s", topology->row++, name);
    draft->name = name;
    draft->inputs[0] = declare(topology, layer, "input", rank, in, 1, err);
    draft->inputs[1] = declare(topology, layer, "weight", rank, weight, density, err);
    if (!draft->inputs[0] || !draft->inputs[1])
        return false;
    draft->input_count = 2;
    draft->output_count = 1;
    draft->outputs[0] =
        (struct tensor){.name = arena_format(context->arena, "%s.output", layer),
                        .role = ROLE_OUTPUT,
                        .format = topology->format};
    return import_build(context, draft, topology->place, &context->summary->derived, NULL, err);
}

static bool emit_product(struct topology *topology, const struct row *row, struct error *err)
{
    struct import_draft draft = {.op = "Gemm"};
    int64_t a[2] = {row->sizes[1] * topology->batch, row->sizes[3]};
    int64_t b[2] = {row->sizes[3], row->sizes[2]};
    return emit(topology, row->fields[0], &draft, a, b, 2, row->density, err);
}

/* Padding behind the data that makes floor((in + pad - filter) / stride) + 1 the tool's count;
 * negative where not one window fits. */
static int64_t padding(int64_t in, int64_t filter, int64_t stride)
{
    int64_t room = in - filter + stride;
    int64_t windows = room > 0 ? (room + stride - 1) / stride : 0;
    if (windows < 1)
        return -1;
    int64_t needed = (windows - 1) * stride + filter - in;
    return needed > 0 ? needed : 0;
}

static bool emit_convolution(struct topology *topology, const struct row *row, const char *name,
                             int64_t channels, int64_t filters, int64_t group,
                             struct error *err)
{
    struct import_draft draft = {.op = "Conv"};
    const int64_t *size = row->sizes;
    int64_t in[4] = {topology->batch, channels, size[IFMAP_H], size[IFMAP_W]};
    int64_t weight[4] = {filters, channels / group, size[FILTER_H], size[FILTER_W]};
    int64_t behind[2] = {padding(size[IFMAP_H], size[FILTER_H], size[STRIDE_H]),
                         padding(size[IFMAP_W], size[FILTER_W], size[STRIDE_W])};
    bool is_partial = behind[0] != 0 || behind[1] != 0;
    if (behind[0] < 0 || behind[1] < 0 ||
        (!topology->is_tool &&
         (size[IFMAP_H] < size[FILTER_H] || size[IFMAP_W] < size[FILTER_W])))
        return error_set(err,
                         "%s: a filter of %" PRId64 " x %" PRId64
                         " does not fit an input of %" PRId64 " x %" PRId64,
                         topology->place, size[FILTER_H], size[FILTER_W], size[IFMAP_H],
                         size[IFMAP_W]);
    if (is_partial)
        import_warn(topology->context, "partial",
                    topology->is_tool
                        ? "%s: the last windows fit only partly and are computed, as SCALE-Sim "
                          "does; --as topology drops them"
                        : "%s: the last windows fit only partly and are dropped; --as scalesim "
                          "computes them, as that tool does",
                    topology->place);
    int64_t pads[4] = {0, 0, topology->is_tool ? behind[0] : 0,
                       topology->is_tool ? behind[1] : 0};
    draft_integers(&draft, "kernel_shape", &weight[2], 2);
    draft_integers(&draft, "strides", &size[STRIDE_H], 2);
    draft_integers(&draft, "pads", pads, 4);
    if (group > 1)
        draft_integers(&draft, "group", &group, 1);
    return emit(topology, name, &draft, in, weight, 4, row->density, err);
}

static bool emit_row(struct topology *topology, const struct row *row, struct error *err)
{
    struct import_context *context = topology->context;
    int64_t channels = row->sizes[CHANNELS], filters = row->sizes[FILTERS];
    bool is_depthwise = strstr(row->fields[0], "DP") != NULL;
    if (!is_depthwise)
        return emit_convolution(topology, row, row->fields[0], channels, filters, 1, err);
    if (!topology->is_tool)
        return emit_convolution(topology, row, row->fields[0], channels, channels * filters,
                                channels, err);
    if (channels > SPLIT_LAYERS_MAX)
        return error_set(err,
                         "%s: a DP layer of %" PRId64 " channels is as many layers, at most "
                         "%d can be",
                         topology->place, channels, SPLIT_LAYERS_MAX);
    if (topology->row + (uint64_t)channels > LAYERS_MAX)
        return error_set(err, "%s: DP layers split by channels are more than %d layers",
                         topology->place, LAYERS_MAX);
    for (int64_t i = 0; i < channels; i++) {
        const char *name = arena_format(context->arena, "%s_%" PRId64, row->fields[0], i);
        if (!emit_convolution(topology, row, name, 1, filters, 1, err))
            return false;
    }
    return true;
}

static bool is_header(const struct row *row)
{
    int64_t size;
    return row->count < 2 || !read_size(row->fields[1], &size);
}

static bool import_rows(struct topology *topology, struct error *err)
{
    struct import_context *context = topology->context;
    uint64_t line_number = 0;
    bool is_first = true; /* line that is neither blank nor a comment */
    for (;;) {
        char *line;
        if (!import_source_line(context->source, context->arena, LINE_MAX_BYTES, &line, err))
            return false;
        if (!line)
            break;
        line_number++;
        topology->place =
            arena_format(context->arena, "%s:%" PRIu64, context->source->path, line_number);
        if (line_number == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0)
            line += 3;
        line = trimmed(line);
        if (!line[0] || line[0] == '#')
            continue;
        struct row row;
        bool is_gemm = false;
        if (!split(line, &row))
            return error_set(err, "%s: has more than %d fields", topology->place, FIELDS_MAX);
        bool was_first = is_first;
        is_first = false;
        if (was_first && is_header(&row))
            continue;
        if (was_first)
            import_warn(context, "header",
                        "%s: holds numbers and is taken for a layer; SCALE-Sim skips the first "
                        "line",
                        topology->place);
        if (!read_row(topology, &row, &is_gemm, err))
            return false;
        context->summary->nodes++;
        if (!(is_gemm ? emit_product(topology, &row, err) : emit_row(topology, &row, err)))
            return false;
    }
    return context->summary->nodes > 0 ||
           error_set(err, "%s: holds no layer", context->source->path);
}

static bool start(struct import_context *context, bool is_tool, struct error *err)
{
    struct topology topology = {
        .context = context,
        .is_tool = is_tool,
        /* A word of the tool is one byte; a framework's default is f32. */
        .format = is_tool ? number_format_integer(true, 8) : number_format_float(8, 23),
        .batch = context->options->batch > 0 ? context->options->batch : 1,
    };
    if (context->options->input_count > 0)
        return error_set(err, "%s: layers of a topology have no inputs that --input could name",
                         context->source->path);
    return import_rows(&topology, err);
}

bool import_scalesim(struct import_context *context, struct error *err)
{
    return start(context, true, err);
}

bool import_topology(struct import_context *context, struct error *err)
{
    return start(context, false, err);
}

static bool is_layer(const char *from, const char *end)
{
    char line[LINE_MAX_BYTES];
    size_t size = (size_t)(end - from);
    if (size >= sizeof line)
        return false;
    memcpy(line, from, size);
    line[size] = 0;
    line[strcspn(line, "\r")] = 0;
    struct row row;
    return split(line, &row) && row.count >= 4 && row.count <= 10 && !is_header(&row);
}

/* One of the first lines is a layer: a name and at least three numbers. */
bool import_topology_sniff(const char *head, size_t length)
{
    const char *end = head + length;
    if (memchr(head, 0, length))
        return false;
    for (int line = 0; line < HEAD_LINES && head < end; line++) {
        const char *next = memchr(head, '\n', (size_t)(end - head));
        if (is_layer(head, next ? next : end))
            return true;
        head = next ? next + 1 : end;
    }
    return false;
}
