/* Workloads that Cleave makes: their work and weights equal figures counted by others. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/trace_summary.h"
#include "workloads/dense/workload.h"

static void build(const char *name, const struct workload_setting *settings, size_t count,
                  struct arena *arena, struct trace_summary *summary)
{
    struct error err = {0};
    char path[] = "/tmp/cleave-workload-XXXXXX";
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    const struct workload *workload = workload_find(name);
    ck_assert_msg(workload != NULL, "%s", name);
    struct sink *sink = trace_writer_open(path, &err);
    ck_assert_msg(workload_build(workload, settings, count, sink, &err), "%s", err.text);
    ck_assert_msg(sink->finish(sink, &err), "%s", err.text);
    struct trace_reader *reader = trace_open(path, &err);
    ck_assert_msg(reader != NULL, "%s", err.text);
    ck_assert_msg(trace_summarize(reader, arena, summary, &err), "%s", err.text);
    trace_close(reader);
    unlink(path);
}

/* Sources: torchvision 0.14 (models' documentation, and the exported graphs for alexnet,
 * resnet50, mobilenet_v2); Caffe's bvlc_alexnet for alexnet-2012; else arithmetic on the
 * paper's hyper-parameters. 0: not stated by the source. */
static const struct {
    const char *name;
    uint64_t macs, parameters;
} PUBLISHED[] = {
    {"alexnet", 714188480, 61100840},
    {"alexnet-2012", 724406816, 60965224},
    {"vgg16", 15470264320, 138357544},
    {"resnet18", 1814073344, 11689512},
    {"resnet50", 4089184256, 25557032},
    {"mobilenet-v2", 300774272, 3504872},
    {"efficientnet-b0", 385814752, 5288548},
    {"bert-base", 11174215680, 109482240},
    {"bert-large", 39461060608, 335141888},
    {"dcgan", 208445440, 6342272},
    {"diffusion-unet", 0, 859520964},
    {"dlrm", 2458496, 24036595969},
    {"gpt2", 145824153600, 124439808},
    {"gpt3", 367402130866176, 174604259328},
    {"gru-lm", 1470000000, 57028000},
    {"llama", 16469052096512, 8030261248},
    {"lstm-lm", 1785000000, 66034000},
    {"moe", 27208617820160, 46702792704},
    {"seq2seq", 5855000000, 217064000},
    {"transformer-base", 8363966464, 63045632},
    {"transformer-big", 28002222080, 214171648},
    {"unet", 150428424448, 31030658},
    {"vit-b-16", 17563828224, 86567656},
    {"yolo-v3", 32932037632, 61949149},
};

START_TEST(work_and_weights_equal_published_figures)
{
    struct arena arena = {0};
    struct trace_summary summary;
    build(PUBLISHED[_i].name, NULL, 0, &arena, &summary);
    if (PUBLISHED[_i].macs)
        ck_assert_msg(summary.total.macs == PUBLISHED[_i].macs, "%s: %llu macs",
                      PUBLISHED[_i].name, (unsigned long long)summary.total.macs);
    ck_assert_msg(summary.parameters == PUBLISHED[_i].parameters, "%s: %llu parameters",
                  PUBLISHED[_i].name, (unsigned long long)summary.parameters);
    arena_free(&arena);
}
END_TEST

/* Work is proportional to the batch; weights are not. */
START_TEST(a_batch_multiplies_work_alone)
{
    static const char *const NAMES[] = {"alexnet", "resnet18", "mobilenet-v2"};
    struct arena arena = {0};
    struct trace_summary one, three;
    struct workload_setting batch = {"batch", "3"};
    build(NAMES[_i], NULL, 0, &arena, &one);
    build(NAMES[_i], &batch, 1, &arena, &three);
    ck_assert_uint_eq(three.total.macs, 3 * one.total.macs);
    ck_assert_uint_eq(three.parameters, one.parameters);
    arena_free(&arena);
}
END_TEST

/* The backward pass multiplies each product twice more, but for the first layer's input; every
 * weight is stepped once. */
START_TEST(training_multiplies_three_times)
{
    static const struct {
        const char *name;
        uint64_t first_layer_macs; /* of the layer that sees the input */
    } MODELS[] = {{"alexnet", 70276800}, {"resnet18", 118013952}, {"mobilenet-v2", 10838016}};
    struct arena arena = {0};
    struct trace_summary forward, step;
    struct workload_setting train = {"train", ""};
    build(MODELS[_i].name, NULL, 0, &arena, &forward);
    build(MODELS[_i].name, &train, 1, &arena, &step);
    ck_assert_uint_eq(step.total.macs, 3 * forward.total.macs - MODELS[_i].first_layer_macs);
    ck_assert_uint_eq(step.parameters, forward.parameters);
    arena_free(&arena);
}
END_TEST

/* Every weight that the forward pass has is stepped, whatever the model. */
START_TEST(training_steps_every_weight)
{
    struct arena arena = {0};
    struct trace_summary summary;
    struct workload_setting train = {"train", ""};
    build(PUBLISHED[_i].name, &train, 1, &arena, &summary);
    ck_assert_msg(summary.parameters == PUBLISHED[_i].parameters, "%s: %llu parameters",
                  PUBLISHED[_i].name, (unsigned long long)summary.parameters);
    arena_free(&arena);
}
END_TEST

/* Generating after p tokens costs 12 d^2 + 2 d (p + 1) a layer and the softmax, each time. */
START_TEST(decoding_reads_a_growing_cache)
{
    struct arena arena = {0};
    struct trace_summary summary;
    struct workload_setting settings[] = {{"seq", "100"}, {"decode", "3"}};
    uint64_t macs = 0, d = 12288;
    for (uint64_t past = 100; past < 103; past++)
        macs += 96 * (12 * d * d + 2 * d * (past + 1)) + d * 50257;
    build("gpt3", settings, 2, &arena, &summary);
    ck_assert_uint_eq(summary.total.macs, macs);
    ck_assert_uint_eq(summary.parameters, 174604259328); /* shared by the passes */
    ck_assert_uint_ge(summary.state_bytes, 96 * 2 * 103 * d * 4);
    arena_free(&arena);
}
END_TEST

START_TEST(a_product_has_the_sizes_it_was_given)
{
    struct arena arena = {0};
    struct trace_summary summary;
    struct workload_setting settings[] = {{"m", "5"}, {"n", "7"}, {"k", "11"}, {"dtype", "i8"}};
    build("gemm", settings, 4, &arena, &summary);
    ck_assert_uint_eq(summary.total.macs, 5 * 7 * 11);
    ck_assert_uint_eq(summary.parameters, 7 * 11);
    ck_assert_uint_eq(summary.input_bytes, 5 * 11);
    ck_assert_uint_eq(summary.output_bytes, 5 * 7);
    arena_free(&arena);
}
END_TEST

static const struct {
    const char *workload, *key, *value, *sentence;
} MISTAKES[] = {
    {"gemm", "m", "0", "workload 'gemm': --m is '0', must be 1 to 1099511627776"},
    {"gemm", "m", "5x", "workload 'gemm': --m is '5x', must be 1 to 1099511627776"},
    {"gemm", "m", "5", "workload 'gemm' needs --n (columns of B)"},
    {"gemm", "seq", "5", "workload 'gemm' has no key '--seq'"},
    {"resnet50", "dtype", "x9",
     "workload 'resnet50': --dtype is 'x9', which is no number format"},
};

START_TEST(a_wrong_key_gets_a_sentence)
{
    struct error err = {0};
    struct workload_setting setting = {MISTAKES[_i].key, MISTAKES[_i].value};
    ck_assert(!workload_build(workload_find(MISTAKES[_i].workload), &setting, 1, NULL, &err));
    ck_assert_str_eq(err.text, MISTAKES[_i].sentence);
}
END_TEST

START_TEST(rows_stand_in_order)
{
    size_t count;
    const struct workload *table = workload_table(&count);
    for (size_t i = 1; i < count; i++)
        ck_assert_str_lt(table[i - 1].name, table[i].name);
    const struct operator_spec *operators = operator_table(&count);
    for (size_t i = 1; i < count; i++)
        ck_assert_str_lt(operators[i - 1].name, operators[i].name);
}
END_TEST

Suite *workload_suite(void)
{
    Suite *suite = suite_create("workload");
    TCase *zoo = tcase_create("zoo");
    tcase_set_timeout(zoo, 60);
    tcase_add_loop_test(zoo, work_and_weights_equal_published_figures, 0,
                        (int)(sizeof PUBLISHED / sizeof PUBLISHED[0]));
    tcase_add_loop_test(zoo, a_batch_multiplies_work_alone, 0, 3);
    tcase_add_loop_test(zoo, training_multiplies_three_times, 0, 3);
    tcase_add_loop_test(zoo, training_steps_every_weight, 0,
                        (int)(sizeof PUBLISHED / sizeof PUBLISHED[0]));
    tcase_add_test(zoo, decoding_reads_a_growing_cache);
    tcase_add_test(zoo, a_product_has_the_sizes_it_was_given);
    tcase_add_loop_test(zoo, a_wrong_key_gets_a_sentence, 0,
                        (int)(sizeof MISTAKES / sizeof MISTAKES[0]));
    tcase_add_test(zoo, rows_stand_in_order);
    suite_add_tcase(suite, zoo);
    return suite;
}
