/* Does it matter how tensors lie? With DRAM commands narrow tiles of a row-major matrix open
 * more rows than padded ones, and a convolution finds other rows open when its channels are
 * packed; an ideal memory sees whole bursts alone. What operators are charged is what the ports
 * move. */
#define _POSIX_C_SOURCE 200809L
#include <check.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "random_run.h"
#include "sim/study/sample.h"
#include "traces/trace.h"

enum { SEEDS = 60, OPERATORS = 8 };

static struct arena arena;
static struct error err;

static void setup(void)
{
    arena_init(&arena);
    err = (struct error){0};
}

static void teardown(void)
{
    arena_free(&arena);
}

static const char *const FIDELITIES[] = {"ideal", "bank", "command"};

/* ---- a product in tiles of 16 columns, whole depth ---- */

static const struct nest *narrow_tiles(const struct play_pins *pins, const char *operator,
                                       int32_t part, const struct contraction *view,
                                       struct error *error)
{
    (void)pins, (void)operator,(void) part;
    static const char TILES[] = "memory:IWO[K128] scratch:IWO[C32] rows{C16} cols{K16} "
                                "array:W[P16]";
    struct nest *nest = arena_alloc(&arena, sizeof *nest);
    return nest_parse_line(TILES, view, &arena, nest, error) ? nest : NULL;
}

struct outcome {
    uint64_t cycles, read_bytes, activates;
};

static struct outcome outcome_of(const struct run_result *result)
{
    int32_t dram = chip_memory_find(result->chip, "dram");
    int32_t meter = result->chip->memories[dram].activate;
    return (struct outcome){result->totals.cycles, result->totals.dram_read_bytes,
                            result->totals.ledger.counts[meter]};
}

static struct outcome run(const char *trace, const char *fidelity, const char *key,
                          const char *layout, const struct play_pins *pins)
{
    const char *sets[] = {arena_format(&arena, "memory.dram.fidelity=%s", fidelity),
                          arena_format(&arena, "memory.dram.%s=%s", key, layout),
                          "memory.dram.bandwidth=0 B/s", "memory.buffer.residency=none",
                          "mapper.rerank=1"};
    struct run_request request = {.chip = "edge",
                                  .trace = trace,
                                  .sets = sets,
                                  .set_count = sizeof sets / sizeof sets[0],
                                  .pins = pins};
    struct run_result result;
    ck_assert_msg(study_run(&arena, &request, &result, &err), "%s", err.text);
    return outcome_of(&result);
}

START_TEST(narrow_tiles_of_a_row_major_matrix_open_more_rows)
{
    struct number_format i8 = number_format_integer(true, 8);
    struct sample_product product = {16, 512, 2048, i8, i8, i8};
    const char *trace = sample_products(&arena, &product, 1, &err);
    ck_assert_msg(trace != NULL, "%s", err.text);
    struct play_pins pins = {narrow_tiles, NULL};
    struct outcome row[3], tile[3];
    for (int i = 0; i < 3; i++) {
        row[i] = run(trace, FIDELITIES[i], "weight_layout", "row-major", &pins);
        tile[i] = run(trace, FIDELITIES[i], "weight_layout", "tile-padded", &pins);
    }
    sample_remove(trace);
    for (int i = 0; i < 3; i++) {
        /* Rows of 16 bytes take a burst of 32 each: the weights move twice. */
        ck_assert_uint_eq(row[i].read_bytes - tile[i].read_bytes, 512 * 2048);
        ck_assert_uint_lt(tile[i].cycles, row[i].cycles);
    }
    ck_assert_uint_gt(row[2].activates, tile[2].activates + tile[2].activates / 2);
    ck_assert_uint_gt(row[2].cycles, tile[2].cycles + tile[2].cycles / 4);
    ck_assert_uint_gt(tile[2].cycles, tile[0].cycles); /* padded tiles open rows, too */
}
END_TEST

/* ---- a convolution ---- */

static const char *convolution(void)
{
    char *path = arena_copy_text(&arena, sample_path(&arena, &err));
    struct sink *sink = trace_writer_open(path, &err);
    ck_assert_msg(sink != NULL, "%s", err.text);
    struct number_format i8 = number_format_integer(true, 8);
    struct tensor in = {.name = "x",
                        .rank = 4,
                        .shape = {1, 64, 40, 40},
                        .format = i8,
                        .role = ROLE_INPUT,
                        .density = 1};
    struct tensor weight = {.name = "w",
                            .rank = 4,
                            .shape = {64, 64, 3, 3},
                            .format = i8,
                            .role = ROLE_CONST,
                            .density = 1};
    struct tensor out = {.name = "y",
                         .rank = 4,
                         .shape = {1, 64, 38, 38},
                         .format = i8,
                         .role = ROLE_OUTPUT,
                         .density = 1};
    const struct tensor *inputs[] = {sink->tensor(sink, &in), sink->tensor(sink, &weight)};
    const struct tensor *outputs[] = {sink->tensor(sink, &out)};
    struct operator op = {.name = "conv",
                          .spec = operator_find("Conv"),
                          .input_count = 2,
                          .output_count = 1,
                          .inputs = inputs,
                          .outputs = outputs};
    sink->operator(sink, &op);
    ck_assert_msg(sink->finish(sink, &err), "%s", err.text);
    return path;
}

START_TEST(packed_channels_find_other_rows_open)
{
    const char *trace = convolution();
    struct outcome row[3], packed[3];
    for (int i = 0; i < 3; i++) {
        row[i] = run(trace, FIDELITIES[i], "activation_layout", "row-major", NULL);
        packed[i] = run(trace, FIDELITIES[i], "activation_layout", "channel-packed", NULL);
    }
    sample_remove(trace);
    /* Rows of one plane lie far from those of the next; packed, 32 of them are neighbours. */
    ck_assert_uint_gt(row[2].activates, 2 * packed[2].activates);
    ck_assert(fabs((double)packed[0].cycles / (double)row[0].cycles - 1) < 0.05);
}
END_TEST

/* ---- laws over random runs ---- */

START_TEST(operators_are_charged_what_the_ports_move)
{
    static const char *const LAYOUTS[] = {"auto", "tiled", "row-major", "tile-padded",
                                          "channel-packed"};
    struct random_case c;
    struct run_result result;
    random_case_begin(&c, (uint64_t)_i, "layout", &arena);
    random_chip_file(&c);
    random_trace_file(&c, _i % 2 ? RANDOM_PRODUCTS : RANDOM_NETWORK, OPERATORS);
    const char *sets[] = {arena_format(&arena, "memory.dram.layout=%s", LAYOUTS[_i % 5]), NULL};
    bool is_run = random_case_run(&c, sets, &result);
    random_case_end(&c);
    if (!is_run)
        return;
    struct memory_traffic moved = {0, 0};
    for (int32_t i = 0; i < result.chip->memory_count; i++) {
        if (result.chip->memories[i].kind != MEMORY_DRAM)
            continue;
        moved.read_bytes += result.totals.traffic[i].read_bytes;
        moved.write_bytes += result.totals.traffic[i].write_bytes;
    }
    ck_assert_msg(moved.read_bytes == result.totals.dram_read_bytes &&
                      moved.write_bytes == result.totals.dram_write_bytes,
                  "%s: ports read %llu and wrote %llu, operators %llu and %llu",
                  random_case_text(&c), (unsigned long long)moved.read_bytes,
                  (unsigned long long)moved.write_bytes,
                  (unsigned long long)result.totals.dram_read_bytes,
                  (unsigned long long)result.totals.dram_write_bytes);
}
END_TEST

START_TEST(a_run_says_how_tensors_lie)
{
    const char *trace = convolution();
    struct run_request request = {.chip = "tpu-v1", .trace = trace};
    struct run_result result;
    ck_assert_msg(study_run(&arena, &request, &result, &err), "%s", err.text);
    sample_remove(trace);
    int32_t weights = chip_memory_find(result.chip, "weights");
    ck_assert_str_eq(result.totals.layouts[weights][1], "tile-padded 256 x 256");
}
END_TEST

Suite *layout_play_suite(void)
{
    Suite *suite = suite_create("layout_play");
    TCase *cases = tcase_create("laws");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, narrow_tiles_of_a_row_major_matrix_open_more_rows);
    tcase_add_test(cases, packed_channels_find_other_rows_open);
    tcase_add_loop_test(cases, operators_are_charged_what_the_ports_move, 0, SEEDS);
    tcase_add_test(cases, a_run_says_how_tensors_lie);
    suite_add_tcase(suite, cases);
    return suite;
}
