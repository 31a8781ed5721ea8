#include "workloads/irregular/csr.h"

#include <stdlib.h>
#include <string.h>

static bool no_memory(struct error *err)
{
    return error_set(err, "no memory for the matrix");
}

bool positions_add(struct positions *p, uint32_t row, uint32_t column, struct error *err)
{
    if (p->count == p->room) {
        size_t room = p->room ? p->room * 2 : 1024;
        uint32_t *rows = realloc(p->rows, room * sizeof *rows);
        p->rows = rows ? rows : p->rows;
        uint32_t *columns = realloc(p->columns, room * sizeof *columns);
        p->columns = columns ? columns : p->columns;
        if (!rows || !columns)
            return no_memory(err);
        p->room = room;
    }
    p->rows[p->count] = row;
    p->columns[p->count++] = column;
    return true;
}

void positions_free(struct positions *p)
{
    free(p->rows);
    free(p->columns);
    *p = (struct positions){0};
}

/* Stable: keeps the order of equal keys. */
static bool sort_by(const uint32_t *keys, size_t count, int64_t limit, const uint32_t *left,
                    uint32_t *left_to, const uint32_t *right, uint32_t *right_to)
{
    size_t *starts = calloc((size_t)limit + 1, sizeof *starts);
    if (!starts)
        return false;
    for (size_t i = 0; i < count; i++)
        starts[keys[i] + 1]++;
    for (int64_t i = 0; i < limit; i++)
        starts[i + 1] += starts[i];
    for (size_t i = 0; i < count; i++) {
        size_t to = starts[keys[i]]++;
        left_to[to] = left[i];
        right_to[to] = right[i];
    }
    free(starts);
    return true;
}

static bool sort_positions(struct positions *p, int64_t rows, int64_t columns)
{
    size_t bytes = (p->count ? p->count : 1) * sizeof(uint32_t);
    struct positions other = {malloc(bytes), malloc(bytes), p->count, p->count};
    bool is_good =
        other.rows && other.columns &&
        sort_by(p->columns, p->count, columns, p->rows, other.rows, p->columns,
                other.columns) &&
        sort_by(other.rows, p->count, rows, other.rows, p->rows, other.columns, p->columns);
    positions_free(&other);
    return is_good;
}

bool csr_make(struct csr *csr, int64_t rows, int64_t columns, struct positions *p,
              struct error *err)
{
    *csr = (struct csr){.rows = rows, .columns = columns};
    bool is_good = sort_positions(p, rows, columns);
    size_t kept = 0;
    for (size_t i = 0; is_good && i < p->count; i++)
        if (i == 0 || p->rows[i] != p->rows[i - 1] || p->columns[i] != p->columns[i - 1])
            kept++;
    if (is_good) {
        csr->count = (int64_t)kept;
        csr->pointers = calloc((size_t)rows + 1, sizeof *csr->pointers);
        csr->indices = malloc((kept ? kept : 1) * sizeof *csr->indices);
        is_good = csr->pointers && csr->indices;
    }
    int64_t at = 0;
    for (size_t i = 0; is_good && i < p->count; i++)
        if (i == 0 || p->rows[i] != p->rows[i - 1] || p->columns[i] != p->columns[i - 1]) {
            csr->pointers[p->rows[i] + 1]++;
            csr->indices[at++] = p->columns[i];
        }
    for (int64_t i = 0; is_good && i < rows; i++)
        csr->pointers[i + 1] += csr->pointers[i];
    positions_free(p);
    if (is_good)
        return true;
    csr_free(csr);
    return no_memory(err);
}

void csr_free(struct csr *csr)
{
    free(csr->pointers);
    free(csr->indices);
    *csr = (struct csr){0};
}

bool csr_product_count(const struct csr *a, const struct csr *b, int64_t *count,
                       struct error *err)
{
    int64_t *seen = malloc((size_t)(b->columns + 1) * sizeof *seen);
    if (!seen)
        return no_memory(err);
    for (int64_t i = 0; i < b->columns; i++)
        seen[i] = -1;
    *count = 0;
    for (int64_t row = 0; row < a->rows; row++)
        for (int64_t i = a->pointers[row]; i < a->pointers[row + 1]; i++)
            for (int64_t j = b->pointers[a->indices[i]]; j < b->pointers[a->indices[i] + 1];
                 j++)
                if (seen[b->indices[j]] != row) {
                    seen[b->indices[j]] = row;
                    ++*count;
                }
    free(seen);
    return true;
}
