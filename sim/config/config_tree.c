#include "sim/config/config_tree.h"

#include <limits.h>
#include <string.h>

#include "sim/config/param_text.h"

static int rank(int line)
{
    return line ? line : INT_MAX;
}

struct config_section *config_add_section(struct config_section *parent,
                                          const struct config_schema *schema, const char *title,
                                          int line)
{
    struct arena *arena = parent->config->arena;
    struct config_section *section = arena_alloc(arena, sizeof *section);
    section->name = schema->name;
    section->title = title ? arena_copy_text(arena, title) : NULL;
    section->line = line;
    section->schema = schema;
    section->config = parent->config;
    section->parent = parent;
    struct config_section **link = &parent->children;
    while (*link && rank((*link)->line) <= rank(line))
        link = &(*link)->next;
    section->next = *link;
    *link = section;
    return section;
}

struct config_entry *config_add_entry(struct config_section *section, const char *key,
                                      const char *text, enum config_origin origin, int line)
{
    struct arena *arena = section->config->arena;
    struct config_entry *entry = arena_alloc(arena, sizeof *entry);
    entry->key = arena_copy_text(arena, key);
    entry->text = text;
    entry->origin = origin;
    entry->line = line;
    struct config_entry **link = &section->entries;
    while (*link && rank((*link)->line) <= rank(line))
        link = &(*link)->next;
    entry->next = *link;
    *link = entry;
    return entry;
}

void config_remove_entry(struct config_section *section, struct config_entry *entry)
{
    struct config_entry **link = &section->entries;
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
}

void config_complete(struct config_section *section)
{
    const struct config_schema *child = section->schema->children;
    for (; child && child->name; child++)
        if (!child->is_titled && !child->is_repeatable &&
            !config_find(section, child->name, NULL))
            config_add_section(section, child, NULL, 0);
    for (struct config_section *below = section->children; below; below = below->next)
        config_complete(below);
}

const struct param *config_schema_row(const struct config_schema *schema, const char *key)
{
    for (const struct param *const *table = schema->tables; table && *table; table++) {
        const struct param *row = param_find(*table, key);
        if (row)
            return row;
    }
    return NULL;
}

static const char *section_path(const struct config_section *section)
{
    struct arena *arena = section->config->arena;
    if (!section->parent)
        return "";
    const char *above = section_path(section->parent);
    return arena_format(arena, "%s%s%s%s%s", above, *above ? "." : "", section->name,
                        section->title ? "." : "", section->title ? section->title : "");
}

const char *config_path(const struct config_section *section, const char *key)
{
    const char *path = section_path(section);
    if (!key)
        return path;
    return arena_format(section->config->arena, "%s%s%s", path, *path ? "." : "", key);
}

const char *config_owner(const struct config_section *section)
{
    struct arena *arena = section->config->arena;
    if (!section->parent)
        return "";
    return section->title ? arena_format(arena, "%s '%s': ", section->name, section->title)
                          : arena_format(arena, "%s: ", section->name);
}

struct config_section *config_walk(const struct config_section *section)
{
    if (section->children)
        return section->children;
    while (section && !section->next)
        section = section->parent;
    return section ? section->next : NULL;
}
