/* Does a config file arrive as it was written, and is every mistake answered with its place? */
#include <check.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/config/config.h"
#include "sim/kernel/ratio.h"

struct chip {
    const char *name, *process;
};

struct core {
    int family;
    int64_t rows, columns, count;
    struct ratio clock;
    uint64_t buffer;
    bool is_skewed;
    struct param_list formats;
};

struct memory {
    double bandwidth;
};

static const char *const FAMILIES[] = {"systolic", "vector", NULL};

static const struct param CHIP[] = {
    {"name", PARAM_TEXT, UNIT_NONE, offsetof(struct chip, name), "", 0, 0, NULL, "name"},
    {"process", PARAM_TEXT, UNIT_NONE, offsetof(struct chip, process), "generic-28nm", 0, 0,
     NULL, "process it is made in"},
    {0}};

static const struct param CORE[] = {
    {"family", PARAM_CHOICE, UNIT_NONE, offsetof(struct core, family), NULL, 0, 0, FAMILIES,
     "family of the core"},
    {"count", PARAM_COUNT, UNIT_NONE, offsetof(struct core, count), "1", 1, 4096, NULL,
     "equal cores"},
    {"clock", PARAM_RATIO, UNIT_HERTZ, offsetof(struct core, clock), "700 MHz", 1e3, 1e11, NULL,
     "clock"},
    {0}};

static const struct param SYSTOLIC[] = {
    {"rows", PARAM_COUNT, UNIT_NONE, offsetof(struct core, rows), NULL, 1, 65536, NULL,
     "rows of the array"},
    {"columns", PARAM_COUNT, UNIT_NONE, offsetof(struct core, columns), "8", 1, 65536, NULL,
     "columns of the array"},
    {"buffer", PARAM_BYTES, UNIT_BYTE, offsetof(struct core, buffer), "24 MiB", 0, 1e12, NULL,
     "unified buffer"},
    {"skewed", PARAM_BOOL, UNIT_NONE, offsetof(struct core, is_skewed), "yes", 0, 0, NULL,
     "operands enter skewed"},
    {"formats", PARAM_LIST, UNIT_NONE, offsetof(struct core, formats), "", 0, 0, NULL,
     "number formats"},
    {0}};

static const struct param VECTOR[] = {{"lanes", PARAM_COUNT, UNIT_NONE,
                                       offsetof(struct core, rows), "16", 1, 4096, NULL,
                                       "lanes"},
                                      {0}};

static const struct param MEMORY[] = {{"bandwidth", PARAM_REAL, UNIT_BYTE_PER_SECOND,
                                       offsetof(struct memory, bandwidth), "34 GB/s", 1,
                                       INFINITY, NULL, "peak bandwidth"},
                                      {0}};

static const struct config_schema CHILDREN[] = {
    {"core", true, true, (const struct param *const[]){CORE, SYSTOLIC, VECTOR, NULL}, NULL},
    {"memory", false, false, (const struct param *const[]){MEMORY, NULL}, NULL},
    {0}};
static const struct config_schema SCHEMA = {
    "", false, false, (const struct param *const[]){CHIP, NULL}, CHILDREN};

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

/* Fills everything as a chip would. */
static bool fill(struct config *config, struct core *cores)
{
    struct chip chip;
    struct memory memory;
    if (!config_fill(&config->root, CHIP, &chip, NULL, &err))
        return false;
    struct config_section *section = config_find(&config->root, "core", NULL);
    for (int i = 0; section; section = config_next(section, "core"), i++) {
        if (!config_fill_some(section, CORE, &cores[i], NULL, &err) ||
            !config_fill(section, cores[i].family ? VECTOR : SYSTOLIC, &cores[i], NULL, &err))
            return false;
    }
    return config_fill(config_find(&config->root, "memory", NULL), MEMORY, &memory, NULL,
                       &err) &&
           config_check_sets(config, &err);
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
     "tpu.conf:2: found duplicate title 'mxu'"},
    {"memory { }\nmemory { }\n", "tpu.conf:2: section memory stands twice"},
    {"core { }\n", "tpu.conf:1: missing title for section 'core'"},
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
    {"name\n", "tpu.conf:2: missing equal sign after option 'name'"},
    {"name =\n", "tpu.conf:1: '=' has no value behind it"},
};

START_TEST(a_mistake_gets_its_sentence)
{
    struct core cores[4] = {0};
    struct config *config = parse(MISTAKES[_i].text);
    ck_assert(!config || !fill(config, cores));
    ck_assert_str_eq(err.text, MISTAKES[_i].sentence);
}
END_TEST

START_TEST(values_arrive_with_their_units)
{
    struct core cores[4] = {0};
    struct config *config =
        parse("core mxu { family = systolic\n rows = 256 clock = \"0.7 GHz\"\n"
              " buffer = \"1 kB\" skewed = no formats = { i8 , 'i16', } }");
    ck_assert_msg(config && fill(config, cores), "%s", err.text);
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

static void set(struct config *config, const char *assignment)
{
    ck_assert_msg(config_set(config, &SCHEMA, assignment, &err), "%s", err.text);
}

static const char TWO[] = "core mxu { family = systolic rows = 4 }\n"
                          "core vpu { family = vector }\n";

START_TEST(a_path_without_title_sets_all_that_have_the_key)
{
    struct core cores[4] = {0};
    struct config *config = parse(TWO);
    ck_assert(config);
    set(config, "core.columns=32"); /* not in the file; the vector core has no such key */
    set(config, "core.clock=1 GHz");
    set(config, "core.vpu.lanes=64");
    set(config, "core.mxu.formats=i8,i16");
    set(config, "memory.bandwidth=1 TB/s");
    ck_assert_msg(fill(config, cores), "%s", err.text);
    ck_assert_int_eq(cores[0].columns, 32);
    ck_assert_int_eq(cores[1].rows, 64);
    ck_assert_uint_eq(cores[0].clock.num, 1000000000);
    ck_assert_uint_eq(cores[1].clock.num, 1000000000);
    ck_assert_uint_eq(cores[0].formats.count, 2);
    ck_assert(!config_entry(config_find(&config->root, "core", "vpu"), "columns"));
}
END_TEST

static const struct wrong_set {
    const char *first, *second, *sentence;
} WRONG_SETS[] = {
    {"core.rows=0", NULL, "--set core.mxu.rows: core 'mxu': rows is 0, must be 1 to 65536"},
    {"core.columns=0", NULL,
     "--set core.columns: core 'mxu': columns is 0, must be 1 to 65536"},
    {"core.row=3", NULL, "--set core.row: tpu.conf has no such value, did you mean 'rows'?"},
    {"cores.rows=3", NULL, "--set cores.rows: tpu.conf has no such value"},
    {"core.npu.rows=3", NULL, "--set core.npu.rows: tpu.conf has no such value"},
    {"rows", NULL, "--set 'rows': must be PATH=VALUE"},
    {"=3", NULL, "--set '=3': must be PATH=VALUE"},
    {"core.rows=3", "core.rows=3", "--set core.rows: core.mxu.rows is set twice"},
    {"core.rows=3", "core.mxu.rows=4", "--set core.mxu.rows: core.mxu.rows is set twice"},
    {"core.vpu.rows=3", NULL, "--set core.vpu.rows: core 'vpu': unknown key 'rows'"},
    {"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q=1", NULL,
     "--set 'a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q=1': the path has too many parts"},
};

START_TEST(a_wrong_set_gets_its_sentence)
{
    struct core cores[4] = {0};
    const struct wrong_set *wrong = &WRONG_SETS[_i];
    struct config *config = parse(TWO);
    ck_assert(config);
    ck_assert(!config_set(config, &SCHEMA, wrong->first, &err) ||
              (wrong->second && !config_set(config, &SCHEMA, wrong->second, &err)) ||
              !fill(config, cores));
    ck_assert_str_eq(err.text, wrong->sentence);
}
END_TEST

START_TEST(a_set_that_no_table_reads_is_refused)
{
    struct core cores[4] = {0};
    struct config *config = parse("core vpu { family = vector }");
    ck_assert(config);
    set(config, "core.columns=32");
    ck_assert(!fill(config, cores));
    ck_assert_str_eq(err.text, "--set core.columns: nothing in tpu.conf reads this value");
}
END_TEST

static const char *dump(struct config *config)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    config_dump(config, out);
    fclose(out);
    const char *copy = arena_copy_text(&arena, text);
    free(text);
    return copy;
}

START_TEST(dump_names_the_origin_of_every_value)
{
    struct core cores[4] = {0};
    struct config *config = parse("process = generic-7nm\ncore vpu {\n family = vector\n}");
    ck_assert(config);
    set(config, "core.lanes=64");
    ck_assert_msg(fill(config, cores), "%s", err.text);
    config_mark_inactive(config_find(&config->root, "core", NULL), "count");
    ck_assert_str_eq(dump(config), "process = generic-7nm       # tpu.conf:1\n"
                                   "name =                      # default\n"
                                   "core.vpu.family = vector    # tpu.conf:3\n"
                                   "core.vpu.lanes = 64         # --set\n"
                                   "core.vpu.count = 1          # default, inactive\n"
                                   "core.vpu.clock = 700 MHz    # default\n"
                                   "memory.bandwidth = 34 GB/s  # default\n");
    const char *const *defaults = config_paths(config, ORIGIN_DEFAULT);
    ck_assert_str_eq(defaults[0], "name");
    ck_assert_str_eq(defaults[3], "memory.bandwidth");
    ck_assert_ptr_null(defaults[4]);
    ck_assert_str_eq(config_inactive_paths(config)[0], "core.vpu.count");
    ck_assert_ptr_null(config_inactive_paths(config)[1]);
}
END_TEST

static uint64_t hash_of(const char *text, const char *assignment)
{
    struct core cores[4] = {0};
    struct config *config = parse(text);
    ck_assert_msg(config != NULL, "%s", err.text);
    if (assignment)
        set(config, assignment);
    ck_assert_msg(fill(config, cores), "%s", err.text);
    return config_hash(config);
}

START_TEST(the_hash_sees_values_and_nothing_else)
{
    uint64_t hash = hash_of("core a { family = vector lanes = 16 clock = \"700 MHz\" }", NULL);
    ck_assert_uint_eq(hash, hash_of("memory { bandwidth = 34000MB/s }\n"
                                    "core a { clock = 0.7GHz\nfamily = vector }",
                                    NULL));
    ck_assert_uint_eq(hash, hash_of("core a { family = vector lanes = 3 }", "core.lanes=16"));
    ck_assert_uint_ne(hash, hash_of("core a { family = vector }", "core.lanes=17"));
    ck_assert_uint_ne(hash, hash_of("core b { family = vector }", NULL));
    ck_assert_uint_ne(
        hash, hash_of("core a { family = vector } memory { bandwidth = 35GB/s }", NULL));
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

START_TEST(the_reference_page_is_aligned)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    param_print(CORE, out);
    fclose(out);
    ck_assert_str_eq(text,
                     "  family  choice    required  systolic or vector  family of the core\n"
                     "  count   count     1         1 to 4096           equal cores\n"
                     "  clock   exact Hz  700 MHz   1 kHz to 100 GHz    clock\n");
    free(text);
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
    ck_assert(!fill(config, cores));
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
    tcase_add_test(tests, a_path_without_title_sets_all_that_have_the_key);
    tcase_add_loop_test(tests, a_wrong_set_gets_its_sentence, 0,
                        (int)(sizeof WRONG_SETS / sizeof WRONG_SETS[0]));
    tcase_add_test(tests, a_set_that_no_table_reads_is_refused);
    tcase_add_test(tests, dump_names_the_origin_of_every_value);
    tcase_add_test(tests, the_hash_sees_values_and_nothing_else);
    tcase_add_test(tests, files_that_are_none_are_refused);
    tcase_add_test(tests, sections_have_a_limit);
    tcase_add_test(tests, the_reference_page_is_aligned);
    suite_add_tcase(suite, tests);
    return suite;
}
