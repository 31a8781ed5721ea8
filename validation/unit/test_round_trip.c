/* Whole networks on every shipped chip: do searches end, and does the mapping that is
 * explained, given back as a mapping file, run the same? */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim/report/report_mapping.h"
#include "sim/study/mapping_pins.h"
#include "traces/trace.h"
#include "workloads/dense/workload.h"

static const char *const CHIPS[] = {"edge",     "gemmini",   "tpu-v1",       "onnxim",
                                    "scalesim", "aie",       "aie-ml",       "hvx",
                                    "c674x",    "c64x-plus", "vliw-teaching"};
static const char *const NETWORKS[] = {"resnet18", "mobilenet-v2", "bert-base"};

enum { CHIP_COUNT = sizeof CHIPS / sizeof CHIPS[0], NETWORK_COUNT = 3, NESTING_CHIPS = 5 };

static struct arena arena;
static char trace[64], mapping[64];

static void make_file(char path[64])
{
    snprintf(path, 64, "/tmp/cleave-round-trip-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
}

static void setup(void)
{
    arena_init(&arena);
    make_file(trace);
    make_file(mapping);
}

static void teardown(void)
{
    unlink(trace);
    unlink(mapping);
    arena_free(&arena);
}

static void build(const char *name)
{
    struct error err = {0};
    struct sink *sink = trace_writer_open(trace, &err);
    struct workload_setting setting = {"seq", "64"};
    bool is_made =
        sink &&
        workload_build(workload_find(name), &setting, name[0] == 'b' ? 1 : 0, sink, &err) &&
        sink->finish(sink, &err);
    ck_assert_msg(is_made, "%s", err.text);
}

static void run(const char *chip, const struct play_pins *pins, struct run_result *result)
{
    struct error err = {0};
    struct run_request request = {.chip = chip, .trace = trace, .pins = pins};
    ck_assert_msg(study_run(&arena, &request, result, &err), "%s: %s", chip, err.text);
}

START_TEST(what_is_explained_runs_the_same_when_it_is_pinned)
{
    const char *chip = CHIPS[_i / NETWORK_COUNT];
    build(NETWORKS[_i % NETWORK_COUNT]);
    struct run_result first, again;
    run(chip, NULL, &first);
    FILE *file = fopen(mapping, "w");
    ck_assert(file != NULL);
    report_mapping(&first, file);
    fclose(file);
    struct mapping_pins pins;
    struct error err = {0};
    ck_assert_msg(mapping_pins_read(mapping, &arena, &pins, &err), "%s", err.text);
    bool has_nests = _i / NETWORK_COUNT < NESTING_CHIPS;
    ck_assert_int_eq(pins.file.count > 0, has_nests);
    run(chip, &pins.pins, &again);
    ck_assert_uint_eq(again.totals.cycles, first.totals.cycles);
    ck_assert_uint_eq(again.totals.dram_read_bytes, first.totals.dram_read_bytes);
    size_t before = again.warning_count;
    mapping_pins_warn(&pins, &arena, &again);
    ck_assert_uint_eq(again.warning_count, before);
}
END_TEST

START_TEST(searches_of_shipped_chips_end)
{
    static const char *const OBJECTIVES[] = {"mapper.objective=cycles", "mapper.objective=cost",
                                             "mapper.objective=product"};
    build(NETWORKS[_i / 3 % NETWORK_COUNT]);
    struct error err = {0};
    struct run_result result;
    struct run_request request = {
        .chip = CHIPS[_i / 9], .trace = trace, .sets = &OBJECTIVES[_i % 3], .set_count = 1};
    ck_assert_msg(study_run(&arena, &request, &result, &err), "%s", err.text);
    for (size_t i = 0; i < result.operator_count; i++) {
        const struct operator_record *record = &result.operators[i].record;
        ck_assert_msg(record->is_search_complete && record->search_gap == 0,
                      "%s on %s: gap %g: %s", record->name, request.chip, record->search_gap,
                      record->mapping);
    }
}
END_TEST

Suite *round_trip_suite(void);
Suite *round_trip_suite(void)
{
    Suite *suite = suite_create("round_trip");
    TCase *cases = tcase_create("round_trip");
    tcase_set_timeout(cases, 600);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, what_is_explained_runs_the_same_when_it_is_pinned, 0,
                        CHIP_COUNT * NETWORK_COUNT);
    tcase_add_loop_test(cases, searches_of_shipped_chips_end, 0, NESTING_CHIPS * 9);
    suite_add_tcase(suite, cases);
    return suite;
}
