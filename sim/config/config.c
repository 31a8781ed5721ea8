#include "sim/config/config.h"

#include <assert.h>
#include <string.h>

#include "sim/config/config_tree.h"
#include "sim/config/nearest.h"
#include "sim/config/param_text.h"

static struct config_section *match(struct config_section *section, const char *name,
                                    const char *title)
{
    for (; section; section = section->next)
        if (strcmp(section->name, name) == 0 &&
            (!title || (section->title && strcmp(section->title, title) == 0)))
            return section;
    return NULL;
}

struct config_section *config_find(struct config_section *parent, const char *name,
                                   const char *title)
{
    return match(parent->children, name, title);
}

struct config_section *config_next(struct config_section *after, const char *name)
{
    return match(after->next, name, NULL);
}

static struct config_entry *find_entry(const struct config_section *section, const char *key)
{
    for (struct config_entry *entry = section->entries; entry; entry = entry->next)
        if (strcmp(entry->key, key) == 0)
            return entry;
    return NULL;
}

const struct config_entry *config_entry(const struct config_section *section, const char *key)
{
    return find_entry(section, key);
}

/* Where a value came from: "tpu.conf:12: ", "--set core.rows: ", "tpu.conf: " for a default. */
static const char *origin_of(const struct config_section *section,
                             const struct config_entry *entry)
{
    struct arena *arena = section->config->arena;
    int line = entry && entry->origin == ORIGIN_FILE ? entry->line : section->line;
    if (entry && entry->origin == ORIGIN_SET)
        return arena_format(arena, "--set %s: ",
                            entry->assignment ? entry->assignment->path
                                              : config_path(section, entry->key));
    return line ? arena_format(arena, "%s:%d: ", section->config->path, line)
                : arena_format(arena, "%s: ", section->config->path);
}

const char *config_place(const struct config_section *section, const char *key)
{
    const struct config_entry *entry = key ? find_entry(section, key) : NULL;
    return arena_format(section->config->arena, "%s%s", origin_of(section, entry),
                        config_owner(section));
}

/* The place of an entry (NULL: of the section), then the owner as the caller names it. */
static const char *place_of(const struct config_section *section,
                            const struct config_entry *entry, const char *owner)
{
    const char *origin = origin_of(section, entry);
    if (!owner)
        return arena_format(section->config->arena, "%s%s", origin, config_owner(section));
    return *owner ? arena_format(section->config->arena, "%s%s: ", origin, owner) : origin;
}

static bool read_row(struct config_section *section, const struct param *row, void *target,
                     const char *owner, struct error *err)
{
    struct config_entry *entry = find_entry(section, row->key);
    if (!entry && !row->fallback)
        return error_set(err, "%s%s is missing (%s)", place_of(section, NULL, owner), row->key,
                         row->meaning);
    if (!entry)
        entry = config_add_entry(section, row->key, row->fallback, ORIGIN_DEFAULT, 0);
    if (entry->assignment)
        entry->assignment->is_used = true;
    entry->param = row;
    struct arena *arena = section->config->arena;
    if (entry->origin == ORIGIN_DEFAULT && !*entry->text && row->type == PARAM_TEXT) {
        *(const char **)(void *)((char *)target + row->offset) = "";
        return true;
    }
    return param_read(row, entry->text, target, arena, place_of(section, entry, owner), err);
}

bool config_fill_some(struct config_section *section, const struct param *table, void *target,
                      const char *owner, struct error *err)
{
    for (const struct param *row = table; row->key; row++)
        if (!read_row(section, row, target, owner, err))
            return false;
    return true;
}

/* What no table has read is unknown here, unless a --set without title brought it. */
static bool check_keys(struct config_section *section, const struct param *table,
                       const char *owner, struct error *err)
{
    struct config_entry *next;
    for (struct config_entry *entry = section->entries; entry; entry = next) {
        next = entry->next;
        if (entry->param || param_find(table, entry->key))
            continue;
        if (entry->assignment) {
            config_remove_entry(section, entry);
            continue;
        }
        struct nearest nearest = {.wanted = entry->key};
        for (const struct param *row = table; row->key; row++)
            nearest_offer(&nearest, row->key);
        char phrase[80];
        return error_set(err, "%sunknown key '%s'%s", place_of(section, entry, owner),
                         entry->key, nearest_phrase(&nearest, phrase, sizeof phrase));
    }
    return true;
}

bool config_fill(struct config_section *section, const struct param *table, void *target,
                 const char *owner, struct error *err)
{
    return check_keys(section, table, owner, err) &&
           config_fill_some(section, table, target, owner, err);
}

void config_mark_inactive(struct config_section *section, const char *key)
{
    struct config_entry *entry = find_entry(section, key);
    assert(entry);
    entry->is_inactive = true;
}
