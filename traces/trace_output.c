#define _XOPEN_SOURCE 700 /* realpath */
#include "traces/trace_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { BUFFER_BYTES = 256 * 1024 };

struct trace_output {
    char *path;      /* behind a link: of the file that it names */
    char *temporary; /* NULL when written in place (a pipe, a device) */
    int file;        /* -1 when gzip owns it */
    gzFile gzip;
    char *buffer;
    size_t used;
    uint32_t checksum;
    int error; /* errno of the first failed write */
};

static bool ends_in_gz(const char *path)
{
    size_t length = strlen(path);
    return length > 3 && strcmp(path + length - 3, ".gz") == 0;
}

static int open_beside(struct trace_output *output, const char *path)
{
    struct stat status;
    if (strcmp(path, "-") == 0)
        return dup(STDOUT_FILENO);
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return open(path, O_WRONLY | O_CLOEXEC);
    char *real = realpath(path, NULL); /* NULL: not there yet */
    if (real) {
        free(output->path);
        output->path = real;
    }
    size_t room = strlen(output->path) + 8;
    output->temporary = malloc(room);
    if (!output->temporary)
        return -1;
    snprintf(output->temporary, room, "%s.XXXXXX", output->path);
    int file = mkstemp(output->temporary);
    if (file < 0) {
        free(output->temporary);
        output->temporary = NULL;
        return -1;
    }
    mode_t mask = umask(0);
    umask(mask);
    fchmod(file, 0666 & ~mask); /* as if it had been created in the plain way */
    return file;
}

struct trace_output *trace_output_open(const char *path, struct error *err)
{
    struct trace_output *output = calloc(1, sizeof *output);
    if (!output) {
        error_set(err, "no memory to write %.200s", path);
        return NULL;
    }
    output->path = strdup(path);
    output->buffer = malloc(BUFFER_BYTES);
    output->file = output->path && output->buffer ? open_beside(output, path) : -1;
    if (output->file >= 0 && ends_in_gz(path)) {
        output->gzip = gzdopen(output->file, "wb6");
        if (output->gzip)
            output->file = -1;
    }
    if (output->file < 0 && !output->gzip) {
        error_set(err, "%.200s: cannot be written: %s", path, strerror(errno));
        trace_output_abandon(output);
        return NULL;
    }
    return output;
}

static void flush(struct trace_output *output)
{
    output->checksum =
        (uint32_t)crc32(output->checksum, (unsigned char *)output->buffer, (uInt)output->used);
    size_t done = 0;
    while (!output->error && done < output->used) {
        ssize_t count;
        if (output->gzip)
            count =
                gzwrite(output->gzip, output->buffer + done, (unsigned)(output->used - done));
        else
            count = write(output->file, output->buffer + done, output->used - done);
        if (count <= 0 && errno != EINTR)
            output->error = errno ? errno : EIO;
        else if (count > 0)
            done += (size_t)count;
    }
    output->used = 0;
}

void trace_output_add(struct trace_output *output, const void *bytes, size_t count)
{
    const char *from = bytes;
    while (count > 0) {
        if (output->used == BUFFER_BYTES)
            flush(output);
        size_t room = BUFFER_BYTES - output->used, part = count < room ? count : room;
        memcpy(output->buffer + output->used, from, part);
        output->used += part;
        from += part;
        count -= part;
    }
}

void trace_output_end(struct trace_output *output, uint64_t tensors, uint64_t operators)
{
    char line[96];
    flush(output);
    int length =
        snprintf(line, sizeof line, "end tensors=%llu operators=%llu crc32=%08x\n",
                 (unsigned long long)tensors, (unsigned long long)operators, output->checksum);
    trace_output_add(output, line, (size_t)length);
    flush(output);
}

static void free_output(struct trace_output *output)
{
    free(output->temporary);
    free(output->path);
    free(output->buffer);
    free(output);
}

bool trace_output_close(struct trace_output *output, struct error *err)
{
    flush(output);
    if (output->gzip && gzclose(output->gzip) != Z_OK && !output->error)
        output->error = errno ? errno : EIO;
    if (output->file >= 0 && close(output->file) != 0 && !output->error)
        output->error = errno;
    if (!output->error && output->temporary && rename(output->temporary, output->path) != 0)
        output->error = errno;
    bool is_good = !output->error;
    if (!is_good) {
        error_set(err, "%.200s: cannot be written: %s",
                  strcmp(output->path, "-") == 0 ? "standard output" : output->path,
                  strerror(output->error));
        if (output->temporary)
            unlink(output->temporary);
    }
    free_output(output);
    return is_good;
}

void trace_output_abandon(struct trace_output *output)
{
    if (!output)
        return;
    if (output->gzip)
        gzclose(output->gzip);
    if (output->file >= 0)
        close(output->file);
    if (output->temporary)
        unlink(output->temporary);
    free_output(output);
}

void trace_real_text(double value, char text[NUMBER_TEXT_BYTES])
{
    number_text(value, text);
    if (!strpbrk(text, ".e"))
        strcat(text, ".0");
}
