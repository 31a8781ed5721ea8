/* A config file in memory: sections with entries, each value with the place it came from.
 * libconfuse reads it; we check it. A file looks like this:
 *
 *     process = generic-28nm           # to the end of the line; // and block comments as well
 *     core mxu {                       # a section with its title
 *         clock = "700 MHz"            # several words need quotes, of either kind
 *         formats = {i8, i16}          # a list
 *     }
 *
 * There are no escapes, includes or variables; a key stands once. Grammar of a PATH:
 * section[.title]{.section[.title]}.key, where a path without title means every section of that
 * name that has the key.
 * The whole lives in the arena given to config_load. Values are texts until config_fill. */
#ifndef SIM_CONFIG_CONFIG_H
#define SIM_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/config/param.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"

/* What a file of one kind may hold. `tables` lists every table whose keys may stand in the
 * section (a core section: the union of the family tables); config_fill narrows it. */
struct config_schema {
    const char *name; /* "" for the top level */
    bool is_titled;   /* title is required, [a-z][a-z0-9_-]*, unique */
    bool is_repeatable;
    const struct param *const *tables;    /* NULL-terminated */
    const struct config_schema *children; /* ends with name NULL */
};

enum config_origin { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_SET };

struct config_entry {
    const char *key, *text;    /* for PARAM_LIST, items joined by "," */
    const struct param *param; /* the row last used to read it, NULL before config_fill */
    enum config_origin origin;
    int line;                             /* ORIGIN_FILE only */
    bool is_inactive;                     /* has no effect at the chosen fidelity or style */
    struct config_assignment *assignment; /* ORIGIN_SET by a path without title, else NULL */
    struct config_entry *next;
};

struct config_section {
    const char *name, *title; /* title NULL where the schema has none */
    int line;                 /* 0: the file left it out */
    const struct config_schema *schema;
    struct config *config;
    struct config_entry *entries; /* in file order; config_fill appends defaults */
    struct config_section *children, *next, *parent;
};

struct config {
    const char *path; /* as shown in messages */
    struct arena *arena;
    struct config_section root;
    struct config_assignment *assignments; /* --set, in order */
};

/* One --set. Without titles it goes to all sections that may have the key; those whose table
 * turns out to lack it drop it in config_fill. */
struct config_assignment {
    const char *path;
    bool is_used; /* some table had the key */
    struct config_assignment *next;
};

/* A section without title that cannot repeat exists even where the file leaves it out: empty,
 * with line 0, ready for --set and defaults. */

/* Reads and checks the syntax. Refused with file and line: unknown or repeated key or section,
 * open section or comment at end of file, include(), environment expansion, a directory, an
 * unreadable file, one above 4 MiB. Not thread-safe (libconfuse's lexer is global). */
struct config *config_load(struct arena *arena, const char *path,
                           const struct config_schema *schema, struct error *err);
/* The same from a text; `path` is used in messages only. */
struct config *config_parse(struct arena *arena, const char *path, const char *text,
                            const struct config_schema *schema, struct error *err);

/* Applies "PATH=VALUE"; a list's items stand between commas. None matching, or a value set
 * twice, is an error. */
bool config_set(struct config *config, const struct config_schema *schema,
                const char *assignment, struct error *err);
/* After all sections have been filled: false when a path without title reached no table. */
bool config_check_sets(const struct config *config, struct error *err);

/* First section called name (title NULL: any), or NULL; next one after `after`. */
struct config_section *config_find(struct config_section *parent, const char *name,
                                   const char *title);
struct config_section *config_next(struct config_section *after, const char *name);
const struct config_entry *config_entry(const struct config_section *section, const char *key);

/* Fills *target by the table: every key in the section must be in the table (else: refused with
 * file and line, naming the nearest key), defaults are appended as entries of ORIGIN_DEFAULT.
 * `owner` names the thing in messages: "core 'mxu'". May be called again with another table
 * after config_fill_some, which ignores keys that the table lacks. */
bool config_fill(struct config_section *section, const struct param *table, void *target,
                 const char *owner, struct error *err);
bool config_fill_some(struct config_section *section, const struct param *table, void *target,
                      const char *owner, struct error *err);
/* "file.conf:12: core 'mxu': " for a sentence about a value that is well-formed but impossible.
 */
const char *config_place(const struct config_section *section, const char *key);

void config_mark_inactive(struct config_section *section, const char *key);
/* One line a value: PATH = VALUE   # origin (file:line, default, --set), inactive. */
void config_dump(const struct config *config, FILE *out);
/* PATHs of values in force by default, or inactive; arena strings, NULL-terminated. */
const char *const *config_paths(const struct config *config, enum config_origin origin);
const char *const *config_inactive_paths(const struct config *config);
/* 64-bit hash over every path and value in force, whatever the origin, order or layout. */
uint64_t config_hash(const struct config *config);

/* The reference page of a table: key, type with unit, default, range, meaning; aligned. */
void param_print(const struct param *table, FILE *out);
/* One text into one field; `place` starts the sentence. Used for --set of single values too. */
bool param_read(const struct param *row, const char *text, void *target, struct arena *arena,
                const char *place, struct error *err);

#endif
