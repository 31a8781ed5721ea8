#include "sim/config/config_place.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/config/nearest.h"

enum { MOST_LINK_BYTES = 4096 };

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISDIR(status.st_mode);
}

/* PREFIX/share/cleave where the running program is PREFIX/bin/anything; NULL where it is not.
 */
static const char *installed_root(struct arena *arena)
{
    char program[MOST_LINK_BYTES];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0)
        return NULL;
    program[length] = '\0';
    for (int cuts = 0; cuts < 2; cuts++) {
        char *slash = strrchr(program, '/');
        if (!slash)
            return NULL;
        *slash = '\0';
    }
    const char *root = arena_format(arena, "%s/share/cleave", program);
    return is_folder(root) ? root : NULL;
}

const char *place_root(struct arena *arena)
{
    const char *chosen = getenv("CLEAVE_DATA");
    if (chosen && *chosen)
        return arena_copy_text(arena, chosen);
    const char *installed = installed_root(arena);
    return installed ? installed : CLEAVE_SOURCE_DIR;
}

static bool ends_in_conf(const char *name)
{
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".conf") == 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *const *place_list(struct arena *arena, const char *kind)
{
    const char *folder = arena_format(arena, "%s/configs/%s", place_root(arena), kind);
    const char **names = arena_array(arena, 1, sizeof *names);
    size_t count = 0, capacity = 1;
    DIR *directory = opendir(folder);
    if (!directory)
        return names;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (!ends_in_conf(entry->d_name) || entry->d_name[0] == '.')
            continue;
        if (count + 1 == capacity) {
            names = arena_grow(arena, names, count, 2 * capacity, sizeof *names);
            capacity *= 2;
        }
        char *name = arena_copy_text(arena, entry->d_name);
        name[strlen(name) - 5] = '\0';
        names[count++] = name;
    }
    closedir(directory);
    qsort(names, count, sizeof *names, compare);
    names[count] = NULL;
    return names;
}

const char *place_config(struct arena *arena, const char *kind, const char *name,
                         struct error *err)
{
    if (strchr(name, '/') || ends_in_conf(name))
        return arena_copy_text(arena, name);
    const char *path =
        arena_format(arena, "%s/configs/%s/%s.conf", place_root(arena), kind, name);
    if (is_file(path))
        return path;
    struct nearest nearest = {.wanted = name};
    for (const char *const *shipped = place_list(arena, kind); *shipped; shipped++)
        nearest_offer(&nearest, *shipped);
    char phrase[80];
    nearest_phrase(&nearest, phrase, sizeof phrase);
    if (*phrase)
        error_set(err, "no '%.60s' among the shipped %s%s", name, kind, phrase);
    else
        error_set(err, "no '%.60s' among the shipped %s; `cleave list %s` names them", name,
                  kind, kind);
    return NULL;
}
