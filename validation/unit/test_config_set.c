/* Does --set reach what its path says, and do dump, hash and pages tell what is in force? */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "validation/unit/config_example.h"

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
    ck_assert_msg(fill(config, cores, &err), "%s", err.text);
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
              !fill(config, cores, &err));
    ck_assert_str_eq(err.text, wrong->sentence);
}
END_TEST

START_TEST(a_set_that_no_table_reads_is_refused)
{
    struct core cores[4] = {0};
    struct config *config = parse("core vpu { family = vector }");
    ck_assert(config);
    set(config, "core.columns=32");
    ck_assert(!fill(config, cores, &err));
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
    ck_assert_msg(fill(config, cores, &err), "%s", err.text);
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
    ck_assert_msg(fill(config, cores, &err), "%s", err.text);
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

Suite *config_set_suite(void)
{
    Suite *suite = suite_create("config_set");
    TCase *tests = tcase_create("values");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_path_without_title_sets_all_that_have_the_key);
    tcase_add_loop_test(tests, a_wrong_set_gets_its_sentence, 0,
                        (int)(sizeof WRONG_SETS / sizeof WRONG_SETS[0]));
    tcase_add_test(tests, a_set_that_no_table_reads_is_refused);
    tcase_add_test(tests, dump_names_the_origin_of_every_value);
    tcase_add_test(tests, the_hash_sees_values_and_nothing_else);
    tcase_add_test(tests, the_reference_page_is_aligned);
    suite_add_tcase(suite, tests);
    return suite;
}
