/* An open file to import from, read once from front to back, plain or gzip (by content). The
 * importer sees uncompressed bytes; memory is one buffer, whatever the file's size. Pipes work;
 * directories and devices are refused. A truncated or corrupt gzip stream is an error, never a
 * quiet end. */
#ifndef TRACES_IMPORT_SOURCE_H
#define TRACES_IMPORT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"

struct import_source {
    const char *path; /* as the user wrote it, for sentences */
    void *file;       /* gzFile */
    bool is_plain;    /* a regular file without compression: size is the end, seeks are cheap */
    uint64_t size;    /* bytes on the disk; 0 for a pipe */
    uint64_t position; /* uncompressed bytes handed out so far */
    unsigned char *buffer;
    size_t at, filled; /* buffer[at .. filled) is read but not yet handed out */
};

/* Opens ("-": standard input) and reads the first bytes, so that buffer[0 .. filled) can be looked at. */
bool import_source_open(struct import_source *source, const char *path, struct error *err);
void import_source_close(struct import_source *source);

/* Up to `wanted` bytes; *got is less only at the end of the file. */
bool import_source_read(struct import_source *source, void *bytes, size_t wanted, size_t *got,
                        struct error *err);
/* Exactly so many, or an error that says where the file ends. */
bool import_source_take(struct import_source *source, void *bytes, size_t wanted,
                        struct error *err);
bool import_source_skip(struct import_source *source, uint64_t count, struct error *err);
bool import_source_at_end(struct import_source *source, bool *is_end, struct error *err);

/* The next line without its end (LF or CR LF), in the arena; *line is NULL at the end of the
 * file. Lines above `longest` bytes and NUL bytes are refused. */
bool import_source_line(struct import_source *source, struct arena *arena, size_t longest,
                        char **line, struct error *err);

#endif
