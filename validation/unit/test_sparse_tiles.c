/* Are tiles of sparse operands cut so that they fit as often as promised, and what happens when
 * they do not? Is the nest the best there is, and do more scratch and a bolder quantile do what
 * they must? On shapes of all kinds, and on the row pointers of real graphs. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "arch/chip/chip.h"
#include "arch/family/sparse_steps.h"
#include "random_loop.h"
#include "workloads/irregular/graph.h"

enum { SCALE = 13, DEGREE = 16 };

static struct arena arena;
static struct csr graph;

static void setup(void)
{
    arena_init(&arena);
    graph = (struct csr){0};
}

static void teardown(void)
{
    csr_free(&graph);
    arena_free(&arena);
}

/* A x B of bytes with column numbers and pointers of four; sums of four. */
static struct sparse_product product_of(uint64_t m, uint64_t k, uint64_t n, uint64_t entries)
{
    struct sparse_product p = {.size = {m, k, n},
                               .entries = entries,
                               .value_bytes = 1,
                               .column_bytes = 4,
                               .pointer_bytes = 4,
                               .table_bytes = 1,
                               .row_bytes = 1,
                               .sum_bytes = 4,
                               .table_burst = 64,
                               .row_burst = 64,
                               .output_bytes_per_cycle = 8,
                               .macs = 1};
    for (int i = 0; i < 3; i++)
        p.entry_burst[i] = 64;
    for (int side = 0; side < SPARSE_SIDES; side++)
        p.bytes_per_cycle[side] = 8;
    return p;
}

static struct sparse_nest nest_of(const struct sparse_product *p, uint64_t scratch,
                                  double quantile, enum mapper_objective objective,
                                  bool is_exhaustive)
{
    struct sparse_options options = {.scratch_bytes = scratch,
                                     .quantile = quantile,
                                     .objective = objective,
                                     .byte_cost = 103,
                                     .fixed_cost = 1000,
                                     .is_exhaustive = is_exhaustive};
    return sparse_search(p, &options);
}

static uint64_t draw(uint64_t *state, uint64_t most)
{
    return 1 + random_next(state) % most;
}

static struct sparse_product random_product(uint64_t *state, uint64_t most)
{
    uint64_t m = draw(state, most), k = draw(state, most);
    uint64_t n = random_next(state) % 3 ? draw(state, most / 2) : 1;
    uint64_t entries = draw(state, 1 + m * k / draw(state, 50));
    struct sparse_product p = product_of(m, k, n, entries < m * k ? entries : m * k);
    if (random_next(state) % 4 == 0) { /* sampled: dense rows come in, results go out */
        p.is_sampled = true;
        p.result_bytes = 1;
        p.value_bytes = 0;
    }
    if (random_next(state) % 4 == 0)
        p.table_bytes = 0; /* it rests on chip */
    return p;
}

/* The nest that branch and bound certifies is the best of all cuts, under every objective. */
START_TEST(the_search_is_as_good_as_trying_everything)
{
    uint64_t state = (uint64_t)_i * 7919 + 1;
    static const enum mapper_objective OBJECTIVES[] = {MAPPER_CYCLES, MAPPER_COST,
                                                       MAPPER_PRODUCT};
    struct sparse_product p = random_product(&state, 60);
    uint64_t scratch = 2048u << random_next(&state) % 4;
    for (int o = 0; o < 3; o++) {
        struct sparse_nest found = nest_of(&p, scratch, 0.99, OBJECTIVES[o], false);
        struct sparse_nest all = nest_of(&p, scratch, 0.99, OBJECTIVES[o], true);
        ck_assert_msg(found.is_complete, "seed %d: gap %g", _i, found.gap);
        ck_assert_double_eq_tol(found.cycles, all.cycles, 1e-9 * all.cycles);
        ck_assert_msg(found.bytes <= all.bytes * (1 + 1e-12), "seed %d objective %d", _i, o);
        ck_assert_double_le(sparse_footprint(&p, &found, 0.99), (double)scratch);
    }
}
END_TEST

/* More scratch never moves more, and a bolder quantile neither. */
START_TEST(more_room_never_moves_more)
{
    uint64_t state = (uint64_t)_i * 104729 + 5;
    struct sparse_product p = random_product(&state, 3000);
    double before = INFINITY;
    for (uint64_t scratch = 2048; scratch < 1 << 22; scratch += scratch) {
        struct sparse_nest nest = nest_of(&p, scratch, 0.99, MAPPER_CYCLES, false);
        ck_assert_msg(nest.bytes <= before * (1 + nest.gap + 1e-12), "seed %d at %llu: %g, %g",
                      _i, (unsigned long long)scratch, nest.bytes, before);
        before = nest.bytes;
        struct sparse_nest bold = nest_of(&p, scratch, 0.6, MAPPER_CYCLES, false);
        ck_assert_msg(bold.bytes <= nest.bytes * (1 + bold.gap + 1e-12), "seed %d", _i);
    }
    /* In the end everything comes once. */
    double once = (double)p.entries * (p.value_bytes + p.column_bytes) +
                  (double)(p.size[SPARSE_M] + 1) * p.pointer_bytes +
                  (double)(p.size[SPARSE_K] * p.size[SPARSE_N]) * p.table_bytes +
                  (double)(p.size[SPARSE_M] * p.size[SPARSE_N]) * p.row_bytes +
                  (double)p.entries * p.result_bytes;
    if (once < 1 << 19)
        ck_assert_double_le(before, once * (1 + 1e-12));
}
END_TEST

/* The steps of a plan move what the nest says, but for roundings of each. */
START_TEST(planned_steps_add_up_to_the_nest)
{
    uint64_t state = (uint64_t)_i * 15485863 + 3;
    struct sparse_product p = random_product(&state, 400);
    struct sparse_nest nest =
        nest_of(&p, 2048u << random_next(&state) % 5, 0.99, MAPPER_CYCLES, false);
    double bytes = 0, entries = 0, macs = 0;
    uint64_t count = sparse_visits(&nest) * nest.pieces, pieces = 0;
    for (uint64_t i = 0; i < count; i++) {
        struct sparse_step step;
        sparse_planned_step(&p, &nest, i, &step);
        for (int load = 0; load < STEP_LOADS_MAX; load++)
            bytes += (double)step.loads[load];
        bytes += (double)step.store;
        entries += step.entries;
        macs += step.macs;
        pieces++;
    }
    ck_assert_double_eq_tol(macs, (double)(p.entries * p.size[SPARSE_N]), 1e-6 * macs);
    ck_assert_double_eq_tol(entries, (double)(p.entries * nest.trips[SPARSE_N]),
                            1e-6 * entries);
    /* Half a byte for each of six sides of a tile. */
    ck_assert_msg(fabs(bytes - nest.bytes) <= 3.0 * (double)sparse_visits(&nest) + 1,
                  "seed %d: %g of %g", _i, bytes, nest.bytes);
}
END_TEST

/* ---- on graphs ---- */

static struct tensor_contents pointers, columns;
static struct tensor streams[2];

static struct primitive make_graph(const char *kind, uint64_t seed, uint64_t n)
{
    struct error err = {0};
    ck_assert_msg(graph_make(kind, SCALE, DEGREE, seed, &graph, &err), "%s", err.text);
    uint64_t rows = (uint64_t)graph.rows, entries = (uint64_t)graph.count;
    pointers = (struct tensor_contents){.values = graph.pointers, .count = rows + 1};
    columns = (struct tensor_contents){.values = graph.indices, .count = entries};
    streams[0] = (struct tensor){.contents = &pointers};
    streams[1] = (struct tensor){.contents = &columns};
    return (struct primitive){.kind = PRIMITIVE_SPARSE_CONTRACTION,
                              .streams = {&streams[0], &streams[1]},
                              .sparse = {rows, n, rows, entries}};
}

static const struct sparse_met *meet_graph(const struct primitive *p,
                                           const struct sparse_product *product,
                                           const struct sparse_nest *nest)
{
    const struct sparse_met *met = sparse_meet(product, nest, p, 0, NULL, NULL, &arena);
    ck_assert(met != NULL);
    return met;
}

/* The table rests on chip: what is cut are entries and rows alone. */
static struct sparse_product graph_product(const struct primitive *p)
{
    struct sparse_product product =
        product_of(p->sparse.rows, p->sparse.inner, p->sparse.columns, p->sparse.non_zeros);
    product.table_bytes = 0;
    return product;
}

START_TEST(tiles_of_even_graphs_overflow_as_rarely_as_the_quantile_says)
{
    static const double QUANTILES[] = {0.5, 0.75, 0.9, 0.99};
    double quantile = QUANTILES[_i % 4];
    uint64_t seed = (uint64_t)_i / 4;
    struct primitive p = make_graph("uniform", seed, 4);
    struct sparse_product product = graph_product(&p);
    struct sparse_nest nest = nest_of(&product, 16384, quantile, MAPPER_CYCLES, false);
    const struct sparse_met *met = meet_graph(&p, &product, &nest);
    ck_assert_uint_eq(met->tiles, nest.trips[SPARSE_M] * nest.trips[SPARSE_K]);
    double mean = 1 - quantile, tiles = (double)met->tiles;
    double spread = 3 * sqrt(mean * quantile * tiles) + 1;
    ck_assert_msg((double)met->overflows <= mean * tiles + spread,
                  "seed %llu: %llu of %g tiles overflow, promised %g", (unsigned long long)seed,
                  (unsigned long long)met->overflows, tiles, mean);
    /* Not for want of trying: with a row more a tile the promise would be broken. */
    nest.room = sparse_footprint(&product, &nest, quantile) > 0 ? nest.most : 0;
    nest.room -= nest.room / 50;
    csr_free(&graph);
    p = make_graph("uniform", seed, 4);
    const struct sparse_met *tight = meet_graph(&p, &product, &nest);
    ck_assert_uint_gt(tight->overflows, met->overflows);
}
END_TEST

START_TEST(power_law_graphs_overflow_more_often_and_no_part_exceeds_its_room)
{
    uint64_t seed = (uint64_t)_i;
    struct primitive p = make_graph("uniform", seed, 4);
    struct sparse_product product = graph_product(&p);
    struct sparse_nest nest = nest_of(&product, 16384, 0.99, MAPPER_CYCLES, false);
    uint64_t even = meet_graph(&p, &product, &nest)->overflows;
    csr_free(&graph);
    p = make_graph("rmat", seed, 4);
    product = graph_product(&p);
    nest = nest_of(&product, 16384, 0.99, MAPPER_CYCLES, false);
    const struct sparse_met *met = meet_graph(&p, &product, &nest);
    ck_assert_uint_gt(met->overflows, even);
    ck_assert_uint_gt(met->overflows, met->tiles / 50);
    uint64_t entries = 0, parts = 0;
    for (uint64_t i = 0; i < met->step_count; i++) {
        const struct sparse_step *step = &met->steps[i];
        ck_assert_double_le(step->entries, (double)nest.room);
        entries += (uint64_t)step->entries;
        parts += step->is_overflow;
    }
    ck_assert_uint_eq(entries, nest.trips[SPARSE_N] * (uint64_t)graph.count);
    ck_assert_uint_ge(parts, met->overflows);
}
END_TEST

/* Bolder: larger tiles, more of which overflow. */
START_TEST(a_smaller_quantile_makes_larger_tiles_that_overflow_more_often)
{
    struct primitive p = make_graph(_i % 2 ? "rmat" : "uniform", (uint64_t)_i, 4);
    struct sparse_product product = graph_product(&p);
    static const double QUANTILES[] = {0.999, 0.9, 0.5};
    double rate = -1;
    uint64_t rows = 0;
    for (int q = 0; q < 3; q++) {
        struct sparse_nest nest = nest_of(&product, 16384, QUANTILES[q], MAPPER_CYCLES, false);
        const struct sparse_met *met = meet_graph(&p, &product, &nest);
        double share = (double)met->overflows / (double)met->tiles;
        ck_assert_uint_ge(nest.tile[SPARSE_M], rows);
        ck_assert_double_ge(share, rate - 0.02);
        rows = nest.tile[SPARSE_M];
        rate = share;
    }
    ck_assert_double_gt(rate, 0);
}
END_TEST

/* One key of every core, whatever its family; idle where no sparse operand is planned. */
START_TEST(the_quantile_is_a_key_of_the_core)
{
    static const char *const CHIPS[][3] = {{"edge", "core.lanes.fit_quantile=0.75", "1"},
                                           {"c64x-plus", "core.fit_quantile=0.75", "0"}};
    for (int i = 0; i < 2; i++) {
        struct error err = {0};
        struct chip *chip = chip_load(&arena, CHIPS[i][0], &CHIPS[i][1], 1, &err);
        ck_assert_msg(chip != NULL, "%s", err.text);
        const struct core *core = &chip->cores[atoi(CHIPS[i][2])].core;
        ck_assert_double_eq(core->fit_quantile, 0.75);
    }
}
END_TEST

Suite *sparse_tiles_suite(void);
Suite *sparse_tiles_suite(void)
{
    Suite *suite = suite_create("sparse_tiles");
    TCase *cases = tcase_create("sparse_tiles");
    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, the_search_is_as_good_as_trying_everything, 0, 60);
    tcase_add_loop_test(cases, more_room_never_moves_more, 0, 24);
    tcase_add_loop_test(cases, planned_steps_add_up_to_the_nest, 0, 200);
    tcase_add_loop_test(cases, tiles_of_even_graphs_overflow_as_rarely_as_the_quantile_says, 0,
                        12);
    tcase_add_loop_test(
        cases, power_law_graphs_overflow_more_often_and_no_part_exceeds_its_room, 0, 3);
    tcase_add_loop_test(cases, a_smaller_quantile_makes_larger_tiles_that_overflow_more_often,
                        0, 4);
    tcase_add_test(cases, the_quantile_is_a_key_of_the_core);
    suite_add_tcase(suite, cases);
    return suite;
}
