/* Are tiles of sparse operands cut so that they fit as often as promised, and what happens when
 * they do not? On the row pointers of real graphs. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "arch/chip/chip.h"
#include "workloads/irregular/graph.h"

enum { SCALE = 13, DEGREE = 16, COLUMNS = 4, LATENCY = 7 };

static struct arena arena;
static struct csr graph;
static struct core core;
static struct tensor_contents pointers;
static struct tensor stream;
static struct primitive product;
static struct site site;
static struct plan plan, met;

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

/* A x B for the adjacency A of a graph, B dense with a few columns; nothing rests on chip. */
static void plan_graph(const char *kind, uint64_t seed, const char *quantile, uint64_t scratch)
{
    struct error err = {0};
    ck_assert_msg(graph_make(kind, SCALE, DEGREE, seed, &graph, &err), "%s", err.text);
    const char *sets[] = {arena_format(&arena, "core.lanes.fit_quantile=%s", quantile),
                          arena_format(&arena, "core.lanes.latency=%d", LATENCY)};
    struct chip *chip = chip_load(&arena, "edge", sets, 2, &err);
    ck_assert_msg(chip != NULL, "%s", err.text);
    core = chip->cores[1].core;
    ck_assert_str_eq(core.name, "lanes");
    struct number_format byte = number_format_integer(true, 8),
                         word = number_format_integer(true, 32);
    pointers =
        (struct tensor_contents){.values = graph.pointers, .count = (uint64_t)graph.rows + 1};
    stream = (struct tensor){.contents = &pointers};
    uint64_t rows = (uint64_t)graph.rows, items = (uint64_t)graph.count;
    product = (struct primitive){.kind = PRIMITIVE_SPARSE_CONTRACTION,
                                 .label = "",
                                 .repeat = 1,
                                 .input_count = 4,
                                 .streams = {&stream},
                                 .macs = items * COLUMNS,
                                 .sparse = {rows, COLUMNS, rows, items}};
    product.inputs[0] = (struct primitive_operand){.elements = items, .format = byte};
    product.inputs[1] = (struct primitive_operand){.elements = rows + 1, .format = word};
    product.inputs[2] = (struct primitive_operand){.elements = items, .format = word};
    product.inputs[3] = (struct primitive_operand){.elements = rows * COLUMNS, .format = byte};
    product.output = (struct primitive_operand){.elements = rows * COLUMNS, .format = byte};
    site = (struct site){.scratch_bytes = scratch, .output = byte};
    for (int i = 0; i < 4; i++) {
        site.input[i] = product.inputs[i].format;
        site.bytes_per_cycle[i] = 8;
    }
    site.output_bytes_per_cycle = 8;
    ck_assert(core.family->plan(&core, &product, &site, NULL, &arena, &plan, &err));
    const struct plan *seen = core.family->meet(&core, &plan, &product, 0, &arena);
    ck_assert(seen != NULL);
    met = *seen;
}

struct sums {
    uint64_t loads[4], stored, work, dependency;
    double overflows; /* share of tiles that needed more than one step */
};

static struct sums sum_steps(const struct plan *of)
{
    struct sums sums = {{0}};
    for (uint64_t i = 0; i < of->step_count; i++) {
        struct step step;
        core.family->step(&core, of, i, &step);
        for (int k = 0; k < 4; k++)
            sums.loads[k] += step.load_bytes[k];
        sums.stored += step.store_bytes;
        sums.work += step.busy.cycles[REASON_WORK];
        sums.dependency += step.busy.cycles[REASON_DEPENDENCY];
    }
    return sums;
}

/* Tiles of so many rows whose non-zeros take more than `bytes` at five bytes each. */
static uint64_t count_overflows(uint64_t rows, double bytes, uint64_t *tiles)
{
    uint64_t over = 0;
    *tiles = 0;
    for (int64_t r = 0; r < graph.rows; r += (int64_t)rows, (*tiles)++) {
        int64_t end = r + (int64_t)rows < graph.rows ? r + (int64_t)rows : graph.rows;
        over += 5.0 * (double)(graph.pointers[end] - graph.pointers[r]) > bytes;
    }
    return over;
}

/* A row of A adds four bytes of pointer, four of B's and four of the result's. */
static double room_of(uint64_t rows, uint64_t scratch)
{
    return (double)(scratch / 2) - 12.0 * (double)rows - 16;
}

START_TEST(tiles_of_even_graphs_overflow_as_rarely_as_the_quantile_says)
{
    static const struct {
        const char *text;
        double value;
    } QUANTILES[] = {{"0.5", 0.5}, {"0.75", 0.75}, {"0.9", 0.9}, {"0.99", 0.99}};
    double quantile = QUANTILES[_i % 4].value;
    uint64_t seed = (uint64_t)_i / 4, tiles;
    plan_graph("uniform", seed, QUANTILES[_i % 4].text, 16384);
    uint64_t rows = ((uint64_t)graph.rows - 1) / plan.step_count + 1;
    uint64_t over = count_overflows(rows, room_of(rows, 16384), &tiles);
    ck_assert_uint_eq(tiles, plan.step_count);
    /* The rate promised, three standard deviations of a sample of tiles, and half of a row:
     * a tile holds whole rows. */
    double mean = 1 - quantile;
    double spread = 3 * sqrt(mean * quantile * (double)tiles) + 1;
    ck_assert_msg((double)over <= mean * (double)tiles + spread,
                  "seed %llu: %llu of %llu tiles overflow, promised %g",
                  (unsigned long long)seed, (unsigned long long)over, (unsigned long long)tiles,
                  mean);
    /* Not for want of trying: one row more would have broken the promise. */
    uint64_t more_tiles;
    uint64_t more = count_overflows(rows + 1, room_of(rows + 1, 16384), &more_tiles);
    ck_assert_msg((double)more >= mean * (double)more_tiles - spread,
                  "seed %llu: with a row more only %llu of %llu overflow, promised %g",
                  (unsigned long long)seed, (unsigned long long)more,
                  (unsigned long long)more_tiles, mean);
    uint64_t surely = count_overflows(rows, room_of(rows, 16384) + 32, &tiles);
    ck_assert_uint_ge(met.step_count, plan.step_count + surely);
    ck_assert_uint_le(met.step_count, plan.step_count + over);
}
END_TEST

START_TEST(power_law_graphs_overflow_more_often_and_every_part_costs_a_new_start)
{
    uint64_t seed = (uint64_t)_i, tiles;
    plan_graph("uniform", seed, "0.99", 16384);
    uint64_t even_parts = met.step_count - plan.step_count;
    csr_free(&graph);
    plan_graph("rmat", seed, "0.99", 16384);
    uint64_t rows = ((uint64_t)graph.rows - 1) / plan.step_count + 1;
    uint64_t over = count_overflows(rows, room_of(rows, 16384), &tiles);
    ck_assert_uint_gt(over, tiles / 50);
    uint64_t parts = met.step_count - plan.step_count;
    ck_assert_uint_ge(parts, count_overflows(rows, room_of(rows, 16384) + 32, &tiles));
    ck_assert_uint_gt(parts, even_parts);
    struct sums planned = sum_steps(&plan), real = sum_steps(&met);
    ck_assert_uint_eq(real.dependency - planned.dependency, parts * LATENCY);
    /* Every part rounds its cycles up; nothing is lost, nothing counted twice. */
    ck_assert_uint_ge(real.work, planned.work);
    ck_assert_uint_le(real.work, planned.work + met.step_count);
    for (int k = 0; k < 4; k++)
        ck_assert_uint_eq(real.loads[k], planned.loads[k]);
    ck_assert_uint_eq(real.stored, planned.stored);
}
END_TEST

START_TEST(no_part_of_a_tile_is_larger_than_its_room)
{
    plan_graph(_i % 2 ? "rmat" : "uniform", (uint64_t)_i, "0.9", 16384);
    uint64_t rows = ((uint64_t)graph.rows - 1) / plan.step_count + 1;
    for (uint64_t i = 0; i < met.step_count; i++) {
        struct step step;
        core.family->step(&core, &met, i, &step);
        uint64_t items = step.load_bytes[0] + step.load_bytes[2];
        ck_assert_double_le((double)items, room_of(rows, 16384) + 32);
    }
}
END_TEST

Suite *sparse_tiles_suite(void);
Suite *sparse_tiles_suite(void)
{
    Suite *suite = suite_create("sparse_tiles");
    TCase *cases = tcase_create("sparse_tiles");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, tiles_of_even_graphs_overflow_as_rarely_as_the_quantile_says, 0,
                        12);
    tcase_add_loop_test(
        cases, power_law_graphs_overflow_more_often_and_every_part_costs_a_new_start, 0, 3);
    tcase_add_loop_test(cases, no_part_of_a_tile_is_larger_than_its_room, 0, 4);
    suite_add_tcase(suite, cases);
    return suite;
}
