#include "traces/import_report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void import_warn(struct import_context *context, const char *kind, const char *format, ...)
{
    struct import_report *report = context->report;
    for (size_t i = 0; i < report->warning_count; i++) {
        if (strcmp(report->warnings[i].kind, kind) == 0) {
            report->warnings[i].count++;
            return;
        }
    }
    if (report->warning_count == IMPORT_WARNINGS_MAX) {
        report->further++;
        return;
    }
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    report->warnings[report->warning_count++] = (struct import_warning){
        .kind = arena_copy_text(context->arena, kind),
        .sentence = arena_copy_text(context->arena, text),
        .count = 1,
    };
}

static void append_name(struct import_context *context, struct import_names *list,
                        size_t *capacity, const char *name)
{
    if (list->count == *capacity) {
        size_t bigger = *capacity ? 2 * *capacity : 16;
        list->names = arena_grow(context->arena, (void *)list->names, list->count, bigger,
                                 sizeof *list->names);
        *capacity = bigger;
    }
    ((const char **)list->names)[list->count++] = arena_copy_text(context->arena, name);
}

void import_split(struct import_context *context, const struct tensor *tensor)
{
    struct import_summary *summary = context->summary;
    if (tensor->role == ROLE_INPUT) {
        append_name(context, &summary->inputs, &context->report->input_capacity, tensor->name);
    } else if (tensor->role == ROLE_CONST) {
        append_name(context, &summary->consts, &context->report->const_capacity, tensor->name);
        summary->const_elements += tensor_elements(tensor);
    }
}

bool import_emit(struct import_context *context, const struct operator* op, uint64_t *coverage,
                 const char *place, struct error *err)
{
    struct error reason = {0};
    if (!op->spec->check(op, &reason))
        return error_set(err, "%s: %s", place, reason.text);
    context->sink->operator(context->sink, op);
    context->summary->operators++;
    (*coverage)++;
    return true;
}

static const char *coverage_line(struct import_context *context)
{
    const struct import_summary *summary = context->summary;
    double time = summary->derived_us + summary->recorded_us + summary->unknown_us;
    char share[96] = "";
    if (time > 0)
        snprintf(share, sizeof share,
                 "; of the recorded time %.1f %% derived, %.1f %% recorded, %.1f %% unknown",
                 100 * summary->derived_us / time, 100 * summary->recorded_us / time,
                 100 * summary->unknown_us / time);
    return arena_format(
        context->arena,
        "%" PRIu64 " operators: %" PRIu64 " derived, %" PRIu64 " recorded, %" PRIu64
        " unknown (%" PRIu64 " nodes, %" PRIu64 " folded, %" PRIu64 " without work)%s",
        summary->operators, summary->derived, summary->recorded, summary->unknown,
        summary->nodes, summary->folded, summary->ignored, share);
}

void import_report_close(struct import_context *context)
{
    struct import_report *report = context->report;
    struct import_summary *summary = context->summary;
    size_t count = report->warning_count + (report->further > 0);
    const char **sentences = arena_array(context->arena, count, sizeof *sentences);
    for (size_t i = 0; i < report->warning_count; i++) {
        const struct import_warning *warning = &report->warnings[i];
        sentences[i] = warning->count == 1
                           ? warning->sentence
                           : arena_format(context->arena, "%s (and %" PRIu64 " more like it)",
                                          warning->sentence, warning->count - 1);
    }
    if (report->further > 0)
        sentences[count - 1] =
            arena_format(context->arena, "%" PRIu64 " warnings of further kinds are left out",
                         report->further);
    summary->warnings = (struct import_names){sentences, count};
    summary->coverage = coverage_line(context);
}
