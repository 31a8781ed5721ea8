#include "traces/trace_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { INPUT_BYTES = 128 * 1024, WINDOW_BYTES = 256 * 1024 };

struct trace_source {
    char *path;
    int file;
    bool is_gzip, is_stream_open;
    bool has_ended; /* the file; for gzip: after a whole stream */
    z_stream stream;
    unsigned char *input; /* compressed bytes */
    char *window;         /* uncompressed bytes [begin, end) wait */
    size_t begin, end, capacity;
    uint64_t line, offset;
    size_t line_length; /* of the last line */
    size_t summed; /* window bytes that `checksum` holds already: they are summed in bulk */
    uint32_t checksum;
    bool is_summing;
};

const char *trace_source_path(const struct trace_source *source)
{
    return source->path;
}

uint64_t trace_source_offset(const struct trace_source *source)
{
    return source->offset;
}

static void sum_to(struct trace_source *source, size_t end)
{
    if (source->is_summing && end > source->summed)
        source->checksum =
            (uint32_t)crc32(source->checksum, (unsigned char *)source->window + source->summed,
                            (uInt)(end - source->summed));
    source->summed = end;
}

uint32_t trace_source_checksum(struct trace_source *source)
{
    sum_to(source, source->begin - source->line_length);
    return source->checksum;
}

bool trace_source_error(const struct trace_source *source, struct error *err,
                        const char *format, ...)
{
    char text[480];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return error_set(err, "%.200s:%llu: %s", source->path, (unsigned long long)source->line,
                     text);
}

static bool system_error(const struct trace_source *source, struct error *err)
{
    return error_set(err, "%.200s: %s", source->path, strerror(errno));
}

/* Copies standard input into an unnamed temporary file. */
static bool spool(struct trace_source *source, struct error *err)
{
    FILE *file = tmpfile();
    if (!file)
        return system_error(source, err);
    source->file = dup(fileno(file));
    fclose(file);
    char buffer[64 * 1024];
    for (;;) {
        ssize_t count = read(STDIN_FILENO, buffer, sizeof buffer);
        if (count == 0)
            return true;
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return system_error(source, err);
        for (ssize_t done = 0; done < count;) {
            ssize_t written = write(source->file, buffer + done, (size_t)(count - done));
            if (written < 0)
                return system_error(source, err);
            done += written;
        }
    }
}

static ssize_t read_some(struct trace_source *source, void *into, size_t count)
{
    for (;;) {
        ssize_t got = read(source->file, into, count);
        if (got >= 0 || errno != EINTR)
            return got;
    }
}

static bool open_file(struct trace_source *source, const char *path, struct error *err)
{
    if (strcmp(path, "-") == 0)
        return spool(source, err);
    struct stat status;
    source->file = open(path, O_RDONLY | O_CLOEXEC);
    if (source->file < 0 || fstat(source->file, &status) < 0)
        return system_error(source, err);
    if (S_ISDIR(status.st_mode))
        return error_set(err, "%.200s: is a directory, must be a trace", path);
    if (!S_ISREG(status.st_mode))
        return error_set(err, "%.200s: is no regular file; pipe it into '-' instead", path);
    return true;
}

struct trace_source *trace_source_open(const char *path, struct error *err)
{
    struct trace_source *source = calloc(1, sizeof *source);
    if (!source) {
        error_set(err, "no memory to open %.200s", path);
        return NULL;
    }
    bool is_input = strcmp(path, "-") == 0;
    source->file = -1;
    source->path = strdup(is_input ? "standard input" : path);
    source->capacity = WINDOW_BYTES;
    source->window = malloc(source->capacity);
    source->input = malloc(INPUT_BYTES);
    bool is_good = source->path && source->window && source->input;
    if (!is_good)
        error_set(err, "no memory to open %.200s", path);
    if (!is_good || !open_file(source, path, err) || !trace_source_rewind(source, true, err)) {
        trace_source_close(source);
        return NULL;
    }
    return source;
}

void trace_source_close(struct trace_source *source)
{
    if (!source)
        return;
    if (source->is_stream_open)
        inflateEnd(&source->stream);
    if (source->file >= 0)
        close(source->file);
    free(source->input);
    free(source->window);
    free(source->path);
    free(source);
}

bool trace_source_rewind(struct trace_source *source, bool is_summing, struct error *err)
{
    unsigned char magic[2] = {0, 0};
    if (lseek(source->file, 0, SEEK_SET) < 0 || read_some(source, magic, 2) < 0 ||
        lseek(source->file, 0, SEEK_SET) < 0)
        return system_error(source, err);
    source->is_gzip = magic[0] == 0x1f && magic[1] == 0x8b;
    if (source->is_stream_open)
        inflateEnd(&source->stream);
    source->is_stream_open = false;
    source->stream = (z_stream){0};
    if (source->is_gzip) {
        if (inflateInit2(&source->stream, 15 + 16) != Z_OK)
            return error_set(err, "no memory to open %.200s", source->path);
        source->is_stream_open = true;
    }
    source->has_ended = false;
    source->begin = source->end = 0;
    source->line = source->offset = 0;
    source->checksum = 0;
    source->summed = source->line_length = 0;
    source->is_summing = is_summing;
    return true;
}

/* A gzip stream has ended: only another whole stream or the end of the file may follow. */
static bool next_stream(struct trace_source *source, struct error *err)
{
    z_stream *stream = &source->stream;
    if (stream->avail_in < 2) { /* look further */
        memmove(source->input, stream->next_in, stream->avail_in);
        stream->next_in = source->input;
        ssize_t got =
            read_some(source, source->input + stream->avail_in, INPUT_BYTES - stream->avail_in);
        if (got < 0)
            return system_error(source, err);
        stream->avail_in += (uInt)got;
    }
    if (stream->avail_in == 0) {
        source->has_ended = true;
        return true;
    }
    if (stream->avail_in < 2 || stream->next_in[0] != 0x1f || stream->next_in[1] != 0x8b)
        return error_set(err, "%.200s: bytes follow the end of the gzip stream", source->path);
    return inflateReset(stream) == Z_OK;
}

static bool inflate_some(struct trace_source *source, size_t *added, struct error *err)
{
    z_stream *stream = &source->stream;
    if (stream->avail_in == 0) {
        ssize_t got = read_some(source, source->input, INPUT_BYTES);
        if (got < 0)
            return system_error(source, err);
        if (got == 0)
            return error_set(
                err, "%.200s: gzip stream is truncated after %llu bytes of text", source->path,
                (unsigned long long)(source->offset + source->end - source->begin));
        stream->next_in = source->input;
        stream->avail_in = (uInt)got;
    }
    size_t room = source->capacity - source->end;
    stream->next_out = (unsigned char *)source->window + source->end;
    stream->avail_out = (uInt)room;
    int status = inflate(stream, Z_NO_FLUSH);
    *added = room - stream->avail_out;
    if (status == Z_STREAM_END)
        return next_stream(source, err);
    if (status != Z_OK && status != Z_BUF_ERROR)
        return error_set(
            err, "%.200s: gzip stream is corrupt after %llu bytes of text (%s)", source->path,
            (unsigned long long)(source->offset + source->end - source->begin + *added),
            stream->msg ? stream->msg : "bad data");
    return true;
}

/* Adds bytes behind `end`; has_ended tells when there are none. */
static bool fill(struct trace_source *source, struct error *err)
{
    if (source->begin > 0) {
        sum_to(source, source->begin);
        memmove(source->window, source->window + source->begin, source->end - source->begin);
        source->end -= source->begin;
        source->begin = source->summed = 0;
    }
    if (source->end == source->capacity) {
        size_t capacity = source->capacity * 2;
        char *window = realloc(source->window, capacity);
        if (!window)
            return trace_source_error(source, err, "no memory for a line of %zu bytes",
                                      capacity);
        source->window = window;
        source->capacity = capacity;
    }
    size_t added = 0;
    while (added == 0 && !source->has_ended) {
        if (source->is_gzip) {
            if (!inflate_some(source, &added, err))
                return false;
            continue;
        }
        ssize_t got =
            read_some(source, source->window + source->end, source->capacity - source->end);
        if (got < 0)
            return system_error(source, err);
        added = (size_t)got;
        source->has_ended = got == 0;
    }
    source->end += added;
    return true;
}

static void deliver(struct trace_source *source, size_t count)
{
    source->begin += count;
    source->offset += count;
}

bool trace_source_line(struct trace_source *source, const char **line, size_t *length,
                       struct error *err)
{
    size_t looked = 0;
    for (;;) {
        const char *start = source->window + source->begin;
        size_t waiting = source->end - source->begin;
        const char *end = memchr(start + looked, '\n', waiting - looked);
        if (end) {
            *line = start;
            *length = (size_t)(end - start) + 1;
            source->line++;
            source->line_length = *length;
            deliver(source, *length);
            return true;
        }
        looked = waiting;
        if (source->has_ended && waiting == 0) {
            *length = 0;
            return true;
        }
        if (source->has_ended) {
            source->line++;
            return trace_source_error(source, err, "line is cut off at the end of the file");
        }
        if (waiting >= TRACE_LINE_MAX) {
            source->line++;
            return trace_source_error(source, err, "line is longer than %d bytes",
                                      TRACE_LINE_MAX);
        }
        if (!fill(source, err))
            return false;
    }
}

bool trace_source_block(struct trace_source *source, void *into, size_t count,
                        struct error *err)
{
    char *to = into;
    while (count > 0) {
        size_t waiting = source->end - source->begin;
        if (waiting == 0) {
            if (!fill(source, err))
                return false;
            if (source->end == source->begin)
                return trace_source_error(source, err,
                                          "contents are cut off at the end of the file");
            continue;
        }
        size_t part = waiting < count ? waiting : count;
        memcpy(to, source->window + source->begin, part);
        deliver(source, part);
        to += part;
        count -= part;
    }
    return true;
}
