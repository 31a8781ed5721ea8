/* Traces come back as they were written, and nothing damaged is ever delivered. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "traces/trace.h"

static char folder[64], path[128];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/cleave-trace-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.trace", folder);
}

static void remove_folder(void)
{
    char command[160];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static uint32_t random_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static const struct tensor *declare(struct sink *sink, const char *name, enum tensor_role role,
                                    int64_t rows, int64_t columns)
{
    struct tensor tensor = {.name = name,
                            .rank = 2,
                            .shape = {rows, columns},
                            .format = number_format_float(8, 23),
                            .role = role,
                            .density = 1};
    return sink->tensor(sink, &tensor);
}

static void emit(struct sink *sink, const char *kind, const char *name,
                 const struct tensor *const *inputs, uint32_t input_count,
                 const struct tensor *output, const struct attribute *attributes,
                 uint32_t attribute_count)
{
    struct operator op = {.name = name,
                          .spec = operator_find(kind),
                          .input_count = input_count,
                          .output_count = 1,
                          .attribute_count = attribute_count,
                          .inputs = inputs,
                          .outputs = &output,
                          .attributes = attributes};
    sink->operator(sink, &op);
}

/* x -> Gemm -> Relu -> Add(relu, x) -> Reshape as a view, with all kinds of attribute. */
static bool write_small(const char *to, struct error *err)
{
    struct sink *sink = trace_writer_open(to, err);
    if (!sink)
        return false;
    const struct tensor *x = declare(sink, "x \"quoted\" \\ \n%1", ROLE_INPUT, 4, 8);
    const struct tensor *w = declare(sink, "w", ROLE_CONST, 8, 8);
    declare(sink, "unused", ROLE_CONST, 3, 3);
    const struct tensor *y = declare(sink, "y", ROLE_TEMP, 4, 8);
    const struct tensor *r = declare(sink, "r", ROLE_TEMP, 4, 8);
    const struct tensor *s = declare(sink, "s", ROLE_OUTPUT, 4, 8);
    int64_t one = 1;
    struct attribute attributes[] = {
        {.name = "transB", .kind = ATTRIBUTE_INTEGERS, .count = 1, .integers = &one},
        {.name = "alpha", .kind = ATTRIBUTE_REAL, .real = 0.1},
        {.name = "note", .kind = ATTRIBUTE_TEXT, .text = "50 % \"off\""},
        {.name = "none", .kind = ATTRIBUTE_INTEGERS}};
    emit(sink, "Gemm", "fc %7", (const struct tensor *[]){x, w}, 2, y, attributes, 4);
    emit(sink, "Relu", "act", &y, 1, r, NULL, 0);
    emit(sink, "Add", "sum", (const struct tensor *[]){r, x}, 2, s, NULL, 0);
    struct tensor view = *s;
    view.name = "v";
    view.view_of = s;
    view.shape[0] = 8;
    view.shape[1] = 4;
    const struct tensor *v = sink->tensor(sink, &view);
    int64_t shape[] = {8, 4};
    struct attribute reshape = {
        .name = "shape", .kind = ATTRIBUTE_INTEGERS, .count = 2, .integers = shape};
    emit(sink, "Reshape", "flat", &s, 1, v, &reshape, 1);
    int64_t indices[] = {3, 0, -1, 2};
    struct tensor_contents contents = {4, indices};
    struct tensor index = {.name = "index",
                           .rank = 1,
                           .shape = {4},
                           .format = number_format_integer(true, 16),
                           .role = ROLE_CONST,
                           .density = 1,
                           .contents = &contents};
    const struct tensor *i = sink->tensor(sink, &index);
    const struct tensor *g = declare(sink, "g", ROLE_OUTPUT, 4, 4);
    emit(sink, "Gather", "pick", (const struct tensor *[]){v, i}, 2, g, NULL, 0);
    return sink->finish(sink, err);
}

static void check_small(const char *from)
{
    struct error err = {0};
    struct operator op;
    struct trace_reader *reader = trace_open(from, &err);
    ck_assert_msg(reader != NULL, "%s", err.text);
    ck_assert_uint_eq(trace_counts(reader)->operators, 5);
    ck_assert_uint_eq(trace_counts(reader)->tensors, 8); /* without the unused one */
    for (int pass = 0; pass < 2; pass++) {
        ck_assert(trace_next(reader, &op, &err));
        ck_assert_str_eq(op.spec->name, "Gemm");
        ck_assert_str_eq(op.name, "fc %7");
        ck_assert_str_eq(op.inputs[0]->name, "x \"quoted\" \\ \n%1");
        ck_assert(!op.is_last_use[0] && op.is_last_use[1]);
        ck_assert_int_eq(operator_integer(&op, "transB", 0), 1);
        ck_assert_double_eq(operator_attribute(&op, "alpha")->real, 0.1);
        ck_assert_str_eq(operator_attribute(&op, "note")->text, "50 % \"off\"");
        ck_assert_uint_eq(operator_attribute(&op, "none")->count, 0);
        ck_assert(trace_next(reader, &op, &err) && op.is_last_use[0]);
        ck_assert(trace_next(reader, &op, &err) && op.is_last_use[0] && op.is_last_use[1]);
        ck_assert(trace_next(reader, &op, &err));
        ck_assert(!op.is_last_use[0]); /* its bytes live on in the view */
        ck_assert_ptr_eq(op.outputs[0]->view_of, op.inputs[0]);
        ck_assert(trace_next(reader, &op, &err) && op.is_last_use[0]);
        ck_assert(trace_is_last_use(op.outputs[0])); /* a result that nobody reads */
        ck_assert_int_eq((int)op.inputs[1]->contents->values[2], -1);
        ck_assert(!trace_next(reader, &op, &err) && !err.is_set);
        ck_assert(trace_rewind(reader, &err));
    }
    trace_close(reader);
}

START_TEST(a_trace_comes_back_as_it_was_written)
{
    struct error err = {0};
    make_folder();
    ck_assert_msg(write_small(path, &err), "%s", err.text);
    check_small(path);
    strcat(path, ".gz");
    ck_assert_msg(write_small(path, &err), "%s", err.text);
    FILE *file = fopen(path, "rb");
    ck_assert(fgetc(file) == 0x1f && fgetc(file) == 0x8b);
    fclose(file);
    check_small(path);
    remove_folder();
}
END_TEST

static char *read_file(const char *from, size_t *length)
{
    FILE *file = fopen(from, "rb");
    char *bytes = malloc(1 << 16);
    *length = fread(bytes, 1, 1 << 16, file);
    fclose(file);
    return bytes;
}

static void write_file(const char *to, const char *bytes, size_t length)
{
    FILE *file = fopen(to, "wb");
    ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static void refuse(const char *bytes, size_t length, const char *what, size_t at)
{
    struct error err = {0};
    write_file(path, bytes, length);
    ck_assert_msg(!trace_check(path, &err), "%s at %zu was accepted", what, at);
    ck_assert_msg(err.is_set && strlen(err.text) > 20 && strstr(err.text, "a.trace"),
                  "%s at %zu: '%s'", what, at, err.text);
}

START_TEST(every_truncation_is_refused)
{
    struct error err = {0};
    size_t length;
    make_folder();
    if (_i)
        strcat(path, ".gz");
    ck_assert(write_small(path, &err));
    char *bytes = read_file(path, &length);
    for (size_t cut = 0; cut < length; cut++)
        refuse(bytes, cut, "truncation", cut);
    bytes[length] = 'x';
    refuse(bytes, length + 1, "garbage behind", length);
    free(bytes);
    remove_folder();
}
END_TEST

/* Any flipped bit of the text is caught by the checksum if by nothing else. (Comments and the
 * header have no other meaning.) */
START_TEST(every_flipped_bit_is_refused)
{
    struct error err = {0};
    size_t length;
    make_folder();
    ck_assert(write_small(path, &err));
    char *bytes = read_file(path, &length);
    for (size_t at = 0; at < length; at++) {
        char old = bytes[at];
        bytes[at] = (char)(old ^ 1 << (at + (size_t)_i) % 8);
        refuse(bytes, length, "flipped bit", at);
        bytes[at] = old;
    }
    free(bytes);
    remove_folder();
}
END_TEST

/* Without the checksum only sense is checked: wild edits must never crash or hang the reader,
 * and what it accepts must survive lowering. */
START_TEST(random_edits_never_crash_the_reader)
{
    uint32_t seed = (uint32_t)_i * 2654435761u + 1u, state = seed;
    struct error err = {0};
    size_t length;
    struct arena arena = {0};
    make_folder();
    ck_assert(write_small(path, &err));
    char *bytes = read_file(path, &length);
    char *crc = strstr(bytes + length - 40, " crc32=");
    length = (size_t)(crc - bytes);
    bytes[length++] = '\n';
    static const char *const BITS[] = {
        "-1", "0", "9223372036854775807", "%",     "!",  "\"",   " ->",
        "[",  "1", "4294967296",          "const", "\n", "Conv", "i8"};
    for (int round = 0; round < 60; round++) {
        char edited[1 << 14];
        size_t at = random_next(&state) % length, drop = random_next(&state) % 4;
        const char *bit = BITS[random_next(&state) % (sizeof BITS / sizeof BITS[0])];
        if (at + drop > length)
            drop = 0;
        int head = snprintf(edited, sizeof edited, "%.*s%s", (int)at, bytes, bit);
        size_t tail = length - at - drop;
        if (strlen(edited) != (size_t)head || memchr(bytes, 0, at))
            continue; /* inside the binary block: flips cover it */
        memcpy(edited + head, bytes + at + drop, tail);
        write_file(path, edited, (size_t)head + tail);
        struct error why = {0};
        struct trace_reader *reader = trace_open(path, &why);
        ck_assert_msg((reader == NULL) == why.is_set, "seed %u", seed);
        struct operator op;
        while (reader && trace_next(reader, &op, &why))
            operator_ops(&op, &arena);
        trace_close(reader);
    }
    free(bytes);
    arena_free(&arena);
    remove_folder();
}
END_TEST

static const struct {
    const char *text, *sentence;
} MISTAKES[] = {
    {"cleave-trace 2\n", "1: is a trace of version 2, must be version 1"},
    {"hello\n", "is no trace"},
    {"cleave-trace 1\ntensor %0 \"x\" [2] f32 input\nend tensors=1 operators=0\n",
     ":3: last use of %0 \"x\" is marked nowhere"},
    {"cleave-trace 1\ntensor %0 \"x\" [2] f32 temp\nop Relu \"r\" %0! -> %0\n",
     ":3: \"x\" is read before anything has written it"},
    {"cleave-trace 1\ntensor %1 \"x\" [2] f32 input\ntensor %1 \"y\" [2] f32 temp\n",
     ":3: tensor number 1 must be 2 or more"},
    {"cleave-trace 1\nop Relu \"r\" %0! -> %1\n", ":2: %0 is not alive"},
    {"cleave-trace 1\nop Frobnicate \"r\" ->\n", ":2: 'Frobnicate' is no operator"},
    {"cleave-trace 1\ntensor %0 \"x\" [2] f32 input\ntensor %1 \"y\" [3] f32 output\n"
     "op Relu \"r\" %0! -> %1!\nend tensors=2 operators=1\n",
     ":4: Relu 'r': output 0 has size 3 in dimension 0, must have 2"},
    {"cleave-trace 1\ntensor %0 \"x\" [2] f32 input\ntensor %1 \"y\" [2] f32 output\n"
     "op Relu \"r\" %0! -> %1!\nend tensors=2 operators=2\n",
     ":5: end counts 2 tensors and 2 operators, the file has 2 and 1"},
    {"cleave-trace 1\ntensor %0 \"x\" [4611686018427387904,4] f32 input\n",
     ":2: tensor \"x\" is larger than 2^62 bits"},
    {"cleave-trace 1\ntensor %7 \"x\" [4] f32 input view=%7\n",
     ":2: \"x\" is a view of %7, which is not alive"},
    {"cleave-trace 1\nend tensors=0 operators=0\nmore\n", ":3: text follows the end record"},
};

START_TEST(mistakes_get_one_sentence_with_their_place)
{
    struct error err = {0};
    make_folder();
    write_file(path, MISTAKES[_i].text, strlen(MISTAKES[_i].text));
    ck_assert(!trace_check(path, &err));
    ck_assert_msg(strstr(err.text, MISTAKES[_i].sentence) != NULL, "'%s'", err.text);
    remove_folder();
}
END_TEST

START_TEST(missing_files_and_folders_are_refused)
{
    struct error err = {0}, again = {0};
    ck_assert(!trace_check("/nonexistent/a.trace", &err));
    ck_assert_str_eq(err.text, "/nonexistent/a.trace: No such file or directory");
    ck_assert(!trace_check("/", &again));
    ck_assert_str_eq(again.text, "/: is a directory, must be a trace");
}
END_TEST

START_TEST(a_writer_that_fails_leaves_no_file)
{
    struct error err = {0};
    make_folder();
    struct sink *sink = trace_writer_open(path, &err);
    const struct tensor *a = declare(sink, "a", ROLE_INPUT, 2, 3);
    const struct tensor *b = declare(sink, "b", ROLE_CONST, 4, 5);
    const struct tensor *c = declare(sink, "c", ROLE_OUTPUT, 2, 5);
    emit(sink, "MatMul", "m", (const struct tensor *[]){a, b}, 2, c, NULL, 0);
    ck_assert(!sink->finish(sink, &err));
    ck_assert_str_eq(err.text, "MatMul 'm': inner sizes are 3 and 4, must be equal");
    ck_assert_int_ne(access(path, F_OK), 0);
    char command[160];
    snprintf(command, sizeof command, "rmdir %s", folder);
    ck_assert_int_eq(system(command), 0); /* empty: no temporary either */
}
END_TEST

/* The indented lines of the format's page are a trace, checksum and all. */
START_TEST(the_example_of_the_format_page_is_a_trace)
{
    struct error err = {0};
    char line[512];
    make_folder();
    FILE *page = fopen(CLEAVE_SOURCE_DIR "/traces/FORMAT.md", "r"), *to = fopen(path, "w");
    ck_assert(page && to);
    while (fgets(line, sizeof line, page))
        if (strncmp(line, "    ", 4) == 0)
            fputs(line + 4, to);
    fclose(page);
    fclose(to);
    ck_assert_msg(trace_check(path, &err), "%s", err.text);
    remove_folder();
}
END_TEST

/* 3,000,000 indices are 24 MB: above the size that is spilled to a file. */
START_TEST(large_contents_are_spilled_and_equal)
{
    enum { COUNT = 3000000 };
    struct error err = {0};
    make_folder();
    int64_t *values = malloc(COUNT * sizeof *values);
    for (int64_t i = 0; i < COUNT; i++)
        values[i] = i * 7919 % COUNT;
    struct tensor_contents contents = {COUNT, values};
    struct sink *sink = trace_writer_open(path, &err);
    const struct tensor *table = declare(sink, "t", ROLE_CONST, COUNT, 1);
    struct tensor index = {.name = "i",
                           .rank = 1,
                           .shape = {COUNT},
                           .format = number_format_integer(true, 32),
                           .role = ROLE_INPUT,
                           .density = 1,
                           .contents = &contents};
    const struct tensor *i = sink->tensor(sink, &index);
    const struct tensor *out = declare(sink, "o", ROLE_OUTPUT, COUNT, 1);
    emit(sink, "Gather", "g", (const struct tensor *[]){table, i}, 2, out, NULL, 0);
    ck_assert_msg(sink->finish(sink, &err), "%s", err.text);
    struct trace_reader *reader = trace_open(path, &err);
    ck_assert_msg(reader != NULL, "%s", err.text);
    struct operator op;
    ck_assert(trace_next(reader, &op, &err));
    ck_assert_int_eq(memcmp(op.inputs[1]->contents->values, values, COUNT * sizeof *values), 0);
    trace_close(reader);
    free(values);
    remove_folder();
}
END_TEST

Suite *trace_suite(void)
{
    Suite *suite = suite_create("trace");
    TCase *format = tcase_create("format");
    tcase_set_timeout(format, 120);
    tcase_add_test(format, a_trace_comes_back_as_it_was_written);
    tcase_add_loop_test(format, every_truncation_is_refused, 0, 2);
    tcase_add_loop_test(format, every_flipped_bit_is_refused, 0, 8);
    tcase_add_loop_test(format, random_edits_never_crash_the_reader, 0, 60);
    tcase_add_loop_test(format, mistakes_get_one_sentence_with_their_place, 0,
                        (int)(sizeof MISTAKES / sizeof MISTAKES[0]));
    tcase_add_test(format, missing_files_and_folders_are_refused);
    tcase_add_test(format, the_example_of_the_format_page_is_a_trace);
    tcase_add_test(format, a_writer_that_fails_leaves_no_file);
    tcase_add_test(format, large_contents_are_spilled_and_equal);
    suite_add_tcase(suite, format);
    return suite;
}
