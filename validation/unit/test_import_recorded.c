/* Recorded executions (PyTorch's JSON and Chakra's protocol buffers) become the outermost calls
 * whose meaning is known, each counted once. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "chakra.pb-c.h"
#include "import_fixture.h"

/* aten::linear 2x8 by 5x8, which calls aten::addmm on a transposed view, then aten::relu. */
#define TENSOR(ID, STORAGE, COUNT) "[" #ID ", " #STORAGE ", 0, " #COUNT ", 4, \"cpu\"]"
static const char OLD_LAYOUT[] =
    "{\"schema\": \"1.0.1\", \"pid\": 1, \"nodes\": [\n"
    "{\"name\": \"[pytorch|profiler|thread]\", \"id\": 2, \"parent\": 1, \"inputs\": [], "
    "\"input_shapes\": [], \"input_types\": [], \"outputs\": [], \"output_shapes\": [], "
    "\"output_types\": []},\n"
    "{\"name\": \"aten::t\", \"id\": 6, \"parent\": 5, \"inputs\": [" TENSOR(
        12, 22,
        40) "], "
            "\"input_shapes\": [[5, 8]], \"input_types\": [\"Tensor(float)\"], \"outputs\": "
            "[" TENSOR(
                15, 22,
                40) "], \"output_shapes\": [[8, 5]], \"output_types\": [\"Tensor(float)\"]},\n"
                    "{\"name\": \"aten::addmm\", \"id\": 7, \"parent\": 5, \"inputs\": "
                    "[" TENSOR(13, 23, 5) ", " TENSOR(11, 21, 16) ", " TENSOR(
                        15, 22,
                        40) ", 1, 1], \"input_shapes\": [[5], [2, 8], "
                            "[8, 5], [], []], \"input_types\": [\"Tensor(float)\", "
                            "\"Tensor(float)\", \"Tensor(float)\", "
                            "\"Int\", \"Int\"], \"outputs\": [" TENSOR(
                                14, 24,
                                10) "], \"output_shapes\": [[2, 5]], "
                                    "\"output_types\": [\"Tensor(float)\"]},\n"
                                    "{\"name\": \"%s\", \"id\": 5, \"parent\": 2, \"inputs\": "
                                    "[" TENSOR(11, 21, 16) ", " TENSOR(12, 22, 40) ", " TENSOR(
                                        13, 23,
                                        5) "], \"input_shapes\": [[2, 8], [5, 8], [5]], "
                                           "\"input_types\": [\"Tensor(float)\", "
                                           "\"Tensor(float)\", \"Tensor(float)\"], "
                                           "\"outputs\": [" TENSOR(
                                               14, 24,
                                               10) "], \"output_shapes\": [[2, 5]], "
                                                   "\"output_types\": [\"Tensor(float)\"]},\n"
                                                   "{\"name\": \"%s\", \"id\": 9, \"parent\": "
                                                   "2, \"inputs\": [" TENSOR(
                                                       14, 24,
                                                       10) "], \"input_shapes\": [[2, 5]], "
                                                           "\"input_types\": "
                                                           "[\"Tensor(float)\"], \"outputs\": "
                                                           "[" TENSOR(16, 25,
                                                                      10) "], "
                                                                          "\"output_shapes\": "
                                                                          "[[2, 5]], "
                                                                          "\"output_types\": "
                                                                          "[\"Tensor(float)\"]}"
                                                                          "\n"
                                                                          "], \"finish_ts\": "
                                                                          "12}\n";

static void import_layer(const char *linear, const char *relu)
{
    ck_assert_msg(import_text(arena_format(&imported.arena, OLD_LAYOUT, linear, relu), NULL),
                  "%s", imported.err.text);
    ck_assert_str_eq(imported.summary.format, "pytorch");
    ck_assert_uint_eq(imported.summary.nodes, 5);
    ck_assert_uint_eq(imported.summary.nodes,
                      imported.summary.operators + imported.summary.ignored);
    ck_assert_uint_eq(imported.memory.macs, 2 * 8 * 5);
}

START_TEST(the_outermost_known_call_stands_for_what_it_calls)
{
    import_layer("aten::linear", "aten::relu");
    ck_assert_uint_eq(imported.summary.operators, 2);
    const struct memory_operator *product = memory_sink_find(&imported.memory, "MatMul");
    const struct memory_operator *relu = memory_sink_find(&imported.memory, "Relu");
    ck_assert_ptr_nonnull(product);
    ck_assert_ptr_nonnull(relu);
    ck_assert_str_eq(product->name, "aten::linear");
    ck_assert_ptr_eq(relu->inputs[0], product->outputs[0]);
    ck_assert_int_eq(product->inputs[0]->role, ROLE_INPUT);
    ck_assert_int_eq(product->inputs[1]->role, ROLE_CONST);
}
END_TEST

START_TEST(an_unknown_composite_is_entered)
{
    import_layer("my::layer", "aten::relu");
    const struct memory_operator *product = memory_sink_find(&imported.memory, "MatMul");
    ck_assert_ptr_nonnull(product);
    ck_assert_str_eq(product->name, "aten::addmm");
    ck_assert_ptr_nonnull(product->inputs[1]->shape);
    ck_assert_uint_eq(imported.summary.unknown, 0);
}
END_TEST

START_TEST(an_unknown_leaf_moves_its_bytes_and_is_named)
{
    import_layer("aten::linear", "aten::frobnicate");
    ck_assert_uint_eq(imported.summary.unknown, 1);
    ck_assert_ptr_nonnull(memory_sink_find(&imported.memory, "opaque"));
    ck_assert_uint_eq(imported.summary.warnings.count, 1);
    ck_assert_ptr_nonnull(strstr(imported.summary.warnings.names[0], "aten::frobnicate"));
}
END_TEST

START_TEST(the_newer_layout_is_read_as_well)
{
    ck_assert_msg(
        import_text(
            "{\"nodes\": [{\"id\": 3, \"name\": \"aten::conv2d\", \"ctrl_deps\": 1, "
            "\"inputs\": {\"values\": [[1,2,0,192,2,\"cuda:0\"], [3,4,0,216,2,\"cuda:0\"], "
            "\"<None>\", [2,2], [1,1], [1,1], 1], \"shapes\": [[1,3,8,8], [8,3,3,3], [], "
            "[[],[]], [[],[]], [[],[]], []], \"types\": [\"Tensor(c10::Half)\", "
            "\"Tensor(c10::Half)\", \"None\", \"GenericList[Int,Int]\", "
            "\"GenericList[Int,Int]\", \"GenericList[Int,Int]\", \"Int\"]}, \"outputs\": "
            "{\"values\": [[5,6,0,128,2,\"cuda:0\"]], \"shapes\": [[1,8,4,4]], \"types\": "
            "[\"Tensor(c10::Half)\"]}, \"attrs\": [{\"name\": \"x\", \"value\": NaN}]}]}",
            NULL),
        "%s", imported.err.text);
    const struct memory_operator *conv = memory_sink_find(&imported.memory, "Conv");
    ck_assert_ptr_nonnull(conv);
    ck_assert_uint_eq(conv->macs, 8 * 16 * 27);
    ck_assert(number_format_equal(conv->outputs[0]->format, number_format_float(5, 10)));
}
END_TEST

static const struct {
    const char *text, *words;
} REFUSED[] = {
    {"{\"nodes\": [{\"id\": 1}]}", "record 1 has no name"},
    {"{\"nodes\": [{\"id\": 1, \"name\": \"a\"}, {\"id\" 2}]}", "record 2"},
    {"{\"nodes\": [{\"id\": 1, \"name\": \"a\"}", "before its brackets are closed"},
    {"{\"schema\": \"1.0.1\"}", "has no list 'nodes'"},
    {"{\"schema\": 1}}", "closes a bracket"},
};

START_TEST(a_bad_recording_is_refused_with_its_record)
{
    ck_assert(!import_text(REFUSED[_i].text, NULL));
    ck_assert_msg(strstr(imported.err.text, REFUSED[_i].words), "%s", imported.err.text);
}
END_TEST

static void write_record(gzFile file, const ProtobufCMessage *message)
{
    uint8_t bytes[4096];
    size_t size = protobuf_c_message_get_packed_size(message);
    ck_assert_uint_le(size, sizeof bytes);
    protobuf_c_message_pack(message, bytes);
    size_t left = size;
    for (; left >= 0x80; left >>= 7)
        gzputc(file, (int)(left & 0x7f) | 0x80);
    gzputc(file, (int)left);
    gzwrite(file, bytes, (unsigned)size);
}

static void write_node(gzFile file, uint64_t id, const char *name, Chakra__NodeType type,
                       uint64_t parent, uint64_t micros, Chakra__Arguments *inputs,
                       Chakra__Arguments *outputs, Chakra__Attribute *attribute)
{
    Chakra__Node node = CHAKRA__NODE__INIT;
    node.id = id;
    node.name = (char *)(uintptr_t)name;
    node.type = type;
    node.n_control_dependency = parent > 0;
    node.control_dependency = &parent;
    node.duration_micros = micros;
    node.inputs = inputs;
    node.outputs = outputs;
    node.n_attribute = attribute != NULL;
    node.attribute = &attribute;
    write_record(file, &node.base);
}

static Chakra__Attribute attribute(char *name, Chakra__Attribute__ValueCase kind, int64_t value)
{
    Chakra__Attribute a = CHAKRA__ATTRIBUTE__INIT;
    a.name = name;
    a.value_case = kind;
    a.int64_value = value;
    return a;
}

/* A host call with its device kernel, a collective, a kernel of unknown origin. */
static void write_chakra(const char *mode)
{
    gzFile file = gzopen(imported.path, mode);
    ck_assert_ptr_nonnull(file);
    Chakra__Metadata metadata = CHAKRA__METADATA__INIT;
    metadata.version = "0.0.4";
    Chakra__Arguments in = CHAKRA__ARGUMENTS__INIT, out = in;
    in.values = "[[1, 2, 0, 48, 4, 'cuda:0'], (3, 4, 0, 32, 4, 'cuda:0'), None, -inf]";
    in.shapes = "[[6, 8], [8, 4], [], []]";
    in.types = "['Tensor(float)', 'Tensor(float)', 'None', 'Double']";
    out.values = "[[5, 6, 0, 24, 4, 'cuda:0']]";
    out.shapes = "[[6, 4]]";
    out.types = "['Tensor(float)']";
    Chakra__Attribute host = attribute("is_cpu_op", CHAKRA__ATTRIBUTE__VALUE_BOOL_VALUE, 1);
    Chakra__Attribute device = attribute("is_cpu_op", CHAKRA__ATTRIBUTE__VALUE_SINT32_VALUE, 0);
    Chakra__Attribute size = attribute("comm_size", CHAKRA__ATTRIBUTE__VALUE_UINT64_VALUE, 512);
    write_record(file, &metadata.base);
    write_node(file, 1, "aten::mm", CHAKRA__NODE_TYPE__COMPUTE, 0, 100, &in, &out, &host);
    write_node(file, 2, "sgemm", CHAKRA__NODE_TYPE__COMPUTE, 1, 60, NULL, NULL, &device);
    write_node(file, 3, "all_reduce", CHAKRA__NODE_TYPE__COLLECTIVE, 0, 30, NULL, NULL, &size);
    write_node(file, 4, "mystery", CHAKRA__NODE_TYPE__COMPUTE, 0, 10, NULL, NULL, &device);
    gzclose(file);
}

START_TEST(chakra_derives_calls_keeps_transfers_and_counts_the_rest)
{
    write_chakra(_i ? "wb" : "wbT");
    ck_assert_msg(import_written(NULL), "%s", imported.err.text);
    ck_assert_str_eq(imported.summary.format, "chakra");
    ck_assert_uint_eq(imported.memory.macs, 6 * 8 * 4);
    ck_assert_uint_eq(imported.summary.derived, 1);
    ck_assert_uint_eq(imported.summary.recorded, 1);
    ck_assert_uint_eq(imported.summary.unknown, 1);
    /* The kernel's, not the call's as well. */
    ck_assert_double_eq(imported.summary.derived_us, 60);
    ck_assert_double_eq(imported.summary.recorded_us, 30);
    ck_assert_double_eq(imported.summary.unknown_us, 10);
    ck_assert_ptr_nonnull(strstr(imported.summary.coverage, "60.0 % derived"));
}
END_TEST

START_TEST(a_chakra_trace_cut_anywhere_is_refused_or_shorter)
{
    write_chakra("wbT");
    FILE *file = fopen(imported.path, "rb");
    char bytes[4096];
    size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t cut = 0; cut < length; cut++) {
        file = fopen(imported.path, "wb");
        fwrite(bytes, 1, cut, file);
        fclose(file);
        bool is_done = import_written(NULL);
        ck_assert(is_done == !imported.err.is_set);
        ck_assert(!is_done || imported.summary.nodes < 4);
    }
}
END_TEST

Suite *import_recorded_suite(void)
{
    Suite *suite = suite_create("import_recorded");
    TCase *calls = tcase_create("calls");
    tcase_add_checked_fixture(calls, import_setup, import_teardown);
    tcase_add_test(calls, the_outermost_known_call_stands_for_what_it_calls);
    tcase_add_test(calls, an_unknown_composite_is_entered);
    tcase_add_test(calls, an_unknown_leaf_moves_its_bytes_and_is_named);
    tcase_add_test(calls, the_newer_layout_is_read_as_well);
    tcase_add_loop_test(calls, a_bad_recording_is_refused_with_its_record, 0,
                        (int)(sizeof REFUSED / sizeof REFUSED[0]));
    tcase_add_loop_test(calls, chakra_derives_calls_keeps_transfers_and_counts_the_rest, 0, 2);
    tcase_add_test(calls, a_chakra_trace_cut_anywhere_is_refused_or_shorter);
    suite_add_tcase(suite, calls);
    return suite;
}
