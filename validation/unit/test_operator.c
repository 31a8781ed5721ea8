/* Lowerings: work by the definitions, bytes that agree with the tensors, nothing lost. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/operator.h"

static uint32_t random_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static int64_t between(uint32_t *state, int64_t low, int64_t high)
{
    return low + (int64_t)(random_next(state) % (uint32_t)(high - low + 1));
}

/* One operator under test: fill in, then `derive` its outputs and `lower` it. */
struct bench {
    struct operator op;
    struct tensor in[8], out[4];
    const struct tensor *inputs[8], *outputs[4];
    struct attribute attributes[8];
    int64_t integers[8][8];
    struct arena arena;
    struct primitive_list list;
};

static struct bench *bench_new(const char *kind)
{
    struct bench *b = calloc(1, sizeof *b);
    b->op = (struct operator){.name = "n",
                              .spec = operator_find(kind),
                              .inputs = b->inputs,
                              .outputs = b->outputs,
                              .output_count = 1,
                              .attributes = b->attributes};
    ck_assert_msg(b->op.spec != NULL, "%s", kind);
    b->list.arena = &b->arena;
    return b;
}

static void bench_free(struct bench *b)
{
    arena_free(&b->arena);
    free(b);
}

static void give(struct bench *b, int32_t rank, const int64_t *shape)
{
    struct tensor *t = &b->in[b->op.input_count];
    *t = (struct tensor){.name = "i",
                         .id = b->op.input_count,
                         .rank = rank,
                         .format = number_format_float(8, 23),
                         .density = 1};
    memcpy(t->shape, shape, (size_t)rank * sizeof *shape);
    b->inputs[b->op.input_count++] = t;
}

static void set(struct bench *b, const char *name, uint32_t count, const int64_t *values)
{
    uint32_t at = b->op.attribute_count++;
    memcpy(b->integers[at], values, count * sizeof *values);
    b->attributes[at] = (struct attribute){
        .name = name, .kind = ATTRIBUTE_INTEGERS, .count = count, .integers = b->integers[at]};
}

static bool derive(struct bench *b, struct error *err)
{
    if (!operator_infer(&b->op, b->out, err))
        return false;
    for (uint32_t i = 0; i < b->op.output_count; i++) {
        b->out[i].name = "o";
        b->out[i].id = 100 + i;
        b->outputs[i] = &b->out[i];
    }
    ck_assert_msg(b->op.spec->check(&b->op, err), "%s", err->text);
    b->op.spec->lower(&b->op, &b->list);
    return true;
}

/* What every lowering keeps: kinds are in range, repetition at least once, macs equal the
 * contraction's product, operands with a tensor are not larger than it (gathers may read a
 * record again), and every output is written. */
static void check_laws(const struct bench *b, uint32_t seed)
{
    uint64_t written[4] = {0};
    for (size_t i = 0; i < b->list.count; i++) {
        const struct primitive *p = &b->list.items[i];
        ck_assert_msg(p->kind < PRIMITIVE_KIND_COUNT && p->repeat >= 1, "seed %u", seed);
        if (p->kind == PRIMITIVE_CONTRACTION) {
            ck_assert_msg(p->macs == contraction_macs(&p->contraction), "seed %u", seed);
            ck_assert_msg(p->ops >= 2 * p->macs, "seed %u", seed);
            ck_assert_msg(p->input_count >= 2, "seed %u", seed);
        } else
            ck_assert_msg(p->macs == 0 || p->kind == PRIMITIVE_SPARSE_CONTRACTION, "seed %u",
                          seed);
        for (uint32_t j = 0; j < p->input_count; j++)
            if (p->inputs[j].tensor)
                ck_assert_msg(p->inputs[j].elements <= tensor_elements(p->inputs[j].tensor),
                              "seed %u %s input %u", seed, b->op.spec->name, j);
        for (uint32_t j = 0; j < b->op.output_count; j++)
            if (p->output.tensor == b->outputs[j])
                written[j] += p->repeat * p->output.elements;
    }
    for (uint32_t j = 0; j < b->op.output_count; j++)
        ck_assert_msg(written[j] >= tensor_elements(b->outputs[j]), "seed %u %s output %u",
                      seed, b->op.spec->name, j);
}

static uint64_t macs(struct bench *b)
{
    return operator_macs(&b->op, &b->arena);
}

/* A convolution's work counted by visiting every product (padding multiplies too, as
 * frameworks count). */
START_TEST(convolutions_do_their_products)
{
    uint32_t seed = (uint32_t)_i * 7919u + 11u, state = seed;
    struct error err = {0};
    int64_t axes = between(&state, 1, 3), group = between(&state, 1, 3),
            n = between(&state, 1, 3);
    int64_t c = group * between(&state, 1, 3), k = group * between(&state, 1, 3);
    int64_t x[5] = {n, c}, w[5] = {k, c / group}, strides[3], dilations[3], pads[6];
    uint64_t expected = (uint64_t)(n * k * (c / group));
    for (int64_t i = 0; i < axes; i++) {
        x[2 + i] = between(&state, 3, 12);
        w[2 + i] = between(&state, 1, 3);
        strides[i] = between(&state, 1, 3);
        dilations[i] = between(&state, 1, 2);
        pads[i] = between(&state, 0, 2);
        pads[axes + i] = between(&state, 1, 3);
        int64_t outputs = 0;
        for (int64_t at = -pads[i];
             at + dilations[i] * (w[2 + i] - 1) < x[2 + i] + pads[axes + i]; at += strides[i])
            outputs++;
        expected *= (uint64_t)(outputs * w[2 + i]);
    }
    struct bench *b = bench_new("Conv");
    give(b, (int32_t)axes + 2, x);
    give(b, (int32_t)axes + 2, w);
    set(b, "strides", (uint32_t)axes, strides);
    set(b, "dilations", (uint32_t)axes, dilations);
    set(b, "pads", 2 * (uint32_t)axes, pads);
    set(b, "group", 1, &group);
    ck_assert_msg(derive(b, &err), "seed %u: %s", seed, err.text);
    ck_assert_msg(macs(b) == expected, "seed %u", seed);
    check_laws(b, seed);
    bench_free(b);
}
END_TEST

/* input elements x Cout/group x kernel, whatever the stride, and the weights are all used. */
START_TEST(transposed_convolutions_count_by_their_input)
{
    uint32_t seed = (uint32_t)_i * 104729u + 7u, state = seed;
    struct error err = {0};
    int64_t group = between(&state, 1, 2), c = group * between(&state, 1, 3);
    int64_t k = between(&state, 1, 3), h = between(&state, 1, 7), v = between(&state, 1, 7);
    int64_t kernel[2] = {between(&state, 1, 5), between(&state, 1, 5)};
    int64_t strides[2] = {between(&state, 1, 4), between(&state, 1, 4)};
    int64_t dilations[2] = {between(&state, 1, 3), between(&state, 1, 3)};
    struct bench *b = bench_new("ConvTranspose");
    give(b, 4, (int64_t[]){2, c, h, v});
    give(b, 4, (int64_t[]){c, k, kernel[0], kernel[1]});
    set(b, "strides", 2, strides);
    set(b, "dilations", 2, dilations);
    set(b, "group", 1, &group);
    ck_assert_msg(derive(b, &err), "seed %u: %s", seed, err.text);
    ck_assert_msg(macs(b) == (uint64_t)(2 * c * h * v * k * kernel[0] * kernel[1]), "seed %u",
                  seed);
    uint64_t weights = 0;
    for (size_t i = 0; i < b->list.count; i++)
        weights += b->list.items[i].inputs[1].elements;
    ck_assert_msg(weights == tensor_elements(&b->in[1]), "seed %u", seed);
    ck_assert_int_eq((int)b->out[0].shape[2],
                     (int)((h - 1) * strides[0] + dilations[0] * (kernel[0] - 1) + 1));
    check_laws(b, seed);
    bench_free(b);
}
END_TEST

/* Both gradients of a convolution multiply as often as the convolution. */
START_TEST(gradients_of_convolutions_multiply_as_often)
{
    uint32_t seed = (uint32_t)_i * 31u + 3u, state = seed;
    struct error err = {0};
    int64_t c = between(&state, 1, 3), k = between(&state, 1, 3), h = between(&state, 5, 12);
    int64_t kernel = between(&state, 1, 3), strides[2], pads[4];
    strides[0] = strides[1] = between(&state, 1, 3);
    pads[0] = pads[1] = pads[2] = pads[3] = between(&state, 0, 1);
    struct bench *f = bench_new("Conv");
    give(f, 4, (int64_t[]){2, c, h, h});
    give(f, 4, (int64_t[]){k, c, kernel, kernel});
    set(f, "strides", 2, strides);
    set(f, "pads", 4, pads);
    ck_assert(derive(f, &err));
    for (int which = 0; which < 2; which++) {
        struct bench *b = bench_new(which ? "conv-weight-grad" : "conv-input-grad");
        give(b, 4, f->out[0].shape);
        give(b, 4, f->in[which ? 0 : 1].shape);
        give(b, 4, f->in[which ? 1 : 0].shape);
        set(b, "strides", 2, strides);
        set(b, "pads", 4, pads);
        ck_assert_msg(derive(b, &err), "seed %u: %s", seed, err.text);
        ck_assert_msg(macs(b) == macs(f), "seed %u", seed);
        check_laws(b, seed);
        bench_free(b);
    }
    bench_free(f);
}
END_TEST

/* Batches stretched against one another: the products of the result's elements times k. */
START_TEST(products_do_their_products)
{
    uint32_t seed = (uint32_t)_i * 6151u + 1u, state = seed;
    struct error err = {0};
    int64_t a[5], w[5], m = between(&state, 1, 5), k = between(&state, 1, 5);
    int64_t n = between(&state, 1, 5);
    int32_t batches = (int32_t)between(&state, 0, 3);
    for (int32_t i = 0; i < batches; i++) {
        int64_t size = between(&state, 1, 3);
        a[i] = random_next(&state) % 3 ? size : 1;
        w[i] = random_next(&state) % 3 ? size : 1;
    }
    a[batches] = m;
    a[batches + 1] = w[batches] = k;
    w[batches + 1] = n;
    struct bench *b = bench_new("MatMul");
    give(b, batches + 2, a);
    give(b, batches + 2, w);
    ck_assert_msg(derive(b, &err), "seed %u: %s", seed, err.text);
    ck_assert_msg(macs(b) == tensor_elements(&b->out[0]) * (uint64_t)k, "seed %u", seed);
    const struct contraction *c = &b->list.items[0].contraction;
    ck_assert_msg(contraction_elements(c, OPERAND_INPUT) == tensor_elements(&b->in[0]),
                  "seed %u", seed);
    ck_assert_msg(contraction_elements(c, OPERAND_WEIGHT) == tensor_elements(&b->in[1]),
                  "seed %u", seed);
    ck_assert_msg(contraction_elements(c, OPERAND_OUTPUT) == tensor_elements(&b->out[0]),
                  "seed %u", seed);
    check_laws(b, seed);
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
    give(b, RANKS[_i][0], SHAPES[_i][0]);
    give(b, RANKS[_i][1], SHAPES[_i][1]);
    b->attributes[b->op.attribute_count++] = (struct attribute){
        .name = "equation", .kind = ATTRIBUTE_TEXT, .text = EQUATIONS[_i].equation};
    ck_assert_msg(derive(b, &err), "%s", err.text);
    ck_assert_uint_eq(macs(b), (uint64_t)EQUATIONS[_i].macs);
    check_laws(b, 0);
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
        give(b, 3, (int64_t[]){7, 2, 5});
        give(b, 3, (int64_t[]){directions, GATES[_i] * 3, 5});
        give(b, 3, (int64_t[]){directions, GATES[_i] * 3, 3});
        ck_assert_msg(derive(b, &err), "%s", err.text);
        ck_assert_uint_eq(macs(b),
                          (uint64_t)(7 * 2 * directions * GATES[_i] * (3 * 5 + 3 * 3)));
        check_laws(b, 0);
        bench_free(b);
    }
}
END_TEST

/* Grouped heads do the products of full attention, with fewer keys and values. */
START_TEST(attention_counts_scores_and_values)
{
    struct error err = {0};
    struct bench *b = bench_new("Attention");
    give(b, 4, (int64_t[]){2, 8, 5, 16});
    give(b, 4, (int64_t[]){2, 2, 9, 16});
    give(b, 4, (int64_t[]){2, 2, 9, 16});
    ck_assert_msg(derive(b, &err), "%s", err.text);
    ck_assert_uint_eq(macs(b), 2 * 2 * 8 * 5 * 9 * 16);
    check_laws(b, 0);
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
            (uint32_t)between(&state, table[row].inputs_min,
                              table[row].inputs_max > 8 ? 8 : table[row].inputs_max);
        b->op.output_count =
            (uint32_t)between(&state, table[row].outputs_min, table[row].outputs_min + 1);
        if (b->op.output_count > table[row].outputs_max || b->op.output_count > 4)
            b->op.output_count = table[row].outputs_max > 4 ? 4 : table[row].outputs_max;
        int64_t shape[4] = {between(&state, 1, 4), between(&state, 1, 4), between(&state, 1, 4),
                            between(&state, 1, 4)};
        int32_t rank = (int32_t)between(&state, 0, 4);
        for (uint32_t i = 0; i < inputs; i++)
            give(b, random_next(&state) % 4 ? rank : (int32_t)between(&state, 0, 4), shape);
        int64_t kernel[2] = {1, 1};
        set(b, "kernel_shape", (uint32_t)between(&state, 0, 2), kernel);
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
    give(b, 4, (int64_t[]){1, 64, 112, 112});
    set(b, "kernel_shape", 2, (int64_t[]){3, 3});
    set(b, "strides", 2, (int64_t[]){2, 2});
    set(b, "pads", 4, (int64_t[]){1, 1, 1, 1});
    ck_assert_msg(derive(b, &err), "%s", err.text);
    ck_assert_int_eq((int)b->out[0].shape[3], 56);
    ck_assert_uint_eq(operator_ops(&b->op, &b->arena), 64 * 56 * 56 * 9);
    ck_assert_uint_eq(macs(b), 0);
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
        give(b, 1, (int64_t[]){5});
        give(b, 1, (int64_t[]){6});
        give(b, 1, (int64_t[]){6});
        b->in[3 * side].contents = &pointers;
        b->in[3 * side + 1].contents = &columns;
    }
    b->op.output_count = 3;
    for (int i = 0; i < 3; i++) {
        b->out[i] = (struct tensor){.name = "o", .rank = 1, .shape = {i ? 8 : 5}};
        b->outputs[i] = &b->out[i];
    }
    ck_assert_msg(b->op.spec->check(&b->op, &err), "%s", err.text);
    ck_assert_uint_eq(macs(b), 2 + 1 + 3 + 1 + 0 + 3);
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
    tcase_add_loop_test(laws, convolutions_do_their_products, 0, 100);
    tcase_add_loop_test(laws, transposed_convolutions_count_by_their_input, 0, 100);
    tcase_add_loop_test(laws, gradients_of_convolutions_multiply_as_often, 0, 60);
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
