/* Lowerings: work by the definitions, bytes that agree with the tensors, nothing lost. */
#include <check.h>
#include <string.h>

#include "operator_bench.h"

/* Batches stretched against one another: the products of the result's elements times k. */
START_TEST(products_do_their_products)
{
    uint32_t seed = (uint32_t)_i * 6151u + 1u, state = seed;
    struct error err = {0};
    int64_t a[5], w[5], m = bench_between(&state, 1, 5), k = bench_between(&state, 1, 5);
    int64_t n = bench_between(&state, 1, 5);
    int32_t batches = (int32_t)bench_between(&state, 0, 3);
    for (int32_t i = 0; i < batches; i++) {
        int64_t size = bench_between(&state, 1, 3);
        a[i] = bench_random(&state) % 3 ? size : 1;
        w[i] = bench_random(&state) % 3 ? size : 1;
    }
    a[batches] = m;
    a[batches + 1] = w[batches] = k;
    w[batches + 1] = n;
    struct bench *b = bench_new("MatMul");
    bench_give(b, batches + 2, a);
    bench_give(b, batches + 2, w);
    ck_assert_msg(bench_derive(b, &err), "seed %u: %s", seed, err.text);
    ck_assert_msg(bench_macs(b) == tensor_elements(&b->out[0]) * (uint64_t)k, "seed %u", seed);
    const struct contraction *c = &b->list.items[0].contraction;
    ck_assert_msg(contraction_elements(c, OPERAND_INPUT) == tensor_elements(&b->in[0]),
                  "seed %u", seed);
    ck_assert_msg(contraction_elements(c, OPERAND_WEIGHT) == tensor_elements(&b->in[1]),
                  "seed %u", seed);
    ck_assert_msg(contraction_elements(c, OPERAND_OUTPUT) == tensor_elements(&b->out[0]),
                  "seed %u", seed);
    bench_check_laws(b, seed);
    bench_free(b);
}
END_TEST

static const struct {
    const char *equation, *same_as;
    int64_t macs;
} EQUATIONS[] = {
    {"bhid,bhjd->bhij", "attention scores", 2 * 3 * 4 * 5 * 6},
    {"ij,jk->ik", "a product", 4 * 5 * 6},
    {"...ij,...jk->...ik", "a batched product", 3 * 4 * 5 * 6},
    {"i,j->ij", "an outer product", 4 * 5},
    {"ij,ij->", "an inner product", 4 * 5},
};

START_TEST(equations_multiply_over_all_their_letters)
{
    struct error err = {0};
    static const int64_t SHAPES[][2][4] = {{{2, 3, 4, 6}, {2, 3, 5, 6}},
                                           {{4, 5}, {5, 6}},
                                           {{3, 4, 5}, {3, 5, 6}},
                                           {{4}, {5}},
                                           {{4, 5}, {4, 5}}};
    static const int32_t RANKS[][2] = {{4, 4}, {2, 2}, {3, 3}, {1, 1}, {2, 2}};
    struct bench *b = bench_new("Einsum");
    bench_give(b, RANKS[_i][0], SHAPES[_i][0]);
    bench_give(b, RANKS[_i][1], SHAPES[_i][1]);
    b->attributes[b->op.attribute_count++] = (struct attribute){
        .name = "equation", .kind = ATTRIBUTE_TEXT, .text = EQUATIONS[_i].equation};
    ck_assert_msg(bench_derive(b, &err), "%s", err.text);
    ck_assert_uint_eq(bench_macs(b), (uint64_t)EQUATIONS[_i].macs);
    bench_check_laws(b, 0);
    bench_free(b);
}
END_TEST

/* steps x batch x directions x gates x (H x I + H x H). */
START_TEST(recurrent_layers_count_gates)
{
    static const char *const KINDS[] = {"RNN", "GRU", "LSTM"};
    static const int64_t GATES[] = {1, 3, 4};
    struct error err = {0};
    for (int64_t directions = 1; directions <= 2; directions++) {
        struct bench *b = bench_new(KINDS[_i]);
        bench_give(b, 3, (int64_t[]){7, 2, 5});
        bench_give(b, 3, (int64_t[]){directions, GATES[_i] * 3, 5});
        bench_give(b, 3, (int64_t[]){directions, GATES[_i] * 3, 3});
        ck_assert_msg(bench_derive(b, &err), "%s", err.text);
        ck_assert_uint_eq(bench_macs(b),
                          (uint64_t)(7 * 2 * directions * GATES[_i] * (3 * 5 + 3 * 3)));
        bench_check_laws(b, 0);
        bench_free(b);
    }
}
END_TEST

/* Grouped heads do the products of full attention, with fewer keys and values. */
START_TEST(attention_counts_scores_and_values)
{
    struct error err = {0};
    struct bench *b = bench_new("Attention");
    bench_give(b, 4, (int64_t[]){2, 8, 5, 16});
    bench_give(b, 4, (int64_t[]){2, 2, 9, 16});
    bench_give(b, 4, (int64_t[]){2, 2, 9, 16});
    ck_assert_msg(bench_derive(b, &err), "%s", err.text);
    ck_assert_uint_eq(bench_macs(b), 2 * 2 * 8 * 5 * 9 * 16);
    bench_check_laws(b, 0);
    bench_free(b);
}
END_TEST

/* Any operator of the table with plausible random inputs: a sentence or a lawful lowering. */
START_TEST(every_operator_lowers_lawfully_or_says_why_not)
{
    size_t count;
    const struct operator_spec *table = operator_table(&count);
    for (size_t row = 0; row < count; row++) {
        uint32_t seed = (uint32_t)_i * 65537u + (uint32_t)row, state = seed;
        struct error err = {0};
        struct bench *b = bench_new(table[row].name);
        uint32_t inputs =
            (uint32_t)bench_between(&state, table[row].inputs_min,
                                    table[row].inputs_max > 8 ? 8 : table[row].inputs_max);
        b->op.output_count =
            (uint32_t)bench_between(&state, table[row].outputs_min, table[row].outputs_min + 1);
        if (b->op.output_count > table[row].outputs_max || b->op.output_count > 4)
            b->op.output_count = table[row].outputs_max > 4 ? 4 : table[row].outputs_max;
        int64_t shape[4] = {bench_between(&state, 1, 4), bench_between(&state, 1, 4),
                            bench_between(&state, 1, 4), bench_between(&state, 1, 4)};
        int32_t rank = (int32_t)bench_between(&state, 0, 4);
        for (uint32_t i = 0; i < inputs; i++)
            bench_give(b,
                       bench_random(&state) % 4 ? rank : (int32_t)bench_between(&state, 0, 4),
                       shape);
        int64_t kernel[2] = {1, 1};
        bench_set(b, "kernel_shape", (uint32_t)bench_between(&state, 0, 2), kernel);
        if (operator_infer(&b->op, b->out, &err)) {
            for (uint32_t i = 0; i < b->op.output_count; i++) {
                b->outputs[i] = &b->out[i];
                if (b->out[i].rank < 0) {
                    b->out[i].rank = 1;
                    b->out[i].shape[0] = 3;
                }
                b->out[i].format = number_format_float(8, 23);
            }
            if (b->op.spec->check(&b->op, &err)) {
                b->op.spec->lower(&b->op, &b->list);
                operator_ops(&b->op, &b->arena);
            }
        }
        if (err.is_set)
            ck_assert_msg(strstr(err.text, "'n': ") != NULL, "%s", err.text);
        bench_free(b);
    }
}
END_TEST

START_TEST(pools_count_every_value_of_every_window)
{
    struct error err = {0};
    struct bench *b = bench_new("MaxPool");
    bench_give(b, 4, (int64_t[]){1, 64, 112, 112});
    bench_set(b, "kernel_shape", 2, (int64_t[]){3, 3});
    bench_set(b, "strides", 2, (int64_t[]){2, 2});
    bench_set(b, "pads", 4, (int64_t[]){1, 1, 1, 1});
    ck_assert_msg(bench_derive(b, &err), "%s", err.text);
    ck_assert_int_eq((int)b->out[0].shape[3], 56);
    ck_assert_uint_eq(operator_ops(&b->op, &b->arena), 64 * 56 * 56 * 9);
    ck_assert_uint_eq(bench_macs(b), 0);
    bench_free(b);
}
END_TEST

/* A 4 x 4 matrix with 1, 0, 2 and 3 non-zeros a row, times itself, by hand: row lengths of the
 * rows that the non-zeros name. */
START_TEST(sparse_products_are_counted_on_the_index_streams)
{
    struct error err = {0};
    static const int64_t POINTERS[] = {0, 1, 1, 3, 6}, COLUMNS[] = {2, 0, 3, 0, 1, 3};
    struct tensor_contents pointers = {5, POINTERS}, columns = {6, COLUMNS};
    struct bench *b = bench_new("spgemm");
    for (int side = 0; side < 2; side++) {
        bench_give(b, 1, (int64_t[]){5});
        bench_give(b, 1, (int64_t[]){6});
        bench_give(b, 1, (int64_t[]){6});
        b->in[3 * side].contents = &pointers;
        b->in[3 * side + 1].contents = &columns;
    }
    b->op.output_count = 3;
    for (int i = 0; i < 3; i++) {
        b->out[i] = (struct tensor){.name = "o", .rank = 1, .shape = {i ? 8 : 5}};
        b->outputs[i] = &b->out[i];
    }
    ck_assert_msg(b->op.spec->check(&b->op, &err), "%s", err.text);
    ck_assert_uint_eq(bench_macs(b), 2 + 1 + 3 + 1 + 0 + 3);
    static const int64_t WRONG[] = {2, 0, 4, 0, 1, 3};
    columns.values = WRONG;
    ck_assert(!b->op.spec->check(&b->op, &err));
    ck_assert_str_eq(err.text, "spgemm 'n': column 2 is 4, must be 0 to 3");
    bench_free(b);
}
END_TEST

Suite *operator_suite(void)
{
    Suite *suite = suite_create("operator");
    TCase *laws = tcase_create("laws");
    tcase_set_timeout(laws, 60);
    tcase_add_loop_test(laws, products_do_their_products, 0, 100);
    tcase_add_loop_test(laws, equations_multiply_over_all_their_letters, 0, 5);
    tcase_add_loop_test(laws, recurrent_layers_count_gates, 0, 3);
    tcase_add_test(laws, attention_counts_scores_and_values);
    tcase_add_loop_test(laws, every_operator_lowers_lawfully_or_says_why_not, 0, 40);
    tcase_add_test(laws, pools_count_every_value_of_every_window);
    tcase_add_test(laws, sparse_products_are_counted_on_the_index_streams);
    suite_add_tcase(suite, laws);
    return suite;
}
