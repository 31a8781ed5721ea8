/* A YAML document in memory, read through libyaml, and the few questions that importers ask of
 * it. Merge keys ("<<") are followed; aliases are references, never copies, so a small file
 * cannot grow. The document lives until import_yaml_close. */
#ifndef TRACES_IMPORT_YAML_H
#define TRACES_IMPORT_YAML_H

#include <yaml.h>

#include "traces/import_source.h"

struct import_yaml {
    const char *path;
    yaml_document_t document;
};

bool import_yaml_open(struct import_yaml *yaml, struct import_source *source,
                      struct error *err);
void import_yaml_close(struct import_yaml *yaml);
yaml_node_t *import_yaml_root(struct import_yaml *yaml); /* NULL: empty */

/* NULL: no mapping, or it does not have the key. `other` (may be NULL) is a second spelling. */
yaml_node_t *import_yaml_get(struct import_yaml *yaml, yaml_node_t *mapping, const char *key,
                             const char *other);
/* The item of a sequence, or NULL behind its end. */
yaml_node_t *import_yaml_item(struct import_yaml *yaml, yaml_node_t *sequence, size_t index);
/* NULL: no scalar. */
const char *import_yaml_text(const yaml_node_t *node);
/* "problem.yaml:12: ..." Returns false. */
bool import_yaml_error(const struct import_yaml *yaml, const yaml_node_t *node,
                       struct error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
