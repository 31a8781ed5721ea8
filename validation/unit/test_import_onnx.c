/* ONNX graphs become operators with exactly the work that was counted independently. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory_sink.h"
#include "onnx_builder.h"
#include "traces/import.h"

enum { F32 = 1, U8 = 2, I8 = 3, I32 = 6, I64 = 7 };
#define LIST(...)                                                                              \
    sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (int64_t[])                            \
    {                                                                                          \
        __VA_ARGS__                                                                            \
    }

static struct arena arena;
static struct memory_sink memory;
static struct import_summary summary;
static struct error err;
static struct onnx_builder model;
static char path[64];

static void setup(void)
{
    arena_init(&arena);
    memory_sink_init(&memory, &arena);
    err = (struct error){0};
    strcpy(path, "/tmp/cleave-onnx-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    onnx_builder_init(&model, &arena, 13);
}

static void teardown(void)
{
    unlink(path);
    arena_free(&arena);
}

static bool import_with(const struct import_options *options)
{
    onnx_builder_write(&model, path);
    memory_sink_init(&memory, &arena);
    err = (struct error){0};
    bool is_done = import_file(path, options, &memory.sink, &arena, &summary, &err);
    ck_assert_msg(!memory.error.is_set, "%s", memory.error.text);
    ck_assert(is_done == !err.is_set);
    return is_done;
}

static void import(void)
{
    ck_assert_msg(import_with(NULL), "%s", err.text);
}

static void expect_shape(const struct tensor *tensor, size_t count, const int64_t *shape)
{
    ck_assert_int_eq(tensor->rank, (int)count);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(tensor->shape[i], shape[i]);
}

static const struct memory_operator *find(const char *op)
{
    const struct memory_operator *found = memory_sink_find(&memory, op);
    ck_assert_msg(found != NULL, "no single %s", op);
    return found;
}

static uint64_t import_shipped(const char *name, int64_t batch)
{
    char file[512];
    snprintf(file, sizeof file, "%s/traces/onnx/%s.onnx", CLEAVE_SOURCE_DIR, name);
    struct import_options options = {.batch = batch};
    memory_sink_init(&memory, &arena);
    ck_assert_msg(import_file(file, &options, &memory.sink, &arena, &summary, &err), "%s",
                  err.text);
    ck_assert_msg(!memory.error.is_set, "%s", memory.error.text);
    ck_assert_str_eq(summary.format, "onnx");
    ck_assert_uint_eq(summary.inputs.count, 1);
    ck_assert_uint_eq(summary.unknown, 0);
    ck_assert_uint_eq(summary.nodes, summary.operators + summary.folded);
    return memory.macs;
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
        ck_assert_uint_eq(summary.nodes, nodes);
        ck_assert_uint_eq(import_shipped(name, 8), 8 * macs);
        rows++;
    }
    fclose(table);
    ck_assert_int_eq(rows, 5);
}
END_TEST

static void build_convolution(const char *shape)
{
    onnx_builder_input(&model, "x", F32, shape);
    onnx_builder_weight(&model, "w", F32, "16x8x3x3");
    Onnx__NodeProto *node = onnx_builder_node(&model, "Conv", "x w", "y");
    onnx_builder_attribute(&model, node, "pads", LIST(1, 1, 1, 1));
    onnx_builder_attribute(&model, node, "strides", LIST(2, 2));
    onnx_builder_output(&model, "y");
}

START_TEST(shapes_are_inferred_where_the_file_has_none)
{
    build_convolution("1x8x15x17");
    import();
    expect_shape(find("Conv")->outputs[0], LIST(1, 16, 8, 9));
    ck_assert_uint_eq(memory.macs, 16 * 8 * 9 * 8 * 9);
}
END_TEST

START_TEST(an_open_size_called_batch_takes_the_batch)
{
    build_convolution("batchx8x15x17");
    struct import_options options = {.batch = 5};
    ck_assert_msg(import_with(&options), "%s", err.text);
    expect_shape(find("Conv")->outputs[0], LIST(5, 16, 8, 9));
    import();
    expect_shape(find("Conv")->outputs[0], LIST(1, 16, 8, 9));
}
END_TEST

START_TEST(other_open_sizes_are_guessed_with_a_warning_or_stated)
{
    build_convolution("Nx8xhx17");
    import();
    expect_shape(find("Conv")->outputs[0], LIST(1, 16, 112, 9));
    ck_assert_uint_eq(summary.warnings.count, 1);
    const char *inputs[] = {"x=2x8x15x17"};
    struct import_options options = {.inputs = inputs, .input_count = 1};
    ck_assert_msg(import_with(&options), "%s", err.text);
    expect_shape(find("Conv")->outputs[0], LIST(2, 16, 8, 9));
    ck_assert_uint_eq(summary.warnings.count, 0);
}
END_TEST

START_TEST(without_weights_the_first_input_is_data_and_the_others_const)
{
    onnx_builder_input(&model, "a", F32, "4x8");
    onnx_builder_input(&model, "b", F32, "8x5");
    onnx_builder_node(&model, "MatMul", "a b", "y");
    onnx_builder_output(&model, "y");
    import();
    ck_assert_int_eq(find("MatMul")->inputs[0]->role, ROLE_INPUT);
    ck_assert_int_eq(find("MatMul")->inputs[1]->role, ROLE_CONST);
    const char *inputs[] = {"b"};
    struct import_options options = {.inputs = inputs, .input_count = 1};
    ck_assert_msg(import_with(&options), "%s", err.text);
    ck_assert_int_eq(find("MatMul")->inputs[0]->role, ROLE_CONST);
    ck_assert_int_eq(find("MatMul")->inputs[1]->role, ROLE_INPUT);
    onnx_builder_weight(&model, "w", F32, "65");
    import();
    ck_assert_int_eq(find("MatMul")->inputs[1]->role, ROLE_INPUT);
}
END_TEST

START_TEST(shape_arithmetic_is_folded_away)
{
    onnx_builder_input(&model, "x", F32, "batchx6x4");
    onnx_builder_integers(&model, "zero", LIST(0));
    onnx_builder_integers(&model, "two", LIST(2));
    onnx_builder_integers(&model, "minus", LIST(-1));
    onnx_builder_node(&model, "Shape", "x", "s");
    onnx_builder_node(&model, "Gather", "s zero", "n");
    onnx_builder_node(&model, "Mul", "n two", "m");
    onnx_builder_attribute(&model, onnx_builder_node(&model, "Concat", "m minus two", "t"),
                           "axis", LIST(0));
    onnx_builder_node(&model, "Reshape", "x t", "y");
    onnx_builder_output(&model, "y");
    struct import_options options = {.batch = 3};
    ck_assert_msg(import_with(&options), "%s", err.text);
    ck_assert_uint_eq(summary.operators, 1);
    ck_assert_uint_eq(summary.folded, 4);
    expect_shape(find("Reshape")->outputs[0], LIST(6, 6, 2));
    ck_assert_ptr_eq(find("Reshape")->outputs[0]->view_of, find("Reshape")->inputs[0]);
}
END_TEST

START_TEST(operators_that_only_feed_shapes_are_left_out)
{
    onnx_builder_input(&model, "x", F32, "2x3");
    onnx_builder_node(&model, "Sigmoid", "x", "only_its_shape");
    onnx_builder_node(&model, "Shape", "only_its_shape", "s");
    onnx_builder_node(&model, "ConstantOfShape", "s", "zeros");
    onnx_builder_node(&model, "Add", "x zeros", "y");
    onnx_builder_output(&model, "y");
    import();
    ck_assert_uint_eq(summary.operators, 1);
    ck_assert_int_eq(find("Add")->inputs[1]->role, ROLE_CONST);
}
END_TEST

START_TEST(an_unknown_operator_moves_its_bytes_and_is_named)
{
    onnx_builder_input(&model, "x", F32, "2x3");
    onnx_builder_node(&model, "Frobnicate", "x", "y");
    onnx_builder_node(&model, "Relu", "y", "z");
    onnx_builder_output(&model, "z");
    onnx_builder_value(&model, "y", F32, "7x5");
    import();
    ck_assert_uint_eq(summary.unknown, 1);
    expect_shape(find("opaque")->outputs[0], LIST(7, 5));
    expect_shape(find("Relu")->outputs[0], LIST(7, 5));
    ck_assert_uint_eq(summary.warnings.count, 1);
    ck_assert_ptr_nonnull(strstr(summary.warnings.names[0], "the_Frobnicate"));
}
END_TEST

START_TEST(a_quantised_convolution_is_stored_in_its_quantised_types)
{
    onnx_builder_input(&model, "x", F32, "1x8x6x6");
    onnx_builder_weight(&model, "w", I8, "16x8x3x3");
    onnx_builder_weight(&model, "b", I32, "16");
    onnx_builder_real(&model, "scale", 0.5f);
    onnx_builder_weight(&model, "zero", U8, "");
    onnx_builder_weight(&model, "zero8", I8, "");
    onnx_builder_weight(&model, "zero32", I32, "");
    onnx_builder_node(&model, "QuantizeLinear", "x scale zero", "xq");
    onnx_builder_node(&model, "DequantizeLinear", "xq scale zero", "xd");
    onnx_builder_node(&model, "DequantizeLinear", "w scale zero8", "wd");
    onnx_builder_node(&model, "DequantizeLinear", "b scale zero32", "bd");
    onnx_builder_node(&model, "Conv", "xd wd bd", "y");
    onnx_builder_node(&model, "QuantizeLinear", "y scale zero", "yq");
    onnx_builder_node(&model, "DequantizeLinear", "yq scale zero", "yd");
    onnx_builder_node(&model, "Relu", "yd", "z");
    onnx_builder_output(&model, "z");
    import();
    ck_assert_uint_eq(summary.operators, 3); /* QuantizeLinear, Conv, Relu */
    const struct memory_operator *conv = find("Conv");
    ck_assert(number_format_equal(conv->inputs[0]->format, number_format_integer(false, 8)));
    ck_assert(number_format_equal(conv->inputs[1]->format, number_format_integer(true, 8)));
    ck_assert(number_format_equal(conv->inputs[2]->format, number_format_integer(true, 32)));
    ck_assert(number_format_equal(conv->outputs[0]->format, number_format_integer(false, 8)));
    ck_assert_ptr_eq(find("Relu")->inputs[0], conv->outputs[0]);
    ck_assert_int_eq(find("Relu")->outputs[0]->format.class, NUMBER_FLOAT);
}
END_TEST

START_TEST(resampling_by_scales_rounds_as_runtimes_do)
{
    onnx_builder_input(&model, "x", F32, "1x3x10x7");
    Onnx__TensorProto *scales = onnx_builder_weight(&model, "s", F32, "4");
    float values[] = {1, 1, 0.7f, 2.5f};
    scales->n_float_data = 4;
    scales->float_data = values;
    onnx_builder_node(&model, "Resize", "x - s", "y");
    onnx_builder_output(&model, "y");
    import();
    expect_shape(find("Resize")->outputs[0], LIST(1, 3, 7, 17));
}
END_TEST

START_TEST(a_selection_by_values_is_as_large_as_it_can_be)
{
    onnx_builder_input(&model, "x", F32, "2x3x4");
    onnx_builder_node(&model, "NonZero", "x", "y");
    onnx_builder_output(&model, "y");
    import();
    expect_shape(find("NonZero")->outputs[0], LIST(3, 24));
    ck_assert_uint_eq(summary.warnings.count, 1);
}
END_TEST

START_TEST(statistics_of_a_normalisation_have_shapes_or_are_left_out)
{
    onnx_builder_input(&model, "x", F32, "2x3x4x5");
    onnx_builder_weight(&model, "w", F32, "3");
    Onnx__NodeProto *node =
        onnx_builder_node(&model, "BatchNormalization", "x w w w w", "y mean unread");
    onnx_builder_attribute(&model, node, "training_mode", LIST(1));
    onnx_builder_weight(&model, "v", F32, "20");
    Onnx__NodeProto *layer =
        onnx_builder_node(&model, "LayerNormalization", "y v v", "z center spread");
    onnx_builder_attribute(&model, layer, "axis", LIST(-2));
    onnx_builder_output(&model, "mean");
    onnx_builder_output(&model, "z");
    onnx_builder_output(&model, "spread");
    import();
    expect_shape(find("BatchNormalization")->outputs[1], LIST(3));
    ck_assert_ptr_null(find("BatchNormalization")->outputs[2]);
    ck_assert_ptr_null(find("LayerNormalization")->outputs[1]);
    expect_shape(find("LayerNormalization")->outputs[2], LIST(2, 3, 1, 1));
}
END_TEST

static Onnx__NodeProto *add_runtime_node(const char *op, const char *inputs,
                                         const char *outputs)
{
    Onnx__NodeProto *node = onnx_builder_node(&model, op, inputs, outputs);
    node->domain = arena_copy_text(&arena, "com.microsoft");
    return node;
}

START_TEST(fused_attention_is_three_products)
{
    onnx_builder_input(&model, "x", F32, "2x10x32");
    onnx_builder_weight(&model, "w", F32, "32x96");
    onnx_builder_weight(&model, "b", F32, "96");
    Onnx__NodeProto *node = add_runtime_node("Attention", "x w b", "y");
    onnx_builder_attribute(&model, node, "num_heads", LIST(4));
    onnx_builder_output(&model, "y");
    import();
    ck_assert_uint_eq(find("MatMul")->macs, 2 * 10 * 32 * 96);
    ck_assert_uint_eq(find("Attention")->macs, 2 * 2 * 4 * 10 * 10 * 8);
    expect_shape(find("Attention")->outputs[0], LIST(2, 10, 32));
    ck_assert_uint_eq(summary.unknown, 0);
}
END_TEST

START_TEST(a_runtimes_quantised_forms_lose_their_scales)
{
    onnx_builder_input(&model, "x", U8, "1x8x6x6");
    onnx_builder_weight(&model, "w", I8, "72");
    onnx_builder_real(&model, "s", 0.5f);
    onnx_builder_weight(&model, "z", U8, "");
    add_runtime_node("QLinearAdd", "x s z x s z s z", "sum");
    Onnx__NodeProto *node = add_runtime_node("QLinearConcat", "s z x s z sum s z", "both");
    onnx_builder_attribute(&model, node, "axis", LIST(1));
    add_runtime_node("QLinearGlobalAveragePool", "both s z s z", "y");
    onnx_builder_output(&model, "y");
    import();
    ck_assert_uint_eq(summary.derived, 3);
    ck_assert_uint_eq(find("Add")->input_count, 2);
    expect_shape(find("Concat")->outputs[0], LIST(1, 16, 6, 6));
    expect_shape(find("GlobalAveragePool")->outputs[0], LIST(1, 16, 1, 1));
    ck_assert(number_format_equal(find("GlobalAveragePool")->outputs[0]->format,
                                  number_format_integer(false, 8)));
}
END_TEST

static void build_loop(void)
{
    onnx_builder_input(&model, "x", F32, "2x3");
    onnx_builder_node(&model, "Loop", "x", "y");
    onnx_builder_output(&model, "y");
}

static void build_missing(void)
{
    onnx_builder_input(&model, "x", F32, "2x3");
    onnx_builder_node(&model, "Add", "x later", "y");
    onnx_builder_node(&model, "Relu", "x", "later");
    onnx_builder_output(&model, "y");
}

static void build_misfit(void)
{
    onnx_builder_input(&model, "x", F32, "2x3");
    onnx_builder_weight(&model, "w", F32, "4x5");
    onnx_builder_node(&model, "MatMul", "x w", "y");
    onnx_builder_output(&model, "y");
}

static void build_huge(void)
{
    onnx_builder_input(&model, "x", F32, "4000000000x4000000000x4000000000");
    onnx_builder_output(&model, "x");
}

static void build_twice(void)
{
    onnx_builder_input(&model, "x", F32, "2x3");
    onnx_builder_node(&model, "Relu", "x", "x");
}

static void build_shapeless(void)
{
    onnx_builder_input(&model, "x", F32, NULL);
    onnx_builder_node(&model, "Relu", "x", "y");
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
};

START_TEST(what_cannot_be_imported_is_refused_with_the_place)
{
    REFUSED[_i].build();
    ck_assert(!import_with(NULL));
    ck_assert_msg(strstr(err.text, REFUSED[_i].words), "%s", err.text);
    ck_assert_msg(strncmp(err.text, path, strlen(path)) == 0, "%s", err.text);
}
END_TEST

START_TEST(weights_cost_no_memory)
{
    onnx_builder_input(&model, "x", F32, "1x2048");
    Onnx__TensorProto *weight = onnx_builder_weight(&model, "w", F32, "2048x4096");
    static uint8_t bytes[2048 * 4096 * 4];
    weight->has_raw_data = 1;
    weight->raw_data = (ProtobufCBinaryData){sizeof bytes, bytes};
    onnx_builder_node(&model, "MatMul", "x w", "y");
    onnx_builder_output(&model, "y");
    onnx_builder_write(&model, path);
    struct arena own = {0};
    memory_sink_init(&memory, &own);
    ck_assert_msg(import_file(path, NULL, &memory.sink, &own, &summary, &err), "%s", err.text);
    ck_assert_uint_eq(memory.macs, 2048 * 4096);
    ck_assert_uint_lt(own.bytes_used, 256 * 1024);
    arena_free(&own);
}
END_TEST

Suite *import_onnx_suite(void)
{
    Suite *suite = suite_create("import_onnx");
    TCase *graphs = tcase_create("graphs");
    tcase_add_checked_fixture(graphs, setup, teardown);
    tcase_add_test(graphs, shipped_graphs_equal_the_independent_count);
    tcase_add_test(graphs, shapes_are_inferred_where_the_file_has_none);
    tcase_add_test(graphs, an_open_size_called_batch_takes_the_batch);
    tcase_add_test(graphs, other_open_sizes_are_guessed_with_a_warning_or_stated);
    tcase_add_test(graphs, without_weights_the_first_input_is_data_and_the_others_const);
    tcase_add_test(graphs, shape_arithmetic_is_folded_away);
    tcase_add_test(graphs, operators_that_only_feed_shapes_are_left_out);
    tcase_add_test(graphs, an_unknown_operator_moves_its_bytes_and_is_named);
    tcase_add_test(graphs, a_quantised_convolution_is_stored_in_its_quantised_types);
    tcase_add_test(graphs, resampling_by_scales_rounds_as_runtimes_do);
    tcase_add_test(graphs, a_selection_by_values_is_as_large_as_it_can_be);
    tcase_add_test(graphs, statistics_of_a_normalisation_have_shapes_or_are_left_out);
    tcase_add_test(graphs, fused_attention_is_three_products);
    tcase_add_test(graphs, a_runtimes_quantised_forms_lose_their_scales);
    tcase_add_test(graphs, weights_cost_no_memory);
    tcase_add_loop_test(graphs, what_cannot_be_imported_is_refused_with_the_place, 0,
                        (int)(sizeof REFUSED / sizeof REFUSED[0]));
    suite_add_tcase(suite, graphs);
    return suite;
}
