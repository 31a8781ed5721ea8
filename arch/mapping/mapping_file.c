#include "arch/mapping/mapping_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 1 << 28, NAME_SHOWN = 80 };

static char *read_all(const char *path, struct arena *arena, struct error *err)
{
    FILE *in = fopen(path, "rb");
    if (!in) {
        error_set(err, "%s: cannot be opened: %s", path, strerror(errno));
        return NULL;
    }
    size_t length = 0, capacity = 1 << 16;
    char *text = arena_alloc(arena, capacity);
    for (;;) {
        length += fread(text + length, 1, capacity - 1 - length, in);
        if (length < capacity - 1 || capacity >= FILE_BYTES_MAX)
            break;
        text = arena_grow(arena, text, capacity, capacity * 2, 1);
        capacity *= 2;
    }
    bool is_whole = !ferror(in) && feof(in);
    fclose(in);
    text[length] = '\0';
    if (!is_whole)
        error_set(err, "%s: cannot be read to its end, or is larger than 256 MiB", path);
    else if (memchr(text, '\0', length))
        error_set(err, "%s: is no text, it contains a zero byte", path);
    else
        return text;
    return NULL;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The quoted name at *at, unescaped in place; NULL where it does not end. */
static char *scan_name(char **at)
{
    char *name = *at, *out = *at;
    for (char *in = *at; *in; in++) {
        if (*in == '"') {
            *out = '\0';
            *at = in + 1;
            return name;
        }
        if (*in != '\\') {
            *out++ = *in;
        } else if (in[1] == '"' || in[1] == '\\') {
            *out++ = *++in;
        } else if (in[1] == 'x' && hex_value(in[2]) >= 0 && hex_value(in[3]) >= 0 &&
                   (in[2] != '0' || in[3] != '0')) {
            *out++ = (char)(hex_value(in[2]) * 16 + hex_value(in[3]));
            in += 3;
        } else {
            return NULL;
        }
    }
    return NULL;
}

static char *skip_blanks(char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

static bool scan_line(char *at, struct mapping_entry *entry, const char **wanted)
{
    *wanted = "the operator's name in double quotes";
    if (*at++ != '"')
        return false;
    char *name = scan_name(&at);
    *wanted = "the end of the name (\\ stands before \", \\ and xHH only)";
    if (!name)
        return false;
    entry->name = name;
    at = skip_blanks(at);
    if (isdigit((unsigned char)*at)) {
        errno = 0;
        long part = strtol(at, &at, 10);
        *wanted = "the number of one of the operator's contractions, at most 1000000";
        if (errno || part > 1000000)
            return false;
        entry->part = (int32_t)part;
        at = skip_blanks(at);
    }
    *wanted = "'->' and a loop nest";
    if (strncmp(at, "->", 2) != 0)
        return false;
    entry->nest = skip_blanks(at + 2);
    return true;
}

static int compare(const char *name, int32_t part, const struct mapping_entry *entry)
{
    int order = strcmp(name, entry->name);
    return order ? order : part < entry->part ? -1 : part > entry->part;
}

static int compare_entries(const void *a, const void *b)
{
    const struct mapping_entry *left = a;
    return compare(left->name, left->part, b);
}

static bool check_repeats(const struct mapping_file *file, struct error *err)
{
    for (size_t i = 1; i < file->count; i++) {
        const struct mapping_entry *one = &file->entries[i - 1], *two = &file->entries[i];
        if (compare_entries(one, two) != 0)
            continue;
        int first = one->line < two->line ? one->line : two->line;
        int second = one->line < two->line ? two->line : one->line;
        return error_set(err, "%s:%d: operator \"%.*s\" was mapped before, in line %d",
                         file->path, second, NAME_SHOWN, one->name, first);
    }
    return true;
}

bool mapping_file_read(const char *path, struct arena *arena, struct mapping_file *file,
                       struct error *err)
{
    *file = (struct mapping_file){.path = arena_copy_text(arena, path)};
    char *text = read_all(path, arena, err);
    if (!text)
        return false;
    size_t capacity = 0;
    int32_t line = 0;
    for (char *next; *text; text = next) {
        line++;
        next = text + strcspn(text, "\n");
        char *end = next;
        if (*next)
            *next++ = '\0';
        while (end > text && (end[-1] == '\r' || end[-1] == ' ' || end[-1] == '\t'))
            *--end = '\0';
        text = skip_blanks(text);
        if (!*text || *text == '#')
            continue;
        if (file->count == capacity) {
            file->entries = arena_grow(arena, file->entries, capacity, capacity * 2 + 64,
                                       sizeof file->entries[0]);
            capacity = capacity * 2 + 64;
        }
        struct mapping_entry *entry = &file->entries[file->count++];
        const char *wanted;
        *entry = (struct mapping_entry){.line = line};
        if (!scan_line(text, entry, &wanted))
            return error_set(err, "%s:%d: wanted %s", file->path, (int)line, wanted);
    }
    if (file->count)
        qsort(file->entries, file->count, sizeof file->entries[0], compare_entries);
    return check_repeats(file, err);
}

const struct mapping_entry *mapping_file_find(const struct mapping_file *file, const char *name,
                                              int32_t part)
{
    size_t low = 0, high = file->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(name, part, &file->entries[middle]);
        if (order == 0)
            return &file->entries[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

bool mapping_file_nest(const struct mapping_file *file, const struct mapping_entry *entry,
                       const struct contraction *c, struct arena *arena, struct nest *nest,
                       struct error *err)
{
    struct error why = {0};
    return nest_parse_line(entry->nest, c, arena, nest, &why) ||
           mapping_file_blame(file, entry, &why, err);
}

bool mapping_file_blame(const struct mapping_file *file, const struct mapping_entry *entry,
                        const struct error *why, struct error *err)
{
    return error_set(err, "%s:%d: operator \"%.*s\": %s", file->path, (int)entry->line,
                     NAME_SHOWN, entry->name, why->text);
}

void mapping_file_write(FILE *out, const char *name, int32_t part, const char *nest_line)
{
    fputc('"', out);
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < ' ' || c == 127)
            fprintf(out, "\\x%02x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
    if (part)
        fprintf(out, " %d", (int)part);
    fprintf(out, " -> %s\n", nest_line);
}
