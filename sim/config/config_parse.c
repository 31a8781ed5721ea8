/* libconfuse behind our own door. All values are texts to it; config_scan has taken away what
 * it would swallow. Its callbacks carry no context of ours, so what they learn is kept in its
 * own tree: an option's line in the number default that a text option does not use, an error's
 * sentence in the comment of the section where it happened. */
#include <confuse.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/config/config.h"
#include "sim/config/config_scan.h"
#include "sim/config/config_tree.h"
#include "sim/config/nearest.h"

enum { MOST_BYTES = 4 * 1024 * 1024 };

static void keep_message(cfg_t *cfg, const char *format, va_list arguments)
{
    char text[256];
    if (cfg->comment)
        return;
    vsnprintf(text, sizeof text, format, arguments);
    cfg->comment = strdup(text);
}

static int note_line(cfg_t *cfg, cfg_opt_t *option)
{
    bool is_list = option->flags & CFGF_LIST;
    const char *newest = option->values[option->nvalues - 1]->string;
    if (strcmp(option->name, CONFIG_MARK) == 0 || (is_list && option->nvalues > 1))
        return 0;
    if (is_list && newest[0] != CONFIG_LIST_MARK) {
        cfg_error(cfg, "%s must be a list {a, b}", option->name);
        return -1;
    }
    if (option->def.number) {
        cfg_error(cfg, "%s is set again, first at line %ld", option->name, option->def.number);
        return -1;
    }
    option->def.number = cfg->line;
    return 0;
}

static size_t count_options(const struct config_schema *schema)
{
    size_t count = 2; /* the mark and the end */
    for (const struct param *const *table = schema->tables; table && *table; table++)
        for (const struct param *row = *table; row->key; row++)
            count++;
    for (const struct config_schema *child = schema->children; child && child->name; child++)
        count++;
    return count;
}

static bool has_option(const cfg_opt_t *options, size_t count, const char *name, bool is_list)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(options[i].name, name) == 0) {
            assert(!!(options[i].flags & CFGF_LIST) == is_list && options[i].type == CFGT_STR);
            return true;
        }
    return false;
}

/* The union of the tables' keys, once each, then the sections below. */
static cfg_opt_t *make_options(struct arena *arena, const struct config_schema *schema)
{
    cfg_opt_t *options = arena_array(arena, count_options(schema), sizeof *options);
    size_t count = 0;
    options[count++] = (cfg_opt_t){
        .name = CONFIG_MARK, .type = CFGT_STR, .flags = CFGF_NODEFAULT, .validcb = note_line};
    for (const struct param *const *table = schema->tables; table && *table; table++)
        for (const struct param *row = *table; row->key; row++) {
            bool is_list = row->type == PARAM_LIST;
            if (has_option(options, count, row->key, is_list))
                continue;
            options[count++] = (cfg_opt_t){.name = row->key,
                                           .type = CFGT_STR,
                                           .flags = CFGF_NODEFAULT | (is_list ? CFGF_LIST : 0),
                                           .validcb = note_line};
        }
    for (const struct config_schema *child = schema->children; child && child->name; child++) {
        cfg_flag_t title = child->is_titled ? CFGF_TITLE | CFGF_NO_TITLE_DUPES : CFGF_NONE;
        options[count++] = (cfg_opt_t){.name = child->name,
                                       .type = CFGT_SEC,
                                       .flags = CFGF_MULTI | title,
                                       .subopts = make_options(arena, child)};
    }
    return options;
}

/* "file:12: core 'mxu': " of a libconfuse section. */
static const char *place_of(struct arena *arena, const char *path, const cfg_t *cfg, int line)
{
    if (strcmp(cfg->name, "root") == 0)
        return arena_format(arena, "%s:%d: ", path, line);
    return cfg->title
               ? arena_format(arena, "%s:%d: %s '%s': ", path, line, cfg->name, cfg->title)
               : arena_format(arena, "%s:%d: %s: ", path, line, cfg->name);
}

static const cfg_t *find_failure(const cfg_t *cfg)
{
    if (cfg->comment)
        return cfg;
    for (const cfg_opt_t *option = cfg->opts; option->name; option++)
        for (unsigned i = 0; option->type == CFGT_SEC && i < option->nvalues; i++) {
            const cfg_t *found =
                option->values[i]->section ? find_failure(option->values[i]->section) : NULL;
            if (found)
                return found;
        }
    return NULL;
}

/* What libconfuse says, up to the name in quotes, and what we say instead around that name. */
static const struct translation {
    const char *theirs, *before, *after;
} TRANSLATIONS[] = {
    {"no such option '", "unknown key '", "'"},
    {"found duplicate title '", "the title '", "' is taken"},
    {"missing title for section '", "a section ", " must have a title: NAME TITLE {"},
    {"missing opening brace for section '", "a section ", " must have no title, and a '{'"},
    {"missing equal sign after option '", "", " must be followed by '='"},
    {"unexpected token '", "unexpected '", "'"},
    {NULL, NULL, NULL},
};

static const struct translation *find_translation(const char *message)
{
    for (const struct translation *t = TRANSLATIONS; t->theirs; t++)
        if (strncmp(message, t->theirs, strlen(t->theirs)) == 0)
            return t;
    return NULL;
}

static void report(struct config *config, const cfg_t *root, struct error *err)
{
    const cfg_t *cfg = find_failure(root);
    if (!cfg) {
        error_set(err, "%s:%d: not understood from here on", config->path, root->line);
        return;
    }
    const char *place = place_of(config->arena, config->path, cfg, cfg->line);
    const struct translation *translation = find_translation(cfg->comment);
    if (!translation) {
        error_set(err, "%s%s", place, cfg->comment);
        return;
    }
    char *name = arena_copy_text(config->arena, cfg->comment + strlen(translation->theirs));
    name[strcspn(name, "'")] = '\0';
    char phrase[80] = "";
    if (translation == TRANSLATIONS) {
        struct nearest nearest = {.wanted = name};
        for (const cfg_opt_t *option = cfg->opts; option->name; option++)
            if (strcmp(option->name, CONFIG_MARK) != 0)
                nearest_offer(&nearest, option->name);
        nearest_phrase(&nearest, phrase, sizeof phrase);
    }
    error_set(err, "%s%s%.60s%s%s", place, translation->before, name, translation->after,
              phrase);
}

static bool is_title(const char *title)
{
    if (title[0] < 'a' || title[0] > 'z')
        return false;
    return title[strspn(title, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0';
}

/* Items between commas, without the mark in front. */
static const char *join_items(struct arena *arena, const cfg_opt_t *option)
{
    size_t bytes = 1;
    for (unsigned i = 1; i < option->nvalues; i++)
        bytes += strlen(option->values[i]->string) + 1;
    char *text = arena_alloc(arena, bytes), *at = text;
    for (unsigned i = 1; i < option->nvalues; i++)
        at += sprintf(at, "%s%s", i > 1 ? "," : "", option->values[i]->string);
    return text;
}

static bool check_items(const struct config *config, const cfg_t *cfg, const cfg_opt_t *option,
                        struct error *err)
{
    for (unsigned i = 1; i < option->nvalues; i++) {
        const char *item = option->values[i]->string;
        if (!*item || strchr(item, ','))
            return error_set(
                err, "%s%s has the item '%.60s', must be a text without comma",
                place_of(config->arena, config->path, cfg, (int)option->def.number),
                option->name, item);
    }
    return true;
}

static bool read_section(const cfg_t *cfg, struct config_section *section, struct error *err);

static bool read_children(const cfg_opt_t *option, const struct config_schema *schema,
                          struct config_section *parent, struct error *err)
{
    const char *path = parent->config->path;
    for (unsigned i = 0; i < option->nvalues; i++) {
        const cfg_t *cfg = option->values[i]->section;
        int line = atoi(cfg_getstr((cfg_t *)cfg, CONFIG_MARK));
        if (cfg->title && !is_title(cfg->title))
            return error_set(err,
                             "%s:%d: %s '%.60s': a title is a small letter and then small "
                             "letters, digits, '_' or '-'",
                             path, line, cfg->name, cfg->title);
        if (i > 0 && !schema->is_repeatable)
            return error_set(err, "%s:%d: section %s stands twice", path, line, cfg->name);
        struct config_section *section = config_add_section(parent, schema, cfg->title, line);
        if (!read_section(cfg, section, err))
            return false;
    }
    return true;
}

static bool read_section(const cfg_t *cfg, struct config_section *section, struct error *err)
{
    struct config *config = section->config;
    for (const cfg_opt_t *option = cfg->opts; option->name; option++) {
        if (option->type == CFGT_SEC || !option->def.number)
            continue;
        bool is_list = option->flags & CFGF_LIST;
        if (is_list && !check_items(config, cfg, option, err))
            return false;
        const char *text = is_list ? join_items(config->arena, option)
                                   : arena_copy_text(config->arena, option->values[0]->string);
        config_add_entry(section, option->name, text, ORIGIN_FILE, (int)option->def.number);
    }
    const struct config_schema *child = section->schema->children;
    for (const cfg_opt_t *option = cfg->opts; option->name; option++)
        if (option->type == CFGT_SEC && !read_children(option, child++, section, err))
            return false;
    return true;
}

/* Builds the tree from a text that config_scan has prepared. */
static struct config *parse_prepared(struct config *config, struct arena *scratch,
                                     const char *prepared, struct error *err)
{
    cfg_t *cfg = cfg_init(make_options(scratch, config->root.schema), CFGF_NONE);
    if (!cfg) {
        error_set(err, "%s: no memory to read it", config->path);
        return NULL;
    }
    cfg_set_error_function(cfg, keep_message);
    bool is_good = cfg_parse_buf(cfg, prepared) == CFG_SUCCESS;
    if (!is_good)
        report(config, cfg, err);
    else if (!cfg_getstr(cfg, CONFIG_MARK))
        is_good = error_set(err, "%s: the end of the file was not reached", config->path);
    else
        is_good = read_section(cfg, &config->root, err);
    cfg_free(cfg);
    if (!is_good)
        return NULL;
    config_complete(&config->root);
    return config;
}

static struct config *parse(struct arena *arena, const char *path, const char *text,
                            size_t length, const struct config_schema *schema,
                            struct error *err)
{
    struct arena scratch = {.out_of_memory = arena->out_of_memory, .context = arena->context};
    struct config *config = arena_alloc(arena, sizeof *config);
    config->path = arena_copy_text(arena, path);
    config->arena = arena;
    config->root = (struct config_section){.name = "", .schema = schema, .config = config};
    const char *prepared = config_scan(&scratch, path, text, length, err);
    if (prepared)
        config = parse_prepared(config, &scratch, prepared, err);
    arena_free(&scratch);
    return prepared ? config : NULL;
}

struct config *config_parse(struct arena *arena, const char *path, const char *text,
                            const struct config_schema *schema, struct error *err)
{
    return parse(arena, path, text, strlen(text), schema, err);
}

/* The bytes of the file, or NULL. A regular file tells how much room it needs; anything else is
 * read until it is too large. */
static char *read_file(struct arena *scratch, const char *path, FILE *file, size_t *length,
                       struct error *err)
{
    struct stat status;
    size_t room = MOST_BYTES + 1;
    if (fstat(fileno(file), &status) != 0) {
        error_set(err, "%s: cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    if (S_ISDIR(status.st_mode)) {
        error_set(err, "%s: is a directory, not a config file", path);
        return NULL;
    }
    if (S_ISREG(status.st_mode) && status.st_size < MOST_BYTES)
        room = (size_t)status.st_size + 1;
    char *text = arena_alloc(scratch, room);
    *length = fread(text, 1, room, file);
    if (ferror(file))
        error_set(err, "%s: cannot be read: %s", path, strerror(errno));
    else if (*length > MOST_BYTES)
        error_set(err, "%s: is larger than 4 MiB, too large for a config file", path);
    else
        return text;
    return NULL;
}

struct config *config_load(struct arena *arena, const char *path,
                           const struct config_schema *schema, struct error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        error_set(err, "%s: cannot be opened: %s", path, strerror(errno));
        return NULL;
    }
    struct arena scratch = {.out_of_memory = arena->out_of_memory, .context = arena->context};
    size_t length = 0;
    const char *text = read_file(&scratch, path, file, &length, err);
    fclose(file);
    struct config *config = text ? parse(arena, path, text, length, schema, err) : NULL;
    arena_free(&scratch);
    return config;
}
