/* Does a config file arrive as it was written, and is every mistake answered with its place? */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "validation/unit/config_example.h"

static const char GOOD[] = "name = \"small # not a comment\" // comment\n"
                           "/* two\n"
                           "   lines { */ process = generic-7nm\n"
                           "core mxu {\n"
                           "    family = systolic   rows = 0128x\n"
                           "}\n";

static struct arena arena;
static struct error err;

static void set_up(void)
{
    arena = (struct arena){0};
    err = (struct error){0};
}

static void tear_down(void)
{
    arena_free(&arena);
}

static struct config *parse(const char *text)
{
    return config_parse(&arena, "tpu.conf", text, &SCHEMA, &err);
}

/* Sentences that a mistake gets, wherever it is found. */
static const struct mistake {
    const char *text, *sentence;
} MISTAKES[] = {
    {"rows = 3", "tpu.conf:1: unknown key 'rows'"},
    {"proces = x", "tpu.conf:1: unknown key 'proces', did you mean 'process'?"},
    {"core mxu {\n rosw = 3\n}",
     "tpu.conf:2: core 'mxu': unknown key 'rosw', did you mean 'rows'?"},
    {"core mxu {\n family = systolic\n rows = 0\n}",
     "tpu.conf:3: core 'mxu': rows is 0, must be 1 to 65536"},
    {"core mxu {\n family = systolic\n rows = 65537\n}",
     "tpu.conf:3: core 'mxu': rows is 65537, must be 1 to 65536"},
    {"core mxu {\n family = systolic\n rows = nan\n}",
     "tpu.conf:3: core 'mxu': rows is 'nan', must be a number"},
    {"core mxu {\n family = systolic\n rows = 010\n}",
     "tpu.conf:3: core 'mxu': rows is '010', must be a decimal number without leading zeros"},
    {"core mxu {\n family = systolic\n rows = 2.5\n}",
     "tpu.conf:3: core 'mxu': rows is '2.5', must be a whole number below 2^63"},
    {"core mxu {\n family = systolic\n rows = \"3 MHz\"\n}",
     "tpu.conf:3: core 'mxu': rows is '3 MHz', must be a number without unit"},
    {"core mxu {\n\n\n family = systolic\n}",
     "tpu.conf:1: core 'mxu': rows is missing (rows of the array)"},
    {"core mxu { family = systolic rows = 1 lanes = 4 }",
     "tpu.conf:1: core 'mxu': unknown key 'lanes'"},
    {"core mxu { family = pim }",
     "tpu.conf:1: core 'mxu': family is 'pim', must be systolic or vector"},
    {"core mxu { family = vector clock = 700 }",
     "tpu.conf:1: core 'mxu': clock is '700', must have a unit: Hz, kHz, MHz or GHz"},
    {"core mxu { family = vector clock = \"700 mhz\" }",
     "tpu.conf:1: core 'mxu': clock is '700 mhz', must have another unit: Hz, kHz, MHz or GHz"},
    {"core mxu { family = vector\n clock = 700 MHz\n}",
     "tpu.conf:2: a value of several words needs quotes, before 'MHz'"},
    {"core mxu { family = vector\n clock = \"0 Hz\"\n}",
     "tpu.conf:2: core 'mxu': clock is 0 Hz, must be 1 kHz to 100 GHz"},
    {"memory {\n bandwidth = \"0 GB/s\"\n}",
     "tpu.conf:2: memory: bandwidth is 0 GB/s, must be at least 1 B/s"},
    {"memory {\n bandwidth = inf\n}",
     "tpu.conf:2: memory: bandwidth is 'inf', must be a number"},
    {"core mxu { family = systolic rows = 1 skewed = true }",
     "tpu.conf:1: core 'mxu': skewed is 'true', must be yes or no"},
    {"name = a\nprocess = x\nname = b\n", "tpu.conf:3: name is set again, first at line 1"},
    {"core mxu { family = systolic rows = 1\n formats = {i8}\n formats = {i8, i16}\n}",
     "tpu.conf:3: core 'mxu': formats is set again, first at line 2"},
    {"core mxu { formats = i8\n}", "tpu.conf:1: core 'mxu': formats must be a list {a, b}"},
    {"core mxu { formats = {\"a,b\"} }",
     "tpu.conf:1: core 'mxu': formats has the item 'a,b', must be a text without comma"},
    {"core mxu {\n family = vector\n", "tpu.conf:1: '{' is not closed"},
    {"name = a\n/* never\n closed\n", "tpu.conf:2: comment is not closed"},
    {"name = \"open\nprocess = x\n", "tpu.conf:1: quoted text is not closed on its line"},
    {"name = 'open", "tpu.conf:1: quoted text is not closed"},
    {"name = a\n}\n", "tpu.conf:2: '}' closes nothing"},
    {"core mxu { family = vector }\ncore mxu { family = vector }\n",
     "tpu.conf:2: the title 'mxu' is taken"},
    {"memory { }\nmemory { }\n", "tpu.conf:2: section memory stands twice"},
    {"core { }\n", "tpu.conf:1: a section core must have a title: NAME TITLE {"},
    {"core MXU { }\n",
     "tpu.conf:1: core 'MXU': a title is a small letter and then small letters, "
     "digits, '_' or '-'"},
    {"name = \"${HOME}\"\n", "tpu.conf:1: unexpected '${': the environment is not read"},
    {"name = ${HOME}\n", "tpu.conf:1: unexpected '${': the environment is not read"},
    {"include(\"/etc/passwd\")\n", "tpu.conf:1: unexpected '(' outside quotes"},
    {"core mxu { formats += {i8} }", "tpu.conf:1: unexpected '+' outside quotes"},
    {"name = \"a\\nb\"\n", "tpu.conf:1: unexpected backslash"},
    {"name = *\n", "tpu.conf:1: unexpected '*' outside quotes"},
    {"@ = end\n", "tpu.conf:1: unexpected '@' outside quotes"},
    {"core|mxu = 3\n", "tpu.conf:1: unexpected '|' outside quotes"},
    {"name = a\001b\n", "tpu.conf:1: unexpected control character 1"},
    {"name\n", "tpu.conf:2: name must be followed by '='"},
    {"memory fast { }\n", "tpu.conf:1: a section memory must have no title, and a '{'"},
    {"core a { rows = { 1 } }", "tpu.conf:1: core 'a': unexpected '{'"},
    {"core a { formats = { i8 i16 } }", "tpu.conf:1: core 'a': unexpected 'i16'"},
    {"name =\n", "tpu.conf:1: '=' has no value behind it"},
};

START_TEST(a_mistake_gets_its_sentence)
{
    struct core cores[4] = {0};
    struct config *config = parse(MISTAKES[_i].text);
    ck_assert(!config || !fill(config, cores, &err));
    ck_assert_str_eq(err.text, MISTAKES[_i].sentence);
}
END_TEST

START_TEST(values_arrive_with_their_units)
{
    struct core cores[4] = {0};
    struct config *config =
        parse("core mxu { family = systolic\n rows = 256 clock = \"0.7 GHz\"\n"
              " buffer = \"1 kB\" skewed = no formats = { i8 , 'i16', } }");
    ck_assert_msg(config && fill(config, cores, &err), "%s", err.text);
    ck_assert_int_eq(cores[0].rows, 256);
    ck_assert_int_eq(cores[0].columns, 8);
    ck_assert_uint_eq(cores[0].clock.num, 700000000);
    ck_assert_uint_eq(cores[0].clock.den, 1);
    ck_assert_uint_eq(cores[0].buffer, 1000);
    ck_assert(!cores[0].is_skewed);
    ck_assert_uint_eq(cores[0].formats.count, 2);
    ck_assert_str_eq(cores[0].formats.items[1], "i16");
}
END_TEST

static void refuse_file(const char *path, const char *sentence)
{
    ck_assert_ptr_null(config_load(&arena, path, &SCHEMA, &err));
    ck_assert_str_eq(err.text, sentence);
    err.is_set = false;
}

/* A file of the test's own, removed by its name in the end. */
static void write_file(char *path, const char *text, size_t bytes)
{
    strcpy(path, "config-test-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, text, bytes), (long)bytes);
    close(file);
}

START_TEST(files_that_are_none_are_refused)
{
    char path[32];
    refuse_file(".", ".: is a directory, not a config file");
    refuse_file("no/such.conf", "no/such.conf: cannot be opened: No such file or directory");
    refuse_file("/dev/zero", "/dev/zero: is larger than 4 MiB, too large for a config file");
    size_t bytes = 4 * 1024 * 1024 + 1;
    char *text = arena_alloc(&arena, bytes);
    memset(text, '\n', bytes);
    write_file(path, text, bytes);
    refuse_file(
        path,
        arena_format(&arena, "%s: is larger than 4 MiB, too large for a config file", path));
    unlink(path);
    write_file(path, "name = a\n\0", 10);
    refuse_file(path, arena_format(&arena, "%s:2: unexpected control character 0", path));
    unlink(path);
}
END_TEST

START_TEST(sections_have_a_limit)
{
    char *text = arena_alloc(&arena, 5000 * 4 + 1);
    for (int i = 0; i < 5000; i++)
        memcpy(text + 4 * i, "a{}\n", 4);
    ck_assert_ptr_null(parse(text));
    ck_assert_str_eq(err.text, "tpu.conf:4097: more than 4096 sections");
}
END_TEST

START_TEST(comments_do_not_shift_lines)
{
    struct core cores[4] = {0};
    struct config *config = parse(GOOD);
    ck_assert_msg(config != NULL, "%s", err.text);
    ck_assert_str_eq(config_entry(&config->root, "name")->text, "small # not a comment");
    ck_assert_int_eq(config_entry(&config->root, "process")->line, 3);
    ck_assert_int_eq(config_find(&config->root, "core", "mxu")->line, 4);
    ck_assert(!fill(config, cores, &err));
    ck_assert_str_eq(err.text,
                     "tpu.conf:5: core 'mxu': rows is '0128x', must be a decimal number "
                     "without leading zeros");
}
END_TEST

Suite *config_suite(void)
{
    Suite *suite = suite_create("config");
    TCase *tests = tcase_create("files");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, a_mistake_gets_its_sentence, 0,
                        (int)(sizeof MISTAKES / sizeof MISTAKES[0]));
    tcase_add_test(tests, values_arrive_with_their_units);
    tcase_add_test(tests, comments_do_not_shift_lines);
    tcase_add_test(tests, files_that_are_none_are_refused);
    tcase_add_test(tests, sections_have_a_limit);
    suite_add_tcase(suite, tests);
    return suite;
}
