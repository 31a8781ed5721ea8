#include "traces/import.h"

#include <string.h>

#include "traces/import_formats.h"
#include "traces/import_report.h"
#include "traces/import_source.h"

/* Recognised in this order: formats with a mark of their own first. */
static const struct importer IMPORTERS[] = {
    {"pytorch", "PyTorch execution trace (JSON)", import_pytorch_sniff, import_pytorch},
    {"timeloop", "Timeloop problem (YAML)", import_timeloop_sniff, import_timeloop},
    {"onnx", "ONNX model", import_onnx_sniff, import_onnx},
    {"chakra", "MLCommons Chakra execution trace", import_chakra_sniff, import_chakra},
    {"scalesim", "SCALE-Sim topology, partial windows rounded as that tool does",
     import_topology_sniff, import_scalesim},
    {"topology", "SCALE-Sim topology, windows rounded as frameworks do", import_topology_sniff,
     import_topology},
};

const struct importer *importer_table(size_t *count)
{
    *count = sizeof IMPORTERS / sizeof IMPORTERS[0];
    return IMPORTERS;
}

static const char *format_names(struct arena *arena)
{
    const char *names = IMPORTERS[0].name;
    for (size_t i = 1; i < sizeof IMPORTERS / sizeof IMPORTERS[0]; i++)
        names = arena_format(arena, "%s, %s", names, IMPORTERS[i].name);
    return names;
}

static const struct importer *choose(const struct import_source *source, const char *format,
                                     struct arena *arena, struct error *err)
{
    for (size_t i = 0; i < sizeof IMPORTERS / sizeof IMPORTERS[0]; i++) {
        const struct importer *importer = &IMPORTERS[i];
        if (format ? strcmp(importer->name, format) == 0
                   : importer->sniff((const char *)source->buffer, source->filled))
            return importer;
    }
    if (format)
        error_set(err, "'%s' is no format to import; there are %s", format,
                  format_names(arena));
    else
        error_set(err, "%s: is in no format known here; --as names one of %s", source->path,
                  format_names(arena));
    return NULL;
}

bool import_file(const char *path, const struct import_options *options, struct sink *sink,
                 struct arena *arena, struct import_summary *summary, struct error *err)
{
    static const struct import_options defaults;
    if (!options)
        options = &defaults;
    *summary = (struct import_summary){0};
    if (options->batch < 0 || options->batch > IMPORT_BATCH_MAX)
        return error_set(err, "the batch is %lld, must be 1 to %d", (long long)options->batch,
                         IMPORT_BATCH_MAX);
    struct import_source source;
    if (!import_source_open(&source, path, err))
        return false;
    const struct importer *importer = choose(&source, options->format, arena, err);
    bool is_done = false;
    if (importer) {
        summary->format = importer->name;
        struct import_report *report = arena_alloc(arena, sizeof *report);
        struct import_context context = {&source, options, sink, arena, summary, report};
        is_done = importer->run(&context, err);
        if (is_done)
            import_report_close(&context);
    }
    import_source_close(&source);
    return is_done;
}
