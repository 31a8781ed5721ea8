/* Timeloop problems become one operator with the work that Timeloop counts: the product of all
 * sizes. */
#include <check.h>
#include <string.h>

#include "import_fixture.h"

static const char CONVOLUTION[] =
    "problem:\n"
    "  shape:\n"
    "    name: layer\n"
    "    dimensions: [C, M, R, S, N, P, Q]\n"
    "    coefficients:\n"
    "    - {name: Wstride, default: 1}\n"
    "    - {name: Hstride, default: 2}\n"
    "    - {name: Wdilation, default: 1}\n"
    "    - {name: Hdilation, default: 3}\n"
    "    data-spaces:\n"
    "    - {name: Weights, projection: [[[C]], [[M]], [[R]], [[S]]]}\n"
    "    - name: Inputs\n"
    "      projection:\n"
    "      - [[N]]\n"
    "      - [[C]]\n"
    "      - [[R, Wdilation], [P, Wstride]]\n"
    "      - [[S, Hdilation], [Q, Hstride]]\n"
    "    - {name: Outputs, projection: [[[N]], [[M]], [[Q]], [[P]]], read-write: True}\n"
    "  instance: {C: 3, M: 8, R: 5, S: 4, N: 2, P: 7, Q: 6, Wstride: 4,\n"
    "             densities: {Weights: {distribution: fixed-structured, density: 0.25}}}\n";

START_TEST(sums_of_two_dimensions_are_a_convolution)
{
    ck_assert_msg(import_text(CONVOLUTION, NULL), "%s", imported.err.text);
    ck_assert_str_eq(imported.summary.format, "timeloop");
    const struct memory_operator *op = memory_sink_find(&imported.memory, "Conv");
    ck_assert_ptr_nonnull(op);
    ck_assert_uint_eq(op->macs, 3 * 8 * 5 * 4 * 2 * 7 * 6);
    ck_assert_int_eq(op->inputs[0]->shape[2], 6 * 4 + 5);
    ck_assert_int_eq(op->inputs[0]->shape[3], 5 * 2 + 3 * 3 + 1);
    ck_assert_int_eq(op->inputs[0]->role, ROLE_INPUT);
    ck_assert_int_eq(op->inputs[1]->role, ROLE_CONST);
    ck_assert_double_eq(op->inputs[1]->density, 0.25);
}
END_TEST

START_TEST(single_dimensions_are_a_sum_of_products)
{
    ck_assert_msg(import_text("problem:\n"
                              "  version: 0.4\n"
                              "  shape:\n"
                              "    dimensions: [I, J, K, L]\n"
                              "    data_spaces:\n"
                              "    - {name: A, projection: [[[I]], [[K]], [[L]]]}\n"
                              "    - {name: B, projection: [[[K]], [[J]]]}\n"
                              "    - {name: C, projection: [[[L]], [[J]]]}\n"
                              "    - {name: Z, projection: [[[I]], [[J]]], read_write: true}\n"
                              "  instance: {I: 3, J: 4, K: 5, L: 6}\n",
                              NULL),
                  "%s", imported.err.text);
    const struct memory_operator *op = memory_sink_find(&imported.memory, "Einsum");
    ck_assert_ptr_nonnull(op);
    ck_assert_uint_eq(op->input_count, 3);
    ck_assert_int_eq(op->outputs[0]->shape[0], 3);
    ck_assert_int_eq(op->outputs[0]->shape[1], 4);
}
END_TEST

START_TEST(the_built_in_layer_needs_only_sizes)
{
    ck_assert_msg(
        import_text("problem:\n  shape: cnn-layer\n  C: 64\n  M: 128\n  R: 3\n  S: 3\n"
                    "  N: 2\n  P: 28\n  Q: 28\n",
                    NULL),
        "%s", imported.err.text);
    ck_assert_uint_eq(imported.memory.macs, (uint64_t)64 * 128 * 9 * 2 * 28 * 28);
}
END_TEST

static const struct {
    const char *text, *words;
} REFUSED[] = {
    {"problem: [\n", ":2: is no YAML"},
    {"problem:\n  shape: rnn\n", "'rnn' is not known"},
    {"problem:\n  shape: {dimensions: [A]}\n  instance: {B: 1}\n", "'A' has no size"},
    {"problem:\n  shape: {dimensions: [A, A]}\n  instance: {A: 1}\n", "different names"},
    {"problem:\n  shape: {dimensions: [A]}\n  instance: {A: 0}\n", ":3: A is '0'"},
    {"problem:\n  shape: {dimensions: [A]}\n  instance: {A: 1}\n", "one read-write"},
    {"problem:\n  shape:\n    dimensions: [A]\n    data_spaces:\n"
     "    - {name: X, projection: [[[B]]]}\n  instance: {A: 1}\n",
     ":5: 'B' in a projection"},
    {"problem:\n  shape:\n    dimensions: [A]\n    data_spaces:\n"
     "    - {name: X, projection: [[[A]]]}\n"
     "    - {name: X, projection: [[[A]]], read_write: True}\n"
     "  instance: {A: 1}\n",
     "two data spaces"},
};

START_TEST(a_bad_problem_is_refused_with_its_line)
{
    ck_assert(!import_text(REFUSED[_i].text, NULL));
    ck_assert_msg(strstr(imported.err.text, REFUSED[_i].words), "%s", imported.err.text);
}
END_TEST

Suite *import_timeloop_suite(void)
{
    Suite *suite = suite_create("import_timeloop");
    TCase *problems = tcase_create("problems");
    tcase_add_checked_fixture(problems, import_setup, import_teardown);
    tcase_add_test(problems, sums_of_two_dimensions_are_a_convolution);
    tcase_add_test(problems, single_dimensions_are_a_sum_of_products);
    tcase_add_test(problems, the_built_in_layer_needs_only_sizes);
    tcase_add_loop_test(problems, a_bad_problem_is_refused_with_its_line, 0,
                        (int)(sizeof REFUSED / sizeof REFUSED[0]));
    suite_add_tcase(suite, problems);
    return suite;
}
