#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/config/config.h"
#include "sim/config/config_tree.h"
#include "sim/config/quantity.h"

static void print_origin(const struct config *config, const struct config_entry *entry,
                         FILE *out)
{
    if (entry->origin == ORIGIN_FILE)
        fprintf(out, "%s:%d", config->path, entry->line);
    else
        fputs(entry->origin == ORIGIN_SET ? "--set" : "default", out);
    if (entry->is_inactive)
        fputs(", inactive", out);
}

void config_dump(const struct config *config, FILE *out)
{
    struct arena_mark mark = arena_mark(config->arena);
    for (int is_printing = 0, width = 0; is_printing < 2; is_printing++)
        for (const struct config_section *section = &config->root; section;
             section = config_walk(section))
            for (const struct config_entry *entry = section->entries; entry;
                 entry = entry->next) {
                const char *line = arena_format(config->arena, "%s = %s",
                                                config_path(section, entry->key), entry->text);
                int length = (int)strlen(line);
                if (!is_printing) {
                    width = length > width && length <= 60 ? length : width;
                    continue;
                }
                fprintf(out, "%-*s  # ", width, line);
                print_origin(config, entry, out);
                fputc('\n', out);
            }
    arena_release(config->arena, mark);
}

static bool is_listed(const struct config_entry *entry, const enum config_origin *origin)
{
    return origin ? entry->origin == *origin : entry->is_inactive;
}

/* Of one origin, or (NULL) the inactive ones. */
static const char *const *list_paths(const struct config *config,
                                     const enum config_origin *origin)
{
    size_t count = 0;
    const char **paths = NULL;
    for (int is_filling = 0; is_filling < 2; is_filling++) {
        if (is_filling)
            paths = arena_array(config->arena, count + 1, sizeof *paths);
        count = 0;
        for (const struct config_section *section = &config->root; section;
             section = config_walk(section))
            for (const struct config_entry *entry = section->entries; entry;
                 entry = entry->next) {
                if (!is_listed(entry, origin))
                    continue;
                if (is_filling)
                    paths[count] = config_path(section, entry->key);
                count++;
            }
    }
    return paths;
}

const char *const *config_paths(const struct config *config, enum config_origin origin)
{
    return list_paths(config, &origin);
}

const char *const *config_inactive_paths(const struct config *config)
{
    return list_paths(config, NULL);
}

/* FNV-1a, then mixed so that a sum of hashes does not cancel. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return (hash ^ 0xff) * 0x100000001b3u;
}

static uint64_t mix(uint64_t hash)
{
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
    return hash ^ (hash >> 31);
}

/* Numbers by value, so that "0.7 GHz" and "700 MHz" are one configuration. */
static uint64_t hash_value(uint64_t hash, const struct config_entry *entry)
{
    const struct param *row = entry->param;
    struct quantity quantity;
    if (row && row->type != PARAM_TEXT && row->type != PARAM_LIST &&
        row->type != PARAM_CHOICE && row->type != PARAM_BOOL &&
        quantity_parse(entry->text, row->type == PARAM_BYTES ? UNIT_BYTE : row->unit, &quantity,
                       NULL))
        return mix(hash ^ quantity_hash(quantity));
    return hash_text(hash, entry->text);
}

uint64_t config_hash(const struct config *config)
{
    uint64_t sum = 0;
    struct arena_mark mark = arena_mark(config->arena);
    for (const struct config_section *section = &config->root; section;
         section = config_walk(section))
        for (const struct config_entry *entry = section->entries; entry; entry = entry->next) {
            uint64_t hash = hash_text(0xcbf29ce484222325u, config_path(section, entry->key));
            sum += mix(hash_value(hash, entry));
        }
    arena_release(config->arena, mark);
    return mix(sum);
}
