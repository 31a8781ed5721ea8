/* Irregular workloads on real index streams: matrices from files, graph algorithms really run.
 */
#include "workloads/irregular/irregular.h"

#include <stdlib.h>
#include <string.h>

#include "sim/kernel/random.h"
#include "workloads/irregular/csr.h"
#include "workloads/irregular/graph.h"
#include "workloads/irregular/matrix_market.h"

/* Indices in 32 bits where they fit, with their contents. */
static const struct tensor *stream(struct builder *b, const char *name, enum tensor_role role,
                                   int64_t limit, int64_t count, const int64_t *values)
{
    struct tensor_contents contents = {(uint64_t)count, values};
    struct tensor tensor = {.name = name,
                            .rank = 1,
                            .shape = {count},
                            .format = number_format_integer(true, limit > INT32_MAX ? 64 : 32),
                            .role = role,
                            .density = 1,
                            .contents = &contents};
    return b->sink->tensor(b->sink, &tensor);
}

struct stored {
    const struct tensor *pointers, *columns, *values;
};

static struct stored store(struct builder *b, const char *name, const struct csr *m,
                           bool has_values)
{
    struct stored s = {0};
    s.pointers = stream(b, arena_format(b->arena, "%s.pointers", name), ROLE_CONST, m->count,
                        m->rows + 1, m->pointers);
    s.columns = stream(b, arena_format(b->arena, "%s.columns", name), ROLE_CONST, m->columns,
                       m->count, m->indices);
    if (has_values)
        s.values = weight(b, arena_format(b->arena, "%s.values", name), SHAPE(m->count));
    return s;
}

static void multiply(struct builder *b, const char *kind, int64_t columns)
{
    struct csr a;
    if (!matrix_market_read(key_text(b, "a"), &a, b->err))
        return;
    struct stored s = store(b, "A", &a, true);
    const struct tensor *dense =
        columns ? input(b, "B", SHAPE(a.columns, columns)) : input(b, "x", SHAPE(a.columns));
    const struct tensor *inputs[] = {s.pointers, s.columns, s.values, dense};
    result(b, columns ? "C" : "y");
    apply(b, kind, kind, inputs, 4, NULL, 0);
    csr_free(&a);
}

void build_spmv(struct builder *b)
{
    multiply(b, "spmv", 0);
}

void build_spmm(struct builder *b)
{
    multiply(b, "spmm", key(b, "n"));
}

void build_spgemm(struct builder *b)
{
    struct csr x = {0}, y = {0};
    int64_t count;
    const char *left = key_text(b, "a"), *right = key_text(b, "b");
    bool is_good = matrix_market_read(left, &x, b->err) &&
                   matrix_market_read(right ? right : left, &y, b->err);
    if (is_good && x.columns != y.rows)
        is_good = error_set(b->err, "A has %lld columns and B %lld rows, must be equal",
                            (long long)x.columns, (long long)y.rows);
    if (is_good && csr_product_count(&x, &y, &count, b->err)) {
        struct stored p = store(b, "A", &x, true), q = store(b, "B", &y, true);
        const struct tensor *inputs[] = {p.pointers, p.columns, p.values,
                                         q.pointers, q.columns, q.values};
        struct number_format index = number_format_integer(true, 32);
        const struct tensor *outputs[] = {
            declare(b, "C.pointers", ROLE_OUTPUT, index, SHAPE(x.rows + 1)),
            declare(b, "C.columns", ROLE_OUTPUT, index, SHAPE(count)),
            declare(b, "C.values", ROLE_OUTPUT, b->format, SHAPE(count))};
        apply_many(b, "spgemm", "spgemm", inputs, 6, NULL, 0, outputs, 3);
    }
    csr_free(&x);
    csr_free(&y);
}

static bool graph_of(struct builder *b, struct csr *graph)
{
    const char *kind = key_text(b, "graph"), *path = key_text(b, "a");
    if (path)
        return matrix_market_read(path, graph, b->err) &&
               (graph->rows == graph->columns ||
                error_set(b->err, "%.200s: a graph's matrix must be square", path));
    return graph_make(kind ? kind : "rmat", (int)key(b, "scale"), key(b, "degree"),
                      (uint64_t)key(b, "seed"), graph, b->err);
}

/* The next frontier in ascending order, its vertices marked with their level. */
static int64_t expand(const struct csr *g, const int64_t *frontier, int64_t count,
                      int64_t level, int32_t *depth, int64_t *next, int64_t *edges)
{
    int64_t found = 0;
    *edges = 0;
    for (int64_t i = 0; i < count; i++) {
        int64_t v = frontier[i];
        *edges += g->pointers[v + 1] - g->pointers[v];
        for (int64_t e = g->pointers[v]; e < g->pointers[v + 1]; e++)
            if (depth[g->indices[e]] < 0) {
                depth[g->indices[e]] = (int32_t)level;
                next[found++] = g->indices[e];
            }
    }
    return found;
}

static void search(struct builder *b, const struct csr *g, int64_t source, int32_t *depth,
                   int64_t *frontier, int64_t *next)
{
    struct stored s = store(b, "graph", g, false);
    const struct tensor *visited =
        declare(b, "depth", ROLE_STATE, number_format_integer(true, 32), SHAPE(g->rows));
    frontier[0] = source;
    depth[source] = 0;
    int64_t count = 1, edges;
    const struct tensor *from = stream(b, "frontier0", ROLE_INPUT, g->rows, 1, frontier);
    for (int64_t level = 1; count > 0 && !b->err->is_set; level++) {
        int64_t found = expand(g, frontier, count, level, depth, next, &edges);
        const char *name = arena_format(b->arena, "frontier%lld", (long long)level);
        const struct tensor *inputs[] = {s.pointers, s.columns, from, visited};
        const struct tensor *to =
            stream(b, name, found ? ROLE_TEMP : ROLE_OUTPUT, g->rows, found, next);
        struct attribute attribute = attribute_integer(b, "edges", edges);
        apply_many(b, "bfs-step", arena_format(b->arena, "level%lld", (long long)level), inputs,
                   4, &attribute, 1, &to, 1);
        from = to;
        count = found;
        int64_t *swap = frontier;
        frontier = next;
        next = swap;
    }
}

/* Top-down levels from a random vertex that has a neighbour. */
void build_bfs(struct builder *b)
{
    struct csr g;
    if (!graph_of(b, &g))
        return;
    size_t vertices = (size_t)g.rows;
    int32_t *depth = malloc(vertices * sizeof *depth);
    int64_t *frontier = malloc(vertices * sizeof *frontier);
    int64_t *next = malloc(vertices * sizeof *next);
    struct random draw = random_make((uint64_t)key(b, "seed"), "source");
    if (!depth || !frontier || !next)
        error_set(b->err, "no memory for the search");
    else if (g.count == 0)
        error_set(b->err, "the graph has no edge to search");
    else {
        memset(depth, 0xff, vertices * sizeof *depth);
        int64_t source;
        do
            source = (int64_t)random_below(&draw, vertices);
        while (g.pointers[source + 1] == g.pointers[source]);
        search(b, &g, source, depth, frontier, next);
    }
    free(depth);
    free(frontier);
    free(next);
    csr_free(&g);
}

void build_pagerank(struct builder *b)
{
    struct csr g;
    if (!graph_of(b, &g))
        return;
    struct stored s = store(b, "graph", &g, false);
    const struct tensor *ranks = input(b, "ranks", SHAPE(g.rows));
    int64_t steps = key(b, "iterations");
    for (int64_t i = 1; i <= steps; i++) {
        const struct tensor *inputs[] = {s.pointers, s.columns, ranks};
        if (i == steps)
            result(b, "ranks.final");
        ranks = apply(b, "pagerank-step", arena_format(b->arena, "step%lld", (long long)i),
                      inputs, 3, NULL, 0);
    }
    csr_free(&g);
}
