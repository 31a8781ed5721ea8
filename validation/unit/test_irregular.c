/* Sparse matrices and graphs: read as written, generated as promised, searched correctly. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/trace_summary.h"
#include "workloads/dense/workload.h"
#include "workloads/irregular/csr.h"
#include "workloads/irregular/graph.h"
#include "workloads/irregular/matrix_market.h"

static void write_text(char path[64], const char *text)
{
    strcpy(path, "/tmp/cleave-irregular-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq((int)write(file, text, strlen(text)), (int)strlen(text));
    close(file);
}

START_TEST(a_symmetric_matrix_is_mirrored)
{
    struct csr m;
    struct error err = {0};
    char path[64];
    write_text(path, "%%MatrixMarket matrix coordinate real symmetric\n% made by hand\n\n"
                     "3 3 4\n1 1 2.5\n3 1 -1e3\n3 2 4\n3 1 7\n");
    ck_assert_msg(matrix_market_read(path, &m, &err), "%s", err.text);
    static const int64_t POINTERS[] = {0, 2, 3, 5}, COLUMNS[] = {0, 2, 2, 0, 1};
    ck_assert_int_eq((int)m.count, 5); /* the repeated entry once */
    ck_assert_int_eq(memcmp(m.pointers, POINTERS, sizeof POINTERS), 0);
    ck_assert_int_eq(memcmp(m.indices, COLUMNS, sizeof COLUMNS), 0);
    csr_free(&m);
    unlink(path);
}
END_TEST

static const struct {
    const char *text, *sentence;
} MISTAKES[] = {
    {"", "is empty, must be a Matrix Market file"},
    {"1 1 1\n", ":1: must start with %%MatrixMarket and four words"},
    {"%%MatrixMarket matrix array real general\n",
     "'matrix array', must be 'matrix coordinate'"},
    {"%%MatrixMarket matrix coordinate complex general\n", "has complex values"},
    {"%%MatrixMarket matrix coordinate real general\n", "ends before the line of sizes"},
    {"%%MatrixMarket matrix coordinate real general\n2 2\n",
     ":2: must be rows, columns and entries"},
    {"%%MatrixMarket matrix coordinate real general\n2 2 1\n3 1 1\n",
     ":3: entry 3 1 is outside of 2 x 2"},
    {"%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1\n", ":3: entry has no value"},
    {"%%MatrixMarket matrix coordinate pattern general\n2 2 1\n1 1\n2 2\n",
     ":4: has more than the 1 entries of its header"},
    {"%%MatrixMarket matrix coordinate pattern general\n2 2 3\n1 1\n",
     "ends after 1 of 3 entries"},
    {"%%MatrixMarket matrix coordinate pattern symmetric\n2 3 1\n1 1\n",
     "a symmetric matrix must be square"},
};

START_TEST(malformed_matrices_are_refused_with_their_line)
{
    struct csr m;
    struct error err = {0};
    char path[64];
    write_text(path, MISTAKES[_i].text);
    ck_assert(!matrix_market_read(path, &m, &err));
    ck_assert_msg(strstr(err.text, MISTAKES[_i].sentence) != NULL, "'%s'", err.text);
    unlink(path);
}
END_TEST

/* Sorting and dropping repeats against a dense table of bits. */
START_TEST(rows_are_sorted_and_each_position_stands_once)
{
    uint32_t seed = (uint32_t)_i + 1u, state = seed;
    struct error err = {0};
    struct positions p = {0};
    struct csr m;
    char table[20][30] = {{0}};
    for (int i = 0; i < 200; i++) {
        state = state * 1664525u + 1013904223u;
        uint32_t row = (state >> 8) % 20, column = (state >> 16) % 30;
        table[row][column] = 1;
        ck_assert(positions_add(&p, row, column, &err));
    }
    ck_assert(csr_make(&m, 20, 30, &p, &err));
    int64_t at = 0;
    for (int row = 0; row < 20; row++) {
        ck_assert_msg(m.pointers[row] == at, "seed %u", seed);
        for (int column = 0; column < 30; column++)
            if (table[row][column])
                ck_assert_msg(m.indices[at++] == column, "seed %u", seed);
    }
    ck_assert_msg(m.pointers[20] == at && m.count == at, "seed %u", seed);
    csr_free(&m);
}
END_TEST

static int64_t longest_row(const struct csr *g)
{
    int64_t longest = 0;
    for (int64_t v = 0; v < g->rows; v++)
        if (g->pointers[v + 1] - g->pointers[v] > longest)
            longest = g->pointers[v + 1] - g->pointers[v];
    return longest;
}

START_TEST(graphs_are_symmetric_and_shaped_as_their_kind)
{
    static const char *const KINDS[] = {"rmat", "uniform", "grid"};
    struct error err = {0};
    struct csr g, again;
    ck_assert(graph_make(KINDS[_i], 10, 16, 7, &g, &err));
    ck_assert(graph_make(KINDS[_i], 10, 16, 7, &again, &err));
    ck_assert(g.count == again.count &&
              memcmp(g.indices, again.indices, (size_t)g.count * sizeof *g.indices) == 0);
    for (int64_t v = 0; v < g.rows; v++)
        for (int64_t e = g.pointers[v]; e < g.pointers[v + 1]; e++) {
            int64_t u = g.indices[e], back = g.pointers[u];
            ck_assert(u != v);
            while (back < g.pointers[u + 1] && g.indices[back] != v)
                back++;
            ck_assert(back < g.pointers[u + 1]);
        }
    int64_t longest = longest_row(&g);
    if (_i == 0) /* a few vertices have most edges */
        ck_assert_int_gt((int)longest, 150);
    if (_i == 1) /* Poisson around 32 */
        ck_assert(longest < 80 && longest > 35);
    if (_i == 2) {
        ck_assert_int_eq((int)longest, 4);
        ck_assert_int_eq((int)g.count, 2 * 2 * 32 * 31);
    }
    csr_free(&g);
    csr_free(&again);
}
END_TEST

static struct trace_reader *make(const char *name, const struct workload_setting *settings,
                                 size_t count, char path[64])
{
    struct error err = {0};
    write_text(path, "");
    struct sink *sink = trace_writer_open(path, &err);
    ck_assert_msg(workload_build(workload_find(name), settings, count, sink, &err), "%s",
                  err.text);
    ck_assert_msg(sink->finish(sink, &err), "%s", err.text);
    struct trace_reader *reader = trace_open(path, &err);
    ck_assert_msg(reader != NULL, "%s", err.text);
    return reader;
}

/* The levels of a search on a mesh of 8 x 8: from every vertex the frontiers are those of the
 * Manhattan distance, all vertices are found, every edge is looked at from both ends. */
START_TEST(a_search_visits_every_vertex_once)
{
    struct error err = {0};
    struct operator op;
    char path[64];
    struct workload_setting settings[] = {{"graph", "grid"}, {"scale", "6"}, {"seed", "5"}};
    struct trace_reader *reader = make("bfs", settings, 3, path);
    int64_t distance = 0, found = 1, edges = 0, source = -1;
    while (trace_next(reader, &op, &err)) {
        const struct tensor_contents *from = op.inputs[2]->contents,
                                     *to = op.outputs[0]->contents;
        if (source < 0)
            source = from->values[0];
        edges += operator_integer(&op, "edges", 0);
        found += (int64_t)to->count;
        distance++;
        for (uint64_t i = 0; i < to->count; i++) {
            int64_t dx = llabs(to->values[i] % 8 - source % 8);
            int64_t dy = llabs(to->values[i] / 8 - source / 8);
            ck_assert_int_eq((int)(dx + dy), (int)distance);
        }
    }
    ck_assert_int_eq((int)found, 64);
    ck_assert_int_eq((int)edges, 2 * 2 * 8 * 7);
    trace_close(reader);
    unlink(path);
}
END_TEST

START_TEST(sparse_products_take_their_matrix_from_a_file)
{
    struct error err = {0};
    struct arena arena = {0};
    struct trace_summary summary;
    char matrix[64], path[64];
    write_text(matrix, "%%MatrixMarket matrix coordinate pattern general\n3 4 5\n"
                       "1 1\n1 4\n2 2\n3 1\n3 3\n");
    struct workload_setting settings[] = {{"a", matrix}, {"n", "10"}};
    struct trace_reader *reader = make("spmm", settings, 2, path);
    ck_assert(trace_summarize(reader, &arena, &summary, &err));
    ck_assert_uint_eq(summary.total.macs, 5 * 10);
    trace_close(reader);
    arena_free(&arena);
    unlink(path);
    unlink(matrix);
}
END_TEST

Suite *irregular_suite(void)
{
    Suite *suite = suite_create("irregular");
    TCase *streams = tcase_create("streams");
    tcase_add_test(streams, a_symmetric_matrix_is_mirrored);
    tcase_add_loop_test(streams, malformed_matrices_are_refused_with_their_line, 0,
                        (int)(sizeof MISTAKES / sizeof MISTAKES[0]));
    tcase_add_loop_test(streams, rows_are_sorted_and_each_position_stands_once, 0, 20);
    tcase_add_loop_test(streams, graphs_are_symmetric_and_shaped_as_their_kind, 0, 3);
    tcase_add_test(streams, a_search_visits_every_vertex_once);
    tcase_add_test(streams, sparse_products_take_their_matrix_from_a_file);
    suite_add_tcase(suite, streams);
    return suite;
}
