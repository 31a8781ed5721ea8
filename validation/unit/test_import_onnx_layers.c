/* Operators of ONNX that are more than one translation: unknown ones, quantised ones,
 * resampling, selections, normalisations, a runtime's fused ones. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "onnx_fixture.h"

START_TEST(an_unknown_operator_moves_its_bytes_and_is_named)
{
    onnx_builder_input(&onnx.model, "x", F32, "2x3");
    onnx_builder_node(&onnx.model, "Frobnicate", "x", "y");
    onnx_builder_node(&onnx.model, "Relu", "y", "z");
    onnx_builder_output(&onnx.model, "z");
    onnx_builder_value(&onnx.model, "y", F32, "7x5");
    onnx_import();
    ck_assert_uint_eq(onnx.summary.unknown, 1);
    onnx_expect_shape(onnx_find("opaque")->outputs[0], LIST(7, 5));
    onnx_expect_shape(onnx_find("Relu")->outputs[0], LIST(7, 5));
    ck_assert_uint_eq(onnx.summary.warnings.count, 1);
    ck_assert_ptr_nonnull(strstr(onnx.summary.warnings.names[0], "the_Frobnicate"));
}
END_TEST

START_TEST(a_quantised_convolution_is_stored_in_its_quantised_types)
{
    onnx_builder_input(&onnx.model, "x", F32, "1x8x6x6");
    onnx_builder_weight(&onnx.model, "w", I8, "16x8x3x3");
    onnx_builder_weight(&onnx.model, "b", I32, "16");
    onnx_builder_real(&onnx.model, "scale", 0.5f);
    onnx_builder_weight(&onnx.model, "zero", U8, "");
    onnx_builder_weight(&onnx.model, "zero8", I8, "");
    onnx_builder_weight(&onnx.model, "zero32", I32, "");
    onnx_builder_node(&onnx.model, "QuantizeLinear", "x scale zero", "xq");
    onnx_builder_node(&onnx.model, "DequantizeLinear", "xq scale zero", "xd");
    onnx_builder_node(&onnx.model, "DequantizeLinear", "w scale zero8", "wd");
    onnx_builder_node(&onnx.model, "DequantizeLinear", "b scale zero32", "bd");
    onnx_builder_node(&onnx.model, "Conv", "xd wd bd", "y");
    onnx_builder_node(&onnx.model, "QuantizeLinear", "y scale zero", "yq");
    onnx_builder_node(&onnx.model, "DequantizeLinear", "yq scale zero", "yd");
    onnx_builder_node(&onnx.model, "Relu", "yd", "z");
    onnx_builder_output(&onnx.model, "z");
    onnx_import();
    ck_assert_uint_eq(onnx.summary.operators, 3); /* QuantizeLinear, Conv, Relu */
    const struct memory_operator *conv = onnx_find("Conv");
    ck_assert(number_format_equal(conv->inputs[0]->format, number_format_integer(false, 8)));
    ck_assert(number_format_equal(conv->inputs[1]->format, number_format_integer(true, 8)));
    ck_assert(number_format_equal(conv->inputs[2]->format, number_format_integer(true, 32)));
    ck_assert(number_format_equal(conv->outputs[0]->format, number_format_integer(false, 8)));
    ck_assert_ptr_eq(onnx_find("Relu")->inputs[0], conv->outputs[0]);
    ck_assert_int_eq(onnx_find("Relu")->outputs[0]->format.class, NUMBER_FLOAT);
}
END_TEST

START_TEST(resampling_by_scales_rounds_as_runtimes_do)
{
    onnx_builder_input(&onnx.model, "x", F32, "1x3x10x7");
    Onnx__TensorProto *scales = onnx_builder_weight(&onnx.model, "s", F32, "4");
    float values[] = {1, 1, 0.7f, 2.5f};
    scales->n_float_data = 4;
    scales->float_data = values;
    onnx_builder_node(&onnx.model, "Resize", "x - s", "y");
    onnx_builder_output(&onnx.model, "y");
    onnx_import();
    onnx_expect_shape(onnx_find("Resize")->outputs[0], LIST(1, 3, 7, 17));
}
END_TEST

START_TEST(a_selection_by_values_is_as_large_as_it_can_be)
{
    onnx_builder_input(&onnx.model, "x", F32, "2x3x4");
    onnx_builder_node(&onnx.model, "NonZero", "x", "y");
    onnx_builder_output(&onnx.model, "y");
    onnx_import();
    onnx_expect_shape(onnx_find("NonZero")->outputs[0], LIST(3, 24));
    ck_assert_uint_eq(onnx.summary.warnings.count, 1);
}
END_TEST

START_TEST(statistics_of_a_normalisation_have_shapes_or_are_left_out)
{
    onnx_builder_input(&onnx.model, "x", F32, "2x3x4x5");
    onnx_builder_weight(&onnx.model, "w", F32, "3");
    Onnx__NodeProto *node =
        onnx_builder_node(&onnx.model, "BatchNormalization", "x w w w w", "y mean unread");
    onnx_builder_attribute(&onnx.model, node, "training_mode", LIST(1));
    onnx_builder_weight(&onnx.model, "v", F32, "20");
    Onnx__NodeProto *layer =
        onnx_builder_node(&onnx.model, "LayerNormalization", "y v v", "z center spread");
    onnx_builder_attribute(&onnx.model, layer, "axis", LIST(-2));
    onnx_builder_output(&onnx.model, "mean");
    onnx_builder_output(&onnx.model, "z");
    onnx_builder_output(&onnx.model, "spread");
    onnx_import();
    onnx_expect_shape(onnx_find("BatchNormalization")->outputs[1], LIST(3));
    ck_assert_ptr_null(onnx_find("BatchNormalization")->outputs[2]);
    ck_assert_ptr_null(onnx_find("LayerNormalization")->outputs[1]);
    onnx_expect_shape(onnx_find("LayerNormalization")->outputs[2], LIST(2, 3, 1, 1));
}
END_TEST

static Onnx__NodeProto *add_runtime_node(const char *op, const char *inputs,
                                         const char *outputs)
{
    Onnx__NodeProto *node = onnx_builder_node(&onnx.model, op, inputs, outputs);
    node->domain = arena_copy_text(&onnx.arena, "com.microsoft");
    return node;
}

START_TEST(fused_attention_is_three_products)
{
    onnx_builder_input(&onnx.model, "x", F32, "2x10x32");
    onnx_builder_weight(&onnx.model, "w", F32, "32x96");
    onnx_builder_weight(&onnx.model, "b", F32, "96");
    Onnx__NodeProto *node = add_runtime_node("Attention", "x w b", "y");
    onnx_builder_attribute(&onnx.model, node, "num_heads", LIST(4));
    onnx_builder_output(&onnx.model, "y");
    onnx_import();
    ck_assert_uint_eq(onnx_find("MatMul")->macs, 2 * 10 * 32 * 96);
    ck_assert_uint_eq(onnx_find("Attention")->macs, 2 * 2 * 4 * 10 * 10 * 8);
    onnx_expect_shape(onnx_find("Attention")->outputs[0], LIST(2, 10, 32));
    ck_assert_uint_eq(onnx.summary.unknown, 0);
}
END_TEST

START_TEST(a_runtimes_quantised_forms_lose_their_scales)
{
    onnx_builder_input(&onnx.model, "x", U8, "1x8x6x6");
    onnx_builder_weight(&onnx.model, "w", I8, "72");
    onnx_builder_real(&onnx.model, "s", 0.5f);
    onnx_builder_weight(&onnx.model, "z", U8, "");
    add_runtime_node("QLinearAdd", "x s z x s z s z", "sum");
    Onnx__NodeProto *node = add_runtime_node("QLinearConcat", "s z x s z sum s z", "both");
    onnx_builder_attribute(&onnx.model, node, "axis", LIST(1));
    add_runtime_node("QLinearGlobalAveragePool", "both s z s z", "y");
    onnx_builder_output(&onnx.model, "y");
    onnx_import();
    ck_assert_uint_eq(onnx.summary.derived, 3);
    ck_assert_uint_eq(onnx_find("Add")->input_count, 2);
    onnx_expect_shape(onnx_find("Concat")->outputs[0], LIST(1, 16, 6, 6));
    onnx_expect_shape(onnx_find("GlobalAveragePool")->outputs[0], LIST(1, 16, 1, 1));
    ck_assert(number_format_equal(onnx_find("GlobalAveragePool")->outputs[0]->format,
                                  number_format_integer(false, 8)));
}
END_TEST

Suite *import_onnx_layers_suite(void)
{
    Suite *suite = suite_create("import_onnx_layers");
    TCase *layers = tcase_create("layers");
    tcase_add_checked_fixture(layers, onnx_setup, onnx_teardown);
    tcase_add_test(layers, an_unknown_operator_moves_its_bytes_and_is_named);
    tcase_add_test(layers, a_quantised_convolution_is_stored_in_its_quantised_types);
    tcase_add_test(layers, resampling_by_scales_rounds_as_runtimes_do);
    tcase_add_test(layers, a_selection_by_values_is_as_large_as_it_can_be);
    tcase_add_test(layers, statistics_of_a_normalisation_have_shapes_or_are_left_out);
    tcase_add_test(layers, fused_attention_is_three_products);
    tcase_add_test(layers, a_runtimes_quantised_forms_lose_their_scales);
    suite_add_tcase(suite, layers);
    return suite;
}
