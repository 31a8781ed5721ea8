#include "workloads/irregular/graph.h"

#include <stdlib.h>
#include <string.h>

#include "sim/kernel/random.h"

static bool add_edge(struct positions *p, uint32_t a, uint32_t b, struct error *err)
{
    return a == b || (positions_add(p, a, b, err) && positions_add(p, b, a, err));
}

/* One quadrant a level, 16 random bits each: .57, .57 + .19, .57 + .19 + .19 of 65536. */
static void descend(struct random *random, int scale, uint32_t *row, uint32_t *column)
{
    enum { A = 37356, AB = 49807, ABC = 62259 };
    uint64_t bits = 0;
    *row = *column = 0;
    for (int level = 0; level < scale; level++) {
        if (level % 4 == 0)
            bits = random_bits(random);
        uint32_t draw = (uint32_t)(bits & 0xffff);
        bits >>= 16;
        *row = *row << 1 | (draw >= AB);
        *column = *column << 1 | ((draw >= A && draw < AB) || draw >= ABC);
    }
}

static bool recursive(int scale, int64_t edges, uint64_t seed, struct positions *p,
                      struct error *err)
{
    size_t count = (size_t)1 << scale;
    uint64_t *names = malloc(count * sizeof *names);
    if (!names)
        return error_set(err, "no memory for the graph");
    struct random order = random_make(seed, "names"), draw = random_make(seed, "edges");
    random_permutation(&order, names, count);
    bool is_good = true;
    for (int64_t i = 0; is_good && i < edges; i++) {
        uint32_t row, column;
        descend(&draw, scale, &row, &column);
        is_good = add_edge(p, (uint32_t)names[row], (uint32_t)names[column], err);
    }
    free(names);
    return is_good;
}

static bool uniform(int scale, int64_t edges, uint64_t seed, struct positions *p,
                    struct error *err)
{
    struct random draw = random_make(seed, "edges");
    for (int64_t i = 0; i < edges; i++) {
        uint64_t bits = random_bits(&draw);
        uint32_t a = (uint32_t)(bits >> 32 >> (32 - scale)), b = (uint32_t)bits >> (32 - scale);
        if (!add_edge(p, a, b, err))
            return false;
    }
    return true;
}

/* 2^(scale/2) columns, the rest in rows. */
static bool grid(int scale, struct positions *p, struct error *err)
{
    uint32_t width = (uint32_t)1 << scale / 2, count = (uint32_t)1 << scale;
    for (uint32_t v = 0; v < count; v++) {
        bool is_good = (v + 1) % width == 0 || add_edge(p, v, v + 1, err);
        if (!is_good || (v + width < count && !add_edge(p, v, v + width, err)))
            return false;
    }
    return true;
}

bool graph_make(const char *kind, int scale, int64_t degree, uint64_t seed, struct csr *graph,
                struct error *err)
{
    struct positions p = {0};
    int64_t vertices = (int64_t)1 << scale, edges = vertices * degree;
    bool is_good;
    if (strcmp(kind, "rmat") == 0)
        is_good = recursive(scale, edges, seed, &p, err);
    else if (strcmp(kind, "uniform") == 0)
        is_good = uniform(scale, edges, seed, &p, err);
    else if (strcmp(kind, "grid") == 0)
        is_good = grid(scale, &p, err);
    else
        return error_set(err, "graph is '%.60s', must be rmat, uniform or grid", kind);
    if (is_good)
        return csr_make(graph, vertices, vertices, &p, err);
    positions_free(&p);
    return false;
}
