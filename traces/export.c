#include "traces/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/export_report.h"

static const struct exporter EXPORTERS[] = {
    {"scalesim", "SCALE-Sim topology (CSV): the products of all contractions", export_scalesim},
    {"chakra", "MLCommons Chakra execution trace: operators with work, bytes and dependencies",
     export_chakra},
};

const struct exporter *exporter_table(size_t *count)
{
    *count = sizeof EXPORTERS / sizeof EXPORTERS[0];
    return EXPORTERS;
}

void export_warn(struct export_context *context, const char *format, ...)
{
    struct export_summary *summary = context->summary;
    char text[512];
    if (summary->warning_count == EXPORT_WARNINGS_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    summary->warnings[summary->warning_count++] = arena_copy_text(context->arena, text);
}

static void close_summary(struct export_context *context)
{
    struct export_summary *s = context->summary;
    s->left_out = s->operators - s->exported;
    double share = s->macs ? 100.0 * (double)s->exported_macs / (double)s->macs : 100.0;
    s->coverage = arena_format(context->arena,
                               "%" PRIu64 " of %" PRIu64
                               " operators exported, with %.1f %% of the multiply-accumulates",
                               s->exported, s->operators, share);
}

static bool run(const struct exporter *exporter, struct export_context *context,
                struct error *err)
{
    bool is_standard = strcmp(context->path, "-") == 0;
    context->file = is_standard ? stdout : fopen(context->path, "wb");
    if (!context->file)
        return error_set(err, "%s: cannot be written: %s", context->path, strerror(errno));
    bool is_done = exporter->run(context, err);
    bool is_written = fflush(context->file) == 0 && !ferror(context->file);
    if (!is_standard)
        is_written = fclose(context->file) == 0 && is_written;
    if (is_done && !is_written)
        is_done = error_set(err, "%s: cannot be written: %s",
                            is_standard ? "standard output" : context->path, strerror(errno));
    struct stat status; /* nothing half written stays; what is no file does */
    if (!is_done && !is_standard && stat(context->path, &status) == 0 &&
        S_ISREG(status.st_mode))
        unlink(context->path);
    return is_done;
}

bool export_file(const char *trace, const char *format, const char *path, struct arena *arena,
                 struct export_summary *summary, struct error *err)
{
    const struct exporter *exporter = NULL;
    for (size_t i = 0; i < sizeof EXPORTERS / sizeof EXPORTERS[0]; i++)
        if (strcmp(EXPORTERS[i].name, format) == 0)
            exporter = &EXPORTERS[i];
    if (!exporter)
        return error_set(err, "'%s' is no format to export to; there are %s and %s", format,
                         EXPORTERS[0].name, EXPORTERS[1].name);
    *summary = (struct export_summary){0};
    struct export_context context = {.path = path, .arena = arena, .summary = summary};
    context.reader = trace_open(trace, err);
    if (!context.reader)
        return false;
    bool is_done = run(exporter, &context, err);
    trace_close(context.reader);
    if (is_done)
        close_summary(&context);
    return is_done;
}
