/* A trace as a SCALE-Sim topology: one row per product that a systolic array would compute.
 * The tool knows one image, one group and no padding, so a row's sizes are those that its
 * windows touch, padding included, and groups, images and repetitions are rows of their own.
 * Where all contractions are plain products the layout is M, N, K; otherwise a product M x K x
 * N is the convolution of one M x K channel with N filters of 1 x K, which is how the tool
 * itself sees it. Element work, pooling and movement have no place in the format. */
#include <inttypes.h>
#include <string.h>

#include "traces/export_report.h"

enum { ROWS_MAX = 65536 /* of one operator */, SIZE_MAX_EXPORTED = INT32_MAX };

struct rows {
    struct export_context *context;
    struct arena scratch;
    bool is_products; /* layout M, N, K */
};

static bool is_product(const struct contraction *c)
{
    return c->size[DIM_T] == 1 && c->size[DIM_R] == 1 && c->size[DIM_S] == 1;
}

static void lower(struct rows *rows, const struct operator* op, struct primitive_list *list)
{
    arena_release(&rows->scratch, (struct arena_mark){0});
    *list = (struct primitive_list){.arena = &rows->scratch};
    op->spec->lower(op, list);
}

static bool has_windows(struct rows *rows, struct error *err)
{
    struct operator op;
    bool is_found = false;
    while (trace_next(rows->context->reader, &op, err)) {
        struct primitive_list list;
        lower(rows, &op, &list);
        for (size_t i = 0; i < list.count; i++)
            is_found = is_found || (list.items[i].kind == PRIMITIVE_CONTRACTION &&
                                    !is_product(&list.items[i].contraction));
    }
    return is_found;
}

/* Commas and quotes would break the row, and the tool splits layers whose name contains DP. */
static const char *clean_name(struct rows *rows, const char *name)
{
    char *clean = arena_copy_text(&rows->scratch, name);
    for (char *c = clean; *c; c++)
        if (*c == ',' || *c == '"' || *c == '\'' || *c == '#' || *c <= ' ' || *c > '~')
            *c = '_';
    for (char *found = clean; (found = strstr(found, "DP"));)
        memcpy(found, "dp", 2);
    return clean[0] ? clean : "layer";
}

static bool is_depthwise(const struct contraction *c)
{
    return !is_product(c) && c->size[DIM_C] == 1 && c->size[DIM_G] > 1;
}

static void put_row(struct rows *rows, const char *name, const struct contraction *c)
{
    int64_t m, k, n;
    contraction_as_product(c, &m, &k, &n);
    if (rows->is_products) {
        fprintf(rows->context->file, "%s,%" PRId64 ",%" PRId64 ",%" PRId64 ",\n", name, m, n,
                k);
        return;
    }
    int64_t height = m, width = k, filter_height = 1, filter_width = k, channels = 1;
    int32_t stride_height = 1, stride_width = 1;
    if (!is_product(c)) {
        filter_height = c->size[DIM_R];
        filter_width = c->size[DIM_S];
        channels = is_depthwise(c) ? c->size[DIM_G] : c->size[DIM_C];
        stride_height = c->stride[1];
        stride_width = c->stride[2];
        height = (c->size[DIM_P] - 1) * stride_height + filter_height;
        width = (c->size[DIM_Q] - 1) * stride_width + filter_width;
    }
    fprintf(rows->context->file,
            "%s%s,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
            ",%d,%d,\n",
            is_depthwise(c) ? "DP_" : "", name, height, width, filter_height, filter_width,
            channels, c->size[DIM_K], stride_height, stride_width);
}

/* NULL, or why a contraction has no rows. A window over depth whose other sides are 1 would be
 * a row; real ones have three sides, of which the tool knows two. */
static const char *obstacle(const struct primitive *primitive, uint64_t *count)
{
    const struct contraction *c = &primitive->contraction;
    bool is_window = !is_product(c);
    *count = 1;
    uint64_t factors[3] = {is_depthwise(c) ? 1 : (uint64_t)c->size[DIM_G],
                           is_window ? (uint64_t)c->size[DIM_N] : 1, primitive->repeat};
    for (int i = 0; i < 3; i++)
        if (__builtin_mul_overflow(*count, factors[i], count) || *count > ROWS_MAX)
            return "it is more than 65536 products";
    if (is_window && (c->size[DIM_T] > 1 || c->size[DIM_Z] > 1))
        return "its windows have three sides";
    int64_t m, k, n;
    contraction_as_product(c, &m, &k, &n);
    if (m > SIZE_MAX_EXPORTED || k > SIZE_MAX_EXPORTED || n > SIZE_MAX_EXPORTED)
        return "a size is above 2^31";
    return NULL;
}

static bool export_operator(struct rows *rows, const struct operator* op)
{
    struct export_summary *summary = rows->context->summary;
    struct primitive_list list;
    bool is_whole = true, is_any = false;
    lower(rows, op, &list);
    const char *name = clean_name(rows, op->name);
    for (size_t i = 0; i < list.count; i++) {
        struct primitive *primitive = &list.items[i];
        uint64_t count;
        if (op->spec->is_contraction)
            summary->macs += primitive->repeat * primitive->macs;
        if (primitive->kind != PRIMITIVE_CONTRACTION) {
            if (primitive->kind == PRIMITIVE_SPARSE_CONTRACTION)
                export_warn(rows->context,
                            "'%.80s' (%s): left out, sparse products have no row", op->name,
                            op->spec->name);
            is_whole = is_whole && primitive->macs == 0;
            continue;
        }
        const char *reason = obstacle(primitive, &count);
        if (reason) {
            export_warn(rows->context, "'%.80s' (%s): left out, %s", op->name, op->spec->name,
                        reason);
            is_whole = false;
            continue;
        }
        for (uint64_t k = 0; k < count; k++)
            put_row(rows, name, &primitive->contraction);
        is_any = true;
        if (op->spec->is_contraction)
            summary->exported_macs += primitive->repeat * primitive->macs;
    }
    return is_any && is_whole;
}

bool export_scalesim(struct export_context *context, struct error *err)
{
    struct rows rows = {.context = context};
    struct error reason = {0};
    struct operator op;
    rows.is_products = !has_windows(&rows, &reason);
    bool is_done = !reason.is_set && trace_rewind(context->reader, &reason);
    fputs(rows.is_products ? "Layer,M,N,K,\n"
                           : "Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,"
                             "Channels,Num Filter,Stride Height,Stride Width,\n",
          context->file);
    while (is_done && trace_next(context->reader, &op, &reason)) {
        context->summary->operators++;
        context->summary->exported += export_operator(&rows, &op);
    }
    arena_free(&rows.scratch);
    if (reason.is_set)
        return error_set(err, "%s", reason.text);
    return context->summary->exported_macs > 0 ||
           error_set(err, "%s: nothing of the trace can be said in this format", context->path);
}
