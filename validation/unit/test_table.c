/* Is a CSV file read cell by cell with its lines, and are broken ones refused? Are shipped
 * files found where they may lie? */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/config/config_place.h"
#include "sim/config/table.h"

static struct arena arena;
static struct error err;
static char path[64];

static void set_up(void)
{
    arena = (struct arena){0};
    err = (struct error){0};
    strcpy(path, "table-test-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
}

static void tear_down(void)
{
    unlink(path);
    arena_free(&arena);
}

static bool load(const char *text, size_t bytes, struct table *table)
{
    FILE *file = fopen(path, "wb");
    ck_assert_uint_eq(fwrite(text, 1, bytes, file), bytes);
    fclose(file);
    return table_load(&arena, path, table, &err);
}

START_TEST(cells_arrive_with_their_lines)
{
    static const char TEXT[] = "# source: a book, \"with quotes\"\n"
                               "# licence: any\n"
                               "name,cycles,note\n"
                               "\n"
                               "a,12,\"two\nlines, and a \"\"quote\"\"\"\n"
                               "b,,3,\n"
                               "c,1e3,";
    struct table table;
    ck_assert_msg(load(TEXT, sizeof TEXT - 1, &table), "%s", err.text);
    ck_assert_uint_eq(table.column_count, 3);
    ck_assert_uint_eq(table.row_count, 3);
    ck_assert_int_eq(table_column(&table, "note"), 2);
    ck_assert_int_eq(table_column(&table, "nothing"), -1);
    ck_assert_str_eq(table_text(&table, 0, "note"), "two\nlines, and a \"quote\"");
    ck_assert_str_eq(table_text(&table, 1, "cycles"), "");
    ck_assert_str_eq(table_text(&table, 1, "nothing"), "");
    ck_assert_int_eq(table.lines[0], 5);
    ck_assert_int_eq(table.lines[1], 7);
    ck_assert_int_eq(table.lines[2], 8);
    int64_t count;
    double real;
    ck_assert(table_count(&table, 0, "cycles", &count, &err));
    ck_assert_int_eq(count, 12);
    ck_assert(table_count(&table, 2, "cycles", &count, &err));
    ck_assert_int_eq(count, 1000);
    ck_assert(!table_real(&table, 1, "cycles", &real, &err));
    ck_assert_str_eq(strchr(err.text, ':'), ":7: cycles is '', must be a number");
}
END_TEST

START_TEST(line_ends_of_other_systems_are_line_ends)
{
    static const char TEXT[] = "\xef\xbb\xbf"
                               "a,b\r\n1,2\r\n\r\n3,4\r\n";
    struct table table;
    ck_assert_msg(load(TEXT, sizeof TEXT - 1, &table), "%s", err.text);
    ck_assert_str_eq(table.columns[0], "a");
    ck_assert_uint_eq(table.row_count, 2);
    ck_assert_int_eq(table.lines[1], 4);
}
END_TEST

START_TEST(one_column_is_a_table_too)
{
    struct table table;
    ck_assert_msg(load("x\n1\n2", 5, &table), "%s", err.text);
    ck_assert_uint_eq(table.row_count, 2);
    ck_assert_str_eq(table_text(&table, 1, "x"), "2");
}
END_TEST

START_TEST(many_rows_are_kept)
{
    char *text = arena_alloc(&arena, 200000 * 10 + 8);
    char *at = text + sprintf(text, "a,b\n");
    for (int i = 0; i < 200000; i++)
        at += sprintf(at, "%d,7\n", i);
    struct table table;
    ck_assert(load(text, (size_t)(at - text), &table));
    ck_assert_uint_eq(table.row_count, 200000);
    ck_assert_str_eq(table_text(&table, 199999, "a"), "199999");
}
END_TEST

static const struct broken {
    const char *text;
    size_t bytes; /* 0: up to the NUL */
    const char *sentence;
} BROKEN[] = {
    {"a,b\n1,2\n1\n", 0, ":3: row has 1 cells, must have 2 like the header"},
    {"a,b\n1,2,3\n", 0, ":2: row has 3 cells, must have 2 like the header"},
    {"a,b\n1,2,,\n", 0, ":2: row has 4 cells, must have 2 like the header"},
    {"a,a\n", 0, ":1: column 'a' stands twice"},
    {"", 0, ": is empty, must have a header line"},
    {"# only a comment\n", 0, ": is empty, must have a header line"},
    {"a,b\n1,\"open\n2,3\n", 0, ":2: quoted cell is not closed"},
    {"a,b\n1,\0\n", 8, ":1: unexpected NUL byte: this is no text"},
    {"a,b\n1,x\"y\n", 0, ":2: error parsing data while strict checking enabled"},
};

START_TEST(a_broken_table_gets_its_sentence)
{
    const struct broken *broken = &BROKEN[_i];
    struct table table;
    ck_assert(
        !load(broken->text, broken->bytes ? broken->bytes : strlen(broken->text), &table));
    ck_assert_int_eq(strncmp(err.text, path, strlen(path)), 0);
    ck_assert_str_eq(err.text + strlen(path), broken->sentence);
}
END_TEST

START_TEST(files_that_are_none_are_refused)
{
    struct table table;
    ck_assert(!table_load(&arena, ".", &table, &err));
    ck_assert_str_eq(err.text, ".: is a directory, not a table");
    err.is_set = false;
    ck_assert(!table_load(&arena, "no/such.csv", &table, &err));
    ck_assert_str_eq(err.text, "no/such.csv: cannot be opened: No such file or directory");
}
END_TEST

/* A data folder of the test's own with two chips. */
static void make_data(const char *root)
{
    ck_assert_int_eq(mkdir(root, 0777), 0);
    mkdir(arena_format(&arena, "%s/configs", root), 0777);
    mkdir(arena_format(&arena, "%s/configs/chips", root), 0777);
    fclose(fopen(arena_format(&arena, "%s/configs/chips/tpu-v1.conf", root), "w"));
    fclose(fopen(arena_format(&arena, "%s/configs/chips/edge.conf", root), "w"));
}

static void remove_data(const char *root)
{
    unlink(arena_format(&arena, "%s/configs/chips/tpu-v1.conf", root));
    unlink(arena_format(&arena, "%s/configs/chips/edge.conf", root));
    rmdir(arena_format(&arena, "%s/configs/chips", root));
    rmdir(arena_format(&arena, "%s/configs", root));
    rmdir(root);
}

START_TEST(shipped_files_are_found_by_name)
{
    const char *root = arena_format(&arena, "%s.data", path);
    make_data(root);
    setenv("CLEAVE_DATA", root, 1);
    ck_assert_str_eq(place_root(&arena), root);
    const char *const *names = place_list(&arena, "chips");
    ck_assert_str_eq(names[0], "edge");
    ck_assert_str_eq(names[1], "tpu-v1");
    ck_assert_ptr_null(names[2]);
    ck_assert_ptr_null(place_list(&arena, "ships")[0]);
    ck_assert_str_eq(place_config(&arena, "chips", "edge", &err),
                     arena_format(&arena, "%s/configs/chips/edge.conf", root));
    ck_assert_str_eq(place_config(&arena, "chips", "./edge", &err), "./edge");
    ck_assert_str_eq(place_config(&arena, "chips", "my.conf", &err), "my.conf");
    ck_assert_ptr_null(place_config(&arena, "chips", "tpu-1", &err));
    ck_assert_str_eq(err.text, "no 'tpu-1' among the shipped chips, did you mean 'tpu-v1'?");
    err.is_set = false;
    ck_assert_ptr_null(place_config(&arena, "chips", "zebra", &err));
    ck_assert_str_eq(err.text,
                     "no 'zebra' among the shipped chips; `cleave list chips` names them");
    unsetenv("CLEAVE_DATA");
    remove_data(root);
}
END_TEST

Suite *table_suite(void)
{
    Suite *suite = suite_create("table");
    TCase *tests = tcase_create("tables");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, cells_arrive_with_their_lines);
    tcase_add_test(tests, line_ends_of_other_systems_are_line_ends);
    tcase_add_test(tests, one_column_is_a_table_too);
    tcase_add_test(tests, many_rows_are_kept);
    tcase_add_loop_test(tests, a_broken_table_gets_its_sentence, 0,
                        (int)(sizeof BROKEN / sizeof BROKEN[0]));
    tcase_add_test(tests, files_that_are_none_are_refused);
    tcase_add_test(tests, shipped_files_are_found_by_name);
    suite_add_tcase(suite, tests);
    return suite;
}
