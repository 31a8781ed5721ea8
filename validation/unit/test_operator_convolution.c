/* Convolutions, transposed convolutions and their gradients: the work is counted product by
 * product and compared with what the lowering says, on random shapes. */
#include <check.h>

#include "operator_bench.h"

/* A convolution's work counted by visiting every product (padding multiplies too, as
 * frameworks count). */
START_TEST(convolutions_do_their_products)
{
    uint32_t seed = (uint32_t)_i * 7919u + 11u, state = seed;
    struct error err = {0};
    int64_t axes = bench_between(&state, 1, 3), group = bench_between(&state, 1, 3),
            n = bench_between(&state, 1, 3);
    int64_t c = group * bench_between(&state, 1, 3), k = group * bench_between(&state, 1, 3);
    int64_t x[5] = {n, c}, w[5] = {k, c / group}, strides[3], dilations[3], pads[6];
    uint64_t expected = (uint64_t)(n * k * (c / group));
    for (int64_t i = 0; i < axes; i++) {
        x[2 + i] = bench_between(&state, 3, 12);
        w[2 + i] = bench_between(&state, 1, 3);
        strides[i] = bench_between(&state, 1, 3);
        dilations[i] = bench_between(&state, 1, 2);
        pads[i] = bench_between(&state, 0, 2);
        pads[axes + i] = bench_between(&state, 1, 3);
        int64_t outputs = 0;
        for (int64_t at = -pads[i];
             at + dilations[i] * (w[2 + i] - 1) < x[2 + i] + pads[axes + i]; at += strides[i])
            outputs++;
        expected *= (uint64_t)(outputs * w[2 + i]);
    }
    struct bench *b = bench_new("Conv");
    bench_give(b, (int32_t)axes + 2, x);
    bench_give(b, (int32_t)axes + 2, w);
    bench_set(b, "strides", (uint32_t)axes, strides);
    bench_set(b, "dilations", (uint32_t)axes, dilations);
    bench_set(b, "pads", 2 * (uint32_t)axes, pads);
    bench_set(b, "group", 1, &group);
    ck_assert_msg(bench_derive(b, &err), "seed %u: %s", seed, err.text);
    ck_assert_msg(bench_macs(b) == expected, "seed %u", seed);
    bench_check_laws(b, seed);
    bench_free(b);
}
END_TEST

/* input elements x Cout/group x kernel, whatever the stride, and the weights are all used. */
START_TEST(transposed_convolutions_count_by_their_input)
{
    uint32_t seed = (uint32_t)_i * 104729u + 7u, state = seed;
    struct error err = {0};
    int64_t group = bench_between(&state, 1, 2), c = group * bench_between(&state, 1, 3);
    int64_t k = bench_between(&state, 1, 3), h = bench_between(&state, 1, 7),
            v = bench_between(&state, 1, 7);
    int64_t kernel[2] = {bench_between(&state, 1, 5), bench_between(&state, 1, 5)};
    int64_t strides[2] = {bench_between(&state, 1, 4), bench_between(&state, 1, 4)};
    int64_t dilations[2] = {bench_between(&state, 1, 3), bench_between(&state, 1, 3)};
    struct bench *b = bench_new("ConvTranspose");
    bench_give(b, 4, (int64_t[]){2, c, h, v});
    bench_give(b, 4, (int64_t[]){c, k, kernel[0], kernel[1]});
    bench_set(b, "strides", 2, strides);
    bench_set(b, "dilations", 2, dilations);
    bench_set(b, "group", 1, &group);
    ck_assert_msg(bench_derive(b, &err), "seed %u: %s", seed, err.text);
    ck_assert_msg(bench_macs(b) == (uint64_t)(2 * c * h * v * k * kernel[0] * kernel[1]),
                  "seed %u", seed);
    uint64_t weights = 0;
    for (size_t i = 0; i < b->list.count; i++)
        weights += b->list.items[i].inputs[1].elements;
    ck_assert_msg(weights == tensor_elements(&b->in[1]), "seed %u", seed);
    ck_assert_int_eq((int)b->out[0].shape[2],
                     (int)((h - 1) * strides[0] + dilations[0] * (kernel[0] - 1) + 1));
    bench_check_laws(b, seed);
    bench_free(b);
}
END_TEST

/* Both gradients of a convolution multiply as often as the convolution. */
START_TEST(gradients_of_convolutions_multiply_as_often)
{
    uint32_t seed = (uint32_t)_i * 31u + 3u, state = seed;
    struct error err = {0};
    int64_t c = bench_between(&state, 1, 3), k = bench_between(&state, 1, 3),
            h = bench_between(&state, 5, 12);
    int64_t kernel = bench_between(&state, 1, 3), strides[2], pads[4];
    strides[0] = strides[1] = bench_between(&state, 1, 3);
    pads[0] = pads[1] = pads[2] = pads[3] = bench_between(&state, 0, 1);
    struct bench *f = bench_new("Conv");
    bench_give(f, 4, (int64_t[]){2, c, h, h});
    bench_give(f, 4, (int64_t[]){k, c, kernel, kernel});
    bench_set(f, "strides", 2, strides);
    bench_set(f, "pads", 4, pads);
    ck_assert(bench_derive(f, &err));
    for (int which = 0; which < 2; which++) {
        struct bench *b = bench_new(which ? "conv-weight-grad" : "conv-input-grad");
        bench_give(b, 4, f->out[0].shape);
        bench_give(b, 4, f->in[which ? 0 : 1].shape);
        bench_give(b, 4, f->in[which ? 1 : 0].shape);
        bench_set(b, "strides", 2, strides);
        bench_set(b, "pads", 4, pads);
        ck_assert_msg(bench_derive(b, &err), "seed %u: %s", seed, err.text);
        ck_assert_msg(bench_macs(b) == bench_macs(f), "seed %u", seed);
        bench_check_laws(b, seed);
        bench_free(b);
    }
    bench_free(f);
}
END_TEST

Suite *operator_convolution_suite(void)
{
    Suite *suite = suite_create("operator_convolution");
    TCase *laws = tcase_create("laws");
    tcase_set_timeout(laws, 60);
    tcase_add_loop_test(laws, convolutions_do_their_products, 0, 100);
    tcase_add_loop_test(laws, transposed_convolutions_count_by_their_input, 0, 100);
    tcase_add_loop_test(laws, gradients_of_convolutions_multiply_as_often, 0, 60);
    suite_add_tcase(suite, laws);
    return suite;
}
