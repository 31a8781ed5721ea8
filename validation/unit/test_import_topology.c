/* SCALE-Sim topologies become the products that the tool computes. The sizes expected here are
 * those of SCALE-Sim v2's own tables (M output pixels, N filters, K window). */
#include <check.h>
#include <string.h>

#include "import_fixture.h"

static void expect_product(size_t at, uint64_t m, uint64_t n, uint64_t k)
{
    ck_assert_uint_gt(imported.memory.operator_count, at);
    const struct memory_operator *op = &imported.memory.operators[at];
    const struct tensor *out = op->outputs[0];
    uint64_t columns = (uint64_t)out->shape[1];
    ck_assert_uint_eq(tensor_elements(out), m * n);
    ck_assert_uint_eq(columns, n);
    ck_assert_uint_eq(op->macs, m * n * k);
}

static const char ALEXNET[] =
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
    "Strides,\n"
    "Conv1,224,224,11,11,3,96,4,\n"
    "Conv2,27,27,5,5,96,256,1,\n"
    "\n"
    "Conv3, 13 ,13,3,3,256,384,1\n";

START_TEST(scalesim_computes_windows_that_fit_partly)
{
    ck_assert_msg(import_text(ALEXNET, "scalesim"), "%s", imported.err.text);
    ck_assert_uint_eq(imported.memory.operator_count, 3);
    expect_product(0, 3025, 96, 363); /* 55 x 55, where frameworks have 54 x 54 */
    expect_product(1, 529, 256, 2400);
    expect_product(2, 121, 384, 2304);
    ck_assert_uint_eq(imported.summary.warnings.count, 1);
    ck_assert_ptr_nonnull(strstr(imported.summary.warnings.names[0], ":2:"));
}
END_TEST

START_TEST(topology_drops_windows_that_fit_partly)
{
    ck_assert_msg(import_text(ALEXNET, "topology"), "%s", imported.err.text);
    expect_product(0, 54 * 54, 96, 363);
    expect_product(1, 529, 256, 2400);
}
END_TEST

START_TEST(a_ninth_field_is_the_stride_along_the_width)
{
    ck_assert_msg(import_text("h,\na,9,11,3,3,4,8,2,4,\n", "topology"), "%s",
                  imported.err.text);
    expect_product(0, 4 * 3, 8, 36);
}
END_TEST

START_TEST(rows_of_four_fields_are_products)
{
    ck_assert_msg(import_text("Layer,M,N,K,\nodd1,100,70,129,\ngemv,1,512,512\n", NULL), "%s",
                  imported.err.text);
    ck_assert_str_eq(imported.summary.format, "scalesim");
    expect_product(0, 100, 70, 129);
    expect_product(1, 1, 512, 512);
    ck_assert_str_eq(imported.memory.operators[0].op, "Gemm");
}
END_TEST

START_TEST(a_dp_layer_is_one_layer_per_channel_in_the_tool)
{
    const char *text = "h\nDP1,16,16,3,3,5,2,1,\n";
    ck_assert_msg(import_text(text, "scalesim"), "%s", imported.err.text);
    ck_assert_uint_eq(imported.memory.operator_count, 5);
    for (size_t i = 0; i < 5; i++)
        expect_product(i, 196, 2, 9);
}
END_TEST

START_TEST(a_dp_layer_is_one_grouped_convolution_in_a_framework)
{
    ck_assert_msg(import_text("h\nDP1,16,16,3,3,5,2,1,\n", "topology"), "%s",
                  imported.err.text);
    ck_assert_uint_eq(imported.memory.operator_count, 1);
    expect_product(0, 196, 10, 9);
}
END_TEST

START_TEST(a_sparsity_field_is_the_density_of_the_filters)
{
    ck_assert_msg(import_text("h\na,8,8,3,3,4,8,1,2:4,\n", "scalesim"), "%s",
                  imported.err.text);
    ck_assert_double_eq(imported.memory.operators[0].inputs[1]->density, 0.5);
    ck_assert_double_eq(imported.memory.operators[0].inputs[0]->density, 1);
}
END_TEST

static const struct {
    const char *text, *words;
} REFUSED[] = {
    {"h\n", "holds no layer"},
    {"", "holds no layer"},
    {"h\na,1,2\n", ":2: has 3 fields"},
    {"h\n\na,8,8,3,3,4,8,1,1,1,1,\n", ":3: has 11 fields"},
    {"h\na,8,8,3,3,0,8,1,\n", ":2: channels is '0'"},
    {"h\na,8,8,3,3,4x,8,1,\n", ":2: channels is '4x'"},
    {"h\na,8,8,3,3,4,-8,1,\n", ":2: filters is '-8'"},
    {"h\na,8,8,3,3,4,99999999999,1,\n", ":2: filters is '99999999999'"},
    {"h\na,4,8,7,3,4,8,1,\n", "does not fit"},
    {"h\na,8,8,3,3,4,8,1,4:2,\n", "sparsity"},
    {"h\na,2147483647,2147483647,1,1,2147483647,1,1,\n", "too large"},
    {"h\na,,,,,,,,,,,,,,,,,\n", "more than"},
    {"h\nDP,8,8,1,1,100000,1,1,\n", "at most 65536"},
};

START_TEST(a_bad_row_is_refused_with_its_line)
{
    ck_assert(!import_text(REFUSED[_i].text, "scalesim"));
    ck_assert_msg(strstr(imported.err.text, REFUSED[_i].words), "'%s' says '%s'",
                  REFUSED[_i].text, imported.err.text);
    ck_assert_msg(strncmp(imported.err.text, imported.path, strlen(imported.path)) == 0, "%s",
                  imported.err.text);
}
END_TEST

Suite *import_topology_suite(void)
{
    Suite *suite = suite_create("import_topology");
    TCase *rows = tcase_create("rows");
    tcase_add_checked_fixture(rows, import_setup, import_teardown);
    tcase_add_test(rows, scalesim_computes_windows_that_fit_partly);
    tcase_add_test(rows, topology_drops_windows_that_fit_partly);
    tcase_add_test(rows, a_ninth_field_is_the_stride_along_the_width);
    tcase_add_test(rows, rows_of_four_fields_are_products);
    tcase_add_test(rows, a_dp_layer_is_one_layer_per_channel_in_the_tool);
    tcase_add_test(rows, a_dp_layer_is_one_grouped_convolution_in_a_framework);
    tcase_add_test(rows, a_sparsity_field_is_the_density_of_the_filters);
    tcase_add_loop_test(rows, a_bad_row_is_refused_with_its_line, 0,
                        (int)(sizeof REFUSED / sizeof REFUSED[0]));
    suite_add_tcase(suite, rows);
    return suite;
}
