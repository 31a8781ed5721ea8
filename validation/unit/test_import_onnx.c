/* ONNX graphs become operators with exactly the work that was counted independently. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "onnx_fixture.h"

static uint64_t import_shipped(const char *name, int64_t batch)
{
    char file[512];
    snprintf(file, sizeof file, "%s/traces/onnx/%s.onnx", CLEAVE_SOURCE_DIR, name);
    struct import_options options = {.batch = batch};
    memory_sink_init(&onnx.memory, &onnx.arena);
    ck_assert_msg(
        import_file(file, &options, &onnx.memory.sink, &onnx.arena, &onnx.summary, &onnx.err),
        "%s", onnx.err.text);
    ck_assert_msg(!onnx.memory.error.is_set, "%s", onnx.memory.error.text);
    ck_assert_str_eq(onnx.summary.format, "onnx");
    ck_assert_uint_eq(onnx.summary.inputs.count, 1);
    ck_assert_uint_eq(onnx.summary.unknown, 0);
    ck_assert_uint_eq(onnx.summary.nodes, onnx.summary.operators + onnx.summary.folded);
    return onnx.memory.macs;
}

START_TEST(shipped_graphs_equal_the_independent_count)
{
    char file[512], name[64];
    snprintf(file, sizeof file, "%s/traces/onnx/macs.csv", CLEAVE_SOURCE_DIR);
    FILE *table = fopen(file, "r");
    ck_assert_ptr_nonnull(table);
    ck_assert_int_eq(fscanf(table, "%*[^\n]\n"), 0);
    unsigned long long nodes, macs;
    int rows = 0;
    while (fscanf(table, "%63[^,],%llu,%llu\n", name, &nodes, &macs) == 3) {
        ck_assert_uint_eq(import_shipped(name, 0), macs);
        ck_assert_uint_eq(onnx.summary.nodes, nodes);
        ck_assert_uint_eq(import_shipped(name, 8), 8 * macs);
        rows++;
    }
    fclose(table);
    ck_assert_int_eq(rows, 5);
}
END_TEST

static void build_convolution(const char *shape)
{
    onnx_builder_input(&onnx.model, "x", F32, shape);
    onnx_builder_weight(&onnx.model, "w", F32, "16x8x3x3");
    Onnx__NodeProto *node = onnx_builder_node(&onnx.model, "Conv", "x w", "y");
    onnx_builder_attribute(&onnx.model, node, "pads", LIST(1, 1, 1, 1));
    onnx_builder_attribute(&onnx.model, node, "strides", LIST(2, 2));
    onnx_builder_output(&onnx.model, "y");
}

START_TEST(shapes_are_inferred_where_the_file_has_none)
{
    build_convolution("1x8x15x17");
    onnx_import();
    onnx_expect_shape(onnx_find("Conv")->outputs[0], LIST(1, 16, 8, 9));
    ck_assert_uint_eq(onnx.memory.macs, 16 * 8 * 9 * 8 * 9);
}
END_TEST

START_TEST(an_open_size_called_batch_takes_the_batch)
{
    build_convolution("batchx8x15x17");
    struct import_options options = {.batch = 5};
    ck_assert_msg(onnx_import_with(&options), "%s", onnx.err.text);
    onnx_expect_shape(onnx_find("Conv")->outputs[0], LIST(5, 16, 8, 9));
    onnx_import();
    onnx_expect_shape(onnx_find("Conv")->outputs[0], LIST(1, 16, 8, 9));
}
END_TEST

START_TEST(other_open_sizes_are_guessed_with_a_warning_or_stated)
{
    build_convolution("Nx8xhx17");
    onnx_import();
    onnx_expect_shape(onnx_find("Conv")->outputs[0], LIST(1, 16, 112, 9));
    ck_assert_uint_eq(onnx.summary.warnings.count, 1);
    const char *inputs[] = {"x=2x8x15x17"};
    struct import_options options = {.inputs = inputs, .input_count = 1};
    ck_assert_msg(onnx_import_with(&options), "%s", onnx.err.text);
    onnx_expect_shape(onnx_find("Conv")->outputs[0], LIST(2, 16, 8, 9));
    ck_assert_uint_eq(onnx.summary.warnings.count, 0);
}
END_TEST

START_TEST(without_weights_the_first_input_is_data_and_the_others_const)
{
    onnx_builder_input(&onnx.model, "a", F32, "4x8");
    onnx_builder_input(&onnx.model, "b", F32, "8x5");
    onnx_builder_node(&onnx.model, "MatMul", "a b", "y");
    onnx_builder_output(&onnx.model, "y");
    onnx_import();
    ck_assert_int_eq(onnx_find("MatMul")->inputs[0]->role, ROLE_INPUT);
    ck_assert_int_eq(onnx_find("MatMul")->inputs[1]->role, ROLE_CONST);
    const char *inputs[] = {"b"};
    struct import_options options = {.inputs = inputs, .input_count = 1};
    ck_assert_msg(onnx_import_with(&options), "%s", onnx.err.text);
    ck_assert_int_eq(onnx_find("MatMul")->inputs[0]->role, ROLE_CONST);
    ck_assert_int_eq(onnx_find("MatMul")->inputs[1]->role, ROLE_INPUT);
    onnx_builder_weight(&onnx.model, "w", F32, "65");
    onnx_import();
    ck_assert_int_eq(onnx_find("MatMul")->inputs[1]->role, ROLE_INPUT);
}
END_TEST

START_TEST(shape_arithmetic_is_folded_away)
{
    onnx_builder_input(&onnx.model, "x", F32, "batchx6x4");
    onnx_builder_integers(&onnx.model, "zero", LIST(0));
    onnx_builder_integers(&onnx.model, "two", LIST(2));
    onnx_builder_integers(&onnx.model, "minus", LIST(-1));
    onnx_builder_node(&onnx.model, "Shape", "x", "s");
    onnx_builder_node(&onnx.model, "Gather", "s zero", "n");
    onnx_builder_node(&onnx.model, "Mul", "n two", "m");
    onnx_builder_attribute(&onnx.model,
                           onnx_builder_node(&onnx.model, "Concat", "m minus two", "t"), "axis",
                           LIST(0));
    onnx_builder_node(&onnx.model, "Reshape", "x t", "y");
    onnx_builder_output(&onnx.model, "y");
    struct import_options options = {.batch = 3};
    ck_assert_msg(onnx_import_with(&options), "%s", onnx.err.text);
    ck_assert_uint_eq(onnx.summary.operators, 1);
    ck_assert_uint_eq(onnx.summary.folded, 4);
    onnx_expect_shape(onnx_find("Reshape")->outputs[0], LIST(6, 6, 2));
    ck_assert_ptr_eq(onnx_find("Reshape")->outputs[0]->view_of,
                     onnx_find("Reshape")->inputs[0]);
}
END_TEST

START_TEST(operators_that_only_feed_shapes_are_left_out)
{
    onnx_builder_input(&onnx.model, "x", F32, "2x3");
    onnx_builder_node(&onnx.model, "Sigmoid", "x", "only_its_shape");
    onnx_builder_node(&onnx.model, "Shape", "only_its_shape", "s");
    onnx_builder_node(&onnx.model, "ConstantOfShape", "s", "zeros");
    onnx_builder_node(&onnx.model, "Add", "x zeros", "y");
    onnx_builder_output(&onnx.model, "y");
    onnx_import();
    ck_assert_uint_eq(onnx.summary.operators, 1);
    ck_assert_int_eq(onnx_find("Add")->inputs[1]->role, ROLE_CONST);
}
END_TEST

/* Two lists that together hold as many numbers as the shape asks for. */
static void build_two_lists(void)
{
    onnx_builder_input(&onnx.model, "x", F32, "2x3");
    Onnx__TensorProto *tensor = onnx_builder_weight(&onnx.model, "w", I64, "3");
    static float real = 1;
    static int64_t integers[2] = {1, 2};
    tensor->n_float_data = 1;
    tensor->float_data = &real;
    tensor->n_int64_data = 2;
    tensor->int64_data = integers;
    onnx_builder_node(&onnx.model, "Relu", "x", "y");
    onnx_builder_output(&onnx.model, "y");
}

static void build_loop(void)
{
    onnx_builder_input(&onnx.model, "x", F32, "2x3");
    onnx_builder_node(&onnx.model, "Loop", "x", "y");
    onnx_builder_output(&onnx.model, "y");
}

static void build_missing(void)
{
    onnx_builder_input(&onnx.model, "x", F32, "2x3");
    onnx_builder_node(&onnx.model, "Add", "x later", "y");
    onnx_builder_node(&onnx.model, "Relu", "x", "later");
    onnx_builder_output(&onnx.model, "y");
}

static void build_misfit(void)
{
    onnx_builder_input(&onnx.model, "x", F32, "2x3");
    onnx_builder_weight(&onnx.model, "w", F32, "4x5");
    onnx_builder_node(&onnx.model, "MatMul", "x w", "y");
    onnx_builder_output(&onnx.model, "y");
}

static void build_huge(void)
{
    onnx_builder_input(&onnx.model, "x", F32, "4000000000x4000000000x4000000000");
    onnx_builder_output(&onnx.model, "x");
}

static void build_twice(void)
{
    onnx_builder_input(&onnx.model, "x", F32, "2x3");
    onnx_builder_node(&onnx.model, "Relu", "x", "x");
}

static void build_shapeless(void)
{
    onnx_builder_input(&onnx.model, "x", F32, NULL);
    onnx_builder_node(&onnx.model, "Relu", "x", "y");
}

static const struct {
    void (*build)(void);
    const char *words;
} REFUSED[] = {
    {build_loop, "node 0 'the_Loop' (Loop): control flow"},
    {build_missing, "reads 'later', which nothing before it makes"},
    {build_misfit, "inner sizes are 3 and 4"},
    {build_huge, "out of range"},
    {build_twice, "makes 'x', which exists already"},
    {build_shapeless, "input 'x' has no shape"},
    {build_two_lists, "constant 'w' holds another number of values"},
};

START_TEST(what_cannot_be_imported_is_refused_with_the_place)
{
    REFUSED[_i].build();
    ck_assert(!onnx_import_with(NULL));
    ck_assert_msg(strstr(onnx.err.text, REFUSED[_i].words), "%s", onnx.err.text);
    ck_assert_msg(strncmp(onnx.err.text, onnx.path, strlen(onnx.path)) == 0, "%s",
                  onnx.err.text);
}
END_TEST

START_TEST(a_claimed_shape_costs_no_memory)
{
    onnx_builder_input(&onnx.model, "x", F32, "2x3");
    for (int i = 0; i < 60; i++)
        onnx_builder_weight(&onnx.model, arena_format(&onnx.arena, "w%d", i), I64, "16384");
    onnx_builder_node(&onnx.model, "Relu", "x", "y");
    onnx_builder_output(&onnx.model, "y");
    onnx_builder_write(&onnx.model, onnx.path);
    struct arena own = {0};
    memory_sink_init(&onnx.memory, &own);
    ck_assert_msg(
        import_file(onnx.path, NULL, &onnx.memory.sink, &own, &onnx.summary, &onnx.err), "%s",
        onnx.err.text);
    ck_assert_uint_lt(own.bytes_used, 256 * 1024);
    arena_free(&own);
}
END_TEST

START_TEST(weights_cost_no_memory)
{
    onnx_builder_input(&onnx.model, "x", F32, "1x2048");
    Onnx__TensorProto *weight = onnx_builder_weight(&onnx.model, "w", F32, "2048x4096");
    static uint8_t bytes[2048 * 4096 * 4];
    weight->has_raw_data = 1;
    weight->raw_data = (ProtobufCBinaryData){sizeof bytes, bytes};
    onnx_builder_node(&onnx.model, "MatMul", "x w", "y");
    onnx_builder_output(&onnx.model, "y");
    onnx_builder_write(&onnx.model, onnx.path);
    struct arena own = {0};
    memory_sink_init(&onnx.memory, &own);
    ck_assert_msg(
        import_file(onnx.path, NULL, &onnx.memory.sink, &own, &onnx.summary, &onnx.err), "%s",
        onnx.err.text);
    ck_assert_uint_eq(onnx.memory.macs, 2048 * 4096);
    ck_assert_uint_lt(own.bytes_used, 256 * 1024);
    arena_free(&own);
}
END_TEST

Suite *import_onnx_suite(void)
{
    Suite *suite = suite_create("import_onnx");
    TCase *graphs = tcase_create("graphs");
    tcase_add_checked_fixture(graphs, onnx_setup, onnx_teardown);
    tcase_add_test(graphs, shipped_graphs_equal_the_independent_count);
    tcase_add_test(graphs, shapes_are_inferred_where_the_file_has_none);
    tcase_add_test(graphs, an_open_size_called_batch_takes_the_batch);
    tcase_add_test(graphs, other_open_sizes_are_guessed_with_a_warning_or_stated);
    tcase_add_test(graphs, without_weights_the_first_input_is_data_and_the_others_const);
    tcase_add_test(graphs, shape_arithmetic_is_folded_away);
    tcase_add_test(graphs, operators_that_only_feed_shapes_are_left_out);
    tcase_add_test(graphs, weights_cost_no_memory);
    tcase_add_test(graphs, a_claimed_shape_costs_no_memory);
    tcase_add_loop_test(graphs, what_cannot_be_imported_is_refused_with_the_place, 0,
                        (int)(sizeof REFUSED / sizeof REFUSED[0]));
    suite_add_tcase(suite, graphs);
    return suite;
}
