/* --set PATH=VALUE. A path is matched against what the schema allows, not only against what the
 * file says: a key that the file leaves to its default can be set. */
#include <string.h>

#include "sim/config/config.h"
#include "sim/config/config_tree.h"
#include "sim/config/nearest.h"

enum { MOST_WORDS = 16 };

struct assignment {
    const char *words[MOST_WORDS]; /* of the path */
    size_t count;
    const char *text; /* the value */
    struct config_assignment *record;
    size_t hits;
    struct nearest nearest;
};

static bool split(struct arena *arena, const char *text, struct assignment *assignment,
                  struct error *err)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return error_set(err, "--set '%.80s': must be PATH=VALUE", text);
    char *at = arena_copy_text(arena, text);
    at[equals - text] = '\0';
    assignment->text = at + (equals - text) + 1;
    for (char *dot = at; dot; at = dot + 1) {
        if (assignment->count == MOST_WORDS)
            return error_set(err, "--set '%.80s': the path has too many parts", text);
        assignment->words[assignment->count++] = at;
        dot = strchr(at, '.');
        if (dot)
            *dot = '\0';
        else
            break;
    }
    return true;
}

static bool put(struct assignment *assignment, struct config_section *section, const char *key,
                bool is_exact, struct error *err)
{
    if (!config_schema_row(section->schema, key)) {
        for (const struct param *const *t = section->schema->tables; t && *t; t++)
            for (const struct param *row = *t; row->key; row++)
                nearest_offer(&assignment->nearest, row->key);
        return true;
    }
    struct config_entry *entry = (struct config_entry *)config_entry(section, key);
    if (entry && entry->origin == ORIGIN_SET)
        return error_set(err, "--set %s: %s is set twice", assignment->record->path,
                         config_path(section, key));
    /* What the file says itself is not dropped where the table lacks it: it is the file's
     * fault. */
    bool is_droppable = !is_exact && !entry;
    if (!entry)
        entry = config_add_entry(section, key, "", ORIGIN_SET, 0);
    entry->text = assignment->text;
    entry->origin = ORIGIN_SET;
    entry->assignment = is_droppable ? assignment->record : NULL;
    assignment->record->is_used |= !is_droppable;
    assignment->hits++;
    return true;
}

static bool has_title(const struct config_section *section, const char *name, const char *title)
{
    for (; section; section = section->next)
        if (section->title && strcmp(section->name, name) == 0 &&
            strcmp(section->title, title) == 0)
            return true;
    return false;
}

/* Words from `word` on, below `parent`. A word that is some section's title is that title. */
static bool apply(struct assignment *assignment, struct config_section *parent, size_t word,
                  bool is_exact, struct error *err)
{
    const char *name = assignment->words[word];
    if (word + 1 == assignment->count)
        return put(assignment, parent, name, is_exact, err);
    const char *second = assignment->words[word + 1];
    bool is_titled = word + 2 < assignment->count && has_title(parent->children, name, second);
    struct config_section *below = config_find(parent, name, is_titled ? second : NULL);
    for (; below; below = is_titled ? NULL : config_next(below, name)) {
        bool is_exact_below = is_exact && (is_titled || !below->schema->is_titled);
        if (!apply(assignment, below, word + 1 + is_titled, is_exact_below, err))
            return false;
    }
    return true;
}

bool config_set(struct config *config, const struct config_schema *schema, const char *text,
                struct error *err)
{
    (void)schema; /* every section knows its own */
    struct assignment assignment = {0};
    if (!split(config->arena, text, &assignment, err))
        return false;
    struct config_assignment *record = arena_alloc(config->arena, sizeof *record);
    char *path = arena_copy_text(config->arena, text);
    path[strcspn(path, "=")] = '\0';
    record->path = path;
    assignment.record = record;
    assignment.nearest.wanted = assignment.words[assignment.count - 1];
    if (!apply(&assignment, &config->root, 0, true, err))
        return false;
    if (!assignment.hits) {
        char phrase[80];
        return error_set(err, "--set %s: %s has no such value%s", record->path, config->path,
                         nearest_phrase(&assignment.nearest, phrase, sizeof phrase));
    }
    struct config_assignment **link = &config->assignments;
    while (*link)
        link = &(*link)->next;
    *link = record;
    return true;
}

bool config_check_sets(const struct config *config, struct error *err)
{
    for (const struct config_assignment *set = config->assignments; set; set = set->next)
        if (!set->is_used)
            return error_set(err, "--set %s: nothing in %s reads this value", set->path,
                             config->path);
    return true;
}
