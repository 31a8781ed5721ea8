/* Are tables of other people run or refused row by row, with the place of what is wrong? */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/study/validation.h"

static struct arena arena;
static struct error err;
static struct validation_result result;
static char path[64];

static void set_up(void)
{
    arena = (struct arena){0};
    err = (struct error){0};
    strcpy(path, "validation-test-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
}

static void tear_down(void)
{
    unlink(path);
    arena_free(&arena);
}

static bool run(const char *name, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_int_ge(fputs(text, file), 0);
    fclose(file);
    const struct validation_case *rule = validation_find(name);
    ck_assert_ptr_nonnull(rule);
    err = (struct error){0};
    return validation_run(rule, path, &arena, &result, &err);
}

/* The sentence starts with file and line and goes on to what is wrong. */
static void refuse(const char *name, const char *text, int line, const char *part)
{
    ck_assert_msg(!run(name, text), "%s: accepted", text);
    const char *place =
        line ? arena_format(&arena, "%s:%d: ", path, line) : arena_format(&arena, "%s: ", path);
    ck_assert_msg(strncmp(err.text, place, strlen(place)) == 0, "%s", err.text);
    ck_assert_msg(strstr(err.text, part) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text + 1, path) == NULL, "place said twice: %s", err.text);
}

#define LAYER                                                                                  \
    "ifmap_h,ifmap_w,filter_h,filter_w,channels,num_filters,stride_h,stride_w,array_h,array_"  \
    "w,dataflow,total_cycles,stall_cycles\n"

START_TEST(impossible_inputs_are_refused_with_their_line)
{
    refuse("scalesim", LAYER "8,8,3,3,2,4,0,1,4,4,ws,,\n", 2, "stride_h is 0");
    refuse("scalesim", LAYER "8,8,3,9,2,4,1,1,4,4,ws,,\n", 2, "filter is larger");
    refuse("scalesim", LAYER "8,8,3,3,2,4,1,1,4,4,xs,,\n", 2, "dataflow is 'xs'");
    refuse("scalesim", LAYER "8,8,3,3,2,4,1,1,4,4,ws,,\n8,8,3,3,-1,4,1,1,4,4,ws,,\n", 3,
           "channels is -1");
    for (int i = -1; i <= 0; i++)
        refuse(
            "onnxim",
            arena_format(&arena, "config,M,K,N,tile_M,tile_K,tile_N\nc1_8x8,8,8,8,8,%d,8\n", i),
            2, "1 or more");
    refuse("tpu-v1",
           "app,layers_fc,layers_conv,weights_millions,mac_per_weight_byte,activation_bits\n"
           "a,1,0,1,8,65\n",
           2, "activation_bits is 65");
    refuse("sram", "size_bytes,tech_nm,cell_type,word_bits\n4096,32,best,64\n", 2,
           "cell_type is 'best'");
    refuse("density", "chip,node_nm,die_mm2\na,6.5,100\n", 2, "'6.5'");
    refuse("dsplib", "core,kernel\nC55x,DSP_add16\n", 2, "core is 'C55x'");
    refuse("gemmini", "m,k,n\n8,8,0\n", 2, "is empty");
}
END_TEST

START_TEST(columns_that_a_case_needs_are_named)
{
    refuse("onnxim", "M,K,N,tile_M,tile_K,tile_N\n", 0, "no column 'config'");
    refuse("aie", "kernel,M,K,N\n", 0, "no column 'dtype_a'");
    refuse("dsplib", "kernel\nDSP_add16\n", 0, "no column 'core'");
    refuse("chain", "step,value\n1,2\n", 0, "no column 'quantity'");
}
END_TEST

START_TEST(results_are_numbers_or_nothing)
{
    refuse("gemmini", "m,k,n,rtl_cycles\n8,8,8,zz\n", 2, "rtl_cycles is 'zz'");
    refuse("yield", "die_mm2,d0_per_cm2,model,yield\n100,0.1,poisson,high\n", 2,
           "yield is 'high'");
    static const char *const EMPTY[] = {"m,k,n\n8,16,24\n", "m,k,n,rtl_cycles\n8,16,24,\n",
                                        "rtl_cycles,n,k,more,m\nnan,24,16,x,8\n"};
    double got = 0;
    for (int i = 0; i < 3; i++) {
        ck_assert_msg(run("gemmini", EMPTY[i]), "%s", err.text);
        ck_assert_uint_eq(result.row_count, 1);
        ck_assert(isnan(result.rows[0].value.want) && isnan(result.rows[0].deviation));
        ck_assert_uint_eq(result.compared, 0);
        ck_assert(result.rows[0].value.got > 0);
        if (i)
            ck_assert(result.rows[0].value.got == got);
        got = result.rows[0].value.got;
    }
}
END_TEST

START_TEST(rows_that_no_model_describes_are_shown_as_not_run)
{
    ck_assert_msg(run("onnxim", "config,M,K,N,tile_M,tile_K,tile_N,op_cycles\n"
                                "c4_8x8,8,8,8,8,8,8,900\nc1_8x8,8,8,8,8,8,8,\n"),
                  "%s", err.text);
    ck_assert_uint_eq(result.row_count, 2);
    ck_assert(isnan(result.rows[0].value.got) && result.rows[1].value.got > 0);
    ck_assert(result.is_passed);
    ck_assert_msg(run("dsplib", "core,kernel\nC64x+,DSP_unheard_of\n"), "%s", err.text);
    ck_assert_uint_eq(result.row_count, 1);
    ck_assert(isnan(result.rows[0].value.got));
}
END_TEST

Suite *validation_suite(void)
{
    Suite *suite = suite_create("validation");
    TCase *cases = tcase_create("tables");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, impossible_inputs_are_refused_with_their_line);
    tcase_add_test(cases, columns_that_a_case_needs_are_named);
    tcase_add_test(cases, results_are_numbers_or_nothing);
    tcase_add_test(cases, rows_that_no_model_describes_are_shown_as_not_run);
    suite_add_tcase(suite, cases);
    return suite;
}
