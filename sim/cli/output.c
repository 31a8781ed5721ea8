#include "sim/cli/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

bool output_open(struct output *output, const char *path, struct error *err)
{
    *output = (struct output){.file = stdout};
    if (!path || strcmp(path, "-") == 0)
        return true;
    output->path = strdup(path);
    output->part = malloc(strlen(path) + 6);
    if (!output->path || !output->part)
        return error_set(err, "%s: out of memory", path);
    sprintf(output->part, "%s.part", path);
    output->file = fopen(output->part, "w");
    if (!output->file)
        return error_set(err, "%s: cannot be written: %s", path, strerror(errno));
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
    if (!is_written || rename(output->part, output->path) != 0)
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
