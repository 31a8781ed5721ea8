#include "sim/config/table.h"

#include <csv.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/config/quantity.h"

enum { CHUNK_BYTES = 64 * 1024 };
static const size_t MOST_BYTES = (size_t)256 * 1024 * 1024;

/* The cells of the row being read, and all of those before. */
struct reader {
    struct arena *arena;
    struct table *table;
    struct error *err;
    const char **row;
    size_t row_cells, row_capacity, cell_capacity, line_capacity;
    int line;      /* where the row being read starts */
    int next_line; /* where the next one will */
    int last_end;  /* the character that ended the last row */
};

static void take_cell(void *text, size_t length, void *context)
{
    struct reader *reader = context;
    if (reader->row_cells == reader->row_capacity) {
        size_t capacity = reader->row_capacity ? 2 * reader->row_capacity : 32;
        reader->row = arena_grow(reader->arena, reader->row, reader->row_cells, capacity,
                                 sizeof *reader->row);
        reader->row_capacity = capacity;
    }
    char *cell = arena_alloc(reader->arena, length + 1);
    if (length)
        memcpy(cell, text, length);
    reader->row[reader->row_cells++] = cell;
    for (size_t i = 0; i < length; i++)
        reader->next_line += cell[i] == '\n';
}

static void take_header(struct reader *reader)
{
    struct table *table = reader->table;
    table->column_count = reader->row_cells;
    while (table->column_count > 1 && !*reader->row[table->column_count - 1])
        table->column_count--;
    table->columns = arena_array(reader->arena, table->column_count, sizeof *table->columns);
    memcpy(table->columns, reader->row, table->column_count * sizeof *table->columns);
    for (size_t i = 0; i < table->column_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(table->columns[i], table->columns[j]) == 0)
                error_set(reader->err, "%s:%d: column '%.60s' stands twice", table->path,
                          reader->line, table->columns[i]);
}

static void keep_row(struct reader *reader)
{
    struct table *table = reader->table;
    size_t width = table->column_count, rows = table->row_count;
    if (rows == reader->line_capacity) {
        size_t capacity = rows ? 2 * rows : 64;
        table->cells = arena_grow(reader->arena, table->cells, rows * width, capacity * width,
                                  sizeof *table->cells);
        table->lines =
            arena_grow(reader->arena, table->lines, rows, capacity, sizeof *table->lines);
        reader->line_capacity = capacity;
    }
    memcpy(table->cells + rows * width, reader->row, width * sizeof *reader->row);
    table->lines[rows] = reader->line;
    table->row_count++;
}

static void take_row(int end, void *context)
{
    struct reader *reader = context;
    struct table *table = reader->table;
    size_t cells = reader->row_cells, width = table->column_count;
    bool is_blank = cells == 0 || (cells == 1 && !*reader->row[0] && width != 1);
    /* The second half of a CR LF is no line. */
    bool is_half = cells == 0 && end == '\n' && reader->last_end == '\r';
    reader->last_end = end;
    if (is_half)
        return;
    if (is_blank)
        ;
    else if (width == 0)
        take_header(reader);
    else if (cells == width || (cells == width + 1 && !*reader->row[width]))
        keep_row(reader);
    else
        error_set(reader->err, "%s:%d: row has %zu cells, must have %zu like the header",
                  table->path, reader->line, cells, width);
    reader->row_cells = 0;
    reader->line = ++reader->next_line;
}

/* Skips a byte order mark and the comment lines; counts the latter. */
static void skip_head(struct reader *reader, FILE *file)
{
    int c = getc(file);
    if (c == 0xef && getc(file) == 0xbb && getc(file) == 0xbf)
        c = getc(file);
    while (c == '#') {
        while (c != '\n' && c != EOF)
            c = getc(file);
        reader->line = ++reader->next_line;
        c = getc(file);
    }
    ungetc(c, file);
}

static bool feed(struct reader *reader, struct csv_parser *parser, FILE *file)
{
    char chunk[CHUNK_BYTES];
    const char *path = reader->table->path;
    size_t total = 0, length;
    while ((length = fread(chunk, 1, sizeof chunk, file)) > 0) {
        total += length;
        if (total > MOST_BYTES)
            return error_set(reader->err, "%s: is larger than 256 MiB, too large for a table",
                             path);
        if (memchr(chunk, '\0', length))
            return error_set(reader->err, "%s:%d: unexpected NUL byte: this is no text", path,
                             reader->line);
        if (csv_parse(parser, chunk, length, take_cell, take_row, reader) != length)
            return error_set(reader->err, "%s:%d: %s", path, reader->line,
                             csv_strerror(csv_error(parser)));
        if (reader->err->is_set)
            return false;
    }
    if (ferror(file))
        return error_set(reader->err, "%s: cannot be read: %s", path, strerror(errno));
    if (csv_fini(parser, take_cell, take_row, reader) != 0)
        return error_set(reader->err, "%s:%d: quoted cell is not closed", path, reader->line);
    if (!reader->table->column_count)
        return error_set(reader->err, "%s: is empty, must have a header line", path);
    return !reader->err->is_set;
}

static bool read_table(struct arena *arena, FILE *file, struct table *table, struct error *err)
{
    struct stat status;
    if (fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode))
        return error_set(err, "%s: is a directory, not a table", table->path);
    struct csv_parser parser;
    struct error own = {0};
    struct reader reader = {arena, table, &own, .line = 1, .next_line = 1};
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) != 0)
        return error_set(err, "%s: no memory to read it", table->path);
    skip_head(&reader, file);
    bool is_good = feed(&reader, &parser, file);
    csv_free(&parser);
    return is_good || error_set(err, "%s", own.text);
}

bool table_load(struct arena *arena, const char *path, struct table *table, struct error *err)
{
    *table = (struct table){.path = arena_copy_text(arena, path)};
    FILE *file = fopen(path, "rb");
    if (!file)
        return error_set(err, "%s: cannot be opened: %s", path, strerror(errno));
    bool is_good = read_table(arena, file, table, err);
    fclose(file);
    return is_good;
}

int table_column(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i], name) == 0)
            return (int)i;
    return -1;
}

const char *table_text(const struct table *table, size_t row, const char *column)
{
    int index = table_column(table, column);
    return index < 0 ? "" : table->cells[row * table->column_count + (size_t)index];
}

/* An exponent's '+' is legal in a table; '+' in front, blanks, nan and inf are not. */
static bool read_cell(const struct table *table, size_t row, const char *column,
                      struct quantity *quantity, struct error *err)
{
    if (table_column(table, column) < 0)
        return error_set(err, "%s: has no column '%s'", table->path, column);
    struct error flaw = {0};
    const char *text = table_text(table, row, column);
    if (quantity_parse(text, UNIT_NONE, quantity, &flaw))
        return true;
    return error_set(err, "%s:%d: %s is '%.60s', %s", table->path, table->lines[row], column,
                     text, flaw.text);
}

bool table_real(const struct table *table, size_t row, const char *column, double *value,
                struct error *err)
{
    struct quantity quantity;
    if (!read_cell(table, row, column, &quantity, err))
        return false;
    *value = quantity_real(quantity);
    if (isfinite(*value))
        return true;
    return error_set(err, "%s:%d: %s is '%.60s', must be a number below 1e308", table->path,
                     table->lines[row], column, table_text(table, row, column));
}

bool table_count(const struct table *table, size_t row, const char *column, int64_t *value,
                 struct error *err)
{
    struct quantity quantity;
    if (!read_cell(table, row, column, &quantity, err))
        return false;
    if (quantity_integer(quantity, value))
        return true;
    return error_set(err, "%s:%d: %s is '%.60s', must be a whole number", table->path,
                     table->lines[row], column, table_text(table, row, column));
}
