/* Is arithmetic of any format priced at every process, from tables that can be swapped? */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch/technology/logic.h"
#include "technology_fixture.h"

/* From 45 to 7 nm nothing is extrapolated. */
static const char *const INSIDE[] = {"generic-45", "tsmc-40",  "generic-32", "tsmc-28",
                                     "intel-22",   "tsmc-20",  "tsmc-16",    "samsung-14",
                                     "intel-14",   "tsmc-n10", "samsung-8",  "tsmc-n7"};
enum { INSIDE_COUNT = sizeof INSIDE / sizeof INSIDE[0] };

static struct process *load(const char *name, const char *table, bool extrapolate)
{
    struct process *process;
    struct process_options options = {table, extrapolate};
    ck_assert_msg(process_load(&technology.arena, name, &options, &technology.tables, &process,
                               &technology.err),
                  "%s", technology.err.text);
    return process;
}

static struct number_format format(const char *name)
{
    struct number_format result;
    ck_assert(number_format_parse(name, &result));
    return result;
}

static double add_pj(const struct process *process, const char *name)
{
    struct logic_price price;
    ck_assert_msg(logic_add(process, format(name), &price, &technology.err), "%s",
                  technology.err.text);
    return price.energy.value * 1e12;
}

static double multiply_pj(const struct process *process, const char *name)
{
    struct logic_price price;
    ck_assert_msg(logic_multiply(process, format(name), format(name), &price, &technology.err),
                  "%s", technology.err.text);
    return price.energy.value * 1e12;
}

/* Horowitz ISSCC 2014 at 45 nm; Jouppi et al. ISCA 2021 at 7 nm. */
START_TEST(anchors_give_their_published_figures)
{
    struct process *old = load("generic-45", "", false), *new = load("tsmc-n7", "", false);
    ck_assert_double_eq_tol(multiply_pj(old, "i8"), 0.2, 1e-9);
    ck_assert_double_eq_tol(add_pj(old, "i32"), 0.1, 1e-9);
    ck_assert_double_eq_tol(multiply_pj(old, "f32"), 3.7, 1e-9);
    ck_assert_double_eq_tol(multiply_pj(new, "bf16"), 0.21, 1e-9);
    ck_assert_double_eq_tol(add_pj(new, "f32"), 0.38, 1e-9);
}
END_TEST

/* Arithmetic gained 2.4 to 3.3 times from 45 to 7 nm where an inverter gained 18. */
START_TEST(arithmetic_does_not_follow_the_inverter)
{
    struct process *old = load("generic-45", "", false), *new = load("tsmc-n7", "", false);
    ck_assert_double_lt(multiply_pj(old, "f16") / multiply_pj(new, "f16"), 4);
    ck_assert_double_lt(multiply_pj(old, "i16") / multiply_pj(new, "i16"), 4);
}
END_TEST

START_TEST(every_format_has_a_price_between_45_and_7_nm)
{
    struct process *process = load(INSIDE[_i], "", false);
    struct logic_price price;
    for (int bits = 1; bits <= 64; bits++) {
        struct number_format f = number_format_integer(bits > 1, bits);
        ck_assert_msg(logic_mac(process, f, f, format("i32"), &price, &technology.err), "%s",
                      technology.err.text);
        ck_assert(isfinite(price.energy.value) && price.energy.value > 0);
        ck_assert(isfinite(price.area.value) && price.area.value > 0);
    }
    for (int exponent = 1; exponent <= 11; exponent++)
        for (int mantissa = 0; mantissa <= 52; mantissa += 4) {
            struct number_format f = number_format_float(exponent, mantissa);
            ck_assert_msg(logic_mac(process, f, f, format("f32"), &price, &technology.err),
                          "%s", technology.err.text);
            ck_assert(isfinite(price.energy.value) && price.energy.value > 0);
            ck_assert(isfinite(price.area.value) && price.area.value > 0);
        }
}
END_TEST

START_TEST(wider_operands_never_cost_less)
{
    struct process *process = load(INSIDE[_i], "", false);
    char narrow[16], wide[16];
    for (int bits = 2; bits < 64; bits++) {
        snprintf(narrow, sizeof narrow, "i%d", bits);
        snprintf(wide, sizeof wide, "i%d", bits + 1);
        ck_assert_double_gt(multiply_pj(process, wide), multiply_pj(process, narrow));
        ck_assert_double_gt(add_pj(process, wide), add_pj(process, narrow));
    }
    for (int mantissa = 1; mantissa < 52; mantissa++) {
        number_format_name(number_format_float(7, mantissa), narrow);
        number_format_name(number_format_float(7, mantissa + 1), wide);
        ck_assert_double_gt(multiply_pj(process, wide), multiply_pj(process, narrow));
        ck_assert_double_gt(add_pj(process, wide), add_pj(process, narrow));
    }
}
END_TEST

START_TEST(between_anchors_a_price_is_derived_lies_between_and_is_less_certain)
{
    struct process *middle = load("tsmc-28", "", false);
    struct logic_price price, anchor;
    ck_assert(logic_multiply(middle, format("i8"), format("i8"), &price, &technology.err));
    ck_assert(logic_multiply(load("tsmc-n7", "", false), format("i8"), format("i8"), &anchor,
                             &technology.err));
    ck_assert_int_eq(price.energy.mark, MARK_DERIVED);
    ck_assert_int_eq(anchor.energy.mark, MARK_SOURCED);
    ck_assert(price.energy.value < 0.2e-12 && price.energy.value > 0.07e-12);
    ck_assert_double_gt(price.energy.sigma, anchor.energy.sigma);
}
END_TEST

START_TEST(swapping_tables_changes_prices_and_names_the_table)
{
    struct logic_price price;
    struct process *process = load("tsmc-28", "aladdin", false);
    ck_assert(logic_add(process, format("f32"), &price, &technology.err));
    ck_assert_str_eq(price.table, "aladdin");
    /* Published figures of one operation differ by up to 18 times. */
    double ratio = add_pj(load("tsmc-40", "aladdin", false), "f32") /
                   add_pj(load("tsmc-40", "", false), "f32");
    ck_assert(ratio > 15 && ratio < 22);
    /* An operation that the table lacks comes from the default one and says so. */
    ck_assert(logic_add(load("tsmc-28", "sparseloop", false), format("i32"), &price,
                        &technology.err));
    ck_assert_str_eq(price.table, "horowitz");
}
END_TEST

START_TEST(every_table_prices_every_process_inside)
{
    for (const char *const *name =
             logic_table_names(&technology.arena, &technology.tables.operations);
         *name; name++) {
        struct process *process = load(INSIDE[_i], *name, false);
        struct logic_price price;
        ck_assert_msg(logic_mac(process, format("i8"), format("i8"), format("i32"), &price,
                                &technology.err),
                      "%s", technology.err.text);
        ck_assert_msg(logic_register(process, &price, &technology.err), "%s",
                      technology.err.text);
        ck_assert_double_gt(price.energy.value, 0);
    }
}
END_TEST

START_TEST(beyond_the_anchors_is_refused_by_name_and_marked_on_request)
{
    struct logic_price price;
    ck_assert(!logic_add(load("tsmc-65", "", false), format("i8"), &price, &technology.err));
    ck_assert_ptr_nonnull(strstr(technology.err.text, "tsmc-65"));
    ck_assert_ptr_nonnull(strstr(technology.err.text, "--extrapolate"));
    technology.err = (struct error){0};
    ck_assert(logic_add(load("tsmc-65", "", true), format("i8"), &price, &technology.err));
    ck_assert_int_eq(price.energy.mark, MARK_EXTRAPOLATED);
}
END_TEST

START_TEST(an_unknown_table_is_refused)
{
    struct process *process;
    struct process_options options = {"nobody", false};
    ck_assert(!process_load(&technology.arena, "tsmc-28", &options, &technology.tables,
                            &process, &technology.err));
    ck_assert_ptr_nonnull(strstr(technology.err.text, "nobody"));
}
END_TEST

/* A process written by somebody else: the files are data, nothing knows their names. */
static struct process *load_text(const char *text)
{
    char path[] = "./cleave-process-XXXXXX";
    int file = mkstemp(path);
    struct process *process = NULL;
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq((int)write(file, text, strlen(text)), (int)strlen(text));
    close(file);
    bool is_good = process_load(&technology.arena, path, NULL, &technology.tables, &process,
                                &technology.err);
    unlink(path);
    return is_good ? process : NULL;
}

START_TEST(a_process_file_may_state_an_operation_itself)
{
    struct process *process = load_text(
        "family = own\n"
        "quantity \"gate-energy\" { value = \"0.3 fJ\" mark = sourced source = \"x\" }\n"
        "quantity \"mul-i8\" { value = \"0.5 pJ\" mark = sourced source = \"y\" }\n"
        "quantity \"logic-density\" { value = \"2e7 /mm2\" mark = sourced source = "
        "\"z\" }\n");
    ck_assert_msg(process != NULL, "%s", technology.err.text);
    struct logic_price price;
    ck_assert(logic_multiply(process, format("i8"), format("i8"), &price, &technology.err));
    ck_assert_double_eq_tol(price.energy.value, 0.5e-12, 1e-20);
    ck_assert_str_eq(price.table, "process");
}
END_TEST

START_TEST(a_missing_quantity_is_named)
{
    struct process *process = load_text("family = own\n");
    ck_assert_msg(process != NULL, "%s", technology.err.text);
    struct logic_price price;
    ck_assert(!logic_add(process, format("i8"), &price, &technology.err));
    ck_assert_ptr_nonnull(strstr(technology.err.text, "gate-energy"));
}
END_TEST

static const struct {
    const char *text, *hint;
} BAD[] = {
    {"family = own\nquantity \"suply\" { value = \"1 V\" mark = sourced source = \"x\" }\n",
     "suply"},
    {"family = own\nquantity \"supply\" { value = \"1 J\" mark = sourced source = \"x\" }\n",
     "supply"},
    {"family = own\nquantity \"supply\" { value = \"1 V\" mark = sourced }\n", "source"},
    {"family = own\nquantity \"supply\" { value = \"1 V\" mark = sourced source = \"\" }\n",
     "source"},
    {"family = own\nquantity \"supply\" { value = \"1 V\" mark = guessed source = \"x\" }\n",
     "guessed"},
    {"family = own\nquantity \"supply\" { value = \"-1 V\" mark = sourced source = \"x\" }\n",
     "supply"},
    {"quantity \"supply\" { value = \"1 V\" mark = sourced source = \"x\" }\n", "family"},
};

START_TEST(a_wrong_process_file_is_refused_with_a_sentence)
{
    ck_assert_ptr_null(load_text(BAD[_i].text));
    ck_assert_msg(strstr(technology.err.text, BAD[_i].hint) != NULL, "'%s' does not name %s",
                  technology.err.text, BAD[_i].hint);
}
END_TEST

static const char *const SHIPPED[] = {
    "dram-1a",    "dram-1y",  "dram-2x",  "generic-130", "generic-180", "generic-32",
    "generic-45", "intel-14", "intel-22", "samsung-14",  "samsung-8",   "tsmc-16",
    "tsmc-20",    "tsmc-28",  "tsmc-40",  "tsmc-65",     "tsmc-90",     "tsmc-n10",
    "tsmc-n3",    "tsmc-n5",  "tsmc-n7"};

START_TEST(every_shipped_process_has_a_sheet_with_sources_and_a_row)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    struct process_summary row;
    process_print_sheet(load(SHIPPED[_i], "", false), out);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, SHIPPED[_i]));
    ck_assert_ptr_nonnull(strstr(text, "logic-density"));
    ck_assert_ptr_nonnull(strstr(text, "source"));
    free(text);
    ck_assert_msg(process_summary_load(&technology.arena, SHIPPED[_i], &row, &technology.err),
                  "%s", technology.err.text);
    ck_assert_double_gt(row.logic_density_mtr_mm2, 0);
}
END_TEST

START_TEST(a_label_leads_to_its_family)
{
    ck_assert_str_eq(process_of_label(&technology.arena, "", "12", &technology.err), "tsmc-16");
    ck_assert_str_eq(process_of_label(&technology.arena, "TSMC", "7", &technology.err),
                     "tsmc-n7");
    ck_assert_ptr_null(process_of_label(&technology.arena, "", "6.5", &technology.err));
    ck_assert(!technology.err.is_set);
}
END_TEST

Suite *technology_logic_suite(void)
{
    Suite *suite = suite_create("technology_logic");
    TCase *tests = tcase_create("logic");
    tcase_add_checked_fixture(tests, technology_setup, technology_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, anchors_give_their_published_figures);
    tcase_add_test(tests, arithmetic_does_not_follow_the_inverter);
    tcase_add_loop_test(tests, every_format_has_a_price_between_45_and_7_nm, 0, INSIDE_COUNT);
    tcase_add_loop_test(tests, wider_operands_never_cost_less, 0, INSIDE_COUNT);
    tcase_add_test(tests, between_anchors_a_price_is_derived_lies_between_and_is_less_certain);
    tcase_add_test(tests, swapping_tables_changes_prices_and_names_the_table);
    tcase_add_loop_test(tests, every_table_prices_every_process_inside, 0, INSIDE_COUNT);
    tcase_add_test(tests, beyond_the_anchors_is_refused_by_name_and_marked_on_request);
    tcase_add_test(tests, an_unknown_table_is_refused);
    tcase_add_test(tests, a_process_file_may_state_an_operation_itself);
    tcase_add_test(tests, a_missing_quantity_is_named);
    tcase_add_loop_test(tests, a_wrong_process_file_is_refused_with_a_sentence, 0,
                        sizeof BAD / sizeof BAD[0]);
    tcase_add_loop_test(tests, every_shipped_process_has_a_sheet_with_sources_and_a_row, 0,
                        sizeof SHIPPED / sizeof SHIPPED[0]);
    tcase_add_test(tests, a_label_leads_to_its_family);
    suite_add_tcase(suite, tests);
    return suite;
}
