/* Building and walking the tree of a config; for the files of this room only. */
#ifndef SIM_CONFIG_CONFIG_TREE_H
#define SIM_CONFIG_CONFIG_TREE_H

#include "sim/config/config.h"

/* Both keep file order: by line, then as added; what has no line stands last. */
struct config_section *config_add_section(struct config_section *parent,
                                          const struct config_schema *schema, const char *title,
                                          int line);
struct config_entry *config_add_entry(struct config_section *section, const char *key,
                                      const char *text, enum config_origin origin, int line);
void config_remove_entry(struct config_section *section, struct config_entry *entry);
/* Adds the sections that exist even where the file leaves them out. */
void config_complete(struct config_section *section);
/* A row that may read the key in some table of the section's schema, or NULL. */
const struct param *config_schema_row(const struct config_schema *schema, const char *key);
/* "core.mxu.rows" in the config's arena; without key, the path of the section. */
const char *config_path(const struct config_section *section, const char *key);
/* "core 'mxu': " or "memory: " or "" for the top level. */
const char *config_owner(const struct config_section *section);
/* Depth first; NULL after the last one. */
struct config_section *config_walk(const struct config_section *section);

#endif
