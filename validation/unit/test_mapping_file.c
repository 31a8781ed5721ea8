/* Do mapping files read back as written, and is every mistake in one placed? */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch/mapping/mapping_file.h"

static char path[] = "mapping-file-test-XXXXXX";

static void write_file(const char *text, size_t length)
{
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(write(descriptor, text, length), (ssize_t)length);
    close(descriptor);
}

START_TEST(what_is_written_is_read_back)
{
    static const char *const NAMES[] = {"conv1", "a \"quoted\" \\ name", "tab\there\nand line",
                                        "", "conv1"};
    static const int32_t PARTS[] = {0, 0, 3, 0, 1};
    struct arena arena = {0};
    struct error err = {0};
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    fputs("# a comment\r\n\n", out);
    for (int i = 0; i < 5; i++)
        mapping_file_write(out, NAMES[i], PARTS[i], "dram:IWO[P4 C6 K5] rows{}");
    fclose(out);
    write_file(text, length);
    struct mapping_file file;
    ck_assert_msg(mapping_file_read(path, &arena, &file, &err), "%s", err.text);
    ck_assert_uint_eq(file.count, 5);
    struct contraction c = contraction_product(1, 4, 6, 5);
    for (int i = 0; i < 5; i++) {
        const struct mapping_entry *entry = mapping_file_find(&file, NAMES[i], PARTS[i]);
        ck_assert_ptr_nonnull(entry);
        ck_assert_int_eq(entry->line, i + 3);
        struct nest nest;
        ck_assert_msg(mapping_file_nest(&file, entry, &c, &arena, &nest, &err), "%s", err.text);
        ck_assert_int_eq(nest.levels[0].factor[DIM_C], 6);
    }
    ck_assert_ptr_null(mapping_file_find(&file, "conv1", 2));
    ck_assert_ptr_null(mapping_file_find(&file, "conv", 0));
    unlink(path);
    free(text);
    arena_free(&arena);
}
END_TEST

START_TEST(a_nest_that_does_not_suit_its_operator_is_placed)
{
    struct arena arena = {0};
    struct error err = {0};
    static const char TEXT[] = "\n\"conv1\" -> dram:IWO[P4]\n";
    write_file(TEXT, sizeof TEXT - 1);
    struct mapping_file file;
    ck_assert(mapping_file_read(path, &arena, &file, &err));
    struct contraction c = contraction_product(1, 4, 6, 1);
    struct nest nest;
    ck_assert(!mapping_file_nest(&file, mapping_file_find(&file, "conv1", 0), &c, &arena, &nest,
                                 &err));
    ck_assert_ptr_nonnull(strstr(err.text, ":2: operator \"conv1\": mapping: the factors of C "
                                           "cover 1 of its 6 values"));
    unlink(path);
    arena_free(&arena);
}
END_TEST

static const struct {
    const char *text, *sentence;
} MISTAKES[] = {
    {"conv1 -> dram:IWO[]\n", ":1: wanted the operator's name in double quotes"},
    {"\n\n\"conv1 -> dram:IWO[]\n", ":3: wanted the end of the name"},
    {"\"a\\q\" -> x\n", "wanted the end of the name"},
    {"\"a\\x00\" -> x\n", "wanted the end of the name"},
    {"\"a\" dram:IWO[]\n", "wanted '->'"},
    {"\"a\" 99999999999999999999 -> x\n", "at most 1000000"},
    {"\"a\" -> x\n\"b\" -> x\n\"a\" 0 -> y\n",
     ":3: operator \"a\" was mapped before, in line 1"},
};

START_TEST(a_mistake_is_placed)
{
    struct arena arena = {0};
    struct error err = {0};
    struct mapping_file file;
    write_file(MISTAKES[_i].text, strlen(MISTAKES[_i].text));
    ck_assert(!mapping_file_read(path, &arena, &file, &err));
    ck_assert_msg(strstr(err.text, MISTAKES[_i].sentence) != NULL, "%s", err.text);
    unlink(path);
    arena_free(&arena);
}
END_TEST

START_TEST(what_is_no_text_file_is_refused)
{
    struct arena arena = {0};
    struct mapping_file file;
    struct error err = {0};
    ck_assert(!mapping_file_read("/nowhere/at/all", &arena, &file, &err));
    err = (struct error){0};
    ck_assert(!mapping_file_read("/", &arena, &file, &err));
    err = (struct error){0};
    write_file("\"a\"\0 -> x", 9);
    ck_assert(!mapping_file_read(path, &arena, &file, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "zero byte"));
    unlink(path);
    arena_free(&arena);
}
END_TEST

Suite *mapping_file_suite(void);
Suite *mapping_file_suite(void)
{
    Suite *suite = suite_create("mapping_file");
    TCase *cases = tcase_create("mapping_file");
    tcase_add_test(cases, what_is_written_is_read_back);
    tcase_add_test(cases, a_nest_that_does_not_suit_its_operator_is_placed);
    tcase_add_loop_test(cases, a_mistake_is_placed, 0,
                        (int)(sizeof MISTAKES / sizeof MISTAKES[0]));
    tcase_add_test(cases, what_is_no_text_file_is_refused);
    suite_add_tcase(suite, cases);
    return suite;
}
