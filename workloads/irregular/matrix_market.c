#include "workloads/irregular/matrix_market.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <zlib.h>

enum { LINE_BYTES = 1024 };

struct market {
    const char *path;
    gzFile file;
    char line[LINE_BYTES];
    uint64_t number;
    bool has_values, is_mirrored;
    int64_t rows, columns, entries;
};

static bool wrong(const struct market *m, struct error *err, const char *format, ...)
{
    char text[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return error_set(err, "%.200s:%llu: %s", m->path, (unsigned long long)m->number, text);
}

/* False at the end or on an error (err set then). */
static bool next_line(struct market *m, struct error *err)
{
    if (!gzgets(m->file, m->line, LINE_BYTES)) {
        int status;
        const char *text = gzerror(m->file, &status);
        m->number++;
        if (status != Z_OK && status != Z_STREAM_END)
            wrong(m, err, "cannot be read: %s", status == Z_ERRNO ? strerror(errno) : text);
        return false;
    }
    m->number++;
    size_t length = strlen(m->line);
    if (length + 1 == LINE_BYTES && m->line[length - 1] != '\n')
        return wrong(m, err, "line is longer than %d bytes", LINE_BYTES);
    return true;
}

static bool is_blank(const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    return *text == '\0';
}

static bool read_banner(struct market *m, struct error *err)
{
    char object[32], format[32], field[32], symmetry[32];
    if (!next_line(m, err))
        return error_set(err, "%.200s: is empty, must be a Matrix Market file", m->path);
    if (sscanf(m->line, "%%%%MatrixMarket %31s %31s %31s %31s", object, format, field,
               symmetry) != 4)
        return wrong(m, err, "must start with %%%%MatrixMarket and four words");
    if (strcasecmp(object, "matrix") || strcasecmp(format, "coordinate"))
        return wrong(m, err, "is '%s %s', must be 'matrix coordinate'", object, format);
    m->has_values = strcasecmp(field, "pattern") != 0;
    if (m->has_values && strcasecmp(field, "real") && strcasecmp(field, "integer") &&
        strcasecmp(field, "double"))
        return wrong(m, err, "has %s values, must be real, integer or pattern", field);
    m->is_mirrored = strcasecmp(symmetry, "general") != 0;
    if (m->is_mirrored && strcasecmp(symmetry, "symmetric") &&
        strcasecmp(symmetry, "skew-symmetric"))
        return wrong(m, err, "is %s, must be general, symmetric or skew-symmetric", symmetry);
    return true;
}

static bool read_integer(const char **at, int64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoll(*at, &end, 10);
    bool is_good = end != *at && errno == 0 && (isspace((unsigned char)*end) || !*end);
    *at = end;
    return is_good;
}

static bool read_sizes(struct market *m, struct error *err)
{
    do {
        if (!next_line(m, err))
            return wrong(m, err, "ends before the line of sizes");
    } while (m->line[0] == '%' || is_blank(m->line));
    const char *at = m->line;
    if (!read_integer(&at, &m->rows) || !read_integer(&at, &m->columns) ||
        !read_integer(&at, &m->entries) || !is_blank(at))
        return wrong(m, err, "must be rows, columns and entries");
    if (m->rows < 1 || m->columns < 1 || m->rows > INT32_MAX || m->columns > INT32_MAX ||
        m->entries < 0)
        return wrong(m, err, "sizes must be 1 to 2147483647");
    if (m->is_mirrored && m->rows != m->columns)
        return wrong(m, err, "a symmetric matrix must be square");
    return true;
}

static bool read_entry(struct market *m, struct positions *p, struct error *err)
{
    const char *at = m->line;
    int64_t row, column;
    if (!read_integer(&at, &row) || !read_integer(&at, &column))
        return wrong(m, err, "must be a row and a column");
    if (row < 1 || row > m->rows || column < 1 || column > m->columns)
        return wrong(m, err, "entry %lld %lld is outside of %lld x %lld", (long long)row,
                     (long long)column, (long long)m->rows, (long long)m->columns);
    if (m->has_values) {
        char *end;
        strtod(at, &end);
        if (end == at)
            return wrong(m, err, "entry has no value");
        at = end;
    }
    if (!is_blank(at))
        return wrong(m, err, "has more than an entry");
    uint32_t r = (uint32_t)(row - 1), c = (uint32_t)(column - 1);
    return positions_add(p, r, c, err) &&
           (!m->is_mirrored || r == c || positions_add(p, c, r, err));
}

static bool read_entries(struct market *m, struct positions *p, struct error *err)
{
    int64_t count = 0;
    while (next_line(m, err)) {
        if (m->line[0] == '%' || is_blank(m->line))
            continue;
        if (count++ == m->entries)
            return wrong(m, err, "has more than the %lld entries of its header",
                         (long long)m->entries);
        if (!read_entry(m, p, err))
            return false;
    }
    if (err->is_set)
        return false;
    return count == m->entries || wrong(m, err, "ends after %lld of %lld entries",
                                        (long long)count, (long long)m->entries);
}

bool matrix_market_read(const char *path, struct csr *csr, struct error *err)
{
    struct market m = {.path = path};
    struct positions p = {0};
    struct stat status;
    if (stat(path, &status) != 0)
        return error_set(err, "%.200s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(err, "%.200s: is no regular file", path);
    m.file = gzopen(path, "rb");
    if (!m.file)
        return error_set(err, "%.200s: %s", path, strerror(errno));
    gzbuffer(m.file, 128 * 1024);
    bool is_good = read_banner(&m, err) && read_sizes(&m, err) && read_entries(&m, &p, err);
    gzclose(m.file);
    if (is_good)
        return csr_make(csr, m.rows, m.columns, &p, err);
    positions_free(&p);
    return false;
}
