/* Near twins: other shapes, nearly the same work, and still whole programs. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/trace_twin.h"
#include "workloads/dense/workload.h"

enum { WANTED = 24 };

static const char *const MODELS[] = {
    "alexnet",  "resnet18", "mobilenet-v2", "efficientnet-b0", "bert-base", "gpt2", "lstm-lm",
    "vit-b-16", "dcgan",    "dlrm",         "transformer-base"};

static void temporary(char path[64])
{
    strcpy(path, "/tmp/cleave-twin-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
}

static struct trace_reader *make(const char *model, char path[64])
{
    struct error err = {0};
    temporary(path);
    struct sink *sink = trace_writer_open(path, &err);
    ck_assert_msg(workload_build(workload_find(model), NULL, 0, sink, &err), "%s", err.text);
    ck_assert_msg(sink->finish(sink, &err), "%s", err.text);
    struct trace_reader *reader = trace_open(path, &err);
    ck_assert_msg(reader != NULL, "%s", err.text);
    return reader;
}

static char *read_whole(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(1 << 22);
    *length = fread(bytes, 1, 1 << 22, file);
    ck_assert_uint_lt(*length, 1 << 22);
    fclose(file);
    return bytes;
}

/* A twin without moves passes through the filter unchanged, to the byte. */
START_TEST(no_move_changes_nothing)
{
    struct error err = {0};
    struct twin none = {0};
    char path[64], copy[64];
    size_t before, after;
    struct trace_reader *reader = make(MODELS[_i], path);
    temporary(copy);
    struct sink *sink = trace_writer_open(copy, &err);
    ck_assert_msg(trace_twin_write(reader, &none, sink, &err), "%s", err.text);
    ck_assert_msg(sink->finish(sink, &err), "%s", err.text);
    char *left = read_whole(path, &before), *right = read_whole(copy, &after);
    ck_assert_uint_eq(before, after);
    ck_assert_int_eq(memcmp(left, right, before), 0);
    free(left);
    free(right);
    trace_close(reader);
    unlink(path);
    unlink(copy);
}
END_TEST

START_TEST(twins_are_near_different_and_whole)
{
    struct error err = {0};
    struct arena arena = {0};
    struct twin twins[WANTED], original;
    size_t count;
    char path[64], other[64];
    struct trace_reader *reader = make(MODELS[_i], path);
    ck_assert_msg(trace_twins(reader, WANTED, 0.03, twins, &count, &original, &arena, &err),
                  "%s", err.text);
    ck_assert_msg(count == WANTED, "%s: %zu twins", MODELS[_i], count);
    for (size_t i = 0; i < count; i++) {
        double ratio = (double)twins[i].macs / (double)original.macs;
        ck_assert_msg(ratio >= 0.97 && ratio <= 1.03, "%s: %g", MODELS[_i], ratio);
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(twin_describe(&twins[i], &arena),
                             twin_describe(&twins[j], &arena));
        temporary(other);
        struct sink *sink = trace_writer_open(other, &err);
        ck_assert_msg(trace_twin_write(reader, &twins[i], sink, &err), "%s", err.text);
        ck_assert_msg(sink->finish(sink, &err), "%s: %s: %s", MODELS[_i],
                      twin_describe(&twins[i], &arena), err.text);
        ck_assert_msg(trace_check(other, &err), "%s: %s: %s", MODELS[_i],
                      twin_describe(&twins[i], &arena), err.text);
        unlink(other);
    }
    trace_close(reader);
    arena_free(&arena);
    unlink(path);
}
END_TEST

Suite *twin_suite(void)
{
    Suite *suite = suite_create("twin");
    TCase *laws = tcase_create("laws");
    tcase_set_timeout(laws, 120);
    int count = (int)(sizeof MODELS / sizeof MODELS[0]);
    tcase_add_loop_test(laws, no_move_changes_nothing, 0, count);
    tcase_add_loop_test(laws, twins_are_near_different_and_whole, 0, count);
    suite_add_tcase(suite, laws);
    return suite;
}
