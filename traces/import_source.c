#include "traces/import_source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { BUFFER_BYTES = 256 * 1024 };

static bool refill(struct import_source *source, struct error *err)
{
    if (source->at < source->filled)
        return true;
    source->at = 0;
    source->filled = 0;
    int got = gzread(source->file, source->buffer, BUFFER_BYTES);
    int code = Z_OK;
    const char *reason = gzerror(source->file, &code);
    /* A truncated stream looks like a normal end to gzread; only gzerror tells. */
    if (got < 0 || (got < BUFFER_BYTES && code != Z_OK && code != Z_STREAM_END))
        return error_set(err, "%s: cannot be read after byte %" PRIu64 ": %s", source->path,
                         source->position, code == Z_ERRNO ? strerror(errno) : reason);
    source->filled = (size_t)got;
    return true;
}

bool import_source_open(struct import_source *source, const char *path, struct error *err)
{
    *source = (struct import_source){.path = path};
    bool is_standard = strcmp(path, "-") == 0;
    int descriptor = is_standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return error_set(err, "%s: cannot be opened: %s", path, strerror(errno));
    struct stat status;
    if (fstat(descriptor, &status) != 0 ||
        !(S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode))) {
        close(descriptor);
        return error_set(err, "%s: is not a file", path);
    }
    gzFile file = gzdopen(descriptor, "rb");
    source->buffer = malloc(BUFFER_BYTES + 1);
    if (!file || !source->buffer) {
        if (file)
            gzclose(file);
        else
            close(descriptor);
        free(source->buffer);
        source->buffer = NULL;
        return error_set(err, "%s: no memory to read it", path);
    }
    gzbuffer(file, BUFFER_BYTES);
    source->file = file;
    if (S_ISREG(status.st_mode)) {
        source->size = (uint64_t)status.st_size;
        source->is_plain = gzdirect(file);
    }
    if (!refill(source, err)) {
        import_source_close(source);
        return false;
    }
    source->buffer[source->filled] = 0;
    return true;
}

void import_source_close(struct import_source *source)
{
    if (source->file)
        gzclose(source->file);
    free(source->buffer);
    source->file = NULL;
    source->buffer = NULL;
}

bool import_source_read(struct import_source *source, void *bytes, size_t wanted, size_t *got,
                        struct error *err)
{
    *got = 0;
    while (*got < wanted) {
        if (!refill(source, err))
            return false;
        size_t ready = source->filled - source->at;
        if (ready == 0)
            return true;
        size_t share = wanted - *got < ready ? wanted - *got : ready;
        memcpy((unsigned char *)bytes + *got, source->buffer + source->at, share);
        source->at += share;
        source->position += share;
        *got += share;
    }
    return true;
}

static bool ends_early(const struct import_source *source, struct error *err)
{
    return error_set(err, "%s: ends at byte %" PRIu64 ", in the middle of a record",
                     source->path, source->position);
}

bool import_source_take(struct import_source *source, void *bytes, size_t wanted,
                        struct error *err)
{
    size_t got;
    if (!import_source_read(source, bytes, wanted, &got, err))
        return false;
    return got == wanted || ends_early(source, err);
}

bool import_source_skip(struct import_source *source, uint64_t count, struct error *err)
{
    if (source->is_plain) {
        if (count > source->size - source->position)
            return ends_early(source, err);
        size_t ready = source->filled - source->at;
        if (count > ready) {
            source->position += ready;
            source->at = source->filled;
            count -= ready;
            if (gzseek(source->file, (z_off_t)count, SEEK_CUR) < 0)
                return error_set(err, "%s: cannot be read after byte %" PRIu64, source->path,
                                 source->position);
        } else {
            source->at += (size_t)count;
        }
        source->position += count;
        return true;
    }
    while (count > 0) {
        if (!refill(source, err))
            return false;
        size_t ready = source->filled - source->at;
        if (ready == 0)
            return ends_early(source, err);
        size_t share = count < ready ? (size_t)count : ready;
        source->at += share;
        source->position += share;
        count -= share;
    }
    return true;
}

bool import_source_at_end(struct import_source *source, bool *is_end, struct error *err)
{
    if (!refill(source, err))
        return false;
    *is_end = source->at == source->filled;
    return true;
}

bool import_source_line(struct import_source *source, struct arena *arena, size_t longest,
                        char **line, struct error *err)
{
    size_t length = 0, capacity = 256;
    char *text = arena_alloc(arena, capacity);
    bool is_complete = false;
    *line = NULL;
    while (!is_complete) {
        if (!refill(source, err))
            return false;
        if (source->at == source->filled) {
            if (length == 0)
                return true;
            break;
        }
        const unsigned char *start = source->buffer + source->at;
        size_t ready = source->filled - source->at;
        const unsigned char *end = memchr(start, '\n', ready);
        size_t share = end ? (size_t)(end - start) : ready;
        if (memchr(start, 0, share))
            return error_set(err,
                             "%s: holds a NUL byte after byte %" PRIu64 ", which no text does",
                             source->path, source->position);
        if (length + share > longest)
            return error_set(err, "%s: the line at byte %" PRIu64 " is longer than %zu bytes",
                             source->path, source->position, longest);
        if (length + share + 1 > capacity) {
            size_t bigger = 2 * (length + share + 1);
            text = arena_grow(arena, text, length, bigger, 1);
            capacity = bigger;
        }
        memcpy(text + length, start, share);
        length += share;
        is_complete = end != NULL;
        source->at += share + is_complete;
        source->position += share + is_complete;
    }
    if (length > 0 && text[length - 1] == '\r')
        length--;
    text[length] = 0;
    *line = text;
    return true;
}
