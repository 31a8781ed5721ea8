/* Naumov et al., 2019, DLRM, in MLPerf's configuration for the Criteo terabyte set: 26 tables
 * of width 128 capped at 40 M rows, products of all pairs of 27 vectors. 24,036,595,969
 * parameters (24 B: 187,767,399 rows of 128, and the two stacks). */
#include "workloads/dense/models.h"

enum { TABLES = 26, WIDTH = 128, VECTORS = TABLES + 1, PAIRS = VECTORS * (VECTORS - 1) / 2 };

static const int64_t ROWS[TABLES] = {
    39884406, 39043,    17289,    7420,     20263,  3,     7120, 1543, 63,
    38532951, 2953546,  403346,   10,       2208,   11938, 155,  4,    976,
    14,       39979771, 25641295, 39664984, 585935, 12972, 108,  36};

static const struct tensor *stack(struct builder *b, const char *name, const struct tensor *x,
                                  const int64_t *widths)
{
    const char *outer = enter(b, "%s", name);
    for (int i = 0; widths[i]; i++) {
        x = linear(b, arena_format(b->arena, "%d", i), x, widths[i], true);
        if (widths[i] > 1)
            x = relu(b, arena_format(b->arena, "relu%d", i), x);
    }
    leave(b, outer);
    return x;
}

void build_dlrm(struct builder *b)
{
    const struct tensor *vectors[VECTORS], *x = input(b, "dense", SHAPE(b->batch, 13));
    int64_t lookups = key(b, "lookups");
    vectors[0] = x = stack(b, "bottom", x, (int64_t[]){512, 256, WIDTH, 0});
    for (int i = 0; i < TABLES; i++) {
        const char *outer = enter(b, "table%d", i);
        const struct tensor *inputs[] = {
            weight(b, "rows", SHAPE(ROWS[i], WIDTH)),
            indices(b, arena_format(b->arena, "category%d", i), SHAPE(b->batch, lookups))};
        vectors[1 + i] = apply(b, "embedding-bag", "bag", inputs, 2, NULL, 0);
        leave(b, outer);
    }
    for (int i = 0; i < VECTORS; i++)
        if (!vectors[i])
            return;
    const struct tensor *all = concat(b, "vectors", vectors, VECTORS, 1);
    all = reshape(b, "vectors.split", all, SHAPE(b->batch, VECTORS, WIDTH));
    const struct tensor *turned = transpose(b, "vectors.turn", all, 3, (int64_t[]){0, 2, 1});
    const struct tensor *pairs = matmul(b, "pairs", all, turned);
    pairs = reshape(b, "pairs.flat", pairs, SHAPE(b->batch, VECTORS * VECTORS));
    struct attribute axis = attribute_integer(b, "axis", 1);
    const struct tensor *lower[] = {pairs, indices(b, "lower", SHAPE(PAIRS))};
    pairs = apply(b, "Gather", "lower.pick", lower, 2, &axis, 1);
    if (!pairs)
        return;
    x = concat(b, "features", (const struct tensor *[]){x, pairs}, 2, 1);
    x = stack(b, "top", x, (int64_t[]){1024, 1024, 512, 256, 1, 0});
    result(b, "click");
    x = unary(b, "Sigmoid", "sigmoid", x);
    if (b->is_training)
        loss(b, "loss", x, indices(b, "labels", SHAPE(b->batch)));
}
