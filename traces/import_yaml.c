#include "traces/import_yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Problems are a page of text; whole models of them are below a megabyte. */
static const uint64_t FILE_BYTES_MAX = 16 << 20;
enum { MERGE_DEPTH_MAX = 8 };

struct reading {
    struct import_source *source;
    struct error *err;
};

static int read_bytes(void *context, unsigned char *bytes, size_t size, size_t *got)
{
    struct reading *reading = context;
    if (reading->source->position > FILE_BYTES_MAX)
        return error_set(reading->err, "%s: is longer than %u MiB", reading->source->path,
                         (unsigned)(FILE_BYTES_MAX >> 20));
    return import_source_read(reading->source, bytes, size, got, reading->err);
}

bool import_yaml_open(struct import_yaml *yaml, struct import_source *source, struct error *err)
{
    yaml_parser_t parser;
    struct reading reading = {source, err};
    yaml->path = source->path;
    if (!yaml_parser_initialize(&parser))
        return error_set(err, "%s: no memory to read it", source->path);
    yaml_parser_set_input(&parser, read_bytes, &reading);
    bool is_read = yaml_parser_load(&parser, &yaml->document);
    if (!is_read)
        error_set(err, "%s:%zu: is no YAML: %s", source->path, parser.problem_mark.line + 1,
                  parser.problem ? parser.problem : "out of memory");
    yaml_parser_delete(&parser);
    return is_read;
}

void import_yaml_close(struct import_yaml *yaml)
{
    yaml_document_delete(&yaml->document);
}

yaml_node_t *import_yaml_root(struct import_yaml *yaml)
{
    return yaml_document_get_root_node(&yaml->document);
}

static yaml_node_t *get(struct import_yaml *yaml, yaml_node_t *mapping, const char *key,
                        int depth)
{
    if (!key || !mapping || mapping->type != YAML_MAPPING_NODE || depth > MERGE_DEPTH_MAX)
        return NULL;
    yaml_node_t *merged = NULL;
    for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         pair < mapping->data.mapping.pairs.top; pair++) {
        const char *name = import_yaml_text(yaml_document_get_node(&yaml->document, pair->key));
        if (name && strcmp(name, key) == 0)
            return yaml_document_get_node(&yaml->document, pair->value);
        if (name && strcmp(name, "<<") == 0)
            merged = yaml_document_get_node(&yaml->document, pair->value);
    }
    if (merged && merged->type == YAML_SEQUENCE_NODE)
        merged = import_yaml_item(yaml, merged, 0);
    return get(yaml, merged, key, depth + 1);
}

yaml_node_t *import_yaml_get(struct import_yaml *yaml, yaml_node_t *mapping, const char *key,
                             const char *other)
{
    yaml_node_t *found = get(yaml, mapping, key, 0);
    return found ? found : get(yaml, mapping, other, 0);
}

yaml_node_t *import_yaml_item(struct import_yaml *yaml, yaml_node_t *sequence, size_t index)
{
    if (!sequence || sequence->type != YAML_SEQUENCE_NODE)
        return NULL;
    yaml_node_item_t *start = sequence->data.sequence.items.start;
    if (index >= (size_t)(sequence->data.sequence.items.top - start))
        return NULL;
    return yaml_document_get_node(&yaml->document, start[index]);
}

const char *import_yaml_text(const yaml_node_t *node)
{
    return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
                                                  : NULL;
}

bool import_yaml_error(const struct import_yaml *yaml, const yaml_node_t *node,
                       struct error *err, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!node)
        return error_set(err, "%s: %s", yaml->path, text);
    return error_set(err, "%s:%zu: %s", yaml->path, node->start_mark.line + 1, text);
}
