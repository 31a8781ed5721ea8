/* What is exported holds the same products; what a format cannot say is counted. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory_sink.h"
#include "traces/export.h"
#include "traces/import.h"

static struct arena arena;
static struct memory_sink memory;
static struct import_summary summary;
static struct export_summary exported;
static struct error err;
static char folder[64], trace[128], out[128];

static void setup(void)
{
    arena_init(&arena);
    memory_sink_init(&memory, &arena);
    err = (struct error){0};
    strcpy(folder, "/tmp/cleave-export-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(trace, sizeof trace, "%s/a.trace", folder);
    snprintf(out, sizeof out, "%s/out", folder);
}

static void teardown(void)
{
    unlink(trace);
    unlink(out);
    rmdir(folder);
    arena_free(&arena);
}

static void to_trace(const char *file)
{
    struct sink *sink = trace_writer_open(trace, &err);
    ck_assert_ptr_nonnull(sink);
    ck_assert_msg(import_file(file, NULL, sink, &arena, &summary, &err) &&
                      sink->finish(sink, &err),
                  "%s", err.text);
}

static void export_to(const char *format)
{
    ck_assert_msg(export_file(trace, format, out, &arena, &exported, &err), "%s", err.text);
    ck_assert_uint_eq(exported.operators, exported.exported + exported.left_out);
}

static void import_back(void)
{
    memory_sink_init(&memory, &arena);
    ck_assert_msg(import_file(out, NULL, &memory.sink, &arena, &summary, &err), "%s", err.text);
    ck_assert_msg(!memory.error.is_set, "%s", memory.error.text);
}

static const struct {
    const char *name;
    uint64_t macs; /* as in traces/onnx/macs.csv */
} GRAPHS[] = {{"alexnet", 714188480},
              {"lstm", 1452802048},
              {"mobilenet_v2", 300774272},
              {"resnet50", 4089184256},
              {"transformer_encoder", 3724541952}};
enum { GRAPH_COUNT = sizeof GRAPHS / sizeof GRAPHS[0] };

START_TEST(a_topology_holds_all_products_of_a_graph)
{
    to_trace(
        arena_format(&arena, "%s/traces/onnx/%s.onnx", CLEAVE_SOURCE_DIR, GRAPHS[_i].name));
    export_to("scalesim");
    ck_assert_uint_eq(exported.exported_macs, GRAPHS[_i].macs);
    ck_assert_uint_eq(exported.macs, GRAPHS[_i].macs);
    import_back();
    ck_assert_str_eq(summary.format, "scalesim");
    ck_assert_uint_eq(memory.macs, GRAPHS[_i].macs);
    /* Sizes are exact windows: nothing is left to either rule of rounding. */
    ck_assert_uint_eq(summary.warnings.count, 0);
}
END_TEST

START_TEST(a_chakra_trace_has_a_node_for_every_operator)
{
    to_trace(
        arena_format(&arena, "%s/traces/onnx/%s.onnx", CLEAVE_SOURCE_DIR, GRAPHS[_i].name));
    export_to("chakra");
    ck_assert_uint_eq(exported.left_out, 0);
    ck_assert_uint_eq(exported.exported_macs, GRAPHS[_i].macs);
    import_back();
    ck_assert_str_eq(summary.format, "chakra");
    ck_assert_uint_eq(summary.recorded, exported.operators);
}
END_TEST

START_TEST(windows_over_depth_are_left_out_and_named)
{
    FILE *file = fopen(out, "w");
    fputs("problem:\n  shape:\n    name: deep\n    dimensions: [C, M, T, R, S, Z, P, Q]\n"
          "    data_spaces:\n"
          "    - {name: Weights, projection: [[[M]], [[C]], [[T]], [[R]], [[S]]]}\n"
          "    - {name: Inputs, projection: [[[C]], [[T], [Z]], [[R], [P]], [[S], [Q]]]}\n"
          "    - {name: Outputs, projection: [[[M]], [[Z]], [[P]], [[Q]]], read_write: True}\n"
          "  instance: {C: 2, M: 3, T: 3, R: 3, S: 3, Z: 4, P: 4, Q: 4}\n",
          file);
    fclose(file);
    to_trace(out);
    ck_assert(!export_file(trace, "scalesim", out, &arena, &exported, &err));
    ck_assert_uint_eq(exported.exported, 0);
    ck_assert_uint_eq(exported.macs, 2 * 3 * 27 * 64);
    ck_assert_uint_eq(exported.warning_count, 1);
    ck_assert_ptr_nonnull(strstr(exported.warnings[0], "three sides"));
    ck_assert_int_ne(access(out, F_OK), 0); /* nothing half written stays */
}
END_TEST

Suite *export_suite(void)
{
    Suite *suite = suite_create("export");
    TCase *formats = tcase_create("formats");
    tcase_add_checked_fixture(formats, setup, teardown);
    tcase_add_loop_test(formats, a_topology_holds_all_products_of_a_graph, 0, GRAPH_COUNT);
    tcase_add_loop_test(formats, a_chakra_trace_has_a_node_for_every_operator, 0, GRAPH_COUNT);
    tcase_add_test(formats, windows_over_depth_are_left_out_and_named);
    suite_add_tcase(suite, formats);
    return suite;
}
