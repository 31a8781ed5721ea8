#define _XOPEN_SOURCE 700 /* realpath */
#include "sim/cli/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

bool output_format_parse(const char *name, enum output_format *format)
{
    static const char *const NAMES[] = {"table", "json", "csv"};
    for (int i = 0; i < 3; i++)
        if (strcmp(name, NAMES[i]) == 0) {
            *format = (enum output_format)i;
            return true;
        }
    return false;
}

/* A neighbour that nothing else is called, with the rights of a file created in the plain way;
 * NULL: errno says why. */
static FILE *open_part(struct output *output)
{
    size_t room = strlen(output->path) + 8;
    output->part = malloc(room);
    if (!output->part)
        return NULL;
    snprintf(output->part, room, "%s.XXXXXX", output->path);
    int file = mkstemp(output->part);
    if (file < 0) {
        free(output->part);
        output->part = NULL;
        return NULL;
    }
    mode_t mask = umask(0);
    umask(mask);
    fchmod(file, 0666 & ~mask);
    return fdopen(file, "w");
}

bool output_open(struct output *output, const char *path, struct error *err)
{
    *output = (struct output){.file = stdout};
    if (!path || strcmp(path, "-") == 0)
        return true;
    struct stat status;
    bool is_there = stat(path, &status) == 0;
    bool is_in_place = is_there && !S_ISREG(status.st_mode);
    /* Behind a link the file that it names is replaced, not the link. */
    output->path = is_there && !is_in_place ? realpath(path, NULL) : strdup(path);
    output->file = !output->path ? NULL : is_in_place ? fopen(path, "w") : open_part(output);
    if (!output->file)
        return error_set(err, "%s: cannot be written: %s", path, strerror(errno));
    return true;
}

static bool ends_in_gz(const char *path)
{
    size_t length = strlen(path);
    return length > 3 && strcmp(path + length - 3, ".gz") == 0;
}

/* The part file, compressed in place: it is written once more beside itself. */
static bool compress_part(const char *part)
{
    char name[4096], block[1 << 16];
    if (snprintf(name, sizeof name, "%s.gz", part) >= (int)sizeof name)
        return false;
    FILE *in = fopen(part, "r");
    gzFile out = in ? gzopen(name, "wb") : NULL;
    bool is_written = out != NULL;
    size_t count;
    while (is_written && (count = fread(block, 1, sizeof block, in)) > 0)
        is_written = gzwrite(out, block, (unsigned)count) == (int)count;
    if (in)
        fclose(in);
    if (out)
        is_written = gzclose(out) == Z_OK && is_written;
    if (!is_written || rename(name, part) != 0) {
        remove(name);
        return false;
    }
    return true;
}

bool output_close(struct output *output, struct error *err)
{
    if (!output->file)
        return true;
    bool is_written = fflush(output->file) == 0 && !ferror(output->file);
    if (!output->path) {
        output->file = NULL;
        return is_written ||
               error_set(err, "standard output: cannot be written: %s", strerror(errno));
    }
    is_written = fclose(output->file) == 0 && is_written;
    output->file = NULL;
    if (is_written && output->part && ends_in_gz(output->path))
        is_written = compress_part(output->part);
    if (!is_written || (output->part && rename(output->part, output->path) != 0))
        return error_set(err, "%s: cannot be written: %s", output->path, strerror(errno));
    free(output->part);
    output->part = NULL;
    return true;
}

void output_abandon(struct output *output)
{
    if (output->file && output->path)
        fclose(output->file);
    if (output->part)
        remove(output->part);
    free(output->part);
    free(output->path);
    *output = (struct output){0};
}
